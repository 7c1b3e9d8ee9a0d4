"""05.5: from the errors of many runs, which lags a network has solved."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.plain_data import show

Table = tuple[np.ndarray, int]
Longest = Callable[[np.ndarray, np.ndarray], float]
"""What comes back beside the shares, of the shares and the lags."""


def _runs(
    rng: np.random.Generator,
    *,
    lags: int = 4,
    runs: int = 4,
    solving: tuple[int, ...] = (),
    diverged: float = 0.4,
) -> Inputs:
    """Errors of ``runs`` runs at each of ``lags`` lags, in any order.

    ``solving``: how many runs solve the shortest lag, the next …; drawn when left out. ``diverged``: the share of NaN
    among the runs that do not.
    """
    counts = solving or tuple(rng.choice(choices) for choices in ([3, 4], [2, 3, 4], [0, 1, 2], [0, 2, 3, 4]))
    fraction = float(rng.choice([0.1, 0.2]))
    order = rng.permutation(lags)
    baselines = rng.permutation([0.2, 0.5, 1.5, 3.0])[:lags]
    errors = np.zeros((lags, runs))
    for row, place in enumerate(order):
        fails = rng.permutation(runs) >= counts[place]
        solved, failed = fraction * rng.uniform(0.1, 0.7, runs), rng.uniform(1.5 * fraction, 1.1, runs)
        errors[row] = baselines[row] * np.where(fails, failed, solved)
        errors[row, fails & (rng.random(runs) < diverged)] = np.nan
    steps = np.sort(rng.choice([10, 20, 30, 40, 60, 80, 100, 150], lags, replace=False))[order]
    return {"errors": np.round(errors, 3), "baselines": baselines, "lags": steps, "fraction": fraction}


def _run_by_run(errors: np.ndarray, baselines: np.ndarray, lags: np.ndarray, fraction: float) -> Table:
    share, longest = np.zeros(len(lags)), 0
    for row, baseline in enumerate(baselines):
        for error in errors[row]:
            if error < fraction * baseline:  # False for NaN
                share[row] += 1 / len(errors[row])
    for row in np.argsort(lags):
        if np.sum(errors[row] < fraction * baselines[row]) * 2 <= len(errors[row]):
            break
        longest = int(lags[row])
    return share, longest


def _solved(errors: np.ndarray, baselines: np.ndarray, fraction: float) -> np.ndarray:
    return errors < fraction * baselines[:, np.newaxis]


def _until(enough: Callable[[float], bool], *, ordered: bool = True) -> Longest:
    """The lag before the first whose share is not ``enough``; ``ordered``: from the shortest lag on, or as given."""

    def longest(share: np.ndarray, lags: np.ndarray) -> int:
        reached = 0
        for row in np.argsort(lags) if ordered else range(len(lags)):
            if not enough(share[row]):
                break
            reached = int(lags[row])
        return reached

    return longest


_more_than_half = _until(lambda share: share > 0.5 + 1e-9)


def _table(
    errors: np.ndarray,
    baselines: np.ndarray,
    lags: np.ndarray,
    fraction: float,
    *,
    share: Callable[..., np.ndarray] = lambda errors, *limits: _solved(errors, *limits).mean(axis=1),
    longest: Longest = _more_than_half,
) -> Table:
    """``share``: of the errors (L, S), the baselines (L,) and the fraction; ``longest``: of the shares and the lags."""
    found = share(errors, baselines, fraction)
    return found, longest(found, lags)


def _in_share(share: Callable[..., np.ndarray]) -> Callable[..., Table]:
    return partial(_table, share=share)


def _in_longest(*wrong: Longest) -> tuple[Callable[..., Table], ...]:
    return tuple(partial(_table, longest=longest) for longest in wrong)


def _of_those_that_finished(errors: np.ndarray, baselines: np.ndarray, fraction: float) -> np.ndarray:
    return _solved(errors, baselines, fraction).sum(axis=1) / np.maximum(np.isfinite(errors).sum(axis=1), 1)


def _of_one_number(number: Callable[[np.ndarray], float]) -> Callable[..., np.ndarray]:
    """1 or 0 for each lag, by one number made of the finite errors of its runs; 0 when there is none."""

    def share(errors: np.ndarray, baselines: np.ndarray, fraction: float) -> np.ndarray:
        rows = [row[np.isfinite(row)] for row in errors]
        one = np.array([number(row) if len(row) else np.inf for row in rows])
        return (one < fraction * baselines) * 1.0

    return share


def _any_above(share: np.ndarray, lags: np.ndarray) -> int:
    return int(lags[share > 0.5].max(initial=0))


def _place(share: np.ndarray, lags: np.ndarray) -> int:
    reached = _more_than_half(share, lags)
    return int(np.flatnonzero(lags == reached)[0]) if reached else 0


def _how_many(share: np.ndarray, lags: np.ndarray) -> int:
    return int(np.sum(lags <= _more_than_half(share, lags)))


def _first_failure(share: np.ndarray, lags: np.ndarray) -> int:
    failing = lags[share <= 0.5 + 1e-9]
    return int(failing.min()) if len(failing) else int(lags.max())


def _explain(errors: np.ndarray, baselines: np.ndarray, lags: np.ndarray, fraction: float) -> str:
    share = _solved(errors, baselines, fraction).mean(axis=1)
    cells = [f"{int(lags[row])}: {show(float(share[row]))}" for row in np.argsort(lags)]
    return f"From the shortest lag on, the shares of this input are {', '.join(cells)}."
