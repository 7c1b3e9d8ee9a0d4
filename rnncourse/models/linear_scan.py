"""The scan of a linear recurrence: all states h_t = a_t ⊙ h_{t−1} + b_t, where a_t and b_t are known for all steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import ops

_METHODS = ("auto", "loop", "tree")


def linear_scan(decay: Any, inputs: Any, initial_state: Any = None, *, method: str = "auto") -> Any:
    """All states of h_t = a_t ⊙ h_{t−1} + b_t.

    Since a_t and b_t do not depend on h_{t−1}, two steps are one step of the same kind, (a_2 a_1, a_2 b_1 + b_2). This
    combination is associative, so that steps may be combined in any grouping (Blelloch 1990; Martin & Cundy 2018).

    * "loop" goes from step to step, compiled into one program that does nothing but these two operations; its backward
      pass is the same loop from the right. T operations one after the other. TensorFlow alone.
    * "tree" combines neighbours, scans the half as many pairs, and fills in between: about 2 T operations, 2 log₂ T of
      them one after the other. T must be known. Keras' operations alone, so that it is open to other backends; only
      TensorFlow is tested.

    Args:
        decay: (B, T, N), a; or a shape that broadcasts to it, such as (N,). May be negative or complex.
        inputs: (B, T, N), b, of the same type.
        initial_state: (B, N), h_0; None for zeros.
        method: "loop", "tree", or "auto": the tree where there is a GPU or no TensorFlow, else the loop.

    Returns:
        (B, T, N), h_1 … h_T, in the type of ``inputs``; numbers of half precision are summed in float32. Gradients flow
        to all three arguments.

    Raises:
        ValueError: ``method`` is unknown, or cannot be used here; or there is no step.
    """
    if method not in _METHODS:
        raise ValueError(f"method must be one of {', '.join(map(repr, _METHODS))}, received {method!r}")
    inputs = ops.convert_to_tensor(inputs)
    steps = inputs.shape[1]
    if steps == 0:
        raise ValueError(f"inputs must be (batch, time, units) with at least one step, received shape {inputs.shape}")
    given = keras.backend.standardize_dtype(inputs.dtype)
    wide = "float32" if given in ("float16", "bfloat16") else given
    decay, inputs = ops.cast(decay, wide), ops.cast(inputs, wide)
    start = ops.zeros_like(inputs[:, 0]) if initial_state is None else ops.cast(initial_state, wide)
    on_tensorflow = keras.backend.backend() == "tensorflow"
    if method == "auto":
        method = "loop" if on_tensorflow and not tf.config.list_physical_devices("GPU") else "tree"
        method = method if steps is not None else "loop"
    if method == "loop":
        if not on_tensorflow:
            raise ValueError("method must be 'tree' where Keras does not run on TensorFlow, received 'loop'")
        shared = decay.shape.rank == 1
        states = _loop(decay if shared else ops.broadcast_to(decay, ops.shape(inputs)), inputs, start)
        states.set_shape(inputs.shape)
    else:
        if steps is None:
            raise ValueError(f"method 'tree' must receive inputs with a known number of steps, received {inputs.shape}")
        decay = ops.broadcast_to(decay, ops.shape(inputs))
        first = decay[:, :1] * start[:, None] + inputs[:, :1]
        states = _tree(decay, ops.concatenate([first, inputs[:, 1:]], axis=1))
    return ops.cast(states, given)


def _tree(decay: Any, inputs: Any) -> Any:
    """The states (B, T, N) that follow a state of zeros."""
    steps = inputs.shape[1]
    if steps == 1:
        return inputs
    even, odd = slice(0, steps - steps % 2, 2), slice(1, None, 2)  # the first and the second of each pair
    odd_states = _tree(decay[:, odd] * decay[:, even], decay[:, odd] * inputs[:, even] + inputs[:, odd])
    between = decay[:, 2::2] * odd_states[:, : (steps - 1) // 2] + inputs[:, 2::2]
    even_states = ops.concatenate([inputs[:, :1], between], axis=1)
    pairs = ops.stack([even_states[:, : steps // 2], odd_states], axis=2)  # (B, T // 2, 2, N)
    states = ops.reshape(pairs, (-1, steps - steps % 2, *inputs.shape[2:]))
    return states if steps % 2 == 0 else ops.concatenate([states, even_states[:, -1:]], axis=1)


@tf.custom_gradient
def _loop(decay: tf.Tensor, inputs: tf.Tensor, start: tf.Tensor) -> tf.Tensor:
    """The gradient of the scan is the scan of the gradient, from the last step to the first.

    Forward and backward share no more than their arguments: XLA could not compile more within another loop.
    """
    unwatched = [tf.stop_gradient(a) for a in (decay, inputs, start)]  # else XLA would have to hand out its own tape
    states = _forward(*unwatched, decay.shape.rank == 1)

    def backward(d_states: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        return _backward(decay, start, states, d_states, decay.shape.rank == 1)

    return states, backward


@tf.function(jit_compile=True, autograph=False, reduce_retracing=True)
def _forward(decay: tf.Tensor, inputs: tf.Tensor, start: tf.Tensor, shared: bool) -> tf.Tensor:
    """One function for all layers, so that XLA compiles it once for each shape; ``shared`` says that decay is (N,)."""
    decay = decay if shared else _turned(decay)
    return _turned(_walk(lambda t: decay if shared else decay[t], _turned(inputs), start))


@tf.function(jit_compile=True, autograph=False, reduce_retracing=True)
def _backward(
    decay: tf.Tensor, start: tf.Tensor, states: tf.Tensor, d_states: tf.Tensor, shared: bool
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The gradients of decay, inputs and start."""
    decay, states, d_states = _conjugate(decay if shared else _turned(decay)), _turned(states), _turned(d_states)
    last = tf.shape(states)[0] - 1
    total = _walk(  # dL/dh_t, through all later steps
        lambda t: decay if shared else decay[tf.minimum(t + 1, last)], d_states, tf.zeros_like(start), backwards=True
    )
    of_decay = total * _conjugate(tf.concat([start[tf.newaxis], states[:-1]], axis=0))
    of_decay = tf.reduce_sum(of_decay, axis=[0, 1]) if shared else _turned(of_decay)
    return of_decay, _turned(total), (decay if shared else decay[0]) * total[0]


def _walk(
    decay: Callable[[tf.Tensor], tf.Tensor], inputs: tf.Tensor, start: tf.Tensor, *, backwards: bool = False
) -> tf.Tensor:
    """(T, B, N): what is there, times decay(t), plus the inputs of step t, from step to step."""
    steps = tf.shape(inputs)[0]

    def body(done: tf.Tensor, h: tf.Tensor, written: tf.TensorArray) -> tuple:
        t = steps - 1 - done if backwards else done
        h = decay(t) * h + inputs[t]
        return done + 1, h, written.write(t, h)

    written = tf.TensorArray(inputs.dtype, steps, element_shape=start.shape)
    _, _, written = tf.while_loop(
        lambda done, *_: done < steps, body, (tf.constant(0), start, written), maximum_iterations=steps
    )
    return written.stack()


def _turned(a: tf.Tensor) -> tf.Tensor:
    """(B, T, N) as (T, B, N), and back."""
    return tf.transpose(a, [1, 0, 2])


def _conjugate(a: tf.Tensor) -> tf.Tensor:
    """TensorFlow's gradient with respect to a complex number is multiplied by the conjugate of what it goes through."""
    return tf.math.conj(a) if a.dtype.is_complex else a
