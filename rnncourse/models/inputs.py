"""What models read, and the checks that all builders make."""

from __future__ import annotations

from typing import Any

import keras

from rnncourse._checks import check_whole


def check_sizes(**sizes: Any) -> None:
    """Raise ValueError unless every argument is a whole number from 1 up."""
    for name, value in sizes.items():
        check_whole(name, value, least=1)


def check_dropout(dropout: Any) -> None:
    """Raise ValueError unless it is a rate from 0 up to below 1."""
    if isinstance(dropout, bool) or not isinstance(dropout, int | float) or not 0 <= dropout < 1:
        raise ValueError(f"dropout must be a rate, 0 ≤ dropout < 1, received {dropout!r}")


def sequence(
    features: int | None,
    vocab_size: int | None,
    embedding_dim: int,
    *,
    dropout: float,
    mask_zero: bool | None,
    batch_size: int | None = None,
) -> tuple[Any, Any]:
    """The input of a model that reads a sequence of any length, and the vectors that its first layer reads.

    Args:
        features: F, or None.
        vocab_size: V, or None.
        embedding_dim: D of an Embedding.
        dropout: the rate after an Embedding.
        mask_zero: whether id 0, or a step of zeros alone, is padding; None: for ids, not for features.
        batch_size: B where it is fixed.

    Returns:
        Symbolic: ids (B, T) or numbers (B, T, F); and (B, T, D) or (B, T, F) with the mask.

    Raises:
        ValueError: both or neither of ``features`` and ``vocab_size``, or one outside its range.
    """
    check_dropout(dropout)
    if (features is None) == (vocab_size is None):
        raise ValueError(
            "one of features (numbers in a step) and vocab_size (how many ids) must be given, received "
            f"features={features!r} and vocab_size={vocab_size!r}"
        )
    if batch_size is not None:
        check_sizes(batch_size=batch_size)
    if vocab_size is None:
        check_sizes(features=features)
        inputs = keras.Input((None, features), batch_size=batch_size, name="features")
        return inputs, keras.layers.Masking(0.0, name="padding")(inputs) if mask_zero else inputs
    inputs = keras.Input((None,), batch_size=batch_size, dtype="int32", name="ids")
    mask_zero = True if mask_zero is None else mask_zero
    return inputs, embed(inputs, vocab_size, embedding_dim, "embedding", mask_zero=mask_zero, dropout=dropout)


def embed(ids: Any, vocab_size: int, dim: int, name: str, *, mask_zero: bool = True, dropout: float = 0.0) -> Any:
    """Ids (B, T) to vectors (B, T, dim), with dropout, if any, in a layer named after the Embedding."""
    check_sizes(vocab_size=vocab_size, embedding_dim=dim)
    x = keras.layers.Embedding(vocab_size, dim, mask_zero=mask_zero, name=name)(ids)
    return keras.layers.Dropout(dropout, name=f"{name}_dropout")(x) if dropout else x
