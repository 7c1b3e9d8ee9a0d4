# %% [markdown]
# # Exercises 09 · Language models
#
# Four functions around a language model: what its loss is worth in bits and perplexity, probabilities at a temperature,
# the nucleus to draw from, and a text cut so that a carried state fits: about 40 minutes of work. They go with
# [lesson 09](../09_language_models.ipynb) and need NumPy alone.
#
# 1. Read the task, replace the line `raise NotImplementedError(…)` by your code, run the cell.
# 2. Run the `check` below it. It calls your function on fresh inputs, edge cases included, and says what it found:
#    passed, which mistake, or where your result first differs from the right one, and for which input.
# 3. Change, run, check again, as often as you like. Each exercise stands alone.
#
# **Notation.** A batch has B rows of T steps; the vocabulary has V tokens. A **score** (also called logit) is what the
# network puts out for a token, any real number; the softmax makes probabilities of the V scores of a step.

# %%
import numpy as np

from rnncourse.exercises import check

# %% [markdown]
# ## 09.1 · Nats, bits, perplexity  (10 minutes)
#
# A language model gives every character that comes a probability. How good is it? One number in three units. Write
# `nats_bits_perplexity(probabilities, mask)`.
#
# - `probabilities`: array of shape (B, T), the probability that the model gave to the character that really came. `mask`:
#   shape (B, T), True for real steps, False for padding. What stands in `probabilities` at padded steps means nothing.
# - Returns an array of shape (3,). First the **cross-entropy in nats** per character: the mean of −ln p over all real steps of
#   the batch, each with the same weight. Then the same **in bits**: the mean of −log₂ p. Then the **perplexity**: the
#   exponential of the nats.
# - Edge cases: padded steps with probability 0; a model that is certain and right; one that holds every character for
#   equally likely; no padding; one step.
#
# Two sequences, the second with two padded steps:
#
# | | probabilities | −log₂ p |
# | --- | --- | --- |
# | row 0 | 0.5, 0.25, 0.25 | 1, 2, 2 |
# | row 1 | 0.125, padding, padding | 3 |
#
# Four real steps cost 8 bits, 2 each. In nats that is 2 · ln 2 = 1.386, and the perplexity is 4: the model was as unsure as
# if it chose among four equally likely characters.
#
# ```python
# >>> probabilities = np.array([[0.5, 0.25, 0.25], [0.125, 0.9, 0.9]])
# >>> mask = np.array([[True, True, True], [True, False, False]])
# >>> nats_bits_perplexity(probabilities, mask).round(3).tolist()
# [1.386, 2.0, 4.0]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex09-1","locked":false,"schema_version":3,"solution":true}
def nats_bits_perplexity(probabilities, mask):
    """Nats per character, bits per character and perplexity, shape (3,)."""
    ### BEGIN SOLUTION
    nats = -np.log(probabilities[mask]).mean()  # the real steps of all rows, one long list
    return np.array([nats, nats / np.log(2), np.exp(nats)])
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex09-1-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("09.1", nats_bits_perplexity)

# %% [markdown]
# ## 09.2 · Temperature  (10 minutes)
#
# Before a token is drawn, one number makes the model bolder or wilder: a low temperature gives nearly all the probability to
# the likeliest tokens, a high one makes all alike. Write `with_temperature(scores, temperature)`.
#
# - `scores`: array of shape (B, V), raw scores; no two of a row are equal. `temperature`: real number ≥ 0.
# - Returns the probabilities at this temperature, shape (B, V): $\operatorname{softmax}(\text{scores} / \text{temperature})$,
#   each row for itself. At temperature 0 it is the limit: probability 1 for the highest score of the row, 0 for all others.
# - Edge cases: temperature 0; temperature 1; scores of a thousand, where `np.exp` overflows; a vocabulary of one token. No result
#   is NaN.
#
# Two tokens with the scores 0 and ln 9 = 2.197. The second is nine times as likely as the first:
#
# | temperature | scores / temperature | probabilities |
# | --- | --- | --- |
# | 1 | 0, 2.197 | 0.1, 0.9 |
# | 2 | 0, 1.099 | 0.25, 0.75 |
# | 0.5 | 0, 4.394 | 0.012, 0.988 |
# | 0 | | 0, 1 |
#
# ```python
# >>> scores = np.array([[0.0, np.log(9.0)]])
# >>> [with_temperature(scores, temperature).round(3).tolist() for temperature in (1.0, 2.0, 0.5, 0.0)]
# [[[0.1, 0.9]], [[0.25, 0.75]], [[0.012, 0.988]], [[0.0, 1.0]]]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex09-2","locked":false,"schema_version":3,"solution":true}
def with_temperature(scores, temperature):
    """Probabilities (B, V), each row for itself."""
    ### BEGIN SOLUTION
    below = scores - scores.max(axis=1, keepdims=True)  # at most 0: then no exponential overflows
    if temperature == 0:
        return (below == 0).astype(float)
    parts = np.exp(below / temperature)
    return parts / parts.sum(axis=1, keepdims=True)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex09-2-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("09.2", with_temperature)

# %% [markdown]
# ## 09.3 · The nucleus: top-p  (10 minutes)
#
# A vocabulary has a long tail: many tokens, each hardly ever right, together drawn quite often. **Top-p** or nucleus sampling
# (Holtzman et al. 2020) cuts it off. Write `top_p(probabilities, p)`.
#
# - `probabilities`: array of shape (V,), they sum to 1. Those above 0 are all different. `p`: real number, 0 < p ≤ 1.
# - The **nucleus**: as few tokens as possible, the likeliest, that together have a probability of *at least* p.
# - Returns an array of shape (V,), in the order of the vocabulary: 0 for a token that is not in the nucleus; for the others
#   their probabilities, all multiplied by one factor, so that they sum to 1 again.
# - Edge cases: the likeliest token alone has p or more; a sum that is p exactly; p = 1; tokens with probability 0; a vocabulary
#   of one token.
#
# Four tokens; from the likeliest down the sums are 0.5, 0.8, 0.95, 1:
#
# | token | 0 | 1 | 2 | 3 |
# | --- | --- | --- | --- | --- |
# | probability | 0.05 | 0.5 | 0.15 | 0.3 |
# | p = 0.7 | 0 | 0.5 / 0.8 = 0.625 | 0 | 0.3 / 0.8 = 0.375 |
# | p = 0.4 | 0 | 1 | 0 | 0 |
#
# ```python
# >>> probabilities = np.array([0.05, 0.5, 0.15, 0.3])
# >>> [top_p(probabilities, p).round(3).tolist() for p in (0.7, 0.4)]
# [[0.0, 0.625, 0.0, 0.375], [0.0, 1.0, 0.0, 0.0]]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex09-3","locked":false,"schema_version":3,"solution":true}
def top_p(probabilities, p):
    """Probabilities (V,): those of the nucleus, summing to 1, and 0 elsewhere."""
    ### BEGIN SOLUTION
    order = np.argsort(-probabilities)  # the likeliest first
    ranked = probabilities[order]
    before = np.cumsum(ranked) - ranked  # what those in front of each token have together
    kept = np.zeros(probabilities.shape)
    kept[order] = np.where(before < p, ranked, 0.0)
    return kept / kept.sum()
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex09-3-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("09.3", top_p)

# %% [markdown]
# ## 09.4 · Streams that go on  (10 minutes)
#
# A stateful network begins each batch with the states that it had at the end of the last one. For that to make sense, row b of
# a batch must go on where row b of the batch before ended. Write `streams(ids, batch, steps)`.
#
# - `ids`: array of shape (n,), whole numbers, a text. `batch`: whole number ≥ 1, rows of a batch. `steps`: whole number ≥ 1, T, steps
#   of a piece. n is more than batch · steps.
# - The text is cut into `batch` **streams** of the same length, one after the other, and each stream into pieces of `steps` ids.
#   There are as many pieces P as possible; every id in them needs a target, the id that comes next in the text. What is
#   left over at the end of the text is left out.
# - Returns a tuple of two arrays of whole numbers, shape (P, batch, steps). `x`: entry k is batch k, whose row b holds piece k of
#   stream b. `y`: the targets, one later in the text than `x`.
# - Edge cases: one row; one step; one piece; a text that P pieces would fill to the last id, which then has no target; one id more.
#
# A text of 14 ids, two rows, three steps. Two pieces of each stream need 12 ids and one more as the last target:
#
# | | batch 0 | batch 1 | left out |
# | --- | --- | --- | --- |
# | row 0 | 10, 11, 12 | 13, 14, 15 | |
# | row 1 | 16, 17, 18 | 19, 20, 21 | 22 (a target alone), 23 |
#
# ```python
# >>> x, y = streams(np.arange(10, 24), batch=2, steps=3)
# >>> x.tolist()
# [[[10, 11, 12], [16, 17, 18]], [[13, 14, 15], [19, 20, 21]]]
# >>> y[1].tolist()
# [[14, 15, 16], [20, 21, 22]]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex09-4","locked":false,"schema_version":3,"solution":true}
def streams(ids, batch, steps):
    """x and y, each (P, batch, steps): row b of batch k + 1 goes on from row b of batch k."""
    ### BEGIN SOLUTION
    pieces = (len(ids) - 1) // (batch * steps)  # the last id can be a target alone
    n = pieces * batch * steps

    def cut(part):
        return part.reshape(batch, pieces, steps).swapaxes(0, 1)  # (n,) → (batch, P, steps) → (P, batch, steps)

    return cut(ids[:n]), cut(ids[1 : n + 1])
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex09-4-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("09.4", streams)

# %% [markdown]
# ## Stuck, or done?
#
# In a terminal, `rnncourse solution 09.1` shows a worked answer and why it is right. Read it also when yours passed:
# the two may differ in an instructive way. Back to [lesson 09](../09_language_models.ipynb).
