"""A loss for each example, from what a model is compiled with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

PerExample = Callable[[Any, Any], tf.Tensor]


def find_loss(model: keras.Layer, loss: Any) -> Any:
    """What to differentiate: ``loss``, or what the model is compiled with.

    Raises:
        ValueError: there is none, or a compiled one for several outputs.
    """
    if loss is not None:
        return loss
    loss = getattr(model, "loss", None)
    if loss is None:
        raise ValueError("model has no compiled loss: compile it with one, or pass loss=")
    if isinstance(loss, list | tuple | dict):
        if len(loss) > 1:
            raise ValueError(
                f"the model is compiled with {len(loss)} losses: pass loss=, a function of (y, outputs) with a value "
                "for each example (batch,)"
            )
        (loss,) = loss.values() if isinstance(loss, dict) else loss
    return loss


def per_example(loss: Any) -> PerExample:
    """A function of (y, outputs) to (B,): for each example what the loss is for a batch of it alone.

    The mean over the steps and outputs of the example that count where Keras' reduction is a mean
    ("sum_over_batch_size", the default), their sum where it is "sum" or None. Steps that the outputs' mask leaves out
    count for nothing.

    Args:
        loss: Keras' name of a loss, a ``keras.losses.Loss``, or a function of (y, outputs) whose values have the
            examples on the first axis.

    Raises:
        ValueError: a name that Keras does not know; the function raises where values have no axis of examples.
    """
    loss = keras.losses.get(loss)
    reduction = loss.reduction if isinstance(loss, keras.losses.Loss) else "sum_over_batch_size"

    def values(y: Any, outputs: Any) -> tf.Tensor:
        leaves = keras.tree.flatten(outputs)
        batch = leaves[0].shape[0]
        masks = [getattr(outputs, "_keras_mask", None)]
        dtype = getattr(loss, "dtype", keras.config.floatx())
        dtype = "float64" if leaves[0].dtype == tf.float64 else dtype
        y, outputs = _cast(y, dtype), _cast(outputs, dtype)
        # a Loss is called without its reduction
        each = loss.call(y, outputs) if isinstance(loss, keras.losses.Loss) else loss(*_same_rank(y, outputs))
        masks.append(getattr(each, "_keras_mask", None))
        each = tf.convert_to_tensor(each)
        if each.shape.rank == 0 and batch == 1:
            return each[tf.newaxis]
        if each.shape.rank == 0 or each.shape[0] != batch:
            raise ValueError(f"loss must give values for each of the {batch} examples, received shape {each.shape}")
        return _reduce(each, [mask for mask in masks if mask is not None], mean=reduction not in ("sum", "none", None))

    return values


def _reduce(each: tf.Tensor, masks: list[tf.Tensor], *, mean: bool) -> tf.Tensor:
    """(B, …) to (B,): mean or sum over what counts."""
    counts = tf.ones_like(each)
    for mask in masks:
        more = each.shape.rank - mask.shape.rank
        if more < 0:
            raise ValueError(
                f"loss must give a value for each step, since the outputs have a mask {mask.shape}, received shape "
                f"{each.shape}: give y the rank of the outputs"
            )
        counts *= tf.cast(tf.reshape(mask, [*mask.shape, *[1] * more]), each.dtype)
    axes = list(range(1, each.shape.rank))
    total = tf.reduce_sum(each * counts, axes)
    return tf.math.divide_no_nan(total, tf.reduce_sum(counts, axes)) if mean else total


def _cast(values: Any, dtype: Any) -> Any:
    return keras.tree.map_structure(lambda a: keras.ops.convert_to_tensor(a, dtype=dtype), values)


def _same_rank(y: Any, outputs: Any) -> tuple[Any, Any]:
    """Make up for a last axis of length 1 that one of two arrays lacks, as Keras does before it calls a function."""
    if keras.tree.is_nested(y) or keras.tree.is_nested(outputs):
        return y, outputs
    if y.shape.rank == outputs.shape.rank - 1 and outputs.shape[-1] == 1:
        return (y[..., tf.newaxis], outputs) if y.shape.rank == 1 else (y, outputs[..., 0])
    if outputs.shape.rank == y.shape.rank - 1 and y.shape[-1] == 1:
        return (y, outputs[..., tf.newaxis]) if outputs.shape.rank == 1 else (y[..., 0], outputs)
    return y, outputs
