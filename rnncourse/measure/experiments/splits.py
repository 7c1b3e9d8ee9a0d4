"""Data sets as several experiments read them."""

from __future__ import annotations

import numpy as np

from rnncourse import datasets

Split = tuple[np.ndarray, np.ndarray]
Splits = tuple[Split, Split, Split]

WINDOW, HORIZON = 24, 3
"""Months of El Niño that are read, and months ahead that are forecast."""


def parts(data: datasets.Dataset) -> Splits:
    """Training, validation and test."""
    return data.train, data.validation, data.test


def el_nino() -> Splits:
    """El Niño, ``HORIZON`` months ahead of a window of ``WINDOW``, scaled by the training years."""
    data = _windows()
    mean, deviation = data.train[0].mean(), data.train[0].std()
    return tuple(((x - mean) / deviation, (y - mean) / deviation) for x, y in parts(data))


def el_nino_degrees() -> float:
    """How many °C a difference of 1 is in :func:`el_nino`."""
    return _windows().train[0].std()


def python(*, characters: int, steps: int, validation: int, test: int) -> Splits:
    """Python's standard library in pieces, each with the next character at every step as its target.

    Args:
        characters: int, as for :func:`rnncourse.datasets.python_source`.
        steps: int ≥ 1, characters in a piece.
        validation, test: ints ≥ 1, how many pieces of these splits, the first ones.

    Returns:
        x (n, steps) and y (n, steps), ids, of each split.
    """

    def pieces(split: Split, most: int | None = None) -> Split:
        whole = len(split[0]) // steps
        x, y = (part[: whole * steps].reshape(whole, steps)[:most] for part in split)
        return x, y

    data = datasets.python_source(characters=characters)
    return pieces(data.train), pieces(data.validation, validation), pieces(data.test, test)


def _windows() -> datasets.Dataset:
    return datasets.el_nino(steps=WINDOW, horizon=HORIZON)
