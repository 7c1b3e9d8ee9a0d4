# %% [markdown]
# # Exercises 13 · GRU, and which to choose
#
# Four functions about the gated recurrent unit and the choice of a cell: its step, the parameters of the three cells, weights
# from elsewhere, and what a few runs say: about 60 minutes of work. They go with
# [lesson 13](../13_gru_and_which_to_choose.ipynb) and need NumPy alone.
#
# 1. Read the task, replace the line `raise NotImplementedError(…)` by your code, run the cell.
# 2. Run the `check` below it. It calls your function on fresh inputs, edge cases included, and says what it found:
#    passed, which mistake, or where your result first differs from the right one, and for which input. What your
#    function prints is shown for that input alone.
# 3. Change, run, check again, as often as you like. Each exercise stands alone.
#
# **Notation.** $x_t$ and $h_t$ are rows, $\odot$ multiplies entry by entry, and $\sigma(a) = 1/(1 + e^{-a})$. With D features and
# H units a GRU's weights are in **Keras' layout**: `kernel` (D, 3H) holds $W_z, W_r, W_h$ side by side, H columns each;
# `recurrent_kernel` (H, 3H) holds $U_z, U_r, U_h$. `bias` (2, 3H) has two rows, $b$ for the input and $b'$ for the state, each with
# the same three blocks: **z, r, h̃**. All is counted from 0.

# %%
import numpy as np

from rnncourse.exercises import check

# %% [markdown]
# ## 13.1 · One step of the GRU  (15 minutes)
#
# Write `gru_step(x_t, h, kernel, recurrent_kernel, bias)`, one step for a batch of B sequences, as Keras has it:
#
# $$z = \sigma(x_t W_z + b_z + h_{t-1} U_z + b'_z), \qquad r = \sigma(x_t W_r + b_r + h_{t-1} U_r + b'_r),$$
#
# $$\tilde h = \tanh\bigl(x_t W_h + b_h + r \odot (h_{t-1} U_h + b'_h)\bigr), \qquad h_t = z \odot h_{t-1} + (1 - z) \odot \tilde h .$$
#
# - `x_t`: array of shape (B, D). `h`: the state before, (B, H). The weights as above.
# - Returns $h_t$, an array of shape (B, H).
# - Mind: B, D and H are equal in most inputs of the check.
# - Edge cases: one sequence, one feature, one unit; a state of zeros; scores of many thousands, whose exp no computer can hold.
#
# One sequence, one feature, one unit. Input and state before are 1 and 0.5; the kernel is 2, 0, 1, the recurrent kernel 0, 0, 2, and
# only the candidate's second bias is not 0 but 1:
#
# | z = σ(2) | r = σ(0) | h̃ = tanh(1 + 0.5 · (0.5 · 2 + 1)) | h |
# | --- | --- | --- | --- |
# | 0.881 | 0.5 | tanh(2) = 0.964 | 0.881 · 0.5 + 0.119 · 0.964 = 0.555 |
#
# ```python
# >>> one, bias = np.ones((1, 1)), np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
# >>> h = gru_step(one, 0.5 * one, np.array([[2.0, 0.0, 1.0]]), np.array([[0.0, 0.0, 2.0]]), bias)
# >>> h.round(3).tolist()
# [[0.555]]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex13-1","locked":false,"schema_version":3,"solution":true}
def gru_step(x_t, h, kernel, recurrent_kernel, bias):
    """h_t (B, H), with the reset gate after the product."""
    ### BEGIN SOLUTION
    x_z, x_r, x_h = np.split(x_t @ kernel + bias[0], 3, axis=1)  # (B, H) each
    h_z, h_r, h_h = np.split(h @ recurrent_kernel + bias[1], 3, axis=1)
    z, r = ((1 + np.tanh(a / 2)) / 2 for a in (x_z + h_z, x_r + h_r))  # the sigmoid, without an exp that overflows
    h_tilde = np.tanh(x_h + r * h_h)
    return z * h + (1 - z) * h_tilde
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex13-1-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("13.1", gru_step)

# %% [markdown]
# ## 13.2 · Three cells at the same price  (15 minutes)
#
# Whoever compares cells should know what they cost. Write `parameters(features, units, budget)`.
#
# - `features`: whole number D ≥ 1, the numbers that come in at a step. `units`: list of whole numbers, H of each layer of a stack,
#   from the input on; every layer reads $h_t$ of the one below. `budget`: whole number ≥ 1.
# - Returns a tuple of two arrays of three whole numbers each, for the simple cell, the LSTM and the GRU (with `reset_after=True`,
#   Keras' default), in this order. `counts`: the parameters of the stack, if it is made of this cell; there is no read-out.
#   `widest`: the largest H with which a *single* layer that reads D features has at most `budget` parameters; 0 if not even one
#   unit has.
# - Edge cases: one layer, four layers; a budget that is spent to the last parameter; one that is too small for some.
#
# Two features and one layer of three units, or a budget of 60:
#
# | cell | kernel | recurrent kernel | bias | counts | with 60 |
# | --- | --- | --- | --- | --- | --- |
# | simple | 2 · 3 | 3 · 3 | 3 | 18 | H = 6: 54, H = 7: 70 |
# | LSTM | 2 · 12 | 3 · 12 | 12 | 72 | H = 2: 40, H = 3: 72 |
# | GRU | 2 · 9 | 3 · 9 | 2 · 9 | 63 | H = 2: 36, H = 3: 63 |
#
# ```python
# >>> counts, widest = parameters(features=2, units=[3], budget=60)
# >>> counts.tolist(), widest.tolist()
# ([18, 72, 63], [6, 2, 2])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex13-2","locked":false,"schema_version":3,"solution":true}
def parameters(features, units, budget):
    """Parameters of a stack of each cell, and the largest single layer of each within the budget."""
    ### BEGIN SOLUTION
    cells = [(1, 1), (4, 1), (3, 2)]  # blocks, and biases in each

    def layer(reads, size, blocks, biases):
        return blocks * size * (reads + size + biases)

    counts = [sum(layer(D, H, *cell) for D, H in zip([features, *units], units, strict=False)) for cell in cells]
    widest = [0, 0, 0]
    for place, cell in enumerate(cells):
        while layer(features, widest[place] + 1, *cell) <= budget:
            widest[place] += 1
    return np.array(counts), np.array(widest)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex13-2-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("13.2", parameters)

# %% [markdown]
# ## 13.3 · A GRU from elsewhere  (15 minutes)
#
# Other libraries write $W x$ with columns and order the blocks in their own way. And they do not agree on what z means: in some
# $h_t = z \odot h_{t-1} + (1 - z) \odot \tilde h$, as in Keras, where **z keeps**; in others $h_t = (1 - z) \odot h_{t-1} + z \odot
# \tilde h$, where **z writes**. Write `gru_to_keras(w_ih, w_hh, b_ih, b_hh, order, z_keeps)`, which makes Keras' arrays of theirs.
#
# - `w_ih`: array of shape (3H, D), three blocks of H rows, one above the other. `w_hh`: (3H, H), likewise. `b_ih`, `b_hh`: each
#   (3H,), likewise; `b_ih` goes with the input, `b_hh` with the state. `order`: list of the three letters `"z"`, `"r"`, `"h"` (the
#   candidate), in the order of the blocks from top to bottom. `z_keeps`: truth value. Their reset gate stands after the product.
# - Returns a tuple of three arrays in Keras' layout: `kernel` (D, 3H), `recurrent_kernel` (H, 3H), `bias` (2, 3H). With them
#   Keras' GRU gives the same outputs as theirs. Hint: $\sigma(-a) = 1 - \sigma(a)$.
# - Mind: D and H are equal in most inputs of the check.
# - Edge cases: more features than units; one unit; Keras' own order, and PyTorch's.
#
# One unit and one feature:
#
# | order | r | z | h | | Keras' order | z | r | h |
# | --- | --- | --- | --- | --- | --- | --- | --- | --- |
# | w_ih, z keeps | 1 | 2 | 3 | | kernel | 2 | 1 | 3 |
# | w_ih, z writes | 1 | 2 | 3 | | kernel | −2 | 1 | 3 |
#
# ```python
# >>> w_ih, b_ih, b_hh = np.array([[1.0], [2.0], [3.0]]), np.array([0.1, 0.2, 0.3]), np.array([0.4, 0.5, 0.6])
# >>> arrays = gru_to_keras(w_ih, 10 * w_ih, b_ih, b_hh, order=["r", "z", "h"], z_keeps=False)
# >>> [array.tolist() for array in arrays]
# [[[-2.0, 1.0, 3.0]], [[-20.0, 10.0, 30.0]], [[-0.2, 0.1, 0.3], [-0.5, 0.4, 0.6]]]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex13-3","locked":false,"schema_version":3,"solution":true}
def gru_to_keras(w_ih, w_hh, b_ih, b_hh, order, z_keeps):
    """kernel, recurrent_kernel and bias in Keras' layout, order and convention."""
    ### BEGIN SOLUTION
    sign = 1 if z_keeps else -1  # σ(−a) = 1 − σ(a)

    def reordered(array):
        blocks = dict(zip(order, np.split(array, 3), strict=True))
        return np.concatenate([sign * blocks["z"], blocks["r"], blocks["h"]])

    return reordered(w_ih).T, reordered(w_hh).T, np.stack([reordered(b_ih), reordered(b_hh)])
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex13-3-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("13.3", gru_to_keras)

# %% [markdown]
# ## 13.4 · Which is better?  (15 minutes)
#
# Two cells were trained on K tasks, each with S seeds; a seed gives both the same data. What do the errors say? Write
# `compare(errors, rival, quantile, margin)`.
#
# - `errors`, `rival`: arrays of positive real numbers, shape (K, S), the errors of a cell and of its rival; a run that diverged gave
#   NaN. `quantile`: real number, Student's t for S runs (3.182 for four). `margin`: real number ≥ 0, the share of the rival's
#   error by which a cell may be worse without anybody minding.
# - Returns a tuple of two arrays. `interval`, shape (K, 2): for each task the mean of the differences errors − rival, minus and
#   plus quantile · s / √S, where s is the standard deviation of the differences, with S − 1 under the root. `verdicts`, texts, one
#   for each task, the first that fits:
#
# | verdict | the interval |
# | --- | --- |
# | better | lies below 0 |
# | no worse | lies below the limit: margin · mean of the rival's errors at this task |
# | worse | lies above 0 |
# | open | anything else, NaN included |
#
# - Mind: K and S are equal in most inputs of the check.
# - Edge cases: one task; two seeds; a margin of 0; cells that agree in every run; a run that diverged.
#
# Two tasks, two seeds; for two runs the quantile is 12.706:
#
# | errors | rival | differences | s / √S | interval | limit | verdict |
# | --- | --- | --- | --- | --- | --- | --- |
# | 0.5, 0.7 | 0.6, 0.82 | −0.10, −0.12 | 0.01 | −0.11 ± 0.127 | 0.071 | no worse |
# | 0.5, 0.7 | 0.7, 0.5 | −0.2, 0.2 | 0.2 | 0 ± 2.541 | 0.06 | open |
#
# ```python
# >>> errors, rival = np.array([[0.5, 0.7], [0.5, 0.7]]), np.array([[0.6, 0.82], [0.7, 0.5]])
# >>> interval, verdicts = compare(errors, rival, quantile=12.706, margin=0.1)
# >>> interval.round(3).tolist(), verdicts.tolist()
# ([[-0.237, 0.017], [-2.541, 2.541]], ['no worse', 'open'])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex13-4","locked":false,"schema_version":3,"solution":true}
def compare(errors, rival, quantile, margin):
    """interval (K, 2) of the mean difference at each task, and a verdict for each."""
    ### BEGIN SOLUTION
    apart = errors - rival  # (K, S): seed by seed
    mean = apart.mean(axis=1)
    half = quantile * apart.std(axis=1, ddof=1) / errors.shape[1] ** 0.5
    low, high = mean - half, mean + half
    limit = margin * rival.mean(axis=1)
    verdicts = np.select([high < 0, high < limit, low > 0], ["better", "no worse", "worse"], "open")
    return np.stack([low, high], axis=1), verdicts
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex13-4-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("13.4", compare)

# %% [markdown]
# ## Stuck, or done?
#
# In a terminal, `rnncourse solution 13.1` shows a worked answer and why it is right. Read it also when yours passed:
# the two may differ in an instructive way. Back to [lesson 13](../13_gru_and_which_to_choose.ipynb).
