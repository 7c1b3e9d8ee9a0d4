"""Small numbers for the exercises on recurrent cells, and one step of the simple cell, number by number."""

from __future__ import annotations

import math

import numpy as np

from rnncourse.exercises.exercise import Inputs


def values(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Inputs or targets with one decimal, most of them between -2 and 2."""
    return np.round(rng.normal(size=shape), 1)


def state(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """A state with one decimal between -0.9 and 0.9, without zeros."""
    return rng.choice([-1, 1], shape) * rng.integers(1, 10, shape) / 10


def weights(rng: np.random.Generator, features: int, units: int) -> Inputs:
    """Kernels and bias with one decimal; within an array no two weights have the same size.

    Returns:
        dict: ``kernel`` (features, units), ``recurrent_kernel`` (units, units) and ``bias`` (units,).
    """

    def distinct(*shape: int) -> np.ndarray:
        sizes = np.arange(1, max(10, math.prod(shape) + 1)) / 10
        return rng.choice([-1, 1], shape) * rng.permutation(sizes)[: math.prod(shape)].reshape(shape)

    return {"kernel": distinct(features, units), "recurrent_kernel": distinct(units, units), "bias": distinct(units)}


def step(
    x_t: np.ndarray, h: np.ndarray, kernel: np.ndarray, recurrent_kernel: np.ndarray, bias: np.ndarray
) -> np.ndarray:
    """The new state of each sequence (batch, units), unit after unit."""
    new = np.zeros((len(x_t), len(bias)))
    for sequence in range(len(x_t)):
        for unit in range(len(bias)):
            total = bias[unit]
            for feature in range(len(kernel)):
                total += x_t[sequence, feature] * kernel[feature, unit]
            for other in range(len(bias)):
                total += h[sequence, other] * recurrent_kernel[other, unit]
            new[sequence, unit] = math.tanh(total)
    return new
