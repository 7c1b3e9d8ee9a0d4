"""The long short-term memory cell."""

from __future__ import annotations

import numpy as np

from rnncourse.scratch.activations import sigmoid
from rnncourse.scratch.cell import Arrays, Cell, draw
from rnncourse.scratch.initializers import glorot_uniform, orthogonal


class LSTM(Cell):
    """The LSTM cell (Hochreiter & Schmidhuber 1997; its forget gate Gers et al. 2000), as ``keras.layers.LSTM``.

    ``i_t = σ(x_t W_i + h_{t−1} U_i + b_i)``, the input gate; ``f_t`` (forget) and ``o_t`` (output) alike,
    ``c̃_t = tanh(x_t W_c + h_{t−1} U_c + b_c)``, the candidate,
    ``c_t = f_t ∘ c_{t−1} + i_t ∘ c̃_t``,
    ``h_t = o_t ∘ tanh(c_t)``.

    W_x holds W_i, W_f, W_c, W_o side by side, Keras' order, and W_h and b likewise. The state is [h, c].

    Args:
        input_dim: int ≥ 1, D, numbers in an input x_t.
        units: int ≥ 1, H, numbers in h_t and in c_t.
        unit_forget_bias: bool, whether b_f starts at 1 and not at 0, as in Keras (Jozefowicz et al. 2015).
        seed: int ≥ 0: W_x is drawn from ``default_rng(seed)`` first; draw a read-out of your own from another seed.
        dtype: "float64", or "float32" for training at speed.

    Attributes:
        weights: [kernel W_x (D, 4H), recurrent_kernel W_h (H, 4H), bias b (4H,)], drawn as Keras does: Glorot-uniform,
            orthogonal, zeros but for b_f.

    Raises:
        ValueError: an argument is outside its range.
    """

    gates = 4
    state_names = ("h", "c")
    kept_names = ("i", "f", "c_tilde", "o")

    def __init__(
        self, input_dim: int, units: int, *, unit_forget_bias: bool = True, seed: int = 0, dtype: str = "float64"
    ) -> None:
        super().__init__(input_dim, units, dtype=dtype)
        draw(self, seed, glorot_uniform, orthogonal)
        self.split(self.bias)[1][...] = bool(unit_forget_bias)

    def step(self, xW: np.ndarray, before: Arrays) -> tuple[Arrays, Arrays]:
        (h, c), W_h = before, self.recurrent_kernel
        a_i, a_f, a_c, a_o = self.split(xW + h @ W_h)
        i, f, c_tilde, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_c), sigmoid(a_o)
        c = f * c + i * c_tilde
        h = o * np.tanh(c)
        return [h, c], [i, f, c_tilde, o]

    def step_back(
        self, d_after: Arrays, before: Arrays, after: Arrays, kept: Arrays
    ) -> tuple[np.ndarray, Arrays, Arrays]:
        (d_h, d_c), (_, c_before), (_, c) = d_after, before, after
        i, f, c_tilde, o = kept
        tanh_c = np.tanh(c)
        d_o = d_h * tanh_c
        d_c = d_c + d_h * o * (1 - tanh_c * tanh_c)  # h_t reads c_t: only now is dL/dc_t total
        d_i, d_f, d_c_tilde = d_c * c_tilde, d_c * c_before, d_c * i
        d_a = np.concatenate(
            [d_i * i * (1 - i), d_f * f * (1 - f), d_c_tilde * (1 - c_tilde * c_tilde), d_o * o * (1 - o)], axis=-1
        )
        return d_a, [d_a @ self.recurrent_kernel.T, d_c * f], [d_h, d_c]
