"""Exercises of lesson 14: right by probing, Keras and ``scratch``; answers beyond the listed mistakes."""

from __future__ import annotations

import numpy as np
import pytest
from exercise_answers import changed, diagnose, inputs, right, told_what_helps

from rnncourse import scratch
from rnncourse.exercises.lesson_14 import both_ways, counts, leak


# ── the references, beside an independent source ─────────────────────────────────────────────────────────────────────
def effects(case, s, by):
    """How far each output (T,) moves when all features at step s are changed by a number."""
    before, probe = leak.forecast(**case), case["x"].copy()
    probe[:, s] += by
    return np.abs(leak.forecast(case["network"], probe) - before).max(axis=0)


@pytest.mark.parametrize("by", [1.0, -1.0, 0.5])
def test_the_reach_is_what_a_probe_finds_and_every_effect_is_far_above_the_rounding(by):
    for seed in range(3):
        for case in inputs("14.1", seed):
            steps = case["x"].shape[1]
            moved = np.array([effects(case, s, by) for s in range(steps)]).T  # (T outputs, T inputs)
            later = np.triu(np.ones((steps, steps), dtype=bool), 1)
            reads = leak.reach(case["network"], steps).any(axis=2)
            assert (moved[later & ~reads] == 0).all()
            assert (moved[later & reads] > 1e-4).all()


def test_every_kind_of_forecaster_is_drawn_and_reads_what_its_name_says():
    ahead = {
        kind: right("14.1", leak._forecaster(np.random.default_rng(1), kind=kind, steps=5)) for kind in leak._KINDS
    }
    assert not ahead["causal"].any()
    assert ahead["centred"].tolist() == [2, 2, 2, 1, 0]
    assert ahead["shifted"].tolist() in ([1, 1, 1, 1, 0], [2, 2, 2, 1, 0])
    assert ahead["both ways"].tolist() == ahead["normalised"].tolist() == [4, 3, 2, 1, 0]
    drawn = [right("14.1", case) for seed in range(10) for case in inputs("14.1", seed)[6:]]
    assert 0 < sum(not each.any() for each in drawn) < len(drawn) / 3


def parameters(keras, case):
    """By Keras: the layers' own counts."""
    cells = {"simple": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}
    reads, each = case["features"], []
    for size in case["units"]:
        layer = cells[case["cell"]](size, return_sequences=True)
        if case["both_ways"]:
            layer = keras.layers.Bidirectional(layer)
        layer.build((None, 3, reads))
        width = layer.compute_output_shape((None, 3, reads))[-1]
        shortcut = keras.layers.Dense(width, use_bias=False)
        shortcut.build((None, 3, reads))
        each.append(layer.count_params() + (shortcut.count_params() if case["residual"] and reads != width else 0))
        reads = width
    read_out = keras.layers.Dense(case["outputs"])
    read_out.build((None, reads))
    return each, sum(each) + read_out.count_params()


def test_the_counts_are_those_of_keras():
    keras = pytest.importorskip("keras")
    for case in inputs("14.2", count=7):
        layers, total = right("14.2", case)
        assert (layers.tolist(), total) == parameters(keras, case)


def test_some_stacks_have_shortcuts_with_and_without_weights():
    without, added = 0, 0
    for case in inputs("14.2")[5:]:
        here = [
            one - other
            for one, other in zip(
                right("14.2", case | {"residual": True})[0], right("14.2", case | {"residual": False})[0], strict=True
            )
        ]
        without, added = without + here.count(0), added + sum(each > 0 for each in here)
    assert without > 5
    assert added > 5


def test_both_passes_are_those_of_the_package():
    for case in inputs("14.3"):
        outputs, units = right("14.3", case), len(case["forwards"][2])
        for row, length in enumerate(case["lengths"]):
            x = case["x"][row : row + 1, :length]
            for turn, first, direction in ((1, 0, "forwards"), (-1, units, "backwards")):
                if length:
                    cell = scratch.SimpleRNN(x.shape[2], units)
                    cell.set_weights(case[direction])
                    expected = scratch.forward(cell, x[:, ::turn]).outputs[0, ::turn]
                    np.testing.assert_allclose(outputs[row, :length, first : first + units], expected, atol=1e-12)
            assert not outputs[row, length:].any()


@pytest.mark.parametrize(
    ("id", "unchanged"),
    [
        ("14.1", leak._seen_by(lambda found, x: found.any(axis=2))),
        ("14.1", leak._read_as(leak._latest)),
        ("14.2", counts._counts),
        ("14.3", both_ways._layer),
    ],
)
def test_the_mistakes_are_changes_of_something_right(id, unchanged):
    assert diagnose(id, unchanged).status == "passed"


# ── what the student is told ─────────────────────────────────────────────────────────────────────────────────────────
def noisy(network, x):
    with np.errstate(invalid="ignore"):
        y = leak.forecast(network, x)
    return y + 1e-9 * np.random.default_rng().normal(size=y.shape)


def probing(change, differs=lambda one, other: (np.abs(one - other) > 1e-6).any(axis=0), copy=np.copy, first=0):
    """``change``: in place, of x and the step."""

    def answer(network, x):
        x = x.copy()
        before, ahead = noisy(network, x), np.zeros(x.shape[1], dtype=int)
        for s in range(x.shape[1]):
            probe = copy(x)
            change(probe, s)
            for t in np.flatnonzero(differs(noisy(network, probe), before)[: s + first]):
                ahead[t] = s - t
        return ahead

    return answer


def add(probe, s):
    probe[:, s] += 1


def zero(probe, s):
    probe[:, s] = 0


def negate(probe, s):
    probe[:, s] *= -1


def nan(probe, s):
    probe[:, s] = np.nan


def one_feature(probe, s):
    probe[:, s, 0] += 1


def random(probe, s):
    probe[:, s] = np.random.default_rng(0).normal(size=probe[:, s].shape)


def exactly(one, other):
    return (one != other).any(axis=0)


def not_close(one, other):
    return ~np.isclose(one, other, equal_nan=False).all(axis=0)


def whole_future(network, x):
    before, ahead = noisy(network, x), []
    for t in range(x.shape[1]):
        probe = x.copy()
        probe[:, t + 1 :] += 1
        ahead.append(int(np.abs(noisy(network, probe) - before)[:, t].max() > 1e-6))
    return np.array(ahead)


def alias(network, x):
    probe = x = x.copy()
    ahead = np.zeros(x.shape[1], dtype=int)
    for s in range(x.shape[1]):
        probe[:, s] += 1
        moved = (np.abs(noisy(network, probe) - noisy(network, x)) > 1e-6).any(axis=0)
        for t in np.flatnonzero(moved[:s]):
            ahead[t] = s - t
    return ahead


@pytest.mark.parametrize("change", [add, random])
@pytest.mark.parametrize("first", [0, 1])
def test_any_probe_that_changes_every_value_passes(change, first):
    for seed in range(5):
        assert diagnose("14.1", probing(change, first=first), seed).status == "passed"
        assert diagnose("14.1", probing(change, not_close), seed).status == "passed"


def parameters_by(blocks=(1, 4, 3), biases=(1, 1, 2), ways=2, width=2, shortcut=lambda reads, width: reads != width):
    def answer(features, units, cell, both_ways, residual, outputs):
        kind = ["simple", "lstm", "gru"].index(cell)
        layers, reads = [], features
        for size in units:
            wide = size * width if both_ways else size
            count = (ways if both_ways else 1) * blocks[kind] * size * (reads + size + biases[kind])
            layers.append(count + reads * wide * (residual and shortcut(reads, wide)))
            reads = wide
        return np.array(layers), sum(layers) + (reads + 1) * outputs

    return answer


def keras_like(turn_back=True, mask=True, join=lambda one, other: np.concatenate([one, other], axis=-1)):
    def answer(x, lengths, forwards, backwards):
        parts = []
        for turned, (kernel, recurrent_kernel, bias) in ((False, forwards), (True, backwards)):
            part = np.zeros((*x.shape[:2], len(bias)))
            for b, n in enumerate(lengths if mask else [x.shape[1]] * len(x)):
                h = np.zeros(len(bias))
                for place, t in enumerate(reversed(range(n)) if turned else range(n)):
                    h = np.tanh(x[b, t] @ kernel + h @ recurrent_kernel + bias)
                    part[b, t if turn_back else place] = h
            parts.append(part)
        outputs = join(*parts)
        for b, n in enumerate(lengths):
            outputs[b, n:] = 0
        return outputs

    return answer


ANSWERS = [
    ("14.1", probing(add, exactly), "Every output seems to read to the end"),
    ("14.1", probing(nan, not_close), "Every output seems to read to the end"),
    ("14.1", probing(add, copy=lambda x: x), "Every output seems to read to the end"),
    ("14.1", alias, "No output ever seems to read ahead"),
    ("14.1", probing(zero), "You probe by setting steps to 0"),
    ("14.1", probing(negate), "You probe by setting steps to 0"),
    ("14.1", probing(one_feature), "You change one feature alone"),
    ("14.1", whole_future, "You say *whether* an output reads ahead"),
    ("14.1", lambda network, x: max(right("14.1", {"network": network, "x": x})), "expected an array, received"),
    ("14.1", lambda **case: right("14.1", case) / 1.0, "expected an array of whole numbers, received real numbers"),
    ("14.1", lambda **case: right("14.1", case) * 2, "moves with the inputs of the steps"),
    ("14.2", parameters_by(ways=1), "A bidirectional layer is counted once"),
    ("14.2", parameters_by(width=1), "you go on with H numbers at a step"),
    ("14.2", parameters_by(biases=(1, 1, 1)), "Your GRU has one bias for each score"),
    ("14.2", parameters_by(biases=(2, 2, 2)), "has two biases for each score in your count"),
    ("14.2", parameters_by(shortcut=lambda reads, width: True), "Every shortcut has weights in your count"),
    ("14.2", parameters_by(shortcut=lambda reads, width: False), "No shortcut has weights in your count"),
    ("14.2", changed("14.2", 1), "parameters in one direction; what the layers read"),
    ("14.2", lambda **case: right("14.2", case)[1], "expected a tuple, received a whole number"),
    ("14.3", keras_like(turn_back=False), "stand in the order in which they were made"),
    ("14.3", keras_like(mask=False), "Your backwards pass begins in the padding"),
    ("14.3", keras_like(join=lambda one, other: one + other), "The two states are added or averaged"),
    (
        "14.3",
        keras_like(join=lambda one, other: np.concatenate([other, one], -1)),
        "The two halves have changed places",
    ),
    ("14.3", lambda **case: right("14.3", case) + np.nan, "received nan"),
    ("14.3", lambda **case: 2 * right("14.3", case), "its backwards state begins there, with ["),
]


test_an_answer_is_told_what_helps = told_what_helps(ANSWERS)
