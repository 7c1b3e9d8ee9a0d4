"""A gradient against central differences."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from rnncourse._checks import check_whole
from rnncourse.scratch.arrays import numbers
from rnncourse.scratch.bptt import Gradients, backward
from rnncourse.scratch.cell import WEIGHT_NAMES, Cell
from rnncourse.scratch.unroll import State, as_state, forward

STEP = 1e-5  # balances what the difference leaves out (∝ step²) against rounding (∝ 1 / step), in float64


def gradient_check(
    cell: Cell,
    x: np.ndarray,
    *,
    initial_state: State | None = None,
    mask: np.ndarray | None = None,
    backward: Callable[..., Gradients] = backward,
    entries: int = 100,
    seed: int = 0,
) -> float:
    """How far a cell's gradients are from central differences: the largest of ``gradient_errors``.

    Args:
        cell, x, initial_state, mask, backward, entries, seed: as for ``gradient_errors``.

    Returns:
        float ≥ 0, relative to the norm of the gradient. Below 1e-6 the gradient is right; a mistake gives far more.

    Raises:
        ValueError: as ``gradient_errors``.
    """
    options = {"initial_state": initial_state, "mask": mask, "backward": backward, "entries": entries, "seed": seed}
    return max(gradient_errors(cell, x, **options).values())


def gradient_errors(
    cell: Cell,
    x: np.ndarray,
    *,
    initial_state: State | None = None,
    mask: np.ndarray | None = None,
    backward: Callable[..., Gradients] = backward,
    entries: int = 100,
    seed: int = 0,
) -> dict[str, float]:
    """The error of each gradient against central differences, (L(w + ε) − L(w − ε)) / 2ε for one number w at a time.

    L is a weighted sum of all outputs and of the final state, with random weights: every output counts, each
    differently. Computed in a float64 copy of the cell, since float32 leaves too few digits for differences.

    Args:
        cell: SimpleRNN, LSTM or GRU. A ReLU has no slope at 0: inputs that put it there, such as zeros, give an error.
        x, initial_state, mask: as for ``forward``.
        backward: what is checked: ``scratch.backward``, or your own function, which takes the same arguments and
            returns something with ``weights``, ``inputs`` and ``initial_state``.
        entries: int ≥ 1, at most so many numbers of each array are tried, drawn at random.
        seed: int ≥ 0 of the random generator.

    Returns:
        dict from "kernel", "recurrent_kernel", "bias", "inputs" (not for ids), "initial_state" (for an LSTM
        "initial_state[0]" and "initial_state[1]") to float ≥ 0: the norm of the difference over the numbers tried,
        relative to the norm of the gradient of all arrays over the numbers tried (absolute where that is 0).

    Raises:
        ValueError: ``entries`` or ``seed`` outside its range, a gradient of a wrong shape, and as in ``forward``.
    """
    check_whole("entries", entries, least=1)
    check_whole("seed", seed, least=0)
    rng = np.random.default_rng(seed)
    cell = cell.copy(dtype="float64")
    run = forward(cell, x, initial_state, mask)
    x = np.array(x) if run.x.ndim == 2 else np.array(x, dtype=np.float64)
    state = [states[0].copy() for states in run.trajectory]
    d_outputs = rng.normal(size=run.outputs.shape)
    d_final = [rng.normal(size=part.shape) for part in state]

    def loss() -> float:
        run = forward(cell, x, as_state(state), mask)
        final = sum((states[-1] * d).sum() for states, d in zip(run.trajectory, d_final, strict=True))
        return float((run.outputs * d_outputs).sum() + final)

    gradients = backward(cell, run, d_outputs, as_state(d_final))
    differences, norms = {}, []
    for name, (values, gradient) in _pairs(cell, x, state, gradients).items():
        tried = rng.permutation(values.size)[:entries]
        numeric = np.array([_central_difference(loss, values, np.unravel_index(i, values.shape)) for i in tried])
        analytic = numbers(f"the gradient of {name}", gradient, values.shape, cell.dtype).ravel()[tried]
        differences[name] = float(np.linalg.norm(numeric - analytic))
        norms.append(float(np.linalg.norm(analytic)))
    norm = math.hypot(*norms) or 1.0
    return {name: difference / norm for name, difference in differences.items()}


def _pairs(cell: Cell, x: np.ndarray, state: list[np.ndarray], gradients: Gradients) -> dict[str, tuple[Any, Any]]:
    """By name, each array that the loss depends on and its gradient."""
    pairs = dict(zip(WEIGHT_NAMES, zip(cell.weights, gradients.weights, strict=True), strict=True))
    if x.ndim == 3:
        pairs["inputs"] = x, gradients.inputs
    if len(state) == 1:
        return pairs | {"initial_state": (state[0], gradients.initial_state)}
    return pairs | {
        f"initial_state[{k}]": pair for k, pair in enumerate(zip(state, gradients.initial_state, strict=True))
    }


def _central_difference(loss: Callable[[], float], values: np.ndarray, index: tuple[int, ...]) -> float:
    """dloss / d one number of an array, which is put back afterwards."""
    kept = values[index]
    values[index] = kept + STEP
    above = loss()
    values[index] = kept - STEP
    below = loss()
    values[index] = kept
    return (above - below) / (2 * STEP)
