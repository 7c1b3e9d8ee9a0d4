"""Attention between two sequences, as it came into translation: additive and multiplicative."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from rnncourse.models.masking import masked_softmax


class _Attention(keras.layers.Layer):
    """What both have in common: weights from scores, and the weighted mean of the values.

    Masks: a value that is padding gets the weight 0 exactly, and all weights of a row are 0, and so is its context,
    where there is no other value. The mask of the query is handed on.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def score(self, query: Any, value: Any) -> Any:
        """(B, Tq, Tv) raw scores."""
        raise NotImplementedError

    def call(
        self, query: Any, value: Any, query_mask: Any = None, value_mask: Any = None, return_scores: bool = False
    ) -> Any:
        mask = None if value_mask is None else value_mask[:, None, :]
        weights = masked_softmax(self.score(query, value), mask)
        context = ops.matmul(weights, value)
        return (context, weights) if return_scores else context


@keras.saving.register_keras_serializable(package="rnncourse")
class BahdanauAttention(_Attention):
    """Additive attention (Bahdanau et al. 2015): for each step of a query, a weighted mean of all values.

        e_ij = v · tanh(q_i W_q + h_j W_h),   a_ij = exp e_ij / Σ_k exp e_ik,   c_i = Σ_j a_ij h_j

    The weights: ``query_kernel`` W_q (Dq, units), ``value_kernel`` W_h (Dv, units), ``score_kernel`` v (units,).

    Args:
        units: int ≥ 1, the width of the hidden layer that compares.

    Call arguments:
        query: (B, Tq, Dq), the decoder's states.
        value: (B, Tv, Dv), the encoder's states h_j.
        query_mask, value_mask: (B, Tq), (B, Tv) bool, False where a step is padding; found by Keras where the inputs
            carry them.
        return_scores: bool, whether to return the weights a too (Keras calls them attention scores).

    Returns:
        The contexts c (B, Tq, Dv); with ``return_scores`` also a (B, Tq, Tv), 0 to 1: each row sums to 1, masked
        values get exactly 0, and where all values are masked weights and context are 0.

    Example:
        >>> context, weights = models.BahdanauAttention(64)(decoder_states, encoder_states, return_scores=True)
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units

    def build(self, query_shape: tuple, value_shape: tuple) -> None:
        self.query_kernel = self.add_weight(shape=(query_shape[-1], self.units), name="query_kernel")
        self.value_kernel = self.add_weight(shape=(value_shape[-1], self.units), name="value_kernel")
        self.score_kernel = self.add_weight(shape=(self.units,), name="score_kernel")

    def score(self, query: Any, value: Any) -> Any:
        hidden = ops.matmul(query, self.query_kernel)[:, :, None] + ops.matmul(value, self.value_kernel)[:, None]
        return ops.matmul(ops.tanh(hidden), self.score_kernel)  # (B, Tq, Tv)

    def get_config(self) -> dict:
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="rnncourse")
class LuongAttention(_Attention):
    """Multiplicative attention (Luong et al. 2015): as ``BahdanauAttention``, with products for scores.

        general: e_ij = q_i W · h_j,   dot: e_ij = q_i · h_j

    "general" has one weight, ``kernel`` W (Dq, Dv); "dot" has none, and needs Dq = Dv.

    Args:
        score: "general" or "dot".

    Call arguments and returns: as ``BahdanauAttention``.

    Raises:
        ValueError: another score; "dot" between vectors of different lengths.
    """

    def __init__(self, score: str = "general", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if score not in ("general", "dot"):
            raise ValueError(f"score must be 'general' or 'dot', received {score!r}")
        self.kind = score

    def build(self, query_shape: tuple, value_shape: tuple) -> None:
        sizes = query_shape[-1], value_shape[-1]
        if self.kind == "general":
            self.kernel = self.add_weight(shape=sizes, name="kernel")
        elif sizes[0] != sizes[1]:
            raise ValueError(f"score 'dot' needs query and value of one length, received {sizes[0]} and {sizes[1]}")

    def score(self, query: Any, value: Any) -> Any:
        if self.kind == "general":
            query = ops.matmul(query, self.kernel)
        return ops.matmul(query, ops.swapaxes(value, 1, 2))  # (B, Tq, Tv)

    def get_config(self) -> dict:
        return {**super().get_config(), "score": self.kind}
