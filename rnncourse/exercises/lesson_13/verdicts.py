"""13.4: what a few runs of two cells say about which is better."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_13.comparing import (
    Found,
    compared,
    halves,
    judge,
    other_way,
    over_tasks,
    saying,
    smallest_and_largest,
    standard_error,
    two_samples,
    without_the_diverged,
)
from rnncourse.exercises.plain_data import show

_QUANTILES = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}
"""97.5 % of Student's t for so many runs, one less in degrees of freedom."""
_KINDS = ("better", "no worse", "slightly worse", "worse", "open")


def _runs(
    rng: np.random.Generator,
    *,
    kinds: tuple[str, ...] = (),
    runs: int = 4,
    margin: float | None = None,
    diverged: bool = False,
    alike: bool = False,
) -> Inputs:
    """Four tasks and four runs, so that a wrong axis gives wrong numbers and no exception.

    Seeds make more difference than cells, so that pairs matter. ``diverged``: the first run of the first task gave NaN;
    ``alike``: both cells have the same errors.
    """
    kinds = kinds or tuple(rng.permutation(_KINDS)[:4])
    margin = float(rng.choice([0.05, 0.1, 0.2])) if margin is None else margin
    rivals, errors = [], []
    for kind in kinds:
        rival = np.round(rng.choice([0.2, 0.5, 2.0]) * rng.uniform(0.6, 1.4, runs), 4)
        limit = (margin or 0.1) * rival.mean()
        mean, half = _shape(rng, kind)
        spread = rng.normal(size=runs)
        spread = (spread - spread.mean()) / spread.std(ddof=1) * half * limit * math.sqrt(runs) / _QUANTILES[runs]
        rivals.append(rival)
        errors.append(np.round(rival if alike else rival + mean * limit + spread, 4))
    case = {"errors": np.array(errors), "rival": np.array(rivals), "quantile": _QUANTILES[runs], "margin": margin}
    if diverged:
        case["errors"][0, 0] = np.nan
    return case


def _shape(rng: np.random.Generator, kind: str) -> tuple[float, float]:
    """Middle and half width of the interval, in multiples of the limit."""
    if kind == "better":
        mean = rng.uniform(-2, -1)
        return mean, -mean * rng.uniform(0.3, 0.7)
    if kind == "worse":
        mean = rng.uniform(1.2, 1.8)
        return mean, mean * rng.uniform(0.6, 0.85)
    if kind == "slightly worse":
        return 0.5, rng.uniform(0.2, 0.4)
    if kind == "no worse":
        return rng.uniform(-0.2, 0.2), rng.uniform(0.3, 0.6)
    return rng.uniform(-0.4, 0.4), rng.uniform(1.6, 2.5)


def _task_by_task(errors: np.ndarray, rival: np.ndarray, quantile: float, margin: float) -> Found:
    intervals, said = [], []
    for ours, theirs in zip(errors.tolist(), rival.tolist(), strict=True):
        apart = [one - other for one, other in zip(ours, theirs, strict=True)]
        count, mean = len(apart), sum(apart) / len(apart)
        deviation = math.sqrt(sum((each - mean) ** 2 for each in apart) / (count - 1))
        half = quantile * deviation / math.sqrt(count)
        intervals.append([mean - half, mean + half])
        said.append(judge(*intervals[-1], margin * sum(theirs) / count))
    return np.array(intervals), np.array(said)


def _explain(errors: np.ndarray, rival: np.ndarray, quantile: float, margin: float) -> str:
    apart = errors - rival
    parts = {"means": apart.mean(axis=1), "standard deviations": apart.std(axis=1, ddof=1)}
    told = " and ".join(f"{name} {show(np.round(part, 4).tolist())}" for name, part in parts.items())
    return f"Task by task, the differences have {told}; the limits are {show((margin * rival.mean(axis=1)).tolist())}."


VERDICTS = Exercise(
    id="13.4",
    title="Which is better?",
    function="compare",
    inputs=_runs,
    edges=(
        partial(_runs, kinds=("worse",)),
        partial(_runs, kinds=("better", "open"), runs=2),
        partial(_runs, margin=0.0),
        partial(_runs, kinds=("open", "no worse"), alike=True),
        partial(_runs, kinds=("better", "worse", "no worse"), runs=3, diverged=True),
    ),
    reference=_task_by_task,
    returns={"interval": ("task", "end"), "verdicts": ("task",)},
    mistakes={
        (
            "You compare the two cells as if their runs had nothing to do with each other. The same seed, the same "
            "data: what is hard for one is hard for the other, and their *difference* varies far less. Whose standard "
            "deviation does the task ask for?"
        ): halves(
            two_samples,
            lambda errors, rival, quantile: quantile * errors.std(axis=1, ddof=1) / math.sqrt(errors.shape[1]),
        ),
        (
            "The standard deviation divides by S. From a few runs that comes out too small, since their mean was taken "
            "from the same runs; S − 1 mends it. What does ddof say in NumPy?"
        ): halves(lambda errors, rival, quantile: quantile * (errors - rival).std(axis=1) / math.sqrt(errors.shape[1])),
        (
            "Your interval says where a single run may lie, not where the mean does: it would not get narrower with a "
            "thousand runs. By what is the standard deviation divided?"
        ): halves(lambda errors, rival, quantile: quantile * (errors - rival).std(axis=1, ddof=1)),
        (
            "The standard deviation is divided by S, the number of runs, so that four runs look like sixteen. What is "
            "the deviation of a mean?"
        ): halves(lambda errors, rival, quantile: quantile * (errors - rival).std(axis=1, ddof=1) / errors.shape[1]),
        (
            "The quantile is not used: you take 1.96, or 2, or one standard error. That is for many runs; three or "
            "four are far less certain. Which argument says how far to go?"
        ): halves(
            *(
                lambda errors, rival, quantile, factor=factor: standard_error(errors, rival, factor)
                for factor in (1.0, 1.96, 2.0)
            )
        ),
        (
            "The sign is the other way round: rival minus errors. A cell with smaller errors should have a difference "
            "below 0. What is taken from what?"
        ): other_way,
        (
            "The axes have changed places: you average over the tasks for each seed. Errors of different tasks cannot "
            "be averaged, they have different units. Over which axis must the mean go?"
        ): over_tasks,
        (
            "Your interval runs from the smallest to the largest difference. The more runs, the wider that gets, "
            "though one knows more. What does the task take in place of it?"
        ): smallest_and_largest,
        (
            "The middle of your intervals is the median. It is a good measure where runs go wrong, but the standard "
            "error belongs to the mean. What does the task ask for?"
        ): partial(compared, centre=lambda errors, rival: np.median(errors - rival, axis=1)),
        (
            "The intervals are right, but you say *no worse* because 0 lies inside. With runs few and wild enough 0 "
            "nearly always does: not to have seen a difference is not to have seen that there is none. What must the "
            "upper end be below?"
        ): saying(
            lambda low, high, limit: "better" if high < 0 else "worse" if low > 0 else "no worse",
            lambda low, high, limit: "better" if high < 0 else "no worse" if low <= 0 or high < limit else "worse",
        ),
        (
            "The intervals are right, but the verdicts go by their middle alone, as if the runs left nothing open. "
            "Which ends must be compared with 0 and with the limit?"
        ): saying(
            lambda low, high, limit: "better" if low + high < 0 else "worse",
            lambda low, high, limit: "better" if low + high < 0 else "no worse" if low + high < 2 * limit else "worse",
        ),
        (
            "The intervals are right, but what is not *no worse* you call *worse*. An interval on both sides of 0 says "
            "neither. Which verdict is left for it?"
        ): saying(lambda low, high, limit: "better" if high < 0 else "no worse" if high < limit else "worse"),
        (
            "The intervals are right, but *better* is never said: below 0 is below the limit as well. In which order "
            "must the questions be asked?"
        ): saying(lambda low, high, limit: "no worse" if high < limit else "worse" if low > 0 else "open"),
        (
            "The intervals are right, but an interval that lies above 0 and still below the limit you call *worse* or "
            "*open*. The margin was agreed on beforehand: so much does not matter. Which question comes first?"
        ): saying(
            lambda low, high, limit: (
                "better" if high < 0 else "worse" if low > 0 else "no worse" if high < limit else "open"
            ),
            lambda low, high, limit: (
                "better"
                if high < 0
                else "no worse"
                if low <= 0 and high < limit
                else "worse"
                if low > limit
                else "open"
            ),
        ),
        (
            "The intervals are right, but *worse* is said only above the limit. Here it takes less: the whole interval "
            "above 0, and not all of it below the limit. With which number is the lower end compared?"
        ): saying(
            lambda low, high, limit: (
                "better" if high < 0 else "no worse" if high < limit else "worse" if low > limit else "open"
            )
        ),
        (
            "The intervals are right, but *better* is said only below minus the limit. Here it takes less: the whole "
            "interval below 0. With which number is the upper end compared?"
        ): saying(
            lambda low, high, limit: (
                "better" if high < -limit else "no worse" if high < limit else "worse" if low > 0 else "open"
            )
        ),
        (
            "The intervals are right, but the margin is taken as an error, the same for each task. It is a share, 0.1 "
            "for ten per cent. Of what?"
        ): partial(compared, limit=lambda errors, rival, margin: margin),
        (
            "The intervals are right, but the limit is not that of the task: a share of all tasks' errors, or of one "
            "run's. The rival's mean at *this* task is meant. Over which axis do you average?"
        ): (
            partial(compared, limit=lambda errors, rival, margin: margin * rival.mean()),
            partial(compared, limit=lambda errors, rival, margin: margin * rival.min(axis=1)),
            partial(compared, limit=lambda errors, rival, margin: margin * rival[:, 0]),
        ),
        (
            "Right but where a run has diverged: you leave its NaN out. Then a cell looks the better for runs that "
            "failed. NaN in a mean says that there is none; what do comparisons with NaN give, and which verdict is "
            "left?"
        ): without_the_diverged,
    },
    explanation="""\
The same seed gives both cells the same data, so the *differences* are averaged, and their standard error, s / √S, says
how well that mean is known; Student's quantile makes up for s being a guess from few runs. Then three questions, in
this order: is it better for sure, is it at most a little worse for sure, is it worse for sure? If none, the runs leave
it open. *No significant difference* is not *no difference*: three wild runs hardly ever find one. To say "no worse"
takes a margin, fixed beforehand, and an interval that stays below it. So a claim that two cells are equally good costs
more runs than one that they differ.""",
    explain=_explain,
)
