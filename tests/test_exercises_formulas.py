"""Functions made of formulas: each sees what came before it, and a replaced line takes the right one's place."""

import numpy as np
import pytest

from rnncourse.exercises.formulas import worked_out

RIGHT = {"area": lambda s: s.width * s.height, "volume": lambda s: s.area * s.depth}
CASE = {"width": 2, "height": 3, "depth": 5}


def test_a_line_knows_the_arguments_and_the_lines_before_it():
    known = worked_out(RIGHT, CASE)
    assert (known.area, known.volume, known.depth) == (6, 30, 5)
    assert CASE == {"width": 2, "height": 3, "depth": 5}


def test_later_lines_follow_from_a_replaced_one():
    known = worked_out(RIGHT | {"area": lambda s: s.width + s.height}, CASE)
    assert (known.area, known.volume) == (5, 25)


def test_a_line_may_replace_an_argument():
    assert worked_out({"depth": lambda s: s.depth + 1, **RIGHT}, CASE).volume == 36


def test_a_line_does_not_know_what_comes_later():
    with pytest.raises(AttributeError, match="area"):
        worked_out({"volume": RIGHT["volume"], "area": RIGHT["area"]}, CASE)


def test_wrong_lines_may_overflow_in_silence():
    assert np.isnan(worked_out({"ratio": lambda s: np.exp(s.a) / np.exp(s.a)}, {"a": np.array(1000.0)}).ratio)
