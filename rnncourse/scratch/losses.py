"""The loss of a guess among several tokens, and its gradient."""

from __future__ import annotations

import numpy as np


def softmax_cross_entropy(
    scores: np.ndarray, targets: np.ndarray, mask: np.ndarray | None = None
) -> tuple[float, np.ndarray]:
    """Mean cross-entropy of the targets under softmax(scores), and its gradient.

    Args:
        scores: (…, V), raw scores (logits) of V tokens. The largest of each row is subtracted before anything is
            exponentiated, so no score is too large.
        targets: (…), whole numbers 0 … V − 1, the ids of the right tokens.
        mask: (…), bool, False where a place is padding and does not count. None counts every place.

    Returns:
        loss: float, the mean of −ln softmax(scores)[target] over the n places that count, in nats; d_scores: (…, V),
            dloss/dscores = (softmax(scores) − one-hot target) / n there and 0 elsewhere, in the dtype of the scores.

    Raises:
        ValueError: shapes that do not fit, targets that are no whole numbers from 0 to V − 1, a mask that is not bool,
            or no place that counts.
    """
    scores, targets = np.asarray(scores), np.asarray(targets)
    _check(scores, targets, mask)
    ids = targets.reshape(-1)
    rows = np.arange(len(ids))
    shifted = (scores - scores.max(axis=-1, keepdims=True)).reshape(len(ids), -1)
    picked = shifted[rows, ids]
    probabilities = np.exp(shifted, out=shifted)
    sums = probabilities.sum(axis=-1)
    losses = np.log(sums) - picked
    if mask is None:
        places = len(ids)
        scale = 1.0 / (sums * places)
    else:
        counts = np.asarray(mask).reshape(-1)
        places = int(counts.sum())
        losses = losses[counts]
        scale = counts / (sums * places)
    d_scores = np.multiply(probabilities, scale[:, np.newaxis], out=probabilities)
    d_scores[rows, ids] -= scale * sums
    return float(losses.mean(dtype=np.float64)), d_scores.reshape(scores.shape)


def _check(scores: np.ndarray, targets: np.ndarray, mask: np.ndarray | None) -> None:
    """Raise ValueError unless the three fit each other."""
    if scores.ndim < 1 or targets.shape != scores.shape[:-1]:
        expected = f"(…) = {scores.shape[:-1]} for scores of shape {scores.shape}"
        raise ValueError(f"targets must have shape {expected}, received shape {targets.shape}")
    if not np.issubdtype(targets.dtype, np.integer):
        raise ValueError(f"targets must be whole numbers, received {targets.dtype}")
    if targets.size and not 0 <= targets.min() <= targets.max() < scores.shape[-1]:
        raise ValueError(f"targets must lie in 0 … {scores.shape[-1] - 1}, received {targets.min()} … {targets.max()}")
    if mask is not None:
        mask = np.asarray(mask)
        if mask.shape != targets.shape or mask.dtype != bool:
            raise ValueError(
                f"mask must be bool, of the shape of targets, {targets.shape}, received {mask.dtype} of shape "
                f"{mask.shape}"
            )
    if not (targets.size if mask is None else mask.any()):
        raise ValueError(f"targets must have at least one place that counts, received shape {targets.shape}")
