# %% [markdown]
# # Exercises 04 · Backpropagation through time
#
# Six functions that send gradients back through time, and that find out when they are wrong: about 75 minutes of work.
# They go with [lesson 04](../04_backpropagation_through_time.ipynb) and need NumPy alone.
#
# 1. Read the task, replace the line `raise NotImplementedError(…)` by your code, run the cell.
# 2. Run the `check` below it. It calls your function on fresh inputs, edge cases included, and says what it found:
#    passed, which mistake, or which gradient first differs from the right one, and for which input.
# 3. Change, run, check again, as often as you like. Each exercise stands alone.
#
# **Notation.** The cell is $h_t = \tanh(a_t)$ with $a_t = x_t W_x + h_{t-1} W_h + b$, for row vectors; B examples, T steps,
# D features, H units. Steps are counted as NumPy counts them, $t = 0, \dots, T - 1$, one less than in the lesson:
# `states[:, t]` is $h_t$, and what stands before step 0 is `initial_state`, an array of its own. ∂ is one step with all
# other states held, d is the total through time: `d_outputs[:, t]` is $\partial L/\partial h_t$, what the loss at step
# t says about $h_t$ itself, and $dL/dh_t$ counts the later losses, too. A loss that is a mean has put its 1/B or 1/T into
# `d_outputs` already. So you never average, you add up.

# %%
import numpy as np

from rnncourse.exercises import check

# %% [markdown]
# ## 04.1 · One step back  (10 minutes)
#
# Write `step_back(d_h, h, h_before, x, kernel, recurrent_kernel)`: one step of the cell, backwards.
#
# - `d_h`: array of shape (B, H), the total $dL/dh_t$. `h`, `h_before`: shape (B, H), $h_t$ and $h_{t-1}$. `x`: shape (B, D),
#   $x_t$. `kernel`, `recurrent_kernel`: $W_x$, shape (D, H), and $W_h$, shape (H, H). The bias is not needed.
# - Returns a tuple of five arrays. `d_kernel` (D, H), `d_recurrent_kernel` (H, H) and `d_bias` (H,): this step's share
#   of the gradients of the weights, added up over the examples. `d_x` (B, D): $dL/dx_t$. `passed_back` (B, H): what this
#   step sends to $h_{t-1}$, which is $dL/dh_t \cdot \partial h_t/\partial h_{t-1}$.
# - Edge cases: one example, one unit, a saturated unit with $h_t = 1$.
#
# One example, one unit, one feature; $dL/dh_t = 2$, $x_t = 2$, $h_{t-1} = -0.5$, $W_x = 4$, $W_h = -2$, and $h_t = 0.5$,
# where tanh has the slope 0.75:
#
# | d_kernel | d_recurrent_kernel | d_bias | d_x | passed_back |
# | --- | --- | --- | --- | --- |
# | 3 | −0.75 | 1.5 | 6 | −3 |
#
# ```python
# >>> gradients = step_back(
# ...     d_h=np.array([[2.0]]),
# ...     h=np.array([[0.5]]),
# ...     h_before=np.array([[-0.5]]),
# ...     x=np.array([[2.0]]),
# ...     kernel=np.array([[4.0]]),
# ...     recurrent_kernel=np.array([[-2.0]]),
# ... )
# >>> [gradient.tolist() for gradient in gradients]
# [[[3.0]], [[-0.75]], [1.5], [[6.0]], [[-3.0]]]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex04-1","locked":false,"schema_version":3,"solution":true}
def step_back(d_h, h, h_before, x, kernel, recurrent_kernel):
    """d_kernel (D, H), d_recurrent_kernel (H, H), d_bias (H,), d_x (B, D), passed_back (B, H)."""
    ### BEGIN SOLUTION
    d_a = d_h * (1 - h**2)  # (B, H): dL/da_t
    return x.T @ d_a, h_before.T @ d_a, d_a.sum(axis=0), d_a @ kernel.T, d_a @ recurrent_kernel.T
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex04-1-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("04.1", step_back)

# %% [markdown]
# ## 04.2 · All steps back  (15 minutes)
#
# Now the whole sequence. Write `backward(d_outputs, states, initial_state, x, recurrent_kernel)`.
#
# - `d_outputs`, `states`: arrays of shape (B, T, H). `initial_state`: shape (B, H), in general not zero. `x`: shape
#   (B, T, D). `recurrent_kernel`: shape (H, H).
# - Returns a tuple of four arrays. `d_states` (B, T, H): the total $dL/dh_t$ of every step. `d_kernel` (D, H),
#   `d_recurrent_kernel` (H, H) and `d_bias` (H,): the gradients of the weights, which all steps share.
# - Edge cases: a single step; a single example; a loss at the last step only, so that `d_outputs` is 0 before.
# - Do not change the arguments themselves. `d_h = d_outputs[:, t]` is a view: `d_h += …` would write into `d_outputs`.
#
# One example with two steps, one unit; both states are 0.5, where tanh has the slope 0.75, and $W_h = 2$:
#
# | | $\partial L/\partial h_t$ | from step t + 1 | $dL/dh_t$ | $dL/da_t$ |
# | --- | --- | --- | --- | --- |
# | t = 1 | 1 | – | 1 | 0.75 |
# | t = 0 | 1 | 0.75 · 2 = 1.5 | 2.5 | 1.875 |
#
# ```python
# >>> d_states, d_kernel, d_recurrent_kernel, d_bias = backward(
# ...     d_outputs=np.ones((1, 2, 1)),
# ...     states=np.array([[[0.5], [0.5]]]),
# ...     initial_state=np.array([[-0.5]]),
# ...     x=np.array([[[1.0], [2.0]]]),
# ...     recurrent_kernel=np.array([[2.0]]),
# ... )
# >>> d_states.tolist()
# [[[2.5], [1.0]]]
# >>> d_kernel.tolist(), d_recurrent_kernel.tolist(), d_bias.tolist()
# ([[3.375]], [[-0.5625]], [2.625])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex04-2","locked":false,"schema_version":3,"solution":true}
def backward(d_outputs, states, initial_state, x, recurrent_kernel):
    """d_states (B, T, H), d_kernel (D, H), d_recurrent_kernel (H, H), d_bias (H,)."""
    ### BEGIN SOLUTION
    d_states, slopes = np.zeros(states.shape), 1 - states**2  # (B, T, H)
    from_later = np.zeros(initial_state.shape)  # (B, H): nothing comes after the last step
    for t in reversed(range(states.shape[1])):
        d_states[:, t] = d_outputs[:, t] + from_later
        from_later = (d_states[:, t] * slopes[:, t]) @ recurrent_kernel.T
    d_a = d_states * slopes  # (B, T, H)
    before = np.concatenate([initial_state[:, np.newaxis], states[:, :-1]], axis=1)  # (B, T, H): h_{t−1}
    examples_and_steps = ([0, 1], [0, 1])
    d_kernel = np.tensordot(x, d_a, examples_and_steps)  # (D, H)
    d_recurrent_kernel = np.tensordot(before, d_a, examples_and_steps)  # (H, H)
    return d_states, d_kernel, d_recurrent_kernel, d_a.sum(axis=(0, 1))
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex04-2-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("04.2", backward)

# %% [markdown]
# ## 04.3 · Truncated backpropagation  (15 minutes)
#
# **Truncated** backpropagation through time (Williams and Peng 1990) sends each loss back through a few steps and no
# further. Write `truncated_backward(d_outputs, states, initial_state, x, recurrent_kernel, steps)`.
#
# - The loss at step t acts on the weights through the steps t, t − 1, …, t − steps + 1, as far as they exist: `steps` of
#   them, its own included. This holds for *every* t: each loss has a window of its own. (In the usual names $k_1 = 1$ and
#   $k_2$ = `steps`.)
# - `steps` ≥ 1. The other arguments are those of 04.2. The states are what the forward pass found, which ran through.
# - Returns a tuple of three arrays: `d_kernel` (D, H), `d_recurrent_kernel` (H, H), `d_bias` (H,).
# - Edge cases: `steps` may be 1, T, or larger than T; there may be a single step or a single example.
#
# Three steps, `steps` = 2. The loss at t = 2 stops short of step 0:
#
# | | step 0 | step 1 | step 2 |
# | --- | --- | --- | --- |
# | loss at t = 0 | reached | | |
# | loss at t = 1 | reached | reached | |
# | loss at t = 2 | | reached | reached |
#
# One unit, all states 0.5, $W_h = 2$: in `d_bias` a loss leaves 0.75 at its own step, 1.5 times that one step earlier, and
# so on. From `steps` = 3 on it is the full gradient:
#
# ```python
# >>> case = {
# ...     "d_outputs": np.ones((1, 3, 1)),
# ...     "states": np.full((1, 3, 1), 0.5),
# ...     "initial_state": np.array([[-0.5]]),
# ...     "x": np.array([[[1.0], [2.0], [3.0]]]),
# ...     "recurrent_kernel": np.array([[2.0]]),
# ... }
# >>> [truncated_backward(**case, steps=steps)[2].tolist() for steps in (1, 2, 3, 4)]
# [[2.25], [4.5], [6.1875], [6.1875]]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex04-3","locked":false,"schema_version":3,"solution":true}
def truncated_backward(d_outputs, states, initial_state, x, recurrent_kernel, steps):
    """d_kernel (D, H), d_recurrent_kernel (H, H), d_bias (H,); a loss reaches no more than `steps` steps."""
    ### BEGIN SOLUTION
    slopes = 1 - states**2  # (B, T, H)
    before = np.concatenate([initial_state[:, np.newaxis], states[:, :-1]], axis=1)  # (B, T, H): h_{t−1}
    d_a = np.zeros(states.shape)  # (B, T, H): what all losses that reach step t say about a_t
    arriving = d_outputs  # (B, T, H): what the loss j steps later says about h_t; j = 0 first
    for _ in range(min(steps, states.shape[1])):
        d_a = d_a + arriving * slopes
        sent = (arriving * slopes) @ recurrent_kernel.T  # (B, T, H): from step t to step t − 1
        arriving = np.concatenate([sent[:, 1:], np.zeros_like(sent[:, :1])], axis=1)
    examples_and_steps = ([0, 1], [0, 1])
    d_kernel = np.tensordot(x, d_a, examples_and_steps)  # (D, H)
    d_recurrent_kernel = np.tensordot(before, d_a, examples_and_steps)  # (H, H)
    return d_kernel, d_recurrent_kernel, d_a.sum(axis=(0, 1))
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex04-3-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("04.3", truncated_backward)

# %% [markdown]
# ## 04.4 · A gradient check  (10 minutes)
#
# How do you know that a backward pass is right? Move each weight a little and see what the loss does. Write
# `check_gradient(gradient, recurrent_kernel, inputs, target, eps)`.
#
# - `gradient`: array of shape (H, H), somebody's gradient of the loss with respect to `recurrent_kernel`, shape (H, H).
#   `inputs`: shape (B, T, H), $x_t W_x + b$ of each step, worked out already. `target`: shape (B, H). `eps`: the small
#   number $ε > 0$. The function `loss(recurrent_kernel)` is written for you: half the squared distance of the last state
#   from `target`.
# - Returns a tuple. `numeric` (H, H): for each weight $w$ alone the central difference $(L(w + ε) - L(w - ε)) / 2ε$. `error`, a
#   real number: the length of `gradient` − `numeric` divided by the length of `numeric`, where the length of an array is the
#   root of the sum of its squares.
# - `scratch.gradient_check` divides by the length of the gradient under test instead. For a right gradient that is the same
#   number; for one of zeros it would divide by 0.
# - Edge cases: one unit; `eps` as small as 1e-5, as in a real check; a `gradient` of zeros, whose error is 1. Do not change
#   `recurrent_kernel` itself.
#
# One unit, two steps, $w = 1$, and $ε = 0.1$, which is large on purpose:
#
# | weight | 0.9 | 1.1 |
# | --- | --- | --- |
# | loss | 0.07741 | 0.10981 |
#
# ```python
# >>> case = {"recurrent_kernel": np.array([[1.0]]), "inputs": np.array([[[0.5], [0.0]]]), "target": np.array([[0.0]])}
# >>> numeric, error = check_gradient(gradient=np.array([[0.2]]), eps=0.1, **case)
# >>> np.round(numeric, 3).tolist(), round(float(error), 3)
# ([[0.162]], 0.235)
# ```


# %% nbgrader={"grade":false,"grade_id":"ex04-4","locked":false,"schema_version":3,"solution":true}
def check_gradient(gradient, recurrent_kernel, inputs, target, eps):
    """Central differences numeric (H, H), and the error of gradient relative to them, a real number."""

    def loss(recurrent_kernel):
        h = np.zeros(target.shape)  # (B, H)
        for t in range(inputs.shape[1]):
            h = np.tanh(inputs[:, t] + h @ recurrent_kernel)
        return 0.5 * np.sum((h - target) ** 2)

    ### BEGIN SOLUTION
    weights = recurrent_kernel.astype(float)  # (H, H): a copy, in float64
    numeric = np.zeros(weights.shape)
    for i, j in np.ndindex(*weights.shape):
        kept = weights[i, j]
        weights[i, j] = kept + eps
        above = loss(weights)
        weights[i, j] = kept - eps
        below = loss(weights)
        weights[i, j] = kept
        numeric[i, j] = (above - below) / (2 * eps)
    return numeric, float(np.linalg.norm(gradient - numeric) / np.linalg.norm(numeric))
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex04-4-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("04.4", check_gradient)

# %% [markdown]
# ## 04.5 · Find the bug  (15 minutes)
#
# A **leaky** RNN keeps a part of its old state at every step. With a candidate $g_t$ and a `rate` $\alpha$,
# $0 < \alpha \le 1$,
#
# $$g_t = \tanh(x_t W_x + h_{t-1} W_h + b), \qquad h_t = (1 - \alpha)\, h_{t-1} + \alpha\, g_t.$$
#
# Somebody carried a backward pass over to it: `given_backward` below. It runs, its shapes are right, and **one line is
# wrong**. A gradient check at a rate of 0.25 says: with a single step all gradients are right; with two or more, the last
# step's $dL/dh_t$ is right, every earlier one is wrong, and so are the gradients of all weights.
#
# Write `leaky_backward(d_outputs, states, candidates, initial_state, x, recurrent_kernel, rate)`: copy the lines of
# `given_backward`, find the bug, mend it. Work out on paper what the gradient does between two steps.
#
# - `candidates`: array of shape (B, T, H), $g_t$ of every step. `rate`: real number, $\alpha$. The other arguments, and the
#   tuple that is returned, are those of 04.2.
# - Edge cases: a single step, a single example, rate = 1.
#
# One unit, two steps, both candidates 0.5, $W_h = 2$, $\alpha = 0.25$. The given code says 1.375 where 2.125 is right:
#
# ```python
# >>> d_states, *_ = leaky_backward(
# ...     d_outputs=np.ones((1, 2, 1)),
# ...     states=np.array([[[0.125], [0.21875]]]),
# ...     candidates=np.array([[[0.5], [0.5]]]),
# ...     initial_state=np.array([[0.0]]),
# ...     x=np.array([[[1.0], [2.0]]]),
# ...     recurrent_kernel=np.array([[2.0]]),
# ...     rate=0.25,
# ... )
# >>> d_states.tolist()
# [[[2.125], [1.0]]]
# ```


# %%
def given_backward(d_outputs, states, candidates, initial_state, x, recurrent_kernel, rate):
    d_states = np.zeros(states.shape)                              # (B, T, H)
    d_kernel = d_recurrent_kernel = d_bias = 0.0                   # each becomes an array with the first share
    from_later = np.zeros(initial_state.shape)                     # (B, H)
    for t in reversed(range(states.shape[1])):
        d_h = d_outputs[:, t] + from_later                         # (B, H): dL/dh_t
        d_a = rate * d_h * (1 - candidates[:, t] ** 2)             # (B, H): dL/da_t
        before = states[:, t - 1] if t > 0 else initial_state      # (B, H): h_{t−1}
        d_states[:, t] = d_h
        d_kernel = d_kernel + x[:, t].T @ d_a                      # (D, H)
        d_recurrent_kernel = d_recurrent_kernel + before.T @ d_a   # (H, H)
        d_bias = d_bias + d_a.sum(axis=0)                          # (H,)
        from_later = d_a @ recurrent_kernel.T                      # (B, H)
    return d_states, d_kernel, d_recurrent_kernel, d_bias


# %% nbgrader={"grade":false,"grade_id":"ex04-5","locked":false,"schema_version":3,"solution":true}
def leaky_backward(d_outputs, states, candidates, initial_state, x, recurrent_kernel, rate):
    """d_states (B, T, H), d_kernel (D, H), d_recurrent_kernel (H, H), d_bias (H,)."""
    ### BEGIN SOLUTION
    d_states = np.zeros(states.shape)  # (B, T, H)
    d_kernel = d_recurrent_kernel = d_bias = 0.0  # each becomes an array with the first share
    from_later = np.zeros(initial_state.shape)  # (B, H)
    for t in reversed(range(states.shape[1])):
        d_h = d_outputs[:, t] + from_later  # (B, H): dL/dh_t
        d_a = rate * d_h * (1 - candidates[:, t] ** 2)  # (B, H): dL/da_t
        before = states[:, t - 1] if t > 0 else initial_state  # (B, H): h_{t−1}
        d_states[:, t] = d_h
        d_kernel = d_kernel + x[:, t].T @ d_a  # (D, H)
        d_recurrent_kernel = d_recurrent_kernel + before.T @ d_a  # (H, H)
        d_bias = d_bias + d_a.sum(axis=0)  # (H,)
        from_later = d_a @ recurrent_kernel.T + (1 - rate) * d_h  # (B, H): two ways lead from h_{t−1} to h_t
    return d_states, d_kernel, d_recurrent_kernel, d_bias
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex04-5-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("04.5", leaky_backward)

# %% [markdown]
# ## 04.6 · One step and all the way  (10 minutes)
#
# How strongly does $h_s$ act on $h_t$? One step answers with $\partial h_r/\partial h_{r-1}$, the whole way with
# $dh_t/dh_s$. Write `chain(states, recurrent_kernel, s, t)`, for a single sequence.
#
# - `states`: array of shape (T, H), row r is $h_r$. `recurrent_kernel`: shape (H, H). `s`, `t`: two steps,
#   $0 \le s \le t < T$.
# - Returns a tuple of two arrays. `one_step` (t − s, H, H): the **Jacobians** $\partial h_{s+1}/\partial h_s, \dots,
#   \partial h_t/\partial h_{t-1}$, in this order. `total` (H, H): $dh_t/dh_s$.
# - Entry [i, j] of a Jacobian says how unit i of the *later* state moves with unit j of the *earlier* one.
# - Edge cases: $t = s + 1$, where the total is the only factor; $t = s$, where there is no factor and the total is the
#   identity; one unit.
#
# Two units, from s = 0 to t = 2:
#
# ```python
# >>> states = np.array([[0.0, 0.0], [0.0, 0.5], [0.5, 0.0]])
# >>> one_step, total = chain(states, np.array([[1.0, 2.0], [3.0, 4.0]]), s=0, t=2)
# >>> one_step.tolist()
# [[[1.0, 3.0], [1.5, 3.0]], [[0.75, 2.25], [2.0, 4.0]]]
# >>> total.tolist()
# [[4.125, 9.0], [8.0, 18.0]]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex04-6","locked":false,"schema_version":3,"solution":true}
def chain(states, recurrent_kernel, s, t):
    """one_step (t − s, H, H), the Jacobians of the steps s + 1 to t, and total (H, H), dh_t/dh_s."""
    ### BEGIN SOLUTION
    slopes = 1 - states[s + 1 : t + 1] ** 2  # (t − s, H)
    one_step = slopes[:, :, np.newaxis] * recurrent_kernel.T  # (t − s, H, H): a slope for each row
    total = np.eye(len(recurrent_kernel))  # (H, H)
    for factor in one_step:
        total = factor @ total  # a later step acts on what the earlier ones made
    return one_step, total
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex04-6-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("04.6", chain)

# %% [markdown]
# ## Stuck, or done?
#
# In a terminal, `rnncourse solution 04.3` shows a worked answer and why it is right. Read it also when yours passed:
# the two may differ in an instructive way. Back to [lesson 04](../04_backpropagation_through_time.ipynb).
