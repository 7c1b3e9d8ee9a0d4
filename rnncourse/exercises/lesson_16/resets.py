"""16.1: which batches of a loop begin from zeros, and which of them should not, or should have."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs

Loop = dict[str, Any]
Audit = tuple[np.ndarray, int, int]
Seen = Callable[[np.ndarray], np.ndarray]
"""What a wrong probe says begins from zeros, of what does, both (N,)."""
_NEVER = 99
_KEEP = ((0.0, 0.0), (0.0, 0.0), (0.0, 0.0), (0.0, 1.0), (1.0, 0.0))


def _loop(
    rng: np.random.Generator,
    *,
    batches: int = 0,
    every: int = 0,
    at: int | None = None,
    keep: tuple[float, float] | None = None,
    each: int = 0,
) -> Inputs:
    """A loop, inputs to start from, and which of its batches begin a new sequence; what is left out is drawn.

    The loop multiplies h and c by ``keep`` before the batches ``at``, ``at`` + ``every``, …; a new sequence begins with
    every batch number that ``each`` divides, or where it is drawn.
    """
    batches = batches or int(rng.integers(5, 8))
    every = every or int(rng.choice([1, 2, 2, 3, 3, _NEVER]))
    at = int(rng.integers(0, 2)) % every if at is None else at
    keep = keep or _KEEP[int(rng.integers(0, len(_KEEP)))]
    new = np.arange(batches) % each == 0 if each else rng.random(batches) < 0.5
    new[0] = True
    x = rng.integers(1, 4, (batches, 3)) / 10
    return {"loop": {"every": every, "at": at, "keep": np.array(keep)}, "x": x, "new": new}


def run(loop: Loop, x: np.ndarray) -> np.ndarray:
    """The loop's outputs (N, T), without the rounding that the notebook's adds."""
    h, c, y = 0.0, 0.0, np.zeros(x.shape)
    for i in range(len(x)):
        if i % loop["every"] == loop["at"]:
            h, c = h * loop["keep"][0], c * loop["keep"][1]
        for t in range(x.shape[1]):
            c = 0.6 * c + 0.2 * h + x[i, t]
            h = np.tanh(c + 0.3 * h)
            y[i, t] = h
    return y


def _from_zero(loop: Loop, batches: int) -> np.ndarray:
    """By the loop's description, without running it."""
    emptied = not any(loop["keep"])
    return np.array([i == 0 or (emptied and i % loop["every"] == loop["at"]) for i in range(batches)])


def _leaks(new: np.ndarray, zero: np.ndarray) -> int:
    return sum(bool(begins) and not empty for begins, empty in zip(new, zero, strict=True))


def _forgets(new: np.ndarray, zero: np.ndarray) -> int:
    return sum(bool(empty) and not begins for begins, empty in zip(new, zero, strict=True))


def _audit(
    loop: Loop,
    x: np.ndarray,
    new: np.ndarray,
    *,
    seen: Seen = lambda zero: zero,
    leaks: Callable[[np.ndarray, np.ndarray], int] = _leaks,
    forgets: Callable[[np.ndarray, np.ndarray], int] = _forgets,
) -> Audit:
    zero = seen(_from_zero(loop, len(x)))
    return zero, int(leaks(new, zero)), int(forgets(new, zero))


def _seen_by(*seen: Seen) -> tuple[Callable[..., Audit], ...]:
    return tuple(partial(_audit, seen=each) for each in seen)


def _all(value: bool, first: bool) -> Seen:
    return lambda zero: np.array([first] + [value] * (len(zero) - 1))


def _behind_the_first(zero: np.ndarray) -> np.ndarray:
    """True for batch 0, and from the first reset after it on."""
    return np.array([True, *np.logical_or.accumulate(zero[1:])])


def _one_of_two_parts(loop: Loop, x: np.ndarray, new: np.ndarray, *, part: int) -> Audit:
    """One part of the state alone decides."""
    other = loop | {"keep": np.repeat(loop["keep"][part], 2)}
    return _audit(other, x, new)


def _explain(loop: Loop, x: np.ndarray, new: np.ndarray) -> str:
    zero = _from_zero(loop, len(x))
    places = [np.flatnonzero(each).tolist() for each in (new, zero)]
    return f"New sequences begin with the batches {places[0]}; from zeros begin the batches {places[1]}."


RESETS = Exercise(
    id="16.1",
    title="Does the loop reset its state?",
    function="audit",
    inputs=_loop,
    edges=(
        partial(_loop, batches=6, every=2, at=0, keep=(0.0, 0.0), each=2),
        partial(_loop, batches=5, every=_NEVER, at=0, keep=(0.0, 0.0), each=1),
        partial(_loop, batches=5, every=1, at=0, keep=(0.0, 0.0), each=9),
        partial(_loop, batches=6, every=2, at=1, keep=(0.0, 0.0), each=2),
        partial(_loop, batches=4, every=1, at=0, keep=(0.0, 1.0), each=1),
        partial(_loop, batches=4, every=2, at=0, keep=(1.0, 0.0), each=2),
        partial(_loop, batches=1, every=1, at=0, keep=(0.0, 0.0)),
    ),
    reference=_audit,
    returns={"from_zero": ("batch",), "leaks": (), "forgets": ()},
    mistakes={
        (
            "No batch seems to begin from zeros. Two calls on the same x differ by 1e-9 here, and a batch moves when "
            "it is changed itself. What do you change, and how far must an output move to count?"
        ): _seen_by(_all(False, False), _all(False, True)),
        (
            "Every batch seems to begin from zeros. The state goes from a batch to the *next* one, never back. Is what "
            "you change before the batch you look at, and is it a copy, so that the two runs differ?"
        ): _seen_by(_all(True, True)),
        (
            "You change the first batch alone and look how far that reaches. Behind the first reset nothing moves any "
            "more, whatever the loop does there. Which batch must you change to learn about batch i?"
        ): _seen_by(_behind_the_first),
        (
            "Your truth values are the wrong way round: where the outputs move, a state came over, and the batch did "
            "*not* begin from zeros. What does True mean in the task?"
        ): _seen_by(
            lambda zero: ~zero,
            lambda zero: np.array([True, *~zero[1:]]),
        ),
        (
            "Batch 0 does not begin from zeros in your result. Nothing came before it, so there is nothing to find by "
            "a probe. What does every loop begin with?"
        ): _seen_by(lambda zero: np.array([False, *zero[1:]])),
        (
            "Your entry i is about batch i + 1: it says what came of the change, not who was moved by it. Which of the "
            "two batches is the probe?"
        ): _seen_by(
            lambda zero: np.array([*zero[1:], True]),
            lambda zero: np.array([*zero[1:], False]),
        ),
        (
            "You read the description in place of running the loop, and took a half for the whole: a loop may empty h "
            "and forget c, as happens with an LSTM, or empty nothing at all. Change an input, and look at the outputs."
        ): (
            partial(_one_of_two_parts, part=0),
            partial(_one_of_two_parts, part=1),
            lambda loop, x, new: _audit(loop | {"keep": np.zeros(2)}, x, new),
        ),
        (
            "You say where a new sequence begins, not where the loop begins from zeros: that is what it should do. Did "
            "you run it?"
        ): lambda loop, x, new: (new, 0, 0),
        (
            "The two numbers have changed places. A *leak* is a new sequence that begins with an old state; the loop "
            "*forgets* where a sequence goes on, and its state does not."
        ): partial(_audit, leaks=_forgets, forgets=_leaks),
        (
            "You count all batches that do not begin from zeros as leaks. Where a sequence goes on, that is right. "
            "Which argument tells the two apart?"
        ): (
            partial(_audit, leaks=lambda new, zero: (~zero).sum()),
            partial(_audit, leaks=lambda new, zero: (~zero).sum(), forgets=lambda new, zero: zero.sum()),
        ),
        (
            "You count all batches that begin from zeros as forgotten. Where a new sequence begins, that is right. "
            "Which argument tells the two apart?"
        ): (
            partial(_audit, forgets=lambda new, zero: zero.sum()),
            partial(_audit, forgets=lambda new, zero: zero.sum() - 1),
        ),
        (
            "You count what is right: new sequences that begin from zeros, or old ones that go on. A leak and a "
            "forgotten state are where the two disagree."
        ): (
            partial(
                _audit,
                leaks=lambda new, zero: (new & zero).sum(),
                forgets=lambda new, zero: (~new & ~zero).sum(),
            ),
            partial(
                _audit,
                leaks=lambda new, zero: (~new & ~zero).sum(),
                forgets=lambda new, zero: (new & zero).sum(),
            ),
        ),
        ("You say *whether* the loop leaks and forgets, as 0 and 1. The task asks for how many batches."): partial(
            _audit,
            leaks=lambda new, zero: _leaks(new, zero) > 0,
            forgets=lambda new, zero: _forgets(new, zero) > 0,
        ),
        (
            "Leaks and forgotten states are added up. They are opposite errors, and are mended in opposite ways. Count "
            "each by itself."
        ): partial(
            _audit,
            leaks=lambda new, zero: (new != zero).sum(),
            forgets=lambda new, zero: (new != zero).sum(),
        ),
    },
    explanation="""\
Change batch i − 1, run the whole again, and see whether the outputs of batch i move by more than rounding. The other
way is as good: run batch i alone and compare; it agrees only if nothing came over. Either needs no look into the code,
so it finds a reset that comes one batch late, one that empties h and forgets c, and one that somebody moved into the
wrong loop. In your own project make a test of it, on two short sequences: no change of the first may move the second.
Training goes on in both cases and the loss falls; a leak only makes it a little worse than it could be, which is why
nobody notices.""",
    explain=_explain,
)
