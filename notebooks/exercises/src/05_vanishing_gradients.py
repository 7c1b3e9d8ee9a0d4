# %% [markdown]
# # Exercises 05 · Vanishing gradients
#
# Five functions that say how far a gradient reaches: three ways to scale a kernel, the lag at which a bound has vanished,
# the curve over the lags, the kernel behind a curve, and an honest verdict over seeds: about 60 minutes of work. They go
# with [lesson 05](../05_vanishing_gradients.ipynb) and need NumPy alone.
#
# 1. Read the task, replace the line `raise NotImplementedError(…)` by your code, run the cell.
# 2. Run the `check` below it. It calls your function on fresh inputs, edge cases included, and says what it found:
#    passed, which mistake, or where your result first differs from the right one, and for which input.
# 3. Change, run, check again, as often as you like. Each exercise stands alone.
#
# **Notation.** $h_t = \varphi(x_t W_x + h_{t-1} W_h + b)$, for row vectors; `recurrent_kernel` is $W_h$, shape (H, H). A
# **lag** is a number of steps back: the loss stands at the last of T steps, and lag k is the step k before it. ρ is the
# **spectral radius** of $W_h$, the largest size |λ| of an eigenvalue; $\sigma_1$ is its **largest singular value**, the most
# by which one product with it can stretch a vector; γ is the largest slope of the activation φ.

# %%
import numpy as np

from rnncourse.exercises import check

# %% [markdown]
# ## 05.1 · Three ways to scale a kernel  (10 minutes)
#
# "A kernel scaled to 0.9" can mean three things. Write `rescaled(recurrent_kernel, target)`, which makes all three.
#
# - `recurrent_kernel`: array of shape (H, H), not singular. `target`: real number above 0.
# - Returns a tuple of three arrays of shape (H, H). `by_radius`: the kernel times one number, so that ρ is `target`.
#   `by_norm`: the kernel times one number, so that $\sigma_1$ is `target`. `orthogonal`: the kernel with the same singular
#   vectors, but with *every* singular value equal to `target`.
# - `np.linalg.svd` splits a kernel into three factors, whose product it is: two that turn, and between them a diagonal
#   matrix of the singular values.
# - Edge cases: one unit; eigenvalues that are negative or complex; a kernel whose ρ and $\sigma_1$ lie far apart.
#
# Two units; the eigenvalues are 1 and −1, the singular values 2 and 0.5:
#
# | the kernel | by_radius, target 0.5 | by_norm | orthogonal |
# | --- | --- | --- | --- |
# | [[0, 2], [0.5, 0]] | [[0, 1], [0.25, 0]] | [[0, 0.5], [0.125, 0]] | [[0, 0.5], [0.5, 0]] |
#
# ```python
# >>> by_radius, by_norm, orthogonal = rescaled(np.array([[0.0, 2.0], [0.5, 0.0]]), target=0.5)
# >>> np.round(by_radius, 6).tolist(), np.round(by_norm, 6).tolist()
# ([[0.0, 1.0], [0.25, 0.0]], [[0.0, 0.5], [0.125, 0.0]])
# >>> np.allclose(orthogonal, [[0.0, 0.5], [0.5, 0.0]])
# True
# ```


# %% nbgrader={"grade":false,"grade_id":"ex05-1","locked":false,"schema_version":3,"solution":true}
def rescaled(recurrent_kernel, target):
    """by_radius, by_norm and orthogonal, each (H, H)."""
    ### BEGIN SOLUTION
    radius = np.abs(np.linalg.eigvals(recurrent_kernel)).max()  # the size of a complex number is its distance from 0
    left, values, right = np.linalg.svd(recurrent_kernel)  # (H, H), (H,), (H, H): the values come largest first
    return target / radius * recurrent_kernel, target / values[0] * recurrent_kernel, target * left @ right
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex05-1-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("05.1", rescaled)

# %% [markdown]
# ## 05.2 · Where the bound has vanished  (10 minutes)
#
# One step back multiplies a gradient by the slopes, each at most γ, and by the kernel, which stretches by at most
# $\sigma_1$. So after k steps back nothing is longer than $(\gamma\sigma_1)^k$ times what it was. When has so little
# arrived that it no longer counts? Write `vanishing_lag(recurrent_kernel, slope, limit)`.
#
# - `recurrent_kernel`: array of shape (H, H). `slope`: real number above 0, γ. `limit`: real number between 0 and 1, such as
#   1e-6.
# - Returns a whole number: the first lag k at which $(\gamma\sigma_1)^k$ is *below* `limit`. Where it never is, −1.
# - The lag may be found with logarithms or with a loop.
# - Edge cases: a bound that stays as it is or grows; one unit; a kernel of zeros, whose bound is 1 at lag 0 and 0 from lag
#   1 on.
#
# A diagonal kernel, whose singular values are 0.5 and 0.4, and `limit` 0.1:
#
# | slope | γσ₁ | the bound at lag 0, 1, 2, … | the first below 0.1 |
# | --- | --- | --- | --- |
# | 1 | 0.5 | 1, 0.5, 0.25, 0.125, 0.0625 | 4 |
# | 0.25 | 0.125 | 1, 0.125, 0.0156 | 2 |
# | 2 | 1 | 1, 1, 1, 1, … | −1 |
#
# ```python
# >>> kernel = np.array([[0.5, 0.0], [0.0, 0.4]])
# >>> [vanishing_lag(kernel, slope, limit=0.1) for slope in (1.0, 0.25, 2.0)]
# [4, 2, -1]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex05-2","locked":false,"schema_version":3,"solution":true}
def vanishing_lag(recurrent_kernel, slope, limit):
    """The first lag at which (γσ₁)^lag is below limit, −1 where there is none."""
    ### BEGIN SOLUTION
    bound = slope * np.linalg.norm(recurrent_kernel, 2)  # the 2-norm of a matrix is σ₁
    if bound >= 1:
        return -1
    if bound == 0:
        return 1  # at lag 0 nothing has been multiplied yet
    return int(np.floor(np.log(limit) / np.log(bound))) + 1  # the first whole number above the quotient
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex05-2-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("05.2", vanishing_lag)

# %% [markdown]
# ## 05.3 · The gradient at each lag  (15 minutes)
#
# A bound says how long a gradient *can* be, this function how long it is. The loss stands at the last step alone, and φ is
# tanh. Write `gradient_by_lag(d_last, states, recurrent_kernel)`.
#
# - `d_last`: array of shape (B, H), $dL/dh$ at the last step, for each of B examples. `states`: shape (B, T, H), the states
#   that the forward pass found. `recurrent_kernel`: shape (H, H).
# - Returns `norms`, shape (T,): entry k is the mean over the examples of the length $\|dL/dh\|_2$ at lag k. Entry 0 is about
#   the last step, entry T − 1 about step 0.
# - The slope of tanh at step t can be read from its result, $h_t$. The state before step 0 is not needed.
# - Edge cases: a single step, example or unit; states at 0, where every slope is 1, and at 1, where every slope is 0.
#
# Two examples with three steps, one unit, $W_h = 2$:
#
# | | states, step 0 to 2 | length at lag 0 | lag 1 | lag 2 |
# | --- | --- | --- | --- | --- |
# | example 0 | 0.5, 0, 0.5 | 1 | 1 · 0.75 · 2 = 1.5 | 1.5 · 1 · 2 = 3 |
# | example 1 | 0.5, 0, 0 | 1 | 1 · 1 · 2 = 2 | 2 · 1 · 2 = 4 |
# | mean | | 1 | 1.75 | 3.5 |
#
# ```python
# >>> d_last = np.array([[1.0], [-1.0]])
# >>> states = np.array([[[0.5], [0.0], [0.5]], [[0.5], [0.0], [0.0]]])
# >>> gradient_by_lag(d_last, states, np.array([[2.0]])).tolist()
# [1.0, 1.75, 3.5]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex05-3","locked":false,"schema_version":3,"solution":true}
def gradient_by_lag(d_last, states, recurrent_kernel):
    """norms (T,): the mean length of dL/dh at lag 0, 1, …, T − 1."""
    ### BEGIN SOLUTION
    norms, d_h = [], d_last  # (B, H)
    for t in reversed(range(states.shape[1])):
        norms.append(np.linalg.norm(d_h, axis=1).mean())  # the length of each example's gradient first
        d_h = (d_h * (1 - states[:, t] ** 2)) @ recurrent_kernel.T  # (B, H): from step t to step t − 1
    return np.array(norms)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex05-3-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("05.3", gradient_by_lag)

# %% [markdown]
# ## 05.4 · Which kernel was it?  (15 minutes)
#
# Somebody sent a gradient back through a cell, noted its length at each lag, and lost the kernel. A few kernels are left,
# and one of them it was. Write `which_kernel(kernels, d_last, norms)`.
#
# - `kernels`: array of shape (N, H, H). `d_last`: shape (H,), the gradient at lag 0. `norms`: shape (K,), its length at the
#   lags 0, …, K − 1; it was measured, and each entry may be up to 5 % off. All states were near 0, so every slope was 1.
# - Returns a whole number: the place in `kernels` of the one that made the curve, counted from 0.
# - At *every* lag the right kernel agrees with the curve within those 5 %. Each of the others is more than a quarter off
#   at some lag, but may look right in one respect: the last point, the spectral radius, the transposed kernel, …
# - Edge cases: one kernel, where the answer is 0; two kernels; gradients that grow.
#
# Two kernels with the same eigenvalues and the same singular values, since one is the other transposed:
#
# | kernel | length at lag 0 | lag 1 | lag 2 |
# | --- | --- | --- | --- |
# | [[0.5, 0.4], [0, 0.5]] | 1 | 0.5 | 0.25 |
# | [[0.5, 0], [0.4, 0.5]] | 1 | 0.64 | 0.472 |
# | measured | 1 | 0.63 | 0.48 |
#
# ```python
# >>> kernels = np.array([[[0.5, 0.4], [0.0, 0.5]], [[0.5, 0.0], [0.4, 0.5]]])
# >>> which_kernel(kernels, d_last=np.array([1.0, 0.0]), norms=np.array([1.0, 0.63, 0.48]))
# 1
# ```


# %% nbgrader={"grade":false,"grade_id":"ex05-4","locked":false,"schema_version":3,"solution":true}
def which_kernel(kernels, d_last, norms):
    """The place in kernels of the one that made norms."""
    ### BEGIN SOLUTION
    worst = []
    for kernel in kernels:
        d_h, factors = d_last, []
        for norm in norms:
            factors.append(np.linalg.norm(d_h) / norm)  # 1 where this kernel agrees
            d_h = d_h @ kernel.T
        worst.append(np.abs(np.log(factors)).max())  # half as long is as far off as twice as long
    return int(np.argmin(worst))
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex05-4-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("05.4", which_kernel)

# %% [markdown]
# ## 05.5 · Which lags are solved?  (10 minutes)
#
# A network was trained at several lags, several times each. How far does it reach? A rule that is fixed before one looks
# keeps the answer honest. Write `solved(errors, baselines, lags, fraction)`.
#
# - `errors`: array of shape (L, S), the error of each of S runs at each of L lags, and NaN where a run diverged. `baselines`:
#   shape (L,), the error of a guess at each lag. `lags`: whole numbers of shape (L,), each once, in any order. `fraction`: real
#   number, such as 0.1.
# - A run has **solved** its lag when its error is below `fraction` times the baseline of that lag. A run that diverged was
#   tried, and has not.
# - Returns a tuple. `share`, shape (L,): the share of the S runs that solved each lag, in the order of the rows. `longest`,
#   a whole number: the longest lag such that there, and at every shorter lag that was tried, *more than half* of the runs
#   solved the task. 0 when not even the shortest is.
# - Edge cases: one lag; all solved; the shortest lag not solved; exactly half of the runs; no run at a lag that finished;
#   three runs.
#
# Four lags, four runs, a fraction of 0.1, and a guess whose error is 1 at each lag. Lag 80 is solved, but 40 is not, so
# the network reaches 20:
#
# | lag | errors | share |
# | --- | --- | --- |
# | 20 | 0.02, 0.03, NaN, 0.05 | 0.75 |
# | 10 | 0.01, 0.01, 0.02, 0.01 | 1 |
# | 80 | 0.04, 0.02, 0.6, 0.05 | 0.75 |
# | 40 | 0.5, 0.07, NaN, 0.04 | 0.5 |
#
# ```python
# >>> nan = float("nan")
# >>> errors = [[0.02, 0.03, nan, 0.05], [0.01, 0.01, 0.02, 0.01], [0.04, 0.02, 0.6, 0.05], [0.5, 0.07, nan, 0.04]]
# >>> share, longest = solved(np.array(errors), np.ones(4), np.array([20, 10, 80, 40]), fraction=0.1)
# >>> share.tolist(), longest
# ([0.75, 1.0, 0.75, 0.5], 20)
# ```


# %% nbgrader={"grade":false,"grade_id":"ex05-5","locked":false,"schema_version":3,"solution":true}
def solved(errors, baselines, lags, fraction):
    """share (L,), the share of runs that solved each lag, and longest, a lag."""
    ### BEGIN SOLUTION
    share = (errors < fraction * baselines[:, np.newaxis]).mean(axis=1)  # (L,): NaN is below nothing
    longest = 0
    for row in np.argsort(lags):
        if share[row] <= 0.5:
            break
        longest = int(lags[row])
    return share, longest
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex05-5-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("05.5", solved)

# %% [markdown]
# ## Stuck, or done?
#
# In a terminal, `rnncourse solution 05.3` shows a worked answer and why it is right. Read it also when yours passed:
# the two may differ in an instructive way. Back to [lesson 05](../05_vanishing_gradients.ipynb).
