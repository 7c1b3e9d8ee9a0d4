"""What greedy search and beam search share: the loop's parts, and a compiled function for each model."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rnncourse._checks import check_whole
from rnncourse.models.parts import split
from rnncourse.models.tokens import PAD, START

_loops: weakref.WeakKeyDictionary[keras.Model, dict[Any, Callable]] = weakref.WeakKeyDictionary()


def run(model: keras.Model, kind: Any, make: Callable, source: Any, length: int, *numbers: float) -> list[np.ndarray]:
    """Call a model's loop, traced at the first call for every batch, source and length that may come.

    Without XLA, which would compile anew for every shape: a second or more, where the loop itself takes milliseconds.

    Args:
        model: a model that ``parts.split`` can cut.
        kind: what tells this loop from the model's others.
        make: of (encoder, decoder), the loop: a function of (inputs, length, *numbers) in TensorFlow.
        source: the model's inputs before the tokens, one array or a list of them.
        length: the most steps.
        numbers: further arguments of the loop.

    Raises:
        ValueError: a model of another kind, a source of another shape, or a length that is no whole number from 1 up.
    """
    check_whole("length", length, least=1)
    if model not in _loops:
        _loops[model] = {"parts": split(model)}
    known = _loops[model]
    encoder, _ = known["parts"]
    inputs = _source(encoder.given, source)
    if kind not in known:
        specs = [tf.TensorSpec([None, *a.shape[1:]], a.dtype) for a in encoder.given]
        scalars = [tf.TensorSpec([], tf.float32) for _ in numbers]
        signature = [specs, tf.TensorSpec([], tf.int32), *scalars]
        loop = tf.function(make(*known["parts"]), input_signature=signature, autograph=False)
        known[kind] = loop.get_concrete_function()  # traced once: no warning that loops of many models are traced
    return [a.numpy() for a in known[kind](inputs, tf.constant(length, tf.int32), *map(tf.constant, numbers))]


def carried(memory: Sequence[tf.Tensor], width: int = 1) -> Callable[[], list[tf.Tensor]]:
    """What the encoder hands over, each row ``width`` times, as the decoder may read it at every step.

    A fresh copy for every reading, with its mask: some of Keras' layers take the masks off their inputs.
    """

    def repeated(tensor: tf.Tensor | None) -> tf.Tensor | None:
        return tensor if tensor is None or width == 1 else tf.repeat(tensor, width, axis=0)

    kept = [(repeated(tensor), repeated(getattr(tensor, "_keras_mask", None))) for tensor in memory]

    def read() -> list[tf.Tensor]:
        copies = [tf.identity(tensor) for tensor, _ in kept]
        for copy, (_, mask) in zip(copies, kept, strict=True):
            if mask is not None:
                copy._keras_mask = mask
        return copies

    return read


def never(vocab_size: int) -> tf.Tensor:
    """(V,): what is added to the scores, minus infinity for padding and the start, which are never written."""
    return tf.constant([-np.inf if i in (PAD, START) else 0.0 for i in range(vocab_size)], tf.float32)


def _source(expected: list[Any], source: Any) -> list[tf.Tensor]:
    """The source as tensors of the model's own types."""
    arrays = list(source) if isinstance(source, list | tuple) and len(expected) > 1 else [source]
    if len(arrays) != len(expected):
        raise ValueError(f"source must be the model's {len(expected)} inputs before the tokens, received {len(arrays)}")
    given = [np.asarray(a) for a in arrays]
    for own, a in zip(expected, given, strict=True):
        shape = "(" + ", ".join("any" if n is None else str(n) for n in own.shape) + ")"
        if len(a.shape) != len(own.shape) or any(n not in (None, m) for n, m in zip(own.shape, a.shape, strict=True)):
            raise ValueError(f"source must have shape {shape}, a batch of it, received shape {a.shape}")
        if a.dtype.kind not in "iu" and own.dtype.startswith("int"):
            raise ValueError(f"source must hold whole numbers, received {a.dtype}")
    return [tf.convert_to_tensor(a.astype(own.dtype)) for own, a in zip(expected, given, strict=True)]
