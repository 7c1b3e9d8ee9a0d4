"""From the errors of runs to the share that solved each lag, and on to the longest lag solved: the rule, and others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Longest = Callable[[np.ndarray, np.ndarray], int]
"""The longest lag solved, of the shares (L,) and the lags (L,)."""
Share = Callable[[np.ndarray, np.ndarray, float], np.ndarray]
"""The shares (L,), of the errors (L, S), the baselines (L,) and the fraction."""


def solved_runs(errors: np.ndarray, baselines: np.ndarray, fraction: float) -> np.ndarray:
    """Which runs solved their lag, (L, S); False for NaN."""
    return errors < fraction * baselines[:, np.newaxis]


def failed_runs(errors: np.ndarray, baselines: np.ndarray, fraction: float) -> np.ndarray:
    """Which runs finished without solving their lag, (L, S); False for NaN, too."""
    return errors >= fraction * baselines[:, np.newaxis]


def of_those_that_finished(errors: np.ndarray, baselines: np.ndarray, fraction: float) -> np.ndarray:
    """The share of those runs alone that gave a number; 0 when there is none."""
    return solved_runs(errors, baselines, fraction).sum(axis=1) / np.maximum(np.isfinite(errors).sum(axis=1), 1)


def one_verdict(number: Callable[[np.ndarray], float], *, with_nan: bool = False) -> Share:
    """1 or 0 for each lag, by one number made of the errors of its runs; 0 when there is none.

    ``with_nan``: of all runs, not of those alone that gave a number.
    """

    def share(errors: np.ndarray, baselines: np.ndarray, fraction: float) -> np.ndarray:
        kept = [row[with_nan | np.isfinite(row)] for row in errors]
        one = np.array([number(row) if len(row) else np.inf for row in kept])
        return (one < fraction * baselines) * 1.0

    return share


def below(limit: Callable[..., np.ndarray | float]) -> Share:
    """The share of runs below another limit, which is made of the baselines (L,) and the fraction."""

    def share(errors: np.ndarray, baselines: np.ndarray, fraction: float) -> np.ndarray:
        return (errors < limit(baselines, fraction)).mean(axis=1)

    return share


def one_baseline_a_run(errors: np.ndarray, baselines: np.ndarray, fraction: float) -> np.ndarray:
    """What comes out when the baselines are spread over the runs, (S,), and not over the lags."""
    return (errors < fraction * np.resize(baselines, errors.shape[1])).mean(axis=1)


def until(enough: Callable[[float], bool], *, ordered: bool = True) -> Longest:
    """The lag before the first whose share is not ``enough``; ``ordered``: from the shortest lag on, or as given."""

    def longest(share: np.ndarray, lags: np.ndarray) -> int:
        reached = 0
        for row in np.argsort(lags) if ordered else range(len(lags)):
            if not enough(share[row]):
                break
            reached = int(lags[row])
        return reached

    return longest


more_than_half = until(lambda share: share > 0.5 + 1e-9)


def the_longest_of_any(share: np.ndarray, lags: np.ndarray) -> int:
    """The longest lag with a share above a half, gaps or not."""
    return int(lags[share > 0.5].max(initial=0))


def place_in_the_list(share: np.ndarray, lags: np.ndarray) -> int:
    """The place of the longest lag solved in ``lags``."""
    reached = more_than_half(share, lags)
    return int(np.flatnonzero(lags == reached)[0]) if reached else 0


def how_many(share: np.ndarray, lags: np.ndarray) -> int:
    """How many lags are solved without a gap."""
    return int(np.sum(lags <= more_than_half(share, lags)))


def the_first_failure(share: np.ndarray, lags: np.ndarray) -> int:
    """The shortest lag that is not solved, or the longest lag when all are."""
    failing = lags[share <= 0.5 + 1e-9]
    return int(failing.min()) if len(failing) else int(lags.max())
