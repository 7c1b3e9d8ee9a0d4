"""Weights set by hand for a token that counts and one that resets: the tokens, and whether two sets do the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rnncourse.exercises.exercise import Inputs
from rnncourse.exercises.plain_data import Difference, first_difference, show

_SEQUENCES = 24


def roles(rng: np.random.Generator, *, tokens: int = 0) -> Inputs:
    """How many tokens there are, and which are counted and reset; 3 to 6 where ``tokens`` is 0."""
    tokens = tokens or int(rng.integers(3, 7))
    counted, reset = rng.choice(tokens, 2, replace=False)
    return {"tokens": tokens, "counted": int(counted), "reset": int(reset)}


def read_by_both(tokens: int, steps: int) -> np.ndarray:
    """Sequences that any two sets of weights are compared on: in each, some tokens come far more often than others."""
    rng = np.random.default_rng(tokens)
    odds = rng.dirichlet(np.full(tokens, 2 / tokens), _SEQUENCES)
    return np.stack([rng.choice(tokens, steps, p=each) for each in odds])


def by_what_they_do(
    expected: Any,
    received: Any,
    *,
    run: Callable[..., np.ndarray],
    steps: int,
    near: float,
    names: tuple[str, ...],
) -> Difference | None:
    """Compare weights, of which the first is a kernel (tokens, …), by a net that has them, from the first step on.

    ``run``: takes weights and tokens (B, T), returns what each unit shows (B, T, H); ``steps``: T; ``near``: how far
    that may be from the right one; ``names``: what to call it, unit by unit.
    """
    if wrong_kind := first_difference(expected, received, rtol=0, atol=1e300):
        return wrong_kind
    tokens = read_by_both(len(expected[0]), steps)
    right, other = run(*expected, tokens), run(*received, tokens)
    for t in range(steps):
        for sequence, unit in np.argwhere(~(np.abs(right[:, t] - other[:, t]) < near))[:1]:
            read = show(tokens[sequence, : t + 1].tolist())
            said = [show(round(float(each[sequence, t, unit]), 3)) for each in (right, other)]
            return Difference(text=f"after the tokens {read} {names[unit]} should be {said[0]}, it is {said[1]}")
    return None
