"""Jacobians of states, against central differences, products of steps, and gates by hand."""

from functools import cache

import keras
import numpy as np
import pytest
from keras import layers

from rnncourse import measure

T, D, H = 4, 3, 5


@cache
def looked_at(name):
    make = {
        "simple": lambda: layers.SimpleRNN(H, dtype="float64"),
        "gru": lambda: layers.GRU(H, dtype="float64"),
        "lstm": lambda: layers.LSTM(H, dtype="float64"),
        "backwards": lambda: layers.GRU(H, go_backwards=True, dtype="float64"),
        "masked": lambda: layers.LSTM(H, dtype="float64"),
    }[name]
    below = [layers.Masking(dtype="float64")] if name == "masked" else []
    model = keras.Sequential([keras.Input((None, D), dtype="float64"), *below, make()])
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.7, w.shape) for w in model.get_weights()])
    x = rng.normal(size=(1, T, D))
    if name == "masked":
        x[0, 1] = 0
    return model, x


def trajectory(model, x, *, disturb=None, by=None, state="h"):
    """The states by the cell alone, (T, H) in the input's order; ``by`` is added to the one after a step."""
    cell, backwards = model.layers[-1].cell, model.layers[-1].go_backwards
    lstm = isinstance(cell, layers.LSTMCell)
    states, found = [np.zeros((1, H))] * (2 if lstm else 1), np.zeros((T, H))
    for t in range(T)[:: -1 if backwards else 1]:
        before = states
        if x[0, t].any():
            _, states = cell(x[:, t], states)
            states = [np.array(s) for s in keras.tree.flatten(states)]
        if t == disturb:
            if state == "c":  # h_t reads c_t through the output gate
                c = states[1] + by
                if x[0, t].any():
                    kernel, recurrent, bias = (np.array(w)[..., 3 * H :] for w in cell.get_weights())
                    gate = 1 / (1 + np.exp(-(x[:, t] @ kernel + before[0] @ recurrent + bias)))
                    states = [gate * np.tanh(c), c]
                else:
                    states = [states[0], c]
            else:
                states = [states[0] + by, *states[1:]]
        found[t] = states[1 if state == "c" else 0][0]
    return found


@pytest.mark.parametrize(
    ("name", "state"),
    [("simple", "h"), ("gru", "h"), ("lstm", "h"), ("lstm", "c"), ("backwards", "h"), ("masked", "h"), ("masked", "c")],
)
def test_total_jacobians_equal_central_differences(name, state):
    model, x = looked_at(name)
    expected = np.zeros((T, T, H, H))  # [t, s, i, j]
    for s in range(T):
        for i in range(H):
            step = 1e-5 * np.eye(H)[i]
            up, down = (trajectory(model, x, disturb=s, by=sign * step, state=state) for sign in (1, -1))
            expected[:, s, i] = (up - down) / 2e-5
    for t in (0, 2, T - 1):
        found = measure.jacobians(model, x, t, state=state)
        np.testing.assert_allclose(found, expected[t], atol=1e-8)
    last = 0 if name == "backwards" else T - 1
    np.testing.assert_allclose(measure.jacobians(model, x, state=state), expected[last], atol=1e-8)
    spectrum = measure.jacobian_spectrum(model, x, 2, state=state)
    np.testing.assert_allclose(spectrum, np.linalg.svd(expected[2])[1], atol=1e-7)
    assert abs(expected[last]).sum(axis=(1, 2)).min() > 1e-2


@pytest.mark.parametrize("name", ["simple", "gru", "backwards"])
def test_the_total_is_the_product_of_the_steps(name):
    model, x = looked_at(name)
    steps, order = measure.step_jacobians(model, x), list(range(T)[:: -1 if name == "backwards" else 1])
    total = measure.jacobians(model, x)
    product = np.eye(H)
    for before, t in zip(order[-2::-1], order[:0:-1], strict=True):
        product = steps[t] @ product
        np.testing.assert_allclose(total[before], product, atol=1e-12)


def test_steps_of_a_simple_rnn_are_its_kernel_times_the_slopes():
    model, x = looked_at("simple")
    h = trajectory(model, x)
    kernel = model.get_weights()[1]
    np.testing.assert_allclose(measure.step_jacobians(model, x), kernel * (1 - h**2)[:, np.newaxis], atol=1e-12)


def test_steps_of_the_cell_state_are_the_forget_gate():
    model, x = looked_at("masked")
    h = np.concatenate([np.zeros((1, H)), trajectory(model, x)[:-1]])
    kernel, recurrent, bias = (w[..., H : 2 * H] for w in model.get_weights())
    forget = 1 / (1 + np.exp(-(x[0] @ kernel + h @ recurrent + bias)))
    forget[1] = 1  # a masked step keeps the state
    found = measure.step_jacobians(model, x, state="c")
    np.testing.assert_allclose(found, forget[:, np.newaxis] * np.eye(H), atol=1e-12)


def test_a_layer_will_do_and_one_direction():
    layer = layers.GRU(H)
    x = np.random.default_rng(0).normal(size=(1, T, D))
    layer.build(x.shape)
    assert measure.step_jacobians(layer, x).shape == (T, H, H)
    model = keras.Sequential([keras.Input((T, D)), layers.Bidirectional(layers.SimpleRNN(H, name="own"))])
    with pytest.raises(ValueError, match="layer must name one direction: one of 'forward_own', 'backward_own'"):
        measure.jacobians(model, x)
    total = measure.jacobians(model, x, 1, "backward_own")
    assert not total[0].any()
    np.testing.assert_array_equal(total[1], np.eye(H))
    assert total[2:].any(axis=(1, 2)).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": np.zeros((2, T, D))}, "x must hold one example, with a batch axis of 1, received 2 of them"),
        ({"t": T}, "t must be a step from 0 to 3, received 4"),
        ({"t": -1}, "t must be a whole number from 0 up, received -1"),
        ({"model": layers.Dense(2)}, "must have one recurrent layer"),
        ({"model": layers.LSTM(2, stateful=True, name="own")}, "layer 'own' is stateful, with a fixed batch: give its"),
        ({"model": layers.Dense(2, name="own"), "layer": "own"}, "recurrent, with states .*received 'own', a Dense"),
        ({"state": "c"}, 'state "c" is that of a keras.layers.LSTM'),
    ],
)
def test_jacobians_refuse(arguments, message):
    model, x = looked_at("simple")
    with pytest.raises(ValueError, match=message):
        measure.jacobians(**{"model": model, "x": x} | arguments)
