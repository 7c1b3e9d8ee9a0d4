"""03.1: the states of a recurrent cell at every step of a batch of sequences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_02.cell import state, step, values, weights
from rnncourse.exercises.mistakes import where_it_fits

Cell = Callable[[np.ndarray, np.ndarray], np.ndarray]
Formula = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def _sequences(
    rng: np.random.Generator, *, sizes: tuple[int, int, int, int] | None = None, from_zero: bool = False
) -> Inputs:
    """As many sequences as steps and as many features as units: a wrong axis gives wrong numbers and no exception."""
    both = int(rng.integers(2, 4))
    batch, steps, features, units = sizes or (both, both, 2, 2)
    h0 = np.zeros((batch, units)) if from_zero else state(rng, batch, units)
    return {"x": values(rng, batch, steps, features), "h0": h0} | weights(rng, features, units)


def _unrolled(
    x: np.ndarray, h0: np.ndarray, kernel: np.ndarray, recurrent_kernel: np.ndarray, bias: np.ndarray
) -> np.ndarray:
    states, h = np.zeros((*x.shape[:2], len(bias))), h0
    for t in range(x.shape[1]):
        h = step(x[:, t], h, kernel, recurrent_kernel, bias)
        states[:, t] = h
    return states


def _simple(x_t: np.ndarray, h: np.ndarray, w: np.ndarray, u: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.tanh(x_t @ w + h @ u + b)


def _loop(
    loop: Callable[[np.ndarray, np.ndarray, Cell], list[np.ndarray] | np.ndarray], *, formula: Formula = _simple
) -> Callable[..., np.ndarray | None]:
    """A wrong loop: it gets x with time first, h0 and the cell; a list that it returns becomes (batch, time, units)."""

    @where_it_fits
    def wrong(
        x: np.ndarray, h0: np.ndarray, kernel: np.ndarray, recurrent_kernel: np.ndarray, bias: np.ndarray
    ) -> np.ndarray:
        states = loop(x.swapaxes(0, 1), h0, lambda x_t, h: formula(x_t, h, kernel, recurrent_kernel, bias))
        return np.stack(states, axis=1) if isinstance(states, list) else states

    return wrong


def _run(x: Sequence[np.ndarray], h: np.ndarray, cell: Cell) -> list[np.ndarray]:
    """The right loop: the state after each step."""
    states = []
    for x_t in x:
        h = cell(x_t, h)
        states.append(h)
    return states


def _with(formula: Formula) -> Callable[..., np.ndarray | None]:
    """The right loop around a wrong cell, in short names: x_t, h, kernel w, recurrent kernel u, bias b."""
    return _loop(_run, formula=formula)


UNROLL = Exercise(
    id="03.1",
    title="The loop over time",
    function="unroll",
    inputs=_sequences,
    edges=(
        partial(_sequences, sizes=(1, 4, 3, 2)),
        partial(_sequences, sizes=(3, 1, 1, 2)),
        partial(_sequences, sizes=(2, 3, 2, 1)),
        partial(_sequences, sizes=(2, 3, 2, 2), from_zero=True),
    ),
    reference=_unrolled,
    returns={"states": ("sequence", "step", "unit")},
    mistakes={
        (
            "Every state stands one step too late: first comes h0, and the last state is missing. A read-out at step t "
            "would not have seen x_t yet. What happens first in a round of your loop, the update or the storing?"
        ): _loop(lambda x, h, cell: [h, *_run(x, h, cell)[:-1]]),
        (
            "There is one step too many: h0 stands in front of the T states. It is given, not made by a step, and a "
            "read-out with T targets would no longer line up. Which of your states is the one after x_0?"
        ): _loop(lambda x, h, cell: [h, *_run(x, h, cell)]),
        (
            "Every step begins from h0: nothing is carried from one step to the next, and step 5 does not know that "
            "step 4 happened. What must the state be called, so that the next round of the loop finds it?"
        ): _loop(lambda x, h, cell: [cell(x_t, h) for x_t in x]),
        (
            "Every step begins from a state of zeros: each input is seen alone, as by a dense layer. Is the state set "
            "to its beginning inside the loop, where it belongs before it?"
        ): (
            _loop(lambda x, h, cell: [cell(x_t, 0 * h) for x_t in x]),
            _loop(lambda x, h, cell: [cell(x[0], h), *(cell(x_t, 0 * h) for x_t in x[1:])]),
        ),
        (
            "The initial state h0 does not count: the sequence begins from zeros. If you read the state before from "
            "the array of results, look at step 0: index −1 is its last entry, and that still holds zeros. Where must "
            "h0 come in?"
        ): _loop(lambda x, h, cell: _run(x, 0 * h, cell)),
        (
            "Only the last state comes back. That is return_sequences=False; the task asks for the state after every "
            "step. Where in the loop do you put each away?"
        ): (
            _loop(lambda x, h, cell: _run(x, h, cell)[-1]),
            _loop(lambda x, h, cell: _run(x, h, cell)[-1:]),
        ),
        (
            "All steps show the same state, the last one. A list that holds one array T times, changed in place each "
            "time, looks like that: every entry is the same array. Does your step make a new array?"
        ): _loop(lambda x, h, cell: [_run(x, h, cell)[-1]] * len(x)),
        (
            "Time comes first in the result, the batch second. A list of states has the step as its first axis, and "
            "reshape only cuts the numbers anew, it does not exchange axes. What puts the list's entries along axis 1?"
        ): _loop(lambda x, h, cell: np.array(_run(x, h, cell))),
        (
            "You loop over the batch, not over time: x[0] is the first sequence, not the first step. The steps of a "
            "sequence are then taken for a batch, and its state passes to the next sequence. Which index is the step?"
        ): (
            _loop(lambda x, h, cell: _run([x[:, i] for i in range(len(x))], h, cell)),
            _loop(lambda x, h, cell: np.array(_run([x[:, i] for i in range(len(x))], h, cell))),
        ),
        (
            "The sequence is read from its end to its beginning. Some layers do so (go_backwards), but then a state "
            "knows only what comes later. In which order does your loop take the steps?"
        ): (
            _loop(lambda x, h, cell: _run(x[::-1], h, cell)),
            _loop(lambda x, h, cell: _run(x[::-1], h, cell)[::-1]),
        ),
        (
            "Every step reads the first input again. The state moves, but the sequence is not followed. Which index "
            "does not change with the step?"
        ): _loop(lambda x, h, cell: _run([x[0]] * len(x), h, cell)),
        (
            "The last step is missing or zero. A range does not include its end: which steps does yours name when T is "
            "3?"
        ): (
            _loop(lambda x, h, cell: _run(x, h, cell)[:-1]),
            _loop(lambda x, h, cell: [*_run(x, h, cell)[:-1], 0 * h]),
        ),
        (
            "The first step is missing or zero: x_0 is never read. If your loop begins at 1 because it looks back at t "
            "− 1, what stands before step 0 is h0."
        ): (
            _loop(lambda x, h, cell: _run(x[1:], h, cell)),
            _loop(lambda x, h, cell: [0 * h, *_run(x[1:], h, cell)]),
            _loop(lambda x, h, cell: [0 * h, *_run(x[1:], 0 * h, cell)]),
            _loop(lambda x, h, cell: [h, *_run(x[1:], h, cell)]),
        ),
        (
            "The recurrent kernel is transposed. It is square, so nothing warns you, and step 0 looks almost right; "
            "from step to step the states go further astray. On which side of W_h does a row of states stand?"
        ): _with(lambda x, h, w, u, b: np.tanh(x @ w + h @ u.T + b)),
        (
            "The kernel is transposed: with as many features as units nothing warns you. In Keras' layout it has a row "
            "for each feature and a column for each unit."
        ): _with(lambda x, h, w, u, b: np.tanh(x @ w.T + h @ u + b)),
        (
            "The loop is right, but its cell lacks the tanh. After many steps a linear state has either grown without "
            "bound or died out. What stands in front of the bracket in the formula?"
        ): _with(lambda x, h, w, u, b: x @ w + h @ u + b),
        (
            "The loop is right, but its cell lacks the bias. Look at the three terms of the formula: the third one is "
            "the same at every step."
        ): _with(lambda x, h, w, u, b: np.tanh(x @ w + h @ u)),
        (
            "Each state is the sum of all steps so far: you add to the old state what the step gives. Then a state can "
            "grow without bound. The cell replaces its state; what it keeps of the old one is decided by W_h."
        ): _with(lambda x, h, w, u, b: h + np.tanh(x @ w + h @ u + b)),
    },
    explanation="""\
The loop has three parts: before it, the state is h0; in it, the cell makes a new state of x_t and the old one; and
the new state is kept, both for the result and for the next round. The same three weights serve every round, so their
number does not depend on T. The batch is not looped over, since its sequences do not wait for each other, but the
steps do: h_t needs h_{t−1}. That is why the loop over time is the one that remains. The part that needs no state, x
W_x + b, is one product for all steps at once, before the loop.""",
)
