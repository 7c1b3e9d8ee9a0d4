"""14.3: a bidirectional layer, made of two passes over padded sequences."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_02.cell import step, values, weights

Direction = list[np.ndarray]
"""Kernel (D, H), recurrent kernel (H, H) and bias (H,) of one direction."""
States = np.ndarray
"""(B, T, H)."""


def _sentences(
    rng: np.random.Generator, *, lengths: tuple[int, ...] = (), sizes: tuple[int, int] = (2, 2), steps: int = 0
) -> Inputs:
    """Sequences of different lengths, padded at the end by numbers that are not 0; all sizes but time are 2."""
    features, units = sizes
    steps = steps or int(rng.integers(3, 5))
    lengths = lengths or tuple(int(n) for n in rng.permutation([steps, int(rng.integers(1, steps))]))
    x = values(rng, len(lengths), max(steps, *lengths), features)
    directions = [list(weights(rng, features, units).values()) for _ in range(2)]
    return {"x": x, "lengths": np.array(lengths), "forwards": directions[0], "backwards": directions[1]}


def _row_by_row(x: np.ndarray, lengths: np.ndarray, forwards: Direction, backwards: Direction) -> np.ndarray:
    units = len(forwards[2])
    outputs = np.zeros((*x.shape[:2], 2 * units))
    for row, length in enumerate(lengths.tolist()):
        for first, order, direction in ((0, range(length), forwards), (units, range(length - 1, -1, -1), backwards)):
            h = np.zeros((1, units))
            for t in order:
                h = step(x[row : row + 1, t], h, *direction)
                outputs[row, t, first : first + units] = h[0]
    return outputs


def _real(x: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    return np.arange(x.shape[1]) < lengths[:, np.newaxis]


def _pass(x: np.ndarray, mask: np.ndarray, direction: Direction, begin: np.ndarray | None = None) -> States:
    """The states of one direction in the order of ``x``; where the mask is False the state is left as it is."""
    kernel, recurrent_kernel, bias = direction
    h = np.zeros((len(x), len(bias))) if begin is None else begin
    states = []
    for t in range(x.shape[1]):
        h = np.where(mask[:, t : t + 1], np.tanh(x[:, t] @ kernel + h @ recurrent_kernel + bias), h)
        states.append(h)
    return np.stack(states, axis=1)


def _backwards(x: np.ndarray, mask: np.ndarray, direction: Direction) -> States:
    """At their own steps."""
    return _pass(x[:, ::-1], mask[:, ::-1], direction)[:, ::-1]


def _turned(x: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Each row's real steps turned round, its padding left where it is."""
    return np.stack([np.concatenate([row[:n][::-1], row[n:]]) for row, n in zip(x, lengths.tolist(), strict=True)])


def _layer(
    x: np.ndarray,
    lengths: np.ndarray,
    forwards: Direction,
    backwards: Direction,
    *,
    ahead: Callable[..., States] = lambda x, lengths, direction: _pass(x, _real(x, lengths), direction),
    back: Callable[..., States] = lambda x, lengths, direction: _backwards(x, _real(x, lengths), direction),
    join: Callable[[States, States], np.ndarray] = lambda one, other: np.concatenate([one, other], axis=2),
    padding: bool = False,
) -> np.ndarray:
    """``ahead`` and ``back``: the states of each direction; ``padding``: outputs at padded steps are left."""
    outputs = join(ahead(x, lengths, forwards), back(x, lengths, backwards))
    return outputs if padding else outputs * _real(x, lengths)[..., np.newaxis]


def _back_by(*back: Callable[..., States]) -> tuple[Callable[..., np.ndarray], ...]:
    return tuple(partial(_layer, back=each) for each in back)


def _everything(x: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    return np.ones(x.shape[:2], dtype=bool)


def _from_the_end_of_forwards(
    x: np.ndarray, lengths: np.ndarray, forwards: Direction, backwards: Direction
) -> np.ndarray:
    mask = _real(x, lengths)
    ahead = _pass(x, mask, forwards)
    back = _pass(x[:, ::-1], mask[:, ::-1], backwards, begin=ahead[:, -1])[:, ::-1]
    return np.concatenate([ahead, back], axis=2) * mask[..., np.newaxis]


def _final_state(x: np.ndarray, lengths: np.ndarray, direction: Direction) -> States:
    return np.repeat(_backwards(x, _real(x, lengths), direction)[:, :1], x.shape[1], axis=1)


def _explain(x: np.ndarray, lengths: np.ndarray, forwards: Direction, backwards: Direction) -> str:
    last = int(lengths[0]) - 1
    units = len(forwards[2])
    begins = _row_by_row(x, lengths, forwards, backwards)[0, last, units:].round(3).tolist()
    return f"Row 0 has its last real step at {last}; its backwards state begins there, with {begins}."


BOTH_WAYS = Exercise(
    id="14.3",
    title="Both ways by hand",
    function="both_ways",
    inputs=_sentences,
    edges=(
        partial(_sentences, lengths=(3, 3), steps=3),
        partial(_sentences, lengths=(1, 1), steps=1),
        partial(_sentences, lengths=(2, 0), steps=2),
        partial(_sentences, lengths=(3, 1, 2), sizes=(1, 2), steps=4),
    ),
    reference=_row_by_row,
    returns={"outputs": ("row", "step", "unit")},
    mistakes={
        (
            "Your backwards states stand in the order in which they were made, from the last step to the first. At "
            "step t belongs the state that has read t and all after it. What must be turned round once more?"
        ): _back_by(
            lambda x, lengths, direction: _backwards(x, _real(x, lengths), direction)[:, ::-1],
            lambda x, lengths, direction: _turned(_backwards(x, _real(x, lengths), direction), lengths),
        ),
        (
            "Your backwards pass begins in the padding: it has read numbers that mean nothing before it meets the last "
            "real step. Where does each row begin?"
        ): (
            *_back_by(lambda x, lengths, direction: _backwards(x, _everything(x, lengths), direction)),
            partial(
                _layer,
                ahead=lambda x, lengths, direction: _pass(x, _everything(x, lengths), direction),
                back=lambda x, lengths, direction: _backwards(x, _everything(x, lengths), direction),
                padding=True,
            ),
        ),
        (
            "Both of your passes read from the first step on. The second one must read from the last real step to the "
            "first. Which of your arrays is turned round?"
        ): _back_by(lambda x, lengths, direction: _pass(x, _real(x, lengths), direction)),
        (
            "Both directions have the same weights in your layer. They are two cells that share nothing. Which "
            "argument did you not use?"
        ): (
            lambda x, lengths, forwards, backwards: _layer(x, lengths, forwards, forwards),
            lambda x, lengths, forwards, backwards: _layer(x, lengths, backwards, backwards),
        ),
        (
            "The two halves have changed places: first come the H forwards units, then the backwards ones. In which "
            "order do you join them?"
        ): (
            partial(_layer, join=lambda one, other: np.concatenate([other, one], axis=2)),
            lambda x, lengths, forwards, backwards: _layer(x, lengths, backwards, forwards),
        ),
        (
            "The two states are added or averaged. Keras can do that with `merge_mode`; the task wants them side by "
            "side, so that what comes next can weigh each. Which axis grows?"
        ): (
            partial(_layer, join=lambda one, other: one + other),
            partial(_layer, join=lambda one, other: (one + other) / 2),
        ),
        (
            "The backwards states follow the forwards ones in time. They belong side by side: each step has one of "
            "each. Along which axis do you join?"
        ): partial(_layer, join=lambda one, other: np.concatenate([one, other], axis=1), padding=True),
        (
            "The backwards pass begins with the last forwards state. Then it knows the whole sequence from its first "
            "step on. Both directions begin from zeros. Is h set anew between your loops?"
        ): _from_the_end_of_forwards,
        (
            "Your backwards state is its final one, repeated at every step. That is what `return_sequences=False` "
            "gives; here each step gets the state made at it. Which states did you keep?"
        ): _back_by(_final_state),
        (
            "Right at the real steps, but at padded ones stand states, not zeros. The task wants zeros there, so that "
            "nobody takes them for an answer. What do you do with the steps from `lengths` on?"
        ): (
            partial(_layer, padding=True),
            partial(
                _layer, ahead=lambda x, lengths, direction: _pass(x, _everything(x, lengths), direction), padding=True
            ),
            partial(
                _layer,
                back=lambda x, lengths, direction: (
                    _backwards(x, _real(x, lengths), direction) * _real(x, lengths)[..., np.newaxis]
                ),
                padding=True,
            ),
        ),
        (
            "Each direction reads one step too few: its loop ends before the last step that it should read. How many "
            "steps has a row with `lengths` of 3?"
        ): lambda x, lengths, forwards, backwards: _layer(x, np.maximum(lengths - 1, 0), forwards, backwards),
    },
    explanation="""\
Two passes that know nothing of each other, one over each row's real steps, one over the same steps turned round, whose
states are turned back before they are joined. Forgetting that second turn is the classic bug: shapes agree, nothing
warns, and at step t stands a state that belongs to T − 1 − t. The second is padding: forwards it comes last and does
little harm, backwards it comes *first*. Keras' `Bidirectional` does both turns for you, and skips the padding if it is
given a mask; without one it begins in the padding.""",
    explain=_explain,
)
