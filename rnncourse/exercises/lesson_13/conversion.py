"""13.3: the weights of a GRU from another library or paper, in Keras' layout and convention."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_12 import foreign
from rnncourse.exercises.lesson_12.foreign import Places, Turn, Weights
from rnncourse.exercises.mistakes import where_it_fits

_KERAS = ["z", "r", "h"]
_ORDERS = (["r", "h", "z"], ["h", "z", "r"])
"""The orders that are not their own inverse."""

_in_blocks = partial(foreign.not_turned_in_blocks, gates=3)


def _foreign(rng: np.random.Generator, *, z_keeps: bool | None = None, **options: Any) -> Inputs:
    """``options``: of :func:`foreign.weights`."""
    case = foreign.weights(rng, orders=_ORDERS, **options)
    return case | {"z_keeps": bool(rng.integers(2)) if z_keeps is None else z_keeps}


def _number_by_number(
    w_ih: np.ndarray, w_hh: np.ndarray, b_ih: np.ndarray, b_hh: np.ndarray, order: list[str], z_keeps: bool
) -> Weights:
    units, features = w_hh.shape[1], w_ih.shape[1]
    kernel, recurrent_kernel, bias = (
        np.zeros((features, 3 * units)),
        np.zeros((units, 3 * units)),
        np.zeros((2, 3 * units)),
    )
    for place, gate in enumerate(_KERAS):
        sign = -1 if gate == "z" and not z_keeps else 1
        for unit in range(units):
            column, row = place * units + unit, order.index(gate) * units + unit
            for feature in range(features):
                kernel[feature, column] = sign * w_ih[row, feature]
            for before in range(units):
                recurrent_kernel[before, column] = sign * w_hh[row, before]
            bias[0, column], bias[1, column] = sign * b_ih[row], sign * b_hh[row]
    return kernel, recurrent_kernel, bias


def _blocks(array: np.ndarray) -> list[np.ndarray]:
    return np.split(array, 3)


def _converted(
    w_ih: np.ndarray,
    w_hh: np.ndarray,
    b_ih: np.ndarray,
    b_hh: np.ndarray,
    order: list[str],
    z_keeps: bool,
    *,
    places: Places = foreign.places,
    blocks: Callable[[np.ndarray], list[np.ndarray]] = _blocks,
    turn: Sequence[Turn] = (foreign.turned, foreign.turned),
    join: Callable[[np.ndarray, np.ndarray], np.ndarray] = lambda b_ih, b_hh: np.stack([b_ih, b_hh]),
    flips: Callable[[bool], bool] = lambda z_keeps: not z_keeps,
    flip: Turn = np.negative,
    flipped: tuple[str, ...] = ("w_ih", "w_hh", "b_ih", "b_hh"),
    gates: tuple[int, ...] = (0,),
) -> Weights:
    """``flip``: what is done to the blocks at ``gates`` of the arrays ``flipped``, where ``flips``."""
    given = {"w_ih": w_ih, "w_hh": w_hh, "b_ih": b_ih, "b_hh": b_hh}
    for name, array in given.items():
        parts = blocks(array)
        parts = [parts[place] for place in places(order, _KERAS)]
        if flips(z_keeps) and name in flipped:
            parts = [flip(part) if gate in gates else part for gate, part in enumerate(parts)]
        given[name] = np.concatenate(parts)
    return turn[0](given["w_ih"]), turn[1](given["w_hh"]), join(given["b_ih"], given["b_hh"])


def _turning(*turn: Turn) -> Callable[..., Weights | None]:
    return where_it_fits(partial(_converted, turn=turn))


def _joining(*join: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> tuple[Callable[..., Weights], ...]:
    return tuple(partial(_converted, join=each) for each in join)


def _explain(order: list[str], z_keeps: bool, **weights: np.ndarray) -> str:
    rows = foreign.rows_of(order, _KERAS, weights["w_hh"].shape[1])
    return f"Here stand {rows}, and z {'keeps' if z_keeps else 'writes'}."


CONVERSION = Exercise(
    id="13.3",
    title="A GRU from elsewhere",
    function="gru_to_keras",
    inputs=_foreign,
    edges=(
        partial(_foreign, features=3),
        partial(_foreign, units=1),
        partial(_foreign, order=("z", "r", "h"), z_keeps=False),
        partial(_foreign, order=("r", "z", "h"), z_keeps=True),
    ),
    reference=_number_by_number,
    returns={
        "kernel": ("feature", "column"),
        "recurrent_kernel": ("unit before", "column"),
        "bias": ("input or state", "column"),
    },
    mistakes={
        (
            "The blocks are right, but z still writes where it wrote before: nothing is done where z_keeps is False. "
            "Keras' z is 1 − theirs. What must happen to its score, so that σ gives one minus what it gave?"
        ): partial(_converted, flips=lambda z_keeps: False),
        (
            "You turn z round in every case, or where it keeps already. Keras' z keeps, too. In which of the two cases "
            "is there nothing to do?"
        ): (partial(_converted, flips=lambda z_keeps: True), partial(_converted, flips=lambda z_keeps: z_keeps)),
        (
            "You turn z round in some of the arrays only. Its score is a sum of four things: input times kernel, state "
            "times recurrent kernel, and two biases. How many of them change their sign?"
        ): tuple(
            partial(_converted, flipped=flipped)
            for flipped in (("w_ih",), ("w_ih", "w_hh"), ("b_ih", "b_hh"), ("w_ih", "w_hh", "b_ih"), ("w_hh",))
        ),
        (
            "You subtract weights from 1. It is the *gate* that becomes 1 − z. σ(−a) = 1 − σ(a): what does that ask of "
            "the weights?"
        ): (
            partial(_converted, flip=lambda part: 1 - part),
            partial(_converted, flip=lambda part: 1 - part, flipped=("b_ih", "b_hh")),
            partial(_converted, flip=lambda part: 1 - part, flipped=("w_ih", "w_hh")),
        ),
        (
            "More than z has changed its sign. The reset gate means the same everywhere, and so does the candidate. "
            "Which block alone is to be turned round?"
        ): (
            partial(_converted, gates=(0, 1)),
            partial(_converted, gates=(0, 1, 2)),
            partial(_converted, gates=(1,)),
            partial(_converted, gates=(2,)),
        ),
        (
            "The blocks stand in the order in which they came. Every shape is right, and every gate does another's "
            "work. Did you read order?"
        ): (
            partial(_converted, places=foreign.as_they_are),
            partial(_converted, places=foreign.as_they_are, flips=lambda z_keeps: False),
        ),
        (
            "You have turned the order round: a block goes to the place from which its gate should be fetched. For "
            "Keras' first place one must ask where *z* stands in order. Which of the two lists do you go through?"
        ): (
            partial(_converted, places=foreign.where_they_go),
            partial(_converted, places=foreign.where_they_go, flips=lambda z_keeps: False),
        ),
        (
            "Always PyTorch's order, r, z, h̃: only the first two blocks change places. That is one order of several. "
            "Where does the argument say that a gate stands?"
        ): partial(_converted, places=lambda order, keras: [1, 0, 2]),
        (
            "You take every third row for a gate, as if the three rows of a unit stood together. The rows of a *gate* "
            "stand together: how many are they?"
        ): partial(_converted, blocks=lambda array: [array[gate::3] for gate in range(3)]),
        (
            "The two biases are added, as one may do for an LSTM. Here the reset gate comes between them: it scales "
            "the candidate's second bias and not its first. Which shape has bias in Keras' GRU?"
        ): _joining(
            lambda b_ih, b_hh: b_ih + b_hh,
            lambda b_ih, b_hh: np.stack([b_ih + b_hh, np.zeros_like(b_hh)]),
        ),
        (
            "The two rows of bias have changed places. Only the candidate tells: r scales its second one. Which row "
            "goes with the input?"
        ): _joining(lambda b_ih, b_hh: np.stack([b_hh, b_ih])),
        (
            "The biases stand one behind the other, in a single row or side by side as columns. Keras keeps two rows, "
            "that of the input above that of the state. Which function lays arrays on top of each other?"
        ): _joining(lambda b_ih, b_hh: np.concatenate([b_ih, b_hh]), lambda b_ih, b_hh: np.stack([b_ih, b_hh], axis=1)),
        (
            "The kernels have the right shape, but were only reshaped: that reads the numbers on in rows and cuts them "
            "elsewhere. What turns a matrix over, so that rows become columns?"
        ): _turning(foreign.reshaped, foreign.reshaped),
        (
            "Your blocks stand side by side, but at least one kernel's were not turned: within a block rows are still "
            "units and columns what they read. They are square, so nothing warns you. Which axis should be that of the "
            "units?"
        ): (
            _turning(_in_blocks, _in_blocks),
            _turning(foreign.turned, _in_blocks),
            _turning(_in_blocks, foreign.turned),
        ),
        (
            "A kernel stands as it came, with a row for each unit. In Keras' layout a state is a row, h U, and a "
            "kernel has a column for each unit. What must be done to both?"
        ): (
            partial(_converted, turn=(lambda array: array,) * 2),
            partial(_converted, turn=(lambda array: array, foreign.turned)),
            partial(_converted, turn=(foreign.turned, lambda array: array)),
        ),
    },
    explanation="""\
As for an LSTM: reorder blocks, turn the kernels over. Two things are the GRU's own. *Two biases stay two*, since the
reset gate scales the second one of the candidate; this works for libraries whose reset gate stands after the product,
such as PyTorch. A GRU with the gate before it has another formula, and no weights turn it into this one: in Keras it
is `GRU(reset_after=False)`, with one bias. *What z means:* where a paper writes (1 − z) h + z h̃, σ(−a) = 1 − σ(a)
says that the sign of everything in z's score must change, and nothing else. Forget it, and the network still runs: it
keeps what it should write, and writes what it should keep.""",
    explain=_explain,
)
