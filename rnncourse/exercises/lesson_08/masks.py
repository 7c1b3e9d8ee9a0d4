"""States and masks for the exercises on pooling."""

from __future__ import annotations

import numpy as np


def states_and_mask(
    rng: np.random.Generator, *, mask: list[list[bool]] | None = None, units: int = 3
) -> tuple[np.ndarray, np.ndarray]:
    """States (B, T, H) with one decimal, and where they are real: three rows of three steps unless ``mask`` is given.

    Left out, each row and each column has a real step and a padded one, and not all rows have as many real ones. One
    unit of a row is below zero at all its real steps. At padded steps stand states that are as large as any.
    """
    drawn = np.zeros((3, 3), dtype=bool) if mask is None else np.array(mask)
    while mask is None and not _is_mixed(drawn):
        drawn = rng.random(drawn.shape) < 0.65
    states = rng.choice([-1, 1], (*drawn.shape, units)) * rng.integers(1, 10, (*drawn.shape, units)) / 10
    row, unit = rng.integers(len(drawn)), rng.integers(units)
    states[row, drawn[row], unit] = -np.abs(states[row, drawn[row], unit])
    return states, drawn


def _is_mixed(mask: np.ndarray) -> bool:
    counts = mask.sum(axis=1)
    some_and_not_all = all((mask.any(axis=axis) & ~mask.all(axis=axis)).all() for axis in (0, 1))
    return bool(some_and_not_all and counts.min() < counts.max())
