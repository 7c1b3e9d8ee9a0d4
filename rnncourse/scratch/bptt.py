"""Backpropagation through time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnncourse.scratch.arrays import numbers
from rnncourse.scratch.cell import Cell, flat
from rnncourse.scratch.unroll import Run, State, as_state, state_list


@dataclass(frozen=True, eq=False, repr=False)
class Gradients:
    """Total derivatives of a loss L through time.

    Attributes:
        weights: [dL/dW_x, dL/dW_h, dL/db] in the layout of ``cell.weights``.
        inputs: (B, T, D), dL/dx_t; None where the inputs were ids.
        initial_state: dL/dh_0 (B, H), for an LSTM [dL/dh_0, dL/dc_0].
        states: (B, T, H), dL/dh_t for t = 1 … T.
        cells: (B, T, H), dL/dc_t of an LSTM; None for other cells.
    """

    weights: list[np.ndarray]
    inputs: np.ndarray | None
    initial_state: np.ndarray | list[np.ndarray]
    states: np.ndarray
    cells: np.ndarray | None


def backward(cell: Cell, run: Run, d_outputs: np.ndarray, d_final_state: State | None = None) -> Gradients:
    """Backpropagation through time (Werbos 1990): from dL/d of the outputs to dL/d of everything before them.

    ``dL/dh_t = ∂L/∂h_t + dL/dh_{t+1} · ∂h_{t+1}/∂h_t``, from the last step to the first: what the loss reads of h_t
    itself, and what reaches it through the next state. The weights are shared by all steps, so their gradients add up:
    ``dL/dW = Σ_t dL/dh_t · ∂h_t/∂W``, one product of matrices after the loop.

    Args:
        cell: the cell that ran.
        run: what ``forward`` returned. The weights are taken as they were then.
        d_outputs: (B, T, H), ∂L/∂output_t.
        d_final_state: ∂L/∂ of the final state, (B, H), for an LSTM [h, c]; None is zeros.

    Returns:
        Gradients, in the cell's float type. A masked step has no gradient for its x_t; dL/dh_t passes it unchanged.

    Raises:
        ValueError: a run of another cell, a wrong shape, NaN or infinity.
    """
    d_states = loss_on_states(cell, run, d_outputs)
    steps, batch, _ = run.trajectory[0].shape
    for d_state, d_final in zip(d_states, state_list("d_final_state", d_final_state, cell, batch), strict=True):
        d_state[-1] += d_final
    d_a = np.empty((steps - 1, batch, cell.gates * cell.units), cell.dtype)
    for t in reversed(range(steps - 1)):
        d_a[t], d_before, d_total = masked_step_back(run, t, [d_state[t + 1] for d_state in d_states])
        for d_state, share, total in zip(d_states, d_before, d_total, strict=True):
            d_state[t] += share
            d_state[t + 1] = total
    return collect(run, d_a, d_states)


def loss_on_states(cell: Cell, run: Run, d_outputs: np.ndarray) -> list[np.ndarray]:
    """What the loss reads of each state itself, ∂L/∂h_0 … ∂L/∂h_T (T + 1, B, H), 0 for c: where backward starts."""
    if not isinstance(run, Run) or run.cell is not cell:
        received = f"a run of {run.cell!r}" if isinstance(run, Run) else type(run).__name__
        raise ValueError(f"run must be what forward returned for this {cell!r}, received {received}")
    batch, steps, units = run.outputs.shape
    d_outputs = numbers("d_outputs", d_outputs, (batch, steps, units), cell.dtype, "(batch, time, units)")
    d_h = np.empty_like(run.trajectory[0])
    d_h[0] = 0
    d_h[1:] = d_outputs.swapaxes(0, 1)
    if run.started is not None:
        d_h[1:] *= run.started  # the output before the first step that counts is 0, whatever the state is
    return [d_h, *map(np.zeros_like, run.trajectory[1:])]


def masked_step_back(
    run: Run, t: int | np.ndarray, d_after: list[np.ndarray]
) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """``Cell.step_back`` at step t, or at several steps at once; a masked step hands on what it gets, unchanged."""
    before = [states[t] for states in run.trajectory]
    after = [states[t + 1] for states in run.trajectory]
    d_a, d_before, d_total = run.snapshot.step_back(d_after, before, after, [values[t] for values in run.kept])
    if run.mask is not None:
        counts = run.mask[t]
        d_a = np.where(counts, d_a, 0)
        d_before = [np.where(counts, new, old) for new, old in zip(d_before, d_after, strict=True)]
        d_total = [np.where(counts, new, old) for new, old in zip(d_total, d_after, strict=True)]
    return d_a, d_before, d_total


def collect(run: Run, d_a: np.ndarray, d_states: list[np.ndarray]) -> Gradients:
    """The gradients, from d_a (T, B, gates · H) of every step and dL/d of every state (T + 1, B, H)."""
    cell, d_a = run.snapshot, flat(d_a)
    h = flat(run.trajectory[0][:-1])
    d_recurrent_kernel, d_bias = cell.recurrent_gradients(h, [flat(values) for values in run.kept], d_a)
    return Gradients(
        weights=[cell.kernel_gradient(run.x, d_a), d_recurrent_kernel, d_bias],
        inputs=None if run.x.ndim == 2 else (d_a @ cell.kernel.T).reshape(run.x.shape).swapaxes(0, 1),
        initial_state=as_state([d_state[0] for d_state in d_states]),
        states=d_states[0][1:].swapaxes(0, 1),
        cells=d_states[1][1:].swapaxes(0, 1) if len(d_states) > 1 else None,
    )
