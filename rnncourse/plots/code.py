"""Program code character by character, each on a ground that shows a unit's activation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from rnncourse.plots.style import PALETTE, axes, bare, finish

_LINE = 78  # characters in a line 7 inches wide


def code(
    text: str,
    values: Sequence[float],
    *,
    title: str,
    truth: Sequence[bool] | None = None,
    limit: float = 1.0,
    ax: Axes | None = None,
) -> Axes:
    """Code as it is written, the ground of each character as dark as its number is far from 0.

    Below 0 the ground is blue, above 0 orange. Where the number is 0 the paper is white.

    Args:
        text: what is drawn; a line of more than 78 characters goes on in the next one.
        values: (characters,) real numbers, one for each character, line ends included, as the activations of a unit.
        title: what is shown.
        truth: (characters,) bool; characters for which it holds are underlined.
        limit: number > 0 from which on the ground is darkest.
        ax: axes to draw on; a new figure when left out.

    Raises:
        ValueError: there is no text, numbers or truth are not as many as its characters, or ``limit`` is not above 0.
    """
    values, truth = np.asarray(values, dtype=float), np.zeros(len(text), dtype=bool) if truth is None else truth
    if not text or values.shape != (len(text),) or len(truth) != len(text):
        raise ValueError(
            f"values and truth must have one entry for each of {len(text)} characters, at least one, received "
            f"{values.shape} and {len(truth)}"
        )
    if not limit > 0:
        raise ValueError(f"limit must be above 0, received {limit}")
    places = _places(text)
    lines = 1 + max(row for row, _ in places)
    ax = bare(axes(ax, size=(7.0, 0.4 + 0.21 * lines)))
    for character, (row, column), value, true in zip(text, places, values, truth, strict=True):
        ground = Rectangle((column, row), 1, 1, linewidth=0, gid="ground")
        ground.set(facecolor=PALETTE["lstm" if value > 0 else "simple"], alpha=0.75 * float(min(abs(value) / limit, 1)))
        ax.add_patch(ground)
        if true:
            ax.hlines(row + 0.95, column, column + 1, color=PALETTE["truth"], linewidth=1.3)
        if not character.isspace():
            ax.text(
                column + 0.5,
                row + 0.5,
                character,
                ha="center",
                va="center_baseline",
                family="DejaVu Sans Mono",
                fontsize=9,
            )
    ax.set(xlim=(-0.5, _LINE + 1), ylim=(lines + 0.1, -0.1))
    return finish(ax, title=title)


def _places(text: str) -> list[tuple[int, int]]:
    """Row and column of each character; a line end stands behind its line."""
    places, row, column = [], 0, 0
    for character in text:
        if column == _LINE and character != "\n":
            row, column = row + 1, 0
        places.append((row, column))
        row, column = (row + 1, 0) if character == "\n" else (row, column + 1)
    return places
