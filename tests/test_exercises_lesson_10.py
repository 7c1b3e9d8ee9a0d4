"""Exercises of lesson 10: right by scikit-learn and by Python's tokenize; answers beyond the listed mistakes."""

from __future__ import annotations

import numpy as np
import pytest
from exercise_answers import diagnose, inputs, right, told_what_helps
from sklearn.metrics import roc_auc_score

from rnncourse.datasets.python_labels import LABELS, label_python
from rnncourse.exercises.lesson_10 import areas, two_parts

CODE = [
    "f(\"'(\", [a, {b}], ')')",
    "x = g('it\"s', \"\\\"(\", '\\\\') + (1, [2])",
    "print('a', \"\", end='')",
]


def of_all_units(states, labels):
    return np.array([roc_auc_score(labels, values) for values in states.T])


# ── the references, beside an independent source ─────────────────────────────────────────────────────────────────────
def test_the_auc_is_that_of_scikit_learn():
    for seed in range(3):
        for case in inputs("10.1", seed):
            np.testing.assert_allclose(right("10.1", case), of_all_units(**case), atol=1e-12)


def test_the_best_unit_by_the_words_of_the_task():
    for seed in range(3):
        for case in inputs("10.2", seed):
            first = of_all_units(case["states"], case["labels"])
            second = of_all_units(case["new_states"], case["new_labels"])
            unit, auc = right("10.2", case)
            assert unit == np.argmax(np.maximum(first, 1 - first))
            assert auc == pytest.approx(second[unit] if first[unit] > 0.5 else 1 - second[unit])


def test_the_best_unit_is_not_tied_and_may_fail_on_the_second_part():
    scores = []
    for case in inputs("10.2") + inputs("10.2", 1):
        off = sorted(np.abs(areas.areas(case["states"], case["labels"]) - 0.5), reverse=True)
        assert len(off) == 1 or off[0] > off[1] + 1e-9
        scores.append(right("10.2", case)[1])
    assert min(scores) < 0.5 < max(scores)


def test_of_units_that_know_nothing_the_best_looks_well_above_chance():
    """What the explanation of 10.2 says of 256 units and 200 steps."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        labels = rng.permutation(np.arange(200) < 100)
        best = np.abs(areas.areas(rng.random((200, 256)), labels) - 0.5).max() + 0.5
        assert 0.58 < best < 0.67


def test_string_and_depth_are_the_courses_labels():
    texts = [case["text"] for case in inputs("10.3")] + CODE
    for text in texts:
        labels = label_python(text + "\n")[: len(text)]
        string, depth = right("10.3", {"text": text})
        np.testing.assert_array_equal(string, labels[:, LABELS.index("string")], err_msg=text)
        np.testing.assert_array_equal(depth, labels[:, LABELS.index("depth")], err_msg=text)


# ── inputs that can be shown and that tell mistakes apart ────────────────────────────────────────────────────────────
def test_texts_hold_brackets_in_strings_and_quotes_in_strings():
    texts = [case["text"] for case in inputs("10.3", count=40)[5:]]
    in_strings = [
        "".join(c for c, s in zip(text, right("10.3", {"text": text})[0], strict=True) if s) for text in texts
    ]
    assert sum(any(bracket in inside for bracket in "()[]{}") for inside in in_strings) > 15
    assert sum("'" in inside and '"' in inside for inside in in_strings) > 5


def test_a_far_value_misleads_correlations_in_some_inputs():
    chosen = [
        (np.argmax(np.abs(two_parts.correlation(case["states"], case["labels"]))), right("10.2", case)[0])
        for case in inputs("10.2", count=30)[4:]
    ]
    assert sum(one != other for one, other in chosen) > 5


# ── answers that beginners may give ──────────────────────────────────────────────────────────────────────────────────
def ranks_by_argsort(states, labels):
    positive, negative = labels.sum(), (~labels).sum()
    ranks = np.argsort(np.argsort(states, axis=0, kind="stable"), axis=0, kind="stable") + 1
    return (ranks[labels].sum(axis=0) - positive * (positive + 1) / 2) / (positive * negative)


def forgets_ties(states, labels):
    return np.array([np.mean([p > n for p in u[labels] for n in u[~labels]]) for u in states.T])


def draws_the_curve_from_the_first_threshold(states, labels):
    found = []
    for values in states.T:
        limits = sorted(set(values.tolist()), reverse=True)
        high = [np.mean(values[labels] >= limit) for limit in limits]
        false = [np.mean(values[~labels] >= limit) for limit in limits]
        area = sum((false[i] - false[i - 1]) * (high[i] + high[i - 1]) / 2 for i in range(1, len(limits)))
        found.append(float(area))
    return np.array(found)


def returns_a_list(states, labels):
    return right("10.1", {"states": states, "labels": labels}).tolist()


def takes_the_highest(states, labels, new_states, new_labels):
    unit = int(of_all_units(states, labels).argmax())
    return unit, float(of_all_units(new_states, new_labels)[unit])


def turns_both_parts(states, labels, new_states, new_labels):
    first, second = of_all_units(states, labels), of_all_units(new_states, new_labels)
    unit = int(np.maximum(first, 1 - first).argmax())
    return unit, float(max(second[unit], 1 - second[unit]))


def chooses_where_it_scores(states, labels, new_states, new_labels):
    second = of_all_units(new_states, new_labels)
    unit = int(np.abs(second - 0.5).argmax())
    return unit, float(max(second[unit], 1 - second[unit]))


def chooses_by_correlation(states, labels, new_states, new_labels):
    of_first = np.array([np.corrcoef(values, labels)[0, 1] if np.ptp(values) else 0.0 for values in states.T])
    unit = int(np.abs(of_first).argmax())
    new = of_all_units(new_states, new_labels)[unit]
    return unit, float(1 - new if of_all_units(states, labels)[unit] < 0.5 else new)


def counts_all_brackets(text):
    depth = np.cumsum([(c in "([{") - (c in ")]}") for c in text], dtype=int)
    return np.zeros(len(text), dtype=int), depth


def looks_back_for_the_backslash(text):
    string, depth, quote, opened = [], [], "", 0
    for i, c in enumerate(text):
        string.append(int(bool(quote) or c in "'\""))
        if quote:
            quote = "" if c == quote and text[i - 1] != "\\" else quote
        elif c in "'\"":
            quote = c
        else:
            opened += (c in "([{") - (c in ")]}")
        depth.append(opened)
    return np.array(string, dtype=int), np.array(depth, dtype=int)


def labels_with_truths(text):
    string, depth = right("10.3", {"text": text})
    return string == 1, depth


ANSWERS = [
    ("10.1", forgets_ties, "Ties count as lost"),
    ("10.1", ranks_by_argsort, "Equal values got different ranks"),
    ("10.1", draws_the_curve_from_the_first_threshold, "Your curve does not begin at (0, 0)"),
    ("10.1", returns_a_list, "received a list"),
    ("10.1", lambda **case: right("10.1", case) + 1, "unit 0 has the values ["),
    ("10.2", takes_the_highest, "You take the highest AUC"),
    ("10.2", turns_both_parts, "The score is turned round whenever it is below 0.5"),
    ("10.2", chooses_where_it_scores, "The unit is chosen on the part on which it is scored"),
    ("10.2", chooses_by_correlation, "The unit is chosen by its correlation"),
    ("10.2", lambda **case: (right("10.2", case)[0], right("10.2", case)[1] + 1), "have the AUCs ["),
    ("10.3", counts_all_brackets, "No character counts as in a string"),
    ("10.3", looks_back_for_the_backslash, "Right, but for two backslashes"),
    ("10.3", labels_with_truths, "expected an array of whole numbers, received truth values"),
    ("10.3", lambda **case: tuple(part + 1 for part in right("10.3", case)), "Without its strings, this text is"),
]


test_an_answer_is_told_what_helps = told_what_helps(ANSWERS)


def test_ranks_shared_among_ties_pass():
    from scipy.stats import rankdata

    def by_ranks(states, labels):
        positive, negative = labels.sum(), (~labels).sum()
        ranks = rankdata(states, axis=0)
        return (ranks[labels].sum(axis=0) - positive * (positive + 1) / 2) / (positive * negative)

    for seed in range(10):
        assert diagnose("10.1", by_ranks, seed).status == "passed"
