"""The temporal order task."""

import numpy as np
import pytest

from rnncourse.datasets import temporal_order

SPLITS = ("train", "validation", "test")


@pytest.mark.parametrize("steps", [10, 55, 100])
def test_the_class_says_which_symbols_came_and_in_which_order(steps):
    data = temporal_order(steps=steps, examples=400, seed=3)
    seen = []
    for name in SPLITS:
        x, y = getattr(data, name)
        assert x.shape == (len(y), steps) and x.dtype == np.int32 and y.dtype == np.int64
        for row, label in zip(x, y, strict=True):
            first, second = np.flatnonzero(row <= 1)
            assert steps // 10 <= first <= steps // 5 and steps // 2 <= second <= 3 * steps // 5
            assert "XY"[row[first]] + "XY"[row[second]] == ("XX", "XY", "YX", "YY")[label]
            assert row[0] == 6 and row[-1] == 7
            assert set(np.delete(row, [0, first, second, -1])) <= {2, 3, 4, 5}
            seen.append(row)
    assert len(np.unique(seen, axis=0)) == 400


def test_places_and_distractors_are_spread_evenly():
    x, y = temporal_order(steps=40, examples=20_000).train
    np.testing.assert_allclose(np.bincount(y) / len(y), 1 / 4, atol=0.015)
    np.testing.assert_allclose((x[:, 4:9] <= 1).mean(axis=0), 1 / 5, atol=0.015)
    np.testing.assert_allclose((x[:, 20:25] <= 1).mean(axis=0), 1 / 5, atol=0.015)
    np.testing.assert_allclose(np.bincount(x[:, 30], minlength=6)[2:] / len(x), 1 / 4, atol=0.015)


def test_the_best_answer_from_counts_alone_scores_the_bag_baseline():
    data = temporal_order(examples=20_000)
    (x, y), (x_test, y_test) = data.train, data.test
    best = {}  # for each bag of X and Y the class that it has most often
    for count in range(3):
        best[count] = np.bincount(y[(x == 1).sum(axis=1) == count]).argmax()
    answers = np.array([best[count] for count in (x_test == 1).sum(axis=1)])
    assert (answers == y_test).mean() == pytest.approx(data.baselines["bag"], abs=0.03)
    assert data.baselines["guess"] == 1 / 4


def test_a_seed_gives_its_own_sequences():
    assert not np.array_equal(temporal_order(seed=0).train[0], temporal_order(seed=1).train[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"steps": 9}, "steps must be a whole number from 10 up, received 9"),
        ({"examples": 0}, "examples must be a whole number from 20 up, received 0"),
        ({"seed": "0"}, "seed must be a whole number from 0 up, received '0'"),
        ({"steps": 10, "examples": 10_000}, "examples must be at most 8192 for steps 10, received 10000"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        temporal_order(**arguments)
