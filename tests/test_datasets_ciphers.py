"""Digits and enciphered digits."""

import numpy as np
import pytest

from rnncourse.datasets import ciphers

SPLITS = ("train", "validation", "test", "beyond")


@pytest.mark.parametrize("arguments", [{}, {"reverse": True}, {"key": (3, 1, 4), "shortest": 1, "longest": 5}])
def test_targets_follow_the_rule_digit_by_digit(arguments):
    data = ciphers(**{"farthest": 15, "examples": 2_000, "seed": 3} | arguments)
    key = arguments.get("key", (0,))
    assert sorted(data.substitution) == list(range(10))
    for name in SPLITS:
        x, y = getattr(data, name)
        assert x.dtype == y.dtype == np.int32 and y.shape == (len(x), x.shape[1] + 2)
        for row, target, length in zip(x, y, data.lengths[name], strict=True):
            source = [int(character) for character in data.vocabulary.decode(row)]
            assert len(source) == length and not row[length:].any()
            if arguments.get("reverse"):
                source.reverse()
            due = [(data.substitution[digit] + key[i % len(key)]) % 10 for i, digit in enumerate(source)]
            text = "".join(map(str, due))
            assert target.tolist() == data.vocabulary.encode([text], steps=y.shape[1])[0].tolist()


def test_lengths_are_mixed_and_have_equal_shares():
    data = ciphers()
    assert data.train[0].shape == (20_999, 12) and data.beyond[0].shape[1] == 20
    assert set(np.bincount(data.lengths["train"])[2:]) == {1909}
    assert np.bincount(data.lengths["test"])[2:].tolist() == [20, 200, *[409] * 9]
    assert set(np.bincount(data.lengths["beyond"])[13:]) == {409} and data.lengths["beyond"].min() == 13
    assert abs(data.lengths["train"][:2_000].mean() - 7) < 0.3


def test_no_source_stands_in_two_splits_and_none_twice_where_it_is_scored():
    data = ciphers(shortest=1, longest=4, farthest=6, examples=4_000)
    sources = {name: data.vocabulary.decode(getattr(data, name)[0]) for name in SPLITS}
    assert not set(sources["train"]) & {*sources["validation"], *sources["test"]}
    assert not set(sources["validation"]) & set(sources["test"])
    for name in ("validation", "test"):
        assert len(set(sources[name])) == len(sources[name])
    assert {len(text) for text in sources["test"]} == {1, 2, 3, 4}
    assert {text for text in sources["train"] if len(text) == 1} | {
        text for name in ("validation", "test") for text in sources[name] if len(text) == 1
    } == set("0123456789")


def test_reversal_turns_nothing_but_the_source():
    plain, turned = ciphers(examples=500), ciphers(examples=500, reverse=True)
    for name in SPLITS:
        (x, y), (x_turned, y_turned) = getattr(plain, name), getattr(turned, name)
        np.testing.assert_array_equal(y, y_turned)
        for row, row_turned, length in zip(x, x_turned, plain.lengths[name], strict=True):
            np.testing.assert_array_equal(row[:length][::-1], row_turned[:length])
    assert "reversed" in turned.about.units


def test_a_guess_scores_the_baseline():
    data = ciphers(shortest=1, longest=2, farthest=3, examples=40_000, seed=1)
    rng = np.random.default_rng(0)
    right, x = [], data.test[0]
    for _ in range(2_000):
        guess = rng.integers(3, 13, size=x.shape)
        right.append(np.all((guess == data.test[1][:, 1:3]) | (x == 0), axis=1).mean())
    assert np.mean(right) == pytest.approx(data.baselines["guess"], rel=0.1)


def test_a_seed_gives_its_own_digits_and_permutation():
    first, second = ciphers(examples=300), ciphers(examples=300, seed=1)
    assert first.substitution != second.substitution
    assert not np.array_equal(first.train[0], second.train[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"shortest": 0}, "shortest must be a whole number from 1 up, received 0"),
        ({"shortest": 5, "longest": 4}, "longest must be a whole number from 5 up, received 4"),
        ({"longest": 19}, "longest must be at most 18, received 19"),
        ({"farthest": 12}, "farthest must be a whole number from 13 up, received 12"),
        ({"examples": 219}, "examples must be a whole number from 220 up, received 219"),
        ({"seed": -1}, "seed must be a whole number from 0 up, received -1"),
        ({"key": ()}, r"key must be a sequence of digits 0 … 9, at least one, received \[\]"),
        ({"key": (3, 10)}, r"key must be a sequence of digits 0 … 9, at least one, received \[3, 10\]"),
        ({"key": (0.5,)}, r"key must be a sequence of digits 0 … 9, at least one, received \[0.5\]"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        ciphers(**{"farthest": 20} | arguments)
