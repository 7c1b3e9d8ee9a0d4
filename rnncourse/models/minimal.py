"""Gated cells whose gates do not see the state (Feng et al. 2024): what is left is a linear recurrence."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from rnncourse._checks import check_whole
from rnncourse.models.initial import by_block
from rnncourse.models.scanned import LinearCell, ScannedRNN


class _MinimalCell(LinearCell):
    """h_t = (1 − z_t) ⊙ h_{t−1} + z_t ⊙ h̃_t, where z_t and h̃_t come from x_t alone; a cell says how z_t does."""

    blocks: tuple[str, ...]  # of the kernel, the candidate last

    def __init__(
        self,
        units: int,
        *,
        signed: bool = False,
        keep_bias: float = 0.0,
        kernel_initializer: Any = "glorot_uniform",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_whole("units", units, least=1)
        self.units = self.state_size = self.output_size = units
        self.signed, self.keep_bias = signed, keep_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def first_bias(self) -> list[float]:
        """The first value of each block's bias."""
        raise NotImplementedError

    def gate(self, sums: list) -> Any:
        """z (…, H) in (0, 1), of the sums of all blocks but the candidate's."""
        raise NotImplementedError

    def build(self, inputs_shape: tuple) -> None:
        width = len(self.blocks) * self.units
        self.kernel = self.add_weight(
            shape=(inputs_shape[-1], width), initializer=self.kernel_initializer, name="kernel"
        )
        self.bias = self.add_weight(shape=(width,), initializer=by_block(self.first_bias()), name="bias")

    def terms(self, inputs: Any) -> tuple[Any, Any]:
        *sums, candidate = ops.split(ops.matmul(inputs, self.kernel) + self.bias, len(self.blocks), axis=-1)
        z = self.gate(sums)
        z = 2 * z if self.signed else z
        return 1 - z, z * candidate

    def options(self) -> dict:
        return {
            "units": self.units,
            "signed": self.signed,
            "keep_bias": self.keep_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


@keras.saving.register_keras_serializable(package="rnncourse")
class MinGRUCell(_MinimalCell):
    """One step of the minimal GRU (Feng et al. 2024), for ``keras.layers.RNN``.

        z_t = σ(x_t W_z + b_z),   h̃_t = x_t W_h + b_h,   h_t = (1 − z_t) ⊙ h_{t−1} + z_t ⊙ h̃_t

    z follows the paper: 1 takes the new, 0 keeps the old, the opposite of Keras' GRU. There is no reset gate and no
    tanh. ``kernel`` (D, 2H) and ``bias`` (2H,), blocks z, h̃.

    Args:
        units: int ≥ 1, the size H of the state.
        signed: bool, whether the state may change its sign in a step: z_t = 2 σ(…), so that what is kept, 1 − z_t,
            lies in (−1, 1) instead of (0, 1) (Grazzi et al. 2024).
        keep_bias: float, the first value of − b_z: above 0 a cell keeps more at first.
        kernel_initializer: as for ``keras.layers.GRU``; draws both blocks at once.

    Call arguments:
        inputs: (B, D).
        states: [h], (B, H).

    Returns:
        h (B, H), and the new [h].

    Raises:
        ValueError: ``units`` is no whole number from 1 up.
    """

    blocks = ("update", "candidate")

    def first_bias(self) -> list[float]:
        return [-self.keep_bias, 0.0]

    def gate(self, sums: list) -> Any:
        return ops.sigmoid(sums[0])


@keras.saving.register_keras_serializable(package="rnncourse")
class MinLSTMCell(_MinimalCell):
    """One step of the minimal LSTM (Feng et al. 2024), for ``keras.layers.RNN``.

        i_t = σ(x_t W_i + b_i),   f_t = σ(x_t W_f + b_f),   h̃_t = x_t W_h + b_h
        h_t = f_t / (f_t + i_t) ⊙ h_{t−1} + i_t / (f_t + i_t) ⊙ h̃_t

    Its state is the LSTM's c; there is no output gate and no tanh, and the two gates are divided by their sum, so that
    the state keeps its scale: a minGRU with z_t = i_t / (f_t + i_t). ``kernel`` (D, 3H) and ``bias`` (3H,), blocks
    i, f, h̃.

    Args:
        units, signed, kernel_initializer: as for ``MinGRUCell``.
        keep_bias: float, the first value of b_f and of − b_i: above 0 a cell keeps more at first.

    Call arguments:
        inputs: (B, D).
        states: [h], (B, H).

    Returns:
        h (B, H), and the new [h].

    Raises:
        ValueError: ``units`` is no whole number from 1 up.
    """

    blocks = ("input", "forget", "candidate")

    def first_bias(self) -> list[float]:
        return [-self.keep_bias, self.keep_bias, 0.0]

    def gate(self, sums: list) -> Any:
        i, f = sums
        return ops.sigmoid(ops.softplus(-f) - ops.softplus(-i))  # i / (f + i), where both may be tiny


class _MinimalLayer(ScannedRNN):
    """A layer of the cell that a subclass names."""

    kind: type[_MinimalCell]

    def __init__(
        self,
        units: int,
        *,
        signed: bool = False,
        keep_bias: float = 0.0,
        kernel_initializer: Any = "glorot_uniform",
        **options: Any,
    ) -> None:
        cell = self.kind(
            units,
            signed=signed,
            keep_bias=keep_bias,
            kernel_initializer=kernel_initializer,
            dtype=options.get("dtype"),
        )
        super().__init__(cell, **options)


@keras.saving.register_keras_serializable(package="rnncourse")
class MinGRU(_MinimalLayer):
    """A layer of ``MinGRUCell``; drop-in for ``keras.layers.GRU``.

    Args:
        units, signed, keep_bias, kernel_initializer: as for ``MinGRUCell``.
        **options: ``mode``, and those of ``keras.layers.RNN``, as for ``ScannedRNN``.

    Call arguments:
        sequences: (B, T, D).
        initial_state: [h] (B, H); None for zeros.
        mask: (B, T) bool; a masked step keeps the state.

    Returns:
        (B, H), or (B, T, H) with ``return_sequences``; with ``return_state`` also h (B, H).

    Raises:
        ValueError: ``units`` is no whole number from 1 up, or ``mode`` is unknown.

    Example:
        >>> layer = models.MinGRU(64, return_sequences=True)
        >>> y = layer(x)                                               # (B, T, D) to (B, T, 64)
        >>> states = layer.get_initial_state(batch_size=2)             # or one step after the other
        >>> y_1, states = layer.step(x[:, 0], states)                  # (B, 64)
    """

    kind = MinGRUCell


@keras.saving.register_keras_serializable(package="rnncourse")
class MinLSTM(_MinimalLayer):
    """A layer of ``MinLSTMCell``, with one state; everything else as for ``MinGRU``.

    Args:
        units, signed, keep_bias, kernel_initializer: as for ``MinLSTMCell``.
        **options: ``mode``, and those of ``keras.layers.RNN``, as for ``ScannedRNN``.

    Raises:
        ValueError: ``units`` is no whole number from 1 up, or ``mode`` is unknown.
    """

    kind = MinLSTMCell
