"""Texts word by word, each word on a ground as dark as its number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from rnncourse.plots.style import PALETTE, axes, bare, finish

_LINE = 78  # characters in a line 7 inches wide


def words(
    texts: Sequence[Sequence[str]],
    values: Sequence[Sequence[float]],
    *,
    title: str,
    notes: Sequence[str] | None = None,
    model: str = "gru",
    ax: Axes | None = None,
) -> Axes:
    """Texts one below the other, the ground of every word as dark as its share of the largest value of its text.

    Args:
        texts: the words of each text, in order.
        values: a number ≥ 0 for each word, as the weights of attention.
        title: what is shown.
        notes: a line below each text.
        model: key of ``PALETTE`` for the ground.
        ax: axes to draw on; a new figure when left out.

    Raises:
        ValueError: there is no text, a text has not as many values as words, notes are too few or too many, or a value
            is below zero.
    """
    notes = [""] * len(texts) if notes is None else list(notes)
    if not texts or [len(text) for text in texts] != [len(row) for row in values] or len(notes) != len(texts):
        raise ValueError(
            f"values must have a number for each of {[len(text) for text in texts]} words, and notes a line for each "
            f"text, received {[len(row) for row in values]} numbers and {len(notes)} notes"
        )
    if min((min(row, default=0.0) for row in values), default=0.0) < 0:
        raise ValueError("values must be numbers ≥ 0, received one below")
    lines = [_wrapped(text) for text in texts]
    height = sum(len(text) + 0.45 + 0.9 * bool(note) for text, note in zip(lines, notes, strict=True))
    ax = bare(axes(ax, size=(7.0, 0.4 + 0.27 * height)))
    top = 0.0
    for text, row, note in zip(lines, values, notes, strict=True):
        numbers = iter(np.asarray(row, dtype=float) / (max(row, default=0.0) or 1.0))
        for line in text:
            column = 0
            for word in line:
                ground = Rectangle((column - 0.4, top + 0.06), len(word) + 0.8, 0.88, linewidth=0, gid="ground")
                ground.set(facecolor=PALETTE[model], alpha=0.75 * float(next(numbers)))
                ax.add_patch(ground)
                ax.text(column, top + 0.5, word, va="center_baseline", family="DejaVu Sans Mono", fontsize=9.2)
                column += len(word) + 1
            top += 1
        if note:
            ax.text(0, top + 0.4, note, va="center_baseline", fontsize=9.5, color=PALETTE["baseline"])
        top += 0.45 + 0.9 * bool(note)
    ax.set(xlim=(-0.6, _LINE), ylim=(height, 0))
    return finish(ax, title=title)


def _wrapped(text: Sequence[str]) -> list[list[str]]:
    """The words line by line, at least one in a line."""
    lines: list[list[str]] = [[]]
    for word in text:
        if lines[-1] and len(" ".join([*lines[-1], word])) > _LINE:
            lines.append([])
        lines[-1].append(word)
    return lines
