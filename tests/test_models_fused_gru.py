"""The GRU with a backward pass of its own against Keras' GRU and automatic differentiation."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnncourse.models.fused_gru import gru_sequence

B, T, D, H = 3, 7, 4, 5


@pytest.mark.parametrize("compiled", [False, True])
def test_outputs_and_gradients_are_those_of_keras(compiled):
    rng = np.random.default_rng(0)
    layer = keras.layers.GRU(H, return_sequences=True, dtype="float64")
    layer.build((None, T, D))
    layer.set_weights([rng.normal(size=w.shape) for w in layer.get_weights()])
    x, h0 = tf.constant(rng.normal(size=(B, T, D))), tf.constant(rng.normal(size=(B, H)))
    wanted = tf.constant(rng.normal(size=(B, T, H)))
    kernel, recurrent_kernel, bias = (tf.constant(w) for w in layer.get_weights())

    def ours(x, h0, kernel, recurrent_kernel, bias):
        projected = tf.transpose(x @ kernel + bias[0], [1, 0, 2])
        return tf.transpose(gru_sequence(projected, h0, recurrent_kernel, bias[1]), [1, 0, 2])

    with tf.GradientTape() as tape:
        tape.watch([x, h0])
        expected = layer(x, initial_state=h0)
        loss = tf.reduce_sum(expected * wanted)
    gradients = tape.gradient(loss, [x, h0, *layer.trainable_variables])
    arguments = [x, h0, kernel, recurrent_kernel, bias]
    with tf.GradientTape() as tape:
        tape.watch(arguments)
        found = (tf.function(ours) if compiled else ours)(*arguments)
        loss = tf.reduce_sum(found * wanted)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    for mine, theirs in zip(tape.gradient(loss, arguments), gradients, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-10)
