"""17.2: sinusoidal encodings of positions."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs

Power = Callable[[np.ndarray, int], np.ndarray]
"""The exponent of 10,000 of each pair of columns (D/2,), of the number of the pair and D."""
Layout = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""All columns (T, D) of the sines and the cosines (T, D/2)."""


def _sizes(rng: np.random.Generator, *, steps: int = 0, units: int = 0, start: int = -1) -> Inputs:
    """At least three steps and two pairs, somewhere in a text, unless said otherwise."""
    return {
        "steps": steps or int(rng.integers(3, 6)),
        "units": units or int(rng.choice([6, 8, 10])),
        "start": int(rng.integers(2, 30)) if start < 0 else start,
    }


def _number_by_number(steps: int, units: int, start: int) -> np.ndarray:
    rows = []
    for t in range(steps):
        row = []
        for pair in range(units // 2):
            angle = (start + t) / 10_000 ** (2 * pair / units)
            row += [math.sin(angle), math.cos(angle)]
        rows.append(row)
    return np.array(rows)


def _interleaved(sines: np.ndarray, cosines: np.ndarray) -> np.ndarray:
    return np.stack([sines, cosines], axis=2).reshape(len(sines), -1)


def _encoded(
    steps: int,
    units: int,
    start: int,
    *,
    at: Callable[[np.ndarray, int], np.ndarray] = lambda places, start: start + places,
    power: Power = lambda pairs, units: 2 * pairs / units,
    base: float = 10_000.0,
    turn: float = 1.0,
    layout: Layout = _interleaved,
) -> np.ndarray:
    """``at``: the positions (T,), of 0 … T − 1 and the start; ``turn``: all angles are multiplied by it."""
    pairs = np.arange(units // 2)
    angles = turn * at(np.arange(steps), start)[:, np.newaxis] / base ** power(pairs, units)
    return layout(np.sin(angles), np.cos(angles))


def _at(*at: Callable[[np.ndarray, int], np.ndarray]) -> tuple[Callable[..., np.ndarray], ...]:
    return tuple(partial(_encoded, at=each) for each in at)


def _power(*power: Power) -> tuple[Callable[..., np.ndarray], ...]:
    return tuple(partial(_encoded, power=each) for each in power)


def _layout(*layout: Layout) -> tuple[Callable[..., np.ndarray], ...]:
    return tuple(partial(_encoded, layout=each) for each in layout)


def _column_by_column(
    steps: int, units: int, start: int, *, power: Callable[[int, int], float], functions: tuple[Callable, ...]
) -> np.ndarray:
    """Every column with an exponent of its own; the functions alternate."""
    places = start + np.arange(steps)
    columns = [functions[d % 2](places / 10_000 ** power(d, units)) for d in range(units)]
    return np.stack(columns, axis=1)


def _explain(steps: int, units: int, start: int) -> str:
    wavelengths = ", ".join(f"{10_000 ** (2 * pair / units):.4g}" for pair in range(units // 2))
    return f"The positions are {list(range(start, start + steps))}, and the pairs divide them by {wavelengths}."


POSITIONS = Exercise(
    id="17.2",
    title="Where am I?",
    function="encode_positions",
    inputs=_sizes,
    edges=(
        partial(_sizes, start=0),
        partial(_sizes, steps=1),
        partial(_sizes, units=2),
        partial(_sizes, steps=3, start=5000),
        partial(_sizes, steps=4, units=4),
    ),
    reference=_number_by_number,
    returns={"encoding": ("step", "column")},
    mistakes={
        (
            "All sines stand first and all cosines behind them. Many libraries have it so, and a net trained from the "
            "start does not mind; weights from elsewhere do. Here the two of a pair stand side by side. Where do "
            "columns 2i and 2i + 1 belong?"
        ): _layout(
            lambda sines, cosines: np.concatenate([sines, cosines], axis=1),
            lambda sines, cosines: np.concatenate([cosines, sines], axis=1),
        ),
        (
            "Sine and cosine have changed places: the even columns hold cosines. At position 0 the encoding should be "
            "0, 1, 0, 1, … Which comes first?"
        ): _layout(lambda sines, cosines: _interleaved(cosines, sines)),
        (
            "There is only one of the two functions. A sine alone is the same at two places of every wave; beside its "
            "cosine it is not, and a shift becomes a rotation. What do the odd columns hold?"
        ): (
            *_layout(
                lambda sines, cosines: _interleaved(sines, sines),
                lambda sines, cosines: _interleaved(cosines, cosines),
            ),
            partial(_column_by_column, power=lambda d, units: d / units, functions=(np.sin, np.sin)),
            partial(_column_by_column, power=lambda d, units: 2 * d / units, functions=(np.sin, np.sin)),
        ),
        (
            "The exponent goes half as far as it should: pair i has 2i / D, so that the last pair comes near 1 and the "
            "longest wave near 10,000. Is your i the number of the pair, or of its first column?"
        ): _power(lambda pairs, units: pairs / units),
        (
            "The exponent goes twice as far as it should, so that the slow waves hardly move. In 2i / D the i is the "
            "number of the *pair*; its first column is 2i. Which numbers does your i run through?"
        ): (
            *_power(lambda pairs, units: 4 * pairs / units),
            partial(_column_by_column, power=lambda d, units: 2 * (d - d % 2) / units, functions=(np.sin, np.cos)),
        ),
        (
            "Every column has an exponent of its own. Then sine and cosine of a pair do not belong to one wave, and a "
            "shift is no rotation any more. Which exponent have columns 2i and 2i + 1?"
        ): (
            partial(_column_by_column, power=lambda d, units: d / units, functions=(np.sin, np.cos)),
            partial(_column_by_column, power=lambda d, units: 2 * d / units, functions=(np.sin, np.cos)),
        ),
        (
            "Your exponents run up to 1, the last included, as in one well-known library. In the formula they are "
            "2i / D, and the last is a little below 1. What is divided by what?"
        ): _power(lambda pairs, units: pairs / max(1, units // 2 - 1)),
        (
            "The exponent is negative where you divide, or positive where you multiply: the waves get shorter from "
            "pair to pair, not longer. Pair 0 turns by 1 a step. Which pair is the slowest?"
        ): _power(lambda pairs, units: -2 * pairs / units),
        (
            "The order of the pairs is turned round: the slowest wave stands first. Pair 0 has the exponent 0. Which "
            "way does i run?"
        ): _power(lambda pairs, units: 2 * pairs[::-1] / units),
        (
            "The base is not 10,000. With a smaller one the waves are shorter, and far positions come to look alike "
            "sooner. Which number is raised to 2i / D?"
        ): tuple(partial(_encoded, base=base) for base in (1000.0, 100_000.0, math.e, 10.0)),
        (
            "Every pair has the same wave: the position is divided by 10,000, or by nothing, in all columns. A clock "
            "with hands of one speed shows only the minute. What changes from pair to pair?"
        ): _power(
            lambda pairs, units: 0 * pairs,
            lambda pairs, units: 0 * pairs + 1,
        ),
        (
            "Your angles are 2π times as large. The formula takes the quotient itself as an angle, in radians, so that "
            "the shortest wave is 2π steps long. What stands inside the sine?"
        ): partial(_encoded, turn=2 * math.pi),
        (
            "Your angles are in degrees, or made radians of as if they were. NumPy's sine takes radians, and the "
            "quotient is one already. What stands inside the sine?"
        ): tuple(partial(_encoded, turn=turn) for turn in (math.pi / 180, 180 / math.pi)),
        (
            "You count from 1: the first row is one position too far. `start` is the position of the first step "
            "itself. Where does your range begin?"
        ): _at(lambda places, start: start + places + 1),
        (
            "The start is not used: the first row is always that of position 0. Whoever writes token by token gives "
            "every one of them position 0 then. Where does your range begin, and where does it end?"
        ): _at(lambda places, start: places),
        (
            "The start is used in another way: every row is at it, or the steps are multiplied by it. What is the "
            "position of row t?"
        ): _at(
            lambda places, start: 0 * places + start,
            lambda places, start: places * start,
            lambda places, start: start - places,
        ),
        (
            "The positions are divided by the number of steps, to lie between 0 and 1. Then a position looks different "
            "in every text, and the next token is nearer in a long one. What does the formula divide?"
        ): (
            lambda steps, units, start: _encoded(
                steps, units, start, at=lambda places, start: (start + places) / steps
            ),
            lambda steps, units, start: _encoded(
                steps, units, start, at=lambda places, start: (start + places) / (start + steps)
            ),
        ),
        (
            "The axes are exchanged: a row for each column of the task. Steps come first, as in x, so that the two can "
            "be added. Which shape does the task want?"
        ): lambda **case: _encoded(**case).T,
        (
            "These are the angles, before their sines and cosines. An angle grows without end; what is added to a "
            "token should stay between −1 and 1. What comes last?"
        ): (
            *_layout(lambda sines, cosines: np.arctan2(sines, cosines)),
            lambda steps, units, start: (
                (start + np.arange(steps))[:, np.newaxis] / 10_000 ** (2 * np.arange(units // 2) / units)
            ),
        ),
    },
    explanation="""\
D/2 clocks, from one that turns by 1 radian a step to one that turns by about 1/10,000; each gives a sine and a cosine,
so a position is a set of points on circles, and to go k steps on is to rotate every circle by its own fixed angle:
nothing in that depends on where one is. Positions and divisors meet by broadcasting, (T, 1) by (D/2,), and
`np.stack([np.sin(a), np.cos(a)], axis=2).reshape(T, D)` lays the two of a pair side by side. `start` is what a loop
that writes token by token must hand over: without it every new token stands at position 0. The formula does not end at
the trained length; whether a net can use angles that it has never seen is another matter.""",
    explain=_explain,
)
