"""06.4: which update broke a run, from the losses and the gradient norms that were recorded."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs

Verdict = tuple[int, float]
Good = Callable[[np.ndarray, float], np.ndarray]
"""Which losses are good, of the losses and ``rise``."""
Times = Callable[[np.ndarray, int], float]
"""How unusual the gradient of an update was, of the norms and the update."""
_ENDS = ("grows", "NaN", "healthy")


def _run(
    rng: np.random.Generator,
    *,
    broken: int | None = None,
    end: str = "",
    updates: int = 0,
    spike: bool = True,
) -> Inputs:
    """A run of ``updates`` updates that ``broken`` breaks; what is left out is drawn.

    ``end``: the loss grows to the end, grows and then is NaN, or the run is healthy. ``spike``: it has been bad before
    and came back, with a gradient that is often longer than the one that breaks it.
    """
    updates, end = updates or int(rng.integers(11, 15)), end or str(rng.choice(_ENDS, p=[0.3, 0.5, 0.2]))
    broken = int(rng.integers(6, updates - 3)) if broken is None else broken
    rise = float(rng.choice([1.5, 2.0, 3.0]))
    losses = rng.uniform(0.5, 1.5) * 0.9 ** np.arange(updates) * rng.uniform(0.9, 1.1, updates)
    norms, limit = rng.uniform(0.5, 2.0, updates), rise * losses[0]
    if spike:
        at, length = int(rng.integers(1, 4)), int(rng.integers(1, 3))
        losses[at + 1 : at + 1 + length], norms[at] = limit * rng.uniform(1.2, 2.5), rng.uniform(6, 60)
    if end != "healthy":
        later = np.arange(1, updates - broken)
        if broken and rng.random() < 0.6:
            losses[broken] = limit * rng.uniform(0.3, 0.95)
        losses[broken + 1 :] = limit * rng.uniform(1.2, 1.7, later.size) * 1.7**later
        norms[broken], norms[broken + 1 :] = rng.uniform(8, 25), rng.uniform(20, 40, later.size) * 3.0**later
    if end == "NaN":
        first = int(rng.integers(broken + 1, updates))
        losses[first:], norms[first:] = np.nan, np.nan
        if rng.random() < 0.5:
            losses[first], norms[first] = np.inf, np.inf
    return {"losses": _three_digits(losses), "norms": _three_digits(norms), "rise": rise}


def _three_digits(values: np.ndarray) -> np.ndarray:
    return np.array([float(f"{value:.3g}") for value in values])


def _backwards(losses: np.ndarray, norms: np.ndarray, rise: float) -> Verdict:
    update = len(losses) - 1
    while not losses[update] <= rise * losses[0]:  # true for NaN
        update -= 1
    if update == len(losses) - 1:
        return -1, 0.0
    before = sorted(float(norm) for norm in norms[:update])
    if not before:
        return update, 0.0
    middle = (before[len(before) // 2] + before[(len(before) - 1) // 2]) / 2
    return update, float(norms[update]) / middle


def _good(losses: np.ndarray, rise: float) -> np.ndarray:
    return np.isfinite(losses) & (losses <= rise * losses[0])


def _last_good(good: np.ndarray) -> int:
    return -1 if good[-1] else int(np.flatnonzero(good)[-1])


def _over_the_median(norms: np.ndarray, update: int) -> float:
    return float(norms[update] / np.median(norms[:update])) if update > 0 else 0.0


def _verdict(
    losses: np.ndarray,
    norms: np.ndarray,
    rise: float,
    *,
    good: Good = _good,
    find: Callable[[np.ndarray], int] = _last_good,
    times: Times = _over_the_median,
) -> Verdict:
    """``find``: the update, of which losses are good."""
    update = find(good(losses, rise))
    return update, times(norms, update)


def _found_by(*find: Callable[[np.ndarray], int]) -> tuple[Callable[..., Verdict], ...]:
    return tuple(partial(_verdict, find=each) for each in find)


def _where_good(*good: Good) -> tuple[Callable[..., Verdict], ...]:
    return tuple(partial(_verdict, good=each) for each in good)


def _measured_by(*times: Times) -> tuple[Callable[..., Verdict], ...]:
    """The right update; 0 times where the task wants that."""
    return tuple(
        partial(_verdict, times=lambda norms, update, each=each: each(norms, update) if update > 0 else 0.0)
        for each in times
    )


def _first_bad(good: np.ndarray, *, moved: int = 0) -> int:
    """The first bad one at all, also when the run came back; −1 where there is none."""
    return -1 if good.all() else int(np.argmin(good)) + moved


def _first_lost(*, lost: Callable[[np.ndarray], np.ndarray], moved: int) -> Callable[..., Verdict]:
    """The first loss that is no number, or the update ``moved`` from there."""

    def verdict(losses: np.ndarray, norms: np.ndarray, rise: float) -> Verdict:
        places = np.flatnonzero(lost(losses))
        update = int(places[0]) + moved if len(places) else -1
        return update, _over_the_median(norms, update)

    return verdict


def _longest(losses: np.ndarray, norms: np.ndarray, rise: float, *, of: Callable[[np.ndarray], np.ndarray]) -> Verdict:
    if _good(losses, rise)[-1]:
        return -1, 0.0
    sizes = of(np.where(np.isfinite(norms), norms, 0.0))
    update = int(np.argmax(sizes))
    return update, _over_the_median(norms, update)


def _jumps(norms: np.ndarray) -> np.ndarray:
    return np.array([0.0, *(norms[1:] / np.maximum(norms[:-1], 1e-9))])


def _explain(losses: np.ndarray, norms: np.ndarray, rise: float) -> str:
    good = np.flatnonzero(_good(losses, rise)).tolist()
    return f"In this input the losses of the updates {good} are good."


WHAT_BROKE_IT = Exercise(
    id="06.4",
    title="Which update broke the run?",
    function="what_broke_it",
    inputs=_run,
    edges=(
        partial(_run, broken=0, end="NaN", spike=False),
        partial(_run, broken=10, updates=12, end="grows"),
        partial(_run, end="healthy", spike=False),
        partial(_run, end="healthy", spike=True),
        partial(_run, broken=7, updates=9, end="NaN"),
    ),
    reference=_backwards,
    returns={"update": (), "times": ()},
    mistakes={
        (
            "One too late. The loss of update u is measured *before* that update changes the weights. So bad weights "
            "show one update after they were made. Which update made them?"
        ): (
            *_found_by(lambda good: _last_good(good) + 1 if not good[-1] else -1),
            lambda **case: (_verdict(**case)[0] + (_verdict(**case)[0] >= 0), _verdict(**case)[1]),
        ),
        (
            "You take the first bad loss there is, and from that one this run came back. A spike is not the end: a run "
            "is broken when no good loss follows. From which end of the run is that seen?"
        ): _found_by(_first_bad, partial(_first_bad, moved=-1)),
        (
            "You wait for NaN. By then the weights have been useless for several updates, and the gradient that did it "
            "is past; a run may even end without NaN and be broken. What makes a loss bad besides?"
        ): tuple(
            _first_lost(lost=lost, moved=moved)
            for lost in (np.isnan, lambda losses: ~np.isfinite(losses))
            for moved in (0, -1)
        ),
        (
            "A loss of NaN counts as good: no comparison with NaN is true, so *not above the limit* holds for it. Ask "
            "for what is good, or look for NaN by itself. Which comparison did you turn round?"
        ): _where_good(lambda losses, rise: ~(losses > rise * losses[0])),
        (
            "Your update is the one with the longest gradient, or the largest jump. After a run has broken, gradients "
            "grow longer still, and an earlier spike may have been longer and done no harm. What do the losses say?"
        ): tuple(partial(_longest, of=of) for of in (lambda norms: norms, _jumps)),
        (
            "You compare with the first loss itself. A run may rise a little above it and come back. Which argument "
            "did you not use?"
        ): _where_good(lambda losses, rise: np.isfinite(losses) & (losses <= losses[0])),
        (
            "You compare with the loss just before. Losses of different batches go up and down all the time, and a "
            "slow climb never jumps. With which one does the task compare?"
        ): _where_good(
            lambda losses, rise: np.isfinite(losses) & (losses <= rise * np.array([losses[0], *losses[:-1]])),
        ),
        (
            "A run that ends well gets an update to blame: its last one. Where the last loss is good nothing is "
            "broken, whatever happened before. What does the task want then?"
        ): _found_by(lambda good: int(np.flatnonzero(good)[-1])),
        (
            "The update is right, but times is the norm itself. Whether 12 is much depends on what is usual in this "
            "run. By what must it be divided?"
        ): _measured_by(lambda norms, update: float(norms[update])),
        (
            "The update is right, but times compares with the mean. One spike that did no harm lifts the mean far "
            "above what is usual. Which number in the middle does not care?"
        ): _measured_by(lambda norms, update: float(norms[update] / norms[:update].mean())),
        (
            "The update is right, but times compares with a median in which that update itself, or what came after it, "
            "counts as usual. Up to which update, and without which, is it taken?"
        ): _measured_by(
            lambda norms, update: float(norms[update] / np.median(norms[: update + 1])),
            lambda norms, update: float(norms[update] / np.median(norms[np.isfinite(norms)])),
            lambda norms, update: float(norms[update] / np.median(norms[~np.isnan(norms)])),
        ),
        (
            "The update is right, but times compares with the norm just before, or with the longest before. One update "
            "is no measure of what is usual. What does the task take?"
        ): _measured_by(
            lambda norms, update: float(norms[update] / norms[update - 1]),
            lambda norms, update: float(norms[update] / norms[:update].max()),
        ),
        ("The update is right, but times is upside down: it is small where the gradient was long."): _measured_by(
            lambda norms, update: float(np.median(norms[:update]) / norms[update])
        ),
    },
    explanation="""\
Read it from the end: `good = losses <= rise * losses[0]` is False for NaN and inf alike, and the last good loss
belongs to the last good weights. The update that was made *from* them broke the run; it is the one to look at. Its
norm beside the median of those before says whether clipping would have helped, and where the threshold may lie: above
what is usual, below what did the harm. If the norm was nothing unusual, clipping is not the remedy, and the learning
rate is. NaN is only the last stage: `measure.StopOnNaN` uses the same rule, and puts the last good weights back, not
the last that were numbers.""",
    explain=_explain,
)
