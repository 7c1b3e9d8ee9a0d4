"""Gradients through time: how their size goes with the lag, and the matrices that decide it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from rnncourse.plots.style import PALETTE, axes, finish

COLORS = ("simple", "lstm", "gru", "conv", "transformer", "dense", "bag")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def gradient_norms(
    curves: Mapping[str, np.ndarray],
    *,
    title: str,
    bounds: Mapping[str, np.ndarray] | None = None,
    xlabel: str = "lag k (steps before the loss)",
    ylabel: str = r"$\|dL/dh_{T-k}\|$",
    models: Sequence[str] | None = None,
    legend: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Norms of gradients over the lag on a logarithmic axis, each with its bound.

    Args:
        curves: name → (time,) norms at the lags 0, 1, 2 …, or (seeds, time), drawn as their median in the band from
            the smallest to the largest. A zero has no place on the axis: the line ends there.
        title: what the figure shows.
        bounds: some of these names → (time,) bounds, dashed in the same colour.
        xlabel, ylabel: what is shown.
        models: a key of ``PALETTE`` for each curve; a fixed order of colours when left out.
        legend: whether the curves are named, to the right of the axes; one of two neighbours may leave it out.
        ax: axes to draw on; a new figure when left out.

    Raises:
        ValueError: a curve has another shape, a bound belongs to no curve or differs in length, or there are more
            curves than colours.
    """
    runs = {name: np.atleast_2d(np.asarray(curve, dtype=float)) for name, curve in curves.items()}
    for name, values in runs.items():
        if values.ndim != 2 or not values.size:
            raise ValueError(
                f"curves[{name!r}] must have shape (time,) or (seeds, time), received shape {np.shape(curves[name])}"
            )
    for name, bound in (bounds or {}).items():
        if name not in runs or np.shape(bound) != runs[name].shape[1:]:
            raise ValueError(
                f"bounds must be as long as the curves of their names, received {name!r} of shape {np.shape(bound)}"
            )
    models = COLORS[: len(runs)] if models is None else list(models)
    if len(models) != len(runs) or not set(models) <= set(PALETTE):
        raise ValueError(f"models must name {len(runs)} of {', '.join(PALETTE)}, received {list(models)}")
    ax = axes(ax)
    ax.set_yscale("log")
    for place, (name, values) in enumerate(runs.items()):
        lags, color = np.arange(values.shape[1]), PALETTE[models[place]]
        values = np.where(values > 0, values, np.nan)
        if len(values) > 1:
            ax.fill_between(lags, values.min(axis=0), values.max(axis=0), color=color, alpha=0.2, linewidth=0)
        marker = MARKERS[place % len(MARKERS)]
        every = (place * len(lags) // 30, max(1, len(lags) // 6))
        ax.plot(lags, np.median(values, axis=0), marker=marker, markevery=every, color=color, label=name)
        if bounds and name in bounds:
            ax.plot(lags, bounds[name], color=color, linestyle="--", linewidth=1.3)
    if bounds:
        ax.plot([], [], color=PALETTE["baseline"], linestyle="--", linewidth=1.3, label="bound")
    if legend:
        ax.legend(loc="upper left", bbox_to_anchor=(1, 1), borderaxespad=0, fontsize="small")
    return finish(ax, title=title, xlabel=xlabel, ylabel=ylabel)


def spectrum(
    matrix: np.ndarray, *, title: str, limit: float = 1.0, panels: Sequence[Axes] | None = None
) -> tuple[Axes, Axes]:
    """The eigenvalues of a matrix in the complex plane with the unit circle, beside its singular values as stems.

    Args:
        matrix: (units, units) recurrent kernel.
        title: what the figure shows.
        limit: > 0, where the dashed line stands that singular values are compared with: 1/γ for a slope γ of φ.
        panels: two axes to draw on; a new figure when left out.

    Returns:
        The axes of the eigenvalues and of the singular values; ρ and σ₁ stand above them.

    Raises:
        ValueError: ``matrix`` is not square.
    """
    matrix = np.asarray(matrix, dtype=float)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"matrix must have shape (units, units), received shape {matrix.shape}")
    eigenvalues, singular = np.linalg.eigvals(matrix), np.linalg.svd(matrix, compute_uv=False)
    if panels is None:
        figure, panels = plt.subplots(1, 2, figsize=(7.0, 3.4), width_ratios=(1, 1.25))
        figure.suptitle(title, x=0.01, ha="left", weight="bold", fontsize=12.5)
        title = ""
    left, right = panels
    left.add_patch(Circle((0, 0), 1, fill=False, edgecolor=PALETTE["baseline"], linestyle="--"))
    left.plot(eigenvalues.real, eigenvalues.imag, "o", color=PALETTE["simple"], markersize=5)
    reach = 1.12 * max(1.0, np.abs(eigenvalues).max())
    left.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    order = np.arange(1, len(singular) + 1)
    right.vlines(order, 0, singular, color=PALETTE["simple"], linewidth=2)
    right.plot(order, singular, "o", color=PALETTE["simple"], markersize=5)
    right.axhline(limit, color=PALETTE["baseline"], linestyle="--")
    right.set_ylim(0, 1.1 * max(limit, singular[0]))
    above = f"{title}\n" if title else ""
    finish(left, title=f"{above}eigenvalues, ρ = {np.abs(eigenvalues).max():.3g}", xlabel="real", ylabel="imaginary")
    finish(right, title=f"singular values, σ₁ = {singular[0]:.3g}", xlabel="order", ylabel="σ")
    for panel in panels:
        panel.title.set_size(11)
    return left, right
