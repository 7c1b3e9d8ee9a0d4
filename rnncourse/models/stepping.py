"""A model of whole sequences, run one step at a time with its states carried from outside."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from rnncourse.models.overriding import answers, overridden, where_counted
from rnncourse.models.streaming import Streaming


@dataclass(eq=False)
class _Slot:
    """The states of one layer that reads from step to step, around one step.

    Attributes:
        before: what the step reads; None at the first step, which starts from the layer's own initial state. Of a
            recurrent layer the cell's states and, as the last of the list, the output, which masked steps repeat; of a
            layer with a cache the cache.
        after: what it leaves for the next.
        room: how many steps a cache has room for.
    """

    before: list[tf.Tensor] | dict[str, tf.Tensor] | None = None
    after: list[tf.Tensor] | dict[str, tf.Tensor] | None = None
    room: Any = None


def initial_states(
    model: keras.Model, ids: tf.Tensor, conditions: Sequence[tf.Tensor] = (), *, steps: Any = 1
) -> list[list[tf.Tensor] | dict[str, tf.Tensor]]:
    """The states that the first step reads.

    Args:
        model: a Keras model whose layers over time, recurrent or ``Streaming``, read from the left to the right.
        ids: (B,) whole numbers, tokens of a first step; their values do not matter.
        conditions: the inputs that stand before the tokens, each (B, …).
        steps: int ≥ 1 or a scalar tensor, how many steps will be read at most; recurrent layers do not need to know.

    Returns:
        For each layer over time, in the order of the model: for a recurrent one a list of its cell's states (B, …), and
        zeros (B, …) in place of an output; for a ``Streaming`` one its empty cache.

    Raises:
        ValueError: a layer reads backwards or sees later steps, or runs more than once in a call of the model, or
            cannot read so many steps.
    """
    slots = [_Slot(room=steps) for _ in layers_over_time(model)]
    _call(model, slots, ids, conditions)
    return [slot.before for slot in slots]


def step(
    model: keras.Model, ids: tf.Tensor, states: Sequence[Any], conditions: Sequence[tf.Tensor] = ()
) -> tuple[tf.Tensor, list[list[tf.Tensor] | dict[str, tf.Tensor]]]:
    """One step of a model.

    Everything but the layers over time runs as it is, on a sequence of one step: layers that look at several steps and
    cannot read on, such as convolutions, see that one alone.

    Args:
        model: as for ``initial_states``; without dropout, as for ``predict``. A stateful layer's own states are neither
            read nor changed.
        ids: (B,) whole numbers, the tokens of this step.
        states: as ``initial_states`` or the step before gave them.
        conditions: the inputs that stand before the tokens, each (B, …).

    Returns:
        The scores (B, V) of the tokens that may follow, and the states for the next step.
    """
    slots = [_Slot(before=own) for own in states]
    scores = _call(model, slots, ids, conditions)
    return scores, [slot.after for slot in slots]


def whole(model: keras.Model, ids: tf.Tensor, conditions: Sequence[tf.Tensor] = ()) -> tf.Tensor:
    """The scores (B, V) after the last of ids (B, T), from one call of the model on the whole sequence."""
    recurrent = [layer for layer in layers_over_time(model) if isinstance(layer, keras.layers.RNN)]
    with overridden([(layer, {"stateful": False}) for layer in recurrent]):
        return _scores(model, ids, conditions)


def layers_over_time(model: keras.Model) -> list[keras.layers.RNN | Streaming]:
    """The layers that can read on from step to step, those of nested models and wrappers included, in order."""
    return [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.RNN | Streaming)]


def most_steps(model: keras.Model) -> float:
    """How many steps a model can read at most: the fewest that a layer of it has positions for, or infinity."""
    return min((getattr(layer, "max_steps", math.inf) for layer in layers_over_time(model)), default=math.inf)


def _call(model: keras.Model, slots: list[_Slot], ids: tf.Tensor, conditions: Sequence[tf.Tensor]) -> tf.Tensor:
    """(B, V) scores of one step; fills the slots."""
    changes = []
    for layer, slot in zip(layers_over_time(model), slots, strict=True):
        if isinstance(layer, Streaming):
            changes.append((layer, {"call": partial(_one_piece, layer, layer.call, slot)}))
            continue
        if layer.go_backwards:
            raise ValueError(
                f"model must read from the left to the right, but layer {layer.name!r} goes backwards: what comes next "
                "has not been written yet"
            )
        changes.append((layer, {"inner_loop": partial(_one_step, layer, slot), "stateful": False}))
    with overridden(changes):
        scores = _scores(model, ids[:, tf.newaxis], conditions)
    for (layer, _), slot in zip(changes, slots, strict=True):
        if slot.after is None:
            raise ValueError(f"layer {layer.name!r} must run once when the model is called, it does not run")
    return scores


def _scores(model: keras.Model, ids: tf.Tensor, conditions: Sequence[tf.Tensor]) -> tf.Tensor:
    """(B, V) scores after the last of ids (B, T)."""
    tokens = model.inputs[-1] if getattr(model, "inputs", None) else None
    if tokens is not None and len(tokens.shape) == 3:
        ids = tf.one_hot(ids, tokens.shape[-1], dtype=tokens.dtype)  # a model that reads one-hot vectors
    inputs = [*conditions, ids] if conditions else ids
    scores = answers(model, inputs)
    return tf.cast(scores[:, -1] if scores.shape.rank == 3 else scores, tf.float32)


def _one_step(
    layer: keras.layers.RNN,
    slot: _Slot,
    sequences: tf.Tensor,
    initial_state: list,
    mask: Any,
    training: bool = False,
) -> tuple[tf.Tensor, tf.Tensor, list]:
    """``keras.layers.RNN.inner_loop`` on (B, 1, …), from the slot's states, with what Keras does at masked steps."""
    _check_first(layer, slot)
    states = keras.tree.flatten(initial_state) if slot.before is None else slot.before[:-1]
    output, after = layer.cell(sequences[:, 0], keras.tree.pack_sequence_as(initial_state, states))
    after = keras.tree.flatten(after)
    if slot.before is None:
        slot.before = [*states, tf.zeros_like(output)]
    previous = slot.before[-1]
    if mask is not None:
        counts = tf.reshape(tf.cast(keras.tree.flatten(mask)[0], bool), [-1])  # (B,)
        shown = tf.zeros_like(output) if layer.zero_output_for_mask else previous
        output, *after = (
            where_counted(counts, new, old) for new, old in zip([output, *after], [shown, *states], strict=True)
        )
    slot.after = [*after, output]
    return output, output[:, tf.newaxis], keras.tree.pack_sequence_as(initial_state, after)


def _one_piece(
    layer: Streaming, call: Callable, slot: _Slot, inputs: tf.Tensor, mask: Any = None, **options: Any
) -> Any:
    """``call`` of a layer with a cache on (B, 1, …), from the slot's cache."""
    _check_first(layer, slot)
    if slot.before is None:
        slot.before = layer.initial_cache(tf.shape(inputs)[0], slot.room)
    *outputs, slot.after = call(inputs, mask=mask, **{**options, "cache": slot.before})
    return outputs[0] if len(outputs) == 1 else tuple(outputs)


def _check_first(layer: keras.Layer, slot: _Slot) -> None:
    if slot.after is not None:
        raise ValueError(f"layer {layer.name!r} must run once when the model is called, it runs several times")
