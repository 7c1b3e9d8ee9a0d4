"""The five architectures that are counted, by their places in a result."""

from __future__ import annotations

from collections.abc import Iterable

SIMPLE, LSTM, GRU, CONVOLUTION, TRANSFORMER = range(5)
_NAMES = ("the simple cell", "the LSTM", "the GRU", "the convolution", "the Transformer")


def told(numbers: Iterable[int]) -> str:
    """A number of each, in words."""
    return ", ".join(f"{name} {number}" for name, number in zip(_NAMES, numbers, strict=True))
