"""Truncated backpropagation through time."""

from __future__ import annotations

import numpy as np

from rnncourse._checks import check_whole
from rnncourse.scratch.bptt import Gradients, collect, loss_on_states, masked_step_back
from rnncourse.scratch.cell import Cell
from rnncourse.scratch.unroll import Run


def truncated_backward(cell: Cell, run: Run, d_outputs: np.ndarray, steps: int, *, every: int = 1) -> Gradients:
    """Truncated backpropagation through time.

    Two numbers say how: after every k₁ = ``every`` steps of the sequence, a backward pass goes through the last
    k₂ = ``steps`` steps (Williams & Peng 1990, who call it BPTT(h; h′) with h = k₂, h′ = k₁).

    Precisely: passes start from e = k₁, 2k₁, … and from T. The pass from e takes in the losses of the steps since the
    pass before, and goes back through the steps e, e − 1, … e − k₂ + 1. The state before these is held constant, unless
    it is the initial state. The passes are added up. So of all terms in

    ``dL/dW = Σ_s Σ_{t ≤ s} ∂L/∂h_s · dh_s/dh_t · ∂h_t/∂W``

    those are kept for which e(s) − t < k₂, where e(s) ≥ s is where the pass starts that takes in the loss of step s.

    - k₁ = 1: each loss goes back through exactly k₂ steps, its own included (fewer at the beginning).
    - k₁ = k₂: the sequence is cut into chunks, and no gradient crosses a cut; but where k₁ does not divide T, the last
      pass starts early and reaches over its cut.
    - k₂ ≥ T: nothing is cut off, and the result is that of ``backward``.

    No pass waits for another, so all of them go one step back at once: the loop has k₂ rounds, not k₂ · T / k₁.

    Args:
        cell: the cell that ran.
        run: what ``forward`` returned. The weights are taken as they were then.
        d_outputs: (B, T, H), ∂L/∂output_t.
        steps: k₂, int ≥ ``every``, steps that a backward pass goes through; a masked step counts as one.
        every: k₁, int ≥ 1, steps from one backward pass to the next.

    Returns:
        Gradients: ``states`` and the rest hold the kept terms alone.

    Raises:
        ValueError: ``every`` below 1, ``steps`` below ``every`` (a loss would reach nothing), and as in ``backward``.
    """
    check_whole("every", every, least=1)
    check_whole("steps", steps, least=every)
    losses = loss_on_states(cell, run, d_outputs)[0][1:]
    length, batch, units = losses.shape
    starts = np.arange(0, length, every)
    ends = np.minimum(starts + every, length)  # in Python's counting: the pass takes in the losses of starts … ends − 1
    d_after = [np.zeros((len(ends), batch, units), cell.dtype) for _ in cell.state_names]
    d_states = [np.zeros_like(states) for states in run.trajectory]
    d_a = np.zeros((length, batch, cell.gates * cell.units), cell.dtype)
    for back in range(min(steps, length)):
        under_way = ends > back
        starts, ends = starts[under_way], ends[under_way]
        d_after = [d_state[under_way] for d_state in d_after]
        t = ends - 1 - back
        d_after[0] += losses[t] * (t >= starts)[:, np.newaxis, np.newaxis]
        share, d_before, d_total = masked_step_back(run, t, d_after)
        d_a[t] += share
        for d_state, total, at_first in zip(d_states, d_total, d_before, strict=True):
            d_state[t + 1] += total
            d_state[0] += at_first[t == 0].sum(axis=0)
        d_after = d_before
    return collect(run, d_a, d_states)
