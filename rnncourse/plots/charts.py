"""Charts of measured numbers: bars and lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

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
    models = ["simple"] * len(values) if models is None else list(models)
    if len(models) != len(values) or not set(models) <= set(PALETTE):
        raise ValueError(f"models must name {len(values)} of {', '.join(PALETTE)}, received {models}")
    ax = axes(ax, size=(7.0, 0.9 + 0.5 * len(values)))
    numbers = list(values.values())
    drawn = ax.barh(list(values), numbers, color=[PALETTE[model] for model in models], height=0.65)
    ax.bar_label(drawn, labels=[form.format(number) for number in numbers], padding=4)
    ax.invert_yaxis()
    ax.grid(False, axis="y")
    ax.margins(x=0.14)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    if reference is not None:
        label, value = reference
        ax.axvline(value, color=PALETTE["truth"], linestyle="--", linewidth=1.5)
        xlabel = f"{xlabel} (dashed: {label})"
    return finish(ax, title=title, xlabel=xlabel)


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
