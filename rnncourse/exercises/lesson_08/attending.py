"""Attention pooling with any of its parts replaced: the scores, the softmax and its mask, the weighted sum."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rnncourse.exercises.mistakes import where_it_fits

Pair = tuple[np.ndarray, np.ndarray]
Score = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""Scores (B, T), of states, kernel, bias and score_kernel."""
Weigh = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Weights (B, T), of scores (B, T) and mask (B, T)."""
Sum = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""One vector a row (B, H), of states, weights and mask."""


def score_steps(states: np.ndarray, kernel: np.ndarray, bias: np.ndarray, score_kernel: np.ndarray) -> np.ndarray:
    return np.tanh(states @ kernel + bias) @ score_kernel


def softmax(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Over the real steps of each row; 0 at the others, and in a row that has none."""
    kept = np.where(mask, scores, -np.inf)
    grown = np.exp(kept - np.max(kept, axis=1, keepdims=True, initial=-1e300))
    return grown / np.maximum(grown.sum(axis=1, keepdims=True), 1e-300)


def weighted_sum(states: np.ndarray, weights: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return (weights[..., np.newaxis] * states).sum(axis=1)


def attend_by(
    *,
    score: Score = score_steps,
    weigh: Weigh = softmax,
    pool: Sum = weighted_sum,
    real: Callable[[np.ndarray], np.ndarray] = lambda mask: mask,
    put_out: Weigh = lambda weights, scores: weights,
) -> Callable[..., Pair | None]:
    """``put_out``: what is returned as weights, of the weights and the scores."""

    @where_it_fits
    def attend(
        states: np.ndarray, mask: np.ndarray, kernel: np.ndarray, bias: np.ndarray, score_kernel: np.ndarray
    ) -> Pair:
        with np.errstate(all="ignore"):
            which, scores = real(mask), score(states, kernel, bias, score_kernel)
            weights = weigh(scores, which)
            return put_out(weights, scores), pool(states, weights, which)

    return attend


def weighed_by(*weigh: Weigh) -> tuple[Callable[..., Pair | None], ...]:
    return tuple(attend_by(weigh=each) for each in weigh)


def scored_by(*score: Score) -> tuple[Callable[..., Pair | None], ...]:
    return tuple(attend_by(score=each) for each in score)


def pooled_by(*pool: Sum) -> tuple[Callable[..., Pair | None], ...]:
    return tuple(attend_by(pool=each) for each in pool)


def plain_exp(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    grown = np.exp(scores) * mask
    return grown / grown.sum(axis=1, keepdims=True)


def exp_of_minus_infinity(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    grown = np.exp(np.where(mask, scores, -np.inf))
    return grown / grown.sum(axis=1, keepdims=True)


def largest_of_all(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The largest score is taken away, wherever it stands."""
    grown = np.exp(scores - scores.max(axis=1, keepdims=True)) * mask
    return grown / grown.sum(axis=1, keepdims=True)


def largest_of_the_array(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The largest score of all rows is taken away, from rows whose own is far below, too."""
    grown = np.exp(np.where(mask, scores, -np.inf) - scores[mask].max())
    return grown / grown.sum(axis=1, keepdims=True)


def everywhere(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The mask is not asked."""
    return softmax(scores, np.ones_like(mask))


def over_rows(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return softmax(scores.T, mask.T).T


def over_everything(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return softmax(scores.reshape(1, -1), mask.reshape(1, -1)).reshape(scores.shape)


@where_it_fits
def hidden_in_place_of_states(
    states: np.ndarray, mask: np.ndarray, kernel: np.ndarray, bias: np.ndarray, score_kernel: np.ndarray
) -> Pair:
    hidden = np.tanh(states @ kernel + bias)
    weights = softmax(hidden @ score_kernel, mask)
    return weights, weighted_sum(hidden, weights, mask)
