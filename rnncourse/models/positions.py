"""Where a step stands: positions that are added to the inputs, and positions that turn queries and keys."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from rnncourse._checks import check_whole
from rnncourse.models.streaming import Streaming, count, positions


def angles(position: Any, pairs: int, base: float = 10_000.0) -> Any:
    """position · base^(−i / pairs) for i = 0 … pairs − 1, float32 (…, pairs): from 1 radian a step to almost none."""
    frequencies = base ** (-ops.arange(pairs, dtype="float32") / pairs)
    return ops.cast(position, "float32")[..., None] * frequencies


def rotate(x: Any, position: Any) -> Any:
    """Rotary positions (Su et al. 2021): each pair of neighbouring numbers is turned in its plane.

        (x_2i, x_2i+1) → (x_2i cos a − x_2i+1 sin a, x_2i sin a + x_2i+1 cos a),   a = position · 10000^(−2i / d)

    The product of a query turned by its position and a key turned by its own depends on the distance between the two
    alone. Of an odd length the last number stays as it is.

    Args:
        x: (B, heads, T, d), queries or keys; d ≥ 2.
        position: (B, T) or (1, T) int32.

    Returns:
        (B, heads, T, d), each vector as long as before.
    """
    pairs, alone = divmod(x.shape[-1], 2)
    angle = ops.repeat(angles(position, pairs), 2, axis=-1)[:, None]  # (B, 1, T, d)
    angle = ops.pad(angle, [(0, 0), (0, 0), (0, 0), (0, alone)])
    quarter = np.pad(np.kron(np.eye(pairs), [[0, 1], [-1, 0]]), (0, alone))  # (d, d): turns each pair by 90°
    turned = ops.matmul(x, ops.convert_to_tensor(quarter, x.dtype))
    return x * ops.cast(ops.cos(angle), x.dtype) + turned * ops.cast(ops.sin(angle), x.dtype)


class _Added(Streaming):
    """x_t + p_t, one vector for each position. Steps that are padding are not counted."""

    def table(self, position: Any, size: int) -> Any:
        """The vectors (…, size) of positions (…), int32."""
        raise NotImplementedError

    def call(self, inputs: Any, mask: Any = None, cache: dict[str, Any] | None = None) -> Any:
        before = None if cache is None else cache["read"]
        added = self.table(positions(inputs, mask, before), inputs.shape[-1])
        outputs = inputs + ops.cast(added, inputs.dtype)
        return outputs if cache is None else (outputs, {"read": before + count(inputs, mask)})

    def initial_cache(self, batch: int, steps: int) -> dict[str, Any]:
        return {"read": ops.zeros((batch,), dtype="int32")}


@keras.saving.register_keras_serializable(package="rnncourse")
class SinusoidalPositions(_Added):
    """Adds to each step the sines and cosines of its position (Vaswani et al. 2017); nothing is learned.

        p_t[2i] = sin(t · 10000^(−2i / D)),   p_t[2i + 1] = cos(t · 10000^(−2i / D)),   D even or rounded up

    t counts from 0; padding, where there is a mask, is not counted, so that it moves no other step. The numbers are as
    large as 1: what they are added to should not be much smaller (Vaswani et al. multiply embeddings by √D).

    Call arguments:
        inputs: (B, T, D), T of any length.
        mask: (B, T) bool, False where a step is padding; found by Keras where the inputs carry it, and handed on.
        cache: from ``initial_cache``, to read on from there; the result is then a pair, with the new cache.

    Returns:
        (B, T, D).
    """

    def table(self, position: Any, size: int) -> Any:
        angle = angles(position, (size + 1) // 2)
        both = ops.stack([ops.sin(angle), ops.cos(angle)], axis=-1)
        return ops.reshape(both, (*ops.shape(position), 2 * angle.shape[-1]))[..., :size]


@keras.saving.register_keras_serializable(package="rnncourse")
class LearnedPositions(_Added):
    """Adds to each step a vector of its position that is learned (Gehring et al. 2017).

    The weights: ``embeddings`` (max_steps, D), at first as those of ``keras.layers.Embedding``. A position that
    training never reached keeps its first value.

    Args:
        max_steps: int ≥ 1, how many positions there are.

    Call arguments:
        inputs, mask, cache: as for ``SinusoidalPositions``.

    Returns:
        (B, T, D). Where T is not known before the model runs, a step beyond ``max_steps`` comes out as NaN.

    Raises:
        ValueError: sequences of more than ``max_steps`` steps.
    """

    def __init__(self, max_steps: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_whole("max_steps", max_steps, least=1)
        self.max_steps = int(max_steps)

    def build(self, inputs_shape: tuple) -> None:
        shape = (self.max_steps, inputs_shape[-1])
        self.embeddings = self.add_weight(shape=shape, initializer="uniform", name="embeddings")

    def table(self, position: Any, size: int) -> Any:
        known = position < self.max_steps
        vectors = ops.take(self.embeddings, ops.minimum(position, self.max_steps - 1), axis=0)
        return ops.where(known[..., None], vectors, float("nan"))

    def call(self, inputs: Any, mask: Any = None, cache: dict[str, Any] | None = None) -> Any:
        if mask is None:
            self._check(inputs.shape[1])
        return super().call(inputs, mask, cache)

    def initial_cache(self, batch: int, steps: int) -> dict[str, Any]:
        self._check(steps)
        return super().initial_cache(batch, steps)

    def _check(self, steps: Any) -> None:
        if isinstance(steps, int) and steps > self.max_steps:
            raise ValueError(f"inputs must have at most max_steps={self.max_steps} steps, received {steps}")

    def get_config(self) -> dict:
        return {**super().get_config(), "max_steps": self.max_steps}
