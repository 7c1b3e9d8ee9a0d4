# %% [markdown]
# # Exercises 16 · Seven mistakes
#
# Three functions that find mistakes: a test that tells where a loop resets its state, a diagnosis of a run from its curves, and a
# loss that padding cannot change: about 45 minutes of work. They go with [lesson 16](../16_seven_mistakes.ipynb) and need NumPy
# alone.
#
# 1. Read the task, replace the line `raise NotImplementedError(…)` by your code, run the cell.
# 2. Run the `check` below it. It calls your function on fresh inputs, edge cases included, and says what it found:
#    passed, which mistake, or where your result first differs from the right one, and for which input. What your
#    function prints is shown for that input alone.
# 3. Change, run, check again, as often as you like. Each exercise stands alone.
#
# Batches, rows, steps, classes and epochs are counted from 0.

# %%
import numpy as np

from rnncourse.exercises import check

# %% [markdown]
# ## 16.1 · Does the loop reset its state?  (15 minutes)
#
# A training loop reads one batch after the other and carries a state along. Where a new sequence begins the state must be zero; where
# a sequence goes on it must not. Loops reset never, at every batch, at the end of an epoch alone, one batch late, or only one part of
# a state of two; the losses look well in every case. Write the test that finds out, `audit(loop, x, new)`.
#
# - `run(x)` is written for you: it runs the loop over the batches x[0], x[1], … of an array of shape (N, T), one sequence each, for any
#   N ≥ 1, and returns its outputs (N, T). Take it for a **black box** and leave `loop`, which describes it, alone. Two calls on the
#   same x may differ, by about 1e-9. Every run begins with a state of zeros.
# - `x`: array of shape (N, T), inputs between 0 and 1, to start from. Where a state comes over, a change by 1 of the inputs before it
#   moves the outputs by 1e-4 or more. `new`: truth values, shape (N,): does a new sequence begin with this batch?
# - Returns a tuple of three. `from_zero`, truth values, shape (N,): does the batch begin from zeros? `leaks`: in how many batches a new
#   sequence begins, but not from zeros. `forgets`: how many batches begin from zeros, although a sequence goes on.
# - Edge cases: a loop that never resets; one that always does; one that is right; a single batch.
#
# Four batches, two sequences of two batches each, in a loop that resets before every batch:
#
# | batch | 0 | 1 | 2 | 3 |
# | --- | --- | --- | --- | --- |
# | new | yes | no | yes | no |
# | from zeros | yes | yes: forgets | yes | yes: forgets |
#
# ```python
# >>> always = {"every": 1, "at": 0, "keep": np.zeros(2)}
# >>> from_zero, leaks, forgets = audit(always, np.full((4, 3), 0.5), new=np.array([True, False, True, False]))
# >>> from_zero.tolist(), int(leaks), int(forgets)
# ([True, True, True, True], 0, 2)
# ```


# %% nbgrader={"grade":false,"grade_id":"ex16-1","locked":false,"schema_version":3,"solution":true}
def audit(loop, x, new):
    """from_zero (N,), and the numbers of leaks and of forgotten states."""

    def run(x):  # (N, T) → (N, T): a black box
        h, c, y = 0.0, 0.0, 1e-9 * np.random.default_rng().normal(size=x.shape)
        for i in range(len(x)):
            if i % loop["every"] == loop["at"]:
                h, c = h * loop["keep"][0], c * loop["keep"][1]
            for t in range(x.shape[1]):
                c = 0.6 * c + 0.2 * h + x[i, t]
                h = np.tanh(c + 0.3 * h)
                y[i, t] += h
        return y

    ### BEGIN SOLUTION
    before, from_zero = run(x), np.ones(len(x), dtype=bool)
    for i in range(1, len(x)):
        probe = x.copy()
        probe[i - 1] += 1  # the batch before
        from_zero[i] = np.abs(run(probe)[i] - before[i]).max() < 1e-6
    return from_zero, int(np.sum(new & ~from_zero)), int(np.sum(~new & from_zero))
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex16-1-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("16.1", audit)

# %% [markdown]
# ## 16.2 · What ails the run?  (15 minutes)
#
# Before you look into a network, look at its curves; often they say where to look. Write
# `diagnose(training, validation, norms, baseline)`, which gives each run the first name of this table that fits:
#
# | name | sign | look at |
# | --- | --- | --- |
# | `diverged` | the last training loss is NaN or infinite, or above 2 · baseline | learning rate, clipping |
# | `unclipped` | a gradient norm is above 10 · the median of the run's norms | clipping |
# | `no gradient` | no training loss is below 0.9 · baseline, and the median of the norms is below 0.01 | lag, initialisation |
# | `no progress` | no training loss is below 0.9 · baseline | order of the steps, masks, learning rate |
# | `memorises` | the last validation loss is above 1.2 · the run's lowest, or none is below 0.9 · baseline | size, early stopping |
# | `unfinished` | the last training loss is below 0.9 · that of two epochs before | patience |
# | `healthy` | anything else | |
#
# - `training`, `validation`, `norms`: arrays of shape (R, E): after each of E ≥ 3 epochs of R runs, the two losses and the norm of the
#   gradient. In runs that diverge, some are NaN or infinite. `baseline`: real number, the loss of always saying the mean.
# - Returns an array of R texts. No number in the check lies near a threshold.
# - Edge cases: one run; runs of the same kind.
#
# Two runs of three epochs, with a baseline of 1:
#
# | training | validation | norms | |
# | --- | --- | --- | --- |
# | 1.5, 1.0, 1.0 | 1.4, 1.0, 1.0 | 0.02, 0.003, 0.002 | the mean was learned and nothing else; median 0.003: `no gradient` |
# | 0.9, 0.5, 0.2 | 0.9, 0.6, 0.8 | 1, 2, 1 | 0.8 is above 1.2 · 0.6: `memorises` |
#
# ```python
# >>> training, validation = np.array([[1.5, 1.0, 1.0], [0.9, 0.5, 0.2]]), np.array([[1.4, 1.0, 1.0], [0.9, 0.6, 0.8]])
# >>> norms = np.array([[0.02, 0.003, 0.002], [1.0, 2.0, 1.0]])
# >>> diagnose(training, validation, norms, baseline=1.0).tolist()
# ['no gradient', 'memorises']
# ```


# %% nbgrader={"grade":false,"grade_id":"ex16-2","locked":false,"schema_version":3,"solution":true}
def diagnose(training, validation, norms, baseline):
    """The name of what ails each run, an array of texts (R,)."""
    ### BEGIN SOLUTION
    last, lowest, median = training[:, -1], validation.min(axis=1), np.median(norms, axis=1)  # (R,) each
    learned = training.min(axis=1) < 0.9 * baseline
    signs = {
        "diverged": ~(last <= 2 * baseline),  # True for NaN
        "unclipped": norms.max(axis=1) > 10 * median,
        "no gradient": ~learned & (median < 0.01),
        "no progress": ~learned,
        "memorises": (validation[:, -1] > 1.2 * lowest) | (lowest >= 0.9 * baseline),
        "unfinished": last < 0.9 * training[:, -3],
    }
    return np.select(list(signs.values()), list(signs), "healthy")  # the first that is True
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex16-2-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("16.2", diagnose)

# %% [markdown]
# ## 16.3 · A loss without padding  (15 minutes)
#
# A batch of sequences of different lengths is padded, and what a network says about padding means nothing. Write the cross-entropy that
# does not listen to it, `masked_loss(scores, targets, lengths, side)`.
#
# - `scores`: array of shape (B, T, V), a score for each of V classes. `targets`: whole numbers, shape (B, T), the right class at each
#   step. `lengths`: whole numbers, shape (B,): how many steps of a row are real. `side`: `"right"` or `"left"`, the end of the rows at
#   which the **padding** stands. At padded steps the scores may be anything, NaN too, and the target is −1.
# - The loss of a step is −log of the probability that softmax gives to its target, in nats.
# - Returns a tuple. `rows`, shape (B,): the mean loss over the real steps of each row; 0 for a row that has none. `loss`, a real
#   number: the mean over all real steps of the batch; 0 if there are none.
# - Mind: B and T are equal in most inputs of the check.
# - Edge cases: no padding; rows without a real step, one or all of them; scores of many hundreds, whose exp no computer can hold.
#
# Two rows of two steps and two classes, padded on the right, with `lengths` 2 and 1:
#
# | | scores | target | probability of the target | loss |
# | --- | --- | --- | --- | --- |
# | row 0, step 0 | 0, 0 | 1 | 1/2 | log 2 = 0.693 |
# | row 0, step 1 | log 3, 0 | 0 | 3/4 | log 4/3 = 0.288 |
# | row 1, step 0 | log 3, 0 | 1 | 1/4 | log 4 = 1.386 |
# | row 1, step 1 | NaN, 5 | −1 | padding | |
#
# The rows' means are 0.490 and 1.386; the mean of the three losses is 0.789.
#
# ```python
# >>> scores = np.array([[[0.0, 0.0], [np.log(3), 0.0]], [[np.log(3), 0.0], [np.nan, 5.0]]])
# >>> rows, loss = masked_loss(scores, np.array([[1, 0], [1, -1]]), np.array([2, 1]), side="right")
# >>> rows.round(3).tolist(), round(float(loss), 3)
# ([0.49, 1.386], 0.789)
# ```


# %% nbgrader={"grade":false,"grade_id":"ex16-3","locked":false,"schema_version":3,"solution":true}
def masked_loss(scores, targets, lengths, side):
    """rows (B,), the mean loss of each row, and loss, that of all real steps."""
    ### BEGIN SOLUTION
    places = np.arange(scores.shape[1])
    if side == "left":
        places = places[::-1]  # counted from the end
    real = places < lengths[:, np.newaxis]  # (B, T)
    shifted = scores - scores.max(axis=-1, keepdims=True)  # the largest is 0
    log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))  # (B, T, V)
    losses = -np.take_along_axis(log_p, targets[..., np.newaxis], axis=-1)[..., 0]  # −1 picks the last class: no harm
    losses = np.where(real, losses, 0)  # not a product: 0 · NaN is NaN
    rows = losses.sum(axis=1) / np.maximum(real.sum(axis=1), 1)
    return rows, losses.sum() / max(real.sum(), 1)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex16-3-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("16.3", masked_loss)

# %% [markdown]
# ## Stuck, or done?
#
# In a terminal, `rnncourse solution 16.1` shows a worked answer and why it is right. Read it also when yours passed:
# the two may differ in an instructive way. Back to [lesson 16](../16_seven_mistakes.ipynb).
