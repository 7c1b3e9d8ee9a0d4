"""09.1: nats, bits and perplexity of a padded batch."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs, Variant
from rnncourse.exercises.plain_data import show

Mean = Callable[[np.ndarray, np.ndarray], float]
"""A loss in nats, of the losses of all steps (B, T) and the mask."""
_LN_2 = math.log(2)


def _batch(
    rng: np.random.Generator, *, lengths: tuple[int, ...] = (), value: float = 0.0, padding: float = 0.0
) -> Inputs:
    """Sequences of different lengths, the longest without padding; what is empty or 0 is drawn.

    ``value``: one probability for all real steps; ``padding``: −1 for probabilities of 0 at padded steps.
    """
    lengths = lengths or tuple(rng.permutation([4, *(1 + rng.permutation(3)[: rng.integers(1, 3)])]).tolist())
    mask = np.arange(max(lengths)) < np.array(lengths)[:, np.newaxis]
    drawn = rng.integers(2, 100, mask.shape) / 100
    if value:
        drawn = np.where(mask, value, drawn)
    return {"probabilities": np.where(mask, drawn, 0.0) if padding < 0 else drawn, "mask": mask}


def _step_by_step(probabilities: np.ndarray, mask: np.ndarray) -> np.ndarray:
    total, steps = 0.0, 0
    for row, real in zip(probabilities.tolist(), mask.tolist(), strict=True):
        for probability, counts in zip(row, real, strict=True):
            if counts:
                total, steps = total - math.log(probability), steps + 1
    return np.array([total / steps, total / steps / _LN_2, math.exp(total / steps)])


def _real(losses: np.ndarray, mask: np.ndarray) -> float:
    return float(losses[mask].mean())


def _row_means(values: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return np.array([row[real].mean() for row, real in zip(values, mask, strict=True)])


def _measured(
    probabilities: np.ndarray,
    mask: np.ndarray,
    *,
    mean: Mean = _real,
    log: Callable[[np.ndarray], np.ndarray] = np.log,
    bits: Callable[[float], float] = lambda nats: nats / _LN_2,
    perplexity: Callable[[float], float] = np.exp,
) -> np.ndarray:
    """``bits`` and ``perplexity``: what is made of the loss."""
    with np.errstate(all="ignore"):
        nats = mean(-log(probabilities), mask)
        return np.array([nats, bits(nats), perplexity(nats)])


def _by(*means: Mean) -> tuple[Callable[..., np.ndarray], ...]:
    return tuple(partial(_measured, mean=mean) for mean in means)


def _with_perplexity(*each: Mean) -> tuple[Callable[..., np.ndarray], ...]:
    """Right nats and bits, and another perplexity, of the losses of all steps and the mask."""

    def wrong(probabilities: np.ndarray, mask: np.ndarray, *, perplexity: Mean) -> np.ndarray:
        with np.errstate(all="ignore"):
            nats, bits, _ = _measured(probabilities, mask)
            return np.array([nats, bits, perplexity(-np.log(probabilities), mask)])

    return tuple(partial(wrong, perplexity=perplexity) for perplexity in each)


def _explain(probabilities: np.ndarray, mask: np.ndarray) -> str:
    nats = (-np.log(probabilities[mask])).round(3).tolist()
    return f"The real steps of this input cost {show(nats)} nats, {len(nats)} in all."


PERPLEXITY = Exercise(
    id="09.1",
    title="Nats, bits, perplexity",
    function="nats_bits_perplexity",
    inputs=_batch,
    edges=(
        partial(_batch, lengths=(4, 2), padding=-1),
        partial(_batch, lengths=(3, 1), value=1.0),
        partial(_batch, lengths=(2, 4), value=0.125),
        partial(_batch, lengths=(3, 3)),
        partial(_batch, lengths=(1,)),
    ),
    reference=_step_by_step,
    returns={"nats, bits, perplexity": ("number",)},
    mistakes={
        (
            "Padded steps are counted like real ones. What stands there was never written by anybody, so the loss says "
            "something about the padding, not about the model. Which argument tells real steps from padded ones?"
        ): _by(lambda losses, mask: losses.mean()),
        (
            "The losses of padded steps are 0, but you still divide by the number of all steps. The more padding a "
            "batch has, the better the model looks. By how many steps must the sum be divided?"
        ): _by(
            lambda losses, mask: np.where(mask, losses, 0.0).mean(),
            lambda losses, mask: np.where(mask, losses, 0.0).mean(axis=1).mean(),
        ),
        (
            "You average over each sequence and then over the sequences. A step of a short sequence then counts more "
            "than one of a long sequence. The task is about a character: over what must one mean be taken?"
        ): _by(lambda losses, mask: _row_means(losses, mask).mean()),
        (
            "The losses are added up, not averaged. A longer text would have a higher perplexity, however good the "
            "model is. Perplexity belongs to one character: by what must the sum be divided?"
        ): (
            *_by(
                lambda losses, mask: losses[mask].sum(),
                lambda losses, mask: losses[mask].sum() / len(losses),
            ),
            *_with_perplexity(lambda losses, mask: np.exp(losses[mask].sum())),
        ),
        (
            "Your padded steps get the probability 0, and so they cost −ln 0, which is infinite. A step that is to "
            "count for nothing must not be there at all when you take the mean. How do you select the real ones?"
        ): _by(lambda losses, mask: losses.mean() if mask.all() else math.inf),
        (
            "The mean is over the padded steps alone: the mask is turned round. True stands for a step that is real."
        ): _by(lambda losses, mask: losses[~mask].mean() if not mask.all() else math.nan),
        (
            "The perplexity is a mean of perplexities, one for each sequence. A mean of exponentials is larger than "
            "the exponential of the mean, and one bad sequence rules it. Which comes first, mean or exponential?"
        ): _with_perplexity(lambda losses, mask: np.exp(_row_means(losses, mask)).mean()),
        (
            "The perplexity is the mean of 1/p over the steps. One character that the model held for hopeless then "
            "drowns all others. In which quantity, p, 1/p or ln p, are steps averaged?"
        ): _with_perplexity(lambda losses, mask: np.exp(losses[mask]).mean()),
        (
            "The probabilities themselves are averaged, and the logarithm comes after that. A text's probability is a "
            "*product*, and products become sums in the logarithm alone. What is to be averaged?"
        ): (
            *_by(lambda losses, mask: -np.log(np.exp(-losses[mask]).mean())),
            *_with_perplexity(lambda losses, mask: 1 / np.exp(-losses[mask]).mean()),
        ),
        (
            "The perplexity is 2 to the power of the nats: two bases are mixed. Whatever base the logarithm had, the "
            "exponential must have it, too. Which number undoes the natural logarithm?"
        ): partial(_measured, perplexity=lambda nats: 2.0**nats),
        (
            "The perplexity is e to the power of the bits: two bases are mixed. Bits go with 2, nats with e, and both "
            "ways give the same perplexity. Which of the two losses did you put into the exponential?"
        ): partial(_measured, perplexity=lambda nats: np.exp(nats / _LN_2)),
        (
            "The bits are the nats *times* ln 2, so there are fewer bits than nats. But a bit is the smaller unit: it "
            "is a choice among 2, a nat one among e = 2.72. How many bits must a loss then have, more or fewer?"
        ): (
            partial(_measured, bits=lambda nats: nats * _LN_2),
            partial(_measured, bits=lambda nats: nats * _LN_2, perplexity=lambda nats: 2.0 ** (nats * _LN_2)),
        ),
        (
            "Nats and bits are the same number. They are one loss in two units: nats by the natural logarithm, bits by "
            "the one to base 2. What is ln p when log2 p is −3?"
        ): (
            partial(_measured, bits=lambda nats: nats),
            partial(_measured, bits=lambda nats: nats, perplexity=lambda nats: 2.0**nats),
            partial(_measured, log=np.log2, bits=lambda nats: nats, perplexity=lambda nats: 2.0**nats),
            partial(_measured, log=np.log2, bits=lambda nats: nats),
        ),
        (
            "Your nats were taken with a logarithm to another base than e. In NumPy np.log is the natural one, np.log2 "
            "and np.log10 are not. Which base do nats have?"
        ): (
            partial(_measured, log=np.log2),
            partial(_measured, log=np.log10),
            partial(_measured, log=np.log10, perplexity=lambda nats: 10.0**nats),
            partial(_measured, log=np.log2, perplexity=lambda nats: 2.0**nats),
        ),
        (
            "The losses are negative and the perplexity is below 1: a minus is missing. The logarithm of a probability "
            "is at most 0, and a loss is a price, at least 0. How many characters is a perplexity of 1 a choice among?"
        ): (
            partial(_measured, log=lambda p: -np.log(p)),
            partial(_measured, log=lambda p: -np.log(p), perplexity=lambda nats: np.exp(-nats)),
        ),
        (
            "The three numbers are right, but they do not stand in the order of the task. Which comes first, and which "
            "last?"
        ): (
            lambda **case: _measured(**case)[[1, 0, 2]],
            lambda **case: _measured(**case)[[2, 0, 1]],
            lambda **case: _measured(**case)[[2, 1, 0]],
        ),
        (
            "Right, but for padded steps with probability 0: their logarithm is −∞, and 0 · ∞ is NaN, so multiplying "
            "by the mask does not take them out. How do you leave the padded steps out before the logarithm?"
        ): _by(
            lambda losses, mask: np.sum(losses * mask) / mask.sum(),
            lambda losses, mask: np.average(losses, weights=mask),
        ),
    },
    explanation="""\
`probabilities[mask]` takes the real steps, and them alone; then all the rest is about one long list of characters. The
mean of −ln p is the cross-entropy in nats. Divided by ln 2 it is in bits: so many yes-or-no questions a character
costs. `exp` of the nats, or 2 to the power of the bits, is the perplexity: a model that is as unsure as if it chose
among k equally likely characters at every step has the perplexity k. The exponential comes last. Perplexities of two
batches must not be averaged; their sums of nats and their counts of characters may be added.""",
    explain=_explain,
    variants={
        "true_is_padding": Variant(
            arguments={"mask": np.logical_not},
            text={
                "True for real steps, False for padding": "True for padding, False for real steps",
                "[[True, True, True], [True, False, False]]": "[[False, False, False], [False, True, True]]",
                "probabilities[mask]": "probabilities[~mask]",
                "True stands for a step that is real.": "Here True stands for padding.",
            },
        ),
    },
)
