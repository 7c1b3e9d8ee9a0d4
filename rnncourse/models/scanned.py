"""Recurrent layers whose states are a linear recurrence, so that all steps can be computed together."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from rnncourse.models.linear_scan import linear_scan

_MODES = ("parallel", "sequential")


class LinearCell(keras.layers.Layer):
    """One step of h_t = a(x_t) ⊙ h_{t−1} + b(x_t): what ``ScannedRNN`` needs to know of a cell.

    The states between steps are real, (B, …) each; h itself may be complex.
    """

    def terms(self, inputs: Any) -> tuple[Any, Any]:
        """a and b of any number of steps.

        Args:
            inputs: (…, D).

        Returns:
            a, (…, N) or (N,), and b (…, N).
        """
        raise NotImplementedError

    def joined(self, states: list) -> Any:
        """h (…, N) of the list of states."""
        return states[0]

    def parted(self, h: Any) -> list:
        """The list of states of h (…, N)."""
        return [h]

    def read_out(self, h: Any, inputs: Any) -> Any:
        """The outputs (…, units) after states h (…, N), at inputs (…, D)."""
        return h

    def options(self) -> dict:
        """The arguments that the cell was made with, as they are saved."""
        raise NotImplementedError

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, list]:
        decay, added = self.terms(inputs)
        h = decay * self.joined(states if isinstance(states, list | tuple) else [states]) + added
        return self.read_out(h, inputs), self.parted(h)

    def get_initial_state(self, batch_size: int | None = None) -> list:
        sizes = self.state_size if isinstance(self.state_size, list) else [self.state_size]
        return [ops.zeros((batch_size, size), dtype=self.compute_dtype) for size in sizes]

    def get_config(self) -> dict:
        return {**super().get_config(), **self.options()}


class ScannedRNN(keras.layers.RNN):
    """A ``keras.layers.RNN`` around a ``LinearCell``, in two modes that give the same.

    Args:
        cell: LinearCell.
        mode: "parallel": what the cell makes of its inputs is computed for all steps at once, and the states by
            ``linear_scan``. "sequential": Keras' own loop over the cell.
        **options: those of ``keras.layers.RNN``: ``return_sequences``, ``return_state``, ``go_backwards``,
            ``stateful``, ``zero_output_for_mask``.

    Raises:
        ValueError: ``mode`` is unknown.
    """

    def __init__(self, cell: LinearCell, *, mode: str = "parallel", **options: Any) -> None:
        if mode not in _MODES:
            raise ValueError(f"mode must be one of {', '.join(map(repr, _MODES))}, received {mode!r}")
        super().__init__(cell, **options)
        self.mode = mode

    def step(self, inputs: Any, states: list) -> tuple[Any, list]:
        """One step, of a layer that is built, for a stream whose end is not known.

        Args:
            inputs: (B, D).
            states: from ``get_initial_state(batch_size)`` or the step before.

        Returns:
            The output (B, units), and the new states.
        """
        return self.cell(inputs, states)

    def inner_loop(
        self, sequences: Any, initial_state: list, mask: Any, training: bool = False
    ) -> tuple[Any, Any, list]:
        if self.mode == "sequential":
            return super().inner_loop(sequences, initial_state, mask, training)
        counts = None if mask is None else ops.cast(keras.tree.flatten(mask)[0], "bool")
        if counts is not None and len(counts.shape) == 2:
            counts = counts[..., None]  # (B, T, 1)
        if self.go_backwards:
            sequences = ops.flip(sequences, axis=1)
            counts = None if counts is None else ops.flip(counts, axis=1)
        decay, added = self.cell.terms(sequences)
        if counts is not None:  # a masked step keeps the state
            decay, added = ops.where(counts, decay, ops.ones_like(decay)), ops.where(counts, added, 0 * added)
        h = linear_scan(decay, added, self.cell.joined(initial_state))
        outputs = self.cell.read_out(h, sequences)
        if counts is not None:
            outputs = self._held(outputs, counts)
        return outputs[:, -1], outputs, self.cell.parted(h[:, -1])

    def _held(self, outputs: Any, counts: Any) -> Any:
        """As Keras has it: a masked step shows the output before it, zeros before the first that counts; or zeros."""
        nothing = ops.zeros_like(outputs)
        shown = ops.where(counts, outputs, nothing)
        if self.zero_output_for_mask:
            return shown
        return linear_scan(ops.where(counts, nothing, 1 + nothing), shown)

    def get_config(self) -> dict:
        config = super().get_config()
        del config["cell"], config["unroll"]
        return {**config, **self.cell.options(), "mode": self.mode}

    @classmethod
    def from_config(cls, config: dict, custom_objects: Any = None) -> ScannedRNN:
        return cls(**config)
