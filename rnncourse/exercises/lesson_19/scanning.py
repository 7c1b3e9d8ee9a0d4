"""A linear recurrence block by block, whole and with any of its lines replaced."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from rnncourse.exercises.formulas import Formula, worked_out

Scanned = tuple[np.ndarray, np.ndarray, np.ndarray]


def walk(decay: np.ndarray, inputs: np.ndarray, start: Any = 0.0) -> np.ndarray:
    """All states (T, H), step after step."""
    h, states = start, []
    for a, b in zip(decay, inputs, strict=True):
        h = a * h + b
        states.append(h)
    return np.array(states).reshape(decay.shape)


def blocks(array: np.ndarray, size: int) -> list[np.ndarray]:
    """Pieces of ``size`` rows; the last may be shorter."""
    return [array[start : start + size] for start in range(0, len(array), size)]


def _carry(s: SimpleNamespace) -> list[np.ndarray]:
    """The state before each block."""
    h, before = s.start, []
    for products, local in zip(s.products, s.local, strict=True):
        before.append(h)
        h = s.handed(products, local, h)
    return before


_RIGHT: dict[str, Formula] = {
    "start": lambda s: s.initial_state,
    "decays": lambda s: blocks(s.decay, s.block),
    "added": lambda s: blocks(s.inputs, s.block),
    "products": lambda s: [np.cumprod(decay, axis=0) for decay in s.decays],
    "local": lambda s: [walk(decay, added) for decay, added in zip(s.decays, s.added, strict=True)],
    "handed": lambda s: lambda products, local, h: products[-1] * h + local[-1],
    "before": _carry,
    "factors": lambda s: s.products,
    "states": lambda s: [f * h + local for f, h, local in zip(s.factors, s.before, s.local, strict=True)],
}
"""Each line, from the names of the arguments and of the lines before it; parts are lists, a block each."""


def scan_with(**changes: Formula) -> Callable[..., Scanned]:
    """The scan with some lines changed."""

    def scan(**case: Any) -> Scanned:
        s = worked_out(_RIGHT | changes, case)
        return np.concatenate(s.products), np.concatenate(s.local), np.concatenate(s.states)

    return scan


def by_division(decay: np.ndarray, added: np.ndarray) -> np.ndarray:
    """A state from 0 on as a sum; NaN behind a decay of 0."""
    products = np.cumprod(decay, axis=0)
    return products * np.cumsum(added / products, axis=0)
