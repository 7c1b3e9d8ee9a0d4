"""Self-attention: every step of a sequence looks at the steps of the same sequence."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from rnncourse._checks import check_whole
from rnncourse.models.initial import glorot_matrix
from rnncourse.models.masking import masked_softmax
from rnncourse.models.positions import rotate
from rnncourse.models.streaming import Streaming, positions


@keras.saving.register_keras_serializable(package="rnncourse")
class MultiHeadSelfAttention(Streaming):
    """Scaled dot-product attention of a sequence to itself, in several heads (Vaswani et al. 2017).

        q_i = x_i W_q + b_q,   k_j = x_j W_k + b_k,   v_j = x_j W_v + b_v        for each head, (key_dim,)
        e_ij = q_i · k_j / √key_dim,   a_ij = exp e_ij / Σ_m exp e_im,   y_i = Σ_j a_ij v_j
        output_i = Σ_heads y_i W_o + b_o

    The weights, those of ``keras.layers.MultiHeadAttention`` in its order, so that ``set_weights`` takes them either
    way: ``query_kernel`` W_q (D, heads, key_dim), ``query_bias`` b_q (heads, key_dim), the same for key and value,
    ``output_kernel`` W_o (heads, key_dim, D), ``output_bias`` b_o (D,). Kernels start as Glorot's for the matrices
    (D, heads · key_dim) and (heads · key_dim, D).

    With a cache (see ``models.streaming.Streaming``) the keys and values of earlier steps are kept instead of computed
    again: "key" and "value" (B, heads, steps, key_dim), "counts" (B, steps) and "read" (B,). Only a causal layer has
    one, and no gradient flows through it. Nothing but Keras' own operations, which every backend has; tested under
    TensorFlow.

    Args:
        heads: int ≥ 1.
        key_dim: int ≥ 1, the length of a head's queries, keys and values; None takes D / heads.
        causal: bool, whether a step sees itself and earlier steps alone, j ≤ i.
        rotary: bool, whether queries and keys are turned by their positions (Su et al. 2021), so that the scores
            depend on the distance between two steps. Without, and without positions added below, the steps are a set.

    Call arguments:
        inputs: (B, T, D).
        mask: (B, T) bool, False where a step is padding: nothing looks at it, and positions do not count it. Found by
            Keras where the inputs carry it, and handed on.
        return_scores: bool, whether to return the weights a too (Keras calls them attention scores).
        cache: from ``initial_cache``, to read on from there; the result then ends with the new cache.

    Returns:
        (B, T, D); with ``return_scores`` also a (B, heads, T, T), 0 to 1: each row sums to 1, what is masked gets
        exactly 0, and where everything is masked all of it is 0. With a cache that has room for S steps: (B, heads, T,
        S).

    Raises:
        ValueError: an argument outside its range; D that ``heads`` does not divide where ``key_dim`` is None;
            ``rotary`` with a ``key_dim`` of 1; a cache of a layer that is not causal.

    Example:
        >>> layer = models.MultiHeadSelfAttention(4, causal=True)
        >>> outputs, weights = layer(x, return_scores=True)           # x (B, T, D)
    """

    def __init__(
        self, heads: int, key_dim: int | None = None, *, causal: bool = False, rotary: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_whole("heads", heads, least=1)
        if key_dim is not None:
            check_whole("key_dim", key_dim, least=1)
        self.heads, self.key_dim, self.causal, self.rotary = int(heads), key_dim, bool(causal), bool(rotary)

    def build(self, inputs_shape: tuple) -> None:
        features = inputs_shape[-1]
        if self.key_dim is None and features % self.heads:
            raise ValueError(f"heads must divide the {features} features of a step, received heads={self.heads}")
        self.size = size = features // self.heads if self.key_dim is None else int(self.key_dim)
        if self.rotary and size < 2:
            raise ValueError(f"key_dim must be at least 2 to be turned by rotary positions, received {size}")
        for name in ("query", "key", "value"):
            kernel = glorot_matrix(features, self.heads * size)
            shape = (features, self.heads, size)
            setattr(self, f"{name}_kernel", self.add_weight(shape=shape, initializer=kernel, name=f"{name}_kernel"))
            bias = self.add_weight(shape=shape[1:], initializer="zeros", name=f"{name}_bias")
            setattr(self, f"{name}_bias", bias)
        self.output_kernel = self.add_weight(
            shape=(self.heads, size, features),
            initializer=glorot_matrix(self.heads * size, features),
            name="output_kernel",
        )
        self.output_bias = self.add_weight(shape=(features,), initializer="zeros", name="output_bias")

    def call(
        self, inputs: Any, mask: Any = None, return_scores: bool = False, cache: dict[str, Any] | None = None
    ) -> Any:
        query = _heads(inputs, self.query_kernel, self.query_bias)  # (B, heads, T, key_dim)
        key = _heads(inputs, self.key_kernel, self.key_bias)
        value = _heads(inputs, self.value_kernel, self.value_bias)
        if self.rotary:
            before = None if cache is None else ops.sum(ops.cast(cache["counts"], "int32"), axis=1)
            position = positions(inputs, mask, before)
            query, key = rotate(query, position), rotate(key, position)
        first, counts, steps = 0, mask, ops.shape(inputs)[1]
        if cache is not None:
            first = cache["read"][0]
            counts = ops.ones_like(inputs[:, :, 0], dtype="bool") if mask is None else ops.cast(mask, "bool")
            cache = {
                "key": ops.slice_update(cache["key"], (0, 0, first, 0), key),
                "value": ops.slice_update(cache["value"], (0, 0, first, 0), value),
                "counts": ops.slice_update(cache["counts"], (0, first), counts),
                "read": cache["read"] + steps,
            }
            key, value, counts = cache["key"], cache["value"], cache["counts"]
        seen = None if counts is None else counts[:, None, None]  # (B, 1, 1, S)
        if self.causal:
            ahead = ops.arange(ops.shape(key)[2]) <= first + ops.arange(steps)[:, None]  # (T, S)
            seen = ahead if seen is None else ops.logical_and(seen, ahead)
        scores = ops.matmul(query / math.sqrt(self.size), ops.swapaxes(key, 2, 3))  # (B, heads, T, S)
        weights = masked_softmax(scores, seen)
        outputs = ops.einsum("bhtk,hkd->btd", ops.matmul(weights, value), self.output_kernel) + self.output_bias
        if cache is not None:
            room = cache["read"][0] <= ops.shape(key)[2]
            outputs = ops.where(room, outputs, ops.cast(float("nan"), outputs.dtype))
        results = [outputs, *([weights] if return_scores else []), *([] if cache is None else [cache])]
        return tuple(results) if len(results) > 1 else outputs

    def initial_cache(self, batch: int, steps: int) -> dict[str, Any]:
        if not self.causal:
            raise ValueError(
                f"layer {self.name!r} must be causal to read step by step, but it looks at later steps too: what comes "
                "next has not been written yet"
            )
        if not self.built:
            raise ValueError(f"layer {self.name!r} must be built before it has a cache: call it once")
        shape = (batch, self.heads, steps, self.size)
        return {
            "key": ops.zeros(shape, dtype=self.compute_dtype),
            "value": ops.zeros(shape, dtype=self.compute_dtype),
            "counts": ops.zeros((batch, steps), dtype="bool"),
            "read": ops.zeros((batch,), dtype="int32"),
        }

    def get_config(self) -> dict:
        own = {"heads": self.heads, "key_dim": self.key_dim, "causal": self.causal, "rotary": self.rotary}
        return {**super().get_config(), **own}


def _heads(inputs: Any, kernel: Any, bias: Any) -> Any:
    """x W + b of every head, (B, heads, T, key_dim)."""
    return ops.einsum("btd,dhk->bhtk", inputs, kernel) + bias[:, None]
