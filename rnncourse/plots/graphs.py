"""A recurrent network as a graph: folded into a loop, and unrolled over its steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from rnncourse.plots.nodes import Pen, longest, node_width
from rnncourse.plots.style import PALETTE, WEIGHTS, finish

ROW = 1.45
"""Distance from one row of nodes to the next, in units of a graph."""

FILLS = {"x": "white", "h": "#DCEAF4", "y": "white", "L": "#FAE3D6"}
"""Inside of each kind of node: inputs and outputs white, states blue, losses red."""

NAMES = {"W_x": "$W_x$", "W_h": "$W_h$", "W_y": "$W_y$"}
Boxes = dict[str, FancyBboxPatch]


@dataclass(frozen=True)
class Unrolled:
    """What an unrolled network consists of and where it stands.

    Args:
        inputs: labels of x_1 … x_T.
        states: for each layer the labels of h_1 … h_T.
        outputs: step → label of y_t, where there is one.
        losses: whether a loss L_t follows each output.
        initial: label of the state before the first step.
        weights: label of each weight matrix.
        shared: whether all steps have the same weights; if not, "W_h" in a label becomes that of its step.
        breaks: steps after which a chunk ends.
        folded: whether the loop stands to the left.
    """

    inputs: Sequence[str]
    states: Sequence[Sequence[str]]
    outputs: Mapping[int, str]
    losses: bool = False
    initial: str = "$h_0$"
    weights: Mapping[str, str] = field(default_factory=lambda: NAMES)
    shared: bool = True
    breaks: frozenset[int] = frozenset()
    folded: bool = False

    @property
    def steps(self) -> int:
        return len(self.inputs)

    @property
    def depth(self) -> int:
        return len(self.states)

    @property
    def labels(self) -> list[str]:
        return [
            *self.inputs,
            *(label for layer in self.states for label in layer),
            *self.outputs.values(),
            self.initial,
        ]

    @property
    def crowded(self) -> bool:
        """Whether there is room for the name of a weight at its first arrow alone."""
        return self.steps > 7 and self.shared

    @property
    def pitch(self) -> float:
        """Distance from one step to the next: a node, an arrow and its label."""
        if self.crowded:
            return node_width(self.labels) + 0.55
        marked = 0.25 * (self.depth > 1 or not self.shared)
        return node_width(self.labels) + marked + max(0.75, 0.25 + 0.15 * longest(self.weights.values()))

    def at(self, row: int, step: int) -> tuple[float, float]:
        """Centre of a node; row 0 is that of the inputs, then come layers, outputs, losses; step 0 is the start."""
        first = 0.4 * (self.crowded and step > 0)  # room for the name that stands at the first arrow
        return first + self.pitch * step + 1.1 * sum(step > last for last in self.breaks), ROW * row

    @property
    def extent(self) -> tuple[float, float, float, float]:
        side = 0.5 * node_width(self.labels) + 0.15
        rows = self.depth + (2 if self.losses else 1 if self.outputs else 0)
        left = -self.pitch * 2.5 if self.folded else 0.0
        return left - side, self.at(0, self.steps)[0] + side, -0.55 - 0.5 * bool(self.breaks), ROW * rows + 0.55

    def draw(self, pen: Pen, *, source: int | None = None) -> Boxes:
        """Draw nodes and arrows; where ``source`` is a step, what its input cannot reach is drawn pale.

        Returns:
            Name → box, for "x1", "h1" (first layer), "h1 layer 2", "y1", "L1" and so on; "h0" is the initial state.
        """
        boxes: Boxes = {}
        before = source or 0
        for step in range(1, self.steps + 1):
            boxes |= self._column(pen, step, source=source)
        for layer in range(1, self.depth + 1):
            suffix = f" layer {layer}" if layer > 1 else ""
            label = self.initial if self.depth == 1 else self.initial.replace("h_0", f"h_0^{{({layer})}}")
            boxes[f"h0{suffix}"] = pen.node(f"h0{suffix}", self.at(layer, 0), label, pale=source is not None)
            for step in range(1, self.steps + 1):
                if step - 1 not in self.breaks:
                    ends = boxes[f"h{step - 1}{suffix}"], boxes[f"h{step}{suffix}"]
                    self.edge(pen, "W_h", step, *ends, layer=layer, pale=step <= before, first=step == before + 1)
        return boxes

    def _column(self, pen: Pen, step: int, *, source: int | None) -> Boxes:
        """The nodes of one step and the arrows that run upward between them."""
        pale = source is not None and step < source
        aside = source is not None and step != source
        below = pen.node(f"x{step}", self.at(0, step), self.inputs[step - 1], fill=FILLS["x"], pale=aside)
        boxes = {f"x{step}": below}
        for layer, labels in enumerate(self.states, start=1):
            name = f"h{step}" + (f" layer {layer}" if layer > 1 else "")
            boxes[name] = pen.node(name, self.at(layer, step), labels[step - 1], fill=FILLS["h"], pale=pale)
            self.edge(
                pen,
                "W_x",
                step,
                below,
                boxes[name],
                layer=layer,
                pale=aside if layer == 1 else pale,
                first=step == (source or 1),
            )
            below = boxes[name]
        if step in self.outputs:
            above = pen.node(f"y{step}", self.at(self.depth + 1, step), self.outputs[step], fill=FILLS["y"], pale=pale)
            self.edge(pen, "W_y", step, below, above, pale=pale, first=step == max(source or 1, min(self.outputs)))
            boxes[f"y{step}"] = above
            if self.losses:
                at = self.at(self.depth + 2, step)
                boxes[f"L{step}"] = pen.node(f"L{step}", at, f"$L_{{{step}}}$", fill=FILLS["L"], pale=pale)
                pen.arrow(f"loss {step}", above, boxes[f"L{step}"], color=PALETTE["faint" if pale else "truth"])
        return boxes

    def edge(
        self,
        pen: Pen,
        weight: str,
        step: int,
        start: FancyBboxPatch,
        end: FancyBboxPatch,
        *,
        layer: int = 1,
        pale: bool,
        first: bool,
    ) -> None:
        """An arrow in the colour of its weight matrix, with the label of that matrix beside it."""
        color = PALETTE["faint"] if pale else WEIGHTS[weight]
        pen.arrow(f"{weight} {step}", start, end, color=color)
        marks = [str(layer)] * (self.depth > 1 and weight != "W_y") + [str(step)] * (not self.shared)
        label = self.weights[weight].replace(weight, weight + f"^{{({','.join(marks)})}}" if marks else weight)
        if pale or (self.crowded and not first):
            return
        (x, y), (to_x, to_y) = pen.centre(start), pen.centre(end)
        if weight == "W_h":
            pen.word((0.5 * (x + to_x), y - 0.13), label, color=color, va="top")
        else:
            pen.word((x - 0.1, 0.55 * y + 0.45 * to_y), label, color=color, ha="right")


def fold(pen: Pen, graph: Unrolled) -> None:
    """The same network with its loops, left of the unrolled one, and an equals sign between them."""
    kinds = ["x", *["h"] * graph.depth, *["y"] * bool(graph.outputs), *["L"] * graph.losses]
    x = graph.at(0, -2)[0] - 0.2
    for row, box in enumerate(_column(pen, x, kinds, "folded", subscript="_t")):
        if kinds[row] == "h":
            _loop(pen, box, "folded", label=f"$W_h^{{({row})}}$" if graph.depth > 1 else NAMES["W_h"])
    pen.word((graph.at(0, -1)[0] + 0.25, 0.5 * ROW * (len(kinds) - 1)), "$=$")


def recurrent_cell(*, title: str, feed_forward: bool = True, ax: Axes | None = None) -> Axes:
    """A recurrent layer with the loop from its state to itself; beside it the same layer without the loop.

    Args:
        title: what the figure shows.
        feed_forward: whether the layer without the loop stands to the left.
        ax: axes to draw on; a new figure when left out.
    """
    pen = Pen(ax, (-3.6 if feed_forward else -1.4, 2.2, -0.5, 2 * ROW + 1.0), ["$h_t$"])
    if feed_forward:
        _column(pen, -2.4, "xhy", "feed-forward", subscript="")
        pen.word((-2.4, 2 * ROW + 0.75), "feed-forward")
    _loop(pen, _column(pen, 0.4, "xhy", "recurrent", subscript="_t")[1], "recurrent")
    pen.word((0.4, 2 * ROW + 0.75), "recurrent")
    return finish(pen.ax, title=title)


def _column(pen: Pen, x: float, kinds: Sequence[str], group: str, *, subscript: str) -> list[FancyBboxPatch]:
    """Nodes of these kinds, one above the other, and the arrows between them."""
    boxes = []
    for row, kind in enumerate(kinds):
        layer = f"^{{({row})}}" if kind == "h" and kinds.count("h") > 1 else ""
        boxes.append(pen.node(f"{kind} {group}", (x, ROW * row), f"${kind}{subscript}{layer}$", fill=FILLS[kind]))
        if row:
            weight = {"h": "W_x", "y": "W_y", "L": "loss"}[kind]
            color = WEIGHTS.get(weight, PALETTE["truth"])
            pen.arrow(f"{weight} {group}", boxes[row - 1], boxes[row], color=color)
            label = NAMES.get(weight, "").replace("_x$", f"_x{layer}$")
            pen.word((x - 0.1, ROW * (row - 0.5)), label, color=color, ha="right")
    return boxes


def _loop(pen: Pen, state: FancyBboxPatch, group: str, *, label: str = NAMES["W_h"]) -> None:
    """The arrow from a state back to itself, with the name of its weights."""
    pen.loop(f"W_h {group}", state, color=WEIGHTS["W_h"])
    x, y = pen.centre(state)
    pen.word((x + 0.5 * pen.width + 0.8, y), label, color=WEIGHTS["W_h"], ha="left")
