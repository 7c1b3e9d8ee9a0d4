"""Unrolling: one cell over every step of a batch of sequences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnncourse.scratch.arrays import finite, numbers
from rnncourse.scratch.cell import Cell

State = np.ndarray | Sequence[np.ndarray]

# Linux' allocator hands big arrays back to the system as soon as they are freed, and to get them anew at each training
# step costs as much as a small cell's arithmetic. It keeps arrays up to the largest that it has seen freed, at most
# 32 MiB: this one is never touched, so it costs nothing.
np.empty(31 << 20, dtype=np.uint8)


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """What a cell did with a batch, and what ``backward`` needs of it. ``forward`` makes it.

    The arrays are views of what was kept, and read-only. They lie in memory with the time first, so that
    ``outputs.transpose(1, 0, 2)`` is contiguous.

    Attributes:
        outputs: (B, T, H), h_t; at a masked step the output before it, or 0 where no step before it counted.
        cell: the cell that ran.
        snapshot: a copy of the cell with the weights as they were: a later update does not falsify the gradients.
        x: (T, B, D), or ids (T, B).
        mask: (T, B, 1) bool or None.
        started: (T, B, 1) bool or None, whether a step up to here counted.
        trajectory: for each state (T + 1, B, H), the initial state first.
        kept: for each of the cell's ``kept_names`` (T, B, H).
    """

    outputs: np.ndarray
    cell: Cell
    snapshot: Cell
    x: np.ndarray
    mask: np.ndarray | None
    started: np.ndarray | None
    trajectory: list[np.ndarray]
    kept: list[np.ndarray]

    @property
    def states(self) -> np.ndarray:
        """(B, T, H), h_1 … h_T; a masked step repeats the state before it."""
        return batch_first(self.trajectory[0][1:])

    @property
    def cells(self) -> np.ndarray | None:
        """(B, T, H), c_1 … c_T of an LSTM; None for other cells."""
        return batch_first(self.trajectory[1][1:]) if len(self.trajectory) > 1 else None

    @property
    def gates(self) -> dict[str, np.ndarray]:
        """Each gate by name, (B, T, H); at a masked step its values count for nothing. Empty for a SimpleRNN."""
        gates = self.kept[: self.cell.gates]
        return {name: batch_first(gate) for name, gate in zip(self.cell.kept_names, gates, strict=False)}

    @property
    def final_state(self) -> np.ndarray | list[np.ndarray]:
        """h_T (B, H), for an LSTM [h_T, c_T]: copies, to be the initial state of what follows."""
        return as_state([states[-1].copy() for states in self.trajectory])

    def __repr__(self) -> str:
        batch, steps, _ = self.outputs.shape
        return f"Run({self.cell!r}, batch={batch}, steps={steps})"


def forward(cell: Cell, x: np.ndarray, initial_state: State | None = None, mask: np.ndarray | None = None) -> Run:
    """Unroll a cell over a batch of sequences.

    What the inputs add to each step is computed for all steps at once; the loop is left with what waits for the state.

    Args:
        cell: SimpleRNN, LSTM or GRU.
        x: (B, T, D) numbers, or for D ≥ 2 (B, T) whole numbers 0 … D − 1, which stand for one-hot inputs: their product
            with W_x is then a look-up of rows. Any float type; computed in the cell's. B and T ≥ 1.
        initial_state: h_0 (B, H), for an LSTM [h_0, c_0]; None is zeros.
        mask: (B, T) bool, False where a step is padding: it changes no state, and its output is the one before it, or
            0 where no step before it counted. This is what Keras does, whatever the initial state is.

    Returns:
        Run: ``outputs`` (B, T, H), ``final_state`` in the form of ``initial_state``, ``states``, ``cells``, ``gates``.

    Raises:
        ValueError: a wrong rank, width or type, no step, NaN or infinity, ids outside 0 … D − 1.
    """
    if not isinstance(cell, Cell):
        raise ValueError(f"cell must be a SimpleRNN, LSTM or GRU of scratch, received {type(cell).__name__}")
    x = _inputs(cell, x)
    steps, batch = x.shape[:2]
    mask = _mask(mask, batch, steps)
    trajectory = [np.empty((steps + 1, batch, cell.units), cell.dtype) for _ in cell.state_names]
    for states, initial in zip(trajectory, state_list("initial_state", initial_state, cell, batch), strict=True):
        states[0] = initial
    kept = [np.empty((steps, batch, cell.units), cell.dtype) for _ in cell.kept_names]
    xW = cell.project(x)
    for t in range(steps):
        after, kept_now = cell.step(xW[t], [states[t] for states in trajectory])
        for states, state in zip(trajectory, after, strict=True):
            states[t + 1] = state if mask is None else np.where(mask[t], state, states[t])
        for values, value in zip(kept, kept_now, strict=True):
            values[t] = value
    started = None if mask is None else np.logical_or.accumulate(mask)
    outputs = trajectory[0][1:] if started is None else np.where(started, trajectory[0][1:], 0)
    return Run(batch_first(outputs), cell, _snapshot(cell), x, mask, started, trajectory, kept)


def _snapshot(cell: Cell) -> Cell:
    """A copy for the way back, which multiplies by the transpose of W_h: laid out so that it is contiguous."""
    snapshot = cell.copy()
    snapshot.weights[1] = np.asfortranarray(snapshot.weights[1])
    return snapshot


def _inputs(cell: Cell, x: Any) -> np.ndarray:
    """The checked inputs, time first: (T, B, D), or ids (T, B); always a copy, so that x may change afterwards."""
    x = np.asarray(x)
    if x.ndim == 2 and np.issubdtype(x.dtype, np.integer) and cell.input_dim > 1:
        if x.size and not 0 <= x.min() <= x.max() < cell.input_dim:
            raise ValueError(f"x must hold ids from 0 to {cell.input_dim - 1}, received {x.min()} … {x.max()}")
    elif x.ndim != 3 or x.shape[-1] != cell.input_dim:
        expected = f"shape (batch, time, {cell.input_dim})"
        if cell.input_dim > 1:  # whole numbers without a feature axis are ids only where there are several
            expected += ", or be whole-number ids of shape (batch, time)"
        raise ValueError(f"x must have {expected}, received {x.dtype} of shape {x.shape}")
    else:
        x = finite("x", x, cell.dtype)
    if not x.shape[0] or not x.shape[1]:
        raise ValueError(f"x must have at least one sequence and one step, received shape {x.shape}")
    return np.array(x.swapaxes(0, 1), order="C")


def _mask(mask: Any, batch: int, steps: int) -> np.ndarray | None:
    """The checked mask, time first: (T, B, 1)."""
    if mask is None:
        return None
    mask = np.asarray(mask)
    if mask.dtype != bool or mask.shape != (batch, steps):
        expected = f"bool of shape (batch, time) = {(batch, steps)}"
        raise ValueError(f"mask must be {expected}, received {mask.dtype} of shape {mask.shape}")
    return mask.T[..., np.newaxis].copy()


def state_list(name: str, state: Any, cell: Cell, batch: int) -> list[np.ndarray]:
    """A state, or a derivative with respect to it, as a list of checked (B, H); None is zeros."""
    shape = (batch, cell.units)
    if state is None:
        return [np.zeros(shape, cell.dtype) for _ in cell.state_names]
    if len(cell.state_names) == 1:
        return [numbers(name, state, shape, cell.dtype, "(batch, units)")]
    if not isinstance(state, list | tuple) or len(state) != len(cell.state_names):
        received = f"{len(state)} of them" if isinstance(state, list | tuple) else f"a {type(state).__name__}"
        expected = f"a list [{', '.join(cell.state_names)}] of arrays (batch, units)"
        raise ValueError(f"{name} must be {expected}, received {received}")
    return [numbers(f"{name}[{k}]", part, shape, cell.dtype, "(batch, units)") for k, part in enumerate(state)]


def as_state(parts: list[np.ndarray]) -> np.ndarray | list[np.ndarray]:
    """The form in which states come and go: one array, or [h, c]."""
    return parts[0] if len(parts) == 1 else parts


def batch_first(a: np.ndarray) -> np.ndarray:
    """(T, B, …) as a read-only view (B, T, …)."""
    view = a.swapaxes(0, 1)
    view.flags.writeable = False
    return view
