# %% [markdown]
# # Exercises 17 · Attention and the Transformer
#
# Four functions of which a Transformer is made: attention with scaling and a mask, the encoding of positions, the causal mask, and
# one step with a cache: about 55 minutes of work. They go with [lesson 17](../17_attention_and_the_transformer.ipynb) and need NumPy
# alone.
#
# 1. Read the task, replace the line `raise NotImplementedError(…)` by your code, run the cell.
# 2. Run the `check` below it. It calls your function on fresh inputs, edge cases included, and says what it found:
#    passed, which mistake, or where your result first differs from the right one, and for which input. What your
#    function prints is shown for that input alone.
# 3. Change, run, check again, as often as you like. Each exercise stands alone.
#
# **Notation.** Vectors are rows. T steps ask, by queries $q_t$; S steps are asked, by keys $k_s$, and answer with values $v_s$. Steps,
# heads, columns and positions are counted from 0.

# %%
import numpy as np

from rnncourse.exercises import check

# %% [markdown]
# ## 17.1 · Scaled dot-product attention  (15 minutes)
#
# Lesson 11 compared one state of the decoder with the states of the encoder. Here every step has a query, and there are several heads
# side by side, which know nothing of each other. In each head
#
# $$w_{ts} = \operatorname{softmax}_s\Bigl(\frac{q_t \cdot k_s}{\sqrt{K}}\Bigr), \qquad o_t = \sum_s w_{ts}\, v_s,$$
#
# where the softmax runs over the keys that query t may see, and no other key has any weight. Write
# `attend(queries, keys, values, mask)`.
#
# - `queries`: array of shape (heads, T, K). `keys`: (heads, S, K). `values`: (heads, S, V). `mask`: truth values, shape (T, S), the
#   same for all heads: may query t see key s?
# - Returns a tuple of two arrays: the weights, (heads, T, S), and the outputs, (heads, T, V). A query that may see nothing has
#   weights and outputs of 0.
# - Mind: heads, T and S are equal in most inputs of the check.
# - Edge cases: more keys than queries, a single query, other K; all keys may be seen; scores of many thousands, whose exp no
#   computer can hold; a key with such a score that may *not* be seen; a query that may see nothing.
#
# One head, one query, K = 4, and three keys of which the last may not be seen:
#
# | key | q · k | / √4 | seen | exp | weight | value |
# | --- | --- | --- | --- | --- | --- | --- |
# | log 3, 0, 0, 0 | 2 log 3 | log 3 | yes | 3 | 3/4 | 4 |
# | 0, 1, 0, 0 | 0 | 0 | yes | 1 | 1/4 | 8 |
# | 9, 9, 9, 9 | 18 | 9 | no | | 0 | 100 |
#
# The output is 3/4 · 4 + 1/4 · 8 = 5.
#
# ```python
# >>> keys = np.array([[[np.log(3), 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [9.0, 9.0, 9.0, 9.0]]])
# >>> values, mask = np.array([[[4.0], [8.0], [100.0]]]), np.array([[True, True, False]])
# >>> weights, outputs = attend(np.array([[[2.0, 0.0, 0.0, 0.0]]]), keys, values, mask)
# >>> weights.round(3).tolist(), outputs.round(3).tolist()
# ([[[0.75, 0.25, 0.0]]], [[[5.0]]])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex17-1","locked":false,"schema_version":3,"solution":true}
def attend(queries, keys, values, mask):
    """weights (heads, T, S) and outputs (heads, T, V)."""
    ### BEGIN SOLUTION
    scores = queries @ keys.swapaxes(1, 2) / np.sqrt(queries.shape[-1])  # (heads, T, S)
    hidden = np.where(mask, scores, -np.inf)  # (T, S) meets the last two axes
    largest = np.where(mask.any(axis=1, keepdims=True), hidden.max(axis=-1, keepdims=True), 0.0)  # −∞ − −∞ is NaN
    parts = np.exp(hidden - largest)
    total = parts.sum(axis=-1, keepdims=True)
    weights = parts / np.where(total == 0, 1.0, total)  # nothing to see: 0 / 1
    return weights, weights @ values
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex17-1-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("17.1", attend)

# %% [markdown]
# ## 17.2 · Where am I?  (10 minutes)
#
# Attention does not know in which order the keys stand. So each step is told where it is, by D numbers that are added to it. Write
# `encode_positions(steps, units, start)`, the encoding of Vaswani et al. (2017). The step at position p has in columns 2i and 2i + 1
#
# $$\sin\Bigl(\frac{p}{10000^{2i/D}}\Bigr), \qquad \cos\Bigl(\frac{p}{10000^{2i/D}}\Bigr), \qquad i = 0, 1, \dots, D/2 - 1 .$$
#
# - `steps`: whole number T ≥ 1. `units`: even whole number D ≥ 2. `start`: whole number ≥ 0, the position of the first step: whoever
#   writes token by token has T = 1 and a larger start each time.
# - Returns an array of shape (T, D), for the positions start … start + T − 1.
# - Edge cases: a start of 0; one step; two units; positions in the thousands.
#
# Two steps from position 1 on, D = 4. Pair 0 divides by 1, pair 1 by 10000^(2/4) = 100:
#
# | position | column 0 | column 1 | column 2 | column 3 |
# | --- | --- | --- | --- | --- |
# | 1 | sin 1 = 0.841 | cos 1 = 0.540 | sin 0.01 = 0.010 | cos 0.01 = 0.99995 |
# | 2 | sin 2 = 0.909 | cos 2 = −0.416 | sin 0.02 = 0.020 | cos 0.02 = 0.9998 |
#
# ```python
# >>> encode_positions(steps=2, units=4, start=1).round(2).tolist()
# [[0.84, 0.54, 0.01, 1.0], [0.91, -0.42, 0.02, 1.0]]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex17-2","locked":false,"schema_version":3,"solution":true}
def encode_positions(steps, units, start):
    """The sinusoidal encoding (T, D) of the positions from start on."""
    ### BEGIN SOLUTION
    positions = np.arange(start, start + steps)[:, np.newaxis]  # (T, 1)
    angles = positions / 10_000 ** (np.arange(0, units, 2) / units)  # (T, D/2)
    return np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(steps, units)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex17-2-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("17.2", encode_positions)

# %% [markdown]
# ## 17.3 · Off by one  (15 minutes)
#
# A model that writes may not see what it has yet to write. A mask that is off by one either shows it the answer, and the loss looks
# wonderful, or hides the newest token, and the model is only a little worse than it could be; neither raises an error. Write
# `causal_mask(real, queries)`.
#
# - `real`: truth values, shape (B, S): which of the S steps of each text hold a token; the others are padding, and may stand
#   anywhere. `queries`: whole number T, 1 ≤ T ≤ S: only the **last** T steps ask; those before them were read earlier, and their
#   keys were kept.
# - Returns truth values of shape (B, T, S): may query t see key s? It may see each real step that does not come later than itself;
#   its own step is one of them, if that is real. What a query at padding sees does not matter to anyone: the same rule holds.
# - Edge cases: all steps ask; one alone asks; no padding; a text of one step.
#
# One text of four steps, of which the last two ask and step 1 is padding:
#
# | | key 0 | key 1 | key 2 | key 3 |
# | --- | --- | --- | --- | --- |
# | query 0, which is step 2 | sees | padding | sees: itself | later |
# | query 1, which is step 3 | sees | padding | sees | sees: itself |
#
# ```python
# >>> causal_mask(np.array([[True, False, True, True]]), queries=2).tolist()
# [[[True, False, True, False], [True, False, True, True]]]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex17-3","locked":false,"schema_version":3,"solution":true}
def causal_mask(real, queries):
    """May query t of text b see key s? (B, T, S)."""
    ### BEGIN SOLUTION
    steps = np.arange(real.shape[1])
    not_later = steps <= steps[-queries:, np.newaxis]  # (T, S)
    return not_later & real[:, np.newaxis]  # (B, 1, S)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex17-3-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("17.3", causal_mask)

# %% [markdown]
# ## 17.4 · One token more  (15 minutes)
#
# Under a causal mask the keys and values of old tokens never change. Whoever writes token by token keeps them, and computes one new row
# at each step. Write `decode_step(x_t, keys, values, filled, W_q, W_k, W_v)`, one head and one text:
#
# $$q = x_t W_q, \qquad k = x_t W_k, \qquad v = x_t W_v, \qquad o = \sum_s \operatorname{softmax}_s\Bigl(\frac{q \cdot k_s}
# {\sqrt{K}}\Bigr)\, v_s ,$$
#
# where s runs over all tokens there are, the new one included.
#
# - `x_t`: array of shape (D,), the new token. `keys`, `values`: arrays of shape (S, K), with room for S tokens, from the oldest to the
#   newest. Only the first `filled` rows hold tokens, 0 ≤ `filled` ≤ S; what stands in the rest means nothing. `W_q`, `W_k`, `W_v`: (D, K).
# - Returns a tuple of four: the output `o`, shape (K,); `keys` and `values` with the new token in the first free row, all else as it
#   was; `filled`, how many rows hold tokens now. If no row is free, the oldest token is given up: all rows move up by one, and the new
#   token stands last. The query sees what is in the cache then.
# - The arrays that come in may not change: work on copies.
# - Edge cases: an empty cache; a cache with one free row; NaN in the rest; a full cache; room for one token.
#
# Room for three tokens, one of them there, K = D = 1, $x_t = 1$, and kernels 1, log 3 and 8:
#
# | row | key | value | q · k / √1 | weight | |
# | --- | --- | --- | --- | --- | --- |
# | 0 | 0 | 4 | 0 | 1/4 | |
# | 1 | log 3 = 1.099 | 8 | log 3 | 3/4 | new |
# | 2 | 9 | 9 | | | free |
#
# The output is 1/4 · 4 + 3/4 · 8 = 7.
#
# ```python
# >>> cache = {"keys": np.array([[0.0], [9.0], [9.0]]), "values": np.array([[4.0], [9.0], [9.0]]), "filled": 1}
# >>> kernels = {"W_q": np.array([[1.0]]), "W_k": np.array([[np.log(3)]]), "W_v": np.array([[8.0]])}
# >>> o, keys, values, filled = decode_step(np.array([1.0]), **cache, **kernels)
# >>> o.round(3).tolist(), keys.round(3).tolist(), values.tolist(), int(filled)
# ([7.0], [[0.0], [1.099], [9.0]], [[4.0], [8.0], [9.0]], 2)
# ```


# %% nbgrader={"grade":false,"grade_id":"ex17-4","locked":false,"schema_version":3,"solution":true}
def decode_step(x_t, keys, values, filled, W_q, W_k, W_v):
    """The output (K,), both arrays of the cache, and how many of their rows hold tokens."""
    ### BEGIN SOLUTION
    keys, values = keys.copy(), values.copy()
    if filled == len(keys):  # no room: the oldest goes
        keys[:-1], values[:-1] = keys[1:].copy(), values[1:].copy()
        filled = filled - 1
    keys[filled], values[filled] = x_t @ W_k, x_t @ W_v
    filled = filled + 1
    scores = keys[:filled] @ (x_t @ W_q) / np.sqrt(keys.shape[1])  # (filled,): itself included
    parts = np.exp(scores - scores.max())
    return parts / parts.sum() @ values[:filled], keys, values, filled
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex17-4-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("17.4", decode_step)

# %% [markdown]
# ## Stuck, or done?
#
# In a terminal, `rnncourse solution 17.1` shows a worked answer and why it is right. Read it also when yours passed:
# the two may differ in an instructive way. Back to [lesson 17](../17_attention_and_the_transformer.ipynb).
