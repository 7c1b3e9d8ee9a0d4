"""14.2: how many parameters a deep, bidirectional, residual stack has."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs

Counts = tuple[np.ndarray, int]
Layer = Callable[[int, int, str], int]
"""Parameters of one direction, of what it reads, its units and its cell."""
Shortcut = Callable[[int, int, int, int], int]
"""Parameters of the shortcut, of what the layer reads and puts out, its units and its place."""
_BLOCKS = {"simple": 1, "lstm": 4, "gru": 3}


def _stack(
    rng: np.random.Generator,
    *,
    cell: str = "",
    layers: int = 0,
    both_ways: bool | None = None,
    residual: bool | None = None,
    even: bool = False,
) -> Inputs:
    """Some widths fit the layer below, so that a shortcut needs no weights, and some do not; what is left out is drawn.

    ``even``: every layer puts out as much as it reads.
    """
    cell, layers = cell or str(rng.choice(list(_BLOCKS))), layers or int(rng.integers(3, 5))
    both_ways = bool(rng.integers(0, 2)) if both_ways is None else both_ways
    residual = bool(rng.random() < 0.7) if residual is None else residual
    size, other, features, outputs = (int(n) for n in rng.permutation(np.arange(2, 10))[:4])
    units = [size, size, other, other]
    if layers < 4 and rng.integers(0, 2):
        units = units[1:]
    if even:
        units, features = [size] * 4, size * (1 + both_ways)
    return {
        "features": features,
        "units": units[:layers],
        "cell": cell,
        "both_ways": both_ways,
        "residual": residual,
        "outputs": outputs,
    }


def _one_way(reads: int, units: int, cell: str) -> int:
    total = 0
    for _ in range(_BLOCKS[cell]):
        total += reads * units + units * units + units
    return total + 3 * units * (cell == "gru")


def _where_widths_differ(reads: int, puts_out: int, size: int, place: int) -> int:
    return reads * puts_out if reads != puts_out else 0


def _counts(
    features: int,
    units: list[int],
    cell: str,
    both_ways: bool,
    residual: bool,
    outputs: int,
    *,
    layer: Layer = _one_way,
    directions: Callable[[bool], int] = lambda both_ways: 1 + both_ways,
    handed_on: Callable[[int, bool], int] = lambda size, both_ways: size * (1 + both_ways),
    shortcut: Shortcut = _where_widths_differ,
    always_shortcut: bool = False,
    width: Callable[[int, bool], int] | None = None,
    read_out: Callable[[int, int], int] = lambda reads, outputs: (reads + 1) * outputs,
) -> Counts:
    """``handed_on``: how many numbers leave a layer; ``width``: what the shortcut and the read-out take for that."""
    each, reads = [], features
    for place, size in enumerate(units):
        parameters = directions(both_ways) * layer(reads, size, cell)
        if residual or always_shortcut:
            parameters += shortcut(reads, (width or handed_on)(size, both_ways), size, place)
        each.append(parameters)
        reads = handed_on(size, both_ways)
    return np.array(each), sum(each) + read_out((width or handed_on)(units[-1], both_ways), outputs)


def _single(size: int, both_ways: bool) -> int:
    return size


def _layers_by(*layer: Layer) -> tuple[Callable[..., Counts], ...]:
    return tuple(partial(_counts, layer=each) for each in layer)


def _shortcuts_by(*shortcut: Shortcut) -> tuple[Callable[..., Counts], ...]:
    return tuple(partial(_counts, shortcut=each) for each in shortcut)


def _double_width(features: int, units: list[int], cell: str, both_ways: bool, residual: bool, outputs: int) -> Counts:
    """Two directions taken for one layer of twice the units."""
    return _counts(features, [size * (1 + both_ways) for size in units], cell, False, residual, outputs)


def _total_by(total: Callable[..., int]) -> Callable[..., Counts]:
    """The right layers beside a wrong total, of the layers and the case."""

    def wrong(**case: object) -> Counts:
        each, _ = _counts(**case)
        return each, int(total(each, **case))

    return wrong


def _reads(features: int, units: list[int], both_ways: bool) -> list[int]:
    return [features, *[size * (1 + both_ways) for size in units]]


def _explain(features: int, units: list[int], cell: str, both_ways: bool, residual: bool, outputs: int) -> str:
    reads = _reads(features, units, both_ways)
    one = _one_way(features, units[0], cell)
    text = f"Layer 0 has {one} parameters in one direction; what the layers read, and the read-out last, is {reads}"
    uneven = [place for place in range(len(units)) if reads[place] != reads[place + 1]]
    return text + (f", so the layers {uneven} have a shortcut with weights." if residual else ".")


COUNTS = Exercise(
    id="14.2",
    title="What depth and direction cost",
    function="stack_parameters",
    inputs=_stack,
    edges=(
        partial(_stack, layers=1, both_ways=True, residual=True),
        partial(_stack, cell="lstm", layers=2, even=True, both_ways=True, residual=True),
        partial(_stack, cell="gru", layers=4, both_ways=True, residual=True),
        partial(_stack, cell="simple", layers=4, both_ways=False, residual=False),
        partial(_stack, cell="lstm", layers=3, both_ways=False, residual=True),
    ),
    reference=_counts,
    returns={"layers": ("layer",), "total": ()},
    mistakes={
        (
            "A bidirectional layer is counted once. Its two directions are two layers with weights of their own; "
            "nothing is shared between them. How often does a kernel occur in it?"
        ): partial(_counts, directions=lambda both_ways: 1),
        (
            "Two directions of H units are counted like one layer of 2H units. But forwards and backwards states do "
            "not hear each other: there is no recurrent kernel (2H, 2H). What does each direction read back?"
        ): _double_width,
        (
            "Behind a bidirectional layer you go on with H numbers at a step. Both states are put side by side, and "
            "what comes next, layer, shortcut and read-out, reads both. How wide is that?"
        ): (
            partial(_counts, handed_on=_single),
            partial(_counts, handed_on=_single, width=lambda size, both_ways: size * (1 + both_ways)),
        ),
        (
            "The layers read what they should, but the shortcut or the read-out takes a bidirectional layer to put out "
            "H numbers. It puts out both states side by side. How wide is that?"
        ): (
            partial(_counts, width=_single),
            _total_by(lambda each, units, outputs, both_ways, **case: each.sum() + (units[-1] + 1) * outputs),
        ),
        (
            "Every shortcut has weights in your count. Where a layer puts out as many numbers as it reads, its input "
            "is added as it is; that is the point of a residual connection. When is a kernel needed?"
        ): _shortcuts_by(lambda reads, puts_out, size, place: reads * puts_out),
        (
            "No shortcut has weights in your count. Where a layer puts out more or fewer numbers than it reads, the "
            "two cannot be added. Which shape must the kernel have that makes them fit?"
        ): _shortcuts_by(lambda reads, puts_out, size, place: 0),
        (
            "Your shortcut has a bias, too. The task gives it a kernel alone: the layer has biases enough. Which term "
            "is one too many?"
        ): _shortcuts_by(
            lambda reads, puts_out, size, place: (reads + 1) * puts_out if reads != puts_out else 0,
            lambda reads, puts_out, size, place: (reads + 1) * puts_out,
        ),
        (
            "The first layer has no shortcut in your count, or it alone has one. It is a layer like any other. Do you "
            "treat it before the loop, and the rest in it?"
        ): _shortcuts_by(
            lambda reads, puts_out, size, place: _where_widths_differ(reads, puts_out, size, place) * (place > 0),
            lambda reads, puts_out, size, place: _where_widths_differ(reads, puts_out, size, place) * (place == 0),
        ),
        ("You count shortcuts in a stack that has none. Which argument says whether there are any?"): partial(
            _counts, always_shortcut=True
        ),
        (
            "To see whether a shortcut needs weights you compare what the layer reads with H. Two directions put out "
            "2H, and that is what the input is added to. Which two widths must agree?"
        ): _shortcuts_by(
            lambda reads, puts_out, size, place: reads * puts_out if reads != size else 0,
        ),
        (
            "The blocks of a gated cell are missing, or there are too many or too few. An LSTM makes i, f, c̃ and o of "
            "what it reads, a GRU z, r and h̃, a simple cell one thing. How many kernels are that?"
        ): _layers_by(
            *(
                lambda reads, units, cell, blocks=blocks: (
                    dict(zip(_BLOCKS, blocks, strict=True))[cell] * units * (reads + units + 1 + (cell == "gru"))
                )
                for blocks in ((1, 1, 1), (1, 3, 3), (1, 3, 2), (1, 4, 2), (1, 4, 4))
            ),
            lambda reads, units, cell: units * (reads + units + 1),
        ),
        (
            "Your GRU has one bias for each score. With `reset_after`, Keras' default, each has two, since one of them "
            "stands in the bracket that the reset gate scales. How many numbers are that for H units?"
        ): _layers_by(lambda reads, units, cell: _BLOCKS[cell] * units * (reads + units + 1)),
        (
            "The simple cell or the LSTM has two biases for each score in your count, as in PyTorch. In Keras the GRU "
            "alone has two, because its reset gate comes between them."
        ): _layers_by(
            lambda reads, units, cell: _BLOCKS[cell] * units * (reads + units + 2),
            lambda reads, units, cell: _one_way(reads, units, cell) + 4 * units * (cell == "lstm"),
        ),
        (
            "The biases of the cells are missing, or there is one for a unit where each score has its own. Which shape "
            "has the bias of an LSTM?"
        ): _layers_by(
            lambda reads, units, cell: _BLOCKS[cell] * units * (reads + units),
            lambda reads, units, cell: _BLOCKS[cell] * units * (reads + units) + units,
        ),
        (
            "The total leaves out the read-out, or its bias. It is a dense layer on the last layer's output. How many "
            "weights lead to each of its outputs?"
        ): (
            _total_by(lambda each, **case: each.sum()),
            _total_by(
                lambda each, units, outputs, both_ways, **case: each.sum() + units[-1] * (1 + both_ways) * outputs
            ),
        ),
        (
            "The layers add up; but your read-out is counted twice because there are two directions. One dense layer "
            "reads both states. How many biases has it?"
        ): _total_by(
            lambda each, units, outputs, both_ways, **case: each.sum() + (1 + both_ways) * (units[-1] + 1) * outputs
        ),
    },
    explanation="""\
Follow one number through the stack: how wide is what a layer reads? The features first, then H of the layer below, or
2H when that layer reads both ways. Each direction is a cell of its own: blocks · H · (reads + H + biases). So making a
stack bidirectional more than doubles it, from the second layer on: twice the cells, and each reads twice as much. A
residual connection is free where widths agree, which is a reason to give all layers the same width; where they differ
it costs a kernel. Compare stacks at equal parameters, not at equal units, or what wins may only be larger.""",
    explain=_explain,
)
