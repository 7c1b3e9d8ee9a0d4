"""Exercises of lesson 19: right by the course's scan and its minimal GRU; answers beyond the listed mistakes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from exercise_answers import changed, diagnose, inputs, right, told_what_helps

from rnncourse.exercises.lesson_12 import counting
from rnncourse.exercises.lesson_19 import blocked, flipping, minimal, operator, parity, scanning


@pytest.fixture(scope="module")
def models():
    pytest.importorskip("keras")
    from rnncourse import models

    return models


# ── the references, beside an independent source ─────────────────────────────────────────────────────────────────────
def test_levels_of_pairs_end_where_the_recurrence_does():
    for case in inputs("19.1"):
        decay, added = case["decay"], case["inputs"]
        while len(decay) > 1:
            decay, added = right("19.1", {"decay": decay, "inputs": added})
        h = np.array([1.5] * decay.shape[1])
        expected = scanning.walk(case["decay"], case["inputs"], h)[-1]
        np.testing.assert_allclose(decay[0] * h + added[0], expected, rtol=1e-9, atol=1e-9)


def test_the_pairs_may_be_bracketed_in_any_way():
    rng = np.random.default_rng(0)
    steps = [(rng.normal(size=2), rng.normal(size=2)) for _ in range(3)]
    left = operator._combined(*operator._combined(*steps[0], *steps[1]), *steps[2])
    to_the_right = operator._combined(*steps[0], *operator._combined(*steps[1], *steps[2]))
    for one, other in zip(left, to_the_right, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_the_unit_says_odd_or_even(models):
    for case in inputs("19.2", count=5):
        kernel, bias = right("19.2", case)
        tokens = np.random.default_rng(case["tokens"]).integers(0, case["tokens"], (6, 20))
        layer = models.MinGRU(1, signed=True, return_sequences=True)
        layer.build((None, None, case["tokens"]))
        layer.set_weights([kernel, bias])
        said = np.asarray(layer(np.eye(case["tokens"], dtype="float32")[tokens]))
        np.testing.assert_allclose(said, flipping.run(kernel, bias, tokens), atol=1e-4)
        for row, states in zip(tokens.tolist(), said[..., 0], strict=True):
            for t, state in enumerate(states):
                since = list(itertools.takewhile(lambda token, case=case: token != case["reset"], row[t::-1]))
                assert state == pytest.approx(since.count(case["counted"]) % 2, abs=0.01)


def test_what_both_read_holds_every_token_and_long_runs():
    for tokens in range(2, 13):
        read = counting.read_by_both(tokens, flipping.STEPS)
        assert set(read.ravel()) == set(range(tokens))
        assert max(np.bincount(row).max() for row in read) >= 10


def test_no_weights_of_a_gate_from_0_to_1_say_odd_or_even():
    """While one token comes again and again, the state goes one way."""
    rng = np.random.default_rng(0)
    for z, candidate, start in rng.uniform([0, -5, -5], [1, 5, 5], (200, 3)):
        states = scanning.walk(np.full((20, 1), 1 - z), np.full((20, 1), z * candidate), np.array([start]))[:, 0]
        moves = np.diff([start, *states])
        assert (moves <= 1e-12).all() or (moves >= -1e-12).all()


def test_states_are_those_of_the_scan_of_the_course(models):
    for case in inputs("19.3", count=10):
        decay, added, start, _ = case.values()
        expected = models.linear_scan(*(np.float32(part)[np.newaxis] for part in (decay, added, start)))
        products, local, states = right("19.3", case)
        np.testing.assert_allclose(states, np.asarray(expected)[0], rtol=1e-4, atol=1e-4)
        for begin in range(0, len(decay), case["block"]):
            part = slice(begin, begin + case["block"])
            np.testing.assert_allclose(local[part], scanning.walk(decay[part], added[part]))
            np.testing.assert_allclose(products[part], np.cumprod(decay[part], axis=0))


def test_the_minimal_gru_is_that_of_the_course(models):
    for case in inputs("19.4", count=10):
        x, start, kernel, bias = case.values()
        layer = models.MinGRU(len(start), return_sequences=True)
        layer.build((None, None, x.shape[1]))
        layer.set_weights([kernel, bias])
        said = layer(np.float32(x)[np.newaxis], initial_state=[np.float32(start)[np.newaxis]])
        decay, added, states = right("19.4", case)
        np.testing.assert_allclose(states, np.asarray(said)[0], rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(scanning.walk(decay, added, start), states)


@pytest.mark.parametrize(
    ("id", "unchanged"),
    [
        ("19.1", operator._pairs),
        ("19.2", flipping.wire),
        ("19.3", scanning.scan_with()),
        ("19.4", minimal._with()),
    ],
)
def test_the_mistakes_are_changes_of_something_right(id, unchanged):
    for seed in range(3):
        assert diagnose(id, unchanged, seed).status == "passed"


# ── what the student is told ─────────────────────────────────────────────────────────────────────────────────────────
def pairs(join=lambda a, b, c, d: (a * c, b * c + d), single=True):
    def answer(decay, inputs):
        rows = []
        for t in range(0, len(decay) - 1, 2):
            rows.append(join(decay[t], inputs[t], decay[t + 1], inputs[t + 1]))
        if len(decay) % 2 and single:
            rows.append((decay[-1], inputs[-1]))
        return np.array([row[0] for row in rows]), np.array([row[1] for row in rows])

    return answer


def weighed(keep=-12.0, flip=12.0, clear=0.0, half=0.5):
    def answer(tokens, counted, reset):
        scores, written = np.full(tokens, keep), np.zeros(tokens)
        scores[counted], scores[reset], written[counted] = flip, clear, half
        return np.stack([scores, written], axis=1), np.zeros(2)

    return answer


def in_blocks(again=True, carry=True, fades=True):
    def answer(decay, inputs, initial_state, block):
        products, local, states = [], [], []
        h, p, own, before = initial_state, 1.0, 0.0, initial_state
        for t, (a, b) in enumerate(zip(decay, inputs, strict=True)):
            if t % block == 0:
                before, p, own = h, (1.0 if again else p), 0.0
            p, own = a * p, a * own + b
            h = p * before + own if again else a * h + b
            if not carry:
                h = own
            products.append(p)
            local.append(own)
            states.append(h if fades or not carry else before + own)
        return np.array(products), np.array(local), np.array(states)

    return answer


def gated(squash=lambda a: 1 / (1 + np.exp(-a)), bend=lambda a: a, takes=lambda z: z, start=1.0):
    def answer(x, initial_state, kernel, bias):
        units = len(initial_state)
        with np.errstate(over="ignore"):
            z = takes(squash(x @ kernel[:, :units] + bias[:units]))
        new = bend(x @ kernel[:, units:] + bias[units:])
        states, h = [], start * initial_state
        for keep, write in zip(1 - z, z * new, strict=True):
            h = keep * h + write
            states.append(h)
        return 1 - z, z * new, np.stack(states)

    return answer


@pytest.mark.parametrize(
    ("id", "answer"),
    [
        ("19.1", pairs()),
        ("19.2", weighed()),
        ("19.2", weighed(keep=-1000.0, flip=1000.0)),
        ("19.2", weighed(keep=-7.0, flip=7.0)),
        ("19.2", parity._row_by_row),
        ("19.3", in_blocks()),
        ("19.3", blocked._step_by_step),
        ("19.4", gated()),
    ],
)
def test_other_right_answers_pass(id, answer):
    for seed in range(5):
        assert diagnose(id, answer, seed).status == "passed"


ANSWERS = [
    ("19.1", pairs(lambda a, b, c, d: (a * c, a * d + b)), "First and second have changed places"),
    ("19.1", pairs(lambda a, b, c, d: (a + c, b * c + d)), "The decays are added"),
    ("19.1", pairs(lambda a, b, c, d: (a * c, b + d)), "The inputs are added as they are"),
    ("19.1", pairs(single=False), "of an odd one the last step is lost"),
    ("19.1", changed("19.1", 1), "Unit 0 goes from h to"),
    ("19.2", weighed(flip=0.0), "When the counted token comes, your gate is 1"),
    ("19.2", weighed(half=1.0), "The state goes to and fro between 0 and 2"),
    ("19.2", weighed(half=0.0), "The state is 0 at all times"),
    ("19.2", weighed(clear=-12.0), "The reset does nothing"),
    ("19.2", weighed(keep=0.0), "The gate is 1 when nothing is to happen"),
    ("19.2", weighed(keep=-3.0, flip=3.0), "Your gate goes only halfway"),
    ("19.2", lambda **case: (right("19.2", case)[0] * np.nan, right("19.2", case)[1]), "received nan"),
    ("19.2", weighed(half=0.4), "the state should be 1.0, it is 0.8"),
    ("19.3", in_blocks(again=False), "The products run on over the ends of the blocks"),
    ("19.3", in_blocks(carry=False), "the states are the local ones"),
    ("19.3", in_blocks(fades=False), "what comes before a block is added whole"),
    ("19.3", changed("19.3", 2), "The states before the blocks are ["),
    ("19.4", gated(takes=lambda z: 1 - z), "Your z keeps, as in Keras' GRU"),
    ("19.4", gated(bend=np.tanh), "The candidate has passed a tanh"),
    ("19.4", gated(squash=np.tanh), "Your gate is the score itself, or has passed a tanh"),
    ("19.4", gated(start=0.0), "The states begin at 0"),
    ("19.4", changed("19.4", 2), "At step 0 of this input z ="),
]


test_an_answer_is_told_what_helps = told_what_helps(ANSWERS)
