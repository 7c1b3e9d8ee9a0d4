"""Plain data: what is let through, how two results are compared, how a value is shown."""

import numpy as np
import pytest

from rnncourse.exercises.plain_data import Difference, NotPlainError, first_difference, plain, show


def test_endless_nesting_is_refused():
    endless = []
    endless.append(endless)
    with pytest.raises(NotPlainError, match="deeper than 16"):
        plain(endless)


def test_numpy_scalars_become_python_numbers():
    values = plain([np.float32(0.5), np.int8(3), np.bool_(True), np.str_("a"), np.float64(2.0), np.longdouble(1.5)])
    assert values == [0.5, 3, True, "a", 2.0, 1.5]
    assert [type(value) for value in values] == [float, int, bool, str, float, float]


@pytest.mark.parametrize(
    ("expected", "received", "text"),
    [
        (1, 1.0, "expected a whole number, received a real number (1.0); int(…) makes it whole"),
        (1.0, 1, "expected a real number, received a whole number (1); float(…) makes it real"),
        (1, np.array(1), "expected a whole number, received an array (np.array(1)); .item() takes a single number …"),
        ("a", 1, "expected text, received a whole number (1)"),
        (True, 1, "expected a truth value, received a whole number (1)"),
        ("a", "b", "expected 'a', received 'b'"),
        (0.1, 0.2, "expected 0.1, received 0.2"),
        (1.0, float("nan"), "expected 1.0, received nan"),
        (np.zeros(2), [0.0, 0.0], "expected an array, received a list ([0.0, 0.0]); np.array(…) makes an array of it"),
        (
            np.zeros(2),
            np.zeros(2, int),
            "expected an array of real numbers, received whole numbers (int64); dtype=float …",
        ),
        (
            np.zeros(2, bool),
            np.ones(2),
            "expected an array of truth values, received real numbers (float64); dtype=bool …",
        ),
        (
            np.zeros(2, int),
            np.zeros(2),
            "expected an array of whole numbers, received real numbers (float64); dtype=int …",
        ),
        (np.zeros((2, 1)), np.zeros(2), "expected shape (2, 1), received (2,)"),
        (
            np.zeros((1, 3)),
            np.zeros((0, 1), int),
            "expected shape (1, 3), received (0, 1), which holds nothing at all: a range may end one too early",
        ),
        (np.zeros(0, int), np.zeros(0), "expected an array of whole numbers, received real numbers (float64); …"),
        (
            np.zeros(2, int),
            np.array(["3", "ß"]),
            "expected an array of whole numbers, received text (<U1); a single entry that is text makes text of …",
        ),
        ((1, 2), (1,), "expected 2 entries, received 1"),
        ((1, 2), [1, 2], "expected a tuple, received a list ([1, 2]); return a, b gives a tuple"),
        ({"a": 1}, {"b": 1}, "expected the keys ['a'], received ['b']"),
    ],
)
def test_the_first_difference_is_worded(expected, received, text):
    received = first_difference(expected, received).text
    assert received.startswith(text.removesuffix("…")) if text.endswith("…") else received == text


def test_values_that_look_alike_are_worded_in_full():
    difference = first_difference(np.array([0.5]), np.array([0.5 + 2**-30]), rtol=1e-12, atol=0)
    assert difference.text == f"expected 0.5, received {0.5 + 2**-30!r}"


def test_the_first_difference_is_placed():
    right = {"h": [np.arange(6).reshape(2, 3)], "c": 1.0}
    wrong = plain(right)
    wrong["h"][0][1, 0] = 9
    wrong["c"] = 2.0
    assert first_difference(right, wrong) == Difference(path=("h", 0), index=(1, 0), text="expected 3, received 9")


@pytest.mark.parametrize(
    ("expected", "received"),
    [
        (np.float64(1 / 3) * np.ones(3), np.float32(1 / 3) * np.ones(3, np.float32)),
        (np.arange(3, dtype=np.int32), np.arange(3, dtype=np.uint8)),
        (np.array([np.nan, np.inf]), np.array([np.nan, np.inf])),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (np.array(["a"]), np.array(["a"], dtype="U9")),
    ],
)
def test_width_order_and_rounding_do_not_matter(expected, received):
    assert first_difference(expected, received) is None


def test_large_inputs_are_summarised():
    assert show(np.zeros((50, 50))) == "<array of real numbers, shape (50, 50)>"
    assert show(np.full(100, 0.123)) == "<array of real numbers, shape (100,)>"
    assert show("a" * 500) == "<text, 502 characters>"
    assert show([1.5, (2,), {"k": np.array([True])}]) == "[1.5, (2,), {'k': np.array([True])}]"
    assert show(list(range(500))) == "<list of length 500>"
    assert show(["abc"] * 10, limit=20) == "<list of length 10>"
