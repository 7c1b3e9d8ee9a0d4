"""What weights are before training."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

Initializer = Callable[[np.random.Generator, int, int], np.ndarray]


def glorot_uniform(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Uniform in ±√(6 / (rows + columns)) (Glorot & Bengio 2010), shape (rows, columns)."""
    limit = math.sqrt(6 / (rows + columns))
    return rng.uniform(-limit, limit, size=(rows, columns))


def orthogonal(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """A random matrix with orthonormal rows, or columns where it is tall (Saxe et al. 2014), shape (rows, columns).

    Q of a QR decomposition of normal numbers; its signs are those that make R's diagonal positive, without which Q
    would not be uniform over the orthogonal matrices.
    """
    q, r = np.linalg.qr(rng.normal(size=(max(rows, columns), min(rows, columns))))
    q *= np.sign(np.diagonal(r))
    return q if rows >= columns else q.T


def identity(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Ones on the diagonal, zeros elsewhere (Le et al. 2015), shape (rows, columns); draws nothing."""
    return np.eye(rows, columns)


KERNEL_INITIALIZERS: dict[str, Initializer] = {"glorot_uniform": glorot_uniform, "orthogonal": orthogonal}
RECURRENT_INITIALIZERS: dict[str, Initializer] = {**KERNEL_INITIALIZERS, "identity": identity}
