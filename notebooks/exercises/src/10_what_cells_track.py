# %% [markdown]
# # Exercises 10 · What cells track, and tagging
#
# Three functions that ask what single units of a network know about a text: the AUC, the best unit by an honest choice, and
# the labels that such a question needs: about 40 minutes of work. They go with
# [lesson 10](../10_what_cells_track.ipynb) and need NumPy alone.
#
# 1. Read the task, replace the line `raise NotImplementedError(…)` by your code, run the cell.
# 2. Run the `check` below it. It calls your function on fresh inputs, edge cases included, and says what it found:
#    passed, which mistake, or where your result first differs from the right one, and for which input.
# 3. Change, run, check again, as often as you like. Each exercise stands alone.
#
# **Notation.** A network with H units has read a text of n steps: `states` holds its states, shape (n, H), one column a unit.
# `labels`, shape (n,), says of each step whether something holds, True or False: that the character stands in a string, say.
# Both values occur.

# %%
import numpy as np

from rnncourse.exercises import check

# %% [markdown]
# ## 10.1 · The AUC of every unit  (15 minutes)
#
# Does a unit know the label? Take one step where the label is True and one where it is False: does the first have the larger
# value? The share of all such **pairs** for which it has is the **AUC**, the area under the ROC curve. Write `auc(states, labels)`.
#
# - `states`: array of shape (n, H). `labels`: shape (n,), truth values.
# - Returns an array of shape (H,): for each unit the share of pairs, one step with the label True and one with False, in which
#   the step with True has the larger value. A pair of **equal** values counts one half.
# - It may be found by comparing all pairs, or by ranks.
# - Edge cases: no ties; a unit that always has the same value; one step of either label; a unit that orders all pairs rightly, and
#   one that orders none.
#
# One unit, five steps; two are True and three False, which makes six pairs:
#
# | | True: 0.7 | True: 0.2 |
# | --- | --- | --- |
# | False: 0.1 | 1 | 1 |
# | False: 0.2 | 1 | 0.5 |
# | False: 0.5 | 1 | 0 |
#
# 4.5 of 6 are 0.75. A second unit, with the values turned round, has 0.25:
#
# ```python
# >>> values, labels = np.array([0.1, 0.7, 0.2, 0.2, 0.5]), np.array([False, True, True, False, False])
# >>> auc(np.stack([values, -values], axis=1), labels).tolist()
# [0.75, 0.25]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex10-1","locked":false,"schema_version":3,"solution":true}
def auc(states, labels):
    """For each unit (H,): the share of pairs that it orders rightly."""
    ### BEGIN SOLUTION
    apart = states[labels][:, np.newaxis] - states[~labels]  # (P, N, H): every pair, every unit
    return (apart > 0).mean(axis=(0, 1)) + 0.5 * (apart == 0).mean(axis=(0, 1))
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex10-1-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("10.1", auc)

# %% [markdown]
# ## 10.2 · The best unit, honestly  (10 minutes)
#
# Which unit knows the label best? Among hundreds one always looks good by luck. So the unit is chosen on one part of the text
# and scored on another. Write `best_unit(states, labels, new_states, new_labels)`.
#
# - `states`: array of shape (n, H), `labels`: shape (n,), the first part, on which you choose. `new_states`: shape (m, H),
#   `new_labels`: shape (m,), the second part, on which you score.
# - A unit that is *low* where the label is True knows it as well as one that is high. So the best unit is the one whose AUC on the
#   first part lies farthest from 0.5, above or below. No two are equally far.
# - Returns a tuple. `unit`, a whole number: the best unit, counted from 0. `auc`, a real number: its AUC on the second part; if the
#   unit is **upside down**, its AUC on the *first* part below 0.5, then 1 minus that.
# - The AUC is that of 10.1, in which ties count one half; if you have solved it, you may call it.
# - Edge cases: one unit; a unit that is perfect and never above 0; a unit that goes the other way on the second part, so that its
#   score is below 0.5.
#
# Three units. Unit 0 lies farthest from 0.5 on the first part, and it is upside down. That unit 2 would win on the second part
# nobody could know:
#
# | unit | AUC on the first part | on the second |
# | --- | --- | --- |
# | 0 | 0 | 0.25 |
# | 1 | 0.75 | 0.5 |
# | 2 | 0.5 | 1 |
#
# ```python
# >>> states = np.array([[0.1, 0.9, 0.2], [0.2, 0.3, 0.2], [0.5, 0.4, 0.2], [0.6, 0.2, 0.2]])
# >>> new_states = np.array([[0.1, 0.3, 0.9], [0.5, 0.3, 0.8], [0.4, 0.3, 0.3], [0.7, 0.3, 0.2]])
# >>> labels = np.array([True, True, False, False])
# >>> best_unit(states, labels, new_states, labels)
# (0, 0.75)
# ```


# %% nbgrader={"grade":false,"grade_id":"ex10-2","locked":false,"schema_version":3,"solution":true}
def best_unit(states, labels, new_states, new_labels):
    """The best unit of the first part, and its AUC on the second."""
    ### BEGIN SOLUTION
    def area(values, truth):
        apart = values[truth][:, np.newaxis] - values[~truth]  # (P, N, H)
        return ((apart > 0) + 0.5 * (apart == 0)).mean(axis=(0, 1))

    first = area(states, labels)
    unit = int(np.argmax(np.abs(first - 0.5)))
    new = float(area(new_states, new_labels)[unit])
    return unit, new if first[unit] > 0.5 else 1 - new  # which way it goes, the first part says
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex10-2-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("10.2", best_unit)

# %% [markdown]
# ## 10.3 · In a string, and how deep  (15 minutes)
#
# Before one can ask what a unit knows, somebody must say what is true. Here are two of the labels of
# `datasets.python_labels`, for a line of Python. Write `string_and_depth(text)`.
#
# - `text`: a string, code without comments. Every bracket and every quote that is opened is closed.
# - Returns a tuple of two arrays of whole numbers, shape (len(text),). `string`: 1 for a character in a string, its two quotes
#   included, else 0. `depth`: how many brackets `(`, `[`, `{` are open *after* the character. Brackets in a string do not count.
# - A string begins with `'` or `"`, and the next quote of the *same* kind ends it. In a string, a backslash takes away the meaning
#   of the character behind it, so `\'` does not end it; that character may also be a backslash.
# - Edge cases: the empty text; no string; a backslash before a quote; two backslashes before a quote.
#
# | character | f | ( | " | ' | [ | " | , | [ | a | ] | ) |
# | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
# | string | 0 | 0 | 1 | 1 | 1 | 1 | 0 | 0 | 0 | 0 | 0 |
# | depth | 0 | 1 | 1 | 1 | 1 | 1 | 1 | 2 | 2 | 1 | 0 |
#
# ```python
# >>> string, depth = string_and_depth("f(\"'[\",[a])")
# >>> string.tolist()
# [0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0]
# >>> depth.tolist()
# [0, 1, 1, 1, 1, 1, 1, 2, 2, 1, 0]
# ```


# %% nbgrader={"grade":false,"grade_id":"ex10-3","locked":false,"schema_version":3,"solution":true}
def string_and_depth(text):
    """string and depth, each (len(text),), for each character."""
    ### BEGIN SOLUTION
    string, depth = np.zeros(len(text), dtype=int), np.zeros(len(text), dtype=int)
    quote, opened, i = "", 0, 0
    while i < len(text):
        string[i] = bool(quote) or text[i] in "'\""
        if quote and text[i] == "\\":
            depth[i] = opened
            i += 1  # on to the character behind it, which means nothing
            string[i] = 1
        elif quote:
            quote = "" if text[i] == quote else quote
        elif text[i] in "'\"":
            quote = text[i]
        else:
            opened += (text[i] in "([{") - (text[i] in ")]}")
        depth[i] = opened
        i += 1
    return string, depth
    ### END SOLUTION


# %% nbgrader={"grade":true,"grade_id":"ex10-3-check","locked":true,"points":2,"schema_version":3,"solution":false}
check("10.3", string_and_depth)

# %% [markdown]
# ## Stuck, or done?
#
# In a terminal, `rnncourse solution 10.2` shows a worked answer and why it is right. Read it also when yours passed:
# the two may differ in an instructive way. Back to [lesson 10](../10_what_cells_track.ipynb).
