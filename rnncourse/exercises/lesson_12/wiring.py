"""A counter and a latch in one LSTM of two units: weights, wrong ones, and what an LSTM does with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnncourse.exercises.lesson_12.cell import sigmoid
from rnncourse.exercises.lesson_12.counting import by_what_they_do
from rnncourse.exercises.plain_data import Difference

Weights = tuple[np.ndarray, np.ndarray, np.ndarray]
COUNTER, LATCH = 0, 1
NEAR = 0.03
"""Outputs may be this far from the right ones: no gate is ever quite open or shut."""
STEPS = 10


def wire(
    tokens: int,
    counted: int,
    reset: int,
    *,
    order: str = "ifco",
    by_unit: bool = False,
    units: tuple[int, int] = (COUNTER, LATCH),
    strength: float = 10.0,
    over_bias: float = 2.0,
    write_at: Sequence[int] | None = None,
    always_write: bool = False,
    latch_forgets: bool = True,
    counter_forgets: bool = False,
    resets: Sequence[int] = (COUNTER, LATCH),
    forget_bias: float = 1.0,
    forget_sign: float = 1.0,
    output_bias: float = 1.0,
    candidate: tuple[float, float] = (0.1, 10.0),
    candidate_bias: bool = False,
    recurrent: float = 0.0,
) -> Weights:
    """Weights that are set one by one; all options together at their defaults do what is asked.

    ``strength``: the size of a gate's score; ``forget_bias`` and ``output_bias`` are multiples of it, and so is what a
    token adds to it, ``over_bias``. ``order``: of the blocks; ``by_unit``: the four columns of a unit stand side by
    side; ``units``: where counter and latch stand.
    """
    kernel, bias = np.zeros((tokens, 4, 2)), np.zeros((4, 2))
    i, f, c, o = (order.index(gate) for gate in "ifco")
    counter, latch = units
    kernel[[counted] if write_at is None else list(write_at), i] = over_bias * strength
    bias[i] = strength if always_write else -strength
    for unit in resets:
        kernel[reset, f, units[unit]] = -over_bias * strength * forget_sign
    kernel[counted, f, latch] = -over_bias * strength * forget_sign * latch_forgets
    kernel[counted, f, counter] = -over_bias * strength * forget_sign * counter_forgets
    bias[f], bias[o] = forget_bias * strength * forget_sign, output_bias * strength
    for unit, value in zip(units, candidate, strict=True):
        kernel[counted, c, unit] = 0.0 if candidate_bias else value
        bias[c, unit] = value if candidate_bias else 0.0
    if by_unit:
        kernel, bias = kernel.swapaxes(1, 2), bias.swapaxes(0, 1)
    return kernel.reshape(tokens, 8), np.full((2, 8), recurrent), bias.reshape(8)


def run(kernel: np.ndarray, recurrent_kernel: np.ndarray, bias: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """Outputs (sequences, steps, 2) of an LSTM in Keras' layout that reads one-hot rows of ``tokens``."""
    h = c = np.zeros((len(tokens), 2))
    outputs = []
    for t in range(tokens.shape[1]):
        with np.errstate(over="ignore", invalid="ignore"):
            i, f, c_tilde, o = np.split(kernel[tokens[:, t]] + h @ recurrent_kernel + bias, 4, axis=1)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(c_tilde)
            h = sigmoid(o) * np.tanh(c)
        outputs.append(h)
    return np.stack(outputs, axis=1)


def by_outputs(expected: Weights, received: Any) -> Difference | None:
    """Compare weights by the outputs of an LSTM that has them."""
    names = "the counter's h", "the latch's h"
    return by_what_they_do(expected, received, run=run, steps=STEPS, near=NEAR, names=names)
