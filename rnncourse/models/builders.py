"""One to one, many to one and many to many: models that read one thing and answer."""

from __future__ import annotations

from typing import Any

import keras

from rnncourse._checks import check_whole
from rnncourse.models.cells import find_cell, read
from rnncourse.models.inputs import check_sizes, sequence
from rnncourse.models.pooling import AttentionPooling, LastStep, MaskedMax, MaskedMean

_POOLING = ("last", "mean", "max", "attention")


def one_to_one(
    *, features: int, outputs: int, units: int, depth: int = 1, activation: str | None = None
) -> keras.Model:
    """One vector in, one answer out: a dense network, without any time.

    Args:
        features: int ≥ 1, F, numbers in an input.
        outputs: int ≥ 1, numbers in an answer.
        units: int ≥ 1, ReLU units in a hidden layer.
        depth: int ≥ 0, hidden layers.
        activation: of the answer; None gives raw scores.

    Returns:
        keras.Model, not compiled: (B, F) to (B, outputs). Layers "hidden_1" …, "read_out".

    Raises:
        ValueError: an argument is outside its range.
    """
    check_sizes(features=features, outputs=outputs, units=units)
    check_whole("depth", depth, least=0)
    inputs = x = keras.Input((features,), name="features")
    for level in range(1, depth + 1):
        x = keras.layers.Dense(units, activation="relu", name=f"hidden_{level}")(x)
    return keras.Model(inputs, _read_out(x, outputs, activation), name="one_to_one")


def many_to_one(
    *,
    features: int | None = None,
    vocab_size: int | None = None,
    outputs: int,
    cell: str,
    units: int,
    depth: int = 1,
    bidirectional: bool = False,
    dropout: float = 0.0,
    pooling: str = "last",
    activation: str | None = None,
    embedding_dim: int | None = None,
    mask_zero: bool | None = None,
) -> keras.Model:
    """A sequence in, one answer out.

    Args:
        features: int ≥ 1, F, numbers in a step; or
        vocab_size: int ≥ 1, V, for sequences of ids 0 … V − 1, which an Embedding turns into vectors.
        outputs: int ≥ 1, numbers in an answer.
        cell: one of ``models.CELLS``. A "transformer" is a stack of ``models.TransformerBlock``, causal unless
            ``bidirectional``, with rotary positions, up to four heads, and one more norm behind the last.
        units: int ≥ 1, the size of the state; of a Transformer, ≥ 2, the width of its blocks.
        depth: int ≥ 1, layers above each other.
        bidirectional: bool, read both ways; the answer then sees both readings side by side.
        dropout: 0 ≤ rate < 1, after the Embedding and after every layer, not within the recurrence (Zaremba et al.
            2014); in a Transformer of what each block adds.
        pooling: what the answer is read from: "last", the state after the last step (of each direction); "mean" or
            "max" over all steps; "attention", a mean whose weights are learned, see ``models.attention_weights``.
        activation: of the answer; None gives raw scores.
        embedding_dim: int ≥ 1, the length of an id's vector; None takes ``units``.
        mask_zero: whether id 0, or a step whose features are all 0, is padding that changes nothing; None says yes for
            ids, no for features.

    Returns:
        keras.Model, not compiled: (B, T) ids or (B, T, F) numbers, of any B and T, to (B, outputs). Layers "ids" or
        "features", "embedding" or "padding", "recurrent_1" … (for a convolution "convolution_1" …, for a Transformer
        "projection" where the vectors are not ``units`` wide, "transformer_1" …, "last_norm"), "dropout_1" …,
        "pool_mean" and so on, "read_out".

    Raises:
        ValueError: an argument is outside its range; both ``features`` and ``vocab_size``, or neither.
    """
    found = find_cell(cell)
    check_sizes(outputs=outputs, units=units, depth=depth)
    if pooling not in _POOLING:
        raise ValueError(f"pooling must be one of {', '.join(map(repr, _POOLING))}, received {pooling!r}")
    inputs, x = sequence(
        features, vocab_size, units if embedding_dim is None else embedding_dim, dropout=dropout, mask_zero=mask_zero
    )
    carried = pooling == "last" and bool(found.states)
    x = read(x, found, units, depth=depth, bidirectional=bidirectional, dropout=dropout, sequences=not carried)
    if pooling == "attention":
        x, _ = AttentionPooling(units, name="pool_attention")(x, return_scores=True)
    elif not carried:
        x = {"last": LastStep, "mean": MaskedMean, "max": MaskedMax}[pooling](name=f"pool_{pooling}")(x)
    return keras.Model(inputs, _read_out(x, outputs, activation), name="many_to_one")


def many_to_many(
    *,
    features: int | None = None,
    vocab_size: int | None = None,
    outputs: int,
    cell: str,
    units: int,
    depth: int = 1,
    bidirectional: bool = False,
    dropout: float = 0.0,
    stateful: bool = False,
    batch_size: int | None = None,
    activation: str | None = None,
    embedding_dim: int | None = None,
    mask_zero: bool | None = None,
) -> keras.Model:
    """A sequence in, an answer at every step out: a language model, a tagger, a forecast of every next value.

    The outputs keep the mask of the inputs, so that Keras leaves padded steps out of the loss. Without
    ``bidirectional`` an answer depends on the steps up to its own alone, and ``models.sample`` can write with the
    model.

    Args:
        features, vocab_size, outputs, cell, units, depth, dropout, activation, embedding_dim, mask_zero: as for
            ``many_to_one``. For a text whose id 0 is a character like any other, ``mask_zero=False``.
        bidirectional: bool, read both ways: each answer then sees the whole sequence.
        stateful: bool, carry the state of each row over to the same row of the next batch, until
            ``layer.reset_state()``; needs ``batch_size``.
        batch_size: int ≥ 1, B, where it is fixed.

    Returns:
        keras.Model, not compiled: (B, T) ids or (B, T, F) numbers to (B, T, outputs). Layers as for ``many_to_one``.

    Raises:
        ValueError: as ``many_to_one``; ``stateful`` with ``bidirectional``, without ``batch_size``, or for a cell that
            has no state.
    """
    found = find_cell(cell, stateful="stateful" if stateful else "")
    check_sizes(outputs=outputs, units=units, depth=depth)
    if stateful and bidirectional:
        raise ValueError("stateful must be False for a bidirectional model: to read backwards it needs the whole")
    if stateful and batch_size is None:
        raise ValueError("batch_size must be given for a stateful model, which keeps a state for each row: it is None")
    inputs, x = sequence(
        features,
        vocab_size,
        units if embedding_dim is None else embedding_dim,
        dropout=dropout,
        mask_zero=mask_zero,
        batch_size=batch_size,
    )
    x = read(x, found, units, depth=depth, bidirectional=bidirectional, dropout=dropout, stateful=stateful)
    return keras.Model(inputs, _read_out(x, outputs, activation), name="many_to_many")


def _read_out(x: Any, outputs: int, activation: str | None) -> Any:
    return keras.layers.Dense(outputs, activation=activation, name="read_out")(x)
