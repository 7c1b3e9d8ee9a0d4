"""Verdicts on two cells with any part of the way there replaced: the intervals, the limit, what is said."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

Found = tuple[np.ndarray, np.ndarray]
Centre = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""The middle of each interval (K,), of both tables of errors (K, S)."""
Half = Callable[[np.ndarray, np.ndarray, float], np.ndarray]
"""How far each interval reaches to either side (K,), of both tables and the quantile."""
Say = Callable[[float, float, float], str]
"""The verdict, of the ends of an interval and the limit."""


def judge(low: float, high: float, limit: float) -> str:
    if high < 0:
        return "better"
    if high < limit:
        return "no worse"
    return "worse" if low > 0 else "open"


def mean_difference(errors: np.ndarray, rival: np.ndarray) -> np.ndarray:
    return (errors - rival).mean(axis=1)


def standard_error(errors: np.ndarray, rival: np.ndarray, quantile: float) -> np.ndarray:
    return quantile * (errors - rival).std(axis=1, ddof=1) / math.sqrt(errors.shape[1])


def share_of_rival(errors: np.ndarray, rival: np.ndarray, margin: float) -> np.ndarray:
    return margin * rival.mean(axis=1)


def compared(
    errors: np.ndarray,
    rival: np.ndarray,
    quantile: float,
    margin: float,
    *,
    centre: Centre = mean_difference,
    half: Half = standard_error,
    limit: Callable[[np.ndarray, np.ndarray, float], np.ndarray] = share_of_rival,
    say: Say = judge,
) -> Found:
    middle, reach = centre(errors, rival), half(errors, rival, quantile)
    ends = np.stack([middle - reach, middle + reach], axis=1)
    limits = np.broadcast_to(limit(errors, rival, margin), len(ends))
    return ends, np.array([say(low, high, each) for (low, high), each in zip(ends.tolist(), limits, strict=True)])


def halves(*half: Half) -> tuple[Callable[..., Found], ...]:
    return tuple(partial(compared, half=each) for each in half)


def saying(*say: Say) -> tuple[Callable[..., Found], ...]:
    return tuple(partial(compared, say=each) for each in say)


def other_way(errors: np.ndarray, rival: np.ndarray, quantile: float, margin: float) -> Found:
    ends, _ = compared(errors, rival, quantile, margin)
    turned = -ends[:, ::-1]
    limits = share_of_rival(errors, rival, margin)
    return turned, np.array([judge(low, high, limit) for (low, high), limit in zip(turned, limits, strict=True)])


def over_tasks(errors: np.ndarray, rival: np.ndarray, quantile: float, margin: float) -> Found:
    """Over the wrong axis; right for a single task, which has no deviation of its own."""
    if len(errors) == 1:
        return compared(errors, rival, quantile, margin)
    return compared(errors.T, rival.T, quantile, margin)


def smallest_and_largest(errors: np.ndarray, rival: np.ndarray, quantile: float, margin: float) -> Found:
    apart = errors - rival
    ends = np.stack([apart.min(axis=1), apart.max(axis=1)], axis=1)
    limits = share_of_rival(errors, rival, margin)
    return ends, np.array([judge(low, high, limit) for (low, high), limit in zip(ends, limits, strict=True)])


def without_the_diverged(errors: np.ndarray, rival: np.ndarray, quantile: float, margin: float) -> Found:
    apart = errors - rival
    count = np.sum(~np.isnan(apart), axis=1)
    reach = quantile * np.nanstd(apart, axis=1, ddof=1) / np.sqrt(count)
    return compared(errors, rival, quantile, margin, centre=lambda *_: np.nanmean(apart, axis=1), half=lambda *_: reach)


def two_samples(errors: np.ndarray, rival: np.ndarray, quantile: float) -> np.ndarray:
    variances = errors.var(axis=1, ddof=1) + rival.var(axis=1, ddof=1)
    return quantile * np.sqrt(variances / errors.shape[1])
