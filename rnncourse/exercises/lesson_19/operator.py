"""19.1: two steps of a linear recurrence in one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_04.arrays import numbers

Steps = tuple[np.ndarray, np.ndarray]
Combine = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], Steps]
"""Decay and input of one step, of those of the first and of the second."""


def _steps(rng: np.random.Generator, *, steps: int = 0, units: int = 0, zero: bool = False) -> Inputs:
    """An even or an odd number of steps, at least 4; ``zero``: the second step forgets all."""
    steps = steps or int(rng.integers(2, 5)) * 2 + int(rng.integers(0, 2))
    units = units or int(rng.integers(2, 4))
    case = {"decay": numbers(rng, steps, units), "inputs": 10 * numbers(rng, steps, units)}
    if zero:
        case["decay"][1] = 0.0
    return case


def _by_running(decay: np.ndarray, inputs: np.ndarray) -> Steps:
    """A pair's input is where it brings a state of 0, its decay how far a state of 1 ends from there."""
    decays, added = [], []
    for t in range(0, len(decay), 2):
        ends = []
        for state in (0.0, 1.0):
            h = np.full(decay.shape[1], state)
            for step in range(t, min(t + 2, len(decay))):
                h = decay[step] * h + inputs[step]
            ends.append(h)
        added.append(ends[0])
        decays.append(ends[1] - ends[0])
    return np.array(decays), np.array(added)


def _combined(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> Steps:
    return a * c, c * b + d


def _pairs(
    decay: np.ndarray,
    inputs: np.ndarray,
    *,
    combine: Combine = _combined,
    rest: Callable[[np.ndarray, np.ndarray], Steps] = lambda a, b: (a, b),
) -> Steps:
    """``rest``: what becomes of a last step without a partner, (0, H) or (1, H) each."""
    even = len(decay) // 2 * 2
    pairs = combine(decay[:even:2], inputs[:even:2], decay[1::2], inputs[1::2])
    single = rest(decay[even:], inputs[even:])
    return tuple(np.concatenate(parts) for parts in zip(pairs, single, strict=True))


def _by(*combine: Combine) -> tuple[Callable[..., Steps], ...]:
    return tuple(partial(_pairs, combine=each) for each in combine)


def _halves(decay: np.ndarray, inputs: np.ndarray) -> Steps:
    """Step t with step t + T/2, the middle one of an odd number last."""
    half = len(decay) // 2
    pairs = _combined(decay[:half], inputs[:half], decay[half : 2 * half], inputs[half : 2 * half])
    return np.concatenate([pairs[0], decay[2 * half :]]), np.concatenate([pairs[1], inputs[2 * half :]])


def _neighbours(decay: np.ndarray, inputs: np.ndarray) -> Steps:
    """Every step with the next one, so that all but two stand in two pairs."""
    return _combined(decay[:-1], inputs[:-1], decay[1:], inputs[1:])


def _explain(decay: np.ndarray, inputs: np.ndarray) -> str:
    (a, c), (b, d) = decay[:2, 0], inputs[:2, 0]
    return (
        f"Unit 0 goes from h to {a:g} h + {b:g}, and then to {c:g} ({a:g} h + {b:g}) + {d:g}: multiply that out."
        if len(decay) > 1
        else "One step alone stays as it is."
    )


OPERATOR = Exercise(
    id="19.1",
    title="Two steps in one",
    function="combine_pairs",
    inputs=_steps,
    edges=(
        partial(_steps, steps=2),
        partial(_steps, steps=3, units=1),
        partial(_steps, steps=6, zero=True),
        partial(_steps, steps=5),
    ),
    reference=_by_running,
    returns={"decay": ("pair", "unit"), "inputs": ("pair", "unit")},
    mistakes={
        (
            "First and second have changed places: the first input is not decayed, and the second one is, by a decay "
            "that was over before it came. Products of decays do not show it. Which input is still there when the "
            "second step comes?"
        ): _by(lambda a, b, c, d: (a * c, a * d + b)),
        (
            "The first input is multiplied by the first decay. That one belongs to the state before; the input comes "
            "behind it and meets the *second*. What is c · (a h + b) + d?"
        ): _by(lambda a, b, c, d: (a * c, a * b + d)),
        (
            "The decays are added. A state that keeps a half and then a half has a quarter. What is c · (a h + b) "
            "without its brackets?"
        ): _by(
            lambda a, b, c, d: (a + c, c * b + d),
            lambda a, b, c, d: (a + c, b + d),
        ),
        (
            "The inputs are added as they are. The first one has been there for a step more, and only a part of it is "
            "left. By what is it multiplied?"
        ): _by(lambda a, b, c, d: (a * c, b + d)),
        (
            "The inputs are multiplied with each other. Each of them is added to the state at its step, and only "
            "decays multiply. Which of the two stands in front of a bracket?"
        ): _by(lambda a, b, c, d: (a * c, b * d), lambda a, b, c, d: (a * c, c * b * d)),
        (
            "Both inputs are decayed. What is added last meets no decay any more in this pair. Which of them is "
            "multiplied by the second decay?"
        ): _by(
            lambda a, b, c, d: (a * c, c * (b + d)),
            lambda a, b, c, d: (a * c, c * b + a * d),
            lambda a, b, c, d: (a * c, a * b + c * d),
        ),
        (
            "The first input is decayed twice, by a and by c. Between it and the end of the pair stands one decay "
            "only. Which?"
        ): _by(lambda a, b, c, d: (a * c, a * c * b + d)),
        (
            "One of the two steps is missing: the decay or the input is that of a single one. What has become of a "
            "state after *both*?"
        ): _by(
            lambda a, b, c, d: (a * c, d),
            lambda a, b, c, d: (c, c * b + d),
            lambda a, b, c, d: (a, c * b + d),
            lambda a, b, c, d: (a * c, c * b),
        ),
        (
            "The two results have changed places. Which does the task want first, the decays or the inputs?"
        ): lambda **case: _pairs(**case)[::-1],
        (
            "The pairs are not neighbours: step t stands with t + T/2. What lies between the two would be left out. "
            "Which steps are pair 0?"
        ): _halves,
        (
            "Your pairs overlap: 0 with 1, 1 with 2, and so on. Then most steps count twice. How many pairs do T steps "
            "make?"
        ): _neighbours,
        (
            "Right for an even number of steps; of an odd one the last step is lost. It has no partner, and is not to "
            "be forgotten for that. What is it alone?"
        ): partial(_pairs, rest=lambda a, b: (a[:0], b[:0])),
        (
            "Right for an even number of steps; of an odd one the last step is combined with itself, as if it came "
            "twice. Which step changes nothing: what decay, and what input has it?"
        ): partial(_pairs, rest=lambda a, b: (a * a, a * b + b)),
        (
            "Right for an even number of steps; of an odd one the last step is combined with zeros. A decay of 0 is "
            "not nothing, it forgets all. Which step changes nothing: what decay, and what input has it?"
        ): (
            partial(_pairs, rest=lambda a, b: (0 * a, 0 * b)),
            partial(_pairs, rest=lambda a, b: (0 * a, b)),
        ),
    },
    explanation="""\
c (a h + b) + d = (c a) h + (c b + d): two steps are one step of the same kind, with the decay a c and the input
c b + d. That is the whole secret of a parallel scan. The operation is associative, since carrying out three steps is
the same however one sets the brackets, but *not* commutative: the first input meets the second decay, never the other
way round. Its neutral element is (1, 0), which also fills up an odd number. After log₂ T such levels one pair is
left, and on the way back down all states come out (Blelloch 1990). With a tanh around each step nothing of this
works: two of them one after the other are not one of the same kind.""",
    explain=_explain,
)
