"""The nonlinearities of the cells, each with its slope."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Activation:
    """A nonlinearity φ, elementwise.

    Args:
        function: a ↦ φ(a), any shape.
        slope: φ(a) ↦ φ′(a): from the value, since a cell keeps h = φ(a) and not a.
    """

    function: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]


ACTIVATIONS = {
    "tanh": Activation(np.tanh, lambda h: 1 - h * h),
    "relu": Activation(lambda a: np.maximum(a, 0), lambda h: (h > 0).astype(h.dtype)),
    "linear": Activation(lambda a: a, np.ones_like),
}


def sigmoid(a: np.ndarray) -> np.ndarray:
    """σ(a) = 1 / (1 + e^{−a}), any shape, from 0 to 1.

    Far below zero e^{−a} overflows to infinity and σ to its limit, 0: no warning is due.
    """
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-a))
