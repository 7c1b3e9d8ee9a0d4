# %% [markdown]
# # Exercises 06 · Exploding gradients
#
# Five functions about gradients that are too long: clipping from scratch, what three kinds of clipping do to the
# direction, a step at the cliff, the update that broke a run, and a run to repair: about 60 minutes of work. They go with
# [lesson 06](../06_exploding_gradients.ipynb) and need NumPy alone.
#
# 1. Read the task, replace the line `raise NotImplementedError(…)` by your code, run the cell.
# 2. Run the `check` below it. It calls your function on fresh inputs, edge cases included, and says what it found:
#    passed, which mistake, or where your result first differs from the right one, and for which input.
# 3. Change, run, check again, as often as you like. Each exercise stands alone.
#
# **Notation.** D features, H units. The gradients of a cell's weights are `d_kernel`, shape (D, H), `d_recurrent_kernel`,
# shape (H, H), and `d_bias`, shape (H,). Their **global norm** is the length of one long vector: all their entries laid end
# to end.

# %%
import numpy as np

from rnncourse.exercises import check

# %% [markdown]
# ## 06.1 · Clip by the global norm  (10 minutes)
#
# What Keras calls `global_clipnorm`. Write `clip_by_global_norm(d_kernel, d_recurrent_kernel, d_bias, max_norm)`.
#
# - The three gradients are arrays, shapes as above. `max_norm`: real number above 0, the largest global norm that is let
#   through.
# - Returns a tuple of four. The three gradients in the same order: where their global norm is above `max_norm`, all multiplied
#   by the one number that makes it `max_norm`; else as they were. Then the global norm *before* clipping, a real number.
# - Edge cases: a norm that is exactly `max_norm`; gradients that are all 0; one unit and one feature; gradients in the
#   thousands. Do not change the arguments themselves.
#
# One unit and one feature, gradients 2, 3 and 6, whose global norm is √(4 + 9 + 36) = 7:
#
# | max_norm | factor | clipped | norm |
# | --- | --- | --- | --- |
# | 3.5 | 0.5 | 1, 1.5, 3 | 7 |
# | 10 | – | 2, 3, 6 | 7 |
#
# ```python
# >>> gradients = np.array([[2.0]]), np.array([[3.0]]), np.array([6.0])
# >>> d_kernel, d_recurrent_kernel, d_bias, norm = clip_by_global_norm(*gradients, max_norm=3.5)
# >>> d_kernel.tolist(), d_recurrent_kernel.tolist(), d_bias.tolist(), norm
# ([[1.0]], [[1.5]], [3.0], 7.0)
# ```


# %% nbgrader={"grade":false,"grade_id":"ex06-1","locked":false,"schema_version":3,"solution":true}
def clip_by_global_norm(d_kernel, d_recurrent_kernel, d_bias, max_norm):
    """The three gradients, no longer than max_norm together, and their global norm before."""
    ### BEGIN SOLUTION
    gradients = (d_kernel, d_recurrent_kernel, d_bias)
    norm = float(np.sqrt(sum(np.sum(gradient**2) for gradient in gradients)))
    factor = max_norm / norm if norm > max_norm else 1.0
    return *(factor * gradient for gradient in gradients), norm
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex06-1-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("06.1", clip_by_global_norm)

# %% [markdown]
# ## 06.2 · Which clipping keeps the direction?  (10 minutes)
#
# There are three clippings, and Keras has an argument for each: **by value** (`clipvalue`) cuts every entry to −limit …
# limit; **by variable** (`clipnorm`) shortens each array to the length `limit`, if that array is longer; **by global
# norm** (`global_clipnorm`) shortens all together. Write `cosines(d_kernel, d_recurrent_kernel, d_bias, limit)`.
#
# - The three gradients are arrays, shapes as above; not all entries are 0. `limit`: real number above 0.
# - Returns an array of shape (3,): the cosine between the clipped and the unclipped gradient for clipping by value, by
#   variable, by global norm. A gradient counts as *one* vector, all entries laid end to end.
# - The cosine of two vectors is their dot product divided by both their lengths: 1 means the same direction.
# - Edge cases: a limit so large that nothing is clipped, and a small one; a bias whose gradient is 0; one unit and one
#   feature.
#
# Two features and one unit; the gradients are (3, 4), 0 and 12, 13 long together, and the limit is 3.5:
#
# | clipping | clipped | dot product | lengths | cosine |
# | --- | --- | --- | --- | --- |
# | by value | (3, 3.5), 0, 3.5 | 65 | 5.788 and 13 | 0.864 |
# | by variable | (2.1, 2.8), 0, 3.5 | 59.5 | 4.95 and 13 | 0.925 |
# | by global norm | (0.81, 1.08), 0, 3.23 | 45.5 | 3.5 and 13 | 1 |
#
# ```python
# >>> cosines(np.array([[3.0], [4.0]]), np.array([[0.0]]), np.array([12.0]), limit=3.5).round(3).tolist()
# [0.864, 0.925, 1.0]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex06-2","locked":false,"schema_version":3,"solution":true}
def cosines(d_kernel, d_recurrent_kernel, d_bias, limit):
    """Cosines (3,) between the gradient and itself clipped by value, by variable, by global norm."""
    ### BEGIN SOLUTION
    gradients = (d_kernel, d_recurrent_kernel, d_bias)

    def end_to_end(arrays):
        return np.concatenate([np.ravel(array) for array in arrays])

    def shortened(array):
        return array * min(1.0, limit / max(np.linalg.norm(array), 1e-12))  # an array of zeros stays as it is

    whole = end_to_end(gradients)
    clipped = np.clip(whole, -limit, limit), end_to_end(map(shortened, gradients)), shortened(whole)
    return np.array([whole @ each / np.linalg.norm(whole) / np.linalg.norm(each) for each in clipped])
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex06-2-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("06.2", cosines)

# %% [markdown]
# ## 06.3 · A step at the cliff  (15 minutes)
#
# The cell with one unit whose loss has the cliff: $h_t = \tanh(w\, h_{t-1} + b)$, and after T steps the loss is $(h_T -
# \text{target})^2$. Write `step_at_the_cliff(weight, bias, initial_state, target, steps, learning_rate, max_norm)`.
#
# - `weight`, `bias`: real numbers, w and b. `initial_state`: $h_0$. `steps`: whole number ≥ 1, T. `learning_rate`,
#   `max_norm`: real numbers above 0.
# - Returns a tuple of three arrays of shape (2,). `gradient`: $dL/dw$ and $dL/db$, the totals through all steps. `plain`: weight
#   and bias after one update of gradient descent. `clipped`: weight and bias after one update with the gradient clipped to
#   the length `max_norm`.
# - Edge cases: one step; a gradient in the thousands; a gradient of exactly 0.
#
# One step from $h_0 = 0.5$ with w = 0 and b = 0, so that $h_1 = 0$, target −1, learning rate 0.1:
#
# | gradient | plain | clipped, max_norm 1 |
# | --- | --- | --- |
# | 1, 2 | −0.1, −0.2 | −0.045, −0.089 |
#
# And with w = 4, $h_0$ = 0, target 1 and six steps, the states stay at 0 and the slope of the bias is −2730:
#
# ```python
# >>> results = step_at_the_cliff(0.0, 0.0, initial_state=0.5, target=-1.0, steps=1, learning_rate=0.1, max_norm=1.0)
# >>> [result.round(3).tolist() for result in results]
# [[1.0, 2.0], [-0.1, -0.2], [-0.045, -0.089]]
# >>> gradient, plain, clipped = step_at_the_cliff(4.0, 0.0, 0.0, 1.0, steps=6, learning_rate=0.1, max_norm=1.0)
# >>> plain.tolist(), clipped.tolist()
# ([4.0, 273.0], [4.0, 0.1])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex06-3","locked":false,"schema_version":3,"solution":true}
def step_at_the_cliff(weight, bias, initial_state, target, steps, learning_rate, max_norm):
    """gradient, plain and clipped, each (2,): of weight and bias."""
    ### BEGIN SOLUTION
    states = [initial_state]
    for _ in range(steps):
        states.append(np.tanh(weight * states[-1] + bias))
    gradient, d_h = np.zeros(2), 2 * (states[-1] - target)
    for t in range(steps, 0, -1):
        d_a = d_h * (1 - states[t] ** 2)
        gradient += d_a * np.array([states[t - 1], 1.0])
        d_h = d_a * weight
    weights, norm = np.array([weight, bias]), np.linalg.norm(gradient)
    shorter = gradient * max_norm / norm if norm > max_norm else gradient
    return gradient, weights - learning_rate * gradient, weights - learning_rate * shorter
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex06-3-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("06.3", step_at_the_cliff)

# %% [markdown]
# ## 06.4 · Which update broke the run?  (10 minutes)
#
# A run is lost, but its record is there: the loss and the global norm of the gradient at each update. Write
# `what_broke_it(losses, norms, rise)`.
#
# - `losses`: array of shape (U,). Entry u is the loss of the batch of update u, measured *before* the update changed the
#   weights. `norms`: shape (U,), the norm of its gradient, before clipping. Both may hold NaN and infinity; the first
#   entry of each is a number.
# - `rise`: real number ≥ 1. A loss is **good** when it is a number and at most `rise` times the first one.
# - Returns a tuple. `update`, a whole number: the update that broke the run, after which no loss is good any more. Its own
#   loss was measured before it, and is the last good one. −1 where the last loss of the run is good: then nothing is
#   broken, whatever happened in between.
# - `times`, a real number: the norm at that update divided by the median of the norms *before* it. 0.0 where `update` is −1
#   or 0.
# - Edge cases: the first update breaks the run, or the last but one; losses that rise without ever being NaN; a run that
#   was bad for a while and came back.
#
# A run of seven updates with `rise` 2; a loss is good up to 2:
#
# | update | 0 | 1 | 2 | 3 | 4 | 5 | 6 |
# | --- | --- | --- | --- | --- | --- | --- | --- |
# | loss | 1 | 0.8 | 5 | 0.7 | 0.6 | 40 | NaN |
# | norm | 1 | 30 | 2 | 1 | 12 | 900 | NaN |
# | good | yes | yes | no | yes | yes | no | no |
#
# Update 1 made a bad loss, too, but the run came back. Update 4 broke it, and its norm was 12 / 1.5 = 8 times the usual:
#
# ```python
# >>> nan = float("nan")
# >>> losses, norms = [1.0, 0.8, 5.0, 0.7, 0.6, 40.0, nan], [1.0, 30.0, 2.0, 1.0, 12.0, 900.0, nan]
# >>> what_broke_it(np.array(losses), np.array(norms), rise=2.0)
# (4, 8.0)
# >>> what_broke_it(np.array(losses[:5]), np.array(norms[:5]), rise=2.0)
# (-1, 0.0)
# ```


# %% nbgrader={"grade":false,"grade_id":"ex06-4","locked":false,"schema_version":3,"solution":true}
def what_broke_it(losses, norms, rise):
    """The last update before all losses were bad, and how many times the usual its gradient was."""
    ### BEGIN SOLUTION
    good = losses <= rise * losses[0]  # False for NaN and infinity
    if good[-1]:
        return -1, 0.0
    update = int(np.flatnonzero(good)[-1])
    return update, float(norms[update] / np.median(norms[:update])) if update > 0 else 0.0
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex06-4-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("06.4", what_broke_it)

# %% [markdown]
# ## 06.5 · Repair a diverging run  (15 minutes)
#
# A linear cell with one unit, $h_t = u\, x_t + w\, h_{t-1}$ from $h_0 = 0$, is to add up its inputs: the loss is $(h_T -
# \text{target})^2$, and $u = w = 1$ would be perfect. `given_training` below trains it, one sequence an update, in turn. **It
# diverges**: it starts with w above 1, the gradients are far too long, and in some runs a value of a sequence is NaN.
#
# Write `repaired_training(x, y, weights, learning_rate, momentum, updates, max_norm)`: copy the lines of `given_training` and
# add what is missing. Every gradient goes through two questions before it may touch the velocity:
#
# 1. Is it all numbers? If not, the update is left out: weights *and* velocity stay as they are, and training goes on.
# 2. Is it longer than `max_norm`? If so, it is shortened to that length.
#
# - `x`: array of shape (N, T). `y`: shape (N,), the targets. `weights`: shape (2,), u and w. `updates`: whole number ≥ 1.
#   `learning_rate`, `momentum`, `max_norm`: real numbers above 0.
# - Returns a tuple of two arrays. `weights` (2,): u and w after all updates. They hold no NaN, and where the given loop
#   diverges, their mean loss over the good sequences is below a tenth of what it was at first. `losses` (updates,): the loss at
#   each update, measured before it; NaN where it was NaN.
# - Edge cases: the first sequence is broken; a value is infinite; one sequence; one update; a run that needs no repair. Do not
#   change `weights` itself.
#
# One sequence, 1 and 1, whose sum is 2. With u = 1 and w = 2 the cell says 3, and the gradient is (6, 2), much longer than 0.5:
#
# | | u after one update | w |
# | --- | --- | --- |
# | as given | 1 − 0.1 · 6 = 0.4 | 2 − 0.1 · 2 = 1.8 |
# | repaired | 1 − 0.1 · 0.474 = 0.953 | 2 − 0.1 · 0.158 = 1.984 |
#
# ```python
# >>> case = {"weights": np.array([1.0, 2.0]), "learning_rate": 0.1, "momentum": 0.9, "max_norm": 0.5}
# >>> weights, losses = repaired_training(np.array([[1.0, 1.0]]), np.array([2.0]), updates=1, **case)
# >>> weights.round(3).tolist(), losses.tolist()
# ([0.953, 1.984], [1.0])
# >>> weights, losses = repaired_training(np.array([[1.0, float("nan")]]), np.array([2.0]), updates=3, **case)
# >>> weights.tolist(), losses.tolist()
# ([1.0, 2.0], [nan, nan, nan])
# ```


# %%
def given_training(x, y, weights, learning_rate, momentum, updates):
    weights, velocity, losses = weights.astype(float), np.zeros(2), []
    for k in range(updates):
        inputs, target = x[k % len(x)], y[k % len(x)]  # one sequence an update, in turn
        states = [0.0]
        for value in inputs:
            states.append(weights[0] * value + weights[1] * states[-1])
        off = states[-1] - target
        losses.append(off * off)
        gradient, d_h = np.zeros(2), 2 * off
        for t in range(len(inputs), 0, -1):
            gradient = gradient + d_h * np.array([inputs[t - 1], states[t - 1]])
            d_h = d_h * weights[1]
        velocity = momentum * velocity - learning_rate * gradient
        weights = weights + velocity
    return weights, np.array(losses)


# %% nbgrader={"grade":false,"grade_id":"ex06-5","locked":false,"schema_version":3,"solution":true}
def repaired_training(x, y, weights, learning_rate, momentum, updates, max_norm):
    """The weights (2,) after all updates, and the losses (updates,)."""
    ### BEGIN SOLUTION
    weights, velocity, losses = weights.astype(float), np.zeros(2), []
    for k in range(updates):
        inputs, target = x[k % len(x)], y[k % len(x)]  # one sequence an update, in turn
        states = [0.0]
        for value in inputs:
            states.append(weights[0] * value + weights[1] * states[-1])
        off = states[-1] - target
        losses.append(off * off)
        if not np.isfinite(off):
            continue  # then the gradient is no number either: neither weights nor velocity may see it
        gradient, d_h = np.zeros(2), 2 * off
        for t in range(len(inputs), 0, -1):
            gradient = gradient + d_h * np.array([inputs[t - 1], states[t - 1]])
            d_h = d_h * weights[1]
        norm = np.linalg.norm(gradient)
        if norm > max_norm:
            gradient = gradient * max_norm / norm
        velocity = momentum * velocity - learning_rate * gradient
        weights = weights + velocity
    return weights, np.array(losses)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex06-5-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("06.5", repaired_training)

# %% [markdown]
# ## Stuck, or done?
#
# In a terminal, `rnncourse solution 06.1` shows a worked answer and why it is right. Read it also when yours passed:
# the two may differ in an instructive way. Back to [lesson 06](../06_exploding_gradients.ipynb).
