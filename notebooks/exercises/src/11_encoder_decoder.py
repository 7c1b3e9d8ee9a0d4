# %% [markdown]
# # Exercises 11 · Many-to-many: encoder–decoder
#
# Three functions of an encoder–decoder: a source turned round without its padding, attention with a mask, and a beam search:
# about 45 minutes of work. They go with [lesson 11](../11_encoder_decoder.ipynb) and need NumPy alone.
#
# 1. Read the task, replace the line `raise NotImplementedError(…)` by your code, run the cell.
# 2. Run the `check` below it. It calls your function on fresh inputs, edge cases included, and says what it found:
#    passed, which mistake, or where your result first differs from the right one, and for which input.
# 3. Change, run, check again, as often as you like. Each exercise stands alone.
#
# **Notation.** A batch has B sources of at most S tokens; a state has H units. The **memory** is the encoder's states at all
# positions of the source, shape (B, S, H). Logarithms are natural: ln p.

# %%
import numpy as np

from rnncourse.exercises import check

# %% [markdown]
# ## 11.1 · The source backwards  (5 minutes)
#
# A network with one vector for the whole source does better when it reads the source backwards. In a batch the sources have
# different lengths. Write `reversed_sources(x)`.
#
# - `x`: array of shape (B, S), ids; behind its own tokens each row is padded with 0. No token has the id 0.
# - Returns an array of whole numbers, shape (B, S): each row's tokens in reverse order, and the padding *behind* them, as before.
# - Edge cases: no padding; a row of padding alone; one token; one row. Do not change `x` itself.
#
# | a row | reversed |
# | --- | --- |
# | 3, 7, 5, 0, 0 | 5, 7, 3, 0, 0 |
# | 8, 4, 0, 0, 0 | 4, 8, 0, 0, 0 |
#
# ```python
# >>> reversed_sources(np.array([[3, 7, 5, 0, 0], [8, 4, 0, 0, 0]])).tolist()
# [[5, 7, 3, 0, 0], [4, 8, 0, 0, 0]]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex11-1","locked":false,"schema_version":3,"solution":true}
def reversed_sources(x):
    """x (B, S) with each row's tokens in reverse order, and its padding at the end."""
    ### BEGIN SOLUTION
    lengths = np.count_nonzero(x, axis=1)[:, np.newaxis]  # (B, 1)
    places = lengths - 1 - np.arange(x.shape[1])  # (B, S): where step t takes its token from; below 0 in the padding
    return np.where(places >= 0, np.take_along_axis(x, np.maximum(places, 0), axis=1), 0)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex11-1-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("11.1", reversed_sources)

# %% [markdown]
# ## 11.2 · Attention with a mask  (15 minutes)
#
# One step of a decoder looks at the whole source. The score of a position is here the plain **dot product** of the decoder's state
# with the encoder's (Luong et al. 2015), $e_j = s \cdot h_j$. Write `attend(states, memory, mask)`.
#
# - `states`: array of shape (B, H), the decoder's state s for each row. `memory`: shape (B, S, H), the encoder's states $h_j$.
#   `mask`: shape (B, S), True for real positions, False for padding. Each row has at least one real position. What stands in
#   `memory` at padded positions means nothing.
# - Returns a tuple of two arrays. `weights`, shape (B, S): the softmax of a row's scores over its *real* positions; exactly 0 for
#   padding, so that the real ones sum to 1. `context`, shape (B, H): the mean of the row's memory with these weights.
# - Edge cases: scores in the thousands, where `np.exp` overflows; a padded position whose score would be the highest by far; no
#   padding; one position; one unit.
#
# One row, state (ln 3, 0) = (1.0986, 0), with three positions, of which the last is padding:
#
# | position | memory | score | exp | weight |
# | --- | --- | --- | --- | --- |
# | 0 | (1, 2) | ln 3 | 3 | 0.75 |
# | 1 | (0, 6) | 0 | 1 | 0.25 |
# | padding | (5, 5) | | | 0 |
#
# The context is 0.75 · (1, 2) + 0.25 · (0, 6) = (0.75, 3).
#
# ```python
# >>> states, mask = np.array([[np.log(3.0), 0.0]]), np.array([[True, True, False]])
# >>> memory = np.array([[[1.0, 2.0], [0.0, 6.0], [5.0, 5.0]]])
# >>> weights, context = attend(states, memory, mask)
# >>> weights.round(6).tolist(), context.round(6).tolist()
# ([[0.75, 0.25, 0.0]], [[0.75, 3.0]])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex11-2","locked":false,"schema_version":3,"solution":true}
def attend(states, memory, mask):
    """weights (B, S) and context (B, H)."""
    ### BEGIN SOLUTION
    scores = (memory @ states[:, :, np.newaxis])[..., 0]  # (B, S, H) @ (B, H, 1) → (B, S)
    scores = np.where(mask, scores, -np.inf)  # exp(−∞) = 0
    parts = np.exp(scores - scores.max(axis=1, keepdims=True))  # the largest is exp(0): nothing overflows
    weights = parts / parts.sum(axis=1, keepdims=True)
    return weights, (weights[..., np.newaxis] * memory).sum(axis=1)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex11-2-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("11.2", attend)

# %% [markdown]
# ## 11.3 · Beam search  (25 minutes)
#
# A decoder is asked for the next token again and again. Here it is a table, in which the next token depends on the one before
# alone. Write `beam_search(first, following, width, length)`.
#
# - `first`: array of shape (V,), the probabilities of the first token. `following`: shape (V, V); row k holds the probabilities
#   of the token that comes *after* token k. All are above 0. Token 0 is the **end**. `width`, `length`: whole numbers ≥ 1.
# - A **hypothesis** is a row of tokens; its value on the way is the sum of their ln p. The search begins with one, the empty one. Each
#   step:
#   1. every open hypothesis is continued by every token, which gives the candidates;
#   2. the best candidates are kept, by their sum, as many as there are places: `width` less the number of hypotheses that have
#      ended;
#   3. those that end with token 0 have **ended**. They are not continued, and keep their places for good.
#
#   It is over after `length` steps, or when no hypothesis is open.
# - Then all that are left, ended or open, are ranked by their **score**: the sum divided by the number of tokens, the end
#   included.
# - Returns a tuple of two arrays, the best hypothesis first. `tokens`: whole numbers, shape (N, length), the N hypotheses that are
#   left, each up to and with its end and filled up with −1. `scores`: shape (N,).
# - Edge cases: width 1; length 1; a width that has room for all; an end that is very likely at once. No two candidates are
#   tied.
#
# Three tokens, width 2, length 2. The first step keeps [1], and [0], which has ended. So one place is left for the second step:
#
# | token | 0, the end | 1 | 2 |
# | --- | --- | --- | --- |
# | first | **0.3** | **0.5** | 0.2 |
# | following token 1 | 0.2 | 0.2 | **0.6** |
#
# [1, 2] has the score (ln 0.5 + ln 0.6) / 2 = −0.602, and [0] has ln 0.3 = −1.204:
#
# ```python
# >>> first, following = np.array([0.3, 0.5, 0.2]), np.array([[0.4, 0.3, 0.3], [0.2, 0.2, 0.6], [0.3, 0.5, 0.2]])
# >>> tokens, scores = beam_search(first, following, width=2, length=2)
# >>> tokens.tolist(), scores.round(3).tolist()
# ([[1, 2], [0, -1]], [-0.602, -1.204])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex11-3","locked":false,"schema_version":3,"solution":true}
def beam_search(first, following, width, length):
    """tokens (N, length) and scores (N,), the best hypothesis first."""
    ### BEGIN SOLUTION
    hypotheses, ended = [(0.0, [])], []  # each with its sum of ln p
    for _ in range(length):
        candidates = []
        for total, tokens in hypotheses:
            row = following[tokens[-1]] if tokens else first
            candidates += [(total + np.log(row[token]), [*tokens, token]) for token in range(len(row))]
        candidates.sort(key=lambda candidate: candidate[0], reverse=True)
        kept = candidates[: width - len(ended)]
        ended = ended + [candidate for candidate in kept if candidate[1][-1] == 0]
        hypotheses = [candidate for candidate in kept if candidate[1][-1] != 0]
    ranked = sorted(((total / len(tokens), tokens) for total, tokens in ended + hypotheses), reverse=True)
    filled = [tokens + [-1] * (length - len(tokens)) for _, tokens in ranked]
    return np.array(filled), np.array([score for score, _ in ranked])
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex11-3-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("11.3", beam_search)

# %% [markdown]
# ## Stuck, or done?
#
# In a terminal, `rnncourse solution 11.3` shows a worked answer and why it is right. Read it also when yours passed:
# the two may differ in an instructive way. Back to [lesson 11](../11_encoder_decoder.ipynb).
