"""What writes: a stack of layers that starts from given states and reads what was written before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from rnncourse.models.cells import Cell
from rnncourse.models.inputs import embed


def decode(
    tokens: Any,
    vocab_size: int,
    cell: Cell,
    units: int,
    starts: Sequence[Sequence[Any]],
    *,
    embedding_dim: int,
    dropout: float,
    name: str,
) -> Any:
    """The outputs of the top layer for tokens that are read from the left to the right.

    Padding stands at the end, where it cannot change what comes before: the layers run over it, and the mask goes on
    to the loss.

    Args:
        tokens: (B, T) ids, symbolic.
        starts: for each layer, from the lowest, its initial states (B, units), as many as the cell has.
        name: what the Embedding is called.

    Returns:
        (B, T, units) with the mask of the tokens. Layers "decoder_1" …, with dropout "decoder_1_dropout" ….
    """
    x = embed(tokens, vocab_size, embedding_dim, name, dropout=dropout)
    for level, states in enumerate(starts, start=1):
        own = f"decoder_{level}"
        layer = cell.layer(units, name=own, level=level, bidirectional=False, return_sequences=True)
        x = layer(x, initial_state=list(states))
        if dropout:
            x = keras.layers.Dropout(dropout, name=f"{own}_dropout")(x)
    return x
