"""The running total with resets."""

import numpy as np
import pytest

from rnncourse.datasets import running_total

SPLITS = ("train", "validation", "test")


def totals(x):
    """The total after each step, (n, steps), one sequence and one step after the other."""
    found = np.zeros(x.shape[:2])
    for row, sequence in enumerate(x):
        total = 0.0
        for step, (number, mark, reset, _) in enumerate(sequence.tolist()):
            total = (0.0 if reset else total) + (number if mark else 0.0)
            found[row, step] = total
    return found


def test_shapes_types_and_sizes():
    data = running_total(steps=7, examples=100)
    assert [(x.shape, y.shape) for x, y in (data.train, data.validation, data.test)] == [
        ((70, 7, 4), (70, 7, 1)),
        ((15, 7, 4), (15, 7, 1)),
        ((15, 7, 4), (15, 7, 1)),
    ]
    assert {array.dtype for name in SPLITS for array in getattr(data, name)} == {np.dtype(np.float32)}


@pytest.mark.parametrize("reset", [0, 0.1, 0.5])
def test_the_target_is_the_sum_since_the_last_reset_where_it_is_asked_for(reset):
    data = running_total(steps=30, reset=reset, examples=200, seed=3)
    for name in SPLITS:
        x, y = getattr(data, name)
        np.testing.assert_allclose(y[..., 0], totals(x) * x[..., 3], atol=1e-5)


def test_a_reset_comes_before_its_own_number_and_the_question_after_it():
    x, y = running_total(steps=10, reset=0.3, examples=2000).train
    all_three = (x[..., 1:] == 1).all(axis=-1)
    assert all_three.any()
    np.testing.assert_allclose(y[all_three, 0], x[all_three, 0], atol=1e-6)


def test_numbers_are_uniform_and_marks_resets_and_questions_independent():
    x, _ = running_total(steps=10, reset=0.2, examples=40_000).train
    numbers, *signals = np.moveaxis(x, -1, 0).reshape(4, -1)
    assert numbers.min() >= 0 and numbers.max() < 1 and numbers.mean() == pytest.approx(0.5, abs=0.005)
    assert {*np.unique(signals)} == {0, 1}
    np.testing.assert_allclose(np.mean(signals, axis=1), [0.25, 0.2, 0.25], atol=0.005)
    np.testing.assert_allclose(np.corrcoef([numbers, *signals]), np.eye(4), atol=0.01)
    np.testing.assert_allclose(x[..., 2].mean(axis=0), 0.2, atol=0.01)  # at every step alike


def test_baselines_are_what_the_naive_answers_score():
    data = running_total(steps=20, reset=0.15, examples=100_000)
    x, y = data.train
    asked, right = x[..., 3], totals(x[:20_000])
    everything = np.cumsum(x[..., 0] * x[..., 1], axis=1)
    answers = {"zero": 0 * asked, "mean": right.mean() * asked, "without resets": everything * asked}
    found = {name: np.square(y[..., 0] - answer).mean() for name, answer in answers.items()}
    found["always answering"] = np.square(y[:20_000, :, 0] - right).mean()
    assert found == pytest.approx(dict(data.baselines), rel=0.03)
    assert data.score == "mean squared error"


def test_without_resets_the_sum_of_everything_is_right():
    assert running_total(reset=0).baselines["without resets"] == 0


def test_a_seed_gives_its_own_sequences():
    first, again, other = (running_total(seed=seed, examples=100).train[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_splits_share_no_sequence_and_about_is_complete():
    data = running_total(examples=500)
    rows = [sequence.tobytes() for name in SPLITS for sequence in getattr(data, name)[0]]
    assert len(set(rows)) == 500
    assert all(len(text) > 10 for text in vars(data.about).values())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"steps": 0}, "steps must be a whole number from 1 up, received 0"),
        ({"examples": 19}, "examples must be a whole number from 20 up, received 19"),
        ({"seed": -1}, "seed must be a whole number from 0 up, received -1"),
        ({"reset": 1}, "reset must be a probability from 0 up and below 1, received 1"),
        ({"reset": -0.1}, "reset must be a probability from 0 up and below 1, received -0.1"),
        ({"reset": float("nan")}, "reset must be a probability from 0 up and below 1, received nan"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        running_total(**arguments)
