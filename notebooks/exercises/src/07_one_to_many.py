# %% [markdown]
# # Exercises 07 · One-to-one and one-to-many
#
# Four functions about networks that write: what such a network reads while it learns, the loop in which it writes, a
# forecaster that reads the truth or itself, and a measure that flatters: about 45 minutes of work. They go with
# [lesson 07](../07_one_to_many.ipynb) and need NumPy alone.
#
# 1. Read the task, replace the line `raise NotImplementedError(…)` by your code, run the cell.
# 2. Run the `check` below it. It calls your function on fresh inputs, edge cases included, and says what it found:
#    passed, which mistake, or where your result first differs from the right one, and for which input. What your
#    function prints is shown for that input alone.
# 3. Change, run, check again, as often as you like. Each exercise stands alone.
#
# **Notation.** Characters are ids, and ids run from 0. **Padding** is 0, and nothing else is. B is the number of rows,
# T of steps, V of ids, H of units, N of series. Steps, rows and days are counted from 0.

# %%
import numpy as np

from rnncourse.exercises import check

# %% [markdown]
# ## 07.1 · The shift  (10 minutes)
#
# Teacher forcing: while it learns, a writer reads the *true* caption, and at each step it has to write the id that comes next.
# Write `shifted(captions, start, end)`, which makes the two arrays that such a training needs.
#
# - `captions`: list of lists of ids, all above 0, of different length. `start`, `end`: the two ids that stand for *begin* and
#   *stop*. They are in no caption, and need not be 1 and 2.
# - Returns a tuple of two arrays of whole numbers of the same shape (B, T). `read`: what the network reads at each step; it
#   begins with the start, and the end is never read. `write`: what it has to write at that step; its last is the end.
# - T is as large as the longest caption needs, and no larger. After its last step a row is padded with 0, in both arrays.
# - Edge cases: a caption without any id, whose writer has to stop at once; one caption; captions of the same length.
#
# The captions 5, 6, 7 and 8, with start 1 and end 2:
#
# | step | 0 | 1 | 2 | 3 |
# | --- | --- | --- | --- | --- |
# | reads | 1 | 5 | 6 | 7 |
# | has to write | 5 | 6 | 7 | 2 |
# | reads | 1 | 8 | 0 | 0 |
# | has to write | 8 | 2 | 0 | 0 |
#
# ```python
# >>> read, write = shifted([[5, 6, 7], [8]], start=1, end=2)
# >>> read.tolist()
# [[1, 5, 6, 7], [1, 8, 0, 0]]
# >>> write.tolist()
# [[5, 6, 7, 2], [8, 2, 0, 0]]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex07-1","locked":false,"schema_version":3,"solution":true}
def shifted(captions, start, end):
    """read and write, each (B, T): the ids of every caption, one step apart, padded with 0."""
    ### BEGIN SOLUTION
    steps = max(map(len, captions)) + 1
    read, write = np.zeros((2, len(captions), steps), dtype=int)
    for row, caption in enumerate(captions):
        read[row, : len(caption) + 1] = [start, *caption]
        write[row, : len(caption) + 1] = [*caption, end]
    return read, write
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex07-1-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("07.1", shifted)

# %% [markdown]
# ## 07.2 · A writer's loop  (15 minutes)
#
# A trained writer has no caption to read any more: it reads what it has written itself. Write
# `write_greedily(h0, kernel, recurrent_kernel, read_out, bias, length)`, with the likeliest id at each step.
#
# - One step, for a row: $h_t = \tanh(\text{kernel}[\text{id}] + h_{t-1}\, W_h)$, where id is what was written last, and the
#   scores of all ids are $h_t W_y + b_y$. The likeliest id has the largest score.
# - `h0`: array of shape (B, H), the state before the first step: what each row has to write about. `kernel`: shape (V, H), a
#   row for each id. `recurrent_kernel`: $W_h$, shape (H, H). `read_out`: $W_y$, shape (H, V). `bias`: $b_y$, shape (V,).
# - Padding is the id 0, the start 1, the end 2. The first id that is read is the start.
# - Returns what was written, an array of whole numbers of shape (B, `length`): in each row the ids up to and with its *first*
#   end, then padding. A row without an end is full. The start is not in it.
# - Mind: in the check B is often V. A wrong axis then gives no error, only wrong ids.
# - Edge cases: one row; a length of 1; rows that all end early; rows that never end.
#
# A writer with one unit and five ids; padding and start have such a bias that they are never written. Two rows of three
# steps; row 1 is cut off before its end:
#
# | | reads | state | scores of 2, 3, 4 | writes |
# | --- | --- | --- | --- | --- |
# | row 0, step 0 | 1 | tanh(0 − 0.2) = −0.197 | −0.605, −0.197, 0 | 4 |
# | row 0, step 1 | 4 | tanh(−2 − 0.197) = −0.976 | 0.951, −0.976, 0 | 2 |
# | row 1, step 0 | 1 | tanh(0 + 1) = 0.762 | −2.523, 0.762, 0 | 3 |
# | row 1, step 1 | 3 | tanh(−0.5 + 0.762) = 0.256 | −1.512, 0.256, 0 | 3 |
# | row 1, step 2 | 3 | tanh(−0.5 + 0.256) = −0.239 | −0.521, −0.239, 0 | 4 |
#
# ```python
# >>> kernel, recurrent_kernel = np.array([[0.0], [0.0], [0.0], [-0.5], [-2.0]]), np.array([[1.0]])
# >>> read_out, bias = np.array([[0.0, 0.0, -2.0, 1.0, 0.0]]), np.array([-9.0, -9.0, -1.0, 0.0, 0.0])
# >>> h0 = np.array([[-0.2], [1.0]])
# >>> write_greedily(h0, kernel, recurrent_kernel, read_out, bias, length=3).tolist()
# [[4, 2, 0], [3, 3, 4]]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex07-2","locked":false,"schema_version":3,"solution":true}
def write_greedily(h0, kernel, recurrent_kernel, read_out, bias, length):
    """The ids that are written, (B, length); after a row's end stands 0."""
    ### BEGIN SOLUTION
    h, last, going = h0, np.full(len(h0), 1), np.full(len(h0), True)
    written = np.zeros((len(h0), length), dtype=int)
    for t in range(length):
        h = np.tanh(kernel[last] + h @ recurrent_kernel)  # (B, H)
        last = (h @ read_out + bias).argmax(axis=-1)  # (B, V) → (B,)
        written[going, t] = last[going]  # a row that has ended stays at 0
        going = going & (last != 2)
    return written
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex07-2-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("07.2", write_greedily)

# %% [markdown]
# ## 07.3 · Read the truth, or your own  (10 minutes)
#
# A linear rule forecasts the next value of a series from its last k values. It can be judged with the truth to read at every
# step, or in free running, where it reads its own forecasts. Write `one_and_free(series, known, weights, bias)`, which does both.
#
# - `series`: array of real numbers, shape (N, T), a value a day. `known`: whole number, k ≤ known < T; the days 0 … known − 1
#   are known, all others are to be forecast. `weights`: shape (k,). `bias`: real number.
# - The forecast from a window of k days is their sum, each times its weight, plus the bias. The *last* weight belongs to the
#   newest day.
# - Returns a tuple of two arrays of shape (N, T − known), one column for each of the days known … T − 1. `one`: each from
#   the k true values just before that day. `free`: the same, but from the day `known` on no true value is read: its forecast
#   stands in its place.
# - Mind: N is often k in the check. A wrong axis then gives no error, only wrong numbers.
# - Edge cases: one series; one weight; one day to forecast; no day before the first window; more days ahead than k.
#
# The rule 1 · yesterday − 0.5 · the day before + 1, for a series of which two days are known:
#
# | day | 0 | 1 | 2 | 3 | 4 |
# | --- | --- | --- | --- | --- | --- |
# | truth | 2 | 4 | 6 | 5 | 3 |
# | one | | | 4 − 1 + 1 = 4 | 6 − 2 + 1 = 5 | 5 − 3 + 1 = 3 |
# | free | | | 4 − 1 + 1 = 4 | 4 − 2 + 1 = 3 | 3 − 2 + 1 = 2 |
#
# ```python
# >>> series, weights = np.array([[2.0, 4.0, 6.0, 5.0, 3.0]]), np.array([-0.5, 1.0])
# >>> one, free = one_and_free(series, known=2, weights=weights, bias=1.0)
# >>> one.tolist(), free.tolist()
# ([[4.0, 5.0, 3.0]], [[4.0, 3.0, 2.0]])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex07-3","locked":false,"schema_version":3,"solution":true}
def one_and_free(series, known, weights, bias):
    """one and free, each (N, T - known): the forecasts from true values, and from its own."""
    ### BEGIN SOLUTION
    k = len(weights)
    windows = np.lib.stride_tricks.sliding_window_view(series[:, :-1], k, axis=1)  # (N, T - k, k)
    one = windows[:, known - k :] @ weights + bias  # (N, T - known)
    own = series[:, :known]
    while own.shape[1] < series.shape[1]:
        tomorrow = own[:, -k:] @ weights + bias  # (N,)
        own = np.concatenate([own, tomorrow[:, np.newaxis]], axis=1)
    return one, own[:, known:]
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex07-3-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("07.3", one_and_free)

# %% [markdown]
# ## 07.4 · A measure that flatters  (10 minutes)
#
# With the true caption to read, a writer says at each step what it would write. Write `measures(guessed, write)`, which judges
# that in three ways.
#
# - `write`: array of whole numbers, shape (B, T): what had to be written. Each row is a caption, then the end 2, then padding
#   0. `guessed`: the same shape, what the writer would have written. At padding it may hold anything, and that does not matter.
#   Within a caption it may hold any id, 0 too.
# - Returns a tuple of three. `next_right`, a real number: which share of all ids that had to be written, the ends included, was
#   guessed right. `captions_right`, a real number: the share of captions that are right at every step, up to and with their
#   end. `first_wrong`, an array of whole numbers of shape (B,): the step of the first wrong id of each caption, −1 where none
#   is wrong.
# - Mind: B is often T in the check.
# - Edge cases: everything is right, or everything wrong; one caption; one without a character, which is only its end.
#
# Two captions, and a guess that is wrong once:
#
# | step | 0 | 1 | 2 | 3 |
# | --- | --- | --- | --- | --- |
# | had to be written | 5 | 6 | 2 | 0 |
# | guessed | 5 | 6 | 2 | 7 |
# | had to be written | 5 | 8 | 6 | 2 |
# | guessed | 5 | **3** | 6 | 2 |
#
# Six of seven ids are right, and one of two captions:
#
# ```python
# >>> guessed, write = np.array([[5, 6, 2, 7], [5, 3, 6, 2]]), np.array([[5, 6, 2, 0], [5, 8, 6, 2]])
# >>> next_right, captions_right, first_wrong = measures(guessed, write)
# >>> round(next_right, 3), captions_right, first_wrong.tolist()
# (0.857, 0.5, [-1, 1])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex07-4","locked":false,"schema_version":3,"solution":true}
def measures(guessed, write):
    """next_right, captions_right, and first_wrong (B,)."""
    ### BEGIN SOLUTION
    wrong = (guessed != write) & (write != 0)  # (B, T)
    next_right = 1 - float(wrong.sum() / (write != 0).sum())
    captions_right = 1 - float(wrong.any(axis=1).mean())
    return next_right, captions_right, np.where(wrong.any(axis=1), wrong.argmax(axis=1), -1)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex07-4-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("07.4", measures)

# %% [markdown]
# ## Stuck, or done?
#
# In a terminal, `rnncourse solution 07.1` shows a worked answer and why it is right. Read it also when yours passed:
# the two may differ in an instructive way. Back to [lesson 07](../07_one_to_many.ipynb).
