"""Rows of ids as inputs and targets of a decoder."""

import numpy as np
import pytest

from rnncourse import models


def test_inputs_are_one_step_late_and_the_end_is_not_read():
    rows = np.array([[1, 5, 6, 2, 0], [1, 2, 0, 0, 0], [1, 3, 4, 5, 2]])
    inputs, targets = models.teacher_forcing(rows)
    np.testing.assert_array_equal(inputs, [[1, 5, 6, 0], [1, 0, 0, 0], [1, 3, 4, 5]])
    np.testing.assert_array_equal(targets, [[5, 6, 2, 0], [2, 0, 0, 0], [3, 4, 5, 2]])
    assert inputs.dtype == targets.dtype == np.int32
    np.testing.assert_array_equal(inputs == 0, targets == 0)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([1, 3, 2], r"received shape \(3,\) of int64"),
        ([[1]], r"received shape \(1, 1\)"),
        ([[1.0, 2.0]], "of float64"),
        ([[3, 4, 2]], "must begin with the start's id 1, received one that begins with 3"),
    ],
)
def test_wrong_rows_say_so(rows, message):
    with pytest.raises(ValueError, match=message):
        models.teacher_forcing(rows)
