"""The Transformer's block: attention between the steps, then a small network at each of them."""

from __future__ import annotations

from typing import Any

import keras

from rnncourse._checks import check_whole
from rnncourse.models.inputs import check_dropout
from rnncourse.models.self_attention import MultiHeadSelfAttention


@keras.saving.register_keras_serializable(package="rnncourse")
class TransformerBlock(keras.layers.Layer):
    """A pre-norm Transformer block (Vaswani et al. 2017; the norms first: Xiong et al. 2020).

        u = x + attention(norm(x)),   y = u + φ(norm(u) W_1 + b_1) W_2 + b_2

    Both sums carry x on: a stack of blocks is a stream that each block adds to. Its result is not normalised; behind
    the last block stands one more norm.

    The layers: ``attention_norm``, ``attention`` (``MultiHeadSelfAttention``), ``hidden_norm``, ``hidden`` W_1 (D,
    hidden), ``back`` W_2 (hidden, D); the norms with ε = 1e-5. ``get_weights`` gives theirs in this order.

    Args:
        heads: int ≥ 1, which divides D.
        hidden: int ≥ 1, the width of the network at each step; None takes 4 D.
        causal: bool, whether a step sees itself and earlier steps alone: a decoder without it would read what it has
            to write. Without, an encoder.
        rotary: bool, as for ``MultiHeadSelfAttention``.
        dropout: 0 ≤ rate < 1, of what is added to the stream (Vaswani et al. 2017), not of the stream.
        activation: φ, what ``keras.layers.Dense`` takes.

    Call arguments:
        inputs: (B, T, D).
        mask: (B, T) bool, False where a step is padding; found by Keras where the inputs carry it, and handed on.
        training: bool, whether to drop.
        cache: from ``initial_cache``, to read on from there; the result is then a pair, with the new cache.

    Returns:
        (B, T, D).

    Raises:
        ValueError: an argument outside its range, or heads that do not divide D.

    Example:
        >>> block = models.TransformerBlock(4, causal=True, rotary=True)
        >>> block(x).shape                                            # x (B, T, D)
        (B, T, D)
    """

    def __init__(
        self,
        heads: int,
        *,
        hidden: int | None = None,
        causal: bool = False,
        rotary: bool = False,
        dropout: float = 0.0,
        activation: Any = "relu",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if hidden is not None:
            check_whole("hidden", hidden, least=1)
        check_dropout(dropout)
        self.supports_masking = True
        self.hidden_size, self.dropout = hidden, float(dropout)
        self.activation = keras.activations.get(activation)
        common = {"dtype": self.dtype_policy}
        self.attention_norm = keras.layers.LayerNormalization(epsilon=1e-5, name="attention_norm", **common)
        self.attention = MultiHeadSelfAttention(heads, causal=causal, rotary=rotary, name="attention", **common)
        self.attention_dropout = keras.layers.Dropout(dropout, name="attention_dropout", **common)
        self.hidden_norm = keras.layers.LayerNormalization(epsilon=1e-5, name="hidden_norm", **common)
        self.hidden_dropout = keras.layers.Dropout(dropout, name="hidden_dropout", **common)

    def build(self, inputs_shape: tuple) -> None:
        features, common = inputs_shape[-1], {"dtype": self.dtype_policy}
        hidden = 4 * features if self.hidden_size is None else int(self.hidden_size)
        self.hidden = keras.layers.Dense(hidden, activation=self.activation, name="hidden", **common)
        self.back = keras.layers.Dense(features, name="back", **common)
        for layer in (self.attention_norm, self.attention, self.hidden_norm, self.hidden):
            layer.build(inputs_shape)
        self.back.build((*inputs_shape[:-1], hidden))

    def call(
        self, inputs: Any, mask: Any = None, training: bool | None = None, cache: dict[str, Any] | None = None
    ) -> Any:
        attended = self.attention(self.attention_norm(inputs), mask=mask, cache=cache)
        if cache is not None:
            attended, cache = attended
        stream = inputs + self.attention_dropout(attended, training=training)
        added = self.back(self.hidden(self.hidden_norm(stream)))
        outputs = stream + self.hidden_dropout(added, training=training)
        return outputs if cache is None else (outputs, cache)

    def initial_cache(self, batch: int, steps: int) -> dict[str, Any]:
        """The cache of its attention before the first step, with room for so many steps."""
        return self.attention.initial_cache(batch, steps)

    def step(self, inputs: Any, cache: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """One step: inputs (B, D) and a cache to the output (B, D) and the new cache."""
        outputs, cache = self(inputs[:, None], cache=cache)
        return outputs[:, 0], cache

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "heads": self.attention.heads,
            "hidden": self.hidden_size,
            "causal": self.attention.causal,
            "rotary": self.attention.rotary,
            "dropout": self.dropout,
            "activation": keras.activations.serialize(self.activation),
        }
