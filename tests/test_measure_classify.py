"""Classifiers that do not look at order."""

import numpy as np
import pytest

from rnncourse.datasets import order_only
from rnncourse.measure import baselines


def test_majority_is_the_share_of_the_most_frequent_label():
    assert baselines.majority(np.array([2, 2, 7]), np.array([2, 7, 7, 2, 2])) == pytest.approx(3 / 5)
    assert baselines.majority(np.array([7, 2]), np.array([2, 7, 7])) == pytest.approx(1 / 3)  # equals: the smallest
    assert baselines.majority(["no", "no", "yes"], ["yes"]) == 0


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        ([], [1], r"train must have shape \(n,\) with n ≥ 1, received shape \(0,\)"),
        ([1], [[1]], r"test must have shape \(n,\) with n ≥ 1, received shape \(1, 1\)"),
    ],
)
def test_majority_refuses(train, test, message):
    with pytest.raises(ValueError, match=message):
        baselines.majority(np.array(train), np.array(test))


@pytest.fixture
def counted():
    """Ids whose label is whether there are more of 1 than of 2, padded with 0."""
    rng = np.random.default_rng(0)
    x = rng.integers(1, 6, size=(600, 15))
    x[np.arange(15) >= rng.integers(8, 16, size=(600, 1))] = 0
    difference = (x == 1).sum(axis=1) - (x == 2).sum(axis=1)
    return x[difference != 0], (difference > 0)[difference != 0].astype(int)


def test_bag_of_words_learns_what_counts_decide(counted):
    x, y = counted
    bag = baselines.bag_of_words(x[:400], y[:400])
    assert (bag.predict(x[400:]) == y[400:]).mean() > 0.97
    weights = bag.weights()
    assert sorted(weights) == ["1", "2", "3", "4", "5"]  # the padding is no word
    assert weights["1"] > 1 and weights["2"] < -1 and max(abs(weights[word]) for word in "345") < 0.5


def test_bag_of_words_is_logistic_regression_on_counts(counted):
    x, y = counted
    weights = baselines.bag_of_words(x, y, penalty=2.0).weights()
    counts = (x[:, :, None] == np.arange(1, 6)).sum(axis=1)
    slope = np.array([weights[str(i)] for i in range(1, 6)])
    # The optimum of ½ · penalty · ‖w‖² + Σ loss: its gradient is zero. The bias follows from its own condition.
    odds = counts @ slope
    low, high = -50.0, 50.0
    for _ in range(60):
        bias = (low + high) / 2
        low, high = (bias, high) if (1 / (1 + np.exp(-odds - bias)) - y).sum() < 0 else (low, bias)
    gradient = counts.T @ (1 / (1 + np.exp(-odds - bias)) - y) + 2.0 * slope
    assert np.abs(gradient).max() < 0.05


def test_neither_padding_nor_order_makes_a_difference(counted):
    x, y = counted
    bag = baselines.bag_of_words(x, y)
    shuffled = np.random.default_rng(1).permuted(x, axis=1)
    np.testing.assert_array_equal(bag.predict(np.pad(x, ((0, 0), (0, 9)))), bag.predict(shuffled))


def test_pairs_of_neighbours_see_what_single_words_cannot():
    texts = ["good not bad", "bad not good"] * 30
    y = [1, 0] * 30
    assert (baselines.bag_of_words(texts, y).predict(texts) == y).mean() == 0.5
    pairs = baselines.bag_of_words(texts, y, order=2)
    assert (pairs.predict(texts) == y).all()
    assert pairs.weights()["not bad"] > 0 > pairs.weights()["not good"]
    assert pairs.predict(["never seen"]).shape == (1,)


def test_a_bag_is_at_chance_where_only_order_decides():
    data = order_only(examples=600)
    bag = baselines.bag_of_words(*data.train)
    assert (bag.predict(data.test[0]) == data.test[1]).mean() == 0.5


def test_more_than_two_labels_are_classified_but_have_no_single_weight():
    x = np.array([[1], [2], [3]] * 20)
    bag = baselines.bag_of_words(x, x[:, 0])
    assert bag.predict(x[:3]).tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="weights are there for two labels, received 3 in training"):
        bag.weights()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"order": 0}, "order must be a whole number from 1 up, received 0"),
        ({"penalty": 0}, "penalty must be above 0, received 0"),
        ({"x": np.zeros((4, 2))}, r"x must be texts or whole numbers of shape \(n, steps\), received float64"),
        ({"x": np.zeros(4, int)}, r"received int64 of shape \(4,\)"),
        ({"x": "a text"}, r"x must be texts or whole numbers"),
        ({"y": np.zeros(3, int)}, r"y must have shape \(4,\) as x has that many rows, received shape \(3,\)"),
        ({"y": np.zeros(4, int)}, "y must hold at least two different labels, received one"),
    ],
)
def test_bag_of_words_refuses(arguments, message):
    given = {"x": np.array([[1, 2], [2, 0], [1, 1], [2, 2]]), "y": np.array([1, 0, 1, 0])} | arguments
    with pytest.raises(ValueError, match=message):
        baselines.bag_of_words(**given)
