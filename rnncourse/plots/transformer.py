"""A Transformer block as a graph: where steps meet, and what each does alone."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from rnncourse._checks import check_whole
from rnncourse.plots.graphs import FILLS
from rnncourse.plots.nodes import Pen, node_width
from rnncourse.plots.style import PALETTE, finish

_ROW = 1.3
_LOOK, _STREAM = PALETTE["transformer"], PALETTE["simple"]


def transformer_block(*, title: str, steps: int = 4, causal: bool = True, ax: Axes | None = None) -> Axes:
    """Inputs x_t below; what attention adds makes u_t of them, what a small network adds makes y_t.

    Pink arrows are attention, the only ones from step to step; blue ones carry the stream around both additions.

    Args:
        title: what the figure shows.
        steps: int ≥ 1, T.
        causal: bool, whether a step looks at itself and earlier steps alone.
        ax: axes to draw on; a new figure when left out.

    Raises:
        ValueError: there is no step.
    """
    check_whole("steps", steps, least=1)
    names = {"x": "$x_{t}$", "attention": "attention", "u": "$u_{t}$", "network": "network", "y": "$y_{t}$"}
    pitch = node_width(names.values()) + 1.1
    side = 0.5 * node_width(names.values()) + 0.15
    extent = (-side, pitch * (steps - 1) + side + 0.4, -0.55, 4 * _ROW + 0.55)
    pen = Pen(ax, extent, names.values())
    fills = {"x": FILLS["x"], "u": FILLS["h"], "y": FILLS["y"]}
    nodes: dict[str, list[FancyBboxPatch]] = {
        kind: [
            pen.node(f"{kind} {t}", (pitch * (t - 1), _ROW * row), name.replace("{t}", f"{{{t}}}"),
                     fill=fills.get(kind, "white"))
            for t in range(1, steps + 1)
        ]
        for row, (kind, name) in enumerate(names.items())
    }  # fmt: skip
    for t in range(steps):
        for seen in range(t + 1 if causal else steps):
            pen.arrow(f"look {t + 1} {seen + 1}", nodes["x"][seen], nodes["attention"][t], color=_LOOK)
        for below, between, above in (("x", "attention", "u"), ("u", "network", "y")):
            pen.arrow(f"added to {above} {t + 1}", nodes[between][t], nodes[above][t], color=PALETTE["truth"])
            if between == "network":
                pen.arrow(f"read {t + 1}", nodes[below][t], nodes[between][t], color=PALETTE["truth"])
            x, y = pen.centre(nodes[below][t])
            right = 0.5 * pen.width
            start, end = (x + 0.7 * right, y + 0.3), (x + 0.7 * right, y + 2 * _ROW - 0.3)
            pen.arrow(f"stream to {above} {t + 1}", start, end, color=_STREAM, bend=0.45)
    return finish(pen.ax, title=title)
