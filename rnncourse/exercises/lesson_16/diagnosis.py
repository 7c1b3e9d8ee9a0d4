"""16.2: what ails a run, from its curves."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_16 import curves
from rnncourse.exercises.lesson_16.curves import KINDS, Maker

Sign = Callable[[np.ndarray, np.ndarray, np.ndarray, float], bool]
"""Whether a run shows it, of its training losses, validation losses, norms, each (E,), and the baseline."""

_SHARES = (0.24, 0.22, 0.1, 0.1, 0.14, 0.1, 0.1)
"""Of the kinds: those of several makers come more often."""


def _runs(rng: np.random.Generator, *, makers: tuple[Maker, ...] = ()) -> Inputs:
    """A run by each of the ``makers``, or of each of three kinds; the losses are in units of the baseline."""
    if not makers:
        chosen = rng.choice(list(KINDS), 3, replace=False, p=_SHARES)
        makers = tuple(KINDS[kind][int(rng.integers(0, len(KINDS[kind])))] for kind in chosen)
    baseline = float(rng.choice([0.17, 0.5, 3.0, 20.0]))
    runs = []
    for maker in makers:
        training, validation, norms = maker(rng)
        runs.append([_three_digits(curve) for curve in (training * baseline, validation * baseline, norms)])
    training, validation, norms = (np.array(rows) for rows in zip(*runs, strict=True))
    return {"training": training, "validation": validation, "norms": norms, "baseline": baseline}


def _three_digits(values: np.ndarray) -> list[float]:
    return [float(f"{value:.3g}") for value in values]


def _verdict(training: list[float], validation: list[float], norms: list[float], baseline: float) -> str:
    last = training[-1]
    if math.isnan(last) or last > 2 * baseline:
        return "diverged"
    ranked = sorted(norms)
    median = (ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2
    if any(norm > 10 * median for norm in norms):
        return "unclipped"
    if all(loss >= 0.9 * baseline for loss in training):
        return "no gradient" if median < 0.01 else "no progress"
    if validation[-1] > 1.2 * min(validation) or min(validation) >= 0.9 * baseline:
        return "memorises"
    return "unfinished" if last < 0.9 * training[-3] else "healthy"


def _run_by_run(training: np.ndarray, validation: np.ndarray, norms: np.ndarray, baseline: float) -> np.ndarray:
    rows = zip(training.tolist(), validation.tolist(), norms.tolist(), strict=True)
    return np.array([_verdict(*row, baseline) for row in rows])


SIGNS: dict[str, Sign] = {
    "diverged": lambda train, valid, norms, base: not train[-1] <= 2 * base,
    "unclipped": lambda train, valid, norms, base: norms.max() > 10 * np.median(norms),
    "no gradient": lambda train, valid, norms, base: train.min() >= 0.9 * base and np.median(norms) < 0.01,
    "no progress": lambda train, valid, norms, base: train.min() >= 0.9 * base,
    "memorises": lambda train, valid, norms, base: valid[-1] > 1.2 * valid.min() or valid.min() >= 0.9 * base,
    "unfinished": lambda train, valid, norms, base: train[-1] < 0.9 * train[-3],
}


def _by_signs(
    training: np.ndarray,
    validation: np.ndarray,
    norms: np.ndarray,
    baseline: float,
    *,
    signs: dict[str, Sign] = SIGNS,
    order: Sequence[str] = tuple(SIGNS),
) -> np.ndarray:
    """The first in ``order`` whose sign is there."""
    with np.errstate(all="ignore"):
        return np.array(
            [
                next((name for name in order if signs[name](*run, baseline)), "healthy")
                for run in zip(training, validation, norms, strict=True)
            ]
        )


def _with(name: str, *sign: Sign) -> tuple[Callable[..., np.ndarray], ...]:
    return tuple(partial(_by_signs, signs=SIGNS | {name: each}) for each in sign)


def _ordered(*order: str) -> Callable[..., np.ndarray]:
    return partial(_by_signs, order=order)


def _explain(training: np.ndarray, validation: np.ndarray, norms: np.ndarray, baseline: float) -> str:
    with np.errstate(all="ignore"):
        numbers = {
            "last training loss": training[0, -1],
            "lowest": training[0].min(),
            "last validation loss": validation[0, -1],
            "lowest of these": validation[0].min(),
        }
    told = ", ".join(f"{name} {value / baseline:.2f}" for name, value in numbers.items())
    return f"Run 0, in baselines: {told}; its longest gradient is {norms[0].max() / np.median(norms[0]):.3g} medians."


DIAGNOSIS = Exercise(
    id="16.2",
    title="What ails the run?",
    function="diagnose",
    inputs=_runs,
    edges=(
        partial(_runs, makers=(curves.grows, curves.drifts, curves.ends_in_infinity)),
        partial(_runs, makers=(curves.spiked_memorises, curves.spiked_no_progress, curves.spiked_unfinished)),
        partial(_runs, makers=(curves.no_gradient, curves.no_gradient_at_all, curves.no_progress_at_rest)),
        partial(_runs, makers=(curves.memorises, curves.memorises_on, curves.only_in_training)),
        partial(_runs, makers=(curves.healthy_with_long_gradients, curves.unfinished, curves.spiked_healthy)),
        partial(_runs, makers=(curves.no_progress, curves.ends_in_nan)),
        partial(_runs, makers=(curves.healthy,)),
    ),
    reference=_run_by_run,
    returns={"verdicts": ("run",)},
    mistakes={
        (
            "A run that ended in NaN gets another name than *diverged*. No comparison with NaN is true, so it slips "
            "through every question that you ask. Ask for it by itself, or for what is *not* fine."
        ): (
            *_with("diverged", lambda train, valid, norms, base: train[-1] > 2 * base),
            *_with("diverged", lambda train, valid, norms, base: np.isinf(train[-1]) or train[-1] > 2 * base),
        ),
        (
            "Only NaN or infinity is *diverged* for you. A loss of several times the baseline is as useless, and the "
            "run is on its way. Which other sign does the table give?"
        ): _with(
            "diverged",
            lambda train, valid, norms, base: np.isnan(train[-1]),
            lambda train, valid, norms, base: not np.isfinite(train[-1]),
        ),
        (
            "A run that was bad for an epoch and came back is *diverged* for you. What counts is where it ends. Which "
            "loss does the table compare?"
        ): _with("diverged", lambda train, valid, norms, base: not train.max() <= 2 * base),
        (
            "You compare with the first loss. An untrained network is worse than one that always says the mean, so "
            "learning the mean looks like learning. Which argument is the measure?"
        ): (
            partial(
                _by_signs,
                signs=SIGNS
                | {
                    "no gradient": lambda train, valid, norms, base: (
                        train.min() >= 0.9 * train[0] and np.median(norms) < 0.01
                    ),
                    "no progress": lambda train, valid, norms, base: train.min() >= 0.9 * train[0],
                },
            ),
        ),
        (
            "You ask the validation losses whether there was progress. A net may learn its training set and nothing "
            "else, and that has another remedy. Which losses does the table ask?"
        ): (
            partial(
                _by_signs,
                signs=SIGNS
                | {
                    "no gradient": lambda train, valid, norms, base: (
                        valid.min() >= 0.9 * base and np.median(norms) < 0.01
                    ),
                    "no progress": lambda train, valid, norms, base: valid.min() >= 0.9 * base,
                },
            ),
        ),
        (
            "You measure the longest gradient by a fixed number, not by what is usual in this run. A norm of 20 is "
            "ordinary in one network and a catastrophe in another. With what is it compared?"
        ): _with(
            "unclipped",
            lambda train, valid, norms, base: norms.max() > 10,
            lambda train, valid, norms, base: norms.max() > 5,
        ),
        (
            "No run is *unclipped* for you. Do you compare with the *mean*? One long gradient among six lifts it so "
            "far that it is never ten times as long. Which number in the middle does not care?"
        ): _with(
            "unclipped",
            lambda train, valid, norms, base: norms.max() > 10 * norms.mean(),
            lambda train, valid, norms, base: norms[-1] > 10 * np.median(norms),
        ),
        (
            "You compare the longest gradient with the shortest, or with the one before. Gradients differ by that much "
            "in every run. What is usual in it?"
        ): _with(
            "unclipped",
            lambda train, valid, norms, base: norms.max() > 10 * norms.min(),
            lambda train, valid, norms, base: (norms[1:] > 10 * norms[:-1]).any(),
        ),
        (
            "You judge the gradient by its last or first value, by the longest or the shortest. One epoch says little: "
            "the median says what is usual. Which number does the table take?"
        ): _with(
            "no gradient",
            *(
                lambda train, valid, norms, base, pick=pick: train.min() >= 0.9 * base and pick(norms) < 0.01
                for pick in (lambda norms: norms[-1], lambda norms: norms[0], np.max, np.min)
            ),
        ),
        (
            "Where nothing is learned you give one name, whatever the gradients. With hardly any gradient the weights "
            "cannot move; with an ordinary one they move and it does not help. Which argument tells the two apart?"
        ): (
            *_with("no gradient", lambda train, valid, norms, base: False),
            *_with("no gradient", lambda train, valid, norms, base: train.min() >= 0.9 * base),
        ),
        (
            "You compare validation with *training* loss. A gap between them is usual and does no harm. The sign of a "
            "net that memorises is that validation gets worse again. Worse than what?"
        ): _with(
            "memorises",
            lambda train, valid, norms, base: valid[-1] > 1.2 * train[-1] or valid.min() >= 0.9 * base,
            lambda train, valid, norms, base: valid[-1] > 1.2 * train[-1],
        ),
        (
            "A run whose validation loss never comes below the baseline passes for another one. It does not rise "
            "either: it learned nothing that holds elsewhere. Which second sign does the table give?"
        ): _with("memorises", lambda train, valid, norms, base: valid[-1] > 1.2 * valid.min()),
        (
            "You miss the runs whose validation loss turns and rises: a last loss can be below the first, or below the "
            "baseline, and be far above the lowest. With which does the table compare?"
        ): _with(
            "memorises",
            lambda train, valid, norms, base: valid.min() >= 0.9 * base,
            lambda train, valid, norms, base: valid[-1] > 1.2 * valid[0] or valid.min() >= 0.9 * base,
            lambda train, valid, norms, base: valid[-1] >= 0.9 * base,
        ),
        (
            "A run that memorises is *unfinished* for you, because its training loss still falls. That is how "
            "memorising looks. Which of the two does the table ask first?"
        ): _ordered("diverged", "unclipped", "no gradient", "no progress", "unfinished", "memorises"),
        (
            "The long gradients are asked last, so a run that has them gets another name. Clip first, then look again: "
            "they spoil every other sign. What is the order of the table?"
        ): (
            _ordered("diverged", "no gradient", "no progress", "memorises", "unfinished", "unclipped"),
            _ordered("diverged", "no gradient", "no progress", "unclipped", "memorises", "unfinished"),
            _ordered("diverged", "no gradient", "no progress", "memorises", "unclipped", "unfinished"),
            _ordered("diverged", "memorises", "unclipped", "no gradient", "no progress", "unfinished"),
        ),
        (
            "You call a diverged run *unclipped*: its gradients are long as well. The table asks for the worse news "
            "first."
        ): _ordered("unclipped", "diverged", "no gradient", "no progress", "memorises", "unfinished"),
        (
            "Too many runs, or all, are *unfinished*: every loss falls from first to last, and by a little it falls at "
            "the end. By how much, over which epochs, does the table ask?"
        ): _with(
            "unfinished",
            lambda train, valid, norms, base: train[-1] < 0.9 * train[0],
            lambda train, valid, norms, base: train[-1] < 0.9 * train[-4],
            lambda train, valid, norms, base: train[-1] < train[-3],
            lambda train, valid, norms, base: train[-1] < train[-2],
        ),
        (
            "No run is *unfinished* for you. A loss that still falls by a tenth in two epochs has not arrived. Which "
            "two entries do you compare?"
        ): _with(
            "unfinished",
            lambda train, valid, norms, base: False,
            lambda train, valid, norms, base: train[-1] < 0.9 * train[-2],
            lambda train, valid, norms, base: train[-1] < 0.1 * train[-3],
        ),
    },
    explanation="""\
Seven questions in an order, each a comparison: with the baseline, with the run's own median, with its own lowest loss.
The order is part of the answer: NaN spoils all numbers, a long gradient spoils the rest, and only when something was
learned does it make sense to ask whether it carries over. `not last <= 2 * baseline` is true for NaN as well. A name is
not a cause: *no gradient* may be a lag that is too long or a poor initialisation, *no progress* a learning rate or
steps that were torn apart. Those look alike in the curves; the gradient by lag, the spectral radius, a changed input
tell them apart.""",
    explain=_explain,
)
