"""Writing by always taking the likeliest token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rnncourse.models import stepping
from rnncourse.models.tokens import END, PAD, START
from rnncourse.models.writing import carried, never, run


def greedy(model: keras.Model, source: Any, *, length: int) -> np.ndarray:
    """Let a decoder write freely, the likeliest token at each step, which it reads at the next.

    The encoder runs once, then one compiled loop, from the start's id 1 until every row has written the end's id 2.
    The loop is traced at the first call for a model, whatever batch and length come later.

    Args:
        model: what ``encoder_decoder`` or ``one_to_many`` builds, or any functional model whose last input is the
            previous tokens (B, T), with layers that read from the left to the right.
        source: (B, S) ids; for ``one_to_many`` the conditions (B, F).
        length: int ≥ 1, the most tokens to write, the end included.

    Returns:
        (B, length) int32: what was written, up to and with the end 2, then padding 0. The start is not in it; neither
        it nor padding is ever written.

    Raises:
        ValueError: an argument is outside its range, or a model that does not write step by step.
    """
    return run(model, "greedy", _loop, source, length)[0]


def _loop(encoder: keras.Model, decoder: keras.Model) -> Callable:
    def write(inputs: list[tf.Tensor], length: tf.Tensor) -> list[tf.Tensor]:
        memory = carried(encoder(inputs, training=False))
        batch = tf.shape(inputs[0])[0]
        start = tf.fill([batch], START)
        ids = tf.TensorArray(tf.int32, 0, dynamic_size=True, clear_after_read=False, element_shape=[None])
        states = stepping.initial_states(decoder, start, memory(), steps=length)

        def body(t: tf.Tensor, last: tf.Tensor, states: list, ids: tf.TensorArray) -> tuple:
            scores, states = stepping.step(decoder, last, states, memory())  # (B, V)
            best = tf.argmax(scores + never(scores.shape[-1]), axis=-1, output_type=tf.int32)
            best = tf.where((last == END) | (last == PAD), PAD, best)
            return t + 1, best, states, ids.write(t, best)

        def going(t: tf.Tensor, last: tf.Tensor, *_: Any) -> tf.Tensor:
            return (t < length) & tf.reduce_any((last != END) & (last != PAD))

        steps, _, _, ids = tf.while_loop(going, body, (tf.constant(0), start, states, ids))
        written = tf.transpose(ids.stack())  # (B, steps)
        return [tf.pad(written, [[0, 0], [0, length - steps]])]

    return write
