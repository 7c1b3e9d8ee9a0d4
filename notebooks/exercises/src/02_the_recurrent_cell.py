# %% [markdown]
# # Exercises 02 · The recurrent cell
#
# Five functions that take a recurrent cell apart: its step, its parameters, the shapes that come out, the matrix it
# starts with, and several cells on top of each other: about 40 minutes of work. They go with
# [lesson 02](../02_the_recurrent_cell.ipynb) and need NumPy alone.
#
# 1. Read the task, replace the line `raise NotImplementedError(…)` by your code, run the cell.
# 2. Run the `check` below it. It calls your function on fresh inputs, edge cases included, and says what it found:
#    passed, which mistake, or where your result first differs from the right one, and for which input. What your
#    function prints is shown for that input alone.
# 3. Change, run, check again, as often as you like. Each exercise stands alone.
#
# In all of them B is the number of sequences in a batch, D the number of features, H the number of units.

# %%
import numpy as np

from rnncourse.exercises import check

# %% [markdown]
# ## 02.1 · One step of the cell  (5 minutes)
#
# At each step a recurrent cell makes its new **state** of what it reads and of the state before:
#
# $$h_t = \tanh(x_t W_x + h_{t-1} W_h + b)$$
#
# Write `step(x_t, h, kernel, recurrent_kernel, bias)`, for a whole batch at once.
#
# - `x_t`: array of real numbers, shape (B, D): what each sequence brings at this step. `h`: shape (B, H), the state
#   before, $h_{t-1}$. `kernel` is $W_x$, shape (D, H); `recurrent_kernel` is $W_h$, shape (H, H); `bias` is $b$, shape (H,).
# - Returns the new state, shape (B, H). A row belongs to a sequence, so the data stands on the left of the matrices.
# - Mind: B, D and H are often equal in the check. A matrix that is used the wrong way round then gives no error, only
#   wrong numbers, as it may in a network of your own.
# - Edge cases: B, D and H may all differ, and each may be 1; `h` may be all zeros, at the first step of a sequence;
#   inputs may be in the ten thousands.
#
# One sequence, two features, one unit:
#
# | | | |
# | --- | --- | --- |
# | input | 1 · 0.5 + 2 · 0.25 | 1.0 |
# | state | 0.5 · (−1) | −0.5 |
# | bias | | 0.1 |
# | new state | tanh(0.6) | 0.537 |
#
# ```python
# >>> kernel, recurrent_kernel, bias = np.array([[0.5], [0.25]]), np.array([[-1.0]]), np.array([0.1])
# >>> h = step(np.array([[1.0, 2.0]]), np.array([[0.5]]), kernel, recurrent_kernel, bias)
# >>> h.round(3).tolist()
# [[0.537]]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex02-1","locked":false,"schema_version":3,"solution":true}
def step(x_t, h, kernel, recurrent_kernel, bias):
    """The new state, shape (B, H)."""
    ### BEGIN SOLUTION
    return np.tanh(x_t @ kernel + h @ recurrent_kernel + bias)  # (B, D) @ (D, H) and (B, H) @ (H, H) give (B, H)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex02-1-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("02.1", step)

# %% [markdown]
# ## 02.2 · Counting parameters  (5 minutes)
#
# Several recurrent layers on top of each other make a **stack**: each layer reads, at every step, the state of the one
# below it. A **read-out**, a dense layer with bias, makes the answer from the last layer's state after the last step.
# Write `parameters(steps, features, units, outputs)`: how many numbers are there to train?
#
# - `steps`, `features`: the length of the sequences and the numbers they bring at each step. `units`: list of whole
#   numbers, the units of each layer, from the input upwards. `outputs`: how many numbers the read-out gives.
# - Each layer is the cell of 02.1, with a kernel, a recurrent kernel and one bias.
# - Returns one whole number.
# - Edge cases: there may be a single layer, or four; every size may be 1.
#
# Three features, a layer of 4 units, one of 5, two outputs:
#
# | | parameters |
# | --- | --- |
# | layer of 4 | 3 · 4 + 4 · 4 + 4 = 32 |
# | layer of 5 | 4 · 5 + 5 · 5 + 5 = 50 |
# | read-out | 5 · 2 + 2 = 12 |
#
# ```python
# >>> int(parameters(steps=7, features=3, units=[4, 5], outputs=2))
# 94
# ```


# %% nbgrader={"grade":false,"grade_id":"ex02-2","locked":false,"schema_version":3,"solution":true}
def parameters(steps, features, units, outputs):
    """How many parameters the stack and its read-out have, a whole number."""
    ### BEGIN SOLUTION
    reads = [features, *units]  # what each layer reads, and the read-out last
    layers = sum(size * (below + size + 1) for below, size in zip(reads, units, strict=False))
    return layers + outputs * (reads[-1] + 1)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex02-2-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("02.2", parameters)

# %% [markdown]
# ## 02.3 · Which shapes come out  (5 minutes)
#
# Many errors in recurrent networks are errors of shape. A stack of recurrent layers reads an array (batch, steps,
# features). Inside the stack every layer hands all its steps to the next one; what the *last* layer puts out is decided
# by `return_sequences`: its state at every step, or the last one alone. Besides, each layer has a **final state**, its
# state after the last step. Write `shapes(batch, steps, features, units, return_sequences)`.
#
# - `batch`, `steps`, `features`: whole numbers. `units`: list of whole numbers, the units of each layer, from the input
#   upwards. `return_sequences`: bool.
# - Returns a tuple `output, states` of arrays of whole numbers. `output` is the shape of what the last layer puts out, as
#   an array of 2 or 3 numbers. `states` has a row for each layer, from the input upwards: the shape of its final state.
# - Edge cases: there may be a single layer; `batch` and `steps` may be 1, and no axis vanishes because it has length 1.
#
# Two layers, of 20 and 30 units, on a batch of shape (5, 3, 10):
#
# ```python
# >>> output, states = shapes(5, 3, 10, [20, 30], return_sequences=True)
# >>> output.tolist(), states.tolist()
# ([5, 3, 30], [[5, 20], [5, 30]])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex02-3","locked":false,"schema_version":3,"solution":true}
def shapes(batch, steps, features, units, return_sequences):
    """The shape of the output, (2,) or (3,), and those of the final states, (layers, 2)."""
    ### BEGIN SOLUTION
    time = [steps] if return_sequences else []
    return np.array([batch, *time, units[-1]]), np.array([(batch, size) for size in units])
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex02-3-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("02.3", shapes)

# %% [markdown]
# ## 02.4 · An orthogonal start  (10 minutes)
#
# A recurrent kernel is applied again and again, so it should neither blow a state up nor let it die. Keras starts with
# an **orthogonal** matrix: its columns have length 1 and are at right angles to each other, so it keeps the length of
# every state. It is made of a random one. Write `orthogonal(gaussian, gain)`.
#
# - `gaussian`: array of real numbers, shape (n, n); no column is a combination of the others. `gain` > 0.
# - Go through the columns from left to right. Take from each column its part along the finished columns before it, then
#   divide it by its length. At the end multiply the whole matrix by `gain`.
# - Returns the array of shape (n, n).
# - You may write the loop, or begin with `q, r = np.linalg.qr(gaussian)`. It gives the same columns, but some may point
#   the other way: NumPy leaves that open, the task does not.
# - Edge cases: n may be 1, and the single number negative; the matrix may be orthogonal already. Do not change
#   `gaussian` itself.
#
# | column | | divided by its length |
# | --- | --- | --- |
# | (3, 4) | is the first: nothing to take away | (0.6, 0.8) |
# | (1, −2) | its part along (0.6, 0.8) is −1 · (0.6, 0.8): what is left is (1.6, −1.2) | (0.8, −0.6) |
#
# ```python
# >>> orthogonal(np.array([[3.0, 1.0], [4.0, -2.0]]), gain=1.0).round(3).tolist()
# [[0.6, 0.8], [0.8, -0.6]]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex02-4","locked":false,"schema_version":3,"solution":true}
def orthogonal(gaussian, gain):
    """Gain times the orthogonal matrix made of the columns of gaussian, shape (n, n)."""
    ### BEGIN SOLUTION
    q, r = np.linalg.qr(gaussian)  # (n, n), (n, n): gaussian = q @ r, r is 0 below its diagonal
    return gain * q * np.sign(np.diag(r))  # (n,): a sign for each column
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex02-4-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("02.4", orthogonal)

# %% [markdown]
# ## 02.5 · One step up a stack  (15 minutes)
#
# In a stack each layer has a state of its own. At one step the input enters layer 0, what layer 0 makes of it enters layer
# 1, and so on. Write `stack_step(x_t, states, kernels, recurrent_kernels, biases)`.
#
# - `x_t`: array of real numbers, shape (B, H): here there are as many features as units, so that all kernels have one
#   shape. `states`: shape (L, B, H), the state of each of the L layers after the step before. `kernels` and
#   `recurrent_kernels`: shape (L, H, H); `biases`: shape (L, H). Index 0 is the layer next to the input.
# - Layer i is the cell of 02.1. It reads the *new* state of layer i − 1, or `x_t` if i is 0, and its *own* old state.
# - Returns the new states, shape (L, B, H).
# - Edge cases: there may be one layer, one sequence, one unit; the states may be all zeros. Do not change `states` itself:
#   whoever called you may still need it.
#
# Two layers of one unit; the input is 1, the old states are 0.5 and −0.5:
#
# | layer | | new state |
# | --- | --- | --- |
# | 0 | tanh(1 · 1.0 + 0.5 · 0.5 + 0.0) | 0.848 |
# | 1 | tanh(0.848 · 2.0 − 0.5 · 1.0 + 0.1) | 0.861 |
#
# ```python
# >>> x_t, states = np.array([[1.0]]), np.array([[[0.5]], [[-0.5]]])
# >>> kernels, recurrent_kernels = np.array([[[1.0]], [[2.0]]]), np.array([[[0.5]], [[1.0]]])
# >>> stack_step(x_t, states, kernels, recurrent_kernels, np.array([[0.0], [0.1]])).round(3).tolist()
# [[[0.848]], [[0.861]]]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex02-5","locked":false,"schema_version":3,"solution":true}
def stack_step(x_t, states, kernels, recurrent_kernels, biases):
    """The new state of each layer, shape (L, B, H)."""
    ### BEGIN SOLUTION
    new, read = np.empty_like(states), x_t
    for i, h in enumerate(states):  # h: (B, H), the layer's own past
        read = np.tanh(read @ kernels[i] + h @ recurrent_kernels[i] + biases[i])  # (B, H), what the next layer reads
        new[i] = read
    return new
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex02-5-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("02.5", stack_step)

# %% [markdown]
# ## Stuck, or done?
#
# In a terminal, `rnncourse solution 02.2` shows a worked answer and why it is right. Read it also when yours passed:
# the two may differ in an instructive way. Back to [lesson 02](../02_the_recurrent_cell.ipynb).
