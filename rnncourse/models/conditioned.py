"""One to many: a model that writes a sequence about one vector."""

from __future__ import annotations

import keras

from rnncourse.models.cells import find_cell
from rnncourse.models.decoder import decode
from rnncourse.models.inputs import check_dropout, check_sizes


def one_to_many(
    *,
    features: int,
    vocab_size: int,
    steps: int | None = None,
    cell: str,
    units: int,
    depth: int = 1,
    dropout: float = 0.0,
    activation: str | None = None,
    embedding_dim: int | None = None,
) -> keras.Model:
    """One vector in, a sequence out: the condition sets the state in which the writing starts.

    Trained by teacher forcing: beside the condition the model reads the true tokens, each one step late, and gives the
    scores of the next; ``models.teacher_forcing`` makes both from rows of ids. Id 0 is padding, 1 starts a row, 2 ends
    it. ``models.greedy`` and ``models.beam_search`` write freely.

    Args:
        features: int ≥ 1, F, numbers in a condition.
        vocab_size: int ≥ 3, V, for ids 0 … V − 1.
        steps: int ≥ 1, T, or None for sequences of any length.
        cell: one of ``models.CELLS`` with a state.
        units: int ≥ 1, the size of the state.
        depth: int ≥ 1, layers above each other; the condition starts each of them.
        dropout: 0 ≤ rate < 1, after the Embedding and after every layer.
        activation: of the answer; None gives raw scores.
        embedding_dim: int ≥ 1, the length of an id's vector; None takes ``units``.

    Returns:
        keras.Model, not compiled: [condition (B, F), previous tokens (B, T)] to (B, T, V). Layers "condition",
        "previous", "embedding", "start_h_1" (for an LSTM also "start_c_1"), "decoder_1" …, "read_out".

    Raises:
        ValueError: an argument is outside its range, or a cell that has no state.
    """
    found = find_cell(cell, stateful="one_to_many")
    check_sizes(features=features, units=units, depth=depth, **({} if steps is None else {"steps": steps}))
    check_dropout(dropout)
    condition = keras.Input((features,), name="condition")
    previous = keras.Input((steps,), dtype="int32", name="previous")
    starts = [
        [keras.layers.Dense(units, activation="tanh", name=f"start_{s}_{level}")(condition) for s in found.states]
        for level in range(1, depth + 1)
    ]
    dim = units if embedding_dim is None else embedding_dim
    x = decode(previous, vocab_size, found, units, starts, embedding_dim=dim, dropout=dropout, name="embedding")
    scores = keras.layers.Dense(vocab_size, activation=activation, name="read_out")(x)
    return keras.Model([condition, previous], scores, name="one_to_many")
