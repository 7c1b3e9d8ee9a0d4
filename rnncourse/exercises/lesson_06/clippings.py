"""What the exercises of lesson 06 share: gradients of a small cell, their global norm, and three ways to clip them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from rnncourse.exercises.exercise import Inputs

Gradients = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Of kernel (D, H), recurrent_kernel (H, H) and bias (H,)."""
Clip = Callable[[Gradients, float], Gradients]


def gradients(
    rng: np.random.Generator, *, features: int = 0, units: int = 0, scale: float = 1.0, bias: float = 1.0
) -> Gradients:
    """Arrays with one or two decimals, whose lengths differ; what is 0 is drawn.

    ``scale``: a power of ten that all are multiplied by; ``bias``: a factor for the last.
    """
    features, units = features or int(rng.integers(1, 4)), units or int(rng.integers(2, 4))
    sizes = rng.permutation([0.4, 1.0, 2.5]) * (1, 1, bias)
    drawn = (rng.normal(scale=size, size=shape) for size, shape in zip(sizes, shapes(features, units), strict=True))
    first, second, third = (np.round(array, 2) * scale + 0.0 for array in drawn)  # + 0.0: no −0
    return first, second, third


def shapes(features: int, units: int) -> tuple[tuple[int, ...], ...]:
    """Those of the three gradients of a cell."""
    return (features, units), (units, units), (units,)


def named(found: Gradients) -> Inputs:
    """The three gradients under the names of the exercises' arguments."""
    return dict(zip(("d_kernel", "d_recurrent_kernel", "d_bias"), found, strict=True))


def end_to_end(found: Iterable[np.ndarray]) -> np.ndarray:
    """All entries as one vector."""
    return np.concatenate([array.ravel() for array in found])


def global_norm(found: Iterable[np.ndarray]) -> float:
    """The length of all entries laid end to end."""
    return float(np.linalg.norm(end_to_end(found)))


def by_value(found: Gradients, limit: float) -> Gradients:
    """Every entry cut to −limit … limit."""
    first, second, third = (np.clip(array, -limit, limit) for array in found)
    return first, second, third


def by_variable(found: Gradients, limit: float) -> Gradients:
    """Every array shortened to ``limit`` by itself, where it is longer."""
    first, second, third = (shortened((array,), limit)[0] for array in found)
    return first, second, third


def by_global_norm(found: Gradients, limit: float) -> Gradients:
    """All arrays shortened by one factor, where they are longer than ``limit`` together."""
    first, second, third = shortened(found, limit)
    return first, second, third


def shortened(found: tuple[np.ndarray, ...], limit: float, *, by: float | None = None) -> tuple[np.ndarray, ...]:
    """One factor for all; ``by``: the norm that they are measured with, their own one when left out."""
    norm = global_norm(found) if by is None else by
    factor = limit / norm if norm > limit else 1.0
    return tuple(array * factor for array in found)
