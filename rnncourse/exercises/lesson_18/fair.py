"""18.3: a comparison in which every architecture gets the same chance."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_18.comparing import (
    Compared,
    at_choice,
    choosing,
    compared,
    judging,
    lower_end,
    lower_end_of_the_finished,
    reporting,
)
from rnncourse.exercises.plain_data import show

_QUANTILES = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}
"""97.5 % of Student's t for so many runs, one less in degrees of freedom."""


def _runs(
    rng: np.random.Generator,
    *,
    architectures: int = 3,
    rates: int = 3,
    seeds: int = 3,
    diverged: str = "",
) -> Inputs:
    """As many architectures as rates and seeds, so that a wrong axis gives wrong numbers and no exception.

    Seeds make more difference than rates; what is best in validation is not always best in the test. No two means of
    validation lie close, nor does an interval end near 0. ``diverged``: one run of each architecture, of the rate that
    is "best" or "worst" without it.
    """
    while True:
        shape, scale = (architectures, rates, seeds), rng.choice([1.0, 2.0, 5.0])
        level = rng.uniform(0.8, 1.2, (architectures, 1, 1)) + rng.uniform(-0.15, 0.15, (architectures, rates, 1))
        level = level + rng.uniform(-0.3, 0.3, seeds)
        luck = rng.uniform(-0.08, 0.08, (architectures, rates, 1)) + rng.uniform(-0.08, 0.08, shape)
        validation, test = scale * (level + rng.uniform(-0.08, 0.08, shape)), scale * (level + luck)
        validation, test = np.round(validation, 2), np.round(test, 2)
        if diverged:
            rows, order = np.arange(architectures), validation.mean(axis=2).argsort(axis=1)
            rate, at = order[:, 0 if diverged == "best" else -1], rng.integers(0, seeds, architectures)
            validation[rows, rate, at] = test[rows, rate, at] = np.nan
            if (np.nanmean(validation, axis=2).argmin(axis=1) == rate).any() != (diverged == "best"):
                continue
        case = {"validation": validation, "test": test, "quantile": _QUANTILES[seeds]}
        if _is_clear(**case, scale=scale):
            return case


def _is_clear(validation: np.ndarray, test: np.ndarray, quantile: float, scale: float) -> bool:
    _, errors, behind, _ = compared(validation, test, quantile)
    decided = [abs(end) for place, end in enumerate(behind) if place != errors.argmin()]
    gaps = [*np.diff(np.sort(validation.mean(axis=2), axis=1)).ravel(), *np.diff(np.sort(errors))]
    return min([*decided, *(gap for gap in gaps if not math.isnan(gap))], default=1.0) > 0.004 * scale


def _one_by_one(validation: np.ndarray, test: np.ndarray, quantile: float) -> Compared:
    chosen, errors, runs = [], [], []
    for rates, tested in zip(validation.tolist(), test.tolist(), strict=True):
        finished = [rate for rate, losses in enumerate(rates) if not any(math.isnan(loss) for loss in losses)]
        best = min(finished, key=lambda rate, rates=rates: sum(rates[rate]))
        chosen.append(best)
        runs.append(tested[best])
        errors.append(sum(tested[best]) / len(tested[best]))
    winner, behind = errors.index(min(errors)), []
    for own in runs:
        apart = [one - other for one, other in zip(own, runs[winner], strict=True)]
        mean = sum(apart) / len(apart)
        deviation = math.sqrt(sum((each - mean) ** 2 for each in apart) / (len(apart) - 1))
        behind.append(mean - quantile * deviation / math.sqrt(len(apart)))
    return np.array(chosen), np.array(errors), np.array(behind), np.array([end <= 0 for end in behind])


def _without_nan(validation: np.ndarray, test: np.ndarray) -> np.ndarray:
    return np.nanmean(validation, axis=2).argmin(axis=1)


def _flat_best(table: np.ndarray) -> np.ndarray:
    """The rate with the best single run; a run that diverged does not count."""
    return np.where(np.isnan(table), np.inf, table).min(axis=2).argmin(axis=1)


def _explain(validation: np.ndarray, test: np.ndarray, quantile: float) -> str:
    means = np.round(validation.mean(axis=2), 4).tolist()
    chosen, *_ = _one_by_one(validation, test, quantile)
    return (
        f"The means of validation are {show(means)}; test runs at the choice: {show(at_choice(test, chosen).tolist())}."
    )


FAIR = Exercise(
    id="18.3",
    title="The same chance for all",
    function="compare",
    inputs=_runs,
    edges=(
        partial(_runs, architectures=4, rates=2, seeds=3),
        partial(_runs, architectures=2, rates=1, seeds=5),
        partial(_runs, architectures=1, rates=3, seeds=2),
        partial(_runs, diverged="best"),
        partial(_runs, diverged="worst"),
        partial(_runs, rates=2, diverged="best"),
    ),
    reference=_one_by_one,
    returns={
        "chosen": ("architecture",),
        "errors": ("architecture",),
        "behind": ("architecture",),
        "undecided": ("architecture",),
    },
    mistakes={
        (
            "You choose by the test errors. Whoever takes the best of three by what he then reports, reports luck; the "
            "more rates, the better it looks. Which array is there to choose by?"
        ): choosing(lambda validation, test: test.mean(axis=2).argmin(axis=1)),
        (
            "You choose by validation and test together. Then the test has had a say, and is no test any more. Which "
            "array is there to choose by?"
        ): choosing(lambda validation, test: (validation + test).mean(axis=2).argmin(axis=1)),
        (
            "You choose the rate of the best single run. With many seeds one of them is lucky at any rate. Over which "
            "axis does the task average before it compares?"
        ): choosing(
            lambda validation, test: validation.min(axis=2).argmin(axis=1),
            lambda validation, test: _flat_best(validation),
        ),
        (
            "One seed decides which rate is taken, the first or the last. Its rates happen to be so; the mean over all "
            "seeds says it better. Which axis are the seeds?"
        ): choosing(
            lambda validation, test: validation[:, :, 0].argmin(axis=1),
            lambda validation, test: validation[:, :, -1].argmin(axis=1),
        ),
        (
            "All architectures get the same rate. What suits one need not suit another, and whoever chooses for all "
            "chooses for one of them. Which axis must be left when you look for the smallest?"
        ): choosing(
            lambda validation, test: np.full(len(test), validation.mean(axis=(0, 2)).argmin()),
            lambda validation, test: np.full(len(test), validation.mean(axis=2)[0].argmin()),
            lambda validation, test: np.zeros(len(test), dtype=int),
        ),
        (
            "You choose the rate with the largest error. argmax is right for scores, of which more is better. What is "
            "this?"
        ): choosing(lambda validation, test: validation.mean(axis=2).argmax(axis=1)),
        (
            "The axes are taken in another order than (architecture, rate, seed): your mean is not over the seeds, or "
            "your choice not among the rates. With sizes that are equal nothing warns you. Which axis is which?"
        ): choosing(
            lambda validation, test: validation.mean(axis=1).argmin(axis=1) % validation.shape[1],
            lambda validation, test: (
                validation.mean(axis=0).argmin(axis=0)[np.arange(len(test)) % test.shape[2]] % validation.shape[1]
            ),
            lambda validation, test: (
                validation.mean(axis=2).argmin(axis=0)[np.arange(len(test)) % test.shape[1]] % validation.shape[1]
            ),
        ),
        (
            "The choice is right, but you report the validation errors. They are too good: each is the smallest of "
            "several. Which array has not been looked at yet?"
        ): (
            *reporting(lambda validation, test, chosen: at_choice(validation, chosen).mean(axis=1)),
            partial(
                compared,
                error=lambda validation, test, chosen: at_choice(validation, chosen).mean(axis=1),
                runs=lambda validation, test: validation,
            ),
        ),
        (
            "The choice is right, but it is not used: you report the mean over all rates, or the smallest test error "
            "of all. Which runs belong to the rate that was chosen?"
        ): reporting(
            lambda validation, test, chosen: test.mean(axis=(1, 2)),
            lambda validation, test, chosen: test.mean(axis=2).min(axis=1),
            lambda validation, test, chosen: test.min(axis=1).mean(axis=1),
        ),
        (
            "The choice is right, but you report the best seed, or the one in the middle. Nobody who uses the model "
            "can choose a lucky seed. What does the task ask for?"
        ): reporting(
            lambda validation, test, chosen: at_choice(test, chosen).min(axis=1),
            lambda validation, test, chosen: np.median(at_choice(test, chosen), axis=1),
        ),
        (
            "All is right but the verdicts: only the winner's is True. A few seeds seldom tell two that are alike "
            "apart. What does behind say about the others?"
        ): partial(compared, may_be_best=lambda low, mean: mean <= 0),
        (
            "Errors are right, but you compare as if the runs of two architectures had nothing to do with each other. "
            "The same seed, the same data: take the differences first. Whose standard deviation is it?"
        ): judging(
            lambda own, best, quantile: (
                own.mean() - best.mean() - quantile * math.sqrt((own.var(ddof=1) + best.var(ddof=1)) / len(own))
            ),
            lambda own, best, quantile: (
                own.mean() - best.mean() - quantile * (own.std(ddof=1) + best.std(ddof=1)) / math.sqrt(len(own))
            ),
            lambda own, best, quantile: own.mean() - best.mean() - quantile * own.std(ddof=1) / math.sqrt(len(own)),
        ),
        (
            "Errors are right, but the standard deviation divides by S. From a few runs that comes out too small; S − "
            "1 mends it. What does ddof say in NumPy?"
        ): judging(
            lambda own, best, quantile: (own - best).mean() - quantile * (own - best).std() / math.sqrt(len(own))
        ),
        (
            "Errors are right, but the deviation is divided by S, not by its root, or the quantile is not used. "
            "Either way a few runs look like many. What does the formula say?"
        ): judging(
            lambda own, best, quantile: (own - best).mean() - quantile * (own - best).std(ddof=1) / len(own),
            *(lambda own, best, quantile, factor=factor: lower_end(own, best, factor) for factor in (1.0, 1.96, 2.0)),
        ),
        (
            "Errors are right, but behind says where a single run may lie, not where the mean does. With more seeds it "
            "would not come nearer. By what is the deviation divided?"
        ): judging(lambda own, best, quantile: (own - best).mean() - quantile * (own - best).std(ddof=1)),
        (
            "Errors are right, but behind is the middle of the interval, or its upper end. Nobody is known to be worse "
            "by that. Which end tells how far behind it is *at least*?"
        ): judging(
            lambda own, best, quantile: (own - best).mean(),
            lambda own, best, quantile: 2 * (own - best).mean() - lower_end(own, best, quantile),
        ),
        (
            "Errors are right, but the differences are the other way round: the winner's minus the others'. Which sign "
            "has an architecture that makes more errors?"
        ): judging(lambda own, best, quantile: lower_end(best, own, quantile)),
        (
            "All is right but the verdicts: they are the wrong way round. True is for those that may be the best, the "
            "winner among them."
        ): partial(compared, may_be_best=lambda low, mean: low > 0),
        (
            "All is right but the verdicts: the winner's is False. It is as good as itself, all its differences are 0. "
            "Is it < or ≤?"
        ): partial(compared, may_be_best=lambda low, mean: low < 0),
        (
            "Right but where a run has diverged: you leave its NaN out, and choose the rate that failed once for the "
            "runs that did not. Which mean has NaN in it, and how do you keep away from it?"
        ): (
            *choosing(_without_nan),
            partial(
                compared,
                choose=_without_nan,
                error=lambda validation, test, chosen: np.nanmean(at_choice(test, chosen), axis=1),
                low=lower_end_of_the_finished,
            ),
        ),
        (
            "Right but where a run has diverged: np.argmin takes NaN for the smallest, and chooses exactly the rate "
            "that failed. What can stand in its place, so that it is never the smallest?"
        ): choosing(
            lambda validation, test: validation.mean(axis=2).argmin(axis=1),
            lambda validation, test: np.nan_to_num(validation.mean(axis=2)).argmin(axis=1),
        ),
    },
    explanation="""\
Three tables of the same runs must be kept apart: what was trained on, what the choice was made by, and what is
reported. Each architecture gets as many rates and seeds as the others and chooses for itself, by its mean over
the seeds in validation; a rate at which one of three runs diverges is no rate to recommend. Then the test errors at the
choice, as they are. The interval of the *differences*, seed by seed, says which of the others might be as good: all
that a table in bold hides. Whoever tunes his own model over fifty settings and takes his rival's from a paper
has measured the tuning.""",
    explain=_explain,
)
