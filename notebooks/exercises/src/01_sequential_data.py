# %% [markdown]
# # Exercises 01 · Sequential data
#
# Five functions that turn text, series and sequences of different lengths into arrays a network can be trained on:
# about 45 minutes of work. They go with [lesson 01](../01_sequential_data.ipynb) and need NumPy alone.
#
# 1. Read the task, replace the line `raise NotImplementedError(…)` by your code, run the cell.
# 2. Run the `check` below it. It calls your function on fresh inputs, edge cases included, and says what it found:
#    passed, which mistake, or where your result first differs from the right one, and for which input. What your
#    function prints is shown for that input alone.
# 3. Change, run, check again, as often as you like. Each exercise stands alone.

# %%
import numpy as np

from rnncourse.exercises import check

# %% [markdown]
# ## 01.1 · Text to ids  (5 minutes)
#
# Write `encode(text, vocabulary)`: a network sees a character as its **id**, the character's place in a vocabulary,
# counted from 0.
#
# - `text`: str of any length n. `vocabulary`: list of single characters, in no particular order. Its first entry,
#   `"\ufffd"` (printed �), stands for every character that is not listed.
# - Returns the ids, an array of whole numbers of shape (n,).
# - Edge cases: an unlisted character has id 0; capital and small letters are different characters; an empty text
#   gives an array of shape (0,), still of whole numbers.
#
# The word "caba!" with the vocabulary �, a, b, c:
#
# | character | c | a | b | a | ! |
# | --- | --- | --- | --- | --- | --- |
# | id | 3 | 1 | 2 | 1 | 0 |
#
# ```python
# >>> encode("caba!", ["\ufffd", "a", "b", "c"]).tolist()
# [3, 1, 2, 1, 0]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex01-1","locked":false,"schema_version":3,"solution":true}
def encode(text, vocabulary):
    """The id of each character of text, shape (len(text),), whole numbers."""
    ### BEGIN SOLUTION
    ids = {character: i for i, character in enumerate(vocabulary)}
    return np.array([ids.get(character, 0) for character in text], dtype=np.int32)  # (n,)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex01-1-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("01.1", encode)

# %% [markdown]
# ## 01.2 · Windows and targets  (10 minutes)
#
# To forecast a series, cut it into overlapping **windows** and pair each with the value to forecast. Write
# `windows(series, steps, horizon)`.
#
# - `series`: array of real numbers, shape (T,). `steps` ≥ 1: values in a window. `horizon` ≥ 1: how many steps after
#   the window's *last* value the target lies.
# - Returns a tuple `x, y`: `x` of shape (n, steps, 1), which is (batch, time, features), and `y` of shape (n, 1).
#   Window i begins at `series[i]`. There are as many windows as have a target in the series.
# - Edge cases: `steps` may be 1; the series may have room for just one window, and always has room for one.
#
# Six values, steps = 3, horizon = 2, so the target skips one value:
#
# | window | target |
# | --- | --- |
# | 10 11 12 | 14 |
# | 11 12 13 | 15 |
#
# ```python
# >>> x, y = windows(np.array([10.0, 11.0, 12.0, 13.0, 14.0, 15.0]), steps=3, horizon=2)
# >>> x.shape, y.shape
# ((2, 3, 1), (2, 1))
# >>> x[..., 0].tolist(), y[..., 0].tolist()
# ([[10.0, 11.0, 12.0], [11.0, 12.0, 13.0]], [14.0, 15.0])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex01-2","locked":false,"schema_version":3,"solution":true}
def windows(series, steps, horizon):
    """Windows x, shape (n, steps, 1), and their targets y, shape (n, 1)."""
    ### BEGIN SOLUTION
    y = series[steps - 1 + horizon :]  # (n,): the first target lies horizon steps after index steps - 1
    x = np.lib.stride_tricks.sliding_window_view(series, steps)[: len(y)]  # (n, steps): drop windows without a target
    return x[:, :, np.newaxis], y[:, np.newaxis]  # (n, steps, 1), (n, 1)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex01-2-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("01.2", windows)

# %% [markdown]
# ## 01.3 · Scaling without a leak  (10 minutes)
#
# Networks train best on features of similar size. **Standardise** each feature: subtract its mean, divide by its
# standard deviation. Mean and standard deviation may come from the training part alone. Write `scale(train, test)`.
#
# - `train`, `test`: arrays of real numbers, shapes (n_train, steps, features) and (n_test, steps, features).
# - Returns a tuple of the two scaled arrays, of the same shapes. One mean and one standard deviation for each
#   feature, over all training sequences and all steps; the standard deviation divides by n, as `np.std` does.
# - Edge cases: a feature is constant when all its training values are equal. Its standard deviation is 0: divide by
#   1 instead, in both parts. (Computed, it may come out as 1e-17: the mean of many 0.1 is rounded.) The test part may
#   hold a single sequence. Do not change `train` and `test` themselves.
#
# One feature, whose training values 1, 3, 1, 3 have mean 2 and standard deviation 1:
#
# ```python
# >>> train, test = np.array([[[1.0], [3.0]], [[1.0], [3.0]]]), np.array([[[2.0], [5.0]]])
# >>> scaled_train, scaled_test = scale(train, test)
# >>> scaled_train.tolist(), scaled_test.tolist()
# ([[[-1.0], [1.0]], [[-1.0], [1.0]]], [[[0.0], [3.0]]])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex01-3","locked":false,"schema_version":3,"solution":true}
def scale(train, test):
    """Train and test, standardised by the training part; the shapes stay (n, steps, features)."""
    ### BEGIN SOLUTION
    mean = train.mean(axis=(0, 1))  # (features,)
    constant = train.max(axis=(0, 1)) == train.min(axis=(0, 1))  # (features,)
    std = np.where(constant, 1.0, train.std(axis=(0, 1)))  # (features,)
    return (train - mean) / std, (test - mean) / std
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex01-3-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("01.3", scale)

# %% [markdown]
# ## 01.4 · Padding and a mask  (10 minutes)
#
# A batch is one array, so sequences of different lengths are **padded** to a common one, and a **mask** keeps which
# steps are real. Write `pad(sequences)`.
#
# - `sequences`: list of B arrays of real numbers; array i has shape (length_i, features), with length_i ≥ 1.
# - Returns a tuple `padded, mask`. `padded` has shape (B, T, features), where T is the longest length; zeros stand
#   *after* the real steps. `mask` has shape (B, T) and holds truth values (bool): True where a step is real.
# - Zeros are safe here because the mask is kept beside them, not worked out from them.
# - Edge cases: a *real* step may be all zeros, like the second one below; all lengths may be equal; there may be a
#   single sequence.
#
# A sequence of two steps and one of a single step:
#
# ```python
# >>> padded, mask = pad([np.array([[5.0, 6.0], [0.0, 0.0]]), np.array([[7.0, 8.0]])])
# >>> padded.tolist()
# [[[5.0, 6.0], [0.0, 0.0]], [[7.0, 8.0], [0.0, 0.0]]]
# >>> mask.tolist()
# [[True, True], [True, False]]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex01-4","locked":false,"schema_version":3,"solution":true}
def pad(sequences):
    """The sequences in one array, shape (B, T, features), and which steps are real, shape (B, T), bool."""
    ### BEGIN SOLUTION
    lengths = np.array([len(sequence) for sequence in sequences])  # (B,)
    mask = np.arange(lengths.max()) < lengths[:, np.newaxis]  # (T,) against (B, 1) gives (B, T)
    padded = np.zeros((*mask.shape, sequences[0].shape[-1]))  # (B, T, features)
    padded[mask] = np.concatenate(sequences)  # the real steps, row after row
    return padded, mask
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex01-4-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("01.4", pad)

# %% [markdown]
# ## 01.5 · What bucketing saves  (10 minutes)
#
# Padded steps are computed and then ignored. **Bucketing** puts sequences of similar length into one batch, so that
# fewer are needed. Write `wasted_steps(lengths, batch_size, bucketed)`, which counts them.
#
# - `lengths`: array of whole numbers, shape (n,): the length of each sequence. `batch_size` ≥ 1. `bucketed`: bool;
#   when True, sort the sequences first, shortest first, else keep their order.
# - Cut the sequences into consecutive batches of `batch_size`. Each batch is padded to the longest of *its own*
#   sequences. Returns how many padding steps that adds in all, one whole number.
# - Edge cases: the last batch may be smaller, and still counts; `batch_size` may be larger than n, or 1. Do not change
#   `lengths` itself.
#
# Lengths 2, 9, 3, 8, 1 in batches of 2:
#
# | | batches | padding | wasted |
# | --- | --- | --- | --- |
# | as they come | (2, 9) (3, 8) (1) | 7 + 5 + 0 | 12 |
# | bucketed | (1, 2) (3, 8) (9) | 1 + 5 + 0 | 6 |
#
# ```python
# >>> lengths = np.array([2, 9, 3, 8, 1])
# >>> int(wasted_steps(lengths, 2, False)), int(wasted_steps(lengths, 2, True))
# (12, 6)
# ```


# %% nbgrader={"grade":false,"grade_id":"ex01-5","locked":false,"schema_version":3,"solution":true}
def wasted_steps(lengths, batch_size, bucketed):
    """How many padding steps the batches need in all, a whole number."""
    ### BEGIN SOLUTION
    order = np.sort(lengths) if bucketed else lengths  # (n,)
    first = np.arange(0, len(order), batch_size)  # where each batch begins
    longest = np.maximum.reduceat(order, first)  # (batches,)
    rows = np.diff(first, append=len(order))  # (batches,): the last may be smaller
    return int(np.sum(rows * longest) - np.sum(order))
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex01-5-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("01.5", wasted_steps)

# %% [markdown]
# ## Stuck, or done?
#
# In a terminal, `rnncourse solution 01.2` shows a worked answer and why it is right. Read it also when yours passed:
# the two may differ in an instructive way. Back to [lesson 01](../01_sequential_data.ipynb).
