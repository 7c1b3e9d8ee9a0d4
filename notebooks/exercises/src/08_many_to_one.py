# %% [markdown]
# # Exercises 08 · Many-to-one
#
# Five functions about sequences that become one answer: three ways to read it from the states, attention, what a bag of
# words can reach at best, forecasts by rule of thumb, and reviews that a bag cannot tell apart: about 65 minutes of work.
# They go with [lesson 08](../08_many_to_one.ipynb) and need NumPy alone.
#
# 1. Read the task, replace the line `raise NotImplementedError(…)` by your code, run the cell.
# 2. Run the `check` below it. It calls your function on fresh inputs, edge cases included, and says what it found:
#    passed, which mistake, or where your result first differs from the right one, and for which input. What your
#    function prints is shown for that input alone.
# 3. Change, run, check again, as often as you like. Each exercise stands alone.
#
# **Notation.** B is the number of rows of a batch, T of steps, H of units. `states`, shape (B, T, H), are a recurrent layer's
# outputs at all steps; `mask`, shape (B, T), is True where a step is real. Padding may stand at the end, in front or in
# between, and at padded steps the states hold any numbers. In 08.1 and 08.2 B, T and H are equal in most inputs of the check: a
# wrong axis then gives no error, only wrong numbers. All are counted from 0.

# %%
import numpy as np

from rnncourse.exercises import check

# %% [markdown]
# ## 08.1 · What the answer is read from  (15 minutes)
#
# A review has become a state for every word, and one vector is to be made of them. Write `pooled(states, mask)`, which does
# it in three ways.
#
# - `states`: array of real numbers, shape (B, T, H). `mask`: array of truth values, shape (B, T).
# - Returns a tuple of three arrays of shape (B, H). `last`: the state of each row's last real step. `mean`: for each unit, the
#   mean over the real steps of the row. `largest`: for each unit, the largest value over the real steps of the row.
# - Edge cases: no padding at all; a row with a single real step; a row without any, whose three vectors are zeros.
#
# One row of four steps and one unit; the last step is padded, and so is the one in between:
#
# | step | 0 | 1 | 2 | 3 | last | mean | largest |
# | --- | --- | --- | --- | --- | --- | --- | --- |
# | real | True | False | True | False | | | |
# | state | −0.1 | 0.8 | −0.5 | 0.9 | −0.5 | −0.3 | −0.1 |
#
# ```python
# >>> states, mask = np.array([[[-0.1], [0.8], [-0.5], [0.9]]]), np.array([[True, False, True, False]])
# >>> last, mean, largest = pooled(states, mask)
# >>> last.tolist(), mean.tolist(), largest.tolist()
# ([[-0.5]], [[-0.3]], [[-0.1]])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex08-1","locked":false,"schema_version":3,"solution":true}
def pooled(states, mask):
    """last, mean and largest, each (B, H), over the steps that are real."""
    ### BEGIN SOLUTION
    real = mask[..., np.newaxis]  # (B, T, 1): to stand beside (B, T, H)
    counts = real.sum(axis=1)  # (B, 1)
    place = mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1)  # (B,): the first True from behind
    last = states[np.arange(len(states)), place]
    mean = np.where(real, states, 0).sum(axis=1) / np.maximum(counts, 1)
    largest = np.where(real, states, -np.inf).max(axis=1)
    return np.where(counts > 0, last, 0.0), mean, np.where(counts > 0, largest, 0.0)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex08-1-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("08.1", pooled)

# %% [markdown]
# ## 08.2 · Attention pooling  (15 minutes)
#
# Here the network itself says how much each step counts:
#
# $$e_t = \tanh(h_t\,W + b) \cdot v, \qquad a_t = \frac{\exp e_t}{\sum_s \exp e_s}, \qquad y = \sum_t a_t\, h_t ,$$
#
# with sums over the real steps alone. Write `attention_pooling(states, mask, kernel, bias, score_kernel)`.
#
# - `states` and `mask` as above; each row has a real step. `kernel`: $W$, shape (H, U). `bias`: $b$, shape (U,).
#   `score_kernel`: $v$, shape (U,).
# - Returns a tuple of two arrays. `weights`, shape (B, T): $a_t$, 0 at padded steps. `pooled`, shape (B, H): $y$ of each row.
# - Mind: U is often H in the check.
# - Edge cases: scores of a thousand and more, above or below 0, whose exp no computer can hold; padding with the largest
#   score of its row.
#
# Three steps of one unit, the middle one is padded. With $W = 1$, $b = 0$ and $v = 2$:
#
# | step | 0 | 1 | 2 |
# | --- | --- | --- | --- |
# | state | 0.5 | 0.9 | −0.5 |
# | score | 2 tanh(0.5) = 0.924 | 2 tanh(0.9) = 1.433 | −0.924 |
# | exp | 2.52 | padding | 0.397 |
# | weight | 2.52 / 2.917 = 0.864 | 0 | 0.397 / 2.917 = 0.136 |
#
# and y = 0.864 · 0.5 − 0.136 · 0.5 = 0.364.
#
# ```python
# >>> states, mask = np.array([[[0.5], [0.9], [-0.5]]]), np.array([[True, False, True]])
# >>> weights, y = attention_pooling(states, mask, np.array([[1.0]]), np.array([0.0]), np.array([2.0]))
# >>> weights.round(3).tolist(), y.round(3).tolist()
# ([[0.864, 0.0, 0.136]], [[0.364]])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex08-2","locked":false,"schema_version":3,"solution":true}
def attention_pooling(states, mask, kernel, bias, score_kernel):
    """weights (B, T) of the steps, and the states' weighted mean (B, H)."""
    ### BEGIN SOLUTION
    scores = np.tanh(states @ kernel + bias) @ score_kernel  # (B, T)
    scores = np.where(mask, scores, -np.inf)  # exp makes 0 of it
    grown = np.exp(scores - scores.max(axis=1, keepdims=True))  # the largest becomes 1: nothing overflows
    weights = grown / grown.sum(axis=1, keepdims=True)
    return weights, np.einsum("bt,bth->bh", weights, states)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex08-2-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("08.2", attention_pooling)

# %% [markdown]
# ## 08.3 · What a bag of words can reach  (10 minutes)
#
# Two reviews with the same words, each as often, in another order, are one and the same to a **bag of words**. If one praises
# and the other blames, it gets one of them wrong, however it was trained. Write `limits_of_a_bag(texts, y)`, which says of a
# set of reviews what that costs.
#
# - `texts`: list of texts, words with a space in between. `y`: array of whole numbers, one for each text, 1 for praise and 0
#   for blame.
# - Returns a tuple of two. `rivals`, an array of whole numbers, one for each text: how many of the others have the same bag
#   and the other label. `best`, a whole number: how many of the texts a model can get right at most if it sees nothing but
#   bags.
# - Edge cases: no rivals at all; one text; every text twice; words of the same letters, such as *live* and *vile*.
#
# Five reviews; the first three are the same bag, in which two praise and one blames:
#
# | text | label | rivals | a bag says at best |
# | --- | --- | --- | --- |
# | not dull but fine | 1 | 1 | praise, right |
# | fine but not dull | 1 | 1 | praise, right |
# | dull but not fine | 0 | 2 | praise, wrong |
# | not dull | 1 | 0 | praise, right |
# | not not dull | 0 | 0 | blame, right |
#
# ```python
# >>> texts = ["not dull but fine", "fine but not dull", "dull but not fine", "not dull", "not not dull"]
# >>> rivals, best = limits_of_a_bag(texts, np.array([1, 1, 0, 1, 0]))
# >>> rivals.tolist(), best
# ([1, 1, 2, 0, 0], 4)
# ```


# %% nbgrader={"grade":false,"grade_id":"ex08-3","locked":false,"schema_version":3,"solution":true}
def limits_of_a_bag(texts, y):
    """rivals of each text, and how many texts a model of bags can get right at most."""
    ### BEGIN SOLUTION
    bags = [tuple(sorted(text.split())) for text in texts]
    votes = {bag: [0, 0] for bag in bags}  # how many blame, how many praise
    for bag, label in zip(bags, y, strict=True):
        votes[bag][label] += 1
    rivals = np.array([votes[bag][1 - label] for bag, label in zip(bags, y, strict=True)])
    return rivals, sum(map(max, votes.values()))
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex08-3-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("08.3", limits_of_a_bag)

# %% [markdown]
# ## 08.4 · As last season  (10 minutes)
#
# Two rules of thumb that every forecaster must beat. A value is to be forecast `horizon` steps ahead: the value at place t is
# forecast when the places up to t − `horizon` are known, and no others. Write `rules_of_thumb(series, first, period, horizon)`.
#
# - `series`: array of real numbers, shape (N,). `first`: whole number below N; the places first … N − 1 are to be forecast,
#   each from its own past. `period`: whole number ≥ 1, the steps of a season. `horizon`: whole number ≥ 1; it may be longer
#   than a season. `first` is so large that all that is needed exists.
# - Returns a tuple of three arrays. `naive`, shape (N − first,): for each target the last value that is known. `seasonal`, the
#   same shape: the latest *known* value that lies a whole number of periods before the target. `rmse`, shape (2,): for naive
#   and for seasonal the root of the mean square of forecast minus truth.
# - Edge cases: a horizon of 1; one that is exactly a period; a period of 1, in which both rules are the same; one target.
#
# Half-years, a period of 2; the last two are forecast 3 steps ahead, from the places 0 … 1 and 0 … 2:
#
# | place | 0 | 1 | 2 | 3 | 4 | 5 |
# | --- | --- | --- | --- | --- | --- | --- |
# | value | 5 | 1 | 6 | 2 | 8 | 3 |
# | naive | | | | | 1 | 6 |
# | seasonal | | | | | 5 | 1 |
#
# For place 4 the value at 2 would be of the same season, but it is not known yet.
#
# ```python
# >>> series = np.array([5.0, 1.0, 6.0, 2.0, 8.0, 3.0])
# >>> naive, seasonal, rmse = rules_of_thumb(series, first=4, period=2, horizon=3)
# >>> naive.tolist(), seasonal.tolist(), rmse.round(3).tolist()
# ([1.0, 6.0], [5.0, 1.0], [5.385, 2.55])
# ```


# %% nbgrader={"grade":false,"grade_id":"ex08-4","locked":false,"schema_version":3,"solution":true}
def rules_of_thumb(series, first, period, horizon):
    """naive and seasonal forecasts of the places from first on, and the RMSE of both."""
    ### BEGIN SOLUTION
    targets = np.arange(first, len(series))
    back = -(-horizon // period) * period  # as few whole periods as lead to what is known: rounded up
    forecasts = np.stack([series[targets - horizon], series[targets - back]])  # (2, N - first)
    rmse = np.sqrt(np.mean((forecasts - series[first:]) ** 2, axis=1))
    return forecasts[0], forecasts[1], rmse
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex08-4-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("08.4", rules_of_thumb)

# %% [markdown]
# ## 08.5 · Two reviews with the same words  (15 minutes)
#
# Build for each review another one that a bag of words cannot tell from it, although it says the opposite: its **twin**. The
# reviews are short notes of two clauses with *, but* between them, such as *Good tea, but room not warm.* Each clause holds one
# opinion, a word of praise or of blame, and a *not* right before it turns what the clause says. The clause after *but* decides
# about the review. Write `twins(reviews, praise, blame)`.
#
# - `reviews`: list of texts. Each begins with a capital letter, ends with a full stop and has no other of either; *, but* comes
#   once, and *not* at most once in a clause. `praise`, `blame`: lists of words.
# - A twin has the same words, each as often. Where the clauses disagree, they change places. Where they agree and one of them
#   holds *not*, this moves to the other one, before its opinion. Where they agree and *not* stands in neither or in both, there
#   is no twin.
# - Returns a tuple of two arrays. `twins`, texts: for each review its twin, with a capital letter at the beginning, no other, and
#   a full stop at the end; `""` where there is none. `verdicts`, whole numbers: for each review 1 if it praises, 0 if it blames.
# - Edge cases: no twin at all; the same opinion in both clauses; *another* and *notes*, which hold no *not*; commas, or a second
#   *but*, within a clause.
#
# | review | clauses say | verdict | twin |
# | --- | --- | --- | --- |
# | Good tea, but beds cold. | praise, blame | 0 | Beds cold, but good tea. |
# | Not dull food, but tea good. | praise, praise | 1 | Dull food, but tea not good. |
# | Good food, but tea warm. | praise, praise | 1 | |
#
# ```python
# >>> reviews = ["Good tea, but beds cold.", "Not dull food, but tea good.", "Good food, but tea warm."]
# >>> found, verdicts = twins(reviews, praise=["good", "warm"], blame=["cold", "dull"])
# >>> found.tolist()
# ['Beds cold, but good tea.', 'Dull food, but tea not good.', '']
# >>> verdicts.tolist()
# [0, 1, 1]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex08-5","locked":false,"schema_version":3,"solution":true}
def twins(reviews, praise, blame):
    """The twin of each review, "" where there is none, and whether each review praises."""
    ### BEGIN SOLUTION
    found, verdicts = [], []
    for review in reviews:
        clauses = [clause.split() for clause in review.lower()[:-1].split(", but ")]
        negated = ["not" in clause for clause in clauses]
        praises = [any(w in praise for w in clause) != turned for clause, turned in zip(clauses, negated, strict=True)]
        verdicts.append(int(praises[1]))
        if praises[0] != praises[1]:
            clauses.reverse()
        elif negated[0] != negated[1]:
            source, target = clauses if negated[0] else clauses[::-1]
            source.remove("not")
            opinion = next(w for w in target if w in praise or w in blame)
            target.insert(target.index(opinion), "not")
        else:
            found.append("")
            continue
        found.append(", but ".join(" ".join(clause) for clause in clauses).capitalize() + ".")
    return np.array(found), np.array(verdicts)
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex08-5-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("08.5", twins)

# %% [markdown]
# ## Stuck, or done?
#
# In a terminal, `rnncourse solution 08.1` shows a worked answer and why it is right. Read it also when yours passed:
# the two may differ in an instructive way. Back to [lesson 08](../08_many_to_one.ipynb).
