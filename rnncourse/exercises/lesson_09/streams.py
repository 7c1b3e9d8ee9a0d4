"""09.4: a text cut into streams, so that a carried state goes on where it stopped."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.plain_data import show

Pieces = tuple[np.ndarray, np.ndarray]
Cut = Callable[[np.ndarray, int, int, int], np.ndarray]
"""Pieces (P, B, T), of P · B · T ids in the order of the text, P, B and T."""


def _text(rng: np.random.Generator, *, batch: int = 0, steps: int = 0, pieces: int = 0, over: int = 0) -> Inputs:
    """No id comes twice; what is 0 is drawn.

    ``over``: ids more than the pieces hold; drawn, so many that rows could begin farther apart, where that can be.
    """
    batch, steps = batch or int(rng.integers(2, 4)), steps or int(rng.integers(2, 4))
    pieces = pieces or int(rng.integers(2, 4))
    most = max(batch * steps - 1, 1)
    over = over or int(rng.integers(min(batch + 1, most), most + 1))
    ids = 10 + rng.permutation(80)[: pieces * batch * steps + over]
    return {"ids": ids, "batch": batch, "steps": steps}


def _one_by_one(ids: np.ndarray, batch: int, steps: int) -> Pieces:
    pieces = 0
    while (pieces + 1) * batch * steps + 1 <= len(ids):
        pieces += 1
    x, y = (np.zeros((pieces, batch, steps), dtype=int) for _ in range(2))
    for b in range(batch):
        place = b * pieces * steps
        for k in range(pieces):
            for t in range(steps):
                x[k, b, t], y[k, b, t] = ids[place], ids[place + 1]
                place += 1
    return x, y


def _streams(ids: np.ndarray, pieces: int, batch: int, steps: int) -> np.ndarray:
    return ids.reshape(batch, pieces, steps).swapaxes(0, 1)


def _used(ids: np.ndarray, batch: int, steps: int, *, cut: Cut = _streams, later: int = 1) -> Pieces:
    """``later``: how much later than x the targets are."""
    pieces = (len(ids) - 1) // (batch * steps)
    n = pieces * batch * steps
    after = np.roll(ids, -later)[:n]
    return cut(ids[:n], pieces, batch, steps), cut(after, pieces, batch, steps)


def _same_cut(*cuts: Cut) -> tuple[Callable[..., Pieces], ...]:
    return tuple(partial(_used, cut=cut) for cut in cuts)


def _moved(axis: tuple[int, ...], *, whole: bool = False) -> Callable[..., Pieces]:
    """Targets moved within a piece, a row or a batch, the first coming last."""

    def wrong(ids: np.ndarray, batch: int, steps: int) -> Pieces:
        x, _ = _used(ids, batch, steps)
        if whole:  # within each row's stream
            rows = x.swapaxes(0, 1).reshape(batch, -1)
            return x, np.roll(rows, -1, axis=1).reshape(batch, -1, steps).swapaxes(0, 1)
        return x, np.roll(x, -1, axis=axis)

    return wrong


def _short(ids: np.ndarray, batch: int, steps: int) -> Pieces:
    x, _ = _used(ids, batch, steps)
    return x[..., :-1], x[..., 1:]


def _left_over_in_rows(ids: np.ndarray, batch: int, steps: int, *, last: int = 1) -> Pieces:
    """Rows of the text as long as possible, of which the end is cut off."""
    length = (len(ids) - last) // batch
    pieces = length // steps

    def cut(part: np.ndarray) -> np.ndarray:
        rows = part[: batch * length].reshape(batch, length)[:, : pieces * steps]
        return rows.reshape(batch, pieces, steps).swapaxes(0, 1)

    return cut(ids), cut(np.roll(ids, -1))


def _from_the_end(ids: np.ndarray, batch: int, steps: int) -> Pieces:
    n = (len(ids) - 1) // (batch * steps) * batch * steps
    return _used(ids[-n - 1 :], batch, steps)


def _one_target_short(ids: np.ndarray, batch: int, steps: int) -> Pieces:
    """Pieces counted without a thought for the last target, which then is the first id, or 0."""
    pieces = len(ids) // (batch * steps)
    n = pieces * batch * steps
    return _streams(ids[:n], pieces, batch, steps), _streams(np.roll(ids, -1)[:n], pieces, batch, steps)


def _piece_less(ids: np.ndarray, batch: int, steps: int) -> Pieces:
    n = ((len(ids) - 1) // (batch * steps) - 1) * batch * steps
    return _used(ids[: n + 1], batch, steps)


def _each(change: Callable[[np.ndarray], np.ndarray]) -> Callable[..., Pieces]:
    """Something done to both results."""

    def wrong(**case: np.ndarray) -> Pieces:
        x, y = _used(**case)
        return change(x), change(y)

    return wrong


def _explain(ids: np.ndarray, batch: int, steps: int) -> str:
    x, _ = _used(ids, batch, steps)
    streams = "; ".join(show(row.reshape(-1).tolist()) for row in x.swapaxes(0, 1))
    return f"The streams of this input, from row 0 on, are {streams}."


STREAMS = Exercise(
    id="09.4",
    title="Streams that go on",
    function="streams",
    inputs=_text,
    edges=(
        partial(_text, batch=1),
        partial(_text, steps=1, batch=3),
        partial(_text, pieces=1),
        partial(_text, batch=2, steps=3, pieces=2, over=6),
        partial(_text, batch=2, steps=2, pieces=2, over=1),
    ),
    reference=_one_by_one,
    returns={"x": ("piece", "row", "step"), "y": ("piece", "row", "step")},
    mistakes={
        (
            "A plain reshape to (pieces, batch, steps): row 1 of a batch goes on from row 0 of the *same* batch. A "
            "state carried from batch to batch then continues a text that went on elsewhere. Where must row b of the "
            "next batch begin?"
        ): _same_cut(lambda ids, pieces, batch, steps: ids.reshape(pieces, batch, steps)),
        (
            "The streams are right, but the first two axes have changed places: the first entry is a whole stream, not "
            "a batch. A training loop takes one piece of every stream at a time. Which axis comes first?"
        ): _same_cut(lambda ids, pieces, batch, steps: ids.reshape(batch, pieces, steps)),
        (
            "The last two axes have changed places: your batches are (steps, rows). A batch has its rows first, and "
            "each row holds its steps. Which axis did you transpose?"
        ): _same_cut(lambda ids, pieces, batch, steps: _streams(ids, pieces, batch, steps).swapaxes(1, 2)),
        (
            "The shape is right, but ids lie across: neighbours in the text stand below each other, in different rows. "
            "A reshape fills the last axis first. Which axis must be the last while you cut, and which is moved after?"
        ): _same_cut(
            lambda ids, pieces, batch, steps: ids.reshape(pieces, steps, batch).swapaxes(1, 2),
            lambda ids, pieces, batch, steps: ids.reshape(steps, pieces, batch).transpose(1, 2, 0),
            lambda ids, pieces, batch, steps: ids.reshape(steps, batch, pieces).transpose(2, 1, 0),
            lambda ids, pieces, batch, steps: ids.reshape(batch, steps, pieces).transpose(2, 0, 1),
        ),
        (
            "The streams were cut well, and then a reshape where the axes had to be *swapped* mixed them. A reshape "
            "keeps the order of the numbers and only counts anew; which function exchanges two axes?"
        ): _same_cut(
            lambda ids, pieces, batch, steps: ids.reshape(batch, pieces * steps).T.reshape(pieces, batch, steps),
            lambda ids, pieces, batch, steps: ids.reshape(batch, pieces, steps).T.reshape(pieces, batch, steps),
        ),
        (
            "The targets are the inputs themselves. A network learns to copy what it reads, with a wonderful loss, and "
            "nothing else. Which character is it to predict?"
        ): partial(_used, later=0),
        (
            "The targets are one *earlier* than the inputs: the model is asked for what it has read already. In which "
            "direction does the text go on?"
        ): partial(_used, later=-1),
        (
            "The targets are two later than the inputs: one character is skipped. Is the shift in your code twice?"
        ): partial(_used, later=2),
        (
            "The targets were moved after the cut, within each piece or batch. At the end of a piece the target then "
            "is the first id of that piece, or of another row. Take them from the text, before it is cut."
        ): (_moved((2,)), _moved((1, 2)), _moved((0, 2)), _moved((1,)), _moved((0,))),
        (
            "Right, but for the last target of each row: there the row's own beginning comes round. The text goes on "
            "behind each stream, too. From where can you take that one character?"
        ): _moved((), whole=True),
        (
            "Each piece has one step less than asked for: the shift is made within the piece, and its last id has no "
            "target. The text has one: it is the first of the next piece. When should the shift be made?"
        ): (
            _short,
            lambda ids, batch, steps: tuple(part[..., :-1] for part in _used(ids, batch, steps)),
        ),
        (
            "Your rows begin farther apart: what is left over is cut off at the end of each row. So characters are "
            "missing in the middle of the text, between two streams. The task leaves them out at its end alone."
        ): (_left_over_in_rows, partial(_left_over_in_rows, last=0)),
        (
            "What does not fit is left out at the beginning of the text, and the task leaves it out at the end. Where "
            "does row 0 of the first piece begin?"
        ): _from_the_end,
        (
            "There is one piece too few, though the text is long enough: every stream could go on for another piece. "
            "How many ids do P pieces of all streams need, the last target included?"
        ): _piece_less,
        (
            "Only the first piece comes back, or the pieces are laid end to end. A result has three axes: piece, row, "
            "step. What does the loop over pieces collect?"
        ): (
            _each(lambda pieces: pieces[0]),
            _each(lambda pieces: pieces.reshape(-1, pieces.shape[-1])),
            _each(lambda pieces: pieces.swapaxes(0, 1).reshape(pieces.shape[1], -1)),
        ),
        (
            "Right, but where the pieces take up the whole text: the last id has no target, so that piece is one too "
            "many, and yours ends with a target from nowhere. How many ids does a text of P pieces need?"
        ): _one_target_short,
    },
    explanation="""\
Cut the text into as many long parts as there are rows, `reshape(batch, pieces, steps)`, then put the pieces first with
`swapaxes(0, 1)`. So row b of piece k + 1 begins where row b of piece k ended, and a state that is carried from batch to
batch is the state of that text. A plain reshape would hand every row the state of another place. The targets are the
text itself from id 1 on, cut the same way *after* the shift; that needs one id more than the pieces hold, hence
`(n − 1) // (batch · steps)`. The state is carried, but no gradient: backpropagation ends where a piece begins.""",
    explain=_explain,
)
