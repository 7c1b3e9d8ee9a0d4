"""A diagonal linear state-space layer: the Linear Recurrent Unit (Orvieto et al. 2023)."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from rnncourse._checks import check_whole
from rnncourse.models.scanned import LinearCell, ScannedRNN


@keras.saving.register_keras_serializable(package="rnncourse")
class LRUCell(LinearCell):
    """One step of a Linear Recurrent Unit (Orvieto et al. 2023), for ``keras.layers.RNN``.

        h_t = λ ⊙ h_{t−1} + γ ⊙ (x_t B),   λ = exp(−exp ν + i exp θ),   y_t = φ(Re(h_t C) + x_t D)

    h is complex; each of its H numbers is a damped oscillator of its own: |λ| = exp(−exp ν) < 1 is what is left of it
    after a step, exp θ how far it turns, in radians. γ begins at √(1 − |λ|²), so that the state has the scale of its
    input for every λ. There is no gate: λ is the same at every step.

    The weights: ``decay_log`` ν, ``phase_log`` θ, ``gain_log`` log γ, (H,) each; ``kernel`` (D, 2H), the real and
    imaginary parts of B; ``output_kernel`` (2H, H), those of C, the latter negated; ``skip_kernel`` D (D, H).

    Args:
        units: int ≥ 1, H, complex numbers in the state and real ones in the output.
        min_radius, max_radius: 0 ≤ min < max < 1, between which |λ| is drawn at first, evenly over the ring's area.
        max_phase: float in (0, 2π], below which the angle of λ is drawn at first.
        activation: φ; None for the identity, as in the paper, whose layers are followed by a network at every step.

    Call arguments:
        inputs: (B, D).
        states: [re, im], the parts of h, (B, H) each.

    Returns:
        y (B, H), and the new [re, im].

    Raises:
        ValueError: an argument is outside its range.
    """

    def __init__(
        self,
        units: int,
        *,
        min_radius: float = 0.9,
        max_radius: float = 0.999,
        max_phase: float = 2 * np.pi,
        activation: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_whole("units", units, least=1)
        if not 0 <= min_radius < max_radius < 1:
            raise ValueError(
                f"min_radius and max_radius must be 0 ≤ min < max < 1, received {min_radius} and {max_radius}"
            )
        if not 0 < max_phase <= 2 * np.pi:
            raise ValueError(f"max_phase must lie above 0 and be at most 2π, received {max_phase}")
        self.units = self.output_size = units
        self.state_size = [units, units]
        self.min_radius, self.max_radius, self.max_phase = min_radius, max_radius, max_phase
        self.activation = keras.activations.get(activation)

    def build(self, inputs_shape: tuple) -> None:
        features, units = inputs_shape[-1], self.units
        self.decay_log = self.add_weight(shape=(units,), initializer=self._ring, name="decay_log")
        self.phase_log = self.add_weight(shape=(units,), initializer=self._angles, name="phase_log")
        self.gain_log = self.add_weight(shape=(units,), initializer=self._gains, name="gain_log")
        self.kernel = self.add_weight(shape=(features, 2 * units), initializer="lecun_normal", name="kernel")
        self.output_kernel = self.add_weight(shape=(2 * units, units), initializer="lecun_normal", name="output_kernel")
        self.skip_kernel = self.add_weight(shape=(features, units), initializer="lecun_normal", name="skip_kernel")

    def eigenvalues(self) -> Any:
        """λ (H,), complex."""
        return _complex(*self._lambda())

    def terms(self, inputs: Any) -> tuple[Any, Any]:
        return self.eigenvalues(), _complex(*self._added(inputs))

    def joined(self, states: list) -> Any:
        return _complex(*(_wide(state) for state in states))

    def parted(self, h: Any) -> list:
        return [ops.cast(part, self.compute_dtype) for part in (ops.real(h), ops.imag(h))]

    def read_out(self, h: Any, inputs: Any) -> Any:
        return self._read_out(self.parted(h), inputs)

    def call(self, inputs: Any, states: list, training: bool = False) -> tuple[Any, list]:
        turn_re, turn_im = self._lambda()
        added_re, added_im = self._added(inputs)
        re, im = (_wide(state) for state in states)
        re, im = turn_re * re - turn_im * im + added_re, turn_re * im + turn_im * re + added_im
        states = [ops.cast(part, self.compute_dtype) for part in (re, im)]
        return self._read_out(states, inputs), states

    def options(self) -> dict:
        return {
            "units": self.units,
            "min_radius": self.min_radius,
            "max_radius": self.max_radius,
            "max_phase": self.max_phase,
            "activation": keras.activations.serialize(self.activation),
        }

    def _lambda(self) -> tuple[Any, Any]:
        """The real and imaginary parts of λ, (H,) each."""
        radius = ops.exp(-ops.exp(_wide(self.decay_log)))
        angle = ops.exp(_wide(self.phase_log))
        return radius * ops.cos(angle), radius * ops.sin(angle)

    def _added(self, inputs: Any) -> tuple[Any, Any]:
        """The real and imaginary parts of γ ⊙ (x B), (…, H) each."""
        re, im = ops.split(_wide(ops.matmul(inputs, self.kernel)), 2, axis=-1)
        gain = ops.exp(_wide(self.gain_log))
        return gain * re, gain * im

    def _read_out(self, parts: list, inputs: Any) -> Any:
        read = ops.matmul(ops.concatenate(parts, axis=-1), self.output_kernel)
        return self.activation(read + ops.matmul(inputs, self.skip_kernel))

    def _ring(self, shape: tuple, dtype: Any = None) -> Any:
        least, most = self.min_radius**2, self.max_radius**2
        squared = keras.initializers.RandomUniform(max(least, 1e-6), most)(shape)  # of |λ|: even over the area
        return ops.cast(ops.log(-0.5 * ops.log(squared)), dtype)

    def _angles(self, shape: tuple, dtype: Any = None) -> Any:
        return ops.cast(ops.log(keras.initializers.RandomUniform(1e-3 * self.max_phase, self.max_phase)(shape)), dtype)

    def _gains(self, shape: tuple, dtype: Any = None) -> Any:
        radius = ops.exp(-ops.exp(ops.cast(self.decay_log, "float32")))
        return ops.cast(0.5 * ops.log(1 - radius**2), dtype)


@keras.saving.register_keras_serializable(package="rnncourse")
class LRU(ScannedRNN):
    """A layer of ``LRUCell``.

    Args:
        units, min_radius, max_radius, max_phase, activation: as for ``LRUCell``.
        **options: ``mode``, and those of ``keras.layers.RNN``, as for ``ScannedRNN``.

    Call arguments:
        sequences: (B, T, D).
        initial_state: [re, im], (B, H) each; None for zeros.
        mask: (B, T) bool; a masked step keeps the state.

    Returns:
        (B, H), or (B, T, H) with ``return_sequences``; with ``return_state`` also re and im (B, H).

    Raises:
        ValueError: an argument is outside its range, or ``mode`` is unknown.
    """

    def __init__(
        self,
        units: int,
        *,
        min_radius: float = 0.9,
        max_radius: float = 0.999,
        max_phase: float = 2 * np.pi,
        activation: Any = None,
        **options: Any,
    ) -> None:
        cell = LRUCell(
            units,
            min_radius=min_radius,
            max_radius=max_radius,
            max_phase=max_phase,
            activation=activation,
            dtype=options.get("dtype"),
        )
        super().__init__(cell, **options)


def _wide(a: Any) -> Any:
    """In float32 or better: half precision cannot tell |λ| = 0.999 from 1."""
    return ops.cast(a, keras.backend.result_type(a.dtype, "float32"))


def _complex(re: Any, im: Any) -> Any:
    return tf.complex(re, im)  # Keras' view_as_complex has a gradient that warns
