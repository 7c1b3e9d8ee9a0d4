# %% [markdown]
# # Exercises 19 · The new recurrences
#
# Four functions about recurrences without a tanh around them: two steps in one, a unit that counts modulo 2, a scan in blocks, and the
# minimal GRU: about 55 minutes of work. They go with [lesson 19](../19_the_new_recurrences.ipynb) and need NumPy alone.
#
# 1. Read the task, replace the line `raise NotImplementedError(…)` by your code, run the cell.
# 2. Run the `check` below it. It calls your function on fresh inputs, edge cases included, and says what it found:
#    passed, which mistake, or where your result first differs from the right one, and for which input. What your
#    function prints is shown for that input alone.
# 3. Change, run, check again, as often as you like. Each exercise stands alone.
#
# **Notation.** A linear recurrence with H units is $h_t = a_t \odot h_{t-1} + b_t$, where the *decays* $a_t$ and the *inputs* $b_t$ are
# known for all steps beforehand and $\odot$ multiplies entry by entry. $\sigma(a) = 1/(1 + e^{-a})$. Steps and units are counted
# from 0.

# %%
import numpy as np

from rnncourse.exercises import check

# %% [markdown]
# ## 19.1 · Two steps in one  (10 minutes)
#
# Two steps of a linear recurrence, one after the other, are a single step of the same kind, with a decay and an input of its own. Find
# them, and write `combine_pairs(decay, inputs)`, one level of the tree by which a scan is made parallel.
#
# - `decay`, `inputs`: arrays of shape (T, H), T ≥ 2.
# - Returns a tuple of two arrays, the decays and the inputs of steps 0 and 1 together, of steps 2 and 3, and so on, shape (⌈T/2⌉, H). If
#   T is odd, the last step has no partner: it stays as it is, behind the pairs.
# - Edge cases: two steps, three; a decay of 0.
#
# Three steps of one unit:
#
# | step | takes h to | together |
# | --- | --- | --- |
# | 0 | 0.5 h + 10 | |
# | 1 | 0.2 h + 4 | 0.2 · (0.5 h + 10) + 4 = 0.1 h + 6 |
# | 2 | 0.9 h + 7 | 0.9 h + 7, alone |
#
# ```python
# >>> decay, inputs = combine_pairs(np.array([[0.5], [0.2], [0.9]]), np.array([[10.0], [4.0], [7.0]]))
# >>> decay.round(3).tolist(), inputs.round(3).tolist()
# ([[0.1], [0.9]], [[6.0], [7.0]])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex19-1","locked":false,"schema_version":3,"solution":true}
def combine_pairs(decay, inputs):
    """Decays and inputs of each two steps in one; a last one without a partner as it is."""
    ### BEGIN SOLUTION
    if len(decay) % 2:  # a step that changes nothing, as a partner
        decay = np.concatenate([decay, np.ones_like(decay[:1])])
        inputs = np.concatenate([inputs, np.zeros_like(inputs[:1])])
    first, second = decay[::2], decay[1::2]
    return first * second, second * inputs[::2] + inputs[1::2]
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex19-1-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("19.1", combine_pairs)

# %% [markdown]
# ## 19.2 · Odd or even  (15 minutes)
#
# A minimal GRU of one unit, whose gate may go up to 2, so that what it keeps, 1 − z, lies between −1 and 1:
#
# $$z_t = 2\,\sigma(x_t w_z + b_z), \qquad \tilde h_t = x_t w_h + b_h, \qquad h_t = (1 - z_t)\, h_{t-1} + z_t\, \tilde h_t, \qquad h_{-1} = 0 .$$
#
# It reads tokens as one-hot rows: token 3 is a row of zeros with a 1 at place 3. Set its weights by hand, so that $h_t$ is 1 if the token
# `counted` has come an odd number of times since the last `reset`, and 0 if even. Write `parity(tokens, counted, reset)`.
#
# - `tokens`: whole number D ≥ 2, how many different tokens there are. `counted`, `reset`: two of the numbers 0 … D − 1.
# - Returns a tuple of two arrays of real numbers: `kernel` (D, 2), whose columns are $w_z$ and $w_h$, and `bias` (2,), $b_z$ and $b_h$.
# - A token `reset` sets the state to 0 at its own step. Any other token but these two leaves it as it is.
# - Many weights do this, and all of them pass: the check runs the unit with yours and compares $h_t$, to within 0.05.
# - Edge case: two tokens and no other.
#
# With `counted` = 2 and `reset` = 0 the state should be:
#
# | token | 2 | 1 | 2 | 2 | 0 | 1 | 2 |
# | --- | --- | --- | --- | --- | --- | --- | --- |
# | state | 1 | 1 | 0 | 1 | 0 | 0 | 1 |
#
# ```python
# >>> kernel, bias = parity(tokens=4, counted=2, reset=0)
# >>> kernel.shape, bias.shape
# ((4, 2), (2,))
# ```


# %% nbgrader={"grade":false,"grade_id":"ex19-2","locked":false,"schema_version":3,"solution":true}
def parity(tokens, counted, reset):
    """kernel (D, 2) and bias (2,) of one unit: is the number of counted tokens since the last reset odd?"""
    ### BEGIN SOLUTION
    far = 10.0  # 2 σ(−10) is 0.0001, 2 σ(10) is 1.9999
    kernel, bias = np.zeros((tokens, 2)), np.array([-far, 0.0])  # at any other token z is 0: keep
    kernel[counted] = 2 * far, 0.5  # z is 2: −h + 2 · ½ = 1 − h
    kernel[reset] = far, 0.0  # z is 1: nothing is kept, and h̃ is 0
    return kernel, bias
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex19-2-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("19.2", parity)

# %% [markdown]
# ## 19.3 · Block by block  (15 minutes)
#
# A loop over T steps waits T times. Cut the sequence into blocks: each runs by itself from a state of 0, all blocks at once; then only
# the states at their ends are carried on from block to block; then, all at once again, each step gets what is left of the state before
# its block. Write `blocked_scan(decay, inputs, initial_state, block)`.
#
# - `decay`, `inputs`: arrays of shape (T, H). `initial_state`: (H,), $h_{-1}$. `block`: whole number ≥ 1, the steps of a block; the last
#   one may be shorter.
# - Returns a tuple of three arrays of shape (T, H). `products`: the product of the decays from the first step of the block up to and with
#   the step itself. `local`: the states of a block that starts from 0. `states`: $h_t$, those of the whole recurrence.
# - The check cannot see whether you loop over the steps, but try to do without: loop over the steps *of a block*, for all blocks
#   at once, and over the blocks' ends.
# - Edge cases: a shorter last block; blocks of one step; one block longer than the sequence; an initial state of 0; a decay of 0.
#
# Four steps of one unit, blocks of two, all decays 0.5, and $h_{-1} = 16$:
#
# | step | input | product | local | before the block | state |
# | --- | --- | --- | --- | --- | --- |
# | 0 | 8 | 0.5 | 8 | 16 | 0.5 · 16 + 8 = 16 |
# | 1 | 4 | 0.25 | 0.5 · 8 + 4 = 8 | 16 | 0.25 · 16 + 8 = 12 |
# | 2 | 2 | 0.5 | 2 | 12 | 0.5 · 12 + 2 = 8 |
# | 3 | 6 | 0.25 | 0.5 · 2 + 6 = 7 | 12 | 0.25 · 12 + 7 = 10 |
#
# ```python
# >>> inputs = np.array([[8.0], [4.0], [2.0], [6.0]])
# >>> products, local, states = blocked_scan(np.full((4, 1), 0.5), inputs, np.array([16.0]), block=2)
# >>> products.ravel().tolist(), local.ravel().tolist(), states.ravel().tolist()
# ([0.5, 0.25, 0.5, 0.25], [8.0, 8.0, 2.0, 7.0], [16.0, 12.0, 8.0, 10.0])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex19-3","locked":false,"schema_version":3,"solution":true}
def blocked_scan(decay, inputs, initial_state, block):
    """products, local and states, (T, H) each."""
    ### BEGIN SOLUTION
    steps, units = decay.shape
    count = -(-steps // block)
    padding = [(0, count * block - steps), (0, 0)]
    a = np.pad(decay, padding).reshape(count, block, units)  # all blocks side by side
    b = np.pad(inputs, padding).reshape(count, block, units)
    products, local = np.cumprod(a, axis=1), b.copy()
    for t in range(1, block):
        local[:, t] += a[:, t] * local[:, t - 1]
    before = [initial_state]
    for product, end in zip(products[:-1, -1], local[:-1, -1], strict=True):  # only the ends wait for each other
        before.append(product * before[-1] + end)
    states = products * np.stack(before)[:, np.newaxis] + local
    return tuple(part.reshape(-1, units)[:steps] for part in (products, local, states))
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex19-3-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("19.3", blocked_scan)

# %% [markdown]
# ## 19.4 · The minimal GRU  (15 minutes)
#
# What is left of a GRU when its gates may not know the state (Feng et al. 2024):
#
# $$z_t = \sigma(x_t W_z + b_z), \qquad \tilde h_t = x_t W_h + b_h, \qquad h_t = (1 - z_t) \odot h_{t-1} + z_t \odot \tilde h_t .$$
#
# Mind that z = 1 takes the new, as in the paper; in Keras' GRU z = 1 keeps the old. Write
# `min_gru(x, initial_state, kernel, bias)`, for one sequence.
#
# - `x`: array of shape (T, D). `initial_state`: (H,), $h_{-1}$. `kernel`: (D, 2H), which holds $W_z$ and $W_h$ side by side, H columns
#   each. `bias`: (2H,), likewise.
# - Returns a tuple of three arrays of shape (T, H): the decays $a_t$ and the inputs $b_t$ of the linear recurrence that this is, which a
#   scan would be given, and the states $h_t$. A loop over the steps is allowed for the states; the other two need none.
# - Mind: D and H are equal in most inputs of the check.
# - Edge cases: other sizes; one step; an initial state of 0; scores of many thousands, whose exp no computer can hold.
#
# Two steps, one feature, one unit; the kernel is log 3 and 3, the biases 0 and 1, and $h_{-1} = 8$:
#
# | x | z | h̃ | decay | input | state |
# | --- | --- | --- | --- | --- | --- |
# | 1 | σ(log 3) = 0.75 | 4 | 0.25 | 0.75 · 4 = 3 | 0.25 · 8 + 3 = 5 |
# | 0 | σ(0) = 0.5 | 1 | 0.5 | 0.5 · 1 = 0.5 | 0.5 · 5 + 0.5 = 3 |
#
# ```python
# >>> x, kernel, bias = np.array([[1.0], [0.0]]), np.array([[np.log(3), 3.0]]), np.array([0.0, 1.0])
# >>> decay, inputs, states = min_gru(x, np.array([8.0]), kernel, bias)
# >>> decay.round(3).tolist(), inputs.round(3).tolist(), states.round(3).tolist()
# ([[0.25], [0.5]], [[3.0], [0.5]], [[5.0], [3.0]])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex19-4","locked":false,"schema_version":3,"solution":true}
def min_gru(x, initial_state, kernel, bias):
    """decay, inputs and states, (T, H) each."""
    ### BEGIN SOLUTION
    score, candidate = np.split(x @ kernel + bias, 2, axis=1)  # (T, H) each: all steps at once
    z = (1 + np.tanh(score / 2)) / 2  # the sigmoid, without an exp that overflows
    decay, inputs = 1 - z, z * candidate
    states, h = np.empty_like(inputs), initial_state
    for t in range(len(x)):
        h = decay[t] * h + inputs[t]
        states[t] = h
    return decay, inputs, states
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex19-4-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("19.4", min_gru)

# %% [markdown]
# ## Stuck, or done?
#
# In a terminal, `rnncourse solution 19.1` shows a worked answer and why it is right. Read it also when yours passed:
# the two may differ in an instructive way. Back to [lesson 19](../19_the_new_recurrences.ipynb).
