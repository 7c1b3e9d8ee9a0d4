# %% [markdown]
# # Exercises 15 · Regularised and tuned
#
# Three functions that stand between a network and its training set: a dropout mask that stays for a sequence, a rule for when to
# stop and which weights to keep, and a learning rate that changes: about 35 minutes of work. They go with
# [lesson 15](../15_regularised_and_tuned.ipynb) and need NumPy alone.
#
# 1. Read the task, replace the line `raise NotImplementedError(…)` by your code, run the cell.
# 2. Run the `check` below it. It calls your function on fresh inputs, edge cases included, and says what it found:
#    passed, which mistake, or where your result first differs from the right one, and for which input. What your
#    function prints is shown for that input alone.
# 3. Change, run, check again, as often as you like. Each exercise stands alone.
#
# Sequences, steps, features, epochs and updates are counted from 0.

# %%
import numpy as np

from rnncourse.exercises import check

# %% [markdown]
# ## 15.1 · One mask for a sequence  (10 minutes)
#
# Dropout sets inputs to 0 at random while a network learns. In recurrent networks Gal & Ghahramani (2016) keep the mask the same
# over all steps of a sequence: as a plain state, a number that may be hit anew at every step is soon gone. Write
# `dropped(x, rate, seed)`.
#
# - `x`: array of shape (B, T, D). `rate`: real number, 0 ≤ rate < 1, the share that is dropped. `seed`: whole number.
# - Draw one random number from 0 to 1 for each row and feature, row by row, in one call of `np.random.default_rng(seed).random(…)`.
#   A feature is kept in a row, at **all** of its steps, where its number is at least `rate`; elsewhere it becomes 0.
# - What is kept is scaled so that on average as much comes out as went in.
# - Returns a tuple of two arrays of shape (B, T, D): `training`, as described, and `test`, what dropout makes of x when the network
#   is used: it leaves x as it is.
# - Mind: B, T and D are equal in most inputs of the check.
# - Edge cases: a rate of 0, and of 0.9; one step; one sequence. Do not change `x` itself.
#
# Two rows of two steps and two features, a rate of 0.5:
#
# | random numbers | x, row by row | training |
# | --- | --- | --- |
# | 0.637 0.270 | (1, 2) (3, 4) | (2, 0) (6, 0) |
# | 0.041 0.017 | (5, 6) (7, 8) | (0, 0) (0, 0) |
#
# ```python
# >>> x = np.array([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]])
# >>> training, test = dropped(x, rate=0.5, seed=0)
# >>> training.tolist()
# [[[2.0, 0.0], [6.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]]
# >>> test.tolist() == x.tolist()
# True
# ```


# %% nbgrader={"grade":false,"grade_id":"ex15-1","locked":false,"schema_version":3,"solution":true}
def dropped(x, rate, seed):
    """training and test, each (B, T, D)."""
    ### BEGIN SOLUTION
    batch, _, features = x.shape
    numbers = np.random.default_rng(seed).random((batch, 1, features))  # one for all steps
    return np.where(numbers >= rate, x / (1 - rate), 0), x.copy()
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex15-1-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("15.1", dropped)

# %% [markdown]
# ## 15.2 · When to stop, and what to keep  (15 minutes)
#
# Train until the validation loss has not improved for some epochs, then put back the weights of the best one: early stopping.
# Write what the callback does, for the losses of several runs: `early_stopping(losses, patience, min_delta)`.
#
# - `losses`: array of shape (R, E), the validation loss after each of E epochs of R runs that nobody stopped; some are NaN.
#   `patience`: whole number ≥ 1. `min_delta`: real number ≥ 0.
# - An epoch **improves** if its loss lies more than `min_delta` below the loss of the last epoch that improved, or below infinity if
#   none has. An epoch with NaN does not.
# - A run stops after the epoch with which `patience` epochs in a row have not improved. What comes later in its row never happened.
# - Returns a tuple of two arrays of whole numbers, shape (R,): `last`, the last epoch that is run, the final one if the run is not
#   stopped; and `best`, the epoch whose weights are put back: the last that improved, 0 if none did.
# - Edge cases: losses that stay equal; a first loss of NaN, or nothing else; improvements that are all too small; one epoch.
#
# A patience of 2 and a `min_delta` of 0.015:
#
# | epoch | 0 | 1 | 2 | 3 | 4 | 5 | |
# | --- | --- | --- | --- | --- | --- | --- | --- |
# | loss | 0.90 | 0.70 | 0.69 | 0.68 | 0.75 | 0.50 | |
# | improves | yes | yes | no: by 0.01 | yes: by 0.02 | no | yes | last = 5, best = 5 |
# | loss | 0.90 | 0.80 | NaN | 0.85 | 0.60 | 0.50 | |
# | improves | yes | yes | no | no, the second | | | last = 3, best = 1 |
#
# ```python
# >>> losses = np.array([[0.9, 0.7, 0.69, 0.68, 0.75, 0.5], [0.9, 0.8, float("nan"), 0.85, 0.6, 0.5]])
# >>> last, best = early_stopping(losses, patience=2, min_delta=0.015)
# >>> last.tolist(), best.tolist()
# ([5, 3], [5, 1])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex15-2","locked":false,"schema_version":3,"solution":true}
def early_stopping(losses, patience, min_delta):
    """last and best, arrays of whole numbers (R,)."""
    ### BEGIN SOLUTION
    last, best = [], []
    for run in losses:
        mark, at, wait = np.inf, 0, 0  # the loss and the epoch of the last improvement, and how long ago
        for epoch, loss in enumerate(run):
            if loss < mark - min_delta:  # False for NaN
                mark, at, wait = loss, epoch, 0
            else:
                wait += 1
            if wait >= patience:
                break
        last.append(epoch)
        best.append(at)
    return np.array(last), np.array(best)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex15-2-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("15.2", early_stopping)

# %% [markdown]
# ## 15.3 · Warm up, then cool down  (10 minutes)
#
# A learning rate that rises for a few updates and then falls along half a cosine. Write
# `learning_rates(steps, warm_up, peak, floor)`.
#
# - `steps`: whole number, how many updates there are. `warm_up`: whole number, 0 ≤ warm_up < steps. `peak`, `floor`: real numbers, 0 ≤
#   floor < peak.
# - In the first `warm_up` updates the rate rises in equal parts from 0; the last of them has `peak`. Then it falls:
#   $\text{floor} + (\text{peak} - \text{floor}) \cdot (1 + \cos \pi p)/2$, where p is the share of the descent that is gone. Update
#   `warm_up` has p = 0, and p would reach 1 with the update *after* the last.
# - Returns the rates of all updates, an array of shape (steps,).
# - Edge cases: no warm-up, or one of a single update; a descent of a single update; a floor of 0; one update.
#
# Six updates, two of warm-up, from a peak of 1 towards a floor of 0.2:
#
# | update | 0 | 1 | 2 | 3 | 4 | 5 |
# | --- | --- | --- | --- | --- | --- | --- |
# | p | | | 0 | 1/4 | 1/2 | 3/4 |
# | rate | 0.5 | 1 | 1 | 0.2 + 0.8 · 0.854 = 0.883 | 0.6 | 0.317 |
#
# ```python
# >>> learning_rates(steps=6, warm_up=2, peak=1.0, floor=0.2).round(3).tolist()
# [0.5, 1.0, 1.0, 0.883, 0.6, 0.317]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex15-3","locked":false,"schema_version":3,"solution":true}
def learning_rates(steps, warm_up, peak, floor):
    """The rate of each update, (steps,)."""
    ### BEGIN SOLUTION
    t = np.arange(steps)
    rising = peak * (t + 1) / max(warm_up, 1)  # used only where there is a warm-up
    gone = (t - warm_up) / (steps - warm_up)
    falling = floor + (peak - floor) * (1 + np.cos(np.pi * gone)) / 2
    return np.where(t < warm_up, rising, falling)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex15-3-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("15.3", learning_rates)

# %% [markdown]
# ## Stuck, or done?
#
# In a terminal, `rnncourse solution 15.1` shows a worked answer and why it is right. Read it also when yours passed:
# the two may differ in an instructive way. Back to [lesson 15](../15_regularised_and_tuned.ipynb).
