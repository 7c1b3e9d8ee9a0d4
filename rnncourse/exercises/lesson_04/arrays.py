"""What exercises on gradients and cells share: small arrays, a forward pass, and where a difference is looked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnncourse.exercises.exercise import Inputs
from rnncourse.exercises.plain_data import Difference, first_difference


def numbers(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers of ``shape`` with one decimal, 0.2 to 0.9 in size, of either sign."""
    return np.round(rng.integers(2, 10, shape) * rng.choice([-0.1, 0.1], shape), 1)


def size(rng: np.random.Generator, examples: int = 0, steps: int = 0) -> tuple[int, int]:
    """B and T, so small that an input can be shown; what is 0 is drawn."""
    examples = examples or int(rng.integers(2, 4))
    return examples, steps or int(rng.integers(3, 5) if examples < 3 else 3)


def sequences(
    rng: np.random.Generator, *, examples: int = 0, steps: int = 0, features: int = 3, last_only: bool = False
) -> Inputs:
    """What a backward pass is given: T steps of B sequences, for 2 units; a size of 0 is drawn.

    The states come from a forward pass with a bias of its own, and are rounded so that an input can be shown.
    ``last_only``: only the last step has a loss.
    """
    (examples, steps), units = size(rng, examples, steps), 2
    x, recurrent_kernel = numbers(rng, examples, steps, features), numbers(rng, units, units)
    initial_state, kernel, bias = numbers(rng, examples, units), numbers(rng, features, units), numbers(rng, units)
    states, h = [], initial_state
    for t in range(steps):
        h = np.tanh(x[:, t] @ kernel + h @ recurrent_kernel + bias)
        states.append(h)
    d_outputs = numbers(rng, examples, steps, units)
    if last_only:
        d_outputs[:, :-1] = 0.0
    return {
        "d_outputs": d_outputs,
        "states": np.round(np.stack(states, axis=1), 2),
        "initial_state": initial_state,
        "x": x,
        "recurrent_kernel": recurrent_kernel,
    }


def state_before(states: np.ndarray, initial_state: np.ndarray, t: int) -> np.ndarray:
    """h_{t−1}, shape (B, H); before step 0 it is the initial state."""
    return states[:, t - 1] if t > 0 else initial_state


def from_the_last_step(expected: Any, received: Any) -> Difference | None:
    """As ``first_difference``, for results whose first part is the states' gradient, shape (B, T, H).

    That part is compared from its last step back, since what goes wrong at a step spreads to the steps before it.
    """
    difference = first_difference(expected, received)
    if difference is None or difference.path != (0,) or not difference.index:
        return difference
    time_first = [np.moveaxis(part, 1, 0)[::-1] for part in (expected[0], received[0])]
    difference = first_difference(*time_first)
    steps_back, example, unit = difference.index
    return Difference(path=(0,), index=(example, len(time_first[0]) - 1 - steps_back, unit), text=difference.text)
