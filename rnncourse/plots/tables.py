"""Tables drawn as figures, so that what is kept of measured numbers is a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from rnncourse.plots.style import PALETTE, axes, bare, finish

BEST = {"min": np.nanmin, "max": np.nanmax}


def table(
    cells: Sequence[Sequence[Any]],
    *,
    title: str,
    rows: Sequence[str],
    columns: Sequence[str],
    form: str | Sequence[str] = "{:.3g}",
    best: Mapping[str, str] | None = None,
    models: Sequence[str] | None = None,
    corner: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Rows of texts and numbers; the best number of a column stands bold on a tinted ground.

    Args:
        cells: for each row one text or number a column.
        title: what the table shows.
        rows: label of each row.
        columns: label of each column.
        form: how numbers are written, for all columns or for each; whole numbers are written in full.
        best: column → "min" or "max", whichever is best there; ties are all marked.
        models: a key of ``PALETTE`` for each row, shown as a square before its label; none when left out.
        corner: what the row labels are.
        ax: axes to draw on; a new figure when left out.

    Raises:
        ValueError: cells, models or forms do not fit the labels, or ``best`` names what is not there.
    """
    if len(cells) != len(rows) or any(len(row) != len(columns) for row in cells):
        raise ValueError(
            f"cells must have {len(rows)} rows of {len(columns)}, received rows of {[len(row) for row in cells]}"
        )
    forms = [form] * len(columns) if isinstance(form, str) else list(form)
    if len(forms) != len(columns):
        raise ValueError(f"form must be one for all or one for each of {len(columns)} columns, received {len(forms)}")
    if models is not None and (len(models) != len(rows) or not set(models) <= set(PALETTE)):
        raise ValueError(f"models must name {len(rows)} of {', '.join(PALETTE)}, received {list(models)}")
    best = best or {}
    if not set(best) <= set(columns) or not set(best.values()) <= set(BEST):
        raise ValueError(f'best must map columns to "min" or "max", received {dict(best)}')
    written = [[_write(cell, forms[i]) for i, cell in enumerate(row)] for row in cells]
    ax = bare(axes(ax, size=(7.0, 0.5 + 0.3 * (len(rows) + 1))))
    edges, size = _widths(ax, rows, columns, written, corner=corner)
    for row, label in enumerate(rows):
        y = -row - 1
        if models is not None:
            ax.add_patch(Rectangle((0, y - 0.25), 0.9, 0.5, color=PALETTE[models[row]], linewidth=0, gid="model"))
        ax.text(1.6 if models is not None else 0, y, label, va="center_baseline", fontsize=size)
        for column, text in enumerate(written[row]):
            wins = columns[column] in best and _wins(cells, row, column, best[columns[column]])
            if wins:
                ground = Rectangle((edges[column] + 0.4, y - 0.45), edges[column + 1] - edges[column], 0.9, gid="best")
                ground.set(facecolor=PALETTE["dense"], alpha=0.3, linewidth=0)
                ax.add_patch(ground)
            weight = "bold" if wins else "normal"
            ax.text(edges[column + 1], y, text, ha="right", va="center_baseline", fontsize=size, weight=weight)
    ax.text(0, 0, corner, va="center_baseline", fontsize=size, color=PALETTE["baseline"])
    for edge, label in zip(edges[1:], columns, strict=True):
        ax.text(edge, 0, label, ha="right", va="center_baseline", fontsize=size, color=PALETTE["baseline"])
    ax.hlines([-0.5, -len(rows) - 0.5], 0, edges[-1] + 0.4, color=PALETTE["truth"], linewidth=1)
    ax.set_ylim(-len(rows) - 0.6, 0.6)
    return finish(ax, title=title)


def _write(cell: Any, form: str) -> str:
    """A text as it is, a whole number in full, any other number by its form."""
    whole = isinstance(cell, int | np.integer)
    return form.format(cell) if isinstance(cell, Real) and not whole else str(cell)


def _wins(cells: Sequence[Sequence[Any]], row: int, column: int, which: str) -> bool:
    """Whether a number is the best of its column; texts take no part."""
    numbers = [line[column] for line in cells if isinstance(line[column], Real)]
    return isinstance(cells[row][column], Real) and bool(cells[row][column] == BEST[which](numbers))


def _widths(
    ax: Axes, rows: Sequence[str], columns: Sequence[str], written: Sequence[Sequence[str]], *, corner: str
) -> tuple[list[float], float]:
    """Right edge of the row labels and of each column, in characters, and the size of letters at which all fit."""
    widths = [max(map(len, [corner, *rows])) + 1.0]
    widths += [max(map(len, texts)) for texts in zip(columns, *written, strict=True)]
    inches = ax.figure.get_size_inches()[0] * ax.get_position().width / 0.775
    needed = sum(widths) + 3 * len(columns) + 1
    size = min(10.0, 72 * inches / (0.62 * needed))
    room = 72 * inches / (0.62 * size)
    gap = 3 + min(5.0, (room - needed) / len(columns))
    ax.set_xlim(-0.5, room)
    return list(np.cumsum(widths) + gap * np.arange(len(widths))), size


def solved(
    values: np.ndarray,
    *,
    title: str,
    rows: Sequence[str],
    columns: Sequence[str],
    threshold: float,
    xlabel: str,
    ylabel: str = "",
    above: bool = False,
    form: str = "{:.3f}",
    ax: Axes | None = None,
) -> Axes:
    """Which tasks are solved, as a map of cells with their numbers: solved is dark with a tick, unsolved is pale.

    Args:
        values: (rows, columns) errors, or (seeds, rows, columns), of which the median and the number of seeds that
            solve the task are written; where some do and some do not, the cell is half dark. Not a number stands for
            a run that diverged: it solves nothing and counts as the worst.
        title: what the figure shows.
        rows, columns: their labels, as models and lags.
        threshold: what a solved task stays below.
        xlabel, ylabel: what columns and rows are.
        above: whether solved means above the threshold, as for an accuracy.
        form: how numbers are written.
        ax: axes to draw on; a new figure when left out.

    Raises:
        ValueError: ``values`` does not fit the labels.
    """
    values = np.asarray(values, dtype=float)
    if values.ndim not in (2, 3) or values.shape[-2:] != (len(rows), len(columns)):
        raise ValueError(
            f"values must have shape ({len(rows)}, {len(columns)}) or (seeds, {len(rows)}, {len(columns)}), received "
            f"shape {values.shape}"
        )
    runs = values if values.ndim == 3 else values[np.newaxis]
    done = (runs > threshold) if above else (runs < threshold)
    middle = np.median(np.where(np.isnan(runs), -np.inf if above else np.inf, runs), axis=0)
    ax = axes(ax, size=(7.0, 1.1 + (0.55 if len(runs) > 1 else 0.4) * len(rows)))
    inches = ax.figure.get_size_inches()[0] * ax.get_position().width / 0.775 - 0.11 * max(map(len, rows)) - 0.3
    size = min(10.0, 72 * inches / len(columns) / (0.7 * len("✓ " + form.format(0.0))))
    for (row, column), share in np.ndenumerate(done.mean(axis=0)):
        fill, ink = ("#005F46", "white") if share == 1 else ("#8CCDB9" if share else "#EFEFEF", PALETTE["truth"])
        ax.add_patch(Rectangle((column - 0.48, row - 0.46), 0.96, 0.92, facecolor=fill, linewidth=0))
        number = form.format(middle[row, column]) if np.isfinite(middle[row, column]) else "diverged"
        count = f"\n{done[:, row, column].sum()} of {len(runs)}" if len(runs) > 1 else ""
        weight = "bold" if share == 1 else "normal"
        text = ("✓ " if share == 1 else "") + number + count
        ax.text(column, row, text, ha="center", va="center", color=ink, weight=weight, fontsize=size)
    ax.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    ax.set_xticks(range(len(columns)), columns)
    ax.set_yticks(range(len(rows)), rows)
    ax.tick_params(length=0)
    ax.grid(False)
    ax.spines[:].set_visible(False)
    sign, every = ">" if above else "<", " in every run" if np.ndim(values) == 3 else ""
    return finish(ax, title=title, xlabel=f"{xlabel} (✓: {sign} {threshold:g}{every})", ylabel=ylabel)
