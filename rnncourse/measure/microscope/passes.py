"""One pass through a model with its states perturbed: traced once, kept for the next call, nothing left behind."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rnncourse.measure.microscope.layers import sublayers
from rnncourse.measure.microscope.losses import per_example
from rnncourse.measure.microscope.perturbation import Watched, watched
from rnncourse.models.overriding import answers

_KEPT = 8  # traced passes of one model


@dataclass(eq=False)
class _Traced:
    kind: tuple
    loss: Any
    layers: list[weakref.ref]
    function: Callable

    def fits(self, kind: tuple, loss: Any, layers: list[keras.Layer]) -> bool:
        same = len(layers) == len(self.layers) and all(a() is b for a, b in zip(self.layers, layers, strict=True))
        return same and self.kind == kind and (self.loss is loss or (isinstance(loss, str) and self.loss == loss))


_traced: weakref.WeakKeyDictionary[keras.Layer, list[_Traced]] = weakref.WeakKeyDictionary()


def loss_gradients(
    model: keras.Layer, x: Any, y: Any, layers: list[keras.Layer], *, loss: Any, state: str | int = "h"
) -> list[np.ndarray]:
    """dL_b/d of what is perturbed, L_b the loss of each example of its own.

    Args:
        model: a built model.
        x, y: arrays of one batch, as ``arrays`` gives them.
        layers: layers of the model; an empty list is the input x itself, which must be one array of floats.
        loss: as for ``losses.per_example``.
        state: as for ``perturbation.watched``.

    Returns:
        For each layer (B, T, …), float64, in the order of the input's steps.
    """

    def trace(x: Any, y: Any) -> list[tf.Tensor]:
        losses = per_example(loss)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            if not layers:
                tape.watch(x)
            with watched(layers, tape.watch, state=state) as records:
                total = tf.reduce_sum(losses(y, answers(reference(), x)))
            deltas = [run.delta for run in _single(records, names)] if layers else [x]
        gradients = tape.gradient(total, deltas, unconnected_gradients="zero" if layers else "none")
        if gradients[0] is None:
            raise ValueError("the loss has no derivative with respect to x: name a later layer with layer=")
        if not layers:
            return [tf.cast(gradients[0], tf.float64)]
        return [
            _in_order(gradient, run) if run.states is None else _in_order(gradient[1:], run)
            for gradient, run in zip(gradients, _single(records, names), strict=True)
        ]

    reference, names = weakref.ref(model), [layer.name for layer in layers]
    kind = ("loss", state, *(id(layer) for layer in layers))
    return [np.asarray(a) for a in _run(model, kind, loss, trace, (x, y))]


def state_jacobians(
    model: keras.Layer, x: Any, layer: keras.layers.RNN, units: int, *, t: int | None, state: str | int, cut: bool
) -> np.ndarray:
    """Jacobians of the states of one example, all with respect to earlier states, from one backward pass.

    The example is repeated ``units`` times, and copy j is asked for the gradient of unit j alone.

    Args:
        x: arrays with one example, as ``arrays`` gives them.
        layer: a recurrent layer of the model that is not stateful.
        units: H, the numbers in the state.
        t: the step whose state is differentiated, None for the last that the layer takes; of no effect with ``cut``.
        cut: each step with respect to the state before it, all else held, and not one step with respect to all.

    Returns:
        (T, H, H), float64, in the order of the input's steps: [s, i, j] = dh_t[j] / dh_s[i]; with ``cut``
        [t, i, j] = ∂h_t[j] / ∂h_{t−1}[i].

    Raises:
        ValueError: t is not below T.
    """

    def trace(x: Any, t: tf.Tensor) -> list[tf.Tensor]:
        x = keras.tree.map_structure(lambda a: tf.repeat(a, units, axis=0), x)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            with watched(layers, tape.watch, state=state, cut=cut) as records:
                answers(reference(), x)
            (run,) = _single(records, names)
            last = run.states.shape[0] - 1
            taken = tf.where(t < 0, last, tf.clip_by_value(last - t if run.backwards else t, 0, last))
            reached = run.states if cut else run.states[taken]
            total = tf.reduce_sum(tf.linalg.diag_part(reached))
        gradient = tape.gradient(total, run.delta, unconnected_gradients="zero")
        return [_in_order(gradient[:-1] if cut else gradient[1:], run)]

    layers, reference, names = [layer], weakref.ref(model), [layer.name]
    (gradient,) = _run(
        model, ("states", state, cut, units, id(layer)), None, trace, (x, tf.constant(-1 if t is None else t))
    )
    if t is not None and t >= gradient.shape[1]:
        raise ValueError(f"t must be a step from 0 to {gradient.shape[1] - 1}, received {t}")
    return np.asarray(gradient).transpose(1, 2, 0)


def arrays(name: str, values: Any) -> Any:
    """Numbers of one batch as tensors, in the structure they came in.

    Raises:
        ValueError: no arrays of numbers, or no example or no step.
    """

    def convert(value: Any) -> tf.Tensor:
        if not isinstance(value, tf.Tensor):
            try:
                value = np.asarray(value)
            except (TypeError, ValueError):
                value = np.asarray(None)
            if value.dtype == object:
                raise ValueError(
                    f"{name} must be arrays of numbers (batch, time, …), all sequences of one length: pad them"
                )
            value = tf.convert_to_tensor(value)
        if not value.shape.rank or not value.shape.is_fully_defined() or 0 in value.shape:
            raise ValueError(
                f"{name} must be arrays (batch, time, …) with at least one example and one step, received shape "
                f"{value.shape}"
            )
        return value

    if isinstance(values, tf.data.Dataset) or keras.utils.is_keras_tensor(values):
        raise ValueError(f"{name} must be arrays of one batch, received a {type(values).__name__}")
    if isinstance(values, tf.RaggedTensor):
        raise ValueError(f"{name} must be arrays of numbers (batch, time, …), all sequences of one length: pad them")
    plain = isinstance(values, list | tuple) and not any(hasattr(value, "shape") for value in values)
    return convert(values) if plain else keras.tree.map_structure(convert, values)


def _run(model: keras.Layer, kind: tuple, loss: Any, trace: Callable, inputs: tuple) -> list[tf.Tensor]:
    """Trace ``trace`` for a model, or take what an earlier call traced, and run it."""
    spec = keras.tree.map_structure(lambda a: (tuple(a.shape), a.dtype), inputs)
    kind = (*kind, str(spec))
    layers = sublayers(model)
    entries = _traced.setdefault(model, [])
    entry = next((entry for entry in entries if entry.fits(kind, loss, layers)), None)
    with _unchanged(model, layers):
        if entry is None:
            if not model.built:
                answers(model, inputs[0])
            function = tf.function(trace, autograph=False).get_concrete_function(*inputs)
            entry = _Traced(kind, loss, [weakref.ref(layer) for layer in layers], function)
            entries.append(entry)
            del entries[:-_KEPT]
        return entry.function(*inputs)


@contextmanager
def _unchanged(model: keras.Layer, layers: list[keras.Layer]) -> Iterator[None]:
    """Put back what a run moves on: states of stateful layers, counters of seeds."""
    variables = [v for v in model.variables if not v.trainable]
    for layer in layers:
        variables += keras.tree.flatten(getattr(layer, "states", None) or [])
    values = [np.array(variable.numpy()) for variable in variables]
    try:
        yield
    finally:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


def _single(records: list[list[Watched]], names: list[str]) -> list[Watched]:
    for name, runs in zip(names, records, strict=True):
        if len(runs) != 1:
            raise ValueError(f"layer {name!r} must run once when the model is called, it runs {len(runs)} times")
    return [runs[0] for runs in records]


def _in_order(gradient: tf.Tensor, run: Watched) -> tf.Tensor:
    """(B, T, …) in float64, whose squares do not underflow, in the order of the input's steps."""
    gradient = tf.cast(gradient, tf.float64)
    if run.states is None:
        return gradient
    gradient = tf.reverse(gradient, [0]) if run.backwards else gradient
    return tf.transpose(gradient, [1, 0, *range(2, gradient.shape.rank)])
