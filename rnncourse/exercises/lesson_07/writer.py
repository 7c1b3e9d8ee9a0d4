"""07.2: let a given writer write freely, the likeliest id at each step."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.mistakes import where_it_fits

PAD, START, END = 0, 1, 2
_MARGIN = 0.05
Choose = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Ids (B,), of scores (B, V) and the ids that were read last (B,)."""


def _writer(
    rng: np.random.Generator, *, rows: int = 6, ids: int = 6, units: int = 3, length: int = 0, ends: bool | None = None
) -> Inputs:
    """A writer of which no score is nearly as large as the largest; it never writes padding or the start.

    Left out, some rows end early, and some not within ``length``, or with their last id. ``ends``: whether all rows
    end before that, or none does.
    """
    while True:
        case = {
            "h0": rng.choice([-1, 1], (rows, units)) * rng.integers(1, 10, (rows, units)) / 10,
            "kernel": np.round(rng.normal(size=(ids, units)), 1),
            "recurrent_kernel": np.round(0.8 * rng.normal(size=(units, units)), 1),
            "read_out": np.round(2 * rng.normal(size=(units, ids)), 1),
            "bias": np.array([-20.0, -20.0, *np.round(rng.normal(size=ids - 2), 1)]),
            "length": length or int(rng.integers(4, 7)),
        }
        written, margin = _row_by_row_with_margin(**case)
        if margin < _MARGIN:
            continue
        early = (written[:, :-1] == END).any(axis=1)
        wanted = 0 < early.sum() < rows if ends is None else early.all() if ends else not (written == END).any()
        if wanted and (ends is not None or len(np.unique(written, axis=0)) > 2):
            return case


def _row_by_row_with_margin(
    h0: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    read_out: np.ndarray,
    bias: np.ndarray,
    length: int,
) -> tuple[np.ndarray, float]:
    """What is written, and the smallest distance of a largest score from the second largest."""
    written, margin = np.full((len(h0), length), PAD), math.inf
    for row in range(len(h0)):
        h, last = h0[row], START
        for t in range(length):
            h = np.tanh(kernel[last] + h @ recurrent_kernel)
            scores = (h @ read_out + bias).tolist()
            *_, second, first = sorted(scores)
            margin, last = min(margin, first - second), scores.index(first)
            written[row, t] = last
            if last == END:
                break
    return written, margin


def _row_by_row(**case: np.ndarray | int) -> np.ndarray:
    return _row_by_row_with_margin(**case)[0]


def _whole(written: np.ndarray) -> np.ndarray:
    return written


def _after_each_end(written: np.ndarray) -> np.ndarray:
    """Padding after the first end of each row."""
    ended = np.cumsum(written == END, axis=1) - (written == END) > 0
    return np.where(ended, PAD, written)


def _likeliest(scores: np.ndarray, last: np.ndarray) -> np.ndarray:
    return scores.argmax(axis=-1)


def _write(
    *,
    begin: Callable[[np.ndarray], np.ndarray] = lambda h0: h0,
    first: int = START,
    look_up: Callable[[np.ndarray, np.ndarray], np.ndarray] = lambda kernel, last: kernel[last],
    recur: Callable[[np.ndarray, np.ndarray], np.ndarray] = np.matmul,
    choose: Choose = _likeliest,
    reads: Callable[[np.ndarray], np.ndarray] = lambda written: written,
    keeps: bool = True,
    old_state: bool = False,
    biased: bool = True,
    after: Callable[[np.ndarray], np.ndarray] = _after_each_end,
) -> Callable[..., np.ndarray | None]:
    """A way to write all rows side by side; ``reads``: what is read, of what was written; ``keeps``: the state;
    ``old_state``: scores come from the state before the reading; ``after``: what is put out, of all that was written.
    """

    @where_it_fits
    def write(
        h0: np.ndarray,
        kernel: np.ndarray,
        recurrent_kernel: np.ndarray,
        read_out: np.ndarray,
        bias: np.ndarray,
        length: int,
    ) -> np.ndarray:
        h, last, columns = begin(h0), np.full(len(h0), first), []
        for _ in range(length):
            new = np.tanh(look_up(kernel, last) + recur(h, recurrent_kernel))
            scores = (h if old_state else new) @ read_out + (bias if biased else 0.0)
            chosen = choose(scores, last)
            columns.append(chosen)
            h, last = new if keeps else begin(h0), reads(chosen)
        return after(np.stack(columns, axis=1))

    return write


def _all_stop_at_the_first_end(written: np.ndarray) -> np.ndarray:
    ended = np.maximum.accumulate((written == END).any(axis=0)).astype(int)
    return np.where(np.cumsum(ended) > 1, PAD, written)


def _without_the_end(written: np.ndarray) -> np.ndarray:
    kept = _after_each_end(written)
    return np.where(kept == END, PAD, kept)


def _behind_the_start(written: np.ndarray) -> np.ndarray:
    return np.concatenate([np.full((len(written), 1), START), _after_each_end(written)], axis=1)


def _ended_by_padding(written: np.ndarray) -> np.ndarray:
    kept = _after_each_end(written)
    return np.where(kept == PAD, END, kept)


def _explain(
    h0: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    read_out: np.ndarray,
    bias: np.ndarray,
    length: int,
) -> str:
    state = np.tanh(kernel[START] + h0[0] @ recurrent_kernel)
    numbers = [[round(float(value), 3) for value in values] for values in (state, state @ read_out + bias)]
    return "In this input's row 0 the state after reading the start is {} and the scores are {}.".format(*numbers)


WRITER = Exercise(
    id="07.2",
    title="A writer's loop",
    function="write_greedily",
    inputs=_writer,
    edges=(
        partial(_writer, rows=3, ids=5, units=2, length=5),
        partial(_writer, rows=1, length=4, ends=False),
        partial(_writer, rows=2, ids=4, length=5, ends=True),
        partial(_writer, rows=2, ids=5, length=1, ends=False),
    ),
    reference=_row_by_row,
    returns={"written": ("row", "step")},
    mistakes={
        (
            "Your rows write on after their end. Whatever a writer says after *stop* is no part of its answer. What "
            "must stand in a row once its end has been written?"
        ): (
            _write(after=_whole),
            _write(
                after=_whole,
                choose=lambda scores, last: np.where(last == END, PAD, scores.argmax(axis=-1)),
            ),
        ),
        (
            "One row's end stops all rows. The others were in the middle of their answers. Is your question put to "
            "each row, or once for the batch?"
        ): _write(after=_all_stop_at_the_first_end),
        (
            "The end itself is missing: padding stands in its place. Then an answer that was cut off at length looks "
            "like one that the writer ended. In which order do you write, and ask for the end?"
        ): _write(after=_without_the_end),
        (
            "After its end a row is filled up with ends. A second end says nothing, and a mask asks for 0. What does "
            "the task put there?"
        ): _write(after=_ended_by_padding),
        (
            "The start stands in front of each row. It was given, not written, and it counts in the length. Which ids "
            "did the network choose?"
        ): (
            _write(after=_behind_the_start),
            _write(after=lambda written: _behind_the_start(written)[:, :-1]),
        ),
        (
            "The network reads the start at every step, never what it has written: it cannot know how far it is. What "
            "is read at step 1?"
        ): _write(reads=lambda written: np.full_like(written, START)),
        (
            "The condition is forgotten: writing begins from a state of zeros, so all rows write the same. Which "
            "argument did you not use?"
        ): _write(begin=np.zeros_like),
        (
            "Every step begins from h0 again. The network then knows its last id and its condition, but not what came "
            "before. Which state does the next step need?"
        ): _write(keeps=False),
        (
            "The scores come from the state *before* the id was read, so everything is written one step too early. "
            "Read first, then write: which state goes into the read-out?"
        ): _write(old_state=True),
        (
            "The likeliest is taken along the wrong axis: over the rows, not over the ids. With as many rows as ids "
            "nothing warns you. Which axis of the scores (B, V) do the ids run along?"
        ): _write(choose=lambda scores, last: scores.argmax(axis=0)),
        (
            "You read the recurrent kernel the other way round. A state is a row and stands in front of it. Which sums "
            "does h @ recurrent_kernel make, and which does recurrent_kernel @ h?"
        ): _write(recur=lambda h, recurrent_kernel: h @ recurrent_kernel.T),
        (
            "All rows write the same id: the place of the largest score in the whole array, or the first row's. Each "
            "row has its own likeliest. Which axis did you not name?"
        ): (
            _write(choose=lambda scores, last: np.full(len(scores), scores.argmax() % scores.shape[1])),
            _write(choose=lambda scores, last: np.full(len(scores), scores[0].argmax())),
        ),
        (
            "You take the id whose score is largest in size, or smallest. A score far below 0 means: surely not. Which "
            "one is the likeliest?"
        ): (
            _write(choose=lambda scores, last: np.abs(scores).argmax(axis=-1)),
            _write(choose=lambda scores, last: scores.argmin(axis=-1)),
        ),
        (
            "The ids are multiplied with the kernel as if they were numbers: an id of 4 is not twice an id of 2. Each "
            "id has a row of the kernel. How do you take one row for each of many ids?"
        ): (
            _write(look_up=lambda kernel, last: last @ kernel),
            _write(look_up=lambda kernel, last: last @ kernel, after=_whole),
        ),
        (
            "The axes are exchanged: steps come first and rows second. A list of what was written at each step has the "
            "step as its first axis. Along which axis must it be put together?"
        ): (
            _write(after=lambda written: _after_each_end(written).T),
            _write(after=lambda written: written.T),
        ),
        (
            "Your rows are one id short: the start counts in your length. It was given, not written. How many ids are "
            "to be written?"
        ): (
            _write(after=lambda written: _after_each_end(written)[:, :-1]),
            _write(after=lambda written: written[:, :-1]),
        ),
        (
            "The first id that is read is not the start, but padding or the end. The network has learned to begin "
            "after the start alone. Which id is that?"
        ): (_write(first=PAD), _write(first=END)),
        (
            "The bias of the read-out is missing. It says how likely each id is before anything was read, and keeps "
            "padding and start from being written. Which argument did you not use?"
        ): _write(biased=False),
    },
    explanation="""\
Four lines make a writer: read the last id (the start, at first) with the state from before, score, choose, append.
State and id are both carried, and the first state is the condition: without it every row would be the same. Rows end
at different steps, so each has its own flag: a row that has ended gets padding, whatever the network would go on to
say, and the loop may stop when all have ended. The end belongs to the answer. It tells an answer that is complete from
one that ran into the limit. Always taking the likeliest is *greedy*: it can miss the likeliest whole sequence, for
which lesson 11 has a search.""",
    explain=_explain,
)
