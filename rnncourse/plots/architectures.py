"""The types of architecture side by side: which steps read something, and which give something."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from rnncourse._checks import check_whole
from rnncourse.plots.graphs import FILLS, ROW
from rnncourse.plots.nodes import Pen, longest, node_width
from rnncourse.plots.style import WEIGHTS, finish

_PITCH, _GAP = 1.45, 1.1
_HEIGHT = 2 * ROW + 2.4  # from one row of graphs to the next, with a name of two lines above each


@dataclass(frozen=True)
class _Kind:
    name: str
    inputs: Sequence[int]
    outputs: Sequence[int]
    fed_back: bool

    @property
    def steps(self) -> int:
        return max(*self.inputs, *self.outputs)

    @property
    def width(self) -> float:
        return max(_PITCH * (self.steps - 1) + node_width(["h"]), 0.17 * longest([self.name]))


def architectures(
    kinds: Mapping[str, tuple[Sequence[int], Sequence[int]]],
    *,
    title: str,
    fed_back: Collection[str] = (),
    columns: int = 3,
    ax: Axes | None = None,
) -> Axes:
    """Small unrolled networks, each with inputs and outputs at its own steps.

    Args:
        kinds: name, of one or two lines → the steps that read an input and the steps that give an output, counted
            from 1; the state runs through all steps up to the last of both.
        title: what the figure shows.
        fed_back: names of kinds whose outputs are read at the step after them, drawn as dashed arrows.
        columns: int ≥ 1, networks in a row.
        ax: axes to draw on; a new figure when left out.

    Raises:
        ValueError: there is no kind, a kind has no input or no output, a step lies below 1, or ``fed_back`` names no
            kind.
    """
    check_whole("columns", columns, least=1)
    if not kinds or any(not len(steps) or min(steps) < 1 for both in kinds.values() for steps in both):
        raise ValueError(f"kinds must give steps from 1 up with an input and with an output, received {dict(kinds)}")
    if not set(fed_back) <= set(kinds):
        raise ValueError(f"fed_back must name some of {list(kinds)}, received {sorted(fed_back)}")
    every = [_Kind(name, inputs, outputs, name in fed_back) for name, (inputs, outputs) in kinds.items()]
    rows = [every[i : i + columns] for i in range(0, len(every), columns)]
    widths = [sum(kind.width for kind in row) + _GAP * (len(row) - 1) for row in rows]
    pen = Pen(ax, (-0.1, max(widths) + 0.1, 0.9 - _HEIGHT * len(rows), 0.2), ["$h_1$"])
    for place, row in enumerate(rows):
        # A shorter row is spread over the width of the widest.
        gap = _GAP + (max(widths) - widths[place]) / (len(row) + 1)
        left = gap - _GAP
        for kind in row:
            _draw(pen, kind, left + 0.5 * kind.width, -_HEIGHT * (place + 1) + 1.4)
            left += kind.width + gap
    return finish(pen.ax, title=title)


def _draw(pen: Pen, kind: _Kind, middle: float, bottom: float) -> None:
    """One network around ``middle``, its inputs' centres at ``bottom``."""
    first = middle - 0.5 * _PITCH * (kind.steps - 1)
    group = kind.name.split("\n")[0]
    pen.word((middle, bottom + 2 * ROW + 1.0), kind.name)
    before, written = None, None
    for step in range(1, kind.steps + 1):
        x = first + _PITCH * (step - 1)
        state = pen.node(f"h{step} {group}", (x, bottom + ROW), f"$h_{step}$", fill=FILLS["h"])
        if step in kind.inputs:
            below = pen.node(f"x{step} {group}", (x, bottom), f"$x_{step}$", fill=FILLS["x"])
            pen.arrow(f"W_x {step} {group}", below, state, color=WEIGHTS["W_x"])
        if before is not None:
            pen.arrow(f"W_h {step} {group}", before, state, color=WEIGHTS["W_h"])
        if written is not None and kind.fed_back:
            pen.arrow(f"back {step} {group}", written, state, color=WEIGHTS["W_x"]).set_linestyle((0, (3, 1.5)))
        before, written = state, None
        if step in kind.outputs:
            written = pen.node(f"y{step} {group}", (x, bottom + 2 * ROW), f"$y_{step}$", fill=FILLS["y"])
            pen.arrow(f"W_y {step} {group}", state, written, color=WEIGHTS["W_y"])
