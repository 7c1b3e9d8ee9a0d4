"""Layers that read a sequence whole, or piece by piece from a cache of what they have read."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


class Streaming(keras.layers.Layer):
    """What such layers have in common. Their ``call`` also takes a cache, and then returns the new one too.

    Pieces of any lengths give what the whole sequence gives, step for step. A cache holds tensors with the batch first,
    so that its rows can be taken apart and put together. It has room for a fixed number of steps, which keeps its shape
    while it fills; steps beyond that come out as NaN.

    Example:
        >>> cache = layer.initial_cache(batch=2, steps=100)
        >>> outputs, cache = layer(x[:, :5], cache=cache)             # x (B, T, D), a prompt of 5 steps
        >>> output, cache = layer.step(x[:, 5], cache)                # and one more: (B, D)
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def initial_cache(self, batch: int, steps: int) -> dict[str, Any]:
        """The cache before the first step.

        Args:
            batch: int ≥ 1, B.
            steps: int ≥ 1, how many steps it has room for, padding included.

        Returns:
            Tensors by name, each (B, …).

        Raises:
            ValueError: the layer cannot read so far, or does not read from the left to the right.
        """
        raise NotImplementedError

    def step(self, inputs: Any, cache: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """One step.

        Args:
            inputs: (B, D).
            cache: from ``initial_cache`` or the step before.

        Returns:
            The output (B, D), and the new cache.
        """
        outputs, cache = self(inputs[:, None], cache=cache)
        return outputs[:, 0], cache


def positions(inputs: Any, mask: Any = None, before: Any = None) -> Any:
    """The number of each step, from 0, among those that count: padding, wherever it stands, shifts no other step.

    Args:
        inputs: (B, T, …).
        mask: (B, T) bool, False where a step is padding; None where all count.
        before: (B,) int32, how many counted earlier.

    Returns:
        int32: (B, T), or (1, T) where all rows are alike. Of a step that is padding the number does not matter; it is
        that of the step before it, or 0.
    """
    if mask is None:
        position = ops.arange(ops.shape(inputs)[1], dtype="int32")[None]
    else:
        position = ops.cumsum(ops.cast(mask, "int32"), axis=1) - 1
    return ops.maximum(position if before is None else position + before[:, None], 0)


def count(inputs: Any, mask: Any = None) -> Any:
    """How many steps of each row count, (B,) int32."""
    if mask is None:
        return ops.zeros_like(inputs[:, 0, 0], dtype="int32") + ops.shape(inputs)[1]
    return ops.sum(ops.cast(mask, "int32"), axis=1)
