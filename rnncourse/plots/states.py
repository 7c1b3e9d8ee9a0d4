"""States and systems: trajectories over time and in the plane, and states as labelled points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from rnncourse.plots.labels import write_beside
from rnncourse.plots.style import PALETTE, axes, finish

MARKERS = ("o", "s", "^", "D", "v", "P")
GROUPS = ("simple", "lstm", "gru", "conv", "transformer", "baseline")


def trajectories(
    time: np.ndarray,
    true: np.ndarray,
    simulated: np.ndarray,
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    horizon: float | None = None,
    name: str = "simulated",
    model: str = "simple",
    ax: Axes | None = None,
) -> Axes:
    """A true and a simulated trajectory over time, with the horizon at which they part.

    Args:
        time: (time,) positions.
        true: (time,) true values.
        simulated: (time,) values of the model; not a number where it does not run yet.
        title, xlabel, ylabel: what is shown, with units.
        horizon: position of a marked line, in units of ``time``; none when left out.
        name: what the model is called in the legend.
        model: key of ``PALETTE`` for the simulated line.
        ax: axes to draw on; a new figure when left out.

    Raises:
        ValueError: the trajectories differ in length, or the horizon lies outside ``time``.
    """
    time, true, simulated = (np.asarray(values, dtype=float) for values in (time, true, simulated))
    if not time.shape == true.shape == simulated.shape or time.ndim != 1:
        raise ValueError(
            "time, true and simulated must have one shape (time,), received "
            f"{time.shape}, {true.shape} and {simulated.shape}"
        )
    if horizon is not None and not time.min() <= horizon <= time.max():
        raise ValueError(f"horizon must lie within time, {time.min():g} to {time.max():g}, received {horizon}")
    ax = axes(ax)
    ax.plot(time, true, color=PALETTE["truth"], linewidth=1.4, label="true")
    ax.plot(time, simulated, color=PALETTE[model], linestyle=(0, (4, 1.5)), linewidth=1.8, label=name)
    _room_for_legend(ax)
    if horizon is not None:
        low, high = ax.get_ylim()
        ax.set_ylim(low - 0.12 * (high - low), high)  # room for the label below the curves
        late = horizon > time.mean()
        ax.axvline(horizon, ymax=0.85, color=PALETTE["lstm"], linewidth=1.5)
        ax.annotate(
            f"horizon {horizon:.3g}",
            (horizon, 0),
            xycoords=("data", "axes fraction"),
            xytext=(-5 if late else 5, 4),
            textcoords="offset points",
            ha="right" if late else "left",
            va="bottom",
            color=PALETTE["lstm"],
        )
    return finish(ax, title=title, xlabel=xlabel, ylabel=ylabel)


def phase_portrait(
    true: np.ndarray,
    simulated: np.ndarray,
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    name: str = "simulated",
    model: str = "simple",
    ax: Axes | None = None,
) -> Axes:
    """The same trajectories in the plane of two quantities, as angle and velocity, with a dot where they begin.

    Args:
        true: (time, 2) true values.
        simulated: (time, 2) values of the model; not a number where it does not run yet.
        title, xlabel, ylabel: what is shown, with units; the first feature runs along x.
        name: what the model is called in the legend.
        model: key of ``PALETTE`` for the simulated line.
        ax: axes to draw on; a new figure when left out.

    Raises:
        ValueError: a trajectory has other than two features.
    """
    true, simulated = np.asarray(true, dtype=float), np.asarray(simulated, dtype=float)
    for of, values in (("true", true), ("simulated", simulated)):
        if values.ndim != 2 or values.shape[1] != 2:
            raise ValueError(f"{of} must have shape (time, 2), received shape {values.shape}")
    ax = axes(ax, size=(4.2, 4.0))
    ax.plot(*true.T, color=PALETTE["truth"], linewidth=1.4, label="true")
    ax.plot(*simulated.T, color=PALETTE[model], linestyle=(0, (4, 1.5)), linewidth=1.8, label=name)
    for values, color in ((true, PALETTE["truth"]), (simulated, PALETTE[model])):
        begin = values[np.isfinite(values).all(axis=1)][:1]
        ax.plot(*begin.T, "o", color=color, markersize=7)
    _room_for_legend(ax)
    return finish(ax, title=title, xlabel=xlabel, ylabel=ylabel)


def points(
    positions: np.ndarray,
    groups: Sequence[str],
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    names: Sequence[str] | None = None,
    models: Mapping[str, str] | None = None,
    legend: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Points in the plane, as of states; groups differ in colour and in marker.

    Args:
        positions: (points, 2) coordinates.
        groups: one group for each point.
        title, xlabel, ylabel: what is shown.
        names: one text beside each point, "" for none.
        models: group → key of ``PALETTE``; a fixed order of colours when left out. It also orders the legend.
        legend: whether the groups are named, to the right of the axes; one of two neighbours may leave it out.
        ax: axes to draw on; a new figure when left out.

    Raises:
        ValueError: lengths differ, or there are more groups than markers.
    """
    positions = np.asarray(positions, dtype=float)
    known = list(dict.fromkeys(groups)) if models is None else list(models)
    if positions.ndim != 2 or positions.shape[1] != 2 or len(groups) != len(positions):
        raise ValueError(
            "positions must have shape (points, 2) with one group a point, received shape "
            f"{positions.shape} and {len(groups)} groups"
        )
    if names is not None and len(names) != len(positions):
        raise ValueError(f"names must have {len(positions)} texts, received {len(names)}")
    if len(known) > len(MARKERS) or not set(groups) <= set(known):
        raise ValueError(
            f"groups must be at most {len(MARKERS)}, all in models where given, received {sorted(set(groups))}"
        )
    ax = axes(ax, size=(7.0, 3.8))
    of = np.array(list(groups))
    for place, group in enumerate(known):
        color = PALETTE[GROUPS[place] if models is None else models[group]]
        ax.plot(
            *positions[of == group].T, MARKERS[place], color=color, markeredgecolor="white", markersize=8, label=group
        )
    ax.margins(0.09)
    if legend:
        ax.legend(loc="upper left", bbox_to_anchor=(1, 1), borderaxespad=0, handlelength=1, fontsize="small")
    if names is not None:
        write_beside(ax, positions, names)
    return finish(ax, title=title, xlabel=xlabel, ylabel=ylabel)


def _room_for_legend(ax: Axes) -> None:
    """A legend in one line, above all curves."""
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + 0.2 * (high - low))
    ax.legend(loc="upper right", ncols=2, fontsize="small", handlelength=1.6, columnspacing=1.2)
