"""Models: one builder for each type of architecture, attention, and writing with a trained model.

Everything here needs TensorFlow, and is imported on first use.
"""

from __future__ import annotations

import importlib
from typing import Any

_MODULES = {
    "CELLS": "cells",
    "AttentionPooling": "pooling",
    "BahdanauAttention": "attention",
    "Beams": "beams",
    "LastStep": "pooling",
    "LuongAttention": "attention",
    "MaskedConv1D": "convolution",
    "MaskedMax": "pooling",
    "MaskedMean": "pooling",
    "attention_weights": "parts",
    "beam_search": "beams",
    "encoder_decoder": "translation",
    "greedy": "greedy_search",
    "many_to_many": "builders",
    "many_to_one": "builders",
    "one_to_many": "conditioned",
    "one_to_one": "builders",
    "sample": "sampling",
    "teacher_forcing": "tokens",
}

__all__ = [*_MODULES]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
