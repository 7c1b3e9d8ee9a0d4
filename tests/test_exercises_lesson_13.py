"""Exercises of lesson 13: right by ``scratch`` cells and SciPy; answers beyond the listed mistakes."""

from __future__ import annotations

import numpy as np
import pytest
from exercise_answers import changed, diagnose, inputs, right, told_what_helps
from scipy import stats

from rnncourse import scratch
from rnncourse.exercises.lesson_13 import cell, comparing, conversion, counts, verdicts


# ── the references, beside an independent source ─────────────────────────────────────────────────────────────────────
def one_step(x, h, kernel, recurrent_kernel, bias):
    """By the GRU of the package."""
    layer = scratch.GRU(len(kernel), len(recurrent_kernel))
    layer.set_weights([kernel, recurrent_kernel, bias])
    return scratch.forward(layer, x[:, np.newaxis], initial_state=h).final_state


def test_the_step_is_that_of_the_package():
    for case in inputs("13.1"):
        np.testing.assert_allclose(right("13.1", case), one_step(*case.values()), atol=1e-12)


def size(kind, features, units):
    return sum(weight.size for weight in kind(features, units).weights)


def test_the_counts_are_those_of_the_package():
    kinds = scratch.SimpleRNN, scratch.LSTM, scratch.GRU
    for case in inputs("13.2", count=12):
        reads = [case["features"], *case["units"][:-1]]
        for kind, count, widest in zip(kinds, *right("13.2", case), strict=True):
            assert count == sum(size(kind, D, H) for D, H in zip(reads, case["units"], strict=True))
            assert widest == 0 or size(kind, case["features"], widest) <= case["budget"]
            assert size(kind, case["features"], widest + 1) > case["budget"]


def theirs(x, h, w_ih, w_hh, b_ih, b_hh, order, z_keeps):
    """A step as the other libraries write it, with columns."""
    read = dict(zip(order, np.split(w_ih @ x + b_ih, 3), strict=True))
    recalled = dict(zip(order, np.split(w_hh @ h + b_hh, 3), strict=True))
    z, r = (1 / (1 + np.exp(-read[gate] - recalled[gate])) for gate in "zr")
    h_tilde = np.tanh(read["h"] + r * recalled["h"])
    return z * h + (1 - z) * h_tilde if z_keeps else (1 - z) * h + z * h_tilde


def test_converted_weights_give_the_same_step():
    rng = np.random.default_rng(2)
    for case in inputs("13.3"):
        x, h = rng.normal(size=case["w_ih"].shape[1]), rng.normal(size=case["w_hh"].shape[1])
        (ours,) = np.asarray(one_step(x[np.newaxis], h[np.newaxis], *right("13.3", case)))
        np.testing.assert_allclose(ours, theirs(x, h, **case), atol=1e-12)


def test_the_intervals_are_those_of_a_paired_t_test():
    for case in inputs("13.4")[5:]:
        interval, _ = right("13.4", case)
        for (low, high), ours, rival in zip(interval, case["errors"], case["rival"], strict=True):
            expected = stats.ttest_rel(ours, rival).confidence_interval(0.95)
            np.testing.assert_allclose([low, high], [expected.low, expected.high], rtol=1e-3)


def test_the_quantiles_are_those_of_student():
    for runs, quantile in verdicts._QUANTILES.items():
        assert quantile == pytest.approx(stats.t.ppf(0.975, runs - 1), abs=1e-3)


def test_every_verdict_is_drawn_and_means_what_its_name_says():
    for kind in verdicts._KINDS:
        case = verdicts._runs(np.random.default_rng(0), kinds=(kind,))
        assert right("13.4", case)[1].tolist() == ["no worse" if kind == "slightly worse" else kind]
    said = [text for seed in range(3) for case in inputs("13.4", seed)[5:] for text in right("13.4", case)[1]]
    shares = {text: said.count(text) / len(said) for text in set(said)}
    assert set(shares) == {"better", "no worse", "worse", "open"}
    assert min(shares.values()) > 0.1


@pytest.mark.parametrize(
    ("id", "unchanged"),
    [
        ("13.1", cell.gru_with()),
        ("13.2", counts._counts),
        ("13.3", conversion._converted),
        ("13.4", comparing.compared),
    ],
)
def test_the_mistakes_are_changes_of_something_right(id, unchanged):
    assert diagnose(id, unchanged).status == "passed"


# ── what the student is told ─────────────────────────────────────────────────────────────────────────────────────────
def step_by(places=(0, 1, 2), mix=lambda z, h, new: z * h + (1 - z) * new, after=True, rows=(0, 1)):
    def answer(x_t, h, kernel, recurrent_kernel, bias):
        n = h.shape[1]
        W, U, b, b_h = (
            [part[..., place * n : (place + 1) * n] for place in places]
            for part in (kernel, recurrent_kernel, bias[rows[0]], bias[rows[1]])
        )
        with np.errstate(all="ignore"):
            z, r = (1 / (1 + np.exp(-(x_t @ W[g] + b[g] + h @ U[g] + b_h[g]))) for g in (0, 1))
            recalled = r * (h @ U[2] + b_h[2]) if after else (r * h) @ U[2] + b_h[2]
            return mix(z, h, np.tanh(x_t @ W[2] + b[2] + recalled))

    return answer


def counted(blocks=(1, 4, 3), biases=(1, 4, 6), search=lambda n: n):
    def answer(features, units, budget):
        def layer(D, H, k):
            return blocks[k] * (D + H) * H + biases[k] * H

        totals = [sum(layer(D, H, k) for D, H in zip([features, *units], units, strict=False)) for k in range(3)]
        widest = [search(max(H for H in range(500) if layer(features, H, k) <= budget)) for k in range(3)]
        return np.array(totals), np.array(widest)

    return answer


def converted(negate=("z",), biases=np.stack, sign=lambda z_keeps: 1 if z_keeps else -1):
    def answer(w_ih, w_hh, b_ih, b_hh, order, z_keeps):
        def blocks(array):
            parts = dict(zip(order, np.split(array, 3), strict=True))
            return np.concatenate([parts[g] * (sign(z_keeps) if g in negate else 1) for g in "zrh"])

        return blocks(w_ih).T, blocks(w_hh).T, biases([blocks(b_ih), blocks(b_hh)])

    return answer


def judged(say, deviation=lambda apart: apart.std(axis=1, ddof=1) / apart.shape[1] ** 0.5):
    def answer(errors, rival, quantile, margin):
        apart = errors - rival
        mean, half = apart.mean(axis=1), quantile * deviation(apart)
        ends = np.stack([mean - half, mean + half], axis=1)
        limit = margin * rival.mean(axis=1)
        return ends, np.array([say(low, high, each) for (low, high), each in zip(ends, limit, strict=True)])

    return answer


def absent(low, high, limit):
    return "better" if high < 0 else "worse" if low > 0 else "no worse"


ANSWERS = [
    ("13.1", step_by(mix=lambda z, h, new: (1 - z) * h + z * new), "Your z writes where Keras' z keeps"),
    ("13.1", step_by(places=(1, 0, 2)), "Reset and update gate have changed places"),
    ("13.1", step_by(after=False), "The reset gate stands before the product"),
    ("13.1", step_by(rows=(1, 0)), "The two rows of bias have changed places"),
    ("13.1", step_by(rows=(0, 0)), "The first sequence of this input has z = ["),
    ("13.1", lambda **case: right("13.1", case) + 1, "The first sequence of this input has z = ["),
    ("13.2", counted(biases=(1, 4, 3)), "Your GRU has one bias for each score"),
    ("13.2", counted(biases=(2, 8, 6)), "Your LSTM or your simple cell has two biases"),
    ("13.2", counted(search=lambda n: n + 1), "widest is one too large"),
    ("13.2", changed("13.2", 0), "In the first layer alone the simple cell"),
    ("13.3", converted(negate=()), "z still writes where it wrote before"),
    ("13.3", converted(negate=("z", "r")), "More than z has changed its sign"),
    ("13.3", converted(biases=sum), "The two biases are added"),
    ("13.3", converted(sign=lambda z_keeps: -1), "You turn z round in every case"),
    ("13.3", changed("13.3", 2), "Here stand z in rows"),
    ("13.4", judged(absent), "you say *no worse* because 0 lies inside"),
    ("13.4", judged(comparing.judge, lambda apart: apart.std(axis=1, ddof=1)), "not where the mean does"),
    (
        "13.4",
        judged(comparing.judge, lambda apart: apart.std(axis=1) / apart.shape[1] ** 0.5),
        "The standard deviation divides by S.",
    ),
    ("13.4", judged(lambda *ends: comparing.judge(*ends).upper()), "Task by task, the differences have means ["),
]


test_an_answer_is_told_what_helps = told_what_helps(ANSWERS)
