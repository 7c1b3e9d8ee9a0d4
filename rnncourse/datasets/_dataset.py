"""What every data set is: three splits and an account of where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from rnncourse._checks import check_whole

if TYPE_CHECKING:
    import pandas as pd

Split = tuple[Any, Any]
"""Inputs and targets: two arrays of equal length, or two lists of arrays where sequences differ in length."""


@dataclass(frozen=True, kw_only=True)
class About:
    """Where a data set comes from and what its numbers mean; every field is a sentence or a short phrase.

    Attributes:
        source: who recorded or made it, and where this copy was read.
        licence: under which terms it may be used.
        shapes: the shape of ``x`` and of ``y``, by name of axis.
        units: the unit or the meaning of a value of ``x`` and of ``y``.
        split: how train, validation and test were told apart.
    """

    source: str
    licence: str
    shapes: str
    units: str
    split: str

    def __str__(self) -> str:
        return "\n".join(f"{field.name:8} {getattr(self, field.name)}" for field in fields(self))


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Train, validation and test, each ``(x, y)``, and ``about``."""

    train: Split
    validation: Split
    test: Split
    about: About

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name} {len(getattr(self, name)[0]):,}" for name in ("train", "validation", "test"))
        return f"{type(self).__name__}({sizes}; {self.about.shapes})"


@dataclass(frozen=True, kw_only=True, repr=False)
class SeriesDataset(Dataset):
    """Windows cut from one record, and the record itself.

    Attributes:
        series: pandas Series (one feature) or DataFrame (several), the whole record in the order of time.
    """

    series: pd.Series | pd.DataFrame


@dataclass(frozen=True, kw_only=True, repr=False)
class TextDataset(Dataset):
    """Characters as ids, each with the character that follows it.

    Attributes:
        vocabulary: tuple of str, the characters; the id of a character is its place here. The first, "\\ufffd", stands
            for every character that is not listed.
    """

    vocabulary: tuple[str, ...]

    def encode(self, text: str) -> np.ndarray:
        """``text`` as ids, shape (len(text),), int32; a character outside the vocabulary becomes 0."""
        return encode(text, self.vocabulary)

    def decode(self, ids: Sequence[int]) -> str:
        """The text whose ids these are.

        Args:
            ids: whole numbers of any shape, 0 … len(vocabulary) − 1.

        Raises:
            ValueError: an id is outside 0 … len(vocabulary) − 1.
        """
        ids = np.asarray(ids, dtype=int).reshape(-1)
        if ids.size and not 0 <= ids.min() <= ids.max() < len(self.vocabulary):
            raise ValueError(f"ids must lie in 0 … {len(self.vocabulary) - 1}, received {ids.min()} … {ids.max()}")
        return "".join(self.vocabulary[i] for i in ids)


def encode(text: str, vocabulary: Sequence[str]) -> np.ndarray:
    """``text`` as places in ``vocabulary``, shape (len(text),), int32; a character that is not in it becomes 0."""
    ids = {character: i for i, character in enumerate(vocabulary)}
    return np.fromiter((ids.get(character, 0) for character in text), dtype=np.int32, count=len(text))


def windows(values: np.ndarray, steps: int, horizon: int = 1) -> Split:
    """Cut a record into overlapping windows and the value to forecast after each.

    Window i covers ``values[i : i + steps]``; its target is ``values[i + steps - 1 + horizon]``, so ``horizon=1`` asks
    for the very next value.

    Args:
        values: (time,) or (time, features), real numbers.
        steps: int ≥ 1, the length of a window.
        horizon: int ≥ 1, how many steps after the window's last value the target lies.

    Returns:
        x: (n, steps, features) and y: (n, features), float32, with n = time − steps − horizon + 1.

    Raises:
        ValueError: wrong rank, ``steps`` or ``horizon`` below 1, or a record too short for one window.
    """
    values = np.asarray(values, dtype=np.float32)
    if values.ndim not in (1, 2):
        raise ValueError(f"values must have shape (time,) or (time, features), received shape {values.shape}")
    check_window(steps, horizon)
    values = values.reshape(len(values), -1)
    count = len(values) - steps - horizon + 1
    if count < 1:
        raise ValueError(
            f"values must hold at least steps + horizon = {steps + horizon} values, received {len(values)}"
        )
    x = np.lib.stride_tricks.sliding_window_view(values, steps, axis=0)[:count]  # (n, features, steps)
    return np.ascontiguousarray(x.swapaxes(1, 2)), values[steps - 1 + horizon :].copy()


def check_window(steps: int, horizon: int) -> None:
    """Raise ValueError unless ``steps`` and ``horizon`` are whole numbers from 1 up."""
    for name, value in (("steps", steps), ("horizon", horizon)):
        check_whole(name, value, least=1)


def windowed_splits(values: np.ndarray, steps: int, horizon: int) -> tuple[Split, Split, Split]:
    """Split a record by time into its first 70 %, the next 15 % and the last 15 %, and cut each into windows.

    The record is split *before* windows are cut, so no value stands in two splits.

    Args:
        values: (time,) or (time, features), real numbers.
        steps: int ≥ 1, the length of a window.
        horizon: int ≥ 1, how many steps after the window's last value the target lies.

    Returns:
        train, validation, test: each ``(x, y)`` as :func:`windows` gives them.

    Raises:
        ValueError: wrong rank, ``steps`` or ``horizon`` below 1, or a split too short for one window.
    """
    check_window(steps, horizon)
    values = np.asarray(values, dtype=np.float32)
    first, second = int(0.70 * len(values)), int(0.85 * len(values))
    parts = values[:first], values[first:second], values[second:]
    shortest = min(len(part) for part in parts)
    if steps + horizon > shortest:
        raise ValueError(
            f"steps + horizon must be at most {shortest}, the length of the shortest split, received {steps} + "
            f"{horizon}"
        )
    train, validation, test = (windows(part, steps, horizon) for part in parts)
    return train, validation, test
