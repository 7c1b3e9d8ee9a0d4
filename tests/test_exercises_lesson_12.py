"""Exercises of lesson 12: right by ``scratch.LSTM`` and finite differences; answers beyond the listed mistakes."""

from __future__ import annotations

import numpy as np
import pytest
from exercise_answers import changed, diagnose, inputs, right, told_what_helps

from rnncourse import scratch
from rnncourse.exercises.lesson_12 import cell, conversion, counting, derivative, forget_bias, wiring


# ── the references, beside an independent source ─────────────────────────────────────────────────────────────────────
def lstm(kernel, recurrent_kernel, bias):
    layer = scratch.LSTM(len(kernel), len(recurrent_kernel))
    layer.set_weights([kernel, recurrent_kernel, bias])
    return layer


def one_step(layer, x, h, c):
    return scratch.forward(layer, x[:, np.newaxis], initial_state=[h, c])


def test_the_step_is_that_of_the_package():
    for case in inputs("12.1"):
        x, h, c, *weights = case.values()
        expected = one_step(lstm(*weights), x, h, c).final_state
        for one, other in zip(right("12.1", case), expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-12)


def one_hot(tokens, count):
    return np.eye(count)[tokens]


def test_counter_and_latch_keep_what_they_should():
    rng = np.random.default_rng(0)
    for case in inputs("12.2", count=10):
        tokens = rng.integers(0, case["tokens"], (8, 12))
        outputs = scratch.forward(lstm(*right("12.2", case)), one_hot(tokens, case["tokens"])).outputs
        for row, said in zip(tokens.tolist(), outputs, strict=True):
            for t, h in enumerate(said):
                since = row[: t + 1][::-1]
                since = since[: since.index(case["reset"])] if case["reset"] in since else since
                count = since.count(case["counted"])
                np.testing.assert_allclose(h, np.tanh([0.1 * count, min(count, 1)]), atol=0.01)


def test_weights_are_run_as_the_package_runs_them():
    rng = np.random.default_rng(1)
    weights = rng.normal(size=(5, 8)), rng.normal(size=(2, 8)), rng.normal(size=8)
    tokens = counting.read_by_both(5, 10)
    expected = scratch.forward(lstm(*weights), one_hot(tokens, 5)).outputs
    np.testing.assert_allclose(wiring.run(*weights, tokens), expected, atol=1e-12)


def test_what_both_read_holds_every_token():
    for tokens in range(2, 13):
        read = counting.read_by_both(tokens, wiring.STEPS)
        assert set(read.ravel()) == set(range(tokens))
        assert max(np.bincount(row).max() for row in read) >= 8


def slopes(function, at, step=1e-6):
    """[j, k]: how entry k moves with entry j, by central differences."""
    moved = [(function(at + step * way) - function(at - step * way)) / (2 * step) for way in np.eye(len(at))]
    return np.array(moved)


def test_the_derivatives_are_those_of_finite_differences():
    """Inputs and weights of the scores are not given: the gates are reached by a bias."""
    for case in inputs("12.3"):
        recurrent_kernel, c = case["recurrent_kernel"], case["c_before"]
        h = case["o_before"] * np.tanh(c)
        scores = [np.log(case["i"] / (1 - case["i"])), np.log(case["f"] / (1 - case["f"]))]
        scores += [np.arctanh(case["c_tilde"]), np.zeros(len(c))]
        layer = lstm(np.zeros((1, 4 * len(c))), recurrent_kernel, np.concatenate(scores) - h @ recurrent_kernel)

        def after(c_before, h_before, layer=layer):
            return one_step(layer, np.zeros((1, 1)), h_before[np.newaxis], c_before[np.newaxis]).final_state[1][0]

        held, total = right("12.3", case)
        np.testing.assert_allclose(held, slopes(lambda now, h=h: after(now, h), c), atol=1e-6)
        in_all = slopes(lambda now, o=case["o_before"]: after(now, o * np.tanh(now)), c)
        np.testing.assert_allclose(total, in_all, atol=1e-6)


def test_the_biases_keep_their_shares():
    for case in inputs("12.4", count=8):
        lags, share, bias = case.values()
        for lag, needed, kept in zip(lags, *right("12.4", case), strict=True):
            if lag > 1000:
                continue
            for b, left in ((needed, share), (bias, kept)):
                layer = lstm(np.zeros((1, 4)), np.zeros((1, 4)), np.array([-50.0, b, 0.0, 0.0]))
                run = scratch.forward(layer, np.zeros((1, lag, 1)), initial_state=[np.zeros((1, 1)), np.ones((1, 1))])
                np.testing.assert_allclose(run.final_state[1].item(), left, rtol=1e-6)


def theirs(x, h, c, w_ih, w_hh, b_ih, b_hh, order):
    """A step as the other libraries write it, with columns."""
    blocks = np.split(w_ih @ x + b_ih + w_hh @ h + b_hh, 4)
    score = dict(zip(order, blocks, strict=True))
    i, f, o = (1 / (1 + np.exp(-score[gate])) for gate in "ifo")
    c = f * c + i * np.tanh(score["c"])
    return o * np.tanh(c), c


def test_converted_weights_give_the_same_step():
    rng = np.random.default_rng(2)
    for case in inputs("12.5"):
        units, features = case["w_hh"].shape[1], case["w_ih"].shape[1]
        x, h, c = rng.normal(size=features), rng.normal(size=units), rng.normal(size=units)
        ours = one_step(lstm(*right("12.5", case)), x[np.newaxis], h[np.newaxis], c[np.newaxis]).final_state
        for one, other in zip(ours, theirs(x, h, c, **case), strict=True):
            np.testing.assert_allclose(one[0], other, atol=1e-12)


@pytest.mark.parametrize(
    ("id", "unchanged"),
    [
        ("12.1", cell.lstm_with()),
        ("12.2", wiring.wire),
        ("12.3", derivative._with()),
        ("12.4", forget_bias._right_otherwise()),
        ("12.4", forget_bias._right_otherwise(lambda share, lag: forget_bias._logit(forget_bias._root(share, lag)))),
        ("12.5", conversion._converted),
    ],
)
def test_the_mistakes_are_changes_of_something_right(id, unchanged):
    assert diagnose(id, unchanged).status == "passed"


# ── other right answers ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("strength", [7.0, 20.0, 1000.0])
def test_any_strength_that_shuts_the_gates_passes(strength):
    assert diagnose("12.2", lambda **case: wiring.wire(**case, strength=strength)).status == "passed"


def test_an_open_input_gate_passes_where_the_candidate_is_zero():
    assert diagnose("12.2", lambda **case: wiring.wire(**case, always_write=True)).status == "passed"


# ── what the student is told ─────────────────────────────────────────────────────────────────────────────────────────
def step_by(blocks=(0, 1, 2, 3), show=np.tanh, gate=lambda a: 1 / (1 + np.exp(-a)), keep=lambda f, i: f):
    def answer(x_t, h, c, kernel, recurrent_kernel, bias):
        units = h.shape[1]
        a = x_t @ kernel + h @ recurrent_kernel + bias
        with np.errstate(all="ignore"):
            i, f, c_tilde, o = (a[:, place * units : (place + 1) * units] for place in blocks)
            c_t = keep(gate(f), gate(i)) * c + gate(i) * np.tanh(c_tilde)
            return gate(o) * show(c_t), c_t

    return answer


def wired(change):
    def answer(**case):
        kernel, recurrent_kernel, bias = right("12.2", case)
        change(kernel, recurrent_kernel, bias, case)
        return kernel, recurrent_kernel, bias

    return answer


def weak(kernel, recurrent_kernel, bias, case):
    kernel[:, [0, 1, 2, 3, 6, 7]] /= 5
    bias /= 5


def no_reset(kernel, recurrent_kernel, bias, case):
    kernel[case["reset"]] = 0


def adds(kernel, recurrent_kernel, bias, case):
    kernel[case["counted"], 3] = 0


def never_shown(kernel, recurrent_kernel, bias, case):
    bias[6:] = -10


def writes_at_reset(kernel, recurrent_kernel, bias, case):
    kernel[case["reset"], [0, 4]] = 20, 3


def derivatives(slope=lambda gate: gate * (1 - gate), show=lambda c, o: o * (1 - np.tanh(c) ** 2)):
    def answer(i, f, c_tilde, c_before, o_before, recurrent_kernel):
        n = len(f)
        through = np.zeros((n, n))
        for part, block in ((slope(i) * c_tilde, 0), (slope(f) * c_before, 1), (i * (1 - c_tilde**2), 2)):
            through += recurrent_kernel[:, block * n : (block + 1) * n] * part
        held = f * np.eye(n)
        return held, held + np.diag(show(c_before, o_before)) @ through

    return answer


def remembers(needed=lambda gate: np.log(gate / (1 - gate)), gate=lambda share, lags: share ** (1 / lags)):
    def answer(lags, share, bias):
        return needed(gate(share, lags)), (1 / (1 + np.exp(-bias))) ** lags

    return answer


def fetched(place):
    def answer(w_ih, w_hh, b_ih, b_hh, order):
        def moved(array):
            return np.vstack([np.split(array, 4)[place(order, k)] for k in range(4)])

        bias = np.concatenate([np.split(b_ih + b_hh, 4)[place(order, k)] for k in range(4)])
        return moved(w_ih).T, moved(w_hh).T, bias

    return answer


ANSWERS = [
    ("12.1", step_by(blocks=(1, 0, 2, 3)), "Forget gate and input gate have changed places"),
    ("12.1", step_by(blocks=(0, 1, 3, 2)), "The last two blocks have changed places"),
    ("12.1", step_by(show=lambda c: c), "The tanh around c is missing in h"),
    ("12.1", step_by(gate=np.tanh), "Your gates have passed a tanh"),
    ("12.1", step_by(keep=lambda f, i: 1 - i), "you have coupled the two gates"),
    ("12.1", step_by(gate=lambda a: np.exp(a) / (1 + np.exp(a))), "the sigmoid divides infinity by infinity"),
    ("12.1", changed("12.1", 1), "The first sequence of this input has i = ["),
    ("12.2", wired(weak), "Your gates are only half shut or half open"),
    ("12.2", wired(no_reset), "The reset resets nothing"),
    ("12.2", wired(adds), "Your latch counts, in steps of 1"),
    ("12.2", wired(never_shown), "The output gate is half open, or shut"),
    ("12.2", wired(writes_at_reset), "the counter's h should be 0.0, it is"),
    ("12.2", lambda **case: tuple(part.T for part in right("12.2", case)), "expected shape ("),
    ("12.2", changed("12.2", 1, lambda part: part + np.nan), "expected 0.0, received nan"),
    ("12.3", derivatives(slope=lambda gate: 1.0), "The slopes of the gates are missing"),
    ("12.3", derivatives(show=lambda c, o: 1 - np.tanh(c) ** 2), "the output gate of the step before is missing"),
    ("12.3", derivatives(show=lambda c, o: 0.0 * c), "Your total is the derivative with h held"),
    ("12.3", lambda **case: (case["f"], right("12.3", case)[1]), "expected shape ("),
    ("12.3", changed("12.3", 1), "Here ∂h_{t−1}/∂c_{t−1} is, unit by unit, ["),
    ("12.4", remembers(needed=lambda gate: gate), "the logit is missing"),
    ("12.4", remembers(needed=lambda gate: np.log((1 - gate) / gate)), "The sign of needed is wrong"),
    ("12.4", remembers(gate=lambda share, lags: share + 0 / lags), "a *single* step"),
    ("12.4", remembers(needed=lambda gate: np.log10(gate / (1 - gate))), "has the wrong base"),
    ("12.4", changed("12.4", 1, lambda part: part / 2), "the gate must stand at"),
    ("12.5", fetched(lambda order, k: k), "The blocks stand in the order in which they came"),
    ("12.5", fetched(lambda order, k: "ifco".index(order[k])), "You have turned the order round"),
    ("12.5", changed("12.5", 2), "Here stand i in rows"),
]


test_an_answer_is_told_what_helps = told_what_helps(ANSWERS)
