"""11.1: sources turned round, their padding left where it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs


def _sources(rng: np.random.Generator, *, lengths: tuple[int, ...] = (), steps: int = 0) -> Inputs:
    """Ids from 3 on, no two of a row alike and padded with 0; the lengths drawn differ, and one row may be full."""
    lengths = lengths or tuple((1 + rng.permutation(6)[:3]).tolist())
    steps = steps or max(*lengths, 2) + int(rng.integers(0, 2))
    x = np.zeros((len(lengths), steps), dtype=int)
    for row, length in zip(x, lengths, strict=True):
        row[:length] = 3 + rng.permutation(10)[:length]
    return {"x": x}


def _id_by_id(x: np.ndarray) -> np.ndarray:
    rows = []
    for row in x.tolist():
        real = [token for token in row if token != 0]
        turned = []
        while real:
            turned.append(real.pop())
        rows.append(turned + [0] * (len(row) - len(turned)))
    return np.array(rows, dtype=int).reshape(x.shape)


def _row_by_row(turn: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """``turn``: from the real ids of a row to those that come back, padded to its length."""

    def wrong(x: np.ndarray) -> np.ndarray:
        result = np.zeros_like(x)
        for row, new in zip(x, result, strict=True):
            turned = turn(row[row != 0])
            new[: len(turned)] = turned
        return result

    return wrong


def _up_to(end: Callable[[np.ndarray], int]) -> Callable[[np.ndarray], np.ndarray]:
    """Each row is turned round up to a place that is found in it."""

    def wrong(x: np.ndarray) -> np.ndarray:
        return np.array([[*row[: end(row)][::-1], *row[end(row) :]] for row in x], dtype=int).reshape(x.shape)

    return wrong


def _one_length(x: np.ndarray, *, which: Callable[[np.ndarray], int]) -> np.ndarray:
    """The ids up to the same place are turned round in every row."""
    n = which((x != 0).sum(axis=1))
    return np.concatenate([x[:, :n][:, ::-1], x[:, n:]], axis=1)


def _padding_in_front(x: np.ndarray) -> np.ndarray:
    """As they were, behind the padding."""
    return _id_by_id(x)[:, ::-1]


def _shared(x: np.ndarray, *, off: int) -> np.ndarray:
    """Turned round a place that is off; what then comes from the other end of the row is padding or not."""
    lengths = (x != 0).sum(axis=1, keepdims=True)
    places = lengths - 1 + off - np.arange(x.shape[1])
    return np.where(places >= 0, np.take_along_axis(x, places.clip(0, x.shape[1] - 1), axis=1), 0)


def _wrapped(x: np.ndarray) -> np.ndarray:
    """Everything turned round and then moved by the padding of the first row."""
    return np.roll(x[:, ::-1], -int((x[0] == 0).sum()), axis=1)


def _explain(x: np.ndarray) -> str:
    return f"The sources of this input have {', '.join(map(str, (x != 0).sum(axis=1)))} tokens."


REVERSED = Exercise(
    id="11.1",
    title="The source backwards",
    function="reversed_sources",
    inputs=_sources,
    edges=(
        partial(_sources, lengths=(4, 4), steps=4),
        partial(_sources, lengths=(0, 2), steps=3),
        partial(_sources, lengths=(1,), steps=1),
        partial(_sources, lengths=(3,), steps=5),
    ),
    reference=_id_by_id,
    returns={"x": ("row", "step")},
    mistakes={
        (
            "The whole row is turned round, padding and all: now the padding comes first. The encoder skips it, if it "
            "is masked, but every source begins at another step. Up to where must a row be turned?"
        ): lambda x: x[:, ::-1],
        (
            "The rows have changed places, first and last: that is the axis of the batch. Each source would then be "
            "trained with the target of another. Along which axis do the steps lie?"
        ): (lambda x: x[::-1], lambda x: _id_by_id(x)[::-1]),
        (
            "Rows and steps are both turned round: without an axis, np.flip takes all of them. Which axis is meant?"
        ): lambda x: x[::-1, ::-1],
        (
            "The padding has gone to the front, and the ids stand as before. It should be the other way round: the "
            "padding stays, the ids turn."
        ): _padding_in_front,
        (
            "Nothing is turned round. If your loop works on copies, or a function returns a new array, what happens to "
            "its result?"
        ): lambda x: x,
        ("The ids are sorted. Backwards is about their places, not about their size: 3 1 4 becomes 4 1 3."): (
            _row_by_row(lambda real: np.sort(real)[::-1]),
            _row_by_row(np.sort),
            lambda x: np.sort(x, axis=1)[:, ::-1],
            lambda x: np.sort(x, axis=1),
        ),
        (
            "Rows without padding come out wrong: you look for the first 0, and where there is none np.argmax and "
            "np.argmin answer something else. How many tokens does a row have that is full?"
        ): (
            _up_to(lambda row: int(np.argmax(row == 0))),
            _up_to(lambda row: int(np.argmin(row))),
        ),
        (
            "All rows are turned round at the same place, though they have different lengths. In the short ones "
            "padding comes to the front; in the long ones an end stays behind. Whose length must be used for which row?"
        ): (
            partial(_one_length, which=lambda lengths: lengths[0]),
            partial(_one_length, which=max),
            partial(_one_length, which=min),
        ),
        (
            "A token is lost: the first one of each source, or the last one. A slice that goes backwards ends *before* "
            "its stop, and counts from 0. Does your slice reach both ends?"
        ): (
            _row_by_row(lambda real: real[:0:-1]),
            _row_by_row(lambda real: real[-2::-1]),
        ),
        (
            "Each source begins with one padding step and is moved on by one: the place of the last token is its "
            "number less one. Which place does the last of three have?"
        ): partial(_shared, off=1),
        (
            "All rows are moved by the padding of the same row. Where the padding is longer or shorter, part of it is "
            "left in front, or ids have gone round to the end. How much padding does each row have?"
        ): _wrapped,
    },
    explanation="""\
The first n ids of a row, n its own length, are turned round; what is behind them stays. Row by row it is
`row[:n] = row[:n][::-1]`, on a copy. Without a loop: step t reads place n − 1 − t, and `np.take_along_axis` fetches it.
Turning round the whole row as well would put the padding in front. With a mask a recurrent network passes over it, and
nothing is lost; without one it reads the padding first, and a test on one length alone does not show it. The targets
stay as they are: that the first one is now near the first source token is the whole point (Sutskever et al. 2014).""",
    explain=_explain,
)
