"""Weights of one unit that counts modulo 2, wrong ones, and what a signed minimal GRU does with them."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnncourse.exercises.lesson_12.cell import sigmoid
from rnncourse.exercises.lesson_12.counting import by_what_they_do
from rnncourse.exercises.plain_data import Difference

Weights = tuple[np.ndarray, np.ndarray]
NEAR = 0.05
"""States may be this far from the right ones: no gate is ever quite 0 or 2."""
STEPS = 14


def wire(
    tokens: int,
    counted: int,
    reset: int,
    *,
    strength: float = 10.0,
    at_rest: float = -1.0,
    at_counted: float = 1.0,
    at_reset: float = 0.0,
    candidate: float = 0.5,
    candidate_at_reset: float = 0.0,
    candidate_bias: float = 0.0,
    swapped: bool = False,
) -> Weights:
    """Scores of the gate as multiples of ``strength``; ``candidate``: h̃ at the counted token.

    ``swapped``: the blocks stand in the order h̃, z.
    """
    kernel, bias = np.zeros((tokens, 2)), np.array([at_rest * strength, candidate_bias])
    kernel[counted] = (at_counted - at_rest) * strength, candidate - candidate_bias
    kernel[reset] = (at_reset - at_rest) * strength, candidate_at_reset - candidate_bias
    return (kernel[:, ::-1].copy(), bias[::-1].copy()) if swapped else (kernel, bias)


def run(kernel: np.ndarray, bias: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """States (sequences, steps, 1) of the unit that reads one-hot rows of ``tokens``."""
    h, states = np.zeros(len(tokens)), []
    for t in range(tokens.shape[1]):
        with np.errstate(over="ignore", invalid="ignore"):
            score, candidate = (kernel[tokens[:, t]] + bias).T
            z = 2 * sigmoid(score)
            h = (1 - z) * h + z * candidate
        states.append(h)
    return np.stack(states, axis=1)[..., np.newaxis]


def by_states(expected: Weights, received: Any) -> Difference | None:
    """Compare weights by the states of a unit that has them."""
    return by_what_they_do(expected, received, run=run, steps=STEPS, near=NEAR, names=("the state",))
