"""What is needed to run a model's own layers in another way than Keras does."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

_MISSING = object()


@contextmanager
def overridden(changes: Iterable[tuple[Any, dict[str, Any]]]) -> Iterator[None]:
    """For as long as the context lasts, objects have other attributes, methods among them.

    Args:
        changes: objects, such as layers, and for each the attributes by their names.
    """
    before = []
    try:
        for owner, values in changes:
            for name, value in values.items():
                before.append((owner, name, vars(owner).get(name, _MISSING)))
                vars(owner)[name] = value
        yield
    finally:
        for owner, name, value in reversed(before):
            if value is _MISSING:
                del vars(owner)[name]
            else:
                vars(owner)[name] = value


def answers(model: keras.Layer, inputs: Any) -> Any:
    """What a model gives when it is not trained; its ``call`` may do without the argument ``training``."""
    takes_training = "training" in inspect.signature(model.call).parameters
    return model(inputs, training=False) if takes_training else model(inputs)


def where_counted(counts: tf.Tensor, new: tf.Tensor, old: tf.Tensor) -> tf.Tensor:
    """The new value where the step counts, else the old one; counts (B,) bool, values (B, …)."""
    return tf.where(tf.reshape(counts, [-1, *[1] * (new.shape.rank - 1)]), new, old)
