"""Weights over the steps that count."""

from __future__ import annotations

from typing import Any

from keras import ops

_VERY_LOW = -3e4  # float16 holds it too, and exp makes 0 of it beside any real score


def masked_softmax(scores: Any, mask: Any = None) -> Any:
    """Softmax over the last axis among the places that count.

    Args:
        scores: (…, T), each far above −30,000.
        mask: bool, of a shape that broadcasts to that of ``scores``; False where a place does not count.

    Returns:
        (…, T): exactly 0 at masked places, the others sum to 1; all 0 where every place is masked.
    """
    if mask is None:
        return ops.softmax(scores, axis=-1)
    return ops.where(mask, ops.softmax(ops.where(mask, scores, _VERY_LOW), axis=-1), 0)
