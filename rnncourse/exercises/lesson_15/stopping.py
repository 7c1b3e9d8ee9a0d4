"""15.2: early stopping with patience, from the validation losses of runs."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs

Found = tuple[np.ndarray, np.ndarray]
Stop = Callable[[list[float], int, float], tuple[int, int]]
"""The last epoch and the best one of a single run, of its losses, the patience and min_delta."""
_MOVES = ("better", "slightly", "equal", "worse", "nan")


def _runs(
    rng: np.random.Generator,
    *,
    runs: int = 3,
    epochs: int = 9,
    patience: int = 0,
    min_delta: float | None = None,
    moves: tuple[str, ...] = (),
) -> Inputs:
    """Losses with two decimals and a ``min_delta`` with three, so that no difference is exactly that large.

    ``moves``: what each epoch after the first does, compared with the best before it; "first nan" makes the first one
    NaN. What is left out is drawn.
    """
    patience = patience or int(rng.choice([1, 2, 2, 3]))
    min_delta = float(rng.choice([0.0, 0.015, 0.015, 0.055])) if min_delta is None else min_delta
    rows = []
    for _ in range(runs):
        drawn = moves or tuple(rng.choice(_MOVES, epochs - 1, p=[0.24, 0.3, 0.14, 0.24, 0.08]))
        best = int(rng.integers(70, 90))
        row = [best]
        for move in drawn[: epochs - 1]:
            loss = {
                "better": best - int(rng.integers(3, 9)),
                "nearly": best - 5,
                "slightly": best - 1,
                "equal": best,
                "worse": best + int(rng.integers(4, 20)),
            }.get(move, math.nan)
            best = min(best, loss) if loss == loss else best
            row.append(loss)
        rows.append([math.nan if move == "first nan" else loss for move, loss in zip((*drawn, ""), row, strict=False)])
    return {"losses": np.round(np.array(rows) / 100, 2), "patience": patience, "min_delta": min_delta}


def _epoch_by_epoch(losses: np.ndarray, patience: int, min_delta: float) -> Found:
    last, best = [], []
    for row in losses.tolist():
        improved: list[int] = []
        for epoch, loss in enumerate(row):
            if not math.isnan(loss) and (not improved or loss < row[improved[-1]] - min_delta):
                improved.append(epoch)
            if epoch - (improved[-1] if improved else -1) >= patience:
                break
        last.append(epoch)
        best.append(improved[-1] if improved else 0)
    return np.array(last), np.array(best)


def _stop(
    losses: list[float],
    patience: int,
    min_delta: float,
    *,
    improves: Callable[[float, float, float], bool] = lambda loss, best, delta: loss < best - delta,
    enough: Callable[[int, int], bool] = lambda wait, patience: wait >= patience,
    waits: Callable[[float], bool] = lambda loss: True,
    at_once: Callable[[float], bool] = lambda loss: False,
    compare: str = "best",
    reset: bool = True,
) -> tuple[int, int]:
    """``waits``: a loss that is no improvement counts; ``at_once``: it ends the run.

    ``compare``: with the loss of the last improvement ("best"), with the one before ("previous"), or with the lowest.
    """
    reference, best, wait, lowest, epoch = math.inf, 0, 0, math.inf, 0
    for epoch, loss in enumerate(losses):
        against = {"best": reference, "previous": losses[epoch - 1] if epoch else math.inf, "lowest": lowest}[compare]
        lowest = min(lowest, loss) if loss == loss else lowest
        if improves(loss, against, min_delta):
            reference, best, wait = loss, epoch, 0 if reset else wait
        elif waits(loss):
            wait += 1
        if (wait and enough(wait, patience)) or at_once(loss):
            break
    return epoch, best


def _each(stop: Stop) -> Callable[..., Found]:
    def found(losses: np.ndarray, patience: int, min_delta: float) -> Found:
        last, best = zip(*(stop(row, patience, min_delta) for row in losses.tolist()), strict=True)
        return np.array(last), np.array(best)

    return found


def _stop_by(**options: object) -> Callable[..., Found]:
    return _each(partial(_stop, **options))


def _best_by(choose: Callable[[np.ndarray, int, int], int]) -> Callable[..., Found]:
    """The right last epoch beside a wrong best one, of the losses (E,), the last epoch and the patience."""

    def found(losses: np.ndarray, patience: int, min_delta: float) -> Found:
        last, _ = _epoch_by_epoch(losses, patience, min_delta)
        return last, np.array([int(choose(row, end, patience)) for row, end in zip(losses, last.tolist(), strict=True)])

    return found


def _lowest(losses: np.ndarray) -> int:
    return int(np.argmin(np.where(np.isnan(losses), np.inf, losses)))


def _changed(change: Callable[[np.ndarray, np.ndarray], Found]) -> Callable[..., Found]:
    return lambda **case: change(*_epoch_by_epoch(**case))


def _explain(losses: np.ndarray, patience: int, min_delta: float) -> str:
    improved, best = [], math.inf
    for epoch, loss in enumerate(losses[0].tolist()):
        if loss < best - min_delta:
            improved.append(epoch)
            best = loss
    return f"If run 0 never stopped, it would improve at the epochs {improved}; the patience is {patience}."


EARLY_STOPPING = Exercise(
    id="15.2",
    title="When to stop, and what to keep",
    function="early_stopping",
    inputs=_runs,
    edges=(
        partial(_runs, epochs=5, patience=2, min_delta=0.0, moves=("better", "equal", "equal", "better")),
        partial(_runs, epochs=4, patience=2, min_delta=0.0, moves=("first nan", "nan", "nan", "nan")),
        partial(_runs, epochs=6, patience=2, moves=("first nan", "worse", "nan", "nan", "better")),
        partial(_runs, epochs=6, patience=5, moves=("better", "better", "worse", "better", "worse")),
        partial(_runs, runs=1, epochs=1),
        partial(_runs, epochs=7, patience=2, min_delta=0.015, moves=("slightly",) * 6),
        partial(_runs, epochs=5, patience=2, min_delta=0.055, moves=("worse", "nearly", "worse", "worse")),
        partial(_runs, epochs=6, patience=1, moves=("better", "nan", "better", "better", "worse")),
    ),
    reference=_epoch_by_epoch,
    returns={"last": ("run",), "best": ("run",)},
    mistakes={
        (
            "Training goes on one epoch too long: it stops when more epochs than `patience` brought no improvement. As "
            "many are enough. With a patience of 1, how many bad epochs do you see?"
        ): _stop_by(enough=lambda wait, patience: wait > patience),
        (
            "Training stops one epoch too early. `patience` epochs in a row must bring no improvement, the last one "
            "included. At which number does your count begin?"
        ): _stop_by(enough=lambda wait, patience: wait >= patience - 1),
        (
            "The weights of the last epoch are kept. By then, `patience` epochs went by that were worse. That is what "
            "Keras does without `restore_best_weights=True`; which epoch is asked for?"
        ): _best_by(lambda losses, last, patience: last),
        (
            "The best epoch is the last one minus the patience in your result. That holds where a run was stopped, not "
            "where it ran to its end. What do you remember whenever there is an improvement?"
        ): _best_by(lambda losses, last, patience: max(last - patience, 0)),
        (
            "A loss that equals the best one counts as an improvement. A run that stands still then never stops. Which "
            "sign compares the two?"
        ): _stop_by(improves=lambda loss, best, delta: loss <= best - delta),
        (
            "You compare with the epoch before. After one bad epoch anything looks like an improvement. With which "
            "loss is to be compared?"
        ): _stop_by(compare="previous"),
        (
            "Any improvement counts, however small. The noise of a validation loss brings one now and then. Which "
            "argument did you not use?"
        ): _stop_by(improves=lambda loss, best, delta: loss < best),
        (
            "The sign of `min_delta` is wrong: a loss that is a little worse counts as an improvement. How far must a "
            "new loss lie *below* the best?"
        ): (
            _stop_by(improves=lambda loss, best, delta: loss < best + delta),
            _stop_by(improves=lambda loss, best, delta: loss <= best + delta),
        ),
        (
            "You take `min_delta` for a share of the loss. Here it is a difference: 0.02 means 0.02, whatever the "
            "loss. What is subtracted?"
        ): _stop_by(improves=lambda loss, best, delta: loss < best * (1 - delta)),
        (
            "Small improvements move the mark without counting, so a slow descent never counts, however far it leads. "
            "The mark is the loss of the last *improvement*. When do you set it anew?"
        ): _stop_by(compare="lowest"),
        (
            "The last epoch is right, but best is the lowest loss of the whole list, also after training has stopped. "
            "Nobody has seen those epochs. Up to where may you look?"
        ): _best_by(lambda losses, last, patience: _lowest(losses)),
        (
            "The last epoch is right, but best is the lowest loss, also where that was no improvement by `min_delta`. "
            "The weights are kept at improvements alone. What do you do at one, and only then?"
        ): _best_by(lambda losses, last, patience: _lowest(losses[: last + 1])),
        (
            "NaN counts as an improvement: *not at least as large* is true for it, or argmin finds it. From then on "
            "every loss is compared with NaN. Ask the other way round."
        ): (
            _stop_by(improves=lambda loss, best, delta: not loss >= best - delta),
            _best_by(lambda losses, last, patience: np.argmin(losses[: last + 1])),
            _best_by(lambda losses, last, patience: np.argmin(losses)),
        ),
        (
            "NaN ends the run at once. That is another callback; here an epoch with NaN is one without improvement, "
            "like any other."
        ): _stop_by(at_once=math.isnan),
        (
            "An epoch with NaN is passed over and does not count. It brought no improvement either, and a run that "
            "gives nothing but NaN should stop. What is added to the count there?"
        ): _stop_by(waits=lambda loss: loss == loss),
        (
            "You count all epochs without improvement, not those in a row. What happens to the count when there is an "
            "improvement?"
        ): _stop_by(reset=False),
        ("No run ever stops in your result. When is the count compared with `patience`?"): _stop_by(
            enough=lambda wait, patience: False
        ),
        (
            "Your epochs are counted from 1. The first loss belongs to epoch 0, as everywhere in these exercises."
        ): _changed(lambda last, best: (last + 1, best + 1)),
        (
            "Your last says how many epochs were run; best is counted from 0. Both are places in the list of losses. "
            "Which is the place of the last of three?"
        ): _changed(lambda last, best: (last + 1, best)),
        ("The two results have changed places: last comes first, then best."): _changed(
            lambda last, best: (best, last)
        ),
        (
            "Every run gets the result of the first one, or of the last one. Does your loop run over the rows, and "
            "does each have a count of its own?"
        ): (
            _changed(lambda last, best: (last * 0 + last[0], best * 0 + best[0])),
            _changed(lambda last, best: (last * 0 + last[-1], best * 0 + best[-1])),
        ),
    },
    explanation="""\
Three things are kept while a run goes on: the loss of the last improvement, its epoch, and how many epochs have gone
by since. `loss < mark - min_delta` is False for NaN, so NaN needs no rule of its own (Keras takes the first loss for
the mark whatever it is, and nothing lies below NaN). The mark moves at improvements only, so that a slow but steady
descent counts once it has gone far enough. At the end the weights of the best epoch are put back: those of the last
are, by construction, `patience` epochs past it. The best of many noisy losses is too good to be true by itself:
report the test loss, never the lowest validation loss.""",
    explain=_explain,
)
