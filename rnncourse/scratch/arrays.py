"""Checks of arrays, in one wording: the argument, what was expected, what was received."""

from __future__ import annotations

from typing import Any

import numpy as np


def numbers(name: str, value: Any, shape: tuple[int, ...], dtype: np.dtype, axes: str = "") -> np.ndarray:
    """An array of finite numbers of one shape.

    Args:
        name: str, what the argument is called.
        value: array or nested lists.
        shape: the expected shape.
        dtype: float type of the result.
        axes: str, what the axes are called in the message, such as "(batch, units)".

    Returns:
        array of ``shape`` and ``dtype``: ``value`` itself where that fits, a copy otherwise.

    Raises:
        ValueError: another shape, no numbers, NaN or infinity.
    """
    array = np.asarray(value)
    if array.shape != shape:
        expected = f"{axes} = {shape}" if axes else f"{shape}"
        raise ValueError(f"{name} must have shape {expected}, received shape {array.shape}")
    return finite(name, array, dtype)


def finite(name: str, array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The array in another float type; ValueError for what is no number, NaN or infinite."""
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} must hold real numbers, received dtype {array.dtype}")
    with np.errstate(over="ignore"):  # float64 that is too large for float32 is told below, as infinity
        array = array.astype(dtype, copy=False)
    fine = np.isfinite(array)
    if not fine.all():
        place = tuple(int(i) for i in np.argwhere(~fine)[0])
        raise ValueError(f"{name} must be finite, received {array[place]} at index {place}")
    return array


def one_of(name: str, value: Any, known: dict[str, Any]) -> Any:
    """The entry of ``known`` that an argument names; ValueError for an unknown name."""
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, known))}, received {value!r}")
    return known[value]
