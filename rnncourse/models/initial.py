"""First values of weights that Keras' initialisers do not give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops


def by_block(values: Sequence[float]) -> Callable[..., Any]:
    """An initialiser that gives each block of a bias a number of its own, as each gate has one.

    Args:
        values: one number a block; the blocks are equally long.
    """

    def initialise(shape: tuple[int], dtype: Any = None) -> Any:
        return ops.convert_to_tensor(np.repeat(values, shape[0] // len(values)), dtype)

    return initialise


def glorot_matrix(rows: int, columns: int) -> Callable[..., Any]:
    """An initialiser: Glorot's uniform numbers for a matrix (rows, columns), in whatever shape is asked for.

    Args:
        rows, columns: int ≥ 1, whose product is that of the shape.
    """

    def initialise(shape: Sequence[int], dtype: Any = None) -> Any:
        return ops.reshape(keras.initializers.GlorotUniform()((rows, columns), dtype), shape)

    return initialise
