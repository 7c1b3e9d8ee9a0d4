"""Checks of arguments that every room needs. Imports the standard library alone."""

from __future__ import annotations

from numbers import Integral
from typing import Any


def check_whole(name: str, value: Any, *, least: int) -> None:
    """Check an argument that counts something.

    Args:
        name: str, what the argument is called.
        value: what was received; Python's and NumPy's whole numbers will do, truth values will not.
        least: int, the smallest value allowed.

    Raises:
        ValueError: ``value`` is no whole number, or is below ``least``.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise ValueError(f"{name} must be a whole number from {least} up, received {value!r}")
