"""The LSTM with parts of it taken away: what each gate is for shows when it is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from rnncourse._checks import check_whole
from rnncourse.models.initial import by_block

_GATES = ("input", "forget", "output")
_ACTIVATIONS = ("input_activation", "output_activation")


@keras.saving.register_keras_serializable(package="rnncourse")
class LSTMVariantCell(keras.layers.Layer):
    """One step of an LSTM without some of its parts (Greff et al. 2017), for ``keras.layers.RNN``.

        c_t = f_t ⊙ c_{t−1} + i_t ⊙ φ(x_t W_c + h_{t−1} U_c + b_c),   h_t = o_t ⊙ ψ(c_t)

    A gate that is removed is 1, an activation that is removed (φ or ψ, else tanh) is the identity. With nothing removed
    it is ``keras.layers.LSTMCell``, weight for weight.

    The weights are Keras': ``kernel`` (D, n · H), ``recurrent_kernel`` (H, n · H), ``bias`` (n · H,); the n
    blocks are those of i, f, c̃, o that are there.

    Args:
        units: int ≥ 1, the size H of the state.
        remove: any of "input", "forget", "output" (gates), "input_activation", "output_activation" (φ, ψ).
        coupled: bool, whether the input gate is 1 − f_t and has no weights of its own (Greff et al.'s CIFG).
        forget_bias: float, the first value of the forget gate's bias; the others begin at 0.
        kernel_initializer, recurrent_initializer: as for ``keras.layers.LSTM``; each draws all its blocks at once.

    Call arguments:
        inputs: (B, D).
        states: [h, c], (B, H) each.

    Returns:
        h (B, H), and the new [h, c].

    Raises:
        ValueError: ``units`` is no whole number from 1 up; a part is unknown; or ``coupled`` with one of its two gates
            removed.
    """

    def __init__(
        self,
        units: int,
        *,
        remove: Sequence[str] = (),
        coupled: bool = False,
        forget_bias: float = 1.0,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_whole("units", units, least=1)
        remove = [remove] if isinstance(remove, str) else list(remove)
        if unknown := [part for part in remove if part not in _GATES + _ACTIVATIONS]:
            raise ValueError(f"remove must be among {', '.join(_GATES + _ACTIVATIONS)}, received {unknown[0]!r}")
        if coupled and {"input", "forget"} & {*remove}:
            raise ValueError(f"coupled needs the input gate and the forget gate, but remove is {remove}")
        self.units, self.remove, self.coupled, self.forget_bias = units, remove, coupled, forget_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        without = {*remove, *(["input"] if coupled else [])}
        self._blocks = [block for block in ("input", "forget", "candidate", "output") if block not in without]
        self.state_size, self.output_size = [units, units], units

    def build(self, inputs_shape: tuple) -> None:
        width = len(self._blocks) * self.units
        self.kernel = self.add_weight(
            shape=(inputs_shape[-1], width), initializer=self.kernel_initializer, name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, width), initializer=self.recurrent_initializer, name="recurrent_kernel"
        )
        start = by_block([self.forget_bias if block == "forget" else 0.0 for block in self._blocks])
        self.bias = self.add_weight(shape=(width,), initializer=start, name="bias")

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, list]:
        h, c = states
        scores = ops.matmul(inputs, self.kernel) + ops.matmul(h, self.recurrent_kernel) + self.bias
        parts = dict(zip(self._blocks, ops.split(scores, len(self._blocks), axis=-1), strict=True))
        gates = {name: ops.sigmoid(parts[name]) for name in _GATES if name in parts}
        if self.coupled:
            gates["input"] = 1 - gates["forget"]
        candidate = self._activated("input_activation", parts["candidate"])
        c = gates.get("forget", 1) * c + gates.get("input", 1) * candidate
        h = gates.get("output", 1) * self._activated("output_activation", c)
        return h, [h, c]

    def _activated(self, activation: str, x: Any) -> Any:
        return x if activation in self.remove else ops.tanh(x)

    def get_initial_state(self, batch_size: int | None = None) -> list:
        return [ops.zeros((batch_size, self.units), dtype=self.compute_dtype) for _ in self.state_size]

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "units": self.units,
            "remove": self.remove,
            "coupled": self.coupled,
            "forget_bias": self.forget_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "recurrent_initializer": keras.initializers.serialize(self.recurrent_initializer),
        }
