"""Unrolled networks: all steps, with gradients that run back, what an input reaches, and a stream in chunks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from rnncourse._checks import check_whole
from rnncourse.plots.graphs import NAMES, Boxes, Unrolled, fold
from rnncourse.plots.nodes import Pen
from rnncourse.plots.style import PALETTE, WEIGHTS, finish

GRADIENT = PALETTE["lstm"]


def unrolled(
    steps: int,
    *,
    title: str,
    inputs: Sequence[str] | None = None,
    states: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    read_out: str = "every",
    losses: bool = False,
    initial: str = "$h_0$",
    weights: Mapping[str, str] | None = None,
    shared: bool = True,
    depth: int = 1,
    folded: bool = False,
    gradient_from: int | Sequence[int] = (),
    window: int | Sequence[int] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """A recurrent network unrolled over its steps: the same weight has the same colour at every step.

    Args:
        steps: int ≥ 1, number of steps T.
        title: what the figure shows.
        inputs, states, outputs: labels of x_1 … x_T, h_1 … h_T (of every layer) and of the outputs; a label may have
            two lines, a name and a number.
        read_out: "every" step has an output, the "last" alone, or "none".
        losses: whether a loss follows each output.
        initial: label of the state before step 1.
        weights: other labels for "W_x", "W_h" and "W_y", as with their numbers.
        shared: True for the same weights at all steps; False writes the step on each, as on copies.
        depth: int ≥ 1, layers on each other.
        folded: whether the network with its loop stands to the left.
        gradient_from: step or steps whose loss is followed back with thick arrows; needs one layer and ``losses``.
        window: int ≥ 1, states that each of these gradients reaches, from its own step back, or a number for each (in
            BPTT(k₂; 1) it is k₂); all states when left out.
        ax: axes to draw on; a new figure when left out.

    Raises:
        ValueError: labels are too few or too many, ``read_out`` or ``weights`` is unknown, losses have no outputs, a
            gradient no loss, or windows do not fit the gradients.
    """
    check_whole("steps", steps, least=1)
    check_whole("depth", depth, least=1)
    with_output = {"every": list(range(1, steps + 1)), "last": [steps], "none": []}.get(read_out)
    if with_output is None:
        raise ValueError(f'read_out must be "every", "last" or "none", received {read_out!r}')
    if losses and not with_output:
        raise ValueError('losses follow outputs: read_out must be "every" or "last", received "none"')
    if not set(weights or {}) <= set(NAMES):
        raise ValueError(f"weights must label {', '.join(NAMES)}, received {sorted(weights)}")
    numbers = list(range(1, steps + 1))
    layers = [f"h_{{{{{{}}}}}}^{{{{({layer})}}}}" for layer in range(1, depth + 1)] if depth > 1 else ["h_{{{}}}"]
    names = [_labels("states", states, numbers, f"${layer}$") for layer in layers]
    graph = Unrolled(
        _labels("inputs", inputs, numbers, "$x_{{{}}}$"),
        names,
        dict(zip(with_output, _labels("outputs", outputs, with_output, "$y_{{{}}}$"), strict=True)),
        losses=losses,
        initial=initial,
        weights=NAMES | dict(weights or {}),
        shared=shared,
        folded=folded,
    )
    starts = np.atleast_1d(gradient_from).astype(int).tolist()
    if starts and (depth > 1 or not losses or not set(starts) <= set(with_output)):
        raise ValueError(
            f"gradient_from must name steps of one layer that have a loss, received {starts} with depth {depth} and "
            f"losses at {with_output if losses else []}"
        )
    windows = [steps if window is None else window] * len(starts) if np.ndim(window) == 0 else list(window)
    if len(windows) != len(starts):
        raise ValueError(f"window must be one for all or one for each of {len(starts)} gradients, received {window}")
    for one in windows:
        check_whole("window", one, least=1)
    pen = Pen(ax, graph.extent, graph.labels)
    boxes = graph.draw(pen)
    if folded:
        fold(pen, graph)
    ways = sorted((start, max(1, start - one + 1)) for start, one in zip(starts, windows, strict=True))
    for place, (start, last) in enumerate(ways):
        below = sum(other >= last for other, _ in ways[:place])  # ways that share a hop lie above each other
        _run_back(pen, boxes, start, last, bend=0.18 + 0.3 * below)
    return finish(pen.ax, title=title)


def reachable(steps: int, source: int, *, title: str, read_out: bool = True, ax: Axes | None = None) -> Axes:
    """An unrolled network in which only what one input can reach keeps its colour.

    Args:
        steps: int ≥ 1, number of steps T.
        source: int, 1 ≤ source ≤ T, the step of that input.
        title: what the figure shows.
        read_out: whether each step has an output.
        ax: axes to draw on; a new figure when left out.

    Raises:
        ValueError: ``source`` is no step.
    """
    check_whole("steps", steps, least=1)
    check_whole("source", source, least=1)
    if source > steps:
        raise ValueError(f"source must be a step from 1 to {steps}, received {source}")
    graph = _plain(steps, read_out=read_out)
    pen = Pen(ax, graph.extent, graph.labels)
    graph.draw(pen, source=source)
    return finish(pen.ax, title=title)


def streamed(
    chunks: Sequence[int], *, title: str, carried: bool = True, read_out: bool = False, ax: Axes | None = None
) -> Axes:
    """A sequence that reaches a network in chunks, and what becomes of the state between two of them.

    Args:
        chunks: number of steps in each chunk.
        title: what the figure shows.
        carried: True when the last state of a chunk starts the next; False when each chunk starts from zero.
        read_out: whether each step has an output.
        ax: axes to draw on; a new figure when left out.

    Raises:
        ValueError: there is no chunk, or one has no steps.
    """
    if not len(chunks):
        raise ValueError("chunks must hold the length of one chunk at least, received none")
    for chunk in chunks:
        check_whole("chunks", chunk, least=1)
    ends = [sum(chunks[: i + 1]) for i in range(len(chunks))]
    graph = _plain(ends[-1], read_out=read_out, breaks=frozenset(ends[:-1]))
    pen = Pen(ax, graph.extent, graph.labels)
    boxes = graph.draw(pen)
    _, _, bottom, top = graph.extent
    for number, (chunk, end) in enumerate(zip(chunks, ends, strict=True), start=1):
        first, last = (graph.at(0, step)[0] for step in (end - chunk + 1, end))
        side = 0.5 * pen.width + 0.12
        band = Rectangle(
            (first - side, bottom + 0.45), last - first + 2 * side, top - bottom - 0.5, gid=f"chunk {number}"
        )
        band.set(facecolor=PALETTE["faint"], alpha=0.35, linewidth=0, zorder=0)
        pen.ax.add_patch(band)
        pen.word((0.5 * (first + last), bottom + 0.2), f"chunk {number}")
    for end in ends[:-1]:
        _pass_on(pen, boxes, end, carried=carried)
    return finish(pen.ax, title=title)


def _labels(name: str, given: Sequence[str] | None, steps: Sequence[int], form: str) -> list[str]:
    """The labels that were given, or x_1, x_2 … in their place."""
    if given is not None and len(given) != len(steps):
        raise ValueError(f"{name} must have {len(steps)} labels, received {len(given)}")
    return list(given) if given is not None else [form.format(step) for step in steps]


def _plain(steps: int, *, read_out: bool, breaks: frozenset[int] = frozenset()) -> Unrolled:
    """One layer with x_t, h_t and perhaps y_t, without numbers."""
    numbers = range(1, steps + 1)
    names = {kind: [f"${kind}_{{{step}}}$" for step in numbers] for kind in "xhy"}
    outputs = dict(zip(numbers, names["y"], strict=True)) if read_out else {}
    return Unrolled(names["x"], [names["h"]], outputs, breaks=breaks)


def _run_back(pen: Pen, boxes: Boxes, start: int, last: int, *, bend: float) -> None:
    """Thick arrows from a loss to the states from its own step back to ``last``, and a cut where they are stopped."""
    way = [boxes[name] for name in (f"L{start}", f"y{start}", f"h{start}")]
    way += [boxes[f"h{step}"] for step in range(start - 1, last - 1, -1)]
    for hop, (origin, goal) in enumerate(pairwise(way)):
        pen.arrow(f"gradient {start}", origin, goal, color=GRADIENT, bend=bend if hop > 1 else -0.28, thick=True)
    if last > 1:
        pen.cut(
            f"cut {start}",
            boxes[f"h{last}"],
            boxes[f"h{last - 1}"],
            color=GRADIENT,
            height=min(0.12 + 0.5 * bend, 0.36),
        )


def _pass_on(pen: Pen, boxes: Boxes, end: int, *, carried: bool) -> None:
    """The state between chunks: handed on, or cut off with a zero in its place."""
    last, following = boxes[f"h{end}"], boxes[f"h{end + 1}"]
    (x, y), (to_x, _) = pen.centre(last), pen.centre(following)
    middle = 0.5 * (x + to_x)
    if carried:
        pen.arrow(f"W_h {end + 1}", last, following, color=WEIGHTS["W_h"], thick=True)
        pen.word((middle, y - 0.25), "carried", color=WEIGHTS["W_h"], va="top")
        return
    pen.cut(f"cut {end}", last, following, color=PALETTE["baseline"])
    zero = (middle + 0.35, y)
    pen.word(zero, "0", color=WEIGHTS["W_h"])
    pen.arrow(f"W_h {end + 1}", (zero[0] + 0.1, y), following, color=WEIGHTS["W_h"])
