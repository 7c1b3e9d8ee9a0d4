"""Gated cells that normalise their sums at every step (Ba, Kiros & Hinton 2016)."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Any

import keras
from keras import ops

from rnncourse._checks import check_whole
from rnncourse.models.initial import by_block

_EPSILON = 1e-5


class _NormalisedCell(keras.layers.Layer):
    """What the two cells share: kernels, one bias, and gains of the normalised sums.

    A cell says for each block of ``units`` columns of its kernels with which bias it begins, and how many of the blocks
    are normalised together. Its shifts are the one bias, since their sum is all that counts.
    """

    first_bias: tuple[float, ...]
    together: tuple[int, ...]

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_whole("units", units, least=1)
        self.units = self.state_size = self.output_size = units

    def build(self, inputs_shape: tuple) -> None:
        width = len(self.first_bias) * self.units
        self.kernel = self.add_weight(shape=(inputs_shape[-1], width), name="kernel")
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, width), initializer="orthogonal", name="recurrent_kernel"
        )
        self.bias = self.add_weight(shape=(width,), initializer=by_block(self.first_bias), name="bias")
        self.gain = self.add_weight(shape=(width,), initializer="ones", name="gain")
        self.recurrent_gain = self.add_weight(shape=(width,), initializer="ones", name="recurrent_gain")

    def sums(self, inputs: Any, h: Any) -> tuple[Any, Any]:
        """The normalised sums over the inputs, with the bias, and over the state: (B, 3H or 4H) each."""
        return (
            self._normalised(ops.matmul(inputs, self.kernel), self.gain) + self.bias,
            self._normalised(ops.matmul(h, self.recurrent_kernel), self.recurrent_gain),
        )

    def _normalised(self, sums: Any, gain: Any) -> Any:
        edges = accumulate((self.units * blocks for blocks in self.together), initial=0)
        parts = [standardised(sums[..., start:stop]) for start, stop in pairwise(edges)]
        return gain * ops.concatenate(parts, axis=-1)

    def get_config(self) -> dict:
        return {**super().get_config(), "units": self.units}


def standardised(x: Any) -> Any:
    """Each row of (B, n) with mean 0 and standard deviation 1, in float32 or better; a row of equal numbers is 0."""
    wide = ops.cast(x, keras.backend.result_type(x.dtype, "float32"))
    mean, variance = ops.moments(wide, axes=-1, keepdims=True)
    return ops.cast((wide - mean) * ops.rsqrt(variance + _EPSILON), x.dtype)


@keras.saving.register_keras_serializable(package="rnncourse")
class LayerNormLSTMCell(_NormalisedCell):
    """One step of an LSTM with layer normalisation (Ba et al. 2016, equations 20–22), for ``keras.layers.RNN``.

        [i, f, c̃, o] = N(x_t W; g) + N(h_{t−1} U; g') + b,   c_t = σ(f) ⊙ c_{t−1} + σ(i) ⊙ tanh(c̃),
        h_t = σ(o) ⊙ tanh(N(c_t; g'') + b'')

    N(a; g) = g ⊙ (a − mean a) / √(var a + 1e-5), over all numbers of a row. ``kernel`` (D, 4H), ``recurrent_kernel``
    (H, 4H), ``bias``, ``gain`` and ``recurrent_gain`` (4H,), ``cell_bias`` and ``cell_gain`` (H,). The forget gate's
    bias begins at 1, the others at 0, gains at 1.

    Args:
        units: int ≥ 1, the size H of the state.

    Call arguments:
        inputs: (B, D).
        states: [h, c], (B, H) each.

    Returns:
        h (B, H), and the new [h, c].

    Raises:
        ValueError: ``units`` is no whole number from 1 up.
    """

    first_bias, together = (0.0, 1.0, 0.0, 0.0), (4,)

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        self.state_size = [units, units]

    def build(self, inputs_shape: tuple) -> None:
        super().build(inputs_shape)
        self.cell_bias = self.add_weight(shape=(self.units,), initializer="zeros", name="cell_bias")
        self.cell_gain = self.add_weight(shape=(self.units,), initializer="ones", name="cell_gain")

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, list]:
        h, c = states
        over_inputs, over_state = self.sums(inputs, h)
        i, f, candidate, o = ops.split(over_inputs + over_state, 4, axis=-1)
        c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(candidate)
        h = ops.sigmoid(o) * ops.tanh(self.cell_gain * standardised(c) + self.cell_bias)
        return h, [h, c]

    def get_initial_state(self, batch_size: int | None = None) -> list:
        return [ops.zeros((batch_size, self.units), dtype=self.compute_dtype) for _ in self.state_size]


@keras.saving.register_keras_serializable(package="rnncourse")
class LayerNormGRUCell(_NormalisedCell):
    """One step of a GRU with layer normalisation (after Ba et al. 2016), for ``keras.layers.RNN``.

        [z, r] = σ(N(x_t W_zr; g) + N(h_{t−1} U_zr; g') + b),   h̃ = tanh(N(x_t W_h; g) + b + r ⊙ N(h_{t−1} U_h; g')),
        h_t = z ⊙ h_{t−1} + (1 − z) ⊙ h̃

    The gates are normalised together, the candidate apart; the reset gate acts after the product, as in Keras. N as in
    :class:`LayerNormLSTMCell`. ``kernel`` (D, 3H), ``recurrent_kernel`` (H, 3H), ``bias``, ``gain`` and
    ``recurrent_gain`` (3H,), in the order z, r, h̃.

    Args:
        units: int ≥ 1, the size H of the state.

    Call arguments:
        inputs: (B, D).
        states: [h], (B, H).

    Returns:
        h (B, H), and the new [h].

    Raises:
        ValueError: ``units`` is no whole number from 1 up.
    """

    first_bias, together = (0.0, 0.0, 0.0), (2, 1)

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, list]:
        h = states[0] if isinstance(states, list | tuple) else states
        over_inputs, over_state = self.sums(inputs, h)
        gates, candidate = ops.split(over_inputs, [2 * self.units], axis=-1)
        gates_of_state, candidate_of_state = ops.split(over_state, [2 * self.units], axis=-1)
        z, r = ops.split(ops.sigmoid(gates + gates_of_state), 2, axis=-1)
        h = z * h + (1 - z) * ops.tanh(candidate + r * candidate_of_state)
        return h, [h]

    def get_initial_state(self, batch_size: int | None = None) -> list:
        return [ops.zeros((batch_size, self.units), dtype=self.compute_dtype)]
