"""Weights of a gated cell from another library, a row for each unit and gates in an order of their own; ways to turn.

``order`` names the blocks of such weights from the first rows on, ``keras`` the blocks of Keras' columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from rnncourse.exercises.exercise import Inputs
from rnncourse.exercises.lesson_04.arrays import numbers

Weights = tuple[np.ndarray, np.ndarray, np.ndarray]
Turn = Callable[[np.ndarray], np.ndarray]
Places = Callable[[Sequence[str], Sequence[str]], list[int]]
"""Which block of ``order`` comes first, second … of ``order`` and ``keras``."""


def weights(
    rng: np.random.Generator,
    *,
    orders: Sequence[Sequence[str]],
    features: int = 2,
    units: int = 2,
    order: Sequence[str] | None = None,
) -> Inputs:
    """Weights in one of the orders, or in ``order``.

    As many features as units, so that a kernel that was not turned is found out by its numbers.
    """
    rows = len(orders[0]) * units
    return {
        "w_ih": numbers(rng, rows, features),
        "w_hh": numbers(rng, rows, units),
        "b_ih": numbers(rng, rows),
        "b_hh": numbers(rng, rows),
        "order": list(order or orders[int(rng.integers(len(orders)))]),
    }


def rows_of(order: Sequence[str], keras: Sequence[str], units: int) -> str:
    """Where each gate stands, in words."""
    first = {gate: order.index(gate) * units for gate in keras}
    return ", ".join(f"{gate} in rows {row} to {row + units - 1}" for gate, row in first.items())


def places(order: Sequence[str], keras: Sequence[str]) -> list[int]:
    """Where each gate that Keras wants next stands."""
    return [order.index(gate) for gate in keras]


def where_they_go(order: Sequence[str], keras: Sequence[str]) -> list[int]:
    """The inverse of ``places``."""
    return places(keras, order)


def as_they_are(order: Sequence[str], keras: Sequence[str]) -> list[int]:
    return list(range(len(order)))


def turned(kernel: np.ndarray) -> np.ndarray:
    return kernel.T


def reshaped(kernel: np.ndarray) -> np.ndarray:
    return kernel.reshape(kernel.shape[1], -1)


def not_turned_in_blocks(kernel: np.ndarray, *, gates: int) -> np.ndarray:
    """The blocks side by side, each as it came."""
    return np.concatenate(np.split(kernel, gates), axis=1)
