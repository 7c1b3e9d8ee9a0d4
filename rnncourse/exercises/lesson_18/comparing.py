"""A comparison of architectures with any part of it replaced: the choice, what is reported, what stays undecided."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

Compared = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
Choose = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""The rate chosen for each architecture (A,), of both tables of errors (A, R, S)."""
Error = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""What is reported (A,), of both tables and the choice."""
Low = Callable[[np.ndarray, np.ndarray, float], float]
"""The lower end of an interval, of the errors (S,) of one and of the best, and the quantile."""


def lowest_mean(validation: np.ndarray, test: np.ndarray) -> np.ndarray:
    """A rate with a run that diverged has no mean, and is not chosen."""
    means = validation.mean(axis=2)
    return np.where(np.isnan(means), np.inf, means).argmin(axis=1)


def at_choice(table: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The runs (A, S) at the chosen rates."""
    return table[np.arange(len(table)), chosen]


def mean_of_test(validation: np.ndarray, test: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    return at_choice(test, chosen).mean(axis=1)


def lower_end(own: np.ndarray, best: np.ndarray, quantile: float) -> float:
    apart = own - best
    return apart.mean() - quantile * apart.std(ddof=1) / math.sqrt(len(apart))


def compared(
    validation: np.ndarray,
    test: np.ndarray,
    quantile: float,
    *,
    choose: Choose = lowest_mean,
    error: Error = mean_of_test,
    runs: Callable[[np.ndarray, np.ndarray], np.ndarray] = lambda validation, test: test,
    low: Low = lower_end,
    may_be_best: Callable[[float, float], bool] = lambda low, mean: low <= 0,
) -> Compared:
    """``runs``: the table whose runs decide; ``may_be_best``: of the lower end and the mean of the differences."""
    with np.errstate(all="ignore"):
        chosen = choose(validation, test)
        errors = error(validation, test, chosen)
        own = at_choice(runs(validation, test), chosen)
        best = own[errors.argmin()]
        behind = [float(low(each, best, quantile)) for each in own]
        undecided = [bool(may_be_best(end, (each - best).mean())) for end, each in zip(behind, own, strict=True)]
    return chosen, errors, np.array(behind), np.array(undecided)


def choosing(*choose: Choose) -> tuple[Callable[..., Compared], ...]:
    return tuple(partial(compared, choose=each) for each in choose)


def reporting(*error: Error) -> tuple[Callable[..., Compared], ...]:
    """Other errors, and verdicts that are right or follow them."""

    def reported(validation: np.ndarray, test: np.ndarray, quantile: float, *, each: Error) -> Compared:
        chosen, _, *verdicts = compared(validation, test, quantile)
        return chosen, each(validation, test, chosen), *verdicts

    return tuple(
        function for each in error for function in (partial(reported, each=each), partial(compared, error=each))
    )


def judging(*low: Low) -> tuple[Callable[..., Compared], ...]:
    return tuple(partial(compared, low=each) for each in low)


def lower_end_of_the_finished(own: np.ndarray, best: np.ndarray, quantile: float) -> float:
    apart = (own - best)[~np.isnan(own - best)]
    return lower_end(apart, np.zeros_like(apart), quantile) if len(apart) > 1 else math.nan
