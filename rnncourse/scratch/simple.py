"""The simple recurrent cell."""

from __future__ import annotations

import math
from numbers import Real

import numpy as np

from rnncourse.scratch.activations import ACTIVATIONS
from rnncourse.scratch.arrays import one_of
from rnncourse.scratch.cell import Arrays, Cell, draw
from rnncourse.scratch.initializers import KERNEL_INITIALIZERS, RECURRENT_INITIALIZERS


class SimpleRNN(Cell):
    """The simple recurrent cell (Elman 1990), as ``keras.layers.SimpleRNN``.

    ``h_t = φ(x_t W_x + h_{t−1} W_h + b)``

    Args:
        input_dim: int ≥ 1, D, numbers in an input x_t.
        units: int ≥ 1, H, numbers in a state h_t.
        activation: φ: "tanh", "relu" or "linear".
        kernel_initializer: of W_x: "glorot_uniform" or "orthogonal".
        recurrent_initializer: of W_h: "orthogonal", "glorot_uniform" or "identity".
        gain: float ≥ 0, factor on the initial W_h: an orthogonal W_h has this singular value alone.
        seed: int ≥ 0: W_x is drawn from ``default_rng(seed)`` first; draw a read-out of your own from another seed.
        dtype: "float64", or "float32" for training at speed.

    Attributes:
        weights: [kernel W_x (D, H), recurrent_kernel W_h (H, H), bias b (H,)]; the bias starts at 0.

    Raises:
        ValueError: an argument is outside its range.
    """

    def __init__(
        self,
        input_dim: int,
        units: int,
        *,
        activation: str = "tanh",
        kernel_initializer: str = "glorot_uniform",
        recurrent_initializer: str = "orthogonal",
        gain: float = 1.0,
        seed: int = 0,
        dtype: str = "float64",
    ) -> None:
        super().__init__(input_dim, units, dtype=dtype)
        one_of("activation", activation, ACTIVATIONS)
        self.activation = activation
        if isinstance(gain, bool) or not isinstance(gain, Real) or not 0 <= gain < math.inf:
            raise ValueError(f"gain must be a finite number from 0 up, received {gain!r}")
        draw(
            self,
            seed,
            one_of("kernel_initializer", kernel_initializer, KERNEL_INITIALIZERS),
            one_of("recurrent_initializer", recurrent_initializer, RECURRENT_INITIALIZERS),
        )
        self.recurrent_kernel[...] *= gain

    def step(self, xW: np.ndarray, before: Arrays) -> tuple[Arrays, Arrays]:
        (h,), W_h, φ = before, self.recurrent_kernel, ACTIVATIONS[self.activation].function
        h = φ(xW + h @ W_h)
        return [h], []

    def step_back(
        self, d_after: Arrays, before: Arrays, after: Arrays, kept: Arrays
    ) -> tuple[np.ndarray, Arrays, Arrays]:
        (d_h,), (h,), W_h, slope = d_after, after, self.recurrent_kernel, ACTIVATIONS[self.activation].slope
        d_a = d_h * slope(h)
        return d_a, [d_a @ W_h.T], [d_h]
