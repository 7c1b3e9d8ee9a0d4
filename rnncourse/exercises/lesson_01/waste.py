"""01.5: how many padding steps a way of making batches costs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs


def _lengths(rng: np.random.Generator, *, batch_size: int = 0, bucketed: bool | None = None, count: int = 0) -> Inputs:
    """Distinct lengths in any order; unless ``count`` says otherwise the last batch is not full."""
    batch_size = batch_size or int(rng.integers(3, 5))
    count = count or 2 * batch_size + int(rng.integers(1, max(2, batch_size)))
    bucketed = bool(rng.integers(0, 2)) if bucketed is None else bucketed
    return {"lengths": rng.permutation(np.arange(1, 30))[:count], "batch_size": batch_size, "bucketed": bucketed}


def _batches(lengths: Sequence[int], batch_size: int, bucketed: bool) -> list[list[int]]:
    order = sorted(int(n) for n in lengths) if bucketed else [int(n) for n in lengths]
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]


def _added(batch: list[int]) -> int:
    return len(batch) * max(batch) - sum(batch)


def _waste(lengths: Sequence[int], batch_size: int, bucketed: bool) -> int:
    return sum(_added(batch) for batch in _batches(lengths, batch_size, bucketed))


def _whole(lengths: Sequence[int], batch_size: int, bucketed: bool) -> int:
    return sum(len(batch) * max(batch) for batch in _batches(lengths, batch_size, bucketed))


def _ordered(lengths: np.ndarray, batch_size: int, bucketed: bool, *, order: str) -> int:
    """``order`` of the buckets: "descending", or "places", which are not lengths at all."""
    if bucketed:
        lengths = np.argsort(lengths) if order == "places" else np.sort(lengths)[::-1]
    return _waste(lengths, batch_size, False)


def _explain(lengths: np.ndarray, batch_size: int, bucketed: bool) -> str:
    batches = _batches(lengths, batch_size, bucketed)
    cut = " ".join(f"({', '.join(map(str, batch))})" for batch in batches)
    added = [_added(batch) for batch in batches]
    total = f" = {sum(added)}" if len(added) > 1 else ""
    return f"The batches of this input are {cut}, and their padding is {' + '.join(map(str, added))}{total}."


WASTED_STEPS = Exercise(
    id="01.5",
    title="What bucketing saves",
    function="wasted_steps",
    inputs=_lengths,
    edges=(
        partial(_lengths, bucketed=True),
        partial(_lengths, bucketed=False),
        partial(_lengths, batch_size=1),
        partial(_lengths, batch_size=8, count=5),
        partial(_lengths, batch_size=3, count=9),
    ),
    reference=_waste,
    returns={"wasted": ()},
    mistakes={
        (
            "Every sequence is padded to the longest of all. One long sequence then makes every batch long, and "
            "sorting could save nothing. Each batch is padded only to its own longest."
        ): lambda lengths, batch_size, bucketed: len(lengths) * int(max(lengths)) - int(sum(lengths)),
        (
            "You count every step of the padded batches, the real ones too. Wasted are only those that were added. "
            "What must be taken away from each batch's rows × steps?"
        ): _whole,
        (
            "You return a share, not a count. A share is good for a report, but the task asks how many padding steps "
            "are added in all: one whole number."
        ): (
            lambda **case: _waste(**case) / _whole(**case),
            lambda **case: 100 * _waste(**case) / _whole(**case),
            lambda **case: _waste(**case) / int(sum(case["lengths"])),
        ),
        (
            "For each batch you count its longest minus its shortest length. That is what the shortest sequence needs; "
            "every other row is padded, too. What does each row of the batch lack?"
        ): lambda **case: sum(max(batch) - min(batch) for batch in _batches(**case)),
        (
            "Whether bucketed is set or not, the sequences stay in the order they came in. Bucketing puts similar "
            "lengths into one batch. What has to happen before the batches are cut?"
        ): lambda **case: _waste(**case | {"bucketed": False}),
        (
            "The lengths are sorted even when bucketed is False. Then there is nothing to compare bucketing with. "
            "Which argument decides?"
        ): lambda **case: _waste(**case | {"bucketed": True}),
        (
            "You sort when bucketed is False and keep the order when it is True: it should be the other way round. "
            "Bucketing means sorting, so that similar lengths share a batch."
        ): lambda **case: _waste(**case | {"bucketed": not case["bucketed"]}),
        (
            "With bucketed you count places instead of lengths: argsort says where the sorted values stand, sort gives "
            "the values. Which of the two can be used as an index, and into what?"
        ): partial(_ordered, order="places"),
        (
            "The last batch is left out when it is not full. Keras trains on it too, so its padding counts. Try 5 "
            "sequences in batches of 2 by hand."
        ): lambda **case: sum(_added(batch) for batch in _batches(**case) if len(batch) == case["batch_size"]),
        (
            "The last batch is counted as if it were full. It has fewer rows, and rows that do not exist waste "
            "nothing. How many rows does your slice really have?"
        ): lambda **case: sum(case["batch_size"] * max(batch) - sum(batch) for batch in _batches(**case)),
        (
            "You sort the longest first; the task sorts the shortest first. The batch that is not full then holds "
            "other sequences, and the sum differs."
        ): partial(_ordered, order="descending"),
    },
    explanation="""\
A batch of b sequences padded to its longest costs b · max(lengths) steps, of which sum(lengths) are real; the rest
is work that the mask throws away. Sorted by length, neighbours are alike and little is added. But fed in that order,
the last updates of an epoch would always come from the longest sequences. So once the batches are cut, the
*batches* are shuffled, anew for each epoch.""",
    explain=_explain,
)
