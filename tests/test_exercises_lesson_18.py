"""Exercises of lesson 18: right by the course's own layers and by SciPy; answers beyond the listed mistakes."""

from __future__ import annotations

import numpy as np
import pytest
from exercise_answers import changed, diagnose, inputs, right, told_what_helps

from rnncourse import scratch
from rnncourse.exercises.lesson_18 import comparing, multiply_adds, state_bytes


# ── the references, beside an independent source ─────────────────────────────────────────────────────────────────────
def test_recurrent_states_are_those_of_the_package():
    for case in inputs("18.1", count=10):
        units, layers = case["units"], case["layers"]
        for place, make in enumerate((scratch.SimpleRNN, scratch.LSTM, scratch.GRU)):
            state = scratch.forward(make(units, units), np.zeros((1, 3, units))).final_state
            numbers = sum(np.size(part) for part in (state if isinstance(state, list) else [state]))
            assert right("18.1", case)[0][place] == layers * numbers * case["bits"] / 8


def test_the_longest_text_fits_and_the_next_does_not():
    for case in inputs("18.1"):
        longest = right("18.1", case)[1]
        taken = [right("18.1", case | {"context": longest + more})[0][4] for more in (0, 1)]
        assert (longest == 0 or taken[0] <= case["room"]) and taken[1] > case["room"]


def test_the_work_of_recurrent_layers_is_that_of_their_kernels():
    for case in inputs("18.2", count=10):
        units = case["units"]
        for place, make in enumerate((scratch.SimpleRNN, scratch.LSTM, scratch.GRU)):
            weights = sum(kernel.size for kernel in make(units, units).weights[:2])
            token, text = (part[place] for part in right("18.2", case))
            assert token == case["layers"] * weights
            assert text == case["context"] * token


def test_a_text_is_the_sum_of_its_tokens():
    for case in inputs("18.2", count=10):
        tokens = [right("18.2", case | {"context": n})[0] for n in range(1, case["context"] + 1)]
        np.testing.assert_array_equal(right("18.2", case)[1], np.sum(tokens, axis=0))


def test_the_work_of_a_transformer_block_is_that_of_its_kernels_and_of_the_tokens_it_sees():
    keras = pytest.importorskip("keras")
    for case in inputs("18.2", count=6)[-2:]:
        units, hidden, context, heads = (case[name] for name in ("units", "hidden", "context", "heads"))
        attention = keras.layers.MultiHeadAttention(heads, units // heads)
        dense = [keras.layers.Dense(hidden), keras.layers.Dense(units)]
        attention.build((None, None, units), (None, None, units))
        dense[0].build((None, units))
        dense[1].build((None, hidden))
        kernels = [w for layer in (attention, *dense) for w in layer.get_weights() if w.size > hidden + units]
        expected = sum(kernel.size for kernel in kernels) + 2 * heads * (units // heads) * context
        assert len(kernels) == 6
        assert right("18.2", case)[0][4] == case["layers"] * expected


def test_intervals_are_those_of_scipy():
    stats = pytest.importorskip("scipy.stats")
    for case in inputs("18.3"):
        chosen, errors, behind, may_be_best = right("18.3", case)
        runs = case["test"][np.arange(len(chosen)), chosen]
        best = runs[errors.argmin()]
        for own, end, still in zip(runs, behind, may_be_best, strict=True):
            if np.array_equal(own, best):
                assert end == 0 and still
                continue
            interval = stats.ttest_rel(own, best).confidence_interval(0.95)
            assert end == pytest.approx(interval.low, abs=1e-3)
            assert still == (end <= 0)


def test_a_rate_that_diverged_is_never_chosen():
    for case in inputs("18.3"):
        chosen = right("18.3", case)[0]
        assert np.isfinite(case["validation"][np.arange(len(chosen)), chosen]).all()
        assert np.isfinite(right("18.3", case)[1]).all()


def test_verdicts_are_mixed_and_the_test_would_choose_otherwise():
    cases = [case for seed in range(5) for case in inputs("18.3", seed)[6:]]
    others = [right("18.3", case)[3].sum() for case in cases]
    assert {1, 2, 3} == set(others)
    differs = [(case["test"].mean(axis=2).argmin(axis=1) != right("18.3", case)[0]).any() for case in cases]
    assert np.mean(differs) > 0.2


@pytest.mark.parametrize(
    ("id", "unchanged"),
    [("18.1", state_bytes._sizes), ("18.2", multiply_adds._work), ("18.3", comparing.compared)],
)
def test_the_mistakes_are_changes_of_something_right(id, unchanged):
    for seed in range(3):
        assert diagnose(id, unchanged, seed).status == "passed"


# ── what the student is told ─────────────────────────────────────────────────────────────────────────────────────────
def kept(lstm=2, cache=2, old=1, size=lambda bits: bits / 8, longest=lambda room, token: room // token):
    def answer(units, layers, context, heads, kernel_size, bits, room):
        counts = np.array([1, lstm, 1, kernel_size - old, cache * context])
        token = int(cache * units * layers * size(bits))
        return np.int64(counts * units * layers * size(bits)), int(longest(room, token))

    return answer


def worked(dense=4, seen=2, hidden_layers=2, total=lambda n: n * (n + 1) // 2, biases=0):
    def answer(units, hidden, layers, context, heads, kernel_size):
        square = units * units
        base = dense * square + hidden_layers * units * hidden
        token = np.array([2 * square, 8 * square, 6 * square, kernel_size * square, base + seen * context * units])
        token[:3] += biases * np.array([1, 4, 3]) * units
        text = context * token
        text[4] = context * base + seen * units * total(context)
        return layers * token, layers * text

    return answer


def compares(by=lambda validation, test: validation.mean(2), ddof=1, reach=lambda s: s**0.5, paired=True):
    def answer(validation, test, quantile):
        with np.errstate(all="ignore"):
            means = by(validation, test)
            means[np.isnan(means)] = np.inf
            chosen = means.argmin(1)
            runs = test[range(len(test)), chosen]
            best = runs[runs.mean(1).argmin()]
            apart = runs - (best if paired else best.mean())
            behind = apart.mean(1) - quantile * apart.std(1, ddof=ddof) / reach(runs.shape[1])
        return chosen, runs.mean(1), behind, behind <= 0

    return answer


@pytest.mark.parametrize(("id", "answer"), [("18.1", kept()), ("18.2", worked()), ("18.3", compares())])
def test_other_right_answers_pass(id, answer):
    for seed in range(5):
        assert diagnose(id, answer, seed).status == "passed"


ANSWERS = [
    ("18.1", kept(lstm=1), "Your LSTM keeps one vector"),
    ("18.1", kept(cache=1), "Your cache holds the keys, or the values, but not both"),
    ("18.1", kept(old=0), "Your convolution keeps as many inputs as its kernel is wide"),
    ("18.1", kept(size=lambda bits: bits), "These are numbers, or bits, but not bytes"),
    ("18.1", kept(size=lambda bits: 4), "Every number has 4 bytes"),
    ("18.1", kept(longest=lambda room, token: -(-room // token)), "longest is one too large"),
    ("18.1", kept(longest=lambda room, token: (room - 1) // token), "taken to the last byte"),
    ("18.1", changed("18.1", 0), "In a layer the simple cell"),
    ("18.1", lambda **case: (right("18.1", case)[0] / 1, right("18.1", case)[1]), "received real numbers"),
    ("18.2", worked(dense=3), "Your Transformer layer has too few kernels"),
    ("18.2", worked(seen=1), "Your attention multiplies once for each token"),
    ("18.2", worked(hidden_layers=0), "The two dense layers behind the attention are missing"),
    ("18.2", worked(total=lambda n: n * n), "in your text every one of them sees the whole of it"),
    ("18.2", worked(total=lambda n: n * (n - 1) // 2), "you take half of n²"),
    ("18.2", worked(biases=1), "Gates, biases or activations are counted as well"),
    ("18.2", changed("18.2", 0), "A layer costs at the last token"),
    ("18.3", compares(lambda validation, test: test.mean(2)), "You choose by the test errors"),
    ("18.3", compares(lambda validation, test: validation.min(2)), "the rate of the best single run"),
    ("18.3", compares(ddof=0), "the standard deviation divides by S"),
    ("18.3", compares(reach=lambda s: s), "the deviation is divided by S, not by its root"),
    ("18.3", compares(reach=lambda s: 1), "where a single run may lie"),
    ("18.3", compares(lambda validation, test: np.nanmean(validation, 2)), "you leave its NaN out"),
    ("18.3", compares(paired=False), "as if the runs of two architectures had nothing to do with each other"),
    ("18.3", changed("18.3", 1), "The means of validation are ["),
]


test_an_answer_is_told_what_helps = told_what_helps(ANSWERS)
