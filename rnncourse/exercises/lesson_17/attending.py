"""Attention of several heads with any of its parts replaced: the scores, the softmax and its mask, the mixing."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.lesson_09.temperature import softmax

Attended = tuple[np.ndarray, np.ndarray]
Scores = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Scores (heads, T, S) of the queries (heads, T, K) and the keys (heads, S, K)."""
Weigh = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Weights (heads, T, S) of the scores and the mask (T, S)."""


def products(queries: np.ndarray, keys: np.ndarray) -> np.ndarray:
    return queries @ keys.swapaxes(1, 2)


def scaled(queries: np.ndarray, keys: np.ndarray) -> np.ndarray:
    return products(queries, keys) / math.sqrt(queries.shape[2])


def hidden(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return np.where(mask, scores, -np.inf)


def seen(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Softmax over what is seen; 0 for a query that sees nothing."""
    return np.where(mask.any(axis=1, keepdims=True), softmax(hidden(scores, mask)), 0.0)


def attend(
    queries: np.ndarray,
    keys: np.ndarray,
    values: np.ndarray,
    mask: np.ndarray,
    *,
    scores: Scores = scaled,
    weigh: Weigh = seen,
) -> Attended:
    with np.errstate(all="ignore"):
        weights = weigh(scores(queries, keys), mask)
        return weights, weights @ values


def scored(*each: Scores) -> tuple[Callable[..., Attended], ...]:
    return tuple(partial(attend, scores=scores) for scores in each)


def scaled_by(*each: Callable[[np.ndarray], float]) -> tuple[Callable[..., Attended], ...]:
    """The products divided by a number that depends on the queries (heads, T, K)."""
    return scored(*(lambda queries, keys, by=by: products(queries, keys) / by(queries) for by in each))


def weighed(*each: Weigh) -> tuple[Callable[..., Attended], ...]:
    return tuple(partial(attend, weigh=weigh) for weigh in each)


def mixed(*each: Callable[..., np.ndarray]) -> tuple[Callable[..., Attended], ...]:
    """The right weights, and other outputs, of weights, values and keys."""

    def wrong(queries: np.ndarray, keys: np.ndarray, values: np.ndarray, mask: np.ndarray, mix: Callable) -> Attended:
        weights, _ = attend(queries, keys, values, mask)
        try:
            return weights, mix(weights, values, keys)
        except ValueError:  # it needs as many queries as keys
            return weights, weights

    return tuple(partial(wrong, mix=mix) for mix in each)


def with_mask(*change: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> tuple[Callable[..., Attended], ...]:
    """Another mask, of the scores and the mask; right where it does not fit."""

    def weigh(scores: np.ndarray, mask: np.ndarray, each: Callable) -> np.ndarray:
        try:
            return softmax(hidden(scores, each(scores, mask)))
        except ValueError:
            return seen(scores, mask)

    return weighed(*(partial(weigh, each=each) for each in change))


def shared(parts: np.ndarray) -> np.ndarray:
    return parts / parts.sum(axis=-1, keepdims=True)
