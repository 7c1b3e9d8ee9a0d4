"""A model's own layers, run with a zero added to each state, so that a tape can differentiate with respect to it.

``h_t = F(x_t, h_{t−1}) + δ_t`` with δ = 0 changes no value, and dL/dδ_t = dL/dh_t is the total derivative: every later
step reads the perturbed state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from rnncourse.models.overriding import overridden, where_counted


@dataclass(eq=False)
class Watched:
    """What one run of a watched layer leaves behind, in the order in which it went through the steps.

    Attributes:
        delta: zeros; (T + 1, B, …) for a recurrent layer, the initial state first; (B, T, …) for any other.
        states: (T, B, …), the perturbed states h_1 … h_T; with ``cut`` what each step makes of the one before,
            F(x_t, h_{t−1}). None for a layer that is not recurrent.
        backwards: bool, whether the layer goes through the steps from the last to the first.
    """

    delta: tf.Tensor
    states: tf.Tensor | None = None
    backwards: bool = False


@contextmanager
def watched(
    layers: list[keras.Layer], watch: Callable[[tf.Tensor], None], *, state: str | int = "h", cut: bool = False
) -> Iterator[list[list[Watched]]]:
    """Perturb layers for as long as the context lasts.

    Args:
        layers: recurrent layers, whose states are perturbed, or others, whose outputs (B, T, …) are.
        watch: is told of each δ, as ``tape.watch``.
        state: which state of a recurrent layer: "h", the one that is its output; "c" of an LSTM; or its number.
        cut: hold everything but what one step makes of the perturbed state before it.

    Yields:
        For each layer what each of its runs left behind.
    """
    records: list[list[Watched]] = [[] for _ in layers]
    changes: list[tuple[keras.Layer, dict[str, Any]]] = []
    for layer, record in zip(layers, records, strict=True):
        if isinstance(layer, keras.layers.RNN):
            changes.append((layer, {"inner_loop": partial(_inner_loop, layer, record, watch, state, cut)}))
            if hasattr(layer, "use_cudnn"):
                changes.append((layer, {"use_cudnn": False}))  # a Bidirectional would run two LSTMs and call neither
        else:
            changes.append((layer, {"call": partial(_call, layer.call, record, watch)}))
    with overridden(changes):
        yield records


def _call(call: Callable, record: list[Watched], watch: Callable, *args: Any, **kwargs: Any) -> Any:
    """A layer's ``call`` with δ added to its output, the first if there are several."""
    outputs = call(*args, **kwargs)
    several = isinstance(outputs, list | tuple)
    output = outputs[0] if several else outputs
    delta = tf.zeros_like(output)
    watch(delta)
    record.append(Watched(delta))
    return type(outputs)([output + delta, *outputs[1:]]) if several else output + delta


def _inner_loop(
    layer: keras.layers.RNN,
    record: list[Watched],
    watch: Callable,
    state: str | int,
    cut: bool,
    sequences: tf.Tensor,
    initial_state: list,
    mask: Any,
    training: bool = False,
) -> tuple[tf.Tensor, tf.Tensor, list]:
    """``keras.layers.RNN.inner_loop`` with δ_t added to one state after each step, and what Keras does with masks.

    A masked step keeps the states; where it shows the output before it, that is the perturbed state.
    """
    steps = sequences.shape[1]
    if not steps:
        raise ValueError(f"layer {layer.name!r} must receive sequences of a known length, received {sequences.shape}")
    ordered = partial(_time_first, backwards=layer.go_backwards)
    x = ordered(sequences)
    states = keras.tree.flatten(initial_state)
    pack = partial(keras.tree.pack_sequence_as, initial_state)
    output, after = layer.cell(x[0], pack(states))
    shown = next((k for k, new in enumerate(keras.tree.flatten(after)) if new is output), None)
    k = {"h": shown, "c": 1}.get(state, state)
    if k is None:
        raise ValueError(
            f"layer {layer.name!r} has a cell whose output is none of its states, so that dL/dh_t cannot be had from "
            "outside: let it return a state as its output, or pass state=0 for the first state as later steps read it"
        )
    delta = tf.repeat(tf.zeros_like(states[k])[tf.newaxis], steps + 1, axis=0)
    watch(delta)
    states[k] = states[k] + delta[0]
    masks: tuple[tf.Tensor, ...] = ()
    if mask is not None:
        counts = ordered(tf.cast(keras.tree.flatten(mask)[0], bool))
        seen = tf.cumsum(tf.cast(counts, tf.int32)) > 0  # before the first step that counts Keras shows zeros
        masks = (counts, counts if layer.zero_output_for_mask else seen)
    hold = tf.stop_gradient if cut else tf.identity

    def step(x_t: tf.Tensor, delta_t: tf.Tensor, masks_t: list, states: list, before: list) -> tuple:
        output, after = layer.cell(x_t, pack(states))
        after = keras.tree.flatten(after)
        where = partial(where_counted, masks_t[0]) if masks_t else lambda new, old: new
        reached = where(after[k], states[k])
        if state == "c":  # h_t = o_t ∘ φ(c_t) reads the perturbed c_t
            after[0] = _output_gate(layer.cell, x_t, states[0]) * layer.cell.activation(hold(after[1]) + delta_t)
        after = [hold(where(new, old)) for new, old in zip(after, states, strict=True)]
        after[k] = hold(reached) + delta_t
        if shown is None:
            output = where(output, before[0]) if masks_t else output
        else:
            output = where_counted(masks_t[1], after[shown], tf.zeros_like(after[shown])) if masks_t else after[shown]
        before = [output] if before and not layer.zero_output_for_mask else before
        return output, reached if cut else after[k], after, before

    read = [_read(values) for values in (x, delta[1:], *masks)]
    written = [tf.TensorArray(a.dtype, steps, element_shape=a.shape) for a in (output, states[k])]
    before = [tf.zeros_like(output)] if masks and shown is None else []

    def body(t: tf.Tensor, written: list, states: list, before: list) -> tuple:
        x_t, delta_t, *masks_t = (values.read(t) for values in read)
        output, reached, states, before = step(x_t, delta_t, masks_t, states, before)
        written = [array.write(t, value) for array, value in zip(written, (output, reached), strict=True)]
        return t + 1, written, states, before

    _, written, states, _ = tf.while_loop(
        lambda t, *_: t < steps, body, (tf.constant(0), written, states, before), maximum_iterations=steps
    )
    outputs, reached = (array.stack() for array in written)
    record.append(Watched(delta, reached, layer.go_backwards))
    return outputs[-1], _time_first(outputs), pack(states)


def _output_gate(cell: keras.layers.LSTMCell, x: tf.Tensor, h: tf.Tensor) -> tf.Tensor:
    """o_t (B, H) of an LSTM, the last of the gates in Keras' order."""
    columns = slice(3 * cell.units, None)
    a = tf.matmul(x, tf.cast(cell.kernel[:, columns], x.dtype))
    a += tf.matmul(h, tf.cast(cell.recurrent_kernel[:, columns], h.dtype))
    if cell.use_bias:
        a += tf.cast(cell.bias[columns], a.dtype)
    return cell.recurrent_activation(a)


def _time_first(a: tf.Tensor, *, backwards: bool = False) -> tf.Tensor:
    """(B, T, …) as (T, B, …) and the other way round."""
    a = tf.transpose(a, [1, 0, *range(2, a.shape.rank)])
    return tf.reverse(a, [0]) if backwards else a


def _read(values: tf.Tensor) -> tf.TensorArray:
    return tf.TensorArray(values.dtype, values.shape[0]).unstack(values)
