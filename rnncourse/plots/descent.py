"""Descent: a loss surface with the paths down it, and gradients before and after clipping."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.patches import Circle, Rectangle
from matplotlib.patheffects import Normal, Stroke
from matplotlib.ticker import LogLocator, MaxNLocator

from rnncourse.plots.labels import write_beside
from rnncourse.plots.style import PALETTE, SEQUENTIAL, axes, finish

PATHS = (("lstm", "-", "o"), ("truth", "--", "s"), ("transformer", "-.", "^"), ("dense", ":", "D"))


def loss_surface(
    a: np.ndarray,
    b: np.ndarray,
    loss: np.ndarray,
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    paths: Mapping[str, np.ndarray] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """A loss over two parameters as contours, coloured by its logarithm, with the paths of a descent over it.

    Args:
        a: (columns,) values of the first parameter, rising.
        b: (rows,) values of the second parameter, rising.
        loss: (rows, columns) losses > 0; not a number leaves a place empty.
        title, xlabel, ylabel: what is shown.
        paths: name → (updates + 1, 2) values of both parameters from the start, which is marked large; a path that
            leaves the axes is cut off there.
        ax: axes to draw on; a new figure when left out.

    Raises:
        ValueError: shapes do not fit, no loss is above zero, or there are more paths than line styles.
    """
    a, b, loss, paths = _checked(a, b, loss, paths)
    ax = axes(ax, size=(7.0, 4.0))
    # A single loss near zero would take most of the colours: the lowest hundredth shares one.
    levels = np.geomspace(np.nanpercentile(loss, 1), np.nanmax(loss), 25)
    norm = LogNorm(levels[0], levels[-1])
    drawn = ax.contourf(a, b, loss, levels=levels, norm=norm, cmap=SEQUENTIAL, extend="min")
    ax.contour(a, b, loss, levels=levels[::3], colors="white", linewidths=0.5, alpha=0.6)
    ax.figure.colorbar(drawn, ax=ax, label="loss", ticks=LogLocator())
    for (name, path), (key, line, marker) in zip(paths.items(), PATHS, strict=False):
        outline = [Stroke(linewidth=4, foreground="white"), Normal()]
        ax.plot(*path.T, line, color=PALETTE[key], linewidth=2, path_effects=outline, zorder=3)
        dots = {"color": PALETTE[key], "markeredgecolor": "white", "zorder": 4}
        ax.plot(*path[1:].T, marker, markersize=5, **dots)
        ax.plot(*path[:1].T, marker, markersize=10, **dots)
        ax.plot([], [], line, marker=marker, color=PALETTE[key], label=name)
    ax.set(xlim=(a[0], a[-1]), ylim=(b[0], b[-1]))
    ax.grid(False)
    if paths:
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=len(paths), fontsize="small")
    return finish(ax, title=title, xlabel=xlabel, ylabel=ylabel)


def loss_relief(
    a: np.ndarray,
    b: np.ndarray,
    loss: np.ndarray,
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    paths: Mapping[str, np.ndarray] | None = None,
    view: tuple[float, float] = (35.0, -60.0),
    ax: Axes | None = None,
) -> Axes:
    """The same as :func:`loss_surface`, seen as a mountain with its cliff; its height is the loss itself.

    Args:
        a, b, loss, title, xlabel, ylabel, paths: as there; a path ends where it leaves the surface.
        view: elevation and azimuth in degrees.
        ax: axes with ``projection="3d"``; a new figure when left out.

    Raises:
        ValueError: as there, or ``ax`` has no third dimension.
    """
    a, b, loss, paths = _checked(a, b, loss, paths)
    if ax is None:
        ax = plt.figure(figsize=(7.0, 4.6)).add_subplot(projection="3d")
    if ax.name != "3d":
        raise ValueError(f'ax must have projection="3d", received {ax.name!r}')
    ax.computed_zorder = False  # or the surface hides paths that lie on it
    norm = LogNorm(np.nanmin(loss), np.nanmax(loss))
    ax.plot_surface(*np.meshgrid(a, b), loss, cmap=SEQUENTIAL, norm=norm, rcount=60, ccount=60, linewidth=0, zorder=1)
    for (name, path), (key, line, marker) in zip(paths.items(), PATHS, strict=False):
        height = np.array([_height(a, b, loss, point) for point in path])
        inside = np.cumprod(np.isfinite(height)).astype(bool)
        ax.plot(
            *path[inside].T, height[inside], line, marker=marker, markersize=4, color=PALETTE[key], label=name, zorder=2
        )
    ax.view_init(*view)
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.set_major_locator(MaxNLocator(5))
        axis.labelpad = 8
    if paths:
        ax.legend(loc="upper right", fontsize="small")
    ax.set_zlabel("loss")
    ax.set_title(title, loc="left")  # where matplotlib's setting puts it on flat axes alone
    return finish(ax, title="", xlabel=xlabel, ylabel=ylabel)


def clipping(
    gradient: np.ndarray,
    clipped: Mapping[str, np.ndarray],
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    norm: float | None = None,
    value: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """A gradient and what clippings make of it, as arrows from the origin in the plane of two of its entries.

    Clipping by the norm of each variable and by the global norm part only where there are several variables: draw a
    panel for each.

    Args:
        gradient: (2,) entries before clipping.
        clipped: name → (2,) the same entries after it.
        title: what the figure shows.
        xlabel, ylabel: which entries these are.
        norm: > 0, radius of the faint circle that a norm is clipped to.
        value: > 0, half the side of the faint box that values are clipped to.
        ax: axes to draw on; a new figure when left out.

    Raises:
        ValueError: a vector has other than two entries, or there are more than four clippings.
    """
    vectors = {"unclipped": gradient} | dict(clipped)
    vectors = {name: np.asarray(vector, dtype=float) for name, vector in vectors.items()}
    for name, vector in vectors.items():
        if vector.shape != (2,):
            raise ValueError(f"gradient and clipped must have shape (2,), received shape {vector.shape} for {name!r}")
    keys = ("baseline", "conv", "simple", "lstm", "gru")
    if len(vectors) > len(keys):
        raise ValueError(f"clipped must name at most {len(keys) - 1} vectors, received {len(clipped)}")
    ends = np.array([*vectors.values()])
    bound = np.array([norm or 0.0, value or 0.0]).max()
    low, high = np.minimum(ends.min(axis=0), -bound), np.maximum(ends.max(axis=0), bound)
    apart = 0.14 * (high - low).max()
    wide, tall = high - low + 2 * apart
    ax = axes(ax, size=(4.6, 0.9 + 3.8 * float(np.clip(tall / wide, 0.4, 1.1))))
    # Limits stay automatic, for matplotlib widens only such limits to keep the unit the same in both directions.
    ax.set_aspect("equal", adjustable="datalim")
    ax.margins(0)
    ax.update_datalim([low - apart, high + apart])
    faint = {"fill": False, "edgecolor": PALETTE["baseline"], "linestyle": ":"}
    if norm is not None:
        ax.add_patch(Circle((0, 0), norm, gid="norm", **faint))
    if value is not None:
        ax.add_patch(Rectangle((-value, -value), 2 * value, 2 * value, gid="value", **faint))
    order = sorted(range(len(ends)), key=lambda place: -np.linalg.norm(ends[place]))  # the shortest comes last, on top
    for place in order:
        name, color = list(vectors)[place], PALETTE[keys[place]]
        width = 1.6 if name == "unclipped" else 2.6
        arrow = {"arrowstyle": "-|>", "color": color, "linewidth": width, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", ends[place], (0, 0), arrowprops=arrow, gid=name)
    ax.plot(0, 0, "o", color=PALETTE["truth"], markersize=4)
    along = np.concatenate([end * np.linspace(0, 1, 20)[:, np.newaxis] for end in ends])
    write_beside(ax, ends, list(vectors), colors=[PALETTE[key] for key in keys[: len(ends)]], size=10, avoid=along)
    return finish(ax, title=title, xlabel=xlabel, ylabel=ylabel)


def _checked(
    a: np.ndarray, b: np.ndarray, loss: np.ndarray, paths: Mapping[str, np.ndarray] | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """The arguments of a surface as arrays, all of which fit each other."""
    a, b, loss = (np.asarray(values, dtype=float) for values in (a, b, loss))
    if loss.shape != (len(b), len(a)):
        raise ValueError(f"loss must have shape (rows, columns) = ({len(b)}, {len(a)}), received shape {loss.shape}")
    if not (loss[np.isfinite(loss)] > 0).all() or np.isfinite(loss).sum() < 2:
        raise ValueError("loss must be > 0 for its logarithm, received a value ≤ 0 or no numbers")
    arrays = {name: np.asarray(path, dtype=float) for name, path in (paths or {}).items()}
    if len(arrays) > len(PATHS) or any(path.ndim != 2 or path.shape[1] != 2 for path in arrays.values()):
        raise ValueError(
            f"paths must be at most {len(PATHS)} of shape (updates, 2), received "
            f"{ {name: path.shape for name, path in arrays.items()} }"
        )
    return a, b, np.where(np.isfinite(loss), loss, np.nan), arrays


def _height(a: np.ndarray, b: np.ndarray, loss: np.ndarray, point: np.ndarray) -> float:
    """The loss at a point between those of the grid, linear in both directions; not a number outside."""
    if not (a[0] <= point[0] <= a[-1] and b[0] <= point[1] <= b[-1]):
        return np.nan
    column = [np.interp(point[0], a, row) for row in loss]
    return float(np.interp(point[1], b, column))
