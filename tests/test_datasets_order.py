"""The task that only order decides."""

from collections import Counter

import numpy as np
import pytest

from rnncourse.datasets import order_only


def parts(data):
    return data.train, data.validation, data.test


def test_labels_say_whether_a_comes_before_b():
    for x, y in parts(order_only()):
        assert x.dtype == np.int32 and y.dtype == np.int64
        assert x.min() == 1 and x.max() == 10
        assert ((x == 1).sum(axis=1) == 1).all() and ((x == 2).sum(axis=1) == 1).all()
        np.testing.assert_array_equal(y, (x == 1).argmax(axis=1) < (x == 2).argmax(axis=1))


def test_sizes():
    assert [x.shape for x, _ in parts(order_only())] == [(2800, 20), (600, 20), (600, 20)]
    data = order_only(examples=100, steps=7, symbols=3)
    assert [x.shape for x, _ in parts(data)] == [(70, 7), (14, 7), (16, 7)]


def test_both_classes_have_exactly_the_same_bags_in_every_split():
    for x, y in parts(order_only(seed=3)):
        bags = [Counter(row.tobytes() for row in np.sort(x[y == label], axis=1)) for label in (0, 1)]
        assert bags[0] == bags[1] and sum(bags[0].values()) == len(y) // 2


def test_exchanged_copies_share_a_split_and_nothing_repeats():
    seen = set()
    for x, y in parts(order_only(examples=200, steps=6, symbols=2)):
        rows = {tuple(row): label for row, label in zip(x.tolist(), y.tolist(), strict=True)}
        assert len(rows) == len(x) and not seen & rows.keys()
        seen |= rows.keys()
        for row, label in rows.items():
            assert rows[tuple({1: 2, 2: 1}.get(symbol, symbol) for symbol in row)] == 1 - label
    assert len(seen) == 200


def test_places_are_spread_evenly():
    x, _ = order_only(examples=20_000, steps=10).train
    counts = np.bincount((x == 1).argmax(axis=1), minlength=10) / len(x)
    np.testing.assert_allclose(counts, 0.1, atol=0.015)


def test_a_seed_gives_its_own_sequences():
    a, b = order_only(seed=0), order_only(seed=1)
    assert not np.array_equal(a.train[0], b.train[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"examples": 18}, "examples must be a whole number from 20 up, received 18"),
        ({"examples": 21}, "examples must be even, since sequences come in pairs, received 21"),
        ({"steps": 1}, "steps must be a whole number from 2 up, received 1"),
        ({"symbols": 0}, "symbols must be a whole number from 1 up, received 0"),
        ({"seed": -1}, "seed must be a whole number from 0 up, received -1"),
        ({"steps": 3, "symbols": 8}, "examples must be at most 24 for steps 3 and symbols 8, received 4000"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        order_only(**arguments)
