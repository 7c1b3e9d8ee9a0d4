"""A convolution over time that does not see padding."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="rnncourse")
class MaskedConv1D(keras.layers.Conv1D):
    """``keras.layers.Conv1D`` for sequences of different lengths: a masked step counts as zeros, as beyond the end.

    y_t = φ(Σ_k x_{t − d·k} W_k + b) with ``padding="causal"``, of kernel size K and dilation d: it looks back over
    1 + d · (K − 1) steps. With ``padding="same"`` it looks as far ahead as back.

    Args:
        As ``keras.layers.Conv1D``, with strides of 1 and ``padding`` "causal" or "same".

    Call arguments:
        inputs: (B, T, D).
        mask: (B, T) bool, False where a step is padding; handed on.

    Returns:
        (B, T, filters).

    Raises:
        ValueError: strides or a padding that change the number of steps.

    Example:
        >>> layer = models.MaskedConv1D(32, 5, padding="causal", activation="relu")
        >>> layer(x).shape                                            # x (B, T, D)
        (B, T, 32)
    """

    def __init__(self, filters: int, kernel_size: int, **kwargs: Any) -> None:
        super().__init__(filters, kernel_size, **kwargs)
        if self.padding not in ("causal", "same") or self.strides != (1,) or self.data_format != "channels_last":
            raise ValueError(
                'MaskedConv1D must keep every step: padding "causal" or "same", strides 1 and channels last, received '
                f"padding {self.padding!r}, strides {self.strides[0]} and {self.data_format}"
            )
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is not None:
            inputs = keras.ops.where(mask[..., None], inputs, 0)
        return super().call(inputs)
