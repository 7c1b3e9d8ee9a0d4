"""Many to many by way of a memory: an encoder reads all of one sequence, then a decoder writes another."""

from __future__ import annotations

from typing import Any

import keras

from rnncourse.models.attention import BahdanauAttention, LuongAttention
from rnncourse.models.cells import Cell, find_cell
from rnncourse.models.decoder import decode
from rnncourse.models.inputs import check_dropout, check_sizes, embed
from rnncourse.models.tokens import PAD

_ATTENTION = ("none", "bahdanau", "luong")


def encoder_decoder(
    *,
    source_vocab: int,
    target_vocab: int,
    cell: str,
    units: int,
    attention: str = "none",
    depth: int = 1,
    bidirectional: bool = False,
    dropout: float = 0.0,
    activation: str | None = None,
    embedding_dim: int | None = None,
) -> keras.Model:
    """A sequence in, another out (Sutskever et al. 2014; Cho et al. 2014).

    The encoder reads the source, and each of its layers hands its last state to the decoder's layer of the same level.
    Without attention that is all the decoder learns of the source. With attention every state h_t of the top decoder
    layer also looks for what it needs among the encoder's outputs, and both together, tanh([c_t; h_t] W), are read
    out (Luong et al. 2015). "bahdanau" differs by its additive score alone, so that the two can be compared: in
    Bahdanau et al. (2015) it is the state *before* a step that looks, and what it finds enters the step.

    Trained by teacher forcing: beside the source the model reads the true target, one step late, and gives the scores
    of the next token; ``models.teacher_forcing`` makes both from rows of ids. In both vocabularies id 0 is padding; in
    the target 1 starts a row and 2 ends it. ``models.greedy`` and ``models.beam_search`` write freely,
    ``models.attention_weights`` says where the decoder looked.

    Args:
        source_vocab: int ≥ 1, for source ids 0 … source_vocab − 1.
        target_vocab: int ≥ 3, for target ids.
        cell: one of ``models.CELLS`` with a state.
        units: int ≥ 1, the size of a state.
        attention: "none", "bahdanau" (additive) or "luong" (multiplicative, general).
        depth: int ≥ 1, layers above each other, in the encoder and in the decoder.
        bidirectional: bool, whether the encoder reads both ways; the decoder cannot. Dense layers then make the
            decoder's initial states of both directions' last.
        dropout: 0 ≤ rate < 1, after each Embedding and after every layer.
        activation: of the answer; None gives raw scores.
        embedding_dim: int ≥ 1, the length of an id's vector; None takes ``units``.

    Returns:
        keras.Model, not compiled: [source (B, S), previous tokens (B, T)] to (B, T, target_vocab). Layers "source",
        "source_embedding", "encoder_1" …, "previous", "target_embedding", "decoder_1" …, "attention", "combine",
        "read_out".

    Raises:
        ValueError: an argument is outside its range, or a cell that has no state.
    """
    found = find_cell(cell, stateful="encoder_decoder")
    dim = units if embedding_dim is None else embedding_dim
    check_sizes(source_vocab=source_vocab, target_vocab=target_vocab, units=units, depth=depth, embedding_dim=dim)
    check_dropout(dropout)
    if attention not in _ATTENTION:
        raise ValueError(f"attention must be one of {', '.join(map(repr, _ATTENTION))}, received {attention!r}")
    source = keras.Input((None,), dtype="int32", name="source")
    previous = keras.Input((None,), dtype="int32", name="previous")
    x = embed(source, source_vocab, dim, "source_embedding", dropout=dropout)
    memory, starts = _encode(x, found, units, depth, bidirectional, dropout)
    x = decode(
        previous, target_vocab, found, units, starts, embedding_dim=dim, dropout=dropout, name="target_embedding"
    )
    if attention != "none":
        layer = (
            BahdanauAttention(units, name="attention") if attention == "bahdanau" else LuongAttention(name="attention")
        )
        real = keras.ops.not_equal(source, PAD)  # named here, since a layer of two inputs does not find it by itself
        context, _ = layer(x, memory, value_mask=real, return_scores=True)
        both = keras.layers.Concatenate(name="context_and_state")([context, x])
        x = keras.layers.Dense(units, activation="tanh", use_bias=False, name="combine")(both)
    scores = keras.layers.Dense(target_vocab, activation=activation, name="read_out")(x)
    return keras.Model([source, previous], scores, name="encoder_decoder")


def _encode(
    x: Any, cell: Cell, units: int, depth: int, bidirectional: bool, dropout: float
) -> tuple[Any, list[list[Any]]]:
    """The top layer's outputs (B, S, units, or twice as many), and for each level a decoder's initial states."""
    starts = []
    for level in range(1, depth + 1):
        name = f"encoder_{level}"
        options = {"return_sequences": True, "return_state": True}
        x, *states = cell.layer(units, name=name, level=level, bidirectional=bidirectional, **options)(x)
        if bidirectional:
            count = len(cell.states)
            pairs = zip(cell.states, states[:count], states[count:], strict=True)
            states = [_bridge(pair, units, f"start_{s}_{level}") for s, *pair in pairs]
        starts.append(states)
        if dropout:
            x = keras.layers.Dropout(dropout, name=f"{name}_dropout")(x)
    return x, starts


def _bridge(directions: list[Any], units: int, name: str) -> Any:
    """One state (B, units) of the last states of both directions."""
    both = keras.layers.Concatenate(name=f"{name}_both")(directions)
    return keras.layers.Dense(units, activation="tanh", name=name)(both)
