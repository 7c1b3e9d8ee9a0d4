"""An encoder and a decoder as a graph: what is read, what is handed over, what is written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from rnncourse.plots.graphs import FILLS, ROW
from rnncourse.plots.nodes import Pen, node_width
from rnncourse.plots.style import PALETTE, WEIGHTS, finish

_VECTOR = PALETTE["lstm"]
_DECODER = "#DDF0E9"
_GAP = 0.9  # between encoder and decoder


def encoder_decoder(
    source: Sequence[str],
    target: Sequence[str],
    *,
    title: str,
    start: str = "start",
    attention: Sequence[float] | None = None,
    step: int = 1,
    ax: Axes | None = None,
) -> Axes:
    """An encoder (blue states) reads a source, a decoder (green states) writes a target.

    The decoder's inputs are the target one step late, as in teacher forcing; dashed arrows show where each comes from.
    Both have weights of their own; colours say into, along and out of the states.

    Args:
        source: S labels of what the encoder reads.
        target: T labels of what the decoder writes, the end included.
        title: what the figure shows.
        start: label of the decoder's first input.
        attention: S weights from 0 to 1, drawn as arrows of that thickness from the encoder's states to one output;
            None for a decoder without attention.
        step: int, 1 ≤ step ≤ T, the output that these weights belong to.
        ax: axes to draw on; a new figure when left out.

    Raises:
        ValueError: source or target is empty, the weights are not S numbers from 0 to 1, or there is no such step.
    """
    size = len(source), len(target)
    if not min(size):
        raise ValueError(f"source and target must each hold a label at least, received {size[0]} and {size[1]}")
    weights = np.zeros(size[0]) if attention is None else np.asarray(attention, dtype=float)
    if weights.shape != size[:1] or weights.min() < 0 or weights.max() > 1:
        raise ValueError(f"attention must be {size[0]} weights from 0 to 1, received {weights.tolist()}")
    if not 1 <= step <= size[1]:
        raise ValueError(f"step must be one of the target, 1 to {size[1]}, received {step}")
    labels = [*source, start, *target]
    pitch = node_width(labels) + 0.6
    x = pitch * np.arange(sum(size)) + np.where(np.arange(sum(size)) < size[0], 0, _GAP)
    side = 0.5 * node_width(labels) + 0.15
    pen = Pen(ax, (-side, x[-1] + side, -1.15, 2 * ROW + (0.55 if attention is None else 1.6)), labels)
    encoder = _states(pen, "encoder", x[: size[0]], source, fill=FILLS["h"])
    decoder = _states(pen, "decoder", x[size[0] :], [start, *target[:-1]], fill=_DECODER)
    pen.arrow("vector", encoder[-1], decoder[0], color=_VECTOR, thick=True)
    pen.word((0.5 * (x[size[0] - 1] + x[size[0]]), ROW - 0.3), "the vector", color=_VECTOR, va="top")
    for t, (state, at, label) in enumerate(zip(decoder, x[size[0] :], target, strict=True), start=1):
        output = pen.node(f"output {t}", (at, 2 * ROW), label)
        pen.arrow(f"read-out {t}", state, output, color=WEIGHTS["W_y"])
    for t, at in enumerate(x[size[0] + 1 :], start=1):
        late = pen.arrow(
            f"late {t}", (x[size[0] + t - 1] + 0.3, 2 * ROW - 0.35), (at - 0.25, 0.4), color=PALETTE["baseline"]
        )
        late.set(linestyle=(0, (2, 2)), linewidth=1.0, zorder=1)
    above = x[size[0] + step - 1], 2 * ROW + 0.42
    for place, (state, weight) in enumerate(zip(encoder, weights, strict=True), start=1):
        if weight > 0.01:
            look = pen.arrow(f"look {place}", state, above, color=_VECTOR, bend=-0.38)
            look.set_linewidth(0.5 + 5 * weight)
    return finish(pen.ax, title=title)


def _states(pen: Pen, name: str, x: np.ndarray, inputs: Sequence[str], *, fill: str) -> list[FancyBboxPatch]:
    """Inputs with a state above each, the arrows between them, and their common name below."""
    states: list[FancyBboxPatch] = []
    for t, (at, label) in enumerate(zip(x, inputs, strict=True), start=1):
        below = pen.node(f"{name} input {t}", (at, 0), label)
        states.append(pen.node(f"{name} {t}", (at, ROW), "", fill=fill))
        pen.arrow(f"{name} in {t}", below, states[-1], color=WEIGHTS["W_x"])
        if t > 1:
            pen.arrow(f"{name} on {t}", states[-2], states[-1], color=WEIGHTS["W_h"])
    pen.word((x.mean(), -0.8), name)
    return states
