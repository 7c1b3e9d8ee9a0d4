"""The adding problem."""

import numpy as np
import pytest

from rnncourse.datasets import adding

SPLITS = ("train", "validation", "test")


def test_shapes_types_and_sizes():
    data = adding(steps=7, examples=100)
    assert [(x.shape, y.shape) for x, y in (data.train, data.validation, data.test)] == [
        ((70, 7, 2), (70, 1)),
        ((15, 7, 2), (15, 1)),
        ((15, 7, 2), (15, 1)),
    ]
    assert {array.dtype for name in SPLITS for array in getattr(data, name)} == {np.dtype(np.float32)}


@pytest.mark.parametrize("steps", [2, 3, 50])
def test_the_target_is_the_sum_of_the_number_marked_in_each_half(steps):
    data = adding(steps=steps, examples=300, seed=4)
    for name in SPLITS:
        for (numbers, marks), target in zip(getattr(data, name)[0].swapaxes(1, 2), getattr(data, name)[1], strict=True):
            first, second = np.flatnonzero(marks == 1)
            assert first < steps // 2 <= second and np.count_nonzero(marks) == 2
            assert target[0] == pytest.approx(numbers[first] + numbers[second], abs=1e-6)


def test_numbers_are_uniform_and_marks_reach_every_step():
    x, _ = adding(steps=10, examples=40_000).train
    assert x[..., 0].min() >= 0 and x[..., 0].max() < 1
    assert x[..., 0].mean() == pytest.approx(0.5, abs=0.005) and x[..., 0].var() == pytest.approx(1 / 12, abs=0.001)
    np.testing.assert_allclose(x[..., 1].mean(axis=0), 0.2, atol=0.012)


def test_baselines_are_what_the_naive_answers_score():
    data = adding(steps=20, examples=100_000)
    x, y = data.train
    last = 19 - x[:, ::-1, 1].argmax(axis=1)
    second = x[np.arange(len(x)), last, 0] + 0.5
    assert np.square(y - 1).mean() == pytest.approx(data.baselines["mean"], rel=0.02)
    assert np.square(y[:, 0] - second).mean() == pytest.approx(data.baselines["second number"], rel=0.02)
    assert data.baselines["mean"] == pytest.approx(1 / 6) and data.score == "mean squared error"


def test_a_seed_gives_its_own_sequences():
    assert not np.array_equal(adding(seed=0).train[0], adding(seed=1).train[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"steps": 1}, "steps must be a whole number from 2 up, received 1"),
        ({"examples": 19}, "examples must be a whole number from 20 up, received 19"),
        ({"seed": -1}, "seed must be a whole number from 0 up, received -1"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        adding(**arguments)
