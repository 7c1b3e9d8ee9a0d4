"""13.2: how many parameters the three cells have, and how wide each may be."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs

Counts = tuple[np.ndarray, np.ndarray]
Layer = Callable[[int, int, int], float]
"""Parameters of a layer, of what it reads, its units, and the number of its cell: 0 simple, 1 LSTM, 2 GRU."""
_BLOCKS, _BIASES = (1, 4, 3), (1, 4, 6)


def _sizes(rng: np.random.Generator, *, layers: int = 0, budget: int = 0, exact: int | None = None) -> Inputs:
    """``exact``: the budget is what a layer of this cell has with some number of units."""
    layers = layers or int(rng.integers(2, 4))
    drawn = [int(n) for n in rng.permutation(np.arange(2, 15))]
    budget = budget or int(rng.integers(1000, 20_000))
    if exact is not None:
        budget = _layer(drawn[0], 40, exact)
    return {"features": drawn[0], "units": drawn[1 : layers + 1], "budget": budget}


def _layer(reads: int, units: int, cell: int) -> int:
    return _BLOCKS[cell] * (reads * units + units * units) + _BIASES[cell] * units


def _stack(features: int, units: Sequence[int], cell: int, *, layer: Layer = _layer) -> float:
    return sum(layer(reads, size, cell) for reads, size in zip([features, *units], units, strict=False))


def _widest(features: int, budget: int, cell: int) -> int:
    units = 0
    while _layer(features, units + 1, cell) <= budget:
        units += 1
    return units


def _counts(
    features: int,
    units: list[int],
    budget: int,
    *,
    stack: Callable[[int, Sequence[int], int], float] = _stack,
    widest: Callable[[int, int, int], int] = _widest,
) -> Counts:
    cells = range(3)
    found = [
        [int(stack(features, units, cell)) for cell in cells],
        [int(widest(features, budget, cell)) for cell in cells],
    ]
    return np.array(found[0]), np.array(found[1])


def _layers_by(*layer: Layer) -> tuple[Callable[..., Counts], ...]:
    """Layers are counted wrongly wherever they are counted: the widths follow."""

    def widest(features: int, budget: int, cell: int, each: Layer) -> int:
        return max((n for n in range(1, 400) if each(features, n, cell) <= budget), default=0)

    return tuple(
        partial(_counts, stack=partial(_stack, layer=each), widest=partial(widest, each=each)) for each in layer
    )


def _with_blocks(*blocks: int) -> Layer:
    """All three parts as often as there are blocks."""
    return lambda reads, units, cell: blocks[cell] * (reads * units + units * units + units)


def _widths_by(*widest: Callable[[int, int, int], float]) -> tuple[Callable[..., Counts], ...]:
    return tuple(partial(_counts, widest=each) for each in widest)


def _just_below(features: int, budget: int, cell: int) -> int:
    return _widest(features, budget - 1, cell)


def _explain(features: int, units: list[int], budget: int) -> str:
    names = ("the simple cell", "the LSTM", "the GRU")
    parts = [f"{name} {_layer(features, units[0], cell)}" for cell, name in enumerate(names)]
    return f"In the first layer alone {', '.join(parts)}."


COUNTS = Exercise(
    id="13.2",
    title="Three cells at the same price",
    function="parameters",
    inputs=_sizes,
    edges=(
        partial(_sizes, layers=1),
        partial(_sizes, layers=4),
        partial(_sizes, budget=15),
        partial(_sizes, exact=0),
        partial(_sizes, exact=1),
        partial(_sizes, exact=2),
    ),
    reference=_counts,
    returns={"counts": ("cell",), "widest": ("cell",)},
    mistakes={
        (
            "Your GRU has one bias for each score. With `reset_after`, Keras' default, it has two, since one of them "
            "stands in the bracket that the reset gate scales. How many numbers are that for H units?"
        ): _layers_by(_with_blocks(1, 4, 3)),
        (
            "Your LSTM or your simple cell has two biases for each score, as in PyTorch. In Keras only the GRU has, "
            "because its reset gate comes between the two; elsewhere they are added, and one does the same."
        ): _layers_by(
            lambda reads, units, cell: _BLOCKS[cell] * (reads * units + units * units + 2 * units),
            lambda reads, units, cell: _layer(reads, units, cell) + 4 * units * (cell == 1),
        ),
        (
            "The number of blocks is wrong. A simple cell makes one thing of its input and its state; an LSTM makes "
            "i, f, c̃ and o of them, a GRU z, r and h̃. Did you count the candidate, and only what has weights?"
        ): _layers_by(
            *(
                lambda reads, units, cell, blocks=blocks: (
                    blocks[cell] * (reads * units + units * units + units * (2 if cell == 2 else 1))
                )
                for blocks in ((1, 3, 3), (1, 3, 2), (1, 4, 2), (1, 4, 4), (1, 5, 3))
            )
        ),
        (
            "All three cells have as many parameters as the simple one. A gate is computed by weights of its own. How "
            "many scores does each unit of an LSTM have?"
        ): _layers_by(_with_blocks(1, 1, 1)),
        (
            "The results for LSTM and GRU have changed places. The task asks for the simple cell, the LSTM and the "
            "GRU, in this order."
        ): lambda **case: tuple(part[[0, 2, 1]] for part in _counts(**case)),
        (
            "The recurrent kernel is counted once, or not at all: gates read the state with weights of their own, too. "
            "Which shape has recurrent_kernel in an LSTM?"
        ): _layers_by(
            lambda reads, units, cell: _layer(reads, units, cell) - (_BLOCKS[cell] - 1) * units * units,
            lambda reads, units, cell: _layer(reads, units, cell) - _BLOCKS[cell] * units * units,
        ),
        (
            "The kernel that reads the input is counted once, not for each block. Which shape has kernel in an LSTM?"
        ): _layers_by(lambda reads, units, cell: _layer(reads, units, cell) - (_BLOCKS[cell] - 1) * reads * units),
        (
            "The biases are missing, or there is one for a layer or for a unit, not for each score. Each block has its "
            "own. Which shape has bias in an LSTM?"
        ): _layers_by(
            lambda reads, units, cell: _layer(reads, units, cell) - _BIASES[cell] * units,
            lambda reads, units, cell: _layer(reads, units, cell) - (_BIASES[cell] - 1) * units,
            lambda reads, units, cell: _layer(reads, units, cell) - _BIASES[cell] * units + 1,
        ),
        (
            "An LSTM hands on twice as many numbers in your count, h and c. The next layer, and the gates, read h "
            "alone; c stays inside. What leaves a layer at a step?"
        ): partial(
            _counts,
            stack=lambda features, units, cell: sum(
                _layer(reads * (1 + (cell == 1 and place > 0)), size, cell)
                for place, (reads, size) in enumerate(zip([features, *units], units, strict=False))
            ),
        ),
        (
            "Every layer reads the features in your count. Only the first one does; the next reads what the one below "
            "puts out. How many numbers are that at a step?"
        ): partial(_counts, stack=lambda features, units, cell: sum(_layer(features, size, cell) for size in units)),
        (
            "A later layer's kernel is counted as if it read as many numbers as it has units itself. It reads the "
            "layer below. How many numbers leave that?"
        ): partial(
            _counts,
            stack=lambda features, units, cell: sum(
                _layer(size if place else features, size, cell) for place, size in enumerate(units)
            ),
        ),
        (
            "Only the first layer, or only the last one, is counted. If there is a loop over the layers, does it add "
            "up, and does a return or an = end it too early?"
        ): (
            partial(_counts, stack=lambda features, units, cell: _layer(features, units[0], cell)),
            partial(_counts, stack=lambda features, units, cell: _layer([features, *units][-2], units[-1], cell)),
        ),
        (
            "The counts are right, but widest is one too large: that layer costs more than the budget. If you search, "
            "do you return the first that is too dear, or the last that is not?"
        ): _widths_by(lambda features, budget, cell: _widest(features, budget, cell) + 1),
        (
            "The counts are right, but widest is one too small: there is room for another unit. Where does your search "
            "begin, and where does it end?"
        ): _widths_by(lambda features, budget, cell: max(0, _widest(features, budget, cell) - 1)),
        (
            "The counts are right, but widest is only an estimate: the root of the budget for a block. That leaves out "
            "the kernel that reads the input, or the biases. Can you ask your own count instead?"
        ): _widths_by(
            lambda features, budget, cell: math.isqrt(budget // _BLOCKS[cell]),
            lambda features, budget, cell: round(math.sqrt(budget / _BLOCKS[cell])),
            lambda features, budget, cell: int((-features + math.sqrt(features**2 + 4 * budget / _BLOCKS[cell])) / 2),
        ),
        (
            "The counts are right, but widest divides the simple cell's width by the number of blocks, or is that of "
            "the simple cell for all three. Parameters grow with the *square* of the units. What follows for a cell "
            "with four times as many for the same H?"
        ): _widths_by(
            lambda features, budget, cell: _widest(features, budget, 0) // _BLOCKS[cell],
            lambda features, budget, cell: _widest(features, budget, 0),
        ),
        (
            "Right but where the budget is spent to the last parameter: exactly the budget is allowed. Which sign "
            "compares the two?"
        ): _widths_by(_just_below),
    },
    explanation="""\
A block has a kernel (D, H), a recurrent kernel (H, H) and biases: simple H (D + H + 1), LSTM 4 H (D + H + 1), GRU
3 H (D + H + 2) with Keras' two biases. So at equal *width* the LSTM has four times the weights and the work of the
simple cell, and whatever wins may win by size. At equal *budget* it is about half as wide, since H² counts. A fair
comparison says which of the two it keeps equal, and better, shows both. `widest` is a search with the counting
function itself: a formula for it has to be right twice.""",
    explain=_explain,
)
