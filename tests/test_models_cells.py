"""The cells we add: against Keras' own where they agree, against their equations in NumPy where they do not."""

import keras
import numpy as np
import pytest

from rnncourse import models

B, T, D, H = 3, 5, 4, 6


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def with_random_weights(cell, seed=0):
    """A float64 layer around the cell, its weights random and distinct, and those by name."""
    layer = keras.layers.RNN(cell, return_sequences=True, dtype="float64")
    layer.build((None, None, D))
    rng = np.random.default_rng(seed)
    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.get_weights()])
    return layer, {weight.name: weight.numpy() for weight in cell.weights}


def inputs(seed=1):
    return np.random.default_rng(seed).normal(size=(B, T, D))


def test_with_nothing_removed_it_is_the_lstm_of_keras():
    layer, _ = with_random_weights(models.LSTMVariantCell(H, dtype="float64"))
    keras_layer = keras.layers.LSTM(H, return_sequences=True, dtype="float64")
    keras_layer.build((None, None, D))
    keras_layer.set_weights(layer.get_weights())
    np.testing.assert_allclose(layer(inputs()), keras_layer(inputs()), atol=1e-12)


def test_its_first_weights_are_those_of_keras():
    ours, theirs = models.LSTMVariantCell(H), keras.layers.LSTMCell(H)
    for cell in (ours, theirs):
        cell.build((None, D))
    np.testing.assert_array_equal(ours.bias, theirs.bias)
    np.testing.assert_allclose(ours.recurrent_kernel @ np.transpose(ours.recurrent_kernel), np.eye(H), atol=1e-5)
    assert [w.shape for w in ours.weights] == [w.shape for w in theirs.weights]


VARIANTS = {
    "no input gate": {"remove": ["input"]},
    "no forget gate": {"remove": "forget"},
    "no output gate": {"remove": ["output"]},
    "no input activation": {"remove": ["input_activation"]},
    "no output activation": {"remove": ["output_activation"]},
    "two parts": {"remove": ["output", "output_activation"]},
    "coupled": {"coupled": True},
    "coupled, no output gate": {"coupled": True, "remove": ["output"]},
}


@pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS)
def test_a_variant_is_its_equations(options):
    layer, w = with_random_weights(models.LSTMVariantCell(H, dtype="float64", **options))
    removed, coupled = np.atleast_1d(options.get("remove", [])), options.get("coupled", False)
    there = [b for b in ("input", "forget", "candidate", "output") if b not in removed]
    there = [b for b in there if not (coupled and b == "input")]
    assert w["kernel"].shape == (D, len(there) * H)
    x, outputs = inputs(), np.array(layer(inputs()))
    h = c = np.zeros((B, H))
    for t in range(T):
        sums = x[:, t] @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"]
        block = {name: sums[:, k * H : (k + 1) * H] for k, name in enumerate(there)}
        f = sigmoid(block["forget"]) if "forget" in block else 1
        i = 1 - f if coupled else sigmoid(block["input"]) if "input" in block else 1
        o = sigmoid(block["output"]) if "output" in block else 1
        c = f * c + i * (block["candidate"] if "input_activation" in removed else np.tanh(block["candidate"]))
        h = o * (c if "output_activation" in removed else np.tanh(c))
        np.testing.assert_allclose(outputs[:, t], h, atol=1e-10)


def test_the_forget_bias_is_the_forget_gates_alone():
    for options, expected in (
        ({}, [0, 3, 0, 0]),
        ({"remove": ["input"]}, [3, 0, 0]),
        ({"remove": ["forget"]}, [0, 0, 0]),
    ):
        cell = models.LSTMVariantCell(2, forget_bias=3.0, **options)
        cell.build((None, D))
        np.testing.assert_array_equal(cell.bias, np.repeat(expected, 2))


def normalised(a, gain):
    return gain * (a - a.mean(axis=-1, keepdims=True)) / np.sqrt(a.var(axis=-1, keepdims=True) + 1e-5)


def test_the_layer_norm_lstm_is_its_equations():
    layer, w = with_random_weights(models.LayerNormLSTMCell(H, dtype="float64"))
    x, outputs = inputs(), np.array(layer(inputs()))
    h = c = np.zeros((B, H))
    for t in range(T):
        sums = normalised(x[:, t] @ w["kernel"], w["gain"]) + w["bias"]
        sums = sums + normalised(h @ w["recurrent_kernel"], w["recurrent_gain"])
        i, f, candidate, o = np.split(sums, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(candidate)
        h = sigmoid(o) * np.tanh(normalised(c, w["cell_gain"]) + w["cell_bias"])
        np.testing.assert_allclose(outputs[:, t], h, atol=1e-10)


def test_the_layer_norm_gru_is_its_equations():
    layer, w = with_random_weights(models.LayerNormGRUCell(H, dtype="float64"))
    x, outputs = inputs(), np.array(layer(inputs()))
    h, gates, rest = np.zeros((B, H)), slice(0, 2 * H), slice(2 * H, None)
    for t in range(T):
        u, v = x[:, t] @ w["kernel"], h @ w["recurrent_kernel"]
        u = np.hstack([normalised(u[:, part], w["gain"][part]) for part in (gates, rest)]) + w["bias"]
        v = np.hstack([normalised(v[:, part], w["recurrent_gain"][part]) for part in (gates, rest)])
        z, r = np.split(sigmoid(u[:, gates] + v[:, gates]), 2, axis=1)
        h = z * h + (1 - z) * np.tanh(u[:, rest] + r * v[:, rest])
        np.testing.assert_allclose(outputs[:, t], h, atol=1e-10)


def test_layer_norm_does_not_mind_the_scale_of_a_kernel():
    for kind in (models.LayerNormLSTMCell, models.LayerNormGRUCell):
        layer, w = with_random_weights(kind(H, dtype="float64"))
        before = np.array(layer(inputs()))
        layer.cell.kernel.assign(100 * w["kernel"])
        np.testing.assert_allclose(layer(inputs()), before, atol=1e-4)


WRONG = {
    "units must be a whole number from 1 up, received 0": lambda: models.LSTMVariantCell(0),
    "units must be a whole number from 1 up, received 2.5": lambda: models.LayerNormGRUCell(2.5),
    "remove must be among input, forget, output, input_activation, output_activation, received 'peephole'": (
        lambda: models.LSTMVariantCell(2, remove=["input", "peephole"])
    ),
    "coupled needs the input gate and the forget gate, but remove is": (
        lambda: models.LSTMVariantCell(2, remove=["forget"], coupled=True)
    ),
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong_arguments(message):
    with pytest.raises(ValueError, match=message):
        WRONG[message]()
