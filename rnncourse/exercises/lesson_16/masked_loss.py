"""16.3: a cross-entropy that counts real steps alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs

Losses = tuple[np.ndarray, float]
Mask = Callable[..., np.ndarray]
"""Which steps are real (B, T), of targets, lengths and side."""


def _batch(
    rng: np.random.Generator,
    *,
    lengths: tuple[int, ...] = (),
    classes: int = 2,
    side: str = "",
    scale: float = 1.0,
) -> Inputs:
    """Scores with one decimal; at padded steps they mean nothing, many are NaN, and the target is −1.

    As many rows as steps; in one of two inputs a row has no real step. With a large ``scale`` all targets are class 1,
    and most scores of class 0 are far above theirs.
    """
    if not lengths:
        lengths = tuple(int(n) for n in rng.permutation([3, int(rng.integers(1, 3)), int(rng.integers(0, 2))]))
    side, steps = side or str(rng.choice(["left", "right"])), 3
    scores = scale * rng.integers(-20, 21, (len(lengths), steps, classes)) / 10
    targets = rng.integers(0, classes, (len(lengths), steps))
    targets[:, 1] = (targets[:, 0] + 1) % classes
    if scale > 1:
        scores[..., 0], targets[:] = 1.5 * scale, 1
    mask = _real(targets, np.array(lengths), side)
    garbage = np.where(rng.random(mask.shape) < 0.6, np.nan, 9.0)
    scores[..., 0] = np.where(mask, scores[..., 0], garbage)
    targets = np.where(mask, targets, -1)
    return {"scores": scores, "targets": targets, "lengths": np.array(lengths), "side": side}


def _real(targets: np.ndarray, lengths: np.ndarray, side: str, *, more: int = 0) -> np.ndarray:
    steps = targets.shape[1]
    places = np.arange(steps) if side == "right" else np.arange(steps)[::-1]
    return places < lengths[:, np.newaxis] + more


def _step_by_step(scores: np.ndarray, targets: np.ndarray, lengths: np.ndarray, side: str) -> Losses:
    rows, total, count = [], 0.0, 0
    for row, length in enumerate(lengths.tolist()):
        first = 0 if side == "right" else scores.shape[1] - length
        losses = []
        for t in range(first, first + length):
            mine = scores[row, t].tolist()
            largest = max(mine)
            total_weight = math.fsum(math.exp(score - largest) for score in mine)
            losses.append(math.log(total_weight) + largest - mine[targets[row, t]])
        rows.append(sum(losses) / length if length else 0.0)
        total, count = total + sum(losses), count + length
    return np.array(rows), total / count if count else 0.0


def _entropies(scores: np.ndarray, targets: np.ndarray, *, axis: int = -1, naive: bool = False) -> np.ndarray:
    """The cross-entropy at each step (B, T); a target of −1 picks the last class, as NumPy does."""
    largest = 0.0 if naive else scores.max(axis=axis, keepdims=True)
    weights = np.exp(scores - largest)
    log_p = np.log(weights / weights.sum(axis=axis, keepdims=True)) if naive else None
    if log_p is None:
        log_p = scores - largest - np.log(weights.sum(axis=axis, keepdims=True))
    return -np.take_along_axis(log_p, targets[..., np.newaxis] % scores.shape[-1], axis=-1)[..., 0]


def _zero_where_padded(losses: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return np.where(mask, losses, 0.0)


def _by_row(sums: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return sums / np.maximum(mask.sum(axis=1), 1)


def _all_real(sums: np.ndarray, rows: np.ndarray, mask: np.ndarray) -> float:
    return sums.sum() / max(mask.sum(), 1)


def _masked(
    scores: np.ndarray,
    targets: np.ndarray,
    lengths: np.ndarray,
    side: str,
    *,
    losses: Callable[..., np.ndarray] = _entropies,
    mask: Mask = _real,
    chosen: Callable[[np.ndarray, np.ndarray], np.ndarray] = _zero_where_padded,
    row: Callable[[np.ndarray, np.ndarray], np.ndarray] = _by_row,
    total: Callable[[np.ndarray, np.ndarray, np.ndarray], float] = _all_real,
) -> Losses:
    """``chosen``: the losses to add up; ``row``: of the sums (B,) and the mask; ``total``: of sums, rows and mask."""
    with np.errstate(all="ignore"):
        real = mask(targets, lengths, side)
        sums = chosen(losses(scores, targets), real).sum(axis=1)
        rows = row(sums, real)
        return rows, float(total(sums, rows, real))


def _with(name: str, *options: Callable[..., object]) -> tuple[Callable[..., Losses], ...]:
    return tuple(partial(_masked, **{name: option}) for option in options)


def _from_minus_zero(scores: np.ndarray, targets: np.ndarray, lengths: np.ndarray, side: str) -> Losses:
    """Slices that begin at −length: where that is −0 they take the whole row."""
    return _masked(scores, targets, np.where((lengths == 0) & (side == "left"), targets.shape[1], lengths), side)


def _probabilities(scores: np.ndarray, targets: np.ndarray) -> np.ndarray:
    return np.exp(-_entropies(scores, targets))


def _explain(scores: np.ndarray, targets: np.ndarray, lengths: np.ndarray, side: str) -> str:
    real = _real(targets, lengths, side)
    steps = [np.flatnonzero(row).tolist() for row in real]
    losses = np.round(_entropies(scores, targets)[real], 4).tolist()
    return f"The real steps of the rows are {steps}, and their losses, one after the other, are {losses}."


MASKED_LOSS = Exercise(
    id="16.3",
    title="A loss without padding",
    function="masked_loss",
    inputs=_batch,
    edges=(
        partial(_batch, lengths=(3, 3), side="right"),
        partial(_batch, lengths=(0, 2, 0), side="left"),
        partial(_batch, lengths=(0, 0), side="right"),
        partial(_batch, lengths=(2,), classes=4, side="left"),
        partial(_batch, lengths=(1, 3), side="right", scale=1000.0),
    ),
    reference=_step_by_step,
    returns={"rows": ("row",), "loss": ()},
    mistakes={
        (
            "The padding counts: its scores mean nothing, and a target of −1 picks the last class without a word. "
            "Which steps of a row are real?"
        ): (
            *_with("mask", lambda targets, lengths, side: np.ones(targets.shape, dtype=bool)),
            *_with("chosen", lambda losses, mask: losses),
        ),
        (
            "You multiply the losses by the mask. Where padding holds NaN that does not help: 0 · NaN is NaN. What "
            "chooses between two values without computing with both?"
        ): _with("chosen", lambda losses, mask: losses * mask),
        (
            "You leave out what is NaN. Padding may hold any number, and NaN at a *real* step is news that you should "
            "hear. What tells you which steps are real?"
        ): lambda scores, targets, lengths, side: _masked(
            scores, targets, lengths, side, mask=lambda *case: ~np.isnan(scores).any(axis=-1)
        ),
        (
            "Your mask is for padding at one end, whatever `side` says. A row of 2 in 3 steps, padded on the left: "
            "which of them are real?"
        ): _with(
            "mask",
            lambda targets, lengths, side: _real(targets, lengths, "right"),
            lambda targets, lengths, side: _real(targets, lengths, "left"),
        ),
        (
            "Your mask is at the wrong end in every row: `side` names the end where the *padding* stands, not the real "
            "steps."
        ): _with(
            "mask", lambda targets, lengths, side: _real(targets, lengths, "left" if side == "right" else "right")
        ),
        ("The mask is the wrong way round: you average the padding. True should mean that a step is real."): _with(
            "mask", lambda targets, lengths, side: ~_real(targets, lengths, side)
        ),
        (
            "Your mask has one step too many or one too few in a row. A row of length 2 has two real steps. Which "
            "sign, < or <=, gives that, counted from 0?"
        ): _with(
            "mask",
            lambda targets, lengths, side: _real(targets, lengths, side, more=1),
            lambda targets, lengths, side: _real(targets, lengths, side, more=-1),
        ),
        (
            "With the padding on the left, a row without a real step is taken whole: a slice that begins at −n begins "
            "at the start when n is 0. At which step does the real part begin, counted from the front?"
        ): (
            _from_minus_zero,
            lambda scores, targets, lengths, side: tuple(
                np.where(lengths == 0, 0, part) if np.ndim(part) else part
                for part in _from_minus_zero(scores, targets, lengths, side)
            ),
        ),
        (
            "Your mask leaves out the steps whose target is class 0. That is a class like any other; padding has −1 "
            "here. And what has `lengths` to say?"
        ): _with("mask", lambda targets, lengths, side: targets > 0),
        (
            "You divide by T, or by all B · T places. Then a batch with more padding has a lower loss, and a model "
            "looks the better the worse it is batched. How many terms does each sum have?"
        ): (
            *_with("row", lambda sums, mask: sums / mask.shape[1]),
            *_with("total", lambda sums, rows, mask: sums.sum() / mask.size),
            partial(
                _masked,
                row=lambda sums, mask: sums / mask.shape[1],
                total=lambda sums, rows, mask: sums.sum() / mask.size,
            ),
        ),
        (
            "Your loss is the mean of the rows' means. Then a step of a short row weighs more than one of a long row, "
            "and an empty row counts as a perfect one. What do you add up, and what do you divide by?"
        ): _with(
            "total",
            lambda sums, rows, mask: rows.mean(),
            lambda sums, rows, mask: rows.sum() / max(mask.any(axis=1).sum(), 1),
        ),
        (
            "Your loss is the sum over all real steps, divided by the number of rows, or by nothing. It then grows "
            "with the length. How many real steps are there in all?"
        ): _with(
            "total",
            lambda sums, rows, mask: sums.sum() / len(sums),
            lambda sums, rows, mask: sums.sum(),
        ),
        (
            "Your rows are sums, not means: a long row looks bad for being long. By how many steps must each be "
            "divided?"
        ): (
            *_with("row", lambda sums, mask: sums),
            partial(_masked, row=lambda sums, mask: sums, total=lambda sums, rows, mask: sums.sum()),
        ),
        (
            "A row without a real step gives NaN: 0 divided by 0. A single one makes the loss of every batch it is in "
            "useless. What does the task want there?"
        ): (
            *_with("row", lambda sums, mask: sums / mask.sum(axis=1)),
            partial(
                _masked,
                row=lambda sums, mask: sums / mask.sum(axis=1),
                total=lambda sums, rows, mask: sums.sum() / mask.sum(),
            ),
            partial(
                _masked,
                row=lambda sums, mask: sums / mask.sum(axis=1),
                total=lambda sums, rows, mask: rows.mean(),
            ),
        ),
        (
            "The sign is wrong: a logarithm of a probability is below 0, and a loss above. Which way does it fall when "
            "the model gets better?"
        ): _with("losses", lambda scores, targets: -_entropies(scores, targets)),
        ("Your losses are in bits, or to the base of 10. The task wants nats: the natural logarithm."): _with(
            "losses",
            lambda scores, targets: _entropies(scores, targets) / math.log(2),
            lambda scores, targets: _entropies(scores, targets) / math.log(10),
        ),
        (
            "The logarithm is missing, or the softmax: you average probabilities or scores. A cross-entropy is minus "
            "the logarithm of the probability that the target got."
        ): _with(
            "losses",
            _probabilities,
            lambda scores, targets: 1 - _probabilities(scores, targets),
            lambda scores, targets: -_probabilities(scores, targets),
            lambda scores, targets: (
                -np.take_along_axis(scores, targets[..., np.newaxis] % scores.shape[-1], axis=-1)[..., 0]
            ),
        ),
        (
            "Your softmax runs over the steps, or over the batch. The probabilities of the *classes* at a step add up "
            "to 1. Which axis of (B, T, V) is that?"
        ): _with("losses", partial(_entropies, axis=1), partial(_entropies, axis=0)),
        (
            "Right but for large scores: their exp is infinite, or a probability is 0 and its logarithm infinite. "
            "Take the largest score away first, and the logarithm of the sum, not of the quotient."
        ): (
            *_with("losses", partial(_entropies, naive=True)),
            *_with(
                "losses",
                lambda scores, targets: _entropies(scores - scores.max(axis=-1, keepdims=True), targets, naive=True),
                lambda scores, targets: -np.log(_probabilities(scores, targets) + 1e-9),
            ),
        ),
    },
    explanation="""\
Three things in the right order: the loss at every step, with the largest score taken away first; `np.where` with the
mask, not a product, since 0 · NaN is NaN; and a division by how many steps are real, of the row or of the batch. The
maximum with 1 under the division makes a row without a real step 0 instead of NaN. The test is the same as for pooling:
fill the padding with anything, pad more, and no number may change. Keras does the first two when a mask reaches the
loss; print the loss of a batch with twice the padding to see whether it does.""",
    explain=_explain,
)
