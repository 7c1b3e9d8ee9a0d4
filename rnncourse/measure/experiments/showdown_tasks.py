"""Five tasks of the course in one form: what goes in, what is wanted, the loss, and the score that is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np

from rnncourse import datasets
from rnncourse.measure.experiments import splits
from rnncourse.measure.experiments.splits import Split, Splits

CHARACTERS, PIECE = 1_000_000, 32
DIGITS = 8
REVIEWS, LONGEST = 20_000, 25
NOT_SCORED = -1
"""A target that stands for "nothing is wanted at this step"."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What the nets learn, how long, and how they are scored.

    Attributes:
        load: gives train, validation and test as the nets read them.
        wanted: str, the score in words, with its unit.
        score: of answers (n, …) and targets (n, …), the score of a net.
        steps: int ≥ 1, T.
        outputs: int ≥ 1, numbers in an answer.
        width: int ≥ 2, units of the Transformer; the others get as many as bring them nearest to its parameters.
        updates: int, a multiple of 50.
        vocab_size: int, the ids there are; None where a step is a number.
        each_step: bool, whether every step has a target.
        padded: bool, whether id 0 is padding.
        batch_size: int ≥ 1.
    """

    load: Callable[[], Splits]
    wanted: str
    score: Callable[[np.ndarray, np.ndarray], float]
    steps: int
    outputs: int
    width: int
    updates: int
    vocab_size: int | None = None
    each_step: bool = False
    padded: bool = False
    batch_size: int = 64


@cache
def python() -> Splits:
    return splits.python(characters=CHARACTERS, steps=PIECE, validation=500, test=1500)


@cache
def recall(lag: int) -> Splits:
    """The first symbol, to be named after ``lag`` distractors."""
    return splits.parts(datasets.recall_first(steps=lag + 1, examples=8000))


@cache
def translation() -> Splits:
    """Digit ciphers: a source and its translation as one sequence, which is read from left to right.

    Returns:
        x (n, 2 · ``DIGITS`` + 1) int32 ids: 0 to fill up, the digits of the source, the start and the digits of the
        target, with ids of their own; y (n, 2 · ``DIGITS`` + 1): ``NOT_SCORED`` while the source is read, then the
        digits of the target, its end, and ``NOT_SCORED`` to fill up.
    """
    data = datasets.ciphers(longest=DIGITS, examples=20_000)

    def joined(split: Split, most: int | None = None) -> Split:
        source, target = (part[:most] for part in split)
        lengths = (source > 0).sum(axis=1, keepdims=True)
        from_end = (np.arange(DIGITS) + lengths) % DIGITS  # the filling goes to the front
        source = np.take_along_axis(source, from_end, axis=1)
        read = np.concatenate([source, target[:, :-1] + len(data.vocabulary)], axis=1)
        wanted = np.where(target[:, 1:] > 0, target[:, 1:], NOT_SCORED)
        return read, np.concatenate([np.full_like(source, NOT_SCORED), wanted], axis=1)

    return joined(data.train), joined(data.validation, 1000), joined(data.test, 2000)


@cache
def sentiment() -> Splits:
    """Reviews of at most ``LONGEST`` tokens whose words alone do not tell whether they praise."""
    data = datasets.reviews(examples=40_000)

    def short(split: Split, most: int) -> Split:
        kept = np.flatnonzero((split[0] > 0).sum(axis=1) <= LONGEST)[:most]
        return split[0][kept, :LONGEST], split[1][kept]

    return short(data.train, REVIEWS), short(data.validation, 1000), short(data.test, 2000)


@cache
def forecasting() -> Splits:
    """El Niño, some months ahead."""
    return splits.el_nino()


def loss(targets: Any, answers: Any) -> Any:
    """The mean squared error of numbers, or the mean cross-entropy in nats of ids where one is wanted.

    Args:
        targets: (B, …, 1) floats like the answers; or (B, …) ints, ``NOT_SCORED`` where nothing is wanted.
        answers: (B, …, outputs), numbers or scores.

    Returns:
        A scalar.
    """
    from keras import ops

    if "int" not in str(targets.dtype):
        return ops.mean(ops.square(targets - answers))
    counted = ops.cast(targets >= 0, "float32")
    each = ops.sparse_categorical_crossentropy(ops.maximum(targets, 0), answers, from_logits=True)
    return ops.sum(each * counted) / ops.sum(counted)


def _nats(answers: np.ndarray, targets: np.ndarray) -> float:
    return float(loss(targets, answers))


def _right(answers: np.ndarray, targets: np.ndarray) -> float:
    """The share of examples that are right at every step where something is wanted."""
    right = (answers.argmax(axis=-1) == targets) | (targets == NOT_SCORED)
    return float(right.reshape(len(targets), -1).all(axis=1).mean())


def _degrees(answers: np.ndarray, targets: np.ndarray) -> float:
    return float(splits.el_nino_degrees() * np.sqrt(np.square(answers - targets).mean()))


def _recall_task(lag: int) -> Task:
    return Task(
        load=partial(recall, lag),
        wanted="accuracy",
        score=_right,
        steps=lag + 1,
        outputs=8,
        width=16,
        updates=400,
        vocab_size=16,
    )


LAGS = (10, 20, 40)
TASKS = {
    "translation": Task(
        load=translation,
        wanted="targets wholly right",
        score=_right,
        steps=2 * DIGITS + 1,
        outputs=13,
        width=16,
        updates=500,
        vocab_size=26,
        each_step=True,
    ),
    **{f"recall {lag}": _recall_task(lag) for lag in LAGS},
    "sentiment": Task(
        load=sentiment,
        wanted="accuracy",
        score=_right,
        steps=LONGEST,
        outputs=2,
        width=16,
        updates=300,
        vocab_size=980,
        padded=True,
    ),
    "Python": Task(
        load=python,
        wanted="nats per character",
        score=_nats,
        steps=PIECE,
        outputs=98,
        width=24,
        updates=500,
        vocab_size=98,
        each_step=True,
    ),
    "forecasting": Task(
        load=forecasting,
        wanted="RMSE in °C",
        score=_degrees,
        steps=splits.WINDOW,
        outputs=1,
        width=8,
        updates=200,
    ),
}
"""By name, the tasks."""
