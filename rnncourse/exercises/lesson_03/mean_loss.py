"""03.4: the mean loss over sequences of different lengths, and the one that evaluate reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs

Mean = Callable[[np.ndarray, np.ndarray, int], float]


def _losses(rng: np.random.Generator, *, count: int = 5, batch_size: int = 0, padding: str = "right") -> Inputs:
    """Losses with one decimal, at padded steps too, where none is 0; a real step may be 0; the last batch is not full.

    ``padding``: where it stands, "right", "left" or "nowhere".
    """
    batch_size = batch_size or int(rng.integers(2, 4))
    lengths = np.full(count, 4) if padding == "nowhere" else rng.permutation(np.arange(count) % 4 + 1)
    mask = np.arange(4) < lengths[:, np.newaxis]
    mask = np.array(mask[:, ::-1] if padding == "left" else mask)
    losses = rng.integers(2, 40, mask.shape) / 10
    perfect = rng.choice(np.flatnonzero(mask[np.argmax(lengths)]))
    losses[np.argmax(lengths), perfect] = 0.0
    return {"losses": losses, "mask": mask, "batch_size": batch_size}


def _batches(losses: np.ndarray, mask: np.ndarray, batch_size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for start in range(0, len(losses), batch_size):
        yield losses[start : start + batch_size], mask[start : start + batch_size]


def _per_step(losses: np.ndarray, mask: np.ndarray, batch_size: int) -> float:
    total, steps = 0.0, 0
    for row, real in zip(losses, mask, strict=True):
        for loss, counts in zip(row, real, strict=True):
            if counts:
                total, steps = total + float(loss), steps + 1
    return total / steps


def _by_batches(
    losses: np.ndarray,
    mask: np.ndarray,
    batch_size: int,
    *,
    mean: Mean = _per_step,
    weight: Callable[[np.ndarray], int] = len,
    full_only: bool = False,
) -> float:
    """The mean of the batches' means; ``weight``: what a batch counts for, from its mask."""
    total = weights = 0.0
    for part, real in _batches(losses, mask, batch_size):
        if not full_only or len(part) == min(batch_size, len(losses)):
            total += weight(real) * mean(part, real, batch_size)
            weights += weight(real)
    return total / weights


def _means(losses: np.ndarray, mask: np.ndarray, batch_size: int) -> np.ndarray:
    return np.array([_per_step(losses, mask, batch_size), _by_batches(losses, mask, batch_size)])


def _pair(first: Mean = _per_step, second: Mean = _by_batches) -> Callable[..., np.ndarray]:
    return lambda **case: np.array([first(**case), second(**case)])


def _in_both_or_one(mean: Mean) -> tuple[Callable[..., np.ndarray], ...]:
    """A wrong mean in both numbers, in the first alone, in the second alone."""
    second = partial(_by_batches, mean=mean)
    return _pair(mean, second), _pair(first=mean), _pair(second=second)


def _over_sequences(losses: np.ndarray, mask: np.ndarray, batch_size: int) -> float:
    return float(np.mean([row[real].mean() for row, real in zip(losses, mask, strict=True)]))


def _over_all_places(losses: np.ndarray, mask: np.ndarray, batch_size: int) -> float:
    return float((losses * mask).mean())


def _unmasked(losses: np.ndarray, mask: np.ndarray, batch_size: int) -> float:
    return float(losses.mean())


def _padding_alone(losses: np.ndarray, mask: np.ndarray, batch_size: int) -> float:
    return float((losses * ~mask).sum() / max((~mask).sum(), 1))


def _for_a_sequence(losses: np.ndarray, mask: np.ndarray, batch_size: int) -> float:
    return float((losses * mask).sum() / len(losses))


def _without_zeros(losses: np.ndarray, mask: np.ndarray, batch_size: int) -> float:
    return float((losses * mask).sum() / max(np.count_nonzero(losses * mask), 1))


def _total(losses: np.ndarray, mask: np.ndarray, batch_size: int) -> float:
    return float((losses * mask).sum())


def _counted_full(losses: np.ndarray, mask: np.ndarray, batch_size: int) -> float:
    means = [_per_step(part, real, batch_size) for part, real in _batches(losses, mask, batch_size)]
    return sum(means) * batch_size / len(losses)


def _explain(losses: np.ndarray, mask: np.ndarray, batch_size: int) -> str:
    batches = [
        f"{len(part)} sequence{'s'[: len(part) > 1]} with {np.sum(real)} real steps and mean "
        f"{_per_step(part, real, batch_size):.3f}"
        for part, real in _batches(losses, mask, batch_size)
    ]
    return f"The batches are {'; '.join(batches)}."


MEAN_LOSS = Exercise(
    id="03.4",
    title="Two means of one loss",
    function="mean_losses",
    inputs=_losses,
    edges=(
        partial(_losses, count=4, batch_size=2),
        partial(_losses, count=3, batch_size=8),
        partial(_losses, padding="nowhere"),
        partial(_losses, padding="left"),
        partial(_losses, count=1, batch_size=1, padding="nowhere"),
    ),
    reference=_means,
    returns={"means": ("mean",)},
    mistakes={
        (
            "The two numbers have changed places. The first is the mean over all real steps, the second the one that "
            "goes batch by batch. In which of yours does batch_size occur?"
        ): _pair(_by_batches, _per_step),
        (
            "Both numbers are the mean over all real steps. In the second, a batch counts by its sequences, not by its "
            "steps: that is why evaluate can report another loss when you only change the batch size."
        ): _pair(second=_per_step),
        (
            "Both numbers go batch by batch. The first one must not depend on how the sequences were put together: "
            "every real step of the whole data set has the same weight in it. What do you divide by?"
        ): _pair(first=_by_batches),
        (
            "In the second number every batch counts the same, although the last one has fewer sequences. What is the "
            "weight of a batch in the task?"
        ): (_pair(second=partial(_by_batches, weight=lambda real: 1)), _pair(second=_counted_full)),
        (
            "In the second number the last batch is left out because it is not full. Its sequences were measured like "
            "all others. Where does your last slice begin?"
        ): _pair(second=partial(_by_batches, full_only=True)),
        (
            "The padding is set to zero but still counted: you divide by the number of places, not of real steps. The "
            "loss then looks the better the more padding there is. How many terms does your sum really have?"
        ): _in_both_or_one(_over_all_places),
        (
            "The mask does not count: the losses at padded steps are averaged with the others. What a model answers "
            "there means nothing. Which argument did you not use?"
        ): _in_both_or_one(_unmasked),
        (
            "You average the padded steps and leave out the real ones. True means: this step is real. Which entries "
            "does your selection keep?"
        ): _in_both_or_one(_padding_alone),
        (
            "Each sequence is averaged by itself first, so a step of a short sequence weighs more than a step of a "
            "long one. Sometimes that is wanted; the task counts every step the same. When should you divide?"
        ): _in_both_or_one(_over_sequences),
        (
            "You divide the sum by the number of sequences: that is the loss of a sequence, not of a step, and long "
            "sequences look bad for being long. How many terms does your sum have?"
        ): _in_both_or_one(_for_a_sequence),
        (
            "You count only the steps whose loss is not zero. A step that was answered perfectly has loss 0 and is as "
            "real as any. What else tells you which steps are real?"
        ): _in_both_or_one(_without_zeros),
        (
            "You return a sum where a mean is asked for. It grows with the data, so two data sets cannot be compared "
            "by it. What is left to do with it?"
        ): _in_both_or_one(_total),
    },
    explanation="""\
Both numbers are means of the same losses; they differ in what a step weighs. Over all real steps, each weighs the
same, so the number means "loss for a step", however the data was batched: this is the one to report, and of a
cross-entropy in nats, e raised to it is the perplexity. Keras keeps a running mean instead: each batch's mean over
its real steps, weighted by the number of its *sequences*. A step in a batch with much padding then weighs more. The
two agree when nothing is padded, or when there is one batch. To get the first from Keras, compute the losses without
reduction, and divide their sum by the mask's.""",
    explain=_explain,
)
