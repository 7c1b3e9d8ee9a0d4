"""A long text as parallel streams, for training with the state carried from piece to piece."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Piece:
    """What a network reads and predicts at once.

    Attributes:
        x: (rows, steps) ids, a row a stream.
        y: (rows, steps) the ids that follow.
        fresh: whether it begins a pass, so that the state before it is zero.
    """

    x: np.ndarray
    y: np.ndarray
    fresh: bool


def pieces(ids: np.ndarray, *, rows: int, steps: int, start: int = 0) -> Iterator[Piece]:
    """One pass over a text that is cut into ``rows`` streams of equal length.

    Row b of a piece goes on where row b of the one before ended; so a state that was carried over fits.

    Args:
        ids: (n,) whole numbers.
        rows: int ≥ 1, how many streams.
        steps: int ≥ 1, the steps of a piece; what does not fill a piece of every stream is left out.
        start: int ≥ 0, where in each stream the first piece begins.

    Yields:
        Piece after piece.
    """
    length = (len(ids) - 1) // (rows * steps) * steps  # each stream's last target is the next one's first id
    x, y = (part[: rows * length].reshape(rows, length) for part in (ids[:-1], ids[1:]))
    for at in range(start, length - steps + 1, steps):
        yield Piece(x[:, at : at + steps], y[:, at : at + steps], at == start)


def endless(ids: np.ndarray, *, rows: int, steps: int, rng: np.random.Generator) -> Iterator[Piece]:
    """Pass after pass; each begins at another place below ``steps``, so that the cuts lie elsewhere.

    Args:
        ids: (n,) whole numbers, at least two pieces of every stream.
        rows, steps: as for :func:`pieces`.
        rng: draws where a pass begins.
    """
    while True:
        yield from pieces(ids, rows=rows, steps=steps, start=int(rng.integers(steps)))


def reset_states(model: keras.Model) -> None:
    """Set the states of all stateful layers to zero: another text begins."""
    for layer in model.layers:
        if getattr(layer, "stateful", False):
            layer.reset_state()
