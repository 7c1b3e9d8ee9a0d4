"""The gated recurrent unit."""

from __future__ import annotations

import numpy as np

from rnncourse.scratch.activations import sigmoid
from rnncourse.scratch.cell import Arrays, Cell, draw
from rnncourse.scratch.initializers import glorot_uniform, orthogonal


class GRU(Cell):
    """The GRU cell (Cho et al. 2014), as ``keras.layers.GRU``.

    ``z_t = σ(x_t W_z + h_{t−1} U_z + b_z)``, the update gate, which keeps the old state; ``r_t`` (reset) alike,
    ``h̃_t = tanh(x_t W_h + b_h + r_t ∘ (h_{t−1} U_h + b′_h))`` with ``reset_after``,
    ``h̃_t = tanh(x_t W_h + b_h + (r_t ∘ h_{t−1}) U_h)`` without, as in the paper,
    ``h_t = z_t ∘ h_{t−1} + (1 − z_t) ∘ h̃_t``.

    The kernel holds W_z, W_r, W_h side by side, Keras' order, and the recurrent kernel and the bias likewise. With
    ``reset_after`` there are two biases, and z and r add both of theirs. The paper's first version and others swap z
    and 1 − z.

    Args:
        input_dim: int ≥ 1, D, numbers in an input x_t.
        units: int ≥ 1, H, numbers in a state h_t.
        reset_after: bool, whether the reset gate stands after the product with U_h (Keras' default) or before it.
        seed: int ≥ 0: W_x is drawn from ``default_rng(seed)`` first; draw a read-out of your own from another seed.
        dtype: "float64", or "float32" for training at speed.

    Attributes:
        weights: [kernel (D, 3H), recurrent_kernel (H, 3H), bias (2, 3H) or, without ``reset_after``, (3H,)], drawn as
            Keras does: Glorot-uniform, orthogonal, zeros.

    Raises:
        ValueError: an argument is outside its range.
    """

    gates = 3

    def __init__(
        self, input_dim: int, units: int, *, reset_after: bool = True, seed: int = 0, dtype: str = "float64"
    ) -> None:
        self.reset_after = bool(reset_after)
        # hU is h_{t−1} U_h + b′_h, which the reset gate scales where it stands after the product.
        self.kept_names = ("z", "r", "h_tilde", "hU") if reset_after else ("z", "r", "h_tilde")
        super().__init__(input_dim, units, dtype=dtype)
        draw(self, seed, glorot_uniform, orthogonal)

    def _bias_shape(self) -> tuple[int, ...]:
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    @property
    def input_bias(self) -> np.ndarray:
        return self.bias[0] if self.reset_after else self.bias

    def step(self, xW: np.ndarray, before: Arrays) -> tuple[Arrays, Arrays]:
        (h,) = before
        xW_z, xW_r, xW_h = self.split(xW)
        if self.reset_after:
            hU_z, hU_r, hU = self.split(h @ self.recurrent_kernel + self.bias[1])
            z, r = sigmoid(xW_z + hU_z), sigmoid(xW_r + hU_r)
            h_tilde = np.tanh(xW_h + r * hU)
            kept = [z, r, h_tilde, hU]
        else:
            U_z, U_r, U_h = self.split(self.recurrent_kernel)
            z, r = sigmoid(xW_z + h @ U_z), sigmoid(xW_r + h @ U_r)
            h_tilde = np.tanh(xW_h + (r * h) @ U_h)
            kept = [z, r, h_tilde]
        h = z * h + (1 - z) * h_tilde
        return [h], kept

    def step_back(
        self, d_after: Arrays, before: Arrays, after: Arrays, kept: Arrays
    ) -> tuple[np.ndarray, Arrays, Arrays]:
        (d_h,), (h,) = d_after, before
        z, r, h_tilde = kept[:3]
        d_z, d_h_tilde = d_h * (h - h_tilde), d_h * (1 - z)
        d_a_z, d_a_h = d_z * z * (1 - z), d_h_tilde * (1 - h_tilde * h_tilde)
        d_h_before = d_h * z
        if self.reset_after:
            d_r = d_a_h * kept[3]
            d_a_r = d_r * r * (1 - r)
            d_hU = np.concatenate([d_a_z, d_a_r, d_a_h * r], axis=-1)
            d_h_before += d_hU @ self.recurrent_kernel.T
        else:
            U_z, U_r, U_h = self.split(self.recurrent_kernel)
            d_rh = d_a_h @ U_h.T
            d_r = d_rh * h
            d_a_r = d_r * r * (1 - r)
            d_h_before += d_a_z @ U_z.T + d_a_r @ U_r.T + d_rh * r
        return np.concatenate([d_a_z, d_a_r, d_a_h], axis=-1), [d_h_before], [d_h]

    def recurrent_gradients(self, h: np.ndarray, kept: Arrays, d_a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        r, d_bias = kept[1], d_a.sum(axis=0)
        if self.reset_after:
            d_hU = d_a.copy()
            self.split(d_hU)[2][...] *= r
            return h.T @ d_hU, np.stack([d_bias, d_hU.sum(axis=0)])
        gates = 2 * self.units
        return np.concatenate([h.T @ d_a[:, :gates], (r * h).T @ d_a[:, gates:]], axis=1), d_bias
