"""Charts of measured numbers: bars, intervals, lines and stems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from rnncourse.plots.style import PALETTE, axes, finish


def bars(
    values: Mapping[str, float],
    *,
    title: str,
    xlabel: str,
    models: Sequence[str] | None = None,
    reference: tuple[str, float] | None = None,
    form: str = "{:.3g}",
    ax: Axes | None = None,
) -> Axes:
    """Horizontal bars, one for each name, with the number written at its end.

    Args:
        values: name → number, drawn from top to bottom.
        title: what the figure shows.
        xlabel: quantity and unit.
        models: a key of ``PALETTE`` for each bar; all "simple" when left out.
        reference: label and value of a dashed line to compare with (chance, a baseline); the label joins ``xlabel``.
        form: how numbers are written.
        ax: axes to draw on; a new figure when left out.

    Raises:
        ValueError: ``models`` does not name one known model for each bar.
    """
    models = _models(models, len(values))
    ax = axes(ax, size=(7.0, 0.9 + 0.5 * len(values)))
    numbers = list(values.values())
    drawn = ax.barh(list(values), numbers, color=[PALETTE[model] for model in models], height=0.65)
    ax.bar_label(drawn, labels=[form.format(number) for number in numbers], padding=4)
    ax.invert_yaxis()
    ax.grid(False, axis="y")
    ax.margins(x=0.14)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    return finish(ax, title=title, xlabel=_compare(ax, reference, xlabel))


def intervals(
    names: Sequence[str],
    means: Any,
    half_widths: Any,
    *,
    title: str,
    xlabel: str,
    models: Sequence[str] | None = None,
    reference: tuple[str, float] | None = None,
    form: str = "{:.3g}",
    ax: Axes | None = None,
) -> Axes:
    """A mean with its interval for each name, from top to bottom, and both numbers beside it.

    Args:
        names: (n,) what was measured several times, as over seeds.
        means: (n,) means.
        half_widths: (n,) ≥ 0, half the width of each interval; 0 where it is not known.
        title: what the figure shows; it or ``xlabel`` says which interval, as "95 % over 5 seeds".
        xlabel: quantity and unit.
        models: a key of ``PALETTE`` for each name; all "simple" when left out.
        reference: label and value of a dashed line to compare with; the label joins ``xlabel``.
        form: how numbers are written.
        ax: axes to draw on; a new figure when left out.

    Raises:
        ValueError: lengths differ, a half width is below zero, or ``models`` does not name one known model for each.
    """
    names, means, half_widths = list(names), np.asarray(means, dtype=float), np.asarray(half_widths, dtype=float)
    if not (len(names),) == means.shape == half_widths.shape or (half_widths < 0).any():
        raise ValueError(
            f"means and half_widths must be {len(names)} numbers, half widths ≥ 0, received {means} and {half_widths}"
        )
    models = _models(models, len(names))
    ax = axes(ax, size=(7.0, 0.9 + 0.42 * len(names)))
    for place, (mean, half, model) in enumerate(zip(means, half_widths, models, strict=True)):
        color = PALETTE[model]
        ax.errorbar(mean, place, xerr=half, fmt="o", color=color, capsize=5, linewidth=2.2, markersize=7)
        text = form.format(mean) + (f" ± {form.format(half)}" if half else "")
        ax.annotate(
            text, (1, place), xycoords=("axes fraction", "data"), xytext=(6, 0), textcoords="offset points", va="center"
        )
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.grid(False, axis="y")
    ax.xaxis.set_major_locator(MaxNLocator(6))
    return finish(ax, title=title, xlabel=_compare(ax, reference, xlabel))


def lines(
    x: Any,
    series: Mapping[str, Any],
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    models: Sequence[str] | None = None,
    log: str = "",
    marker: str = "",
    ax: Axes | None = None,
) -> Axes:
    """One line for each name, with a legend.

    Args:
        x: (n,) positions shared by all lines.
        series: name → (n,) values.
        title, xlabel, ylabel: what is shown, with units.
        models: a key of ``PALETTE`` for each line; the default cycle when left out.
        log: "", "x", "y" or "xy": which axes are logarithmic.
        marker: matplotlib marker of the points.
        ax: axes to draw on; a new figure when left out.

    Raises:
        ValueError: a line's length differs from that of ``x``.
    """
    ax = axes(ax)
    for i, (name, y) in enumerate(series.items()):
        if len(y) != len(x):
            raise ValueError(f"series[{name!r}] must have {len(x)} values like x, received {len(y)}")
        color = PALETTE[models[i]] if models is not None else f"C{i}"
        ax.plot(x, y, color=color, marker=marker, label=name)
    if "x" in log:
        ax.set_xscale("log")
    if "y" in log:
        ax.set_yscale("log")
    ax.legend()
    return finish(ax, title=title, xlabel=xlabel, ylabel=ylabel)


def stems(
    values: Any,
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    start: int = 1,
    highlight: int | Sequence[int] = (),
    log: bool = False,
    model: str = "simple",
    ax: Axes | None = None,
) -> Axes:
    """One stem for each step, from zero to its value.

    Args:
        values: (time,) numbers.
        title, xlabel, ylabel: what is shown, with units.
        start: int, number of the first step.
        highlight: step or steps, by that numbering, drawn in another colour and with a square head.
        log: whether the values have a logarithmic axis; a zero then lies on its floor, with a hollow head.
        model: key of ``PALETTE`` for the colour.
        ax: axes to draw on; a new figure when left out.

    Raises:
        ValueError: ``values`` is no row of numbers, is below zero or zero throughout on a logarithmic axis, or has no
            such step to highlight.
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or not values.size:
        raise ValueError(f"values must have shape (time,) with a step at least, received shape {values.shape}")
    steps = np.arange(start, start + len(values))
    marked = np.isin(steps, highlight)
    if marked.sum() != np.size(highlight):
        raise ValueError(f"highlight must name steps from {start} to {steps[-1]}, received {highlight}")
    if log and (values.min() < 0 or values.max() == 0):
        raise ValueError(
            f"values must be ≥ 0 and not all zero where log is True, received {values.min()} as the smallest"
        )
    ax = axes(ax)
    floor = values[values > 0].min() / 3 if log else 0.0
    if log:
        ax.set_yscale("log")
    tops = np.maximum(values, floor) if log else values
    for chosen, color, marker in ((~marked, PALETTE[model], "o"), (marked, PALETTE["lstm"], "s")):
        if chosen.any():
            ax.vlines(steps[chosen], floor, tops[chosen], color=color, linewidth=2)
            ax.plot(steps[chosen], tops[chosen], marker, color=color)
    hollow = log & (values == 0)
    ax.plot(steps[hollow], tops[hollow], "o", color="white", markersize=3, zorder=3)
    if not log:
        ax.axhline(0, color=PALETTE["baseline"], linewidth=1, zorder=0.5)
    ax.xaxis.set_major_locator(MaxNLocator(12, integer=True))
    ax.grid(False, axis="x")
    return finish(ax, title=title, xlabel=xlabel, ylabel=ylabel)


def _models(models: Sequence[str] | None, count: int) -> list[str]:
    """A key of the palette for each of ``count`` names."""
    models = ["simple"] * count if models is None else list(models)
    if len(models) != count or not set(models) <= set(PALETTE):
        raise ValueError(f"models must name {count} of {', '.join(PALETTE)}, received {models}")
    return models


def _compare(ax: Axes, reference: tuple[str, float] | None, xlabel: str) -> str:
    """Draw the dashed line of a reference, if there is one, and name it in the label that is returned."""
    if reference is None:
        return xlabel
    label, value = reference
    ax.axvline(value, color=PALETTE["truth"], linestyle="--", linewidth=1.5)
    return f"{xlabel} (dashed: {label})"
