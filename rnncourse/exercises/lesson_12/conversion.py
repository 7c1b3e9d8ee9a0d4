"""12.5: the weights of an LSTM from another library, in Keras' layout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise
from rnncourse.exercises.lesson_12 import foreign
from rnncourse.exercises.lesson_12.foreign import Places, Turn, Weights
from rnncourse.exercises.mistakes import where_it_fits

_KERAS = ["i", "f", "c", "o"]
_ORDERS = (["i", "o", "f", "c"], ["i", "c", "o", "f"], ["f", "c", "i", "o"], ["c", "i", "f", "o"], ["o", "i", "f", "c"])
"""Orders in which places and names cannot be mixed up without a change: none leads back to itself in two turns."""

_foreign = partial(foreign.weights, orders=_ORDERS)
_in_blocks = partial(foreign.not_turned_in_blocks, gates=4)


def _number_by_number(
    w_ih: np.ndarray, w_hh: np.ndarray, b_ih: np.ndarray, b_hh: np.ndarray, order: list[str]
) -> Weights:
    units, features = w_hh.shape[1], w_ih.shape[1]
    kernel, recurrent_kernel, bias = np.zeros((features, 4 * units)), np.zeros((units, 4 * units)), np.zeros(4 * units)
    for place, gate in enumerate(_KERAS):
        for unit in range(units):
            column, row = place * units + unit, order.index(gate) * units + unit
            for feature in range(features):
                kernel[feature, column] = w_ih[row, feature]
            for before in range(units):
                recurrent_kernel[before, column] = w_hh[row, before]
            bias[column] = b_ih[row] + b_hh[row]
    return kernel, recurrent_kernel, bias


def _blocks(array: np.ndarray) -> list[np.ndarray]:
    return np.split(array, 4)


def _converted(
    w_ih: np.ndarray,
    w_hh: np.ndarray,
    b_ih: np.ndarray,
    b_hh: np.ndarray,
    order: list[str],
    *,
    places: Sequence[Places] = (foreign.places,) * 3,
    join: Callable[[np.ndarray, np.ndarray], np.ndarray] = lambda b_ih, b_hh: b_ih + b_hh,
    blocks: Callable[[np.ndarray], list[np.ndarray]] = _blocks,
    turn: Sequence[Turn] = (foreign.turned, foreign.turned),
) -> Weights:
    """``places``: which block comes first, second … in kernel, recurrent kernel and bias; ``turn``: of both kernels."""
    arrays = []
    for array, places_of in zip((w_ih, w_hh, join(b_ih, b_hh)), places, strict=True):
        parts = blocks(array)
        arrays.append(np.concatenate([parts[place] for place in places_of(order, _KERAS)]))
    return turn[0](arrays[0]), turn[1](arrays[1]), arrays[2]


def _turning(*turn: Turn) -> Callable[..., Weights | None]:
    return where_it_fits(partial(_converted, turn=turn))


def _explain(order: list[str], **weights: np.ndarray) -> str:
    return f"Here stand {foreign.rows_of(order, _KERAS, weights['w_hh'].shape[1])}."


CONVERSION = Exercise(
    id="12.5",
    title="Weights from elsewhere",
    function="to_keras",
    inputs=_foreign,
    edges=(
        partial(_foreign, features=3),
        partial(_foreign, units=1),
        partial(_foreign, order=("i", "f", "c", "o")),
        partial(_foreign, order=("o", "c", "f", "i")),
    ),
    reference=_number_by_number,
    returns={
        "kernel": ("feature", "column"),
        "recurrent_kernel": ("unit before", "column"),
        "bias": ("column",),
    },
    mistakes={
        (
            "The blocks stand in the order in which they came. Every shape is right, and every gate does another's "
            "work. Which argument did you not use?"
        ): partial(_converted, places=(foreign.as_they_are,) * 3),
        (
            "You have turned the order round: a block goes to the place from which its gate should be fetched. For "
            "Keras' second place one must ask where *f* stands in order, not where the second of order stands in "
            "Keras. Which of the two lists do you go through?"
        ): partial(_converted, places=(foreign.where_they_go,) * 3),
        (
            "Only some of the arrays have their blocks in Keras' order. Kernel, recurrent kernel and bias have four "
            "each. Which of them did you leave as it was?"
        ): tuple(
            partial(_converted, places=[foreign.places if moved else foreign.as_they_are for moved in three])
            for three in ((1, 1, 0), (1, 0, 1), (0, 1, 1), (1, 0, 0), (0, 1, 0))
        ),
        (
            "The blocks stand in reverse. That fits one order of the many. Where does order say that a gate stands?"
        ): partial(_converted, places=(lambda order, keras: [3, 2, 1, 0],) * 3),
        (
            "You take every fourth row for a gate, as if the four rows of a unit stood together. The rows of a *gate* "
            "stand together: how many are they?"
        ): partial(_converted, blocks=lambda array: [array[gate::4] for gate in range(4)]),
        (
            "The kernels have the right shape, but were only reshaped: that reads the numbers on in rows and cuts them "
            "elsewhere. A row for each feature is wanted where there was a column. What turns a matrix over?"
        ): _turning(foreign.reshaped, foreign.reshaped),
        (
            "The blocks stand side by side, but none of them was turned: within a block rows are still units and "
            "columns what they read. The blocks are square, so nothing warns you. Which axis should be that of the "
            "units?"
        ): (
            _turning(_in_blocks, _in_blocks),
            _turning(foreign.turned, _in_blocks),
            _turning(_in_blocks, foreign.turned),
        ),
        (
            "The kernels stand as they came, a row for each unit. In Keras' layout a state is a row, h W, and a kernel "
            "has a column for each unit. What must be done to both?"
        ): (
            partial(_converted, turn=(lambda array: array,) * 2),
            partial(_converted, turn=(lambda array: array, foreign.turned)),
            partial(_converted, turn=(foreign.turned, lambda array: array)),
        ),
        (
            "Only one of the two biases has arrived. Both are added to the same scores, and Keras' LSTM has one place "
            "for them. What can you do with two numbers that are always added?"
        ): (
            partial(_converted, join=lambda b_ih, b_hh: b_ih),
            partial(_converted, join=lambda b_ih, b_hh: b_hh),
        ),
        (
            "Your bias is the mean of the two. In the library they came from, both are *added* to the scores. What "
            "single number does the same?"
        ): partial(_converted, join=lambda b_ih, b_hh: (b_ih + b_hh) / 2),
    },
    explanation="""\
Three conventions differ. *Rows or columns:* PyTorch and ONNX write W x, Keras x W, so both kernels are turned over.
*The order of the gates:* PyTorch has Keras' order, ONNX i, o, f, c, and books have others; `np.split(w, 4)` gives
blocks, and `order.index(gate)` says where the one for Keras' next place stands. The inverse of that permutation is the
classic mistake: some orders are their own inverse, so that a test with one of them finds nothing. *One bias or two:*
two that are always added are one. Most of these mistakes change no shape. So a conversion is not done before both
networks have given the same outputs for the same input.""",
    explain=_explain,
)
