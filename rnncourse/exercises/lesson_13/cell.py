"""One step of the GRU, whole and with any of its lines replaced, and small numbers for it."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from rnncourse.exercises.exercise import Inputs
from rnncourse.exercises.formulas import Formula, worked_out
from rnncourse.exercises.lesson_04.arrays import numbers
from rnncourse.exercises.lesson_12.cell import sigmoid
from rnncourse.exercises.mistakes import where_it_fits


def gru_inputs(rng: np.random.Generator, *, batch: int, features: int, units: int, first: bool = False) -> Inputs:
    """Numbers of one decimal; ``first``: the states are still zero."""
    return {
        "x_t": numbers(rng, batch, features),
        "h": np.zeros((batch, units)) if first else numbers(rng, batch, units),
        "kernel": numbers(rng, features, 3 * units),
        "recurrent_kernel": np.round(2 * numbers(rng, units, 3 * units), 1),
        "bias": numbers(rng, 2, 3 * units),
    }


def gru_step(
    x_t: np.ndarray, h: np.ndarray, kernel: np.ndarray, recurrent_kernel: np.ndarray, bias: np.ndarray
) -> np.ndarray:
    """The new h (batch, units), sequence by sequence and unit by unit."""
    units = h.shape[1]
    new = np.zeros(h.shape)
    for n in range(len(x_t)):
        for k in range(units):
            read, recalled = [], []
            for block in range(3):
                column = block * units + k
                from_input = math.fsum(x_t[n, d] * kernel[d, column] for d in range(x_t.shape[1]))
                from_state = math.fsum(h[n, j] * recurrent_kernel[j, column] for j in range(units))
                read.append(float(from_input + bias[0, column]))
                recalled.append(float(from_state + bias[1, column]))
            z, r = (0.5 + 0.5 * math.tanh((read[block] + recalled[block]) / 2) for block in (0, 1))
            new[n, k] = z * h[n, k] + (1 - z) * math.tanh(read[2] + r * recalled[2])
    return new


def side_by_side(array: np.ndarray) -> list[np.ndarray]:
    return np.split(array, 3, axis=-1)


_RIGHT: dict[str, Formula] = {
    "cut": lambda s: side_by_side,
    "W": lambda s: s.cut(s.kernel),
    "U": lambda s: s.cut(s.recurrent_kernel),
    "b": lambda s: s.cut(s.bias[0]),
    "b_h": lambda s: s.cut(s.bias[1]),
    "score_z": lambda s: s.x_t @ s.W[0] + s.b[0] + s.h @ s.U[0] + s.b_h[0],
    "score_r": lambda s: s.x_t @ s.W[1] + s.b[1] + s.h @ s.U[1] + s.b_h[1],
    "z": lambda s: sigmoid(s.score_z),
    "r": lambda s: sigmoid(s.score_r),
    "read": lambda s: s.x_t @ s.W[2] + s.b[2],
    "recalled": lambda s: s.r * (s.h @ s.U[2] + s.b_h[2]),
    "h_tilde": lambda s: np.tanh(s.read + s.recalled),
    "new": lambda s: s.z * s.h + (1 - s.z) * s.h_tilde,
}
"""Each line of the step, from the names of the arguments and of the lines before it."""


def gru_with(**changes: Formula) -> Callable[..., np.ndarray | None]:
    """The step with some lines changed."""

    @where_it_fits
    def step(**case: np.ndarray) -> np.ndarray:
        return worked_out(_RIGHT | changes, case).new

    return step


def in_order(*places: int) -> Callable[..., np.ndarray | None]:
    """The step that takes z, r, h̃ from these blocks."""
    return gru_with(cut=lambda s: lambda array: [side_by_side(array)[place] for place in places])


def with_biases(change: Callable[[np.ndarray], np.ndarray]) -> Callable[..., np.ndarray | None]:
    """The step with other biases (2, 3H)."""
    step = gru_with()

    def other(bias: np.ndarray, **case: np.ndarray) -> np.ndarray | None:
        return step(bias=change(bias), **case)

    return other
