"""One sequence of each kind, drawn the way people who work with it draw it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from rnncourse.plots.style import PALETTE, SEQUENTIAL, axes, bare, finish


def series(
    values: np.ndarray,
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    time: np.ndarray | None = None,
    model: str = "truth",
    ax: Axes | None = None,
) -> Axes:
    """A record over time; several features are drawn one above the other.

    Args:
        values: (time,) or (time, features).
        title, xlabel, ylabel: what is shown, with units.
        time: (time,) positions; 0, 1, 2 … when left out.
        model: key of ``PALETTE`` for the colour.
        ax: axes to draw on; a new figure when left out.

    Raises:
        ValueError: ``values`` is of another rank.
    """
    values = np.asarray(values, dtype=float)
    if values.ndim not in (1, 2):
        raise ValueError(f"values must have shape (time,) or (time, features), received shape {values.shape}")
    ax = axes(ax)
    time = np.arange(len(values)) if time is None else time
    if values.ndim == 1:
        ax.plot(time, values, color=PALETTE[model], linewidth=1.2)
    else:
        apart = 1.1 * np.ptp(values, axis=0).max()
        for feature, column in enumerate(values.T):
            ax.plot(time, column - column.mean() - feature * apart, color=PALETTE[model], linewidth=1.0)
        ax.set_yticks([])
    return finish(ax, title=title, xlabel=xlabel, ylabel=ylabel)


def window(
    values: np.ndarray,
    *,
    start: int,
    steps: int,
    horizon: int,
    title: str,
    xlabel: str,
    ylabel: str,
    ax: Axes | None = None,
) -> Axes:
    """A record, one window cut from it, and the value to forecast.

    Args:
        values: (time,) record.
        start: int, the window's first step.
        steps: int ≥ 1, its length.
        horizon: int ≥ 1, how many steps after the window's last value the target lies.
        title, xlabel, ylabel: what is shown, with units.
        ax: axes to draw on; a new figure when left out.

    Raises:
        ValueError: window or target lie outside the record.
    """
    last = start + steps - 1
    if start < 0 or last + horizon >= len(values):
        raise ValueError(
            f"values must reach to the target at {last + horizon} from a start ≥ 0, received {len(values)} values "
            f"and start {start}"
        )
    ax = series(values, title=title, xlabel=xlabel, ylabel=ylabel, model="baseline", ax=ax)
    ax.axvspan(start - 0.5, last + 0.5, color=PALETTE["simple"], alpha=0.12, linewidth=0)
    inside = np.arange(start, last + 1)
    ax.plot(
        inside, np.asarray(values)[inside], ".-", color=PALETTE["simple"], linewidth=1.2, label=f"window: {steps} steps"
    )
    ax.plot(
        last + horizon,
        values[last + horizon],
        "o",
        color=PALETTE["lstm"],
        markersize=9,
        label=f"target: {horizon} later",
    )
    ax.legend(loc="upper right", fontsize="small")
    return ax


def piano_roll(pitches: np.ndarray, *, title: str, xlabel: str, ax: Axes | None = None) -> Axes:
    """Voices as bars of pitch over time.

    Args:
        pitches: (time, voices) MIDI pitches, 0 for a rest.
        title, xlabel: what is shown, with the unit of a step.
        ax: axes to draw on; a new figure when left out.
    """
    ax = axes(ax)
    for voice, color in zip(np.asarray(pitches).T, ("simple", "conv", "gru", "lstm"), strict=False):
        sounding = np.flatnonzero(voice)
        ax.hlines(voice[sounding], sounding, sounding + 1, color=PALETTE[color], linewidth=3)
    return finish(ax, title=title, xlabel=xlabel, ylabel="pitch (MIDI)")


def pixels(image: np.ndarray, *, title: str, xlabel: str = "", ylabel: str = "", ax: Axes | None = None) -> Axes:
    """A picture of (rows, columns) numbers, dark where they are large."""
    ax = bare(axes(ax, size=(2.6, 2.8)))
    ax.imshow(image, cmap="Greys", interpolation="nearest")
    return finish(ax, title=title, xlabel=xlabel, ylabel=ylabel)


def characters(
    text: Sequence[str], *, title: str, xlabel: str = "", ids: Sequence[int] | None = None, ax: Axes | None = None
) -> Axes:
    """A text as a row of boxes, one character each, with its id below when ``ids`` is given.

    Args:
        text: a string or a list of characters; a line break is drawn as ⏎ and a space as ␣.
        title, xlabel: what is shown.
        ids: one id for each character.
        ax: axes to draw on; a new figure when left out.
    """
    ax = bare(axes(ax, size=(7.0, 1.6)))
    for place, character in enumerate(text):
        shown = {"\n": "⏎", " ": "␣", "\t": "⇥"}.get(character, character)
        ax.text(place, 0, shown, ha="center", va="center", family="DejaVu Sans Mono", fontsize=13)
        if ids is not None:
            ax.text(place, -0.9, str(ids[place]), ha="center", va="center", fontsize=9, color=PALETTE["simple"])
    ax.vlines(np.arange(len(text) + 1) - 0.5, -0.5, 0.5, color=PALETTE["faint"], linewidth=1)
    ax.set(xlim=(-0.6, len(text) - 0.4), ylim=(-1.3 if ids is not None else -0.8, 0.8))
    return finish(ax, title=title, xlabel=xlabel)


def padding(mask: np.ndarray, *, title: str, ax: Axes | None = None) -> Axes:
    """A padded batch: real steps filled, padding pale, a line between batches left to the caller.

    Args:
        mask: (sequences, time) bool, True at real steps.
        title: what is shown.
        ax: axes to draw on; a new figure when left out.
    """
    ax = axes(ax)
    ax.imshow(np.where(mask, 0.25, 0.92), cmap="Greys_r", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    ax.grid(False)
    return finish(ax, title=title, xlabel="step", ylabel="sequence")


def heat(
    values: np.ndarray,
    *,
    title: str,
    xlabel: str = "",
    ylabel: str = "",
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """A matrix as colours, with the names of its rows and columns.

    Args:
        values: (rows, columns) real numbers.
        title, xlabel, ylabel: what is shown.
        rows, columns: their names; no ticks when left out.
        ax: axes to draw on; a new figure when left out.
    """
    ax = axes(ax)
    ax.imshow(values, cmap=SEQUENTIAL, aspect="auto", interpolation="nearest")
    ax.grid(False)
    ax.set_xticks(range(len(columns or ())), columns or ())
    ax.set_yticks(range(len(rows or ())), rows or ())
    return finish(ax, title=title, xlabel=xlabel, ylabel=ylabel)
