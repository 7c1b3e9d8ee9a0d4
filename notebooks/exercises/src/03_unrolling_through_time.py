# %% [markdown]
# # Exercises 03 · Unrolling through time
#
# Five functions around the loop over time: the loop itself, padding that it must not notice, a stream that comes in
# pieces, the loss of sequences of different length, and what has to wait for what: about 55 minutes of work. They go with
# [lesson 03](../03_unrolling_through_time.ipynb) and need NumPy alone.
#
# 1. Read the task, replace the line `raise NotImplementedError(…)` by your code, run the cell.
# 2. Run the `check` below it. It calls your function on fresh inputs, edge cases included, and says what it found:
#    passed, which mistake, or where your result first differs from the right one, and for which input. What your
#    function prints is shown for that input alone.
# 3. Change, run, check again, as often as you like. Each exercise stands alone.
#
# In the first three the cell is $h_t = \tanh(x_t W_x + h_{t-1} W_h + b)$, with `kernel` for $W_x$, shape (D, H),
# `recurrent_kernel` for $W_h$, shape (H, H), and `bias` for $b$, shape (H,). B is the number of sequences, T of steps, D of
# features, H of units. Steps are counted as NumPy counts them, $t = 0, \dots, T - 1$, one less than in the lesson, and so
# are sequences, chunks, batches and layers.

# %%
import numpy as np

from rnncourse.exercises import check

# %% [markdown]
# ## 03.1 · The loop over time  (10 minutes)
#
# A recurrent layer is its cell in a loop. Write `unroll(x, h0, kernel, recurrent_kernel, bias)`, which gives the state
# after every step, like Keras' `return_sequences=True`.
#
# - `x`: array of real numbers, shape (B, T, D). `h0`: shape (B, H), the state before the first step.
# - Returns the states, shape (B, T, H): `[b, t]` is the state of sequence b after it has read `x[b, t]`.
# - Mind: B and T are often equal in the check, and so are D and H. A wrong axis then gives no error, only wrong numbers.
# - Edge cases: all four sizes may differ, and T, B, D or H may be 1. Do not change `h0` itself.
#
# One sequence of one feature, one unit; an impulse at step 0 that fades:
#
# | step | | state |
# | --- | --- | --- |
# | 0 | tanh(1 · 1 + 0.5 · 0) | 0.762 |
# | 1 | tanh(0 · 1 + 0.5 · 0.762) | 0.363 |
# | 2 | tanh(0 · 1 + 0.5 · 0.363) | 0.18 |
#
# ```python
# >>> x, h0 = np.array([[[1.0], [0.0], [0.0]]]), np.array([[0.0]])
# >>> unroll(x, h0, np.array([[1.0]]), np.array([[0.5]]), np.array([0.0])).round(3).tolist()
# [[[0.762], [0.363], [0.18]]]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex03-1","locked":false,"schema_version":3,"solution":true}
def unroll(x, h0, kernel, recurrent_kernel, bias):
    """The state of every sequence after every step, shape (B, T, H)."""
    ### BEGIN SOLUTION
    inputs = x @ kernel + bias  # (B, T, H): what needs no state is done for all steps at once
    h, states = h0, []
    for t in range(x.shape[1]):
        h = np.tanh(inputs[:, t] + h @ recurrent_kernel)  # (B, H)
        states.append(h)
    return np.stack(states, axis=1)  # T times (B, H) → (B, T, H)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex03-1-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("03.1", unroll)

# %% [markdown]
# ## 03.2 · Padding that does nothing  (10 minutes)
#
# A batch of sequences of different length is padded, and a **mask** says which steps are real. Padding must change
# nothing: a step that is not real *repeats* the state. Write `unroll_masked(x, mask, kernel, recurrent_kernel, bias)`.
#
# - `x` and the weights are those of 03.1. `mask`: array of truth values, shape (B, T), True where a step is real. The
#   state before the first step is zero.
# - Returns the states, shape (B, T, H). Where a step is real, the cell makes a new state; where it is not, the state
#   stays what it was, in the result and for the steps that follow.
# - In the padded steps of `x` may stand any numbers. They must not matter.
# - Mind: B, T and H are often equal in the check. A wrong axis then gives no error, only wrong numbers.
# - Edge cases: padding may stand at the end, in front or in between; there may be none; a row may have no real step, and
#   then stays at zero; all sizes may differ. Do not change `x`.
#
# The example of 03.1 with its middle step padded, by a 9:
#
# | step | real | | state |
# | --- | --- | --- | --- |
# | 0 | True | tanh(1 · 1 + 0.5 · 0) | 0.762 |
# | 1 | False | repeats | 0.762 |
# | 2 | True | tanh(0 · 1 + 0.5 · 0.762) | 0.363 |
#
# ```python
# >>> x, mask = np.array([[[1.0], [9.0], [0.0]]]), np.array([[True, False, True]])
# >>> unroll_masked(x, mask, np.array([[1.0]]), np.array([[0.5]]), np.array([0.0])).round(3).tolist()
# [[[0.762], [0.762], [0.363]]]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex03-2","locked":false,"schema_version":3,"solution":true}
def unroll_masked(x, mask, kernel, recurrent_kernel, bias):
    """The state of every sequence after every step, shape (B, T, H); a padded step repeats it."""
    ### BEGIN SOLUTION
    h, states = np.zeros((len(x), len(bias))), []
    for t in range(x.shape[1]):
        new = np.tanh(x[:, t] @ kernel + h @ recurrent_kernel + bias)  # (B, H)
        h = np.where(mask[:, t, np.newaxis], new, h)  # (B, 1) chooses row by row
        states.append(h)
    return np.stack(states, axis=1)  # (B, T, H)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex03-2-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("03.2", unroll_masked)

# %% [markdown]
# ## 03.3 · A stream in chunks  (10 minutes)
#
# A stream has no end, so it is read in **chunks**: `steps` steps, then the next `steps`. The state after a chunk is
# *carried* to the next one, row by row of the batch, unless a new sequence begins there. Write
# `stream(x, steps, new, kernel, recurrent_kernel, bias)`.
#
# - `x`: array of real numbers, shape (B, T, D): all chunks in a row. `steps` ≥ 1. `new`: array of truth values, shape
#   (B, chunks), where chunks is T divided by `steps`, rounded up.
# - `new[b, i]` is True where row b begins a new sequence with chunk i: its state before that chunk is zero. Where it is
#   False, the row goes on from its state after the chunk before. In chunk 0 all rows begin.
# - Returns the states after every step, shape (B, T, H).
# - Edge cases: the last chunk may be shorter; there may be one chunk; `steps` may be 1; no row may ever begin anew, or all
#   rows at every chunk; all sizes may differ.
#
# Two rows with the same input, in chunks of 2; at the second chunk only row 1 begins anew:
#
# | | chunk 0 | chunk 1 |
# | --- | --- | --- |
# | row 0 | 0.834 0.549 | goes on: tanh(0.5 · 0.549 + 0.2) = 0.442 |
# | row 1 | 0.834 0.549 | begins: tanh(0.5 · 0 + 0.2) = 0.197 |
#
# ```python
# >>> x, new = np.array([[[1.0], [0.0], [0.0]]] * 2), np.array([[True, False], [True, True]])
# >>> stream(x, 2, new, np.array([[1.0]]), np.array([[0.5]]), np.array([0.2]))[..., 0].round(3).tolist()
# [[0.834, 0.549, 0.442], [0.834, 0.549, 0.197]]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex03-3","locked":false,"schema_version":3,"solution":true}
def stream(x, steps, new, kernel, recurrent_kernel, bias):
    """The state of every row after every step, shape (B, T, H)."""
    ### BEGIN SOLUTION
    h, states = np.zeros((len(x), len(bias))), []
    for i, begins in enumerate(new.T):  # (B,) for each chunk
        h = np.where(begins[:, np.newaxis], 0.0, h)  # (B, H): zero, or the state after the chunk before
        for x_t in x[:, i * steps : (i + 1) * steps].swapaxes(0, 1):  # a slice may end early; time first, to loop
            h = np.tanh(x_t @ kernel + h @ recurrent_kernel + bias)  # (B, H)
            states.append(h)
    return np.stack(states, axis=1)  # (B, T, H)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex03-3-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("03.3", stream)

# %% [markdown]
# ## 03.4 · Two means of one loss  (10 minutes)
#
# "The loss is 3.2" can mean different things when sequences differ in length. Write
# `mean_losses(losses, mask, batch_size)`, which gives two of them.
#
# - `losses`: array of real numbers, shape (N, T), the loss at every step of every sequence, at padded steps too. `mask`:
#   array of truth values, shape (N, T), True where a step is real. `batch_size` ≥ 1.
# - Returns an array of two real numbers, shape (2,). First: the mean over all real steps of all sequences. Second: what
#   Keras' `evaluate` reports. It cuts the sequences into consecutive batches of `batch_size`, takes in each batch the
#   mean over its real steps, and averages these means; a batch counts as often as it has *sequences*.
# - Edge cases: the last batch may be smaller, and counts; `batch_size` may be larger than N; padding may stand in front, or
#   be missing; a real step may have the loss 0. Every sequence has a real step.
#
# Three sequences with 3, 1 and 1 real steps, in batches of 2 (padded steps in brackets):
#
# | batch | losses | mean | sequences |
# | --- | --- | --- | --- |
# | 0 | 1 2 3, 4 (0) (0) | 10 / 4 = 2.5 | 2 |
# | 1 | 6 (9) (9) | 6 / 1 = 6 | 1 |
#
# The first mean is (10 + 6) / 5 = 3.2, the second (2 · 2.5 + 1 · 6) / 3 = 3.667.
#
# ```python
# >>> losses = np.array([[1.0, 2.0, 3.0], [4.0, 0.0, 0.0], [6.0, 9.0, 9.0]])
# >>> mask = np.array([[True, True, True], [True, False, False], [True, False, False]])
# >>> mean_losses(losses, mask, batch_size=2).round(3).tolist()
# [3.2, 3.667]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex03-4","locked":false,"schema_version":3,"solution":true}
def mean_losses(losses, mask, batch_size):
    """The mean over all real steps, and the one of evaluate, shape (2,)."""
    ### BEGIN SOLUTION
    first = np.arange(0, len(losses), batch_size)  # where each batch begins
    sums = np.add.reduceat(np.where(mask, losses, 0.0).sum(axis=1), first)  # (batches,)
    real = np.add.reduceat(mask.sum(axis=1), first)  # (batches,): real steps
    sequences = np.diff(first, append=len(losses))  # (batches,): the last may be smaller
    return np.array([sums.sum() / real.sum(), np.average(sums / real, weights=sequences)])
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex03-4-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("03.4", mean_losses)

# %% [markdown]
# ## 03.5 · What waits for what  (15 minutes)
#
# Two questions decide what a stack of layers can know and how fast it can be. Which inputs can an output depend on? And
# how many steps have to be made *one after the other*, on a machine that makes everything else at the same time? Write
# `dependencies(steps, layers)`.
#
# - `steps` ≥ 1: T, the length of the sequence. `layers`: list of dicts, from the input upwards. `"kind"` says what step t
#   of the layer reads:
#
# | `"kind"` | reads of what lies below it | and of its own steps |
# | --- | --- | --- |
# | `"recurrent"` | t | t − 1 |
# | `"backwards"` | t | t + 1 |
# | `"convolution"` | the last `"width"` steps: t, t − 1, …, t − width + 1 | none |
#
# - Steps before the beginning and after the end do not exist. Below layer 0 lie the inputs.
# - Returns a tuple `reach, chain`. `reach`: array of truth values, shape (T, T); `[t, s]` is True when output t of the last
#   layer depends on input s, directly or through other steps. `chain`: a whole number, the most steps on any path from the
#   inputs to an output. Making one step of one layer counts 1; the inputs are given and count 0.
# - Edge cases: there may be a single layer, or T = 1; layers of all kinds may follow each other.
#
# A convolution of width 2, and a recurrent layer on top of it, for T = 3. Each number is the longest path that ends there;
# the row above can be made only when what it reads is there:
#
# | step | 0 | 1 | 2 |
# | --- | --- | --- | --- |
# | recurrent | 2 | 3 | 4 |
# | convolution | 1 | 1 | 1 |
#
# ```python
# >>> reach, chain = dependencies(3, [{"kind": "convolution", "width": 2}, {"kind": "recurrent"}])
# >>> reach.astype(int).tolist(), int(chain)
# ([[1, 0, 0], [1, 1, 0], [1, 1, 1]], 4)
# ```


# %% nbgrader={"grade":false,"grade_id":"ex03-5","locked":false,"schema_version":3,"solution":true}
def dependencies(steps, layers):
    """Which inputs each output depends on, shape (T, T), bool, and the longest chain of steps, a whole number."""
    ### BEGIN SOLUTION
    reach, depth = np.eye(steps, dtype=bool), np.zeros(steps, dtype=int)  # (T, T), (T,): of the inputs
    for layer in layers:
        below, depth_below = reach, depth
        reach, depth = np.empty_like(below), np.empty_like(depth_below)
        back, recurrent = layer["kind"] == "backwards", layer["kind"] != "convolution"
        for t in reversed(range(steps)) if back else range(steps):
            reads = slice(max(0, t + 1 - layer.get("width", 1)), t + 1)
            reach[t], depth[t] = below[reads].any(axis=0), depth_below[reads].max() + 1
            before = t + 1 if back else t - 1
            if recurrent and 0 <= before < steps:
                reach[t] |= reach[before]
                depth[t] = max(depth[t], depth[before] + 1)
    return reach, int(depth.max())
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex03-5-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("03.5", dependencies)

# %% [markdown]
# ## Stuck, or done?
#
# In a terminal, `rnncourse solution 03.2` shows a worked answer and why it is right. Read it also when yours passed:
# the two may differ in an instructive way. Back to [lesson 03](../03_unrolling_through_time.ipynb).
