"""One step of attention with a cache, whole and with any of its lines replaced."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from rnncourse.exercises.formulas import Formula, worked_out

Stepped = tuple[np.ndarray, np.ndarray, np.ndarray, int]
ARGUMENTS = ("x_t", "keys", "values", "filled", "W_q", "W_k", "W_v")


def written(s: SimpleNamespace, place: int, new_key: np.ndarray, new_value: np.ndarray) -> tuple[np.ndarray, ...]:
    new = s.keys.copy(), s.values.copy()
    if s.filled == len(s.keys):
        new = tuple(np.roll(array, -1, axis=0) for array in new)
    for array, row in zip(new, (new_key, new_value), strict=True):
        array[place] = row
    return new


_RIGHT: dict[str, Formula] = {
    "room": lambda s: len(s.keys),
    "query": lambda s: s.x_t @ s.W_q,
    "key": lambda s: s.x_t @ s.W_k,
    "value": lambda s: s.x_t @ s.W_v,
    "place": lambda s: min(s.filled, s.room - 1),
    "cache": lambda s: written(s, s.place, s.key, s.value),
    "seen": lambda s: [array[: s.place + 1] for array in s.cache],
    "scale": lambda s: math.sqrt(s.keys.shape[1]),
    "weights": lambda s: softmax(s.seen[0] @ s.query / s.scale),
    "output": lambda s: s.weights @ s.seen[1],
    "new_filled": lambda s: s.place + 1,
}
"""Each line of the step, from the names of the arguments and of the lines before it."""


def softmax(scores: np.ndarray) -> np.ndarray:
    parts = np.exp(scores - scores.max(initial=-np.inf))
    return parts / parts.sum()


def step_with(**changes: Formula) -> Callable[..., Stepped]:
    """The step with some lines changed."""

    def step(**case: Any) -> Stepped:
        s = worked_out(_RIGHT | changes, case)
        return s.output, *s.cache, int(s.new_filled)

    return step


def when_full(**changes: Formula) -> Callable[..., Stepped]:
    """The step with some lines changed where there is no room."""

    def step(**case: Any) -> Stepped:
        full = case["filled"] == len(case["keys"])
        return step_with(**changes)(**case) if full else step_with()(**case)

    return step


def over(s: SimpleNamespace, place: int) -> tuple[np.ndarray, np.ndarray]:
    """The cache with one row overwritten, none moved."""
    new = s.keys.copy(), s.values.copy()
    new[0][place], new[1][place] = s.key, s.value
    return new


def longer(s: SimpleNamespace) -> tuple[np.ndarray, np.ndarray]:
    pairs = ((s.keys, s.key), (s.values, s.value))
    return tuple(np.concatenate([old[: s.filled], new[np.newaxis]]) for old, new in pairs)


def before_the_first(s: SimpleNamespace) -> tuple[np.ndarray, np.ndarray]:
    """The newest row first, the others moved down."""
    pairs = ((s.keys, s.key), (s.values, s.value))
    return tuple(np.concatenate([new[np.newaxis], old[:-1]]) for old, new in pairs)
