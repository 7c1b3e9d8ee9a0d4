"""05.5: from the errors of many runs, which lags a network has solved."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_05.verdicts import (
    Longest,
    Share,
    below,
    failed_runs,
    how_many,
    more_than_half,
    of_those_that_finished,
    one_baseline_a_run,
    one_verdict,
    place_in_the_list,
    solved_runs,
    the_first_failure,
    the_longest_of_any,
    until,
)
from rnncourse.exercises.plain_data import show

Table = tuple[np.ndarray, int]


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


def _table(
    errors: np.ndarray,
    baselines: np.ndarray,
    lags: np.ndarray,
    fraction: float,
    *,
    share: Share = lambda errors, *limits: solved_runs(errors, *limits).mean(axis=1),
    longest: Longest = more_than_half,
) -> Table:
    found = share(errors, baselines, fraction)
    return found, longest(found, lags)


def _in_share(*wrong: Share) -> tuple[Callable[..., Table], ...]:
    return tuple(partial(_table, share=share) for share in wrong)


def _in_longest(*wrong: Longest) -> tuple[Callable[..., Table], ...]:
    return tuple(partial(_table, longest=longest) for longest in wrong)


def _in_order_of_lags(errors: np.ndarray, baselines: np.ndarray, lags: np.ndarray, fraction: float) -> Table:
    share, longest = _table(errors, baselines, lags, fraction)
    return share[np.argsort(lags)], longest


def _lags_sorted_alone(errors: np.ndarray, baselines: np.ndarray, lags: np.ndarray, fraction: float) -> Table:
    return _table(errors, baselines, np.sort(lags), fraction)


def _explain(errors: np.ndarray, baselines: np.ndarray, lags: np.ndarray, fraction: float) -> str:
    share = solved_runs(errors, baselines, fraction).mean(axis=1)
    cells = [f"{int(lags[row])}: {show(float(share[row]))}" for row in np.argsort(lags)]
    return f"From the shortest lag on, the shares of this input are {', '.join(cells)}."


SOLVED = Exercise(
    id="05.5",
    title="Which lags are solved?",
    function="solved",
    inputs=_runs,
    edges=(
        partial(_runs, lags=1, solving=(4,)),
        partial(_runs, solving=(1, 4, 4, 4)),
        partial(_runs, solving=(4, 4, 4, 4)),
        partial(_runs, solving=(4, 2, 4, 4)),
        partial(_runs, solving=(4, 0, 3, 4), diverged=1.0),
        partial(_runs, runs=3, solving=(3, 2, 1, 2)),
    ),
    reference=_run_by_run,
    returns={"share": ("lag",), "longest": ()},
    mistakes={
        (
            "The runs that gave NaN are left out, also where you divide. So a lag at which most runs explode looks "
            "solved by the few that did not. A run that diverged was tried, and it did not solve the task: of how many "
            "runs is this the share?"
        ): _in_share(of_those_that_finished),
        (
            "A run with NaN counts as solved. No comparison with NaN is true, so *not (error >= limit)* and *error < "
            "limit* are different questions. Which of the two do you ask?"
        ): _in_share(lambda errors, *limits: 1 - failed_runs(errors, *limits).mean(axis=1)),
        (
            "The shares are those of the runs that did *not* solve the task, or of some of them. A small error is a "
            "good one. Which way does your comparison point?"
        ): (
            *_in_share(
                lambda errors, *limits: 1 - solved_runs(errors, *limits).mean(axis=1),
                lambda errors, *limits: failed_runs(errors, *limits).mean(axis=1),
            ),
            lambda **case: (1 - _table(**case)[0], _table(**case)[1]),
        ),
        (
            "You make one number of all runs at a lag, a mean or a median of their errors, and judge that. One run "
            "that failed can hide three that solved it, and one NaN all of them. Judge each run first; what do you "
            "average then?"
        ): _in_share(
            one_verdict(np.mean),
            one_verdict(np.mean, with_nan=True),
            one_verdict(np.median),
            one_verdict(np.median, with_nan=True),
        ),
        (
            "The best run at each lag decides. The best of many seeds is nearly always good, so such a table says how "
            "often somebody tried. How many of the runs must be counted?"
        ): _in_share(one_verdict(np.min)),
        (
            "The worst run at each lag decides, so every share is 0 or 1. How many of the runs must be counted?"
        ): _in_share(one_verdict(np.max), one_verdict(np.max, with_nan=True)),
        (
            "You compare with the baseline itself. To be a little better than a guess is not to have solved the task. "
            "Which argument did you not use?"
        ): _in_share(below(lambda baselines, fraction: baselines[:, np.newaxis])),
        (
            "You compare with the fraction alone. It is a fraction *of the baseline*, and each lag has its own: an "
            "error of 0.1 is much where a guess makes 0.2, and little where it makes 3. Which argument is missing?"
        ): _in_share(below(lambda baselines, fraction: fraction)),
        (
            "All lags are compared with one and the same baseline. Each lag is a task of its own, with its own guess "
            "to beat. Which entry of baselines belongs to a row?"
        ): _in_share(
            *(
                below(lambda baselines, fraction, one=one: fraction * one(baselines))
                for one in (np.mean, np.min, np.max, lambda baselines: baselines[0], lambda baselines: baselines[-1])
            )
        ),
        (
            "The baselines are spread over the runs, not over the lags. A shape (L,) beside (L, S) is laid along the "
            "last axis, and where L = S nothing complains. Which shape must the baselines have?"
        ): _in_share(one_baseline_a_run),
        (
            "The first result holds whole counts, one for each lag: the number of runs that solved it. Three of four "
            "and three of thirty are not the same. By what must a count be divided?"
        ): (
            *_in_share(lambda errors, *limits: solved_runs(errors, *limits).sum(axis=1) * 1.0),
            lambda **case: (_table(**case)[0] * case["errors"].shape[1], _table(**case)[1]),
        ),
        (
            "The shares come back in the order of the lags, where they should stand as the rows stand. Sort for the "
            "second result only. What tells you which row is which lag?"
        ): _in_order_of_lags,
        (
            "The shares are right, but longest goes past a lag that failed. That a longer one is solved may be luck, "
            "or another task; how far the network reaches is how far it gets without a gap. Where must you stop?"
        ): _in_longest(the_longest_of_any),
        (
            "The shares are right, but in longest exactly half of the runs is enough for you. Two of four is a coin "
            "tossed. The task asks for more than half."
        ): _in_longest(until(lambda share: share > 0.5 - 1e-9)),
        (
            "The shares are right, but in longest one run that solves a lag is enough for you. With enough seeds one "
            "of them always will. Which share does the task ask for?"
        ): _in_longest(until(lambda share: share > 0)),
        (
            "The shares are right, but in longest you ask for every single run. That is a rule as well, but with more "
            "seeds it gets harder, so it measures your patience. Which share does the task ask for?"
        ): _in_longest(until(lambda share: share > 1 - 1e-9)),
        (
            "The shares are right, but longest goes through the rows as they stand. They are in no order: the shortest "
            "lag may be the last row. In which order must the lags be asked?"
        ): (
            *_in_longest(until(lambda share: share > 0.5 + 1e-9, ordered=False)),
            _lags_sorted_alone,
        ),
        (
            "The shares are right, but longest is a place in the list, or a number of lags. The task asks for the lag "
            "itself, in steps. What do you look up with that place?"
        ): _in_longest(place_in_the_list, how_many),
        (
            "The shares are right, but longest is the first lag that fails. The last one that was solved stands before "
            "it. What must you keep before the loop ends?"
        ): _in_longest(the_first_failure),
    },
    explanation="""\
`errors < fraction * baselines[:, np.newaxis]` judges every run by itself, and NaN fails, since no comparison with NaN
is true. The mean of these truth values is the share. Going through the lags from the shortest on and stopping at the
first that fails keeps one lucky result from standing for a range. The rule is fixed before the runs are made: what
counts as solved, how many seeds, how many of them must solve it. Without it a table can be made to say anything: the
best seed, the runs that did not diverge, the lag that happened to work. And the error stands beside what a guess
makes at the *same* lag (1/6 for the adding problem), or else a small number says nothing.""",
    explain=_explain,
)
