"""From the outputs of all steps to one vector, padding left out."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from rnncourse.models.masking import masked_softmax


class _Pooling(keras.layers.Layer):
    """(B, T, D) with a mask (B, T) to (B, D), which has none. A row whose every step is masked gives zeros."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        return None

    def call(self, inputs: Any, mask: Any = None) -> Any:
        counts = ops.ones_like(inputs[:, :, 0], dtype="bool") if mask is None else mask
        return self.pool(inputs, counts)

    def pool(self, inputs: Any, counts: Any) -> Any:
        """(B, D) of inputs (B, T, D), at the steps that count (B, T)."""
        raise NotImplementedError


@keras.saving.register_keras_serializable(package="rnncourse")
class LastStep(_Pooling):
    """The output of the last step that counts, (B, T, D) to (B, D); zeros where none does."""

    def pool(self, inputs: Any, counts: Any) -> Any:
        after = ops.flip(ops.cumsum(ops.cast(ops.flip(counts, axis=1), "int32"), axis=1), axis=1)
        chosen = ops.logical_and(counts, after == 1)  # none that counts comes after it
        return ops.sum(ops.where(chosen[..., None], inputs, 0), axis=1)


@keras.saving.register_keras_serializable(package="rnncourse")
class MaskedMean(_Pooling):
    """The mean over the steps that count, (B, T, D) to (B, D): divided by how many they are, not by T."""

    def pool(self, inputs: Any, counts: Any) -> Any:
        total = ops.sum(ops.where(counts[..., None], inputs, 0), axis=1)
        steps = ops.sum(ops.cast(counts, total.dtype), axis=1, keepdims=True)
        return total / ops.maximum(steps, 1)


@keras.saving.register_keras_serializable(package="rnncourse")
class MaskedMax(_Pooling):
    """The largest value of each feature over the steps that count, (B, T, D) to (B, D)."""

    def pool(self, inputs: Any, counts: Any) -> Any:
        highest = ops.max(ops.where(counts[..., None], inputs, -float("inf")), axis=1)
        return ops.where(ops.any(counts, axis=1, keepdims=True), highest, 0)


@keras.saving.register_keras_serializable(package="rnncourse")
class AttentionPooling(keras.layers.Layer):
    """A weighted mean over the steps, whose weights are learned (Yang et al. 2016).

        e_t = v · tanh(h_t W + b),   a_t = exp e_t / Σ_s exp e_s,   y = Σ_t a_t h_t

    The weights: ``kernel`` W (D, units), ``bias`` b (units,), ``score_kernel`` v (units,).

    Args:
        units: int ≥ 1, the width of the hidden layer that scores a step.

    Call arguments:
        inputs: (B, T, D), the outputs h of all steps.
        mask: (B, T) bool, False where a step is padding; found by Keras where the inputs carry it.
        return_scores: bool, whether to return the weights a too.

    Returns:
        (B, D); with ``return_scores`` also a (B, T), 0 to 1: each row sums to 1, padding gets exactly 0, and where
        every step is padding all of it is 0.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.units = units

    def build(self, inputs_shape: tuple) -> None:
        self.kernel = self.add_weight(shape=(inputs_shape[-1], self.units), name="kernel")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")
        self.score_kernel = self.add_weight(shape=(self.units,), name="score_kernel")

    def call(self, inputs: Any, mask: Any = None, return_scores: bool = False) -> Any:
        hidden = ops.tanh(ops.matmul(inputs, self.kernel) + self.bias)
        weights = masked_softmax(ops.matmul(hidden, self.score_kernel), mask)  # (B, T)
        pooled = ops.sum(weights[..., None] * inputs, axis=1)
        return (pooled, weights) if return_scores else pooled

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        return None

    def get_config(self) -> dict:
        return {**super().get_config(), "units": self.units}
