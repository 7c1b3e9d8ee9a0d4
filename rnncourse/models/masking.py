"""Weights over the steps that count."""

from __future__ import annotations

from typing import Any

from keras import ops


def masked_softmax(scores: Any, mask: Any = None) -> Any:
    """Softmax over the last axis among the places that count.

    Args:
        scores: (…, T).
        mask: bool, of a shape that broadcasts to that of ``scores``; False where a place does not count.

    Returns:
        (…, T): exactly 0 at masked places, the others sum to 1; all 0 where every place is masked.
    """
    if mask is not None:
        scores = ops.where(mask, scores, -float("inf"))
    highest = ops.stop_gradient(ops.max(scores, axis=-1, keepdims=True))
    likely = ops.exp(scores - ops.where(ops.isfinite(highest), highest, 0))  # (…, T), 0 to 1
    total = ops.sum(likely, axis=-1, keepdims=True)
    return likely / ops.where(total > 0, total, 1)
