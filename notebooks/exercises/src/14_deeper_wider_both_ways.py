# %% [markdown]
# # Exercises 14 · Deeper, wider, both ways
#
# Three functions about stacks and directions: a test that finds out whether a forecaster reads the future, what depth and a second
# direction cost in parameters, and a bidirectional layer made of two passes: about 45 minutes of work. They go with
# [lesson 14](../14_deeper_wider_both_ways.ipynb) and need NumPy alone.
#
# 1. Read the task, replace the line `raise NotImplementedError(…)` by your code, run the cell.
# 2. Run the `check` below it. It calls your function on fresh inputs, edge cases included, and says what it found:
#    passed, which mistake, or where your result first differs from the right one, and for which input. What your
#    function prints is shown for that input alone.
# 3. Change, run, check again, as often as you like. Each exercise stands alone.
#
# **Notation.** Arrays are (batch, time, features) = (B, T, D); H is the number of units. A cell of H units that reads D numbers has
# `kernel` (D, 4H), `recurrent_kernel` (H, 4H) and `bias` (4H,) for the LSTM, one block in place of four for the simple cell. All is
# counted from 0.

# %%
import numpy as np

from rnncourse.exercises import check

# %% [markdown]
# ## 14.1 · Find the leak  (15 minutes)
#
# A forecaster says something at every step t, and what it says is compared with $x_{t+1}$. It is honest if its output at t depends
# on $x_0, \dots, x_t$ alone. A bidirectional layer, a centred average, a scaler fitted on the whole series, a target that got into
# the inputs: each of them reads later steps, and each makes the score too good to be true. Write the test that finds out,
# `look_ahead(network, x)`.
#
# - `forecast(x)` is written for you: x of shape (B, T, D) in, y of shape (B, T) out. Take it for a **black box**, as you would take
#   somebody's trained model, and leave `network`, which describes it, alone. As on a GPU, two calls on the same x may differ: by
#   about 1e-9. Where an input matters, a change of about 1 moves the output by 1e-4 or more.
# - `x`: array of shape (B, T, D), inputs between −1 and 1, to start from. Some of them are 0.
# - Returns `ahead`, whole numbers, shape (T,): how many steps after t the latest input lies that moves output t; 0 if none
#   after t does.
# - Edge cases: one step; two steps; an x of zeros; a network that reads all of the future, or none of it.
#
# A centred average of three steps, on T = 4 steps, and a bidirectional layer:
#
# | t | 0 | 1 | 2 | 3 |
# | --- | --- | --- | --- | --- |
# | the average reads | 0, 1 | 0, 1, 2 | 1, 2, 3 | 2, 3 |
# | ahead | 1 | 1 | 1 | 0 |
# | ahead, bidirectional | 3 | 2 | 1 | 0 |
#
# ```python
# >>> taps = np.array([[0.0, 0.0], [0.3, 0.3], [0.3, 0.3], [0.3, 0.3], [0.0, 0.0]])
# >>> average = {"taps": taps, "forwards": 0.0, "backwards": 0.0, "level": 0.0}
# >>> look_ahead(average, np.ones((1, 4, 2))).tolist()
# [1, 1, 1, 0]
# >>> look_ahead(average | {"backwards": 0.8}, np.ones((1, 4, 2))).tolist()
# [3, 2, 1, 0]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex14-1","locked":false,"schema_version":3,"solution":true}
def look_ahead(network, x):
    """ahead (T,): how many steps after its own each output reads."""

    def forecast(x):  # (B, T, D) → (B, T): a black box
        steps = x.shape[1]
        x = x - network["level"] * x.mean(axis=1, keepdims=True)
        padded = np.pad(x, ((0, 0), (2, 2), (0, 0)))
        local = sum(padded[:, k : k + steps] @ tap for k, tap in enumerate(network["taps"]))
        y = 1e-9 * np.random.default_rng().normal(size=local.shape)
        for order, memory in ((range(steps), network["forwards"]), (reversed(range(steps)), network["backwards"])):
            h = np.zeros(len(x))
            for t in order:
                h = np.tanh(local[:, t] + memory * h)
                y[:, t] += h
        return y

    ### BEGIN SOLUTION
    before = forecast(x)  # (B, T)
    ahead = np.zeros(x.shape[1], dtype=int)
    for s in range(x.shape[1]):
        probe = x.copy()
        probe[:, s] += 1  # every row and every feature of one step
        moved = (np.abs(forecast(probe) - before) > 1e-6).any(axis=0)  # (T,): far above 1e-9
        for t in np.flatnonzero(moved[:s]):
            ahead[t] = s - t  # s rises, so the latest stays
    return ahead
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex14-1-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("14.1", look_ahead)

# %% [markdown]
# ## 14.2 · What depth and direction cost  (15 minutes)
#
# Before two stacks are compared, count: the one that wins may only be the larger one. Write
# `stack_parameters(features, units, cell, both_ways, residual, outputs)`.
#
# - `features`: how many numbers come at a step. `units`: list of whole numbers, H of each layer, from the input upwards. `cell`:
#   `"simple"`, `"lstm"` or `"gru"`, with Keras' defaults: the GRU has **two** biases for each score (`reset_after`), the others one.
# - `both_ways`: truth value. Every layer has two directions, each with H units and weights of its own; their states are put
#   side by side.
# - `residual`: truth value. What a layer reads is added to what it puts out. Where the two are equally wide, nothing else is needed;
#   where they are not, what it reads goes through a kernel of its own, without bias, that makes it as wide.
# - `outputs`: at the end a dense layer with bias makes so many numbers of what the last layer puts out.
# - Returns a tuple: `layers`, array of whole numbers, the parameters of each layer, with the kernel of its shortcut; and `total`, a
#   whole number, with the dense layer as well.
# - Edge cases: one layer; four layers; a stack in which no shortcut needs a kernel.
#
# Two bidirectional simple layers of 3 units, residual, on two features, one output:
#
# | | reads | each direction | shortcut | together |
# | --- | --- | --- | --- | --- |
# | layer 0 | 2 | 2 · 3 + 3 · 3 + 3 = 18 | 2 · 6 = 12 | 48 |
# | layer 1 | 6 | 6 · 3 + 3 · 3 + 3 = 30 | 0 | 60 |
# | read-out | 6 | | | 6 + 1 = 7 |
#
# ```python
# >>> layers, total = stack_parameters(2, [3, 3], "simple", both_ways=True, residual=True, outputs=1)
# >>> layers.tolist(), int(total)
# ([48, 60], 115)
# ```


# %% nbgrader={"grade":false,"grade_id":"ex14-2","locked":false,"schema_version":3,"solution":true}
def stack_parameters(features, units, cell, both_ways, residual, outputs):
    """The parameters of each layer, an array, and of the whole model, a whole number."""
    ### BEGIN SOLUTION
    blocks, biases = {"simple": (1, 1), "lstm": (4, 1), "gru": (3, 2)}[cell]
    directions = 2 if both_ways else 1
    layers, reads = [], features
    for size in units:
        width = directions * size  # what leaves the layer at a step
        count = directions * blocks * size * (reads + size + biases)
        if residual and reads != width:
            count += reads * width
        layers.append(count)
        reads = width
    return np.array(layers), sum(layers) + (reads + 1) * outputs
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex14-2-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("14.2", stack_parameters)

# %% [markdown]
# ## 14.3 · Both ways by hand  (15 minutes)
#
# A bidirectional layer is two simple cells, $h_t = \tanh(x_t W_x + h W_h + b)$, that read the same sequence: one from its first step
# to its last, one from its last to its first. Write `both_ways(x, lengths, forwards, backwards)`.
#
# - `x`: array of shape (B, T, D). `lengths`: whole numbers, shape (B,): row b has `lengths[b]` real steps, then padding, which holds
#   any numbers. `forwards`, `backwards`: each a list of three arrays, `kernel` (D, H), `recurrent_kernel` (H, H) and `bias` (H,).
# - Returns `outputs`, shape (B, T, 2H): at each real step t first the H forwards units, which have read the steps 0 … t of their row,
#   then the H backwards units, which have read its steps from the last real one to t. Both begin from zeros. At padded steps all
#   outputs are 0.
# - Edge cases: no padding; a row without a real step; one step; one feature.
#
# One feature, one unit, all weights 1 and biases 0, a row of the two real steps 0.5 and −1, and one of padding:
#
# | step | 0 | 1 | 2 (padding) |
# | --- | --- | --- | --- |
# | forwards | tanh(0.5) = 0.462 | tanh(−1 + 0.462) = −0.491 | 0 |
# | backwards | tanh(0.5 − 0.762) = −0.256 | tanh(−1) = −0.762 | 0 |
#
# ```python
# >>> x, cell = np.array([[[0.5], [-1.0], [9.0]]]), [np.ones((1, 1)), np.ones((1, 1)), np.zeros(1)]
# >>> (both_ways(x, np.array([2]), cell, cell) + 0.0).round(3).tolist()
# [[[0.462, -0.256], [-0.491, -0.762], [0.0, 0.0]]]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex14-3","locked":false,"schema_version":3,"solution":true}
def both_ways(x, lengths, forwards, backwards):
    """outputs (B, T, 2H): forwards states, then backwards states, 0 where there is padding."""
    ### BEGIN SOLUTION
    real = np.arange(x.shape[1]) < lengths[:, np.newaxis]  # (B, T)

    def states(order, kernel, recurrent_kernel, bias):
        h = np.zeros((len(x), len(bias)))  # (B, H)
        found = np.zeros((*x.shape[:2], len(bias)))  # (B, T, H)
        for t in order:
            new = np.tanh(x[:, t] @ kernel + h @ recurrent_kernel + bias)
            h = np.where(real[:, t, np.newaxis], new, 0)  # zeros until the first real step, whichever end that is
            found[:, t] = h  # at its own step, in either direction
        return found

    steps = range(x.shape[1])
    return np.concatenate([states(steps, *forwards), states(reversed(steps), *backwards)], axis=2)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex14-3-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("14.3", both_ways)

# %% [markdown]
# ## Stuck, or done?
#
# In a terminal, `rnncourse solution 14.1` shows a worked answer and why it is right. Read it also when yours passed:
# the two may differ in an instructive way. Back to [lesson 14](../14_deeper_wider_both_ways.ipynb).
