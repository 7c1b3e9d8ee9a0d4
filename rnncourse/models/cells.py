"""The cells that builders know, by name: the one list of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras

from rnncourse.models.convolution import MaskedConv1D
from rnncourse.models.lru import LRU
from rnncourse.models.minimal import MinGRU, MinLSTM
from rnncourse.models.transformer import TransformerBlock


@dataclass(frozen=True)
class Cell:
    """A way to read a sequence.

    Attributes:
        layer: builds one layer that maps (B, T, D) to (B, T, units) and keeps the mask, of the arguments ``units``,
            ``name``, ``level`` (1 next to the input) and ``bidirectional``. A layer that has states also takes Keras'
            ``return_sequences``, ``return_state`` and ``stateful``, and ``initial_state`` when it is called; as a
            ``keras.layers.RNN``, whose ``cell`` is one step, it can also be run step by step, to write.
        states: what its states are called, each (B, units); none where nothing is carried from step to step.
        role: str, what its layers are named after.
        below, above: what stands once below its first layer and above its last, if anything: of the vectors (B, T, D)
            and ``units`` they make vectors.
        drops: bool, whether its layers take ``dropout`` and see to it themselves.
    """

    layer: Callable[..., keras.Layer]
    states: tuple[str, ...]
    role: str = "recurrent"
    below: Callable[[Any, int], Any] | None = None
    above: Callable[[Any, int], Any] | None = None
    drops: bool = False


def _recurrent(kind: Callable[..., keras.layers.RNN]) -> Callable[..., keras.Layer]:
    def build(units: int, *, name: str, level: int, bidirectional: bool, **options: Any) -> keras.Layer:
        layer = kind(units, name=name, **options)
        return keras.layers.Bidirectional(layer, name=name) if bidirectional else layer

    return build


def _convolution(units: int, *, name: str, level: int, bidirectional: bool) -> keras.Layer:
    """Each level reaches twice as far as the one below (Bai et al. 2018)."""
    padding = "same" if bidirectional else "causal"
    return MaskedConv1D(units, 5, dilation_rate=2 ** (level - 1), padding=padding, activation="relu", name=name)


def _transformer(units: int, *, name: str, level: int, bidirectional: bool, dropout: float = 0.0) -> keras.Layer:
    """A block with rotary positions: they need no length in advance, and padding before the first step shifts nothing.

    It has up to four heads, as many as leave each an even number of units, which rotary positions turn in pairs.
    """
    if units < 2:
        raise ValueError(f"units must be at least 2 for a Transformer, which turns them in pairs, received {units}")
    heads = next((n for n in (4, 3, 2) if units % (2 * n) == 0), 1)
    return TransformerBlock(heads, causal=not bidirectional, rotary=True, dropout=dropout, name=name)


def _projected(x: Any, units: int) -> Any:
    """Vectors as wide as the stream that the blocks add to."""
    return x if x.shape[-1] == units else keras.layers.Dense(units, name="projection")(x)


def _normalised(x: Any, units: int) -> Any:
    return keras.layers.LayerNormalization(epsilon=1e-5, name="last_norm")(x)


CELLS: dict[str, Cell] = {
    "simple": Cell(_recurrent(keras.layers.SimpleRNN), ("h",)),
    "lstm": Cell(_recurrent(keras.layers.LSTM), ("h", "c")),
    "gru": Cell(_recurrent(keras.layers.GRU), ("h",)),
    "mingru": Cell(_recurrent(MinGRU), ("h",)),
    "minlstm": Cell(_recurrent(MinLSTM), ("h",)),
    "ssm": Cell(_recurrent(partial(LRU, activation="gelu")), ("re", "im")),
    "conv": Cell(_convolution, (), role="convolution"),
    "transformer": Cell(_transformer, (), role="transformer", below=_projected, above=_normalised, drops=True),
}


def find_cell(name: str, *, stateful: str = "") -> Cell:
    """The cell of that name.

    Args:
        name: one of ``CELLS``.
        stateful: str, what needs a cell with states, in words; "" where any cell will do.

    Raises:
        ValueError: no such cell, or one without states where they are needed.
    """
    known = {key: cell for key, cell in CELLS.items() if cell.states or not stateful}
    if name not in known:
        needed = f", since {stateful} needs a state" if stateful else ""
        raise ValueError(f"cell must be one of {', '.join(map(repr, known))}{needed}, received {name!r}")
    return known[name]


def read(
    x: Any,
    cell: Cell,
    units: int,
    *,
    depth: int,
    bidirectional: bool = False,
    dropout: float = 0.0,
    sequences: bool = True,
    stateful: bool = False,
) -> Any:
    """Layer upon layer over a sequence, with dropout after each (Zaremba et al. 2014), or as its layers have it.

    Args:
        x: (B, T, D), symbolic.
        sequences: False for the state after the last step instead of the top layer's outputs; of a cell with states.

    Returns:
        (B, T, units), or (B, units); twice the units where ``bidirectional`` runs a recurrent cell both ways.
    """
    if cell.below is not None:
        x = cell.below(x, units)
    for level in range(1, depth + 1):
        options = {"return_sequences": sequences or level < depth, "stateful": stateful} if cell.states else {}
        options |= {"dropout": dropout} if cell.drops else {}
        name = f"{cell.role}_{level}"
        x = cell.layer(units, name=name, level=level, bidirectional=bidirectional, **options)(x)
        if dropout and not cell.drops:
            x = keras.layers.Dropout(dropout, name=f"dropout_{level}")(x)
    return x if cell.above is None else cell.above(x, units)
