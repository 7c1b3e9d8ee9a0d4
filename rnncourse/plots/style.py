"""The look of every figure: one colour a model, in all lessons, and sizes that stay readable at half width."""

from __future__ import annotations

from types import MappingProxyType

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

PALETTE = MappingProxyType(
    {
        "truth": "#222222",
        "baseline": "#7A7A7A",
        "bag": "#8C6D31",
        "dense": "#56B4E9",
        "conv": "#E69F00",
        "simple": "#0072B2",
        "lstm": "#D55E00",
        "gru": "#009E73",
        "transformer": "#CC79A7",
        "faint": "#D9D9D9",
    }
)
"""Colour of each kind of model, and of the truth, of untrained baselines and of what stands back. Readers with any
colour vision can tell them apart: Okabe & Ito's set (2008) with two greys and a brown."""

WEIGHTS = MappingProxyType({"W_x": PALETTE["conv"], "W_h": PALETTE["simple"], "W_y": PALETTE["gru"]})
"""Colour of each weight matrix wherever a network is drawn: into the state, from state to state, out of the state."""

SEQUENTIAL = "cividis"
"""The colour map for quantities: even in lightness, the same to readers with any colour vision (Nuñez et al. 2018)."""


def use_style() -> None:
    """Set matplotlib's defaults for a lesson: 7 inches wide, 12 points, no box, a light grid."""
    mpl.rcParams.update(
        {
            "figure.figsize": (7.0, 3.4),
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "font.size": 12,
            "axes.titlesize": 12.5,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#E6E6E6",
            "image.cmap": SEQUENTIAL,
            "legend.frameon": False,
            "lines.linewidth": 2.0,
            "axes.prop_cycle": mpl.cycler(
                color=[PALETTE[name] for name in ("simple", "lstm", "gru", "conv", "transformer")]
            ),
        }
    )


def axes(ax: Axes | None, *, size: tuple[float, float] = (7.0, 3.4)) -> Axes:
    """``ax`` itself, or the axes of a new figure of ``size`` inches (width, height)."""
    return ax if ax is not None else plt.subplots(figsize=size)[1]


def finish(ax: Axes, *, title: str, xlabel: str = "", ylabel: str = "") -> Axes:
    """Write title and axis labels on ``ax`` and return it."""
    ax.set(title=title, xlabel=xlabel, ylabel=ylabel)
    return ax


def bare(ax: Axes) -> Axes:
    """Take ticks, grid and frame away, for a picture that has no axes."""
    ax.grid(False)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    return ax
