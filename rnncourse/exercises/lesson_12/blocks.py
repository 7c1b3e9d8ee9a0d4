"""Weights of a gated cell with their blocks in another order."""

from __future__ import annotations

import numpy as np

WEIGHTS = ("kernel", "recurrent_kernel", "bias")


def swapped(array: np.ndarray, *, blocks: int, pair: tuple[int, int]) -> np.ndarray:
    """The array with two of the blocks along its last axis in each other's place."""
    parts = np.split(array, blocks, axis=-1)
    one, other = pair
    parts[one], parts[other] = parts[other], parts[one]
    return np.concatenate(parts, axis=-1)
