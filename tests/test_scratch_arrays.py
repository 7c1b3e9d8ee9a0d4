"""The checks of arrays and what they say."""

import re

import numpy as np
import pytest

from rnncourse.scratch.arrays import finite, numbers, one_of

F32, F64 = np.dtype(np.float32), np.dtype(np.float64)


def test_what_fits_is_handed_through_uncopied():
    a = np.ones((2, 3))
    assert numbers("a", a, (2, 3), F64) is a


def test_lists_whole_numbers_and_truth_values_become_floats():
    for value in ([[1, 2]], np.array([[1, 2]], dtype=np.uint8), np.array([[True, False]])):
        assert numbers("a", value, (1, 2), F32).dtype == F32


def test_another_shape_is_refused_with_and_without_names_of_axes():
    with pytest.raises(ValueError, match=re.escape("a must have shape (2, 3), received shape (3, 2)")):
        numbers("a", np.ones((3, 2)), (2, 3), F64)
    with pytest.raises(ValueError, match=re.escape("a must have shape (batch, units) = (2, 3), received shape ()")):
        numbers("a", 1.0, (2, 3), F64, "(batch, units)")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused_with_its_place(bad):
    a = np.ones((2, 3))
    a[1, 2] = bad
    with pytest.raises(ValueError, match=re.escape(f"a must be finite, received {bad} at index (1, 2)")):
        finite("a", a, F64)


def test_what_float32_cannot_hold_is_refused_without_a_warning():
    with pytest.raises(ValueError, match="a must be finite, received inf"):
        finite("a", np.array([1e300]), F32)


@pytest.mark.parametrize("value", [np.array([1j]), np.array(["1"]), np.array([None])])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ValueError, match="a must hold real numbers, received dtype"):
        finite("a", value, F64)


@pytest.mark.parametrize("value", ["c", None, ["a"]])
def test_an_unknown_name_is_refused(value):
    with pytest.raises(ValueError, match=re.escape(f"letter must be one of 'a', 'b', received {value!r}")):
        one_of("letter", value, {"a": 1, "b": 2})
