"""What the pictures of networks are made of: nodes, arrows, loops and cuts, in letters of one size."""

from __future__ import annotations

import re
from collections.abc import Iterable

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from rnncourse.plots.style import PALETTE, bare

HEIGHT = 0.8
"""Height of a node, in units of a graph."""

Point = tuple[float, float]


def longest(labels: Iterable[str]) -> int:
    """Characters in the longest line of ``labels`` as a reader sees them, so without the marks of mathematics."""
    lines = [line for label in labels for line in label.split("\n")]
    return max((len(re.sub(r"\\[a-z]+|[${}_^\\]", "", line)) for line in lines), default=1)


def node_width(labels: Iterable[str]) -> float:
    """Width of the nodes of a graph in its units: a circle for short labels, a longer box for long ones."""
    return max(HEIGHT, 0.2 + 0.17 * longest(labels))


class Pen:
    """Draws nodes and arrows on axes whose unit has one length in both directions.

    Args:
        ax: axes to draw on; a new figure, 7 inches wide and as high as it needs, when left out.
        extent: (left, right, bottom, top) in units of the graph.
        labels: the labels of all nodes; nodes are as wide and letters as small as the longest needs.
    """

    def __init__(self, ax: Axes | None, extent: tuple[float, float, float, float], labels: Iterable[str]) -> None:
        left, right, bottom, top = extent
        if ax is None:
            inches = min(7.0 / (right - left), 0.7)
            ax = plt.subplots(figsize=(7.0, inches * (top - bottom) + 0.4))[1]
        labels = list(labels)
        self.ax, self.width = bare(ax), node_width(labels)
        # Until a figure is drawn its axes have no final place: in letters, they count by their share of its size.
        share, (width, height) = ax.get_position(), ax.figure.get_size_inches()
        width, height = width * share.width / 0.775, height * share.height / 0.77 - 0.4
        unit = 72 * min(width / (right - left), max(height, 0.3) / (top - bottom))
        lines = max((label.count("\n") + 1 for label in labels), default=1)
        tall = HEIGHT * unit * min(0.5, 0.75 / lines)
        self.size = min(13.0, tall, self.width * unit / (0.66 * longest(labels) + 0.9))
        # Limits stay automatic, for matplotlib widens only such limits to keep the unit the same in both directions.
        ax.set_aspect("equal", adjustable="datalim")
        ax.margins(0)
        ax.update_datalim([(left, bottom), (right, top)])
        ax.autoscale_view()

    def node(self, name: str, at: Point, label: str, *, fill: str = "white", pale: bool = False) -> FancyBboxPatch:
        """A box with a label around ``at``; ``name`` becomes its group id, ``pale`` draws it as out of question."""
        radius = 0.5 * HEIGHT
        box = FancyBboxPatch(
            (at[0] - 0.5 * self.width + radius, at[1]),
            self.width - 2 * radius,
            0,
            boxstyle=f"round,pad={radius},rounding_size={radius if self.width == HEIGHT else 0.22}",
            facecolor="white" if pale else fill,
            edgecolor=PALETTE["faint"] if pale else PALETTE["truth"],
            linewidth=1.3,
            zorder=2,
            gid=name,
        )
        self.ax.add_patch(box)
        color = PALETTE["baseline"] if pale else PALETTE["truth"]
        self.ax.text(*at, label, ha="center", va="center_baseline", fontsize=self.size, color=color, zorder=4)
        return box

    def arrow(
        self,
        name: str,
        start: FancyBboxPatch | Point,
        end: FancyBboxPatch | Point,
        *,
        color: str,
        bend: float = 0.0,
        thick: bool = False,
    ) -> FancyArrowPatch:
        """An arrow from node to node, or from point to point; ``bend`` curves it, > 0 to the right of its way."""
        ends = [end if isinstance(end, tuple) else self.centre(end) for end in (start, end)]
        arrow = FancyArrowPatch(
            *ends,
            patchA=None if isinstance(start, tuple) else start,
            patchB=None if isinstance(end, tuple) else end,
            shrinkA=1,
            shrinkB=1,
            arrowstyle="-|>",
            mutation_scale=self.size * (1.2 if thick else 0.95),
            connectionstyle=f"arc3,rad={bend}",
            color=color,
            linewidth=(2.8 if thick else 1.8) * self.size / 13,
            zorder=3 if thick else 1.5,
            gid=name,
        )
        self.ax.add_patch(arrow)
        return arrow

    def loop(self, name: str, around: FancyBboxPatch, *, color: str) -> FancyArrowPatch:
        """An arrow that leaves a node to the right and comes back to it."""
        x, y = self.centre(around)
        x += 0.5 * self.width
        far, high = 0.95, 0.75
        way = [(x - 0.05, y + 0.22), (x + far, y + high), (x + far, y - high), (x - 0.05, y - 0.22)]
        arrow = FancyArrowPatch(
            path=Path(way, [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]),
            arrowstyle="-|>",
            mutation_scale=0.95 * self.size,
            color=color,
            linewidth=1.8 * self.size / 13,
            shrinkA=0,
            shrinkB=0,
            zorder=1.5,
            gid=name,
        )
        self.ax.add_patch(arrow)
        return arrow

    def word(
        self, at: Point, text: str, *, color: str = PALETTE["truth"], ha: str = "center", va: str = "center"
    ) -> None:
        """A short text beside an arrow."""
        self.ax.text(*at, text, color=color, ha=ha, va=va, fontsize=max(6.5, 0.88 * self.size), zorder=4)

    def cut(self, name: str, start: FancyBboxPatch, end: FancyBboxPatch, *, color: str, height: float = 0.0) -> None:
        """The way from one node toward another, stopped by a bar halfway; ``height`` lifts it above their middles."""
        (x, y), (to_x, _) = self.centre(start), self.centre(end)
        y, stop = y + height, 0.5 * (x + to_x)
        self.ax.plot([x, stop], [y, y], color=color, linewidth=2.8 * self.size / 13, zorder=1.8, solid_capstyle="butt")
        self.ax.plot(
            [stop, stop], [y - 0.17, y + 0.17], color=color, linewidth=2.8 * self.size / 13, zorder=3, gid=name
        )

    @staticmethod
    def centre(box: FancyBboxPatch) -> Point:
        """Where the middle of a node lies."""
        return box.get_x() + 0.5 * box.get_width(), box.get_y() + 0.5 * box.get_height()
