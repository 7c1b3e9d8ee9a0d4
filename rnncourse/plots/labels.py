"""Texts beside points, placed where they cover least."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from rnncourse.plots.style import PALETTE

AWAY = 6.0
"""Distance of a text from its point, in points of type."""

SIDES = [
    ("left", "center"),
    ("right", "center"),
    *((ha, va) for va in ("bottom", "top") for ha in ("center", "left", "right")),
]
"""How a text may be aligned at its point, the most usual first."""

Box = tuple[float, float, float, float]


def write_beside(
    ax: Axes,
    positions: np.ndarray,
    names: Sequence[str],
    *,
    colors: Sequence[str] | None = None,
    size: float = 9.0,
    avoid: np.ndarray | None = None,
) -> None:
    """Write each text on the side of its point where it covers least of the points and of the other texts.

    Args:
        ax: axes with all else that they will hold.
        positions: (points, 2) in units of the axes.
        names: one text a point.
        colors: one colour a text; black when left out.
        size: of the letters, in points.
        avoid: (places, 2) further places that no text should cover, in units of the axes.
    """
    ax.figure.draw_without_rendering()  # until then neither limits nor the place of the axes are final
    centres = ax.transData.transform(positions) * 72 / ax.figure.dpi
    frame = ax.bbox.extents * 72 / ax.figure.dpi
    obstacles = positions if avoid is None else np.concatenate([positions, avoid])
    obstacles = ax.transData.transform(obstacles) * 72 / ax.figure.dpi
    points: list[Box] = [(x - 4, y - 4, x + 4, y + 4) for x, y in obstacles]
    placed: dict[int, tuple[tuple[str, str], Box]] = {}
    for place in list(range(len(names))) * 3:  # the first texts were placed before the last: each moves again
        taken = points + [box for other, (_, box) in placed.items() if other != place]
        options = {sides: _box(centres[place], 0.6 * size * len(names[place]), size, *sides) for sides in SIDES}
        best = min(options, key=lambda sides: _covered(options[sides], taken, frame))
        placed[place] = (best, options[best])
    for place, name in enumerate(names):
        (ha, va), _ = placed[place]
        ax.annotate(
            name,
            positions[place],
            xytext=(AWAY * _sign(ha), AWAY * _sign(va)),
            textcoords="offset points",
            ha=ha,
            va=va,
            fontsize=size,
            color=PALETTE["truth"] if colors is None else colors[place],
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )


def _sign(side: str) -> int:
    """Which way a text lies that is aligned by this side."""
    return {"left": 1, "right": -1, "bottom": 1, "top": -1, "center": 0}[side]


def _box(centre: np.ndarray, width: float, height: float, ha: str, va: str) -> Box:
    """(left, low, right, high) of a text beside a point."""
    x = centre[0] + _sign(ha) * (AWAY + 0.5 * width)
    y = centre[1] + _sign(va) * (AWAY + 0.5 * height)
    return x - 0.5 * width, y - 0.5 * height, x + 0.5 * width, y + 0.5 * height


def _covered(box: Box, taken: Sequence[Box], frame: np.ndarray) -> float:
    """Area that a text shares with what is there, and its area outside the axes."""
    outside = (box[2] - box[0]) * (box[3] - box[1]) - _shared(box, tuple(frame))
    return outside + sum(_shared(box, other) for other in taken)


def _shared(a: Box, b: Box) -> float:
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    return max(wide, 0.0) * max(high, 0.0)
