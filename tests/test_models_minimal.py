"""The minimal cells against their equations in NumPy."""

import keras
import numpy as np
import pytest

from rnncourse import models

B, T, D, H = 3, 5, 4, 6


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def inputs(seed=1):
    return np.random.default_rng(seed).normal(size=(B, T, D))


def with_random_weights(layer, seed=0):
    layer.build((None, None, D))
    rng = np.random.default_rng(seed)
    kernel, bias = (rng.normal(size=weight.shape) for weight in layer.get_weights())
    layer.set_weights([kernel, bias])
    return np.split(kernel, kernel.shape[1] // H, axis=1), np.split(bias, len(bias) // H)


def states(z, candidate):
    h, found = np.zeros((B, H)), []
    for t in range(T):
        h = (1 - z[:, t]) * h + z[:, t] * candidate[:, t]
        found.append(h)
    return np.stack(found, axis=1)


@pytest.mark.parametrize("signed", [False, True])
def test_the_minimal_gru_is_its_equations(signed):
    layer = models.MinGRU(H, signed=signed, return_sequences=True, dtype="float64")
    (w_z, w_h), (b_z, b_h) = with_random_weights(layer)
    z = (2 if signed else 1) * sigmoid(inputs() @ w_z + b_z)
    np.testing.assert_allclose(layer(inputs()), states(z, inputs() @ w_h + b_h), atol=1e-12)


@pytest.mark.parametrize("signed", [False, True])
def test_the_minimal_lstm_is_its_equations(signed):
    layer = models.MinLSTM(H, signed=signed, return_sequences=True, dtype="float64")
    (w_i, w_f, w_h), (b_i, b_f, b_h) = with_random_weights(layer)
    i, f = sigmoid(inputs() @ w_i + b_i), sigmoid(inputs() @ w_f + b_f)
    z = (2 if signed else 1) * i / (f + i)
    np.testing.assert_allclose(layer(inputs()), states(z, inputs() @ w_h + b_h), atol=1e-12)


def test_gates_that_are_both_shut_are_still_shared_out():
    layer = models.MinLSTM(1)
    layer.build((None, None, 1))
    layer.set_weights([np.zeros((1, 3)), np.array([-200.0, -200.0, 1.0])])
    assert float(layer(np.zeros((1, 2, 1)))[0, 0]) == pytest.approx(0.75)


def test_it_keeps_what_the_gru_of_keras_keeps():
    """Keras' GRU without the state in its gates and without its tanh is the minimal one, with z the other way."""
    layer, rng = models.MinGRU(H, return_sequences=True), np.random.default_rng(0)
    (w_z, w_h), (b_z, b_h) = with_random_weights(layer)
    gru = keras.layers.GRU(H, return_sequences=True, activation="linear", reset_after=True)
    gru.build((None, None, D))
    kernel = np.concatenate([-w_z, rng.normal(size=(D, H)), w_h], axis=1)
    bias = np.concatenate([-b_z, rng.normal(size=H), b_h])
    gru.set_weights([kernel, np.zeros((H, 3 * H)), np.stack([bias, np.zeros(3 * H)])])
    np.testing.assert_allclose(layer(inputs()), gru(inputs()), atol=1e-5)


@pytest.mark.parametrize(("kind", "expected"), [(models.MinGRU, [-3, 0]), (models.MinLSTM, [-3, 3, 0])])
def test_the_first_bias_keeps(kind, expected):
    layer = kind(H, keep_bias=3.0)
    layer.build((None, None, D))
    np.testing.assert_array_equal(layer.get_weights()[1], np.repeat(expected, H))
    decay, _ = layer.cell.terms(np.zeros((1, 1, D), np.float32))
    np.testing.assert_allclose(decay, sigmoid(3.0), rtol=1e-6)


def test_parity_can_be_set_by_hand_where_the_state_may_change_its_sign():
    """x = 1: h becomes 1 − h; x = 0: h stays."""
    layer = models.MinGRU(1, signed=True, return_sequences=True)
    layer.build((None, None, 1))
    layer.set_weights([np.array([[60.0, 0.0]]), np.array([-30.0, 0.5])])
    bits = np.random.default_rng(0).integers(0, 2, size=(4, 100, 1))
    np.testing.assert_allclose(layer(bits.astype(np.float32)), np.cumsum(bits, axis=1) % 2, atol=1e-4)


@pytest.mark.parametrize("kind", [models.MinGRU, models.MinLSTM])
def test_units_are_checked(kind):
    with pytest.raises(ValueError, match="units must be a whole number from 1 up, received 0"):
        kind(0)
