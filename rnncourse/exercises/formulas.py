"""A function as a list of formulas, so that a mistake is the same function with some of its lines replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from rnncourse.exercises.exercise import Inputs

Formula = Callable[[SimpleNamespace], Any]
"""A value, of the names of the arguments and of the lines before it."""


def worked_out(formulas: Mapping[str, Formula], case: Inputs) -> SimpleNamespace:
    """All lines of a function, one after the other.

    Args:
        formulas: each line by the name of what it gives; ``right | changes`` is the function with some of its lines
            replaced, each in the place of the right one.
        case: the arguments by their names.

    Returns:
        The arguments and what each line gives, by their names. NumPy warns of nothing: a wrong line may overflow.
    """
    known = SimpleNamespace(**case)
    with np.errstate(all="ignore"):
        for name, formula in formulas.items():
            setattr(known, name, formula(known))
    return known
