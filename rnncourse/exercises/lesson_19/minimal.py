"""19.4: the minimal GRU, written as a linear recurrence."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.formulas import Formula, worked_out
from rnncourse.exercises.lesson_04.arrays import numbers
from rnncourse.exercises.lesson_12.cell import sigmoid, sigmoid_by_exponentials
from rnncourse.exercises.lesson_19.scanning import Scanned, walk
from rnncourse.exercises.mistakes import where_it_fits
from rnncourse.exercises.plain_data import show


def _sequence(rng: np.random.Generator, *, sizes: tuple[int, int, int] = (4, 2, 2), empty: bool = False) -> Inputs:
    """As many features as units, so that a wrong layout gives wrong numbers and no exception."""
    steps, features, units = sizes
    return {
        "x": 2 * numbers(rng, steps, features),
        "initial_state": np.zeros(units) if empty else 3 * numbers(rng, units),
        "kernel": 2 * numbers(rng, features, 2 * units),
        "bias": numbers(rng, 2 * units),
    }


def _large(rng: np.random.Generator) -> Inputs:
    """Scores of many thousands, of either sign."""
    return _sequence(rng) | {"x": 20000.0 * np.array([[1, -1], [-1, 1], [1, -1]])}


def _unit_by_unit(x: np.ndarray, initial_state: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> Scanned:
    units = len(initial_state)
    decay, inputs, states = (np.zeros((len(x), units)) for _ in range(3))
    for k in range(units):
        h = float(initial_state[k])
        for t, x_t in enumerate(x.tolist()):
            score, candidate = (
                math.fsum([*(a * w for a, w in zip(x_t, kernel[:, column], strict=True)), bias[column]])
                for column in (k, units + k)
            )
            z = 0.5 + 0.5 * math.tanh(score / 2)
            decay[t, k], inputs[t, k] = 0.5 - 0.5 * math.tanh(score / 2), z * candidate
            h = decay[t, k] * h + inputs[t, k]
            states[t, k] = h
    return decay, inputs, states


_RIGHT: dict[str, Formula] = {
    "kernels": lambda s: np.split(s.kernel, 2, axis=1),
    "biases": lambda s: np.split(s.bias, 2),
    "score": lambda s: s.x @ s.kernels[0] + s.biases[0],
    "z": lambda s: sigmoid(s.score),
    "candidate": lambda s: s.x @ s.kernels[1] + s.biases[1],
    "decay": lambda s: 1 - s.z,
    "inputs": lambda s: s.z * s.candidate,
    "states": lambda s: walk(s.decay, s.inputs, s.initial_state),
}
"""Each line, from the names of the arguments and of the lines before it."""


def _with(**changes: Formula) -> Callable[..., Scanned | None]:
    """The cell with some lines changed."""

    @where_it_fits
    def run(**case: np.ndarray) -> Scanned:
        s = worked_out(_RIGHT | changes, case)
        return s.decay, s.inputs, s.states

    return run


def _scores(x_t: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> list[np.ndarray]:
    return np.split(x_t @ kernel + bias, 2)


def _bent(decay: np.ndarray, inputs: np.ndarray, h: np.ndarray) -> np.ndarray:
    """A tanh around each step."""
    states = []
    for a, b in zip(decay, inputs, strict=True):
        h = np.tanh(a * h + b)
        states.append(h)
    return np.array(states)


def _candidates(x: np.ndarray, initial_state: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return (x @ kernel + bias)[:, len(initial_state) :]


@where_it_fits
def _with_state_in_gate(
    x: np.ndarray, initial_state: np.ndarray, kernel: np.ndarray, bias: np.ndarray, *, candidate_too: bool
) -> Scanned:
    """What is read is x_t + h_{t−1}."""
    h, rows = initial_state, []
    for x_t in x:
        read = _scores(x_t + h, kernel, bias)
        z, candidate = sigmoid(read[0]), (read if candidate_too else _scores(x_t, kernel, bias))[1]
        h = (1 - z) * h + z * candidate
        rows.append((1 - z, z * candidate, h))
    return tuple(np.array(part) for part in zip(*rows, strict=True))


def _explain(x: np.ndarray, initial_state: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> str:
    score, candidate = _scores(x[0], kernel, bias)
    parts = {"z": sigmoid(score), "h̃": candidate}
    told = " and ".join(f"{name} = {show(np.round(part, 3).tolist())}" for name, part in parts.items())
    return f"At step 0 of this input {told}."


MINIMAL = Exercise(
    id="19.4",
    title="The minimal GRU",
    function="min_gru",
    inputs=_sequence,
    edges=(
        partial(_sequence, sizes=(5, 3, 2)),
        partial(_sequence, sizes=(3, 1, 3)),
        partial(_sequence, sizes=(1, 2, 1)),
        partial(_sequence, empty=True),
        _large,
    ),
    reference=_unit_by_unit,
    returns={"decay": ("step", "unit"), "inputs": ("step", "unit"), "states": ("step", "unit")},
    mistakes={
        (
            "Your z keeps, as in Keras' GRU. In the paper of the minimal GRU, and here, z = 1 takes the new. Trained "
            "from the start either does; with weights from elsewhere only one. What stands before the old state?"
        ): (
            _with(decay=lambda s: s.z, inputs=lambda s: (1 - s.z) * s.candidate),
            _with(score=lambda s: -(s.x @ s.kernels[0] + s.biases[0])),
        ),
        (
            "The state is in your gate, or in the candidate as well: they read x_t and what was before it. Then step "
            "t + 1 must wait for step t, and nothing can be scanned. What do z and h̃ know here?"
        ): (
            partial(_with_state_in_gate, candidate_too=False),
            partial(_with_state_in_gate, candidate_too=True),
        ),
        (
            "The candidate has passed a tanh, as in a GRU. The minimal GRU leaves it out: what goes in is an average "
            "of candidates, and cannot run away. What is h̃ in the formula?"
        ): _with(candidate=lambda s: np.tanh(s.x @ s.kernels[1] + s.biases[1])),
        (
            "The new state has passed a tanh, at each step or at the end. Then the recurrence is not linear any more, "
            "and two steps are not one of the same kind. What stands around the last line?"
        ): (
            _with(states=lambda s: np.tanh(walk(s.decay, s.inputs, s.initial_state))),
            _with(states=lambda s: _bent(s.decay, s.inputs, s.initial_state)),
        ),
        (
            "The candidate has passed the sigmoid as well, so that nothing negative can be written. It is a value, not "
            "a gate. Which half of the scores is the gate's?"
        ): _with(candidate=lambda s: sigmoid(s.x @ s.kernels[1] + s.biases[1])),
        (
            "Gate and candidate have changed places. The first H columns of kernel and bias are those of z. Which half "
            "did you take?"
        ): _with(
            kernels=lambda s: np.split(s.kernel, 2, axis=1)[::-1],
            biases=lambda s: np.split(s.bias, 2)[::-1],
        ),
        (
            "You take every second column, as if z and h̃ of a unit stood side by side. First come the columns of z "
            "for all units. How long is a block?"
        ): _with(
            kernels=lambda s: [s.kernel[:, ::2], s.kernel[:, 1::2]],
            biases=lambda s: [s.bias[::2], s.bias[1::2]],
        ),
        (
            "The bias is missing, in the gate, in the candidate or in both. Which argument did you not use, or which "
            "half of it?"
        ): (
            _with(biases=lambda s: [0.0, 0.0]),
            _with(biases=lambda s: [0.0, np.split(s.bias, 2)[1]]),
            _with(biases=lambda s: [np.split(s.bias, 2)[0], 0.0]),
        ),
        (
            "Your gate is the score itself, or has passed a tanh. Open and shut are 1 and 0, and 1 − z must lie "
            "between them. Which function does that?"
        ): (_with(z=lambda s: s.score), _with(z=lambda s: np.tanh(s.score))),
        (
            "What is kept and what is written do not share: one of them is taken whole, or both by z. They should add "
            "up to 1. What stands before h̃, and what before the old state?"
        ): (
            _with(inputs=lambda s: s.candidate),
            _with(decay=lambda s: s.z),
            _with(decay=lambda s: np.ones_like(s.z)),
            _with(inputs=lambda s: (1 - s.z) * s.candidate),
        ),
        (
            "The states begin at 0. Something was read before this piece, and `initial_state` says what is left of it. "
            "What stands for the state before step 0?"
        ): _with(states=lambda s: walk(s.decay, s.inputs)),
        (
            "Your states do not run on: every step starts from the initial state. Which state is the old one at step t?"
        ): _with(states=lambda s: s.decay * s.initial_state + s.inputs),
        (
            "Your states are the states *before* each step: the first is the initial one, and the last is missing. Is "
            "the state noted before or after it is changed?"
        ): _with(
            states=lambda s: np.concatenate(
                [s.initial_state[np.newaxis], walk(s.decay, s.inputs, s.initial_state)[:-1]]
            )
        ),
        (
            "The states are right, but the parts are not: the task asks for 1 − z and z ⊙ h̃, what a scan is given, and "
            "not for z and h̃ themselves. What are a_t and b_t of the linear recurrence?"
        ): (
            lambda **case: (1 - _with()(**case)[0], *_with()(**case)[1:]),
            lambda **case: (_with()(**case)[0], _candidates(**case), _with()(**case)[2]),
            lambda **case: (1 - _with()(**case)[0], _candidates(**case), _with()(**case)[2]),
        ),
        (
            "The three results stand in another order: first the decays, then the inputs, then the states. Which is "
            "which?"
        ): (
            lambda **case: _with()(**case)[::-1],
            lambda **case: tuple(_with()(**case)[place] for place in (1, 0, 2)),
            lambda **case: tuple(_with()(**case)[place] for place in (2, 0, 1)),
        ),
        (
            "Right but for large inputs, where NaN appears: exp(a) / (1 + exp(a)) divides infinity by infinity. "
            "Neither 1 / (1 + exp(−a)) nor (1 + tanh(a / 2)) / 2 does. Which form do you use?"
        ): _with(z=lambda s: sigmoid_by_exponentials(s.score)),
    },
    explanation="""\
One product `x @ kernel + bias` for *all* steps at once: nothing in it waits for a state. Its first half makes z, its
second h̃; a = 1 − z and b = z ⊙ h̃ are known for every step before the recurrence begins, which is why a scan can
run it (19.1, 19.3). What it cost: the gate cannot look at what is in memory before it decides, and h̃ no longer depends
on it, so one layer can do less than a GRU, and several are stacked. The tanh is not missed: h is an average of
the candidates and of the initial state, and stays between the smallest and the largest of them.""",
    explain=_explain,
)
