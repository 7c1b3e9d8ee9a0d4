"""What wrong implementations share: they must give a result for every input, and never raise."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any


def where_it_fits(function: Callable[..., Any]) -> Callable[..., Any]:
    """A mistake that needs equal sizes: it gives None in place of an exception where they are not equal."""

    @wraps(function)
    def fitting(*arguments: object, **case: object) -> Any:
        try:
            return function(*arguments, **case)
        except (ValueError, IndexError):
            return None

    return fitting
