# %% [markdown]
# # Exercises 18 · RNN, LSTM, GRU or Transformer
#
# Three functions for those who compare architectures: what each must keep of a text, what each token costs, and a comparison in which
# all have the same chance: about 50 minutes of work. They go with [lesson 18](../18_rnn_lstm_gru_or_transformer.ipynb) and need NumPy
# alone.
#
# 1. Read the task, replace the line `raise NotImplementedError(…)` by your code, run the cell.
# 2. Run the `check` below it. It calls your function on fresh inputs, edge cases included, and says what it found:
#    passed, which mistake, or where your result first differs from the right one, and for which input. What your
#    function prints is shown for that input alone.
# 3. Change, run, check again, as often as you like. Each exercise stands alone.
#
# **The models** of 18.1 and 18.2 are stacks of equal layers, made of a simple cell, an LSTM, a GRU, a causal convolution or a
# Transformer block, *in this order*. Every layer reads and puts out `units` numbers at each token. They write a text, token by token.

# %%
import numpy as np

from rnncourse.exercises import check

# %% [markdown]
# ## 18.1 · What must be kept  (15 minutes)
#
# How many bytes must a model keep of the text that it has read, so that it can go on? The weights are not meant: they are there before
# the first token. Write `state_bytes(units, layers, context, heads, kernel_size, bits, room)`.
#
# - `units`, `layers`: whole numbers ≥ 1. `context`: whole number n ≥ 1, the tokens read so far, all in one text. `heads`: whole number,
#   the heads of the Transformer, each with units / heads columns. `kernel_size`: whole number ≥ 1, the inputs that the convolution
#   covers, the newest included. `bits`: 8, 16, 32 or 64, the size of a number. `room`: whole number of bytes.
# - The convolution keeps the inputs that it will cover once more, from the start on: before there are any they are zeros. The Transformer
#   keeps keys and values of all tokens read.
# - Returns a tuple. `sizes`: array of five whole numbers, the bytes that each model keeps. `longest`: whole number, the longest text
#   whose cache is at most `room` bytes; 0 if not even one token fits.
# - Edge cases: one layer; one token; a kernel of 1; a room that is taken to the last byte, or too small.
#
# One layer of 4 units, 3 tokens, 2 heads, a kernel of 3, 16 bits and a room of 100 bytes:
#
# | | numbers | bytes |
# | --- | --- | --- |
# | simple | 4 | 8 |
# | LSTM | 8 | 16 |
# | GRU | 4 | 8 |
# | convolution | 2 inputs of 4 | 16 |
# | Transformer | 3 tokens, 2 · 4 each | 48 |
#
# A token takes 16 bytes of the cache: 6 of them take 96.
#
# ```python
# >>> sizes, longest = state_bytes(units=4, layers=1, context=3, heads=2, kernel_size=3, bits=16, room=100)
# >>> sizes.tolist(), int(longest)
# ([8, 16, 8, 16, 48], 6)
# ```


# %% nbgrader={"grade":false,"grade_id":"ex18-1","locked":false,"schema_version":3,"solution":true}
def state_bytes(units, layers, context, heads, kernel_size, bits, room):
    """sizes (5,), the bytes that each model keeps, and the longest text whose cache fits into the room."""
    ### BEGIN SOLUTION
    vectors = np.array([1, 2, 1, kernel_size - 1, 2 * context])  # of units numbers each, in a layer
    vector = layers * units * bits // 8  # bytes of one in all layers; the heads share it
    return vectors * vector, room // (2 * vector)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex18-1-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("18.1", state_bytes)

# %% [markdown]
# ## 18.2 · What a token costs  (15 minutes)
#
# How often must a model multiply and add to read one token more? And a whole text? Count the products of a row with a matrix, M · N for
# a matrix (M, N), and what attention multiplies: queries by keys, weights by values. Biases, activations, gates, softmax and
# normalisation are left out, and so are embedding and read-out. Write
# `multiply_adds(units, hidden, layers, context, heads, kernel_size)`.
#
# - The arguments are whole numbers ≥ 1, as in 18.1. `hidden`: the width between the two dense layers of a Transformer block, which
#   follow its attention: units → hidden → units. The attention has kernels for query, key and value, and one for what the heads
#   put out, each units × units. Keys and values of old tokens are kept, and the mask is causal: token n sees n tokens, itself included.
# - The convolution multiplies each of the `kernel_size` inputs that it covers by a matrix of its own, zeros included.
# - Returns a tuple of two arrays of five whole numbers each: `token`, for the last of `context` tokens; `text`, for all of them
#   together, from the first one on.
# - Edge cases: one layer; one token; one head; a kernel of 1.
#
# One layer of 2 units, hidden 6, 3 tokens, one head, a kernel of 4:
#
# | | token | | text |
# | --- | --- | --- | --- |
# | simple | 2 kernels of 2 · 2 | 8 | 3 · 8 |
# | LSTM | 8 kernels | 32 | 3 · 32 |
# | GRU | 6 kernels | 24 | 3 · 24 |
# | convolution | 4 matrices | 16 | 3 · 16 |
# | Transformer | 4 kernels, 2 · 6 + 6 · 2, and 3 keys and 3 values of 2 numbers | 16 + 24 + 12 = 52 | 3 · 40 + 4 · (1 + 2 + 3) |
#
# ```python
# >>> token, text = multiply_adds(units=2, hidden=6, layers=1, context=3, heads=1, kernel_size=4)
# >>> token.tolist(), text.tolist()
# ([8, 32, 24, 16, 52], [24, 96, 72, 48, 144])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex18-2","locked":false,"schema_version":3,"solution":true}
def multiply_adds(units, hidden, layers, context, heads, kernel_size):
    """token (5,), the work for the last token, and text (5,), that for all of them."""
    ### BEGIN SOLUTION
    dense = 4 * units**2 + 2 * units * hidden  # at every token, however long the text
    kernels = layers * np.array([2 * units**2, 8 * units**2, 6 * units**2, kernel_size * units**2, dense])
    look = layers * 2 * units * np.array([0, 0, 0, 0, 1])  # for each token seen: a key and a value, in all heads
    return kernels + context * look, context * kernels + context * (context + 1) // 2 * look
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex18-2-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("18.2", multiply_adds)

# %% [markdown]
# ## 18.3 · The same chance for all  (20 minutes)
#
# There are A architectures. Each was trained at R learning rates with S seeds; a seed gives all of them the same data. Who is best?
# Write `compare(validation, test, quantile)`.
#
# - `validation`, `test`: arrays of shape (A, R, S), errors of the same runs on two sets of data; a run that diverged has NaN in both.
#   Each architecture has at least one rate at which no run diverged. `quantile`: real number, Student's t for S runs.
# - Returns a tuple of four arrays of length A:
#   - `chosen`, whole numbers: the rate with the smallest mean of the **validation** errors over the seeds, for each architecture by
#     itself. A rate at which a run diverged cannot be chosen.
#   - `errors`: the mean **test** error over the seeds at the chosen rate. The smallest is the winner's.
#   - `behind`: how far each is behind the winner at least: mean − quantile · s / √S, where mean and s (with S − 1 under the root)
#     are those of the differences of its S test errors and the winner's, seed by seed.
#   - `undecided`, truth values: may it be as good as the winner? That is, `behind` ≤ 0. The winner itself is True.
# - Mind: A, R and S are equal in most inputs of the check.
# - Edge cases: other sizes, one rate or one architecture; runs that diverged.
#
# Two architectures, two rates, two seeds; for two runs the quantile is 12.706:
#
# | architecture | rate | validation | mean | test | mean | |
# | --- | --- | --- | --- | --- | --- | --- |
# | 0 | 0 | 0.5, 0.7 | 0.6 | 0.62, 0.78 | 0.70 | chosen; the winner |
# | 0 | 1 | 0.6, 0.8 | 0.7 | 0.50, 0.60 | | better by luck |
# | 1 | 0 | 0.9, 0.7 | 0.8 | 0.80, 0.80 | | |
# | 1 | 1 | 0.7, 0.5 | 0.6 | 0.72, 0.90 | 0.81 | chosen; differences 0.10 and 0.12, s / √2 = 0.01 |
#
# The second is behind by at least 0.11 − 12.706 · 0.01 = −0.017: it may be as good.
#
# ```python
# >>> validation = np.array([[[0.5, 0.7], [0.6, 0.8]], [[0.9, 0.7], [0.7, 0.5]]])
# >>> test = np.array([[[0.62, 0.78], [0.5, 0.6]], [[0.8, 0.8], [0.72, 0.9]]])
# >>> chosen, errors, behind, undecided = compare(validation, test, quantile=12.706)
# >>> chosen.tolist(), errors.round(2).tolist(), behind.round(3).tolist(), undecided.tolist()
# ([0, 1], [0.7, 0.81], [0.0, -0.017], [True, True])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex18-3","locked":false,"schema_version":3,"solution":true}
def compare(validation, test, quantile):
    """chosen, errors, behind and undecided, (A,) each."""
    ### BEGIN SOLUTION
    means = validation.mean(axis=2)  # (A, R); NaN where a run diverged
    chosen = np.where(np.isnan(means), np.inf, means).argmin(axis=1)
    runs = test[np.arange(len(test)), chosen]  # (A, S)
    errors = runs.mean(axis=1)
    apart = runs - runs[errors.argmin()]  # seed by seed
    behind = apart.mean(axis=1) - quantile * apart.std(axis=1, ddof=1) / np.sqrt(runs.shape[1])
    return chosen, errors, behind, behind <= 0
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex18-3-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("18.3", compare)

# %% [markdown]
# ## Stuck, or done?
#
# In a terminal, `rnncourse solution 18.1` shows a worked answer and why it is right. Read it also when yours passed:
# the two may differ in an instructive way. Back to [lesson 18](../18_rnn_lstm_gru_or_transformer.ipynb).
