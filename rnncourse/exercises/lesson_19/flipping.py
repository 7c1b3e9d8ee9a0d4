"""Weights of one unit that counts modulo 2, wrong ones, and what a signed minimal GRU does with them."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnncourse.exercises.lesson_12.cell import sigmoid
from rnncourse.exercises.plain_data import Difference, first_difference, show

Weights = tuple[np.ndarray, np.ndarray]
NEAR = 0.05
"""States may be this far from the right ones: no gate is ever quite 0 or 2."""
_STEPS, _SEQUENCES = 14, 24


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
    """States (sequences, steps) of the unit that reads one-hot rows of ``tokens``."""
    h, states = np.zeros(len(tokens)), []
    for t in range(tokens.shape[1]):
        with np.errstate(over="ignore", invalid="ignore"):
            score, candidate = (kernel[tokens[:, t]] + bias).T
            z = 2 * sigmoid(score)
            h = (1 - z) * h + z * candidate
        states.append(h)
    return np.stack(states, axis=1)


def read_by_both(tokens: int) -> np.ndarray:
    """Sequences that any two sets of weights are compared on: in each, some tokens come far more often than others."""
    rng = np.random.default_rng(tokens)
    odds = rng.dirichlet(np.full(tokens, 2 / tokens), _SEQUENCES)
    return np.stack([rng.choice(tokens, _STEPS, p=each) for each in odds])


def by_what_they_do(expected: Any, received: Any) -> Difference | None:
    """Compare weights by the states of a unit that has them, from the first step on."""
    if wrong_kind := first_difference(expected, received, rtol=0, atol=1e300):
        return wrong_kind
    tokens = read_by_both(len(expected[0]))
    right, other = run(*expected, tokens), run(*received, tokens)
    for t in range(_STEPS):
        for (sequence,) in np.argwhere(~(np.abs(right[:, t] - other[:, t]) < NEAR))[:1]:
            read = show(tokens[sequence, : t + 1].tolist())
            said = [show(round(float(each[sequence, t]), 3)) for each in (right, other)]
            return Difference(text=f"after the tokens {read} the state should be {said[0]}, it is {said[1]}")
    return None
