"""One step of the LSTM, whole and with any of its lines replaced, and small numbers for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np

from rnncourse.exercises.exercise import Inputs
from rnncourse.exercises.formulas import Formula, worked_out
from rnncourse.exercises.lesson_04.arrays import numbers
from rnncourse.exercises.mistakes import where_it_fits

Pair = tuple[np.ndarray, np.ndarray]


def sigmoid(a: np.ndarray) -> np.ndarray:
    return (1 + np.tanh(a / 2)) / 2


def sigmoid_by_exponentials(a: np.ndarray) -> np.ndarray:
    """The same up to a = 700 or so, where the exponential is infinite and the quotient NaN."""
    return np.exp(a) / (1 + np.exp(a))


def lstm_inputs(rng: np.random.Generator, *, batch: int, features: int, units: int, first: bool = False) -> Inputs:
    """Numbers of one decimal; ``first``: the states are still zero. Cell states leave the range of tanh."""
    states = numbers(rng, batch, units), 2 * numbers(rng, batch, units)
    h, c = (np.zeros((batch, units)),) * 2 if first else states
    return {
        "x_t": numbers(rng, batch, features),
        "h": h,
        "c": np.round(c, 1),
        "kernel": numbers(rng, features, 4 * units),
        "recurrent_kernel": numbers(rng, units, 4 * units),
        "bias": numbers(rng, 4 * units),
    }


def lstm_step(
    x_t: np.ndarray,
    h: np.ndarray,
    c: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray,
) -> Pair:
    """The new h and c (batch, units), sequence by sequence and unit by unit."""
    units = h.shape[1]
    new_h, new_c = np.zeros(h.shape), np.zeros(h.shape)
    for n in range(len(x_t)):
        for k in range(units):
            scores = []
            for block in range(4):
                column = block * units + k
                score = bias[column]
                score += math.fsum(x_t[n, d] * kernel[d, column] for d in range(x_t.shape[1]))
                score += math.fsum(h[n, j] * recurrent_kernel[j, column] for j in range(units))
                scores.append(float(score))
            i, f, o = (0.5 + 0.5 * math.tanh(scores[block] / 2) for block in (0, 1, 3))
            new_c[n, k] = f * c[n, k] + i * math.tanh(scores[2])
            new_h[n, k] = o * math.tanh(new_c[n, k])
    return new_h, new_c


_RIGHT: dict[str, Formula] = {
    "a": lambda s: s.x_t @ s.kernel + s.h @ s.recurrent_kernel + s.bias,
    "blocks": lambda s: np.split(s.a, 4, axis=1),
    "i": lambda s: sigmoid(s.blocks[0]),
    "f": lambda s: sigmoid(s.blocks[1]),
    "c_tilde": lambda s: np.tanh(s.blocks[2]),
    "o": lambda s: sigmoid(s.blocks[3]),
    "new_c": lambda s: s.f * s.c + s.i * s.c_tilde,
    "new_h": lambda s: s.o * np.tanh(s.new_c),
    "result": lambda s: (s.new_h, s.new_c),
}
"""Each line of the step, from the names of the arguments and of the lines before it."""


def lstm_with(**changes: Formula) -> Callable[..., Pair | None]:
    """The step with some lines changed."""

    @where_it_fits
    def step(**case: np.ndarray) -> Pair:
        return worked_out(_RIGHT | changes, case).result

    return step


def in_order(*places: int) -> Callable[..., Pair | None]:
    """The step that takes i, f, c̃, o from these blocks."""
    return lstm_with(blocks=lambda s: [np.split(s.a, 4, axis=1)[place] for place in places])


def transposed_block_by_block(s: SimpleNamespace) -> np.ndarray:
    blocks = [block.T for block in np.split(s.recurrent_kernel, 4, axis=1)]
    return s.x_t @ s.kernel + s.h @ np.concatenate(blocks, axis=1) + s.bias
