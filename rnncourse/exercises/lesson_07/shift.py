"""07.1: what a decoder reads and what it has to write, from captions of different length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs

Captions = list[list[int]]
Ids = list[int]
Pair = tuple[np.ndarray, np.ndarray]
Row = Callable[[Ids, int, int], Ids]
"""A row without its padding, of a caption, the start and the end."""


def _captions(rng: np.random.Generator, *, lengths: Sequence[int] = ()) -> Inputs:
    """Captions of 1 to 5 ids, at least two of them of different length; start and end are not 1 and 2."""
    lengths = lengths or [int(n) for n in rng.permutation([1, int(rng.integers(2, 4)), 4, 5])[:3]]
    while True:
        start, end, *others = (int(id) for id in rng.permutation(np.arange(1, 10)))
        if start not in (1, 2) and end not in (1, 2):
            break
    # Neighbours differ and so do first and last: a row that is shifted by one is another row.
    captions = [[int(id) for id in rng.permutation(others)[:length]] for length in lengths]
    return {"captions": captions, "start": start, "end": end}


def _id_by_id(captions: Captions, start: int, end: int) -> Pair:
    steps = max(len(caption) for caption in captions) + 1
    read, write = (np.zeros((len(captions), steps), dtype=int) for _ in range(2))
    for row, caption in enumerate(captions):
        last = start
        for t, id in enumerate([*caption, end]):
            read[row, t], write[row, t] = last, id
            last = id
    return read, write


def _with_start(caption: Ids, start: int, end: int) -> Ids:
    return [start, *caption]


def _with_end(caption: Ids, start: int, end: int) -> Ids:
    return [*caption, end]


def _whole(caption: Ids, start: int, end: int) -> Ids:
    return [start, *caption, end]


def _bare(caption: Ids, start: int, end: int) -> Ids:
    return caption


def _filled(rows: list[Ids], steps: int, *, fill: int = 0, left: bool = False) -> np.ndarray:
    """Rows that are cut or filled up to ``steps`` ids."""
    fillers = [[fill] * (steps - len(row)) for row in rows]
    pairs = zip(rows, fillers, strict=True)
    return np.array([(filler + row if left else row + filler)[:steps] for row, filler in pairs], dtype=int)


def _shifted(
    captions: Captions,
    start: int,
    end: int,
    *,
    read: Row = _with_start,
    write: Row = _with_end,
    steps: Callable[[list[int]], int] = lambda lengths: max(lengths) + 1,
    fill: Callable[[int, int], int] = lambda start, end: 0,
    left: bool = False,
) -> Pair:
    """``steps``: the columns, of the captions' lengths; ``fill``: the padding, of start and end."""
    columns = steps([len(caption) for caption in captions])
    value = fill(start, end)
    reads, writes = (
        _filled([row(caption, start, end) for caption in captions], columns, fill=value, left=left)
        for row in (read, write)
    )
    return reads, writes


def _rows(
    *pairs: tuple[Row, Row], steps: Callable[[list[int]], int] = lambda lengths: max(lengths) + 1
) -> tuple[Callable[..., Pair], ...]:
    return tuple(partial(_shifted, read=read, write=write, steps=steps) for read, write in pairs)


def _one_more(lengths: list[int]) -> int:
    return max(lengths) + 2


def _end_in_the_last_column(captions: Captions, start: int, end: int) -> Pair:
    read, write = _shifted(captions, start, end, write=_bare)
    write[:, -1] = end
    return read, write


def _rolled(captions: Captions, start: int, end: int) -> Pair:
    read, _ = _shifted(captions, start, end)
    return read, np.roll(read, -1, axis=1)


def _slices_without_id_2(captions: Captions, start: int, end: int) -> Pair:
    read, write = _shifted(captions, start, end, read=_whole)
    return np.where(read == 2, 0, read), write


def _explain(captions: Captions, start: int, end: int) -> str:
    longest = max(captions, key=len)
    return (
        f"For the caption {longest} of this input the network reads {[start, *longest]} "
        f"and has to write {[*longest, end]}."
    )


SHIFT = Exercise(
    id="07.1",
    title="The shift",
    function="shifted",
    inputs=_captions,
    edges=(
        partial(_captions, lengths=(0, 2)),
        partial(_captions, lengths=(3,)),
        partial(_captions, lengths=(2, 2, 2)),
        partial(_captions, lengths=(0,)),
    ),
    reference=_id_by_id,
    returns={"read": ("caption", "step"), "write": ("caption", "step")},
    mistakes={
        (
            "What is read at a step is the very id that is to be written there. To copy is easy: the loss becomes "
            "tiny, and on its own the network repeats the start for ever. By how many steps must the two be apart?"
        ): (
            *_rows((_with_end, _with_end), (_with_start, _with_start), (_bare, _with_end)),
            *_rows((_whole, _whole), (_with_start, _whole), steps=_one_more),
        ),
        (
            "The two are exchanged: your network reads what comes next and has to write what came before. Which of "
            "them begins with the start?"
        ): _rows((_with_end, _with_start)),
        (
            "The targets are shifted twice: the network has to write the id after the next, and never the first one of "
            "a caption. What stands beside the start in your rows?"
        ): (
            *_rows((_with_start, lambda caption, start, end: [*caption[1:], end])),
            *_rows(
                (lambda caption, start, end: [start, *caption[:-1]], lambda caption, start, end: [*caption[1:], end]),
                steps=lambda lengths: max(lengths),
            ),
        ),
        (
            "The end is read. Nothing is written after it, so at that step there is no target, and the mask, made of "
            "what is read, would count one. (Slices of padded rows do this to all but the longest.) Which ids of a row "
            "are read?"
        ): (*_rows((_whole, _with_end)), *_rows((_whole, _with_end), steps=_one_more)),
        (
            "The network never has to write the end, so it never learns to stop. How many ids does a caption of three "
            "have to be answered with?"
        ): (
            *_rows((_with_start, _bare)),
            *_rows((_with_start, _bare), steps=lambda lengths: max(lengths)),
            *_rows(
                (lambda caption, start, end: [start, *caption[:-1]], _bare),
                steps=lambda lengths: max(lengths),
            ),
            _rolled,
        ),
        (
            "The start is missing in what is read: your network begins with the first id of the caption as a gift, and "
            "never learns how to begin. What does it read before anything is written?"
        ): tuple(
            rows
            for steps in (lambda lengths: max(lengths), lambda lengths: max(lengths) + 1)
            for rows in _rows((_bare, lambda caption, start, end: [*caption[1:], end]), steps=steps)
        ),
        (
            "The start has to be written, too. It is given and never guessed, so that step teaches nothing and its "
            "target is the same in every row. What is the first id that the network must find by itself?"
        ): _rows((lambda caption, start, end: [0, start, *caption], _whole), steps=_one_more),
        (
            "Every end stands in the last column, behind the padding. For a short caption the network would have to "
            "write padding first, and stop later. Where does a caption of two end?"
        ): _end_in_the_last_column,
        (
            "Start and end are exchanged: writing begins with the one that means *stop*. Compare the order of the "
            "arguments with yours."
        ): lambda captions, start, end: _shifted(captions, end, start),
        (
            "You use 1 or 2 as start and end, whatever the arguments say. That fits the lesson's data alone. Where "
            "does your function use start and end?"
        ): (lambda captions, start, end: _shifted(captions, 1, 2), _slices_without_id_2),
        (
            "The padding is another id than 0: the end or the start, again and again, or −1. Then a mask that asks for "
            "0 finds nothing, and the padding counts in the loss. See what the task puts there."
        ): tuple(
            partial(_shifted, fill=fill)
            for fill in (lambda start, end: end, lambda start, end: start, lambda start, end: -1)
        ),
        (
            "The padding stands in front, so that every caption ends in the last column. The task wants step 0 to be "
            "the first step of each caption. On which side do you fill up?"
        ): partial(_shifted, left=True),
        (
            "There is a column of padding alone at the end. Start and end never stand in the same row, so each row is "
            "only one longer than its caption. How many columns does the longest need?"
        ): partial(_shifted, steps=_one_more),
        (
            "All captions are cut to the shortest, or to the length of the longest without its end. What must nothing "
            "be cut from?"
        ): (
            partial(_shifted, steps=lambda lengths: min(lengths) + 1),
            partial(_shifted, steps=lambda lengths: max(lengths)),
        ),
    },
    explanation="""\
The inputs are the targets, one step late: the start takes the first place, and the end falls out at the other side,
since nothing is read after it. So a caption of n ids makes n + 1 steps in *both* arrays, and after them both are
padded: a mask made from the inputs (`Embedding(mask_zero=True)`) then leaves out just the steps that have no target.
Slicing padded rows, `rows[:, :-1]` and `rows[:, 1:]`, does nearly the same, but lets the end of all shorter rows into
the inputs. This is teacher forcing (Williams & Zipser 1989): the network reads what *should* have been written.""",
    explain=_explain,
)
