"""05.3: how long the gradient of the last step's loss is at each lag."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_04.arrays import numbers
from rnncourse.exercises.plain_data import show

StepBack = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""dL/dh_{t−1} (B, H) of dL/dh_t, h_t, h_{t−1} and W_h."""


def _run(
    rng: np.random.Generator, *, examples: int = 0, steps: int = 0, units: int = 2, state: float | None = None
) -> Inputs:
    """States of a run, rounded so that an input can be shown; what is 0 is drawn; ``state``: one value for all."""
    examples = examples or int(rng.integers(2, 4))
    steps = steps or int(rng.integers(3, 6) if examples < 3 else 3)
    recurrent_kernel, h, states = numbers(rng, units, units), numbers(rng, examples, units), []
    for _ in range(steps):
        h = np.tanh(numbers(rng, examples, units) + h @ recurrent_kernel)
        states.append(h)
    found = np.round(np.stack(states, axis=1), 2) if state is None else np.full((examples, steps, units), state)
    return {"d_last": numbers(rng, examples, units), "states": found, "recurrent_kernel": recurrent_kernel}


def _example_by_example(d_last: np.ndarray, states: np.ndarray, recurrent_kernel: np.ndarray) -> np.ndarray:
    examples, steps, _ = states.shape
    norms = np.zeros(steps)
    for example in range(examples):
        d_h = d_last[example]
        for lag in range(steps):
            norms[lag] += np.sqrt(np.sum(d_h**2)) / examples
            d_h = recurrent_kernel @ (d_h * (1 - states[example, steps - 1 - lag] ** 2))
    return norms


def _right(d_h: np.ndarray, h: np.ndarray, before: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    return (d_h * (1 - h**2)) @ kernel.T


def _lengths(d_h: np.ndarray) -> np.ndarray:
    return np.sqrt(np.sum(d_h**2, axis=-1))


def _measured(
    d_last: np.ndarray,
    states: np.ndarray,
    recurrent_kernel: np.ndarray,
    *,
    back: StepBack = _right,
    measure: Callable[[np.ndarray], float | np.ndarray] = lambda d_h: _lengths(d_h).mean(),
    curve: Callable[[np.ndarray], np.ndarray] = lambda norms: norms,
    first: int = 0,
    last: int = 0,
) -> np.ndarray:
    """``measure``: the number for a lag, of the gradients (B, H); ``curve``: the result, of these numbers.

    ``first``: the lag to begin with; ``last``: how many lags more than there are steps.
    """
    norms, d_h = [], d_last
    for lag in range(states.shape[1] + last):
        if lag >= first:
            norms.append(measure(d_h))
        t = max(states.shape[1] - 1 - lag, 0)
        d_h = back(d_h, states[:, t], states[:, max(t - 1, 0)], recurrent_kernel)
    return curve(np.array(norms))


def _by(measure: Callable[[np.ndarray], float | np.ndarray]) -> Callable[..., np.ndarray]:
    return partial(_measured, measure=measure)


def _behind_the_tanh(d_last: np.ndarray, states: np.ndarray, recurrent_kernel: np.ndarray) -> np.ndarray:
    """The same curve of dL/da_t."""
    d_a = d_last * (1 - states[:, -1] ** 2)
    return _measured(
        d_a, states, recurrent_kernel, back=lambda d_a, h, before, kernel: (d_a @ kernel.T) * (1 - before**2)
    )


def _explain(d_last: np.ndarray, states: np.ndarray, recurrent_kernel: np.ndarray) -> str:
    lengths = _measured(d_last, states, recurrent_kernel, measure=_lengths)[:2].round(4)
    text = f"For this input the gradients of the examples have the lengths {show(lengths[0].tolist())} at lag 0"
    return text + (f" and {show(lengths[1].tolist())} at lag 1." if len(lengths) > 1 else ".")


GRADIENT_BY_LAG = Exercise(
    id="05.3",
    title="The gradient at each lag",
    function="gradient_by_lag",
    inputs=_run,
    edges=(
        partial(_run, steps=1),
        partial(_run, examples=1),
        partial(_run, units=1),
        partial(_run, state=0.0, steps=4),
        partial(_run, state=1.0, steps=4),
    ),
    reference=_example_by_example,
    returns={"norms": ("lag",)},
    mistakes={
        (
            "You average the gradients over the examples and take the length of that. Gradients of different examples "
            "point to different sides and cancel, so the curve seems to vanish where none of them does. Which comes "
            "first, the length or the mean?"
        ): _by(lambda d_h: np.linalg.norm(d_h.mean(axis=0))),
        (
            "You add up the gradients over the examples and take the length of that. They cancel where they point to "
            "different sides, so the curve hides what each example feels. Of what should the length be taken?"
        ): _by(lambda d_h: np.linalg.norm(d_h.sum(axis=0))),
        (
            "The curve runs in the order of time: its first entry belongs to step 0, which is the largest lag. Lag 0 "
            "is the last step, where the loss stands. Which end comes first?"
        ): partial(_measured, curve=lambda norms: norms[::-1]),
        (
            "The lengths of the examples are added up, not averaged. The curve would rise with the size of the batch, "
            "and no two batches could be compared. By what must the sum be divided?"
        ): _by(lambda d_h: _lengths(d_h).sum()),
        (
            "Each entry is the length of the whole array of shape (B, H), as if the batch were one long vector: it "
            "grows with the batch. np.linalg.norm takes all axes unless you say which. Along which axis lies one "
            "example's gradient?"
        ): (
            _by(np.linalg.norm),
            _by(lambda d_h: np.linalg.norm(d_h) / len(d_h)),
        ),
        (
            "You square the lengths, average, and take the root at the end: the largest example counts most. The task "
            "asks for the mean of the lengths themselves. Where does the root belong?"
        ): _by(lambda d_h: np.sqrt(np.mean(_lengths(d_h) ** 2))),
        (
            "Every entry is a mean of squared lengths. On a log scale such a curve falls twice as fast as the "
            "gradient. What is missing between a sum of squares and a length?"
        ): (_by(lambda d_h: np.mean(_lengths(d_h) ** 2)), _by(lambda d_h: np.sum(d_h**2))),
        (
            "You add up, average or take the largest of the entries' sizes. That is a size, too, but not ‖·‖₂: the "
            "root of the sum of the squares over the units."
        ): (
            _by(lambda d_h: np.abs(d_h).sum(axis=-1).mean()),
            _by(lambda d_h: np.abs(d_h).max(axis=-1).mean()),
            _by(lambda d_h: np.abs(d_h).mean()),
            _by(lambda d_h: np.abs(d_h).max()),
        ),
        (
            "The lengths run along the wrong axis: over the examples, for each unit, and then over the units. In an "
            "array of shape (B, H), which axis holds the numbers of one example?"
        ): _by(lambda d_h: np.sqrt(np.sum(d_h**2, axis=0)).mean()),
        (
            "Each unit's root of the mean square is in your curve: the squares are averaged over the units, not added. "
            "The length of a vector grows with the number of its entries. Sum or mean?"
        ): (
            _by(lambda d_h: np.sqrt(np.mean(d_h**2, axis=-1)).mean()),
            _by(lambda d_h: np.sqrt(np.mean(d_h**2))),
        ),
        (
            "The slopes of tanh are missing: your gradient goes back through the recurrent kernel alone. So the curve "
            "is that of a linear cell and cannot show saturation. By what is dL/dh_t multiplied before it meets W_h?"
        ): partial(_measured, back=lambda d_h, h, before, kernel: d_h @ kernel.T),
        (
            "You multiply by 1 − h where the slope of tanh, written by its output, is something else. Which power of h "
            "does it have? At h = 0.5 the slope is 0.75."
        ): partial(_measured, back=lambda d_h, h, before, kernel: (d_h * (1 - h)) @ kernel.T),
        (
            "The slope is taken one step too early, at h_{t−1}. The way from step t back to step t − 1 begins with the "
            "tanh that made h_t. Which state belongs to the first step back, the last or the one before it?"
        ): (
            partial(_measured, back=lambda d_h, h, before, kernel: (d_h * (1 - before**2)) @ kernel.T),
            partial(_measured, back=lambda d_h, h, before, kernel: (d_h @ kernel.T) * (1 - before**2)),
        ),
        (
            "The slopes come after the kernel. On the way back the gradient meets the tanh of step t first, and only "
            "then W_h, which leads to the units before. In which order do you multiply?"
        ): partial(_measured, back=lambda d_h, h, before, kernel: (d_h @ kernel.T) * (1 - h**2)),
        (
            "The recurrent kernel is not transposed. Forwards h_{t−1} stands on its left; on the way back what arrives "
            "at unit j must reach every unit i that feeds it by W_h[i, j]. Which way round is your product?"
        ): partial(_measured, back=lambda d_h, h, before, kernel: (d_h * (1 - h**2)) @ kernel),
        (
            "Your curve starts one lag too late: its first entry has gone through a step already. At lag 0 stands the "
            "gradient as it was given. When do you measure, before or after the step back?"
        ): (
            partial(_measured, first=1, last=1),
            partial(_measured, first=1),
        ),
        (
            "Everything is divided by the value at lag 0. That is useful for a figure, but the task asks for the "
            "lengths as they are."
        ): partial(_measured, curve=lambda norms: norms / norms[0]),
        (
            "You measure dL/da_t, behind the tanh, where dL/dh_t is asked for. At lag 0 the two differ by the slope of "
            "the last step. At which place of your loop do you take the length?"
        ): _behind_the_tanh,
    },
    explanation="""\
The loop starts from the given gradient and goes back: measure, multiply by the slopes, multiply by W_hᵀ. This is the
backward pass of 04.2 with a loss at the last step alone, and the curve is what `measure.gradient_norms` draws, read
from its end. The length is taken for each example and averaged last: the mean of the gradients themselves is what
trains the weights, but it may be small because examples disagree, and that is not what vanishing means. With states
at 0 all slopes are 1 and the kernel alone decides; with saturated states, near ±1, the slopes are near 0 and the
gradient is gone after one step, whatever the kernel.""",
    explain=_explain,
)
