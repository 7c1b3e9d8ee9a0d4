"""Gradients of states and inputs, against unrolled copies, the scratch cells, and an untouched twin."""

import gc
import weakref
from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from rnncourse import measure, scratch
from rnncourse.measure.microscope.layers import find_layers
from rnncourse.measure.microscope.perturbation import watched

B, T, D, H = 2, 4, 3, 5


@keras.saving.register_keras_serializable("rnncourse_tests")
class LeakyCell(layers.Layer):
    """h_t = a ∘ h_{t−1} + (1 − a) ∘ tanh(x_t W), with a state that it counts in beside it."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units, self.state_size, self.output_size = units, [1, units], units

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], self.units))
        self.rates = self.add_weight(shape=(self.units,))
        self.built = True

    def call(self, inputs, states):
        count, h = states
        rates = keras.ops.sigmoid(self.rates + count)
        h = rates * h + (1 - rates) * keras.ops.tanh(inputs @ self.kernel + h[:, ::-1])
        return h, [count + 0.1, h]

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable("rnncourse_tests")
class ReadOutCell(LeakyCell):
    """Its output is none of its states."""

    def call(self, inputs, states):
        h, states = super().call(inputs, states)
        return 2 * h, states


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.recurrent, self.read_out = layers.GRU(H), layers.Dense(1)

    def call(self, x):
        return self.read_out(self.recurrent(x))


class Case:
    """A model in three pieces, so that a copy can be unrolled: what is below, the layer, what is above."""

    def __init__(self, layer, below=(), above=None, ids=False, y=(1,), loss="mse", batch=None, dtype="float32"):
        self.make, self.ids, self.y, self.loss, self.batch, self.dtype = layer, ids, y, loss, batch, dtype
        self.below, self.above = below, above or (lambda: layers.Dense(1),)

    def model(self, seed=0):
        keras.utils.set_random_seed(seed)
        build = [[make() for make in part] for part in (self.below, (self.make,), self.above)]
        shape = (T,) if self.ids else (T, D)
        model = keras.Sequential([keras.Input(shape, batch_size=self.batch, dtype="int32" if self.ids else self.dtype)])
        for part in build:
            for layer in part:
                model.add(layer)
        model.parts = [[layer.name for layer in part] for part in build]
        rng = np.random.default_rng(seed + 1)
        model.set_weights([rng.normal(0, 0.6, w.shape) for w in model.get_weights()])
        if self.batch:
            for layer in model.layers:
                for variable in getattr(layer, "states", None) or []:
                    variable.assign(rng.normal(0, 0.5, variable.shape))
        model.compile(keras.optimizers.SGD(0.1), self.loss, run_eagerly=True)
        return model

    def data(self, seed=0):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(B, T, D)).astype(self.dtype)
        x[0, 1] = 0  # what Masking leaves out
        if self.ids:
            x = rng.integers(1, 6, (B, T))
            x[0, 2:], x[1, :1] = 0, 0  # padded right, padded left
        classes = self.loss == "sparse_categorical_crossentropy"
        return x, rng.integers(0, 3, (B, *self.y)) if classes else rng.normal(size=(B, *self.y)).astype(self.dtype)


def embedding():
    return layers.Embedding(6, D, mask_zero=True)


def dense3():
    return layers.Dense(3, activation="softmax")


def mae(y, outputs):  # has one value for each number, where Keras' losses have one for each step
    return keras.ops.abs(y - outputs)


TAGS = {"y": (T,), "loss": "sparse_categorical_crossentropy", "above": (dense3,)}
SEQUENCES = {"return_sequences": True}
CASES = {
    "simple": Case(lambda: layers.SimpleRNN(H)),
    "simple, relu, float64": Case(lambda: layers.SimpleRNN(H, activation="relu", dtype="float64"), dtype="float64"),
    "lstm": Case(lambda: layers.LSTM(H)),
    "gru": Case(lambda: layers.GRU(H, reset_after=False)),
    "gru, every step": Case(lambda: layers.GRU(H, **SEQUENCES), **TAGS),
    "lstm, sum": Case(lambda: layers.LSTM(H, **SEQUENCES), y=(T, 1), loss=keras.losses.MeanSquaredError("sum")),
    "gru, own loss": Case(lambda: layers.GRU(H), y=(), loss=mae),
    "cell": Case(lambda: layers.RNN(LeakyCell(H))),
    "cells": Case(lambda: layers.RNN([layers.LSTMCell(3), layers.GRUCell(H)])),
    "below": Case(lambda: layers.SimpleRNN(H, **SEQUENCES), above=(lambda: layers.LSTM(3), lambda: layers.Dense(1))),
    "above": Case(lambda: layers.LSTM(H), below=(lambda: layers.GRU(3, **SEQUENCES),)),
    "embedding": Case(lambda: layers.LSTM(H), below=(embedding,), ids=True),
    "embedding, every step": Case(lambda: layers.GRU(H, **SEQUENCES), below=(embedding,), ids=True, **TAGS),
    "masking": Case(lambda: layers.SimpleRNN(H, unroll=True), below=(layers.Masking,)),
    "backwards": Case(lambda: layers.LSTM(H, go_backwards=True, **SEQUENCES), below=(embedding,), ids=True, y=(T, 1)),
    "zero output": Case(lambda: layers.GRU(H, zero_output_for_mask=True), below=(embedding,), ids=True),
    "stateful": Case(lambda: layers.GRU(H, stateful=True), below=(embedding,), ids=True, batch=B),
    "dropout": Case(
        lambda: layers.GRU(H, dropout=0.5, recurrent_dropout=0.5), above=(lambda: layers.Dropout(0.5), dense3)
    ),
    "both ways": Case(lambda: layers.Bidirectional(layers.LSTM(H))),
    "both ways, every step": Case(
        lambda: layers.Bidirectional(layers.GRU(H, **SEQUENCES)), below=(embedding,), ids=True, **TAGS
    ),
    "convolution": Case(
        lambda: layers.ConvLSTM1D(H, 3, padding="same"),
        below=(lambda: layers.Reshape((T, D, 1)),),
        above=(layers.Flatten, lambda: layers.Dense(1)),
    ),
    "another layer": Case(lambda: layers.Dense(H), above=(layers.GlobalMaxPooling1D, lambda: layers.Dense(1))),
}
CASES["dropout"].y = (3,)
WITH_MASKS = ["embedding, every step", "masking", "backwards", "zero output", "stateful", "both ways, every step"]
TRAINED = ["embedding, every step", "stateful", "dropout", "both ways"]


def unroll(layer, sequence, initial, mask, tape):
    """An RNN layer by hand for one example, each state watched: its output, and h_1 … h_T in the order of the input."""
    order = range(T)[::-1] if layer.go_backwards else range(T)
    states, output, started, outputs, hs = initial, None, False, [], [None] * T
    flat = keras.tree.flatten
    for t in order:
        new, after = layer.cell(sequence[:, t], states)
        k = next(i for i, state in enumerate(flat(after)) if state is new)
        kept = flat(after) if mask is None or mask[t] else flat(states)
        started |= mask is None or bool(mask[t])
        kept = [*kept[:k], tf.identity(kept[k]), *kept[k + 1 :]]
        tape.watch(kept[k])
        hs[t] = kept[k]
        states = keras.tree.pack_sequence_as(states, kept)
        hidden = not started or (layer.zero_output_for_mask and mask is not None and not mask[t])
        output = tf.zeros_like(new) if hidden else kept[k]
        outputs.append(output)
    return (tf.stack(outputs, axis=1) if layer.return_sequences else output), hs


def reference(case, model, x, y):
    """dL_b/dh_t (directions, B, T, …), one example after the other, each with Keras' own loss of a batch of one."""
    below, (name,), above = model.parts
    layer = model.get_layer(name)
    directions = [layer.forward_layer, layer.backward_layer] if isinstance(layer, layers.Bidirectional) else [layer]
    loss = case.loss if isinstance(case.loss, keras.losses.Loss) else keras.losses.get(case.loss)
    if not isinstance(loss, keras.losses.Loss):
        loss = keras.src.losses.losses.LossFunctionWrapper(loss, dtype=case.dtype)
    gradients = []
    for b in range(B):
        a = tf.constant(x[b : b + 1])
        mask = None
        for part in map(model.get_layer, below):
            a = part(a)
            mask = getattr(a, "_keras_mask", None)
        with tf.GradientTape(persistent=True) as tape:
            if isinstance(layer, layers.RNN | layers.Bidirectional):
                found, outputs = [], []
                for direction in directions:
                    initial = direction.get_initial_state(1)
                    if direction.stateful:
                        initial = [tf.constant(state.numpy()[b : b + 1]) for state in direction.states]
                    output, hs = unroll(direction, a, initial, None if mask is None else mask.numpy()[0], tape)
                    found.append(hs)
                    outputs.append(output[:, ::-1] if len(found) == 2 and direction.return_sequences else output)
                a = tf.concat(outputs, axis=-1)
            else:
                a = tf.identity(layer(a))
                tape.watch(a)
                found = [[a]]
            if mask is not None and len(a.shape) == 3:
                a._keras_mask = mask
            for part in map(model.get_layer, above):
                a = part(a, training=False) if isinstance(part, layers.Dropout) else part(a)
            value = loss(y[b : b + 1], a)
        rows = [tape.gradient(value, hs, unconnected_gradients="zero") for hs in found]
        gradients.append([np.concatenate(row) if len(row) > 1 else row[0].numpy()[0] for row in rows])
    return np.stack(gradients, axis=1)


@cache
def measured(name):
    """A case's model, which has been called (Keras' layers remember that), its data and its layer."""
    model, (x, y) = CASES[name].model(), CASES[name].data()
    model(x)
    return model, x, y, model.parts[1][0]


def snapshot(model):
    variables = [*model.variables, *model.optimizer.variables]
    variables += [state for part in model.layers for state in getattr(part, "states", None) or []]
    attributes = [sorted(vars(part)) for part in model._flatten_layers()]
    return [np.array(v.numpy()) for v in variables], attributes, model.get_config(), model.get_compile_config()


def equal(arrays, others):
    return all(np.array_equal(a, b) for a, b in zip(arrays, others, strict=True))


@pytest.mark.parametrize("name", CASES)
def test_gradients_equal_those_of_an_unrolled_copy_and_the_model_is_left_as_it_was(name):
    model, x, y, layer = measured(name)
    expected = reference(CASES[name], model, x, y)
    before = snapshot(model)
    found = measure.state_gradients(model, x, y, layer)
    norms = measure.gradient_norms(model, x, y, layer)
    after = snapshot(model)
    assert equal(before[0], after[0])
    assert before[1:] == after[1:]
    found = found if "both" in name else found[np.newaxis]
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=1e-6 * abs(expected).max(), rtol=1e-5)
    assert abs(expected).max() > 1e-3
    by_hand = np.linalg.norm(expected.reshape(*expected.shape[:3], -1), axis=-1).mean(axis=1)
    np.testing.assert_allclose(norms, by_hand if "both" in name else by_hand[0], rtol=1e-4, atol=1e-8)


UNSEEN = {
    zero: Case(lambda zero=zero: layers.RNN(ReadOutCell(H), zero_output_for_mask=zero), below=(embedding,), ids=True)
    for zero in (False, True)
}


@pytest.mark.parametrize(
    "case",
    [*(CASES[name] for name in WITH_MASKS), *UNSEEN.values()],
    ids=[*WITH_MASKS, "state unseen", "state unseen, zero"],
)
def test_a_watched_model_gives_the_same_outputs(case):
    model, (x, _) = case.model(), case.data()
    expected = case.model()(x)
    found = find_layers(model, model.parts[1][0])
    with watched(found, lambda delta: None, state=1 if case in UNSEEN.values() else "h") as records:
        np.testing.assert_allclose(model(x), expected, rtol=1e-6, atol=1e-7)
    assert [len(runs) for runs in records] == [1] * len(found)


@pytest.mark.parametrize("name", TRAINED)
def test_a_training_step_is_that_of_a_twin_nobody_looked_at(name):
    model, x, y, layer = measured(name)
    measure.gradient_norms(model, x, y, layer)
    twin = CASES[name].model()
    twin(x)
    losses = []
    for either in (model, twin):
        keras.utils.set_random_seed(5)
        losses.append(either.train_on_batch(x, y))
    assert losses[0] == losses[1]
    assert equal(snapshot(model)[0], snapshot(twin)[0])


def test_a_model_is_saved_after_it_was_looked_at(tmp_path):
    model, x, y, _ = measured("gru, every step")
    measure.gradient_norms(model, x, y)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again(x), model(x), rtol=1e-6)


def test_new_weights_and_a_new_loss_count_and_nothing_keeps_the_model():
    model, (x, y) = CASES["simple"].model(), CASES["simple"].data()
    first = measure.gradient_norms(model, x, y)
    model.layers[-1].kernel.assign(2 * model.layers[-1].kernel)
    assert not np.allclose(measure.gradient_norms(model, x, y, loss="mae"), first)
    by_name = measure.gradient_norms(model, x, y, loss="mae")
    model.compile("sgd", keras.losses.MeanAbsoluteError())
    np.testing.assert_array_equal(measure.gradient_norms(model, x, y), by_name)
    held = weakref.ref(model)
    del model
    keras.backend.clear_session()
    gc.collect()
    assert held() is None


def test_an_error_on_the_way_leaves_the_layer_as_it_was():
    model, (x, y) = CASES["lstm"].model(), CASES["lstm"].data()
    before = dict(vars(model.layers[0]))
    with pytest.raises(ValueError, match=r"loss must give values for each of the 2 examples, received shape \(\)"):
        measure.gradient_norms(model, x, y, loss=lambda y, outputs: keras.ops.mean(y - outputs))
    assert vars(model.layers[0]) == before


def scratch_gradients(model, cell_class, x, y, mask=None):
    """dL_b/d of every state of [recurrent layer, Dense(1)] with a squared error of the last step, by scratch."""
    *weights, kernel, bias = model.get_weights()
    cell = cell_class(x.shape[-1], H)
    cell.set_weights(weights[-3:])
    run = scratch.forward(cell, x, mask=mask)
    d_outputs = np.zeros_like(run.outputs)
    d_outputs[:, -1] = 2 * (run.outputs[:, -1] @ kernel + bias - y) @ kernel.T
    return scratch.backward(cell, run, d_outputs)


@pytest.mark.parametrize(
    ("layer", "cell"),
    [(layers.SimpleRNN, scratch.SimpleRNN), (layers.LSTM, scratch.LSTM), (layers.GRU, scratch.GRU)],
    ids=["simple", "lstm", "gru"],
)
def test_gradients_equal_those_of_scratch(layer, cell):
    case = Case(lambda: layer(H), below=(embedding,), ids=True)
    model, (ids, y) = case.model(), case.data()
    expected = scratch_gradients(model, cell, model.layers[0](ids).numpy(), y, mask=ids != 0)
    np.testing.assert_allclose(measure.state_gradients(model, ids, y), expected.states, atol=1e-5)
    if cell is scratch.LSTM:
        norms = np.linalg.norm(expected.inputs, axis=-1).mean(axis=0)
        np.testing.assert_allclose(measure.saliency(model, ids, y), norms, atol=1e-5)
        np.testing.assert_allclose(measure.state_gradients(model, ids, y, state="c"), expected.cells, atol=1e-5)


def test_a_gradient_of_float32_is_told_where_its_square_is_not():
    model = keras.Sequential([keras.Input((40, 1)), layers.SimpleRNN(2, use_bias=False), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.set_weights([np.ones((1, 2)), 0.1 * np.eye(2), np.ones((2, 1)), np.zeros(1)])
    norms = measure.gradient_norms(model, np.zeros((1, 40, 1)), np.ones((1, 1)))
    np.testing.assert_allclose(norms, 2 * np.sqrt(2) * 0.1 ** np.arange(39.0, -1, -1)[:40], rtol=1e-4, atol=1e-37)


def test_saliency_of_numbers_equals_central_differences():
    case = CASES["gru, every step"]
    model, (x, y) = case.model(), case.data()
    loss = keras.losses.SparseCategoricalCrossentropy(reduction=None)
    d = np.zeros(x.shape)
    for t in range(T):
        for k in range(D):
            step = np.zeros(x.shape, "float32")
            step[:, t, k] = 1e-2
            above, below = (loss(y, model(x + sign * step)).numpy().mean(axis=1) for sign in (1, -1))
            d[:, t, k] = (above - below) / 2e-2
    np.testing.assert_allclose(measure.saliency(model, x, y), np.linalg.norm(d, axis=-1).mean(axis=0), rtol=1e-2)


@pytest.fixture(scope="module")
def translator():
    """An encoder whose state is the decoder's first, with attention; inputs ids and numbers."""
    keras.utils.set_random_seed(0)
    source, target = keras.Input((T,), dtype="int32", name="source"), keras.Input((3, D), name="target")
    encoded, h, c = layers.LSTM(H, return_sequences=True, return_state=True, name="encoder")(embedding()(source))
    decoded = layers.LSTM(H, return_sequences=True, name="decoder")(target, initial_state=[h, c])
    seen = layers.MultiHeadAttention(2, 3, name="attention")(decoded, encoded)
    seen = layers.LayerNormalization(name="norm")(layers.add([seen, decoded]))
    model = keras.Model([source, target], layers.Dense(2, name="scores")(seen))
    model.compile("sgd", "mse")
    rng = np.random.default_rng(0)
    return model, [rng.integers(1, 6, (B, T)), rng.normal(size=(B, 3, D)).astype("float32")], rng.normal(size=(B, 3, 2))


def test_the_encoders_states_are_felt_through_the_decoder(translator):
    """The last state h_T is where all paths but attention's pass: half of what it feels comes from each."""
    model, (ids, target), y = translator
    layer = {part.name: part for part in model.layers}
    encoder, decoder, attention = layer["encoder"], layer["decoder"], layer["attention"]
    vectors = model.get_layer(index=1)(ids)
    with tf.GradientTape() as tape:
        states, hs = [tf.zeros((B, H)), tf.zeros((B, H))], []
        for t in range(T):
            _, (h, c) = encoder.cell(vectors[:, t], states)
            tape.watch(h)
            hs.append(h)
            states = [h, c]
        decoded = decoder(target, initial_state=states)
        seen = layer["norm"](attention(decoded, tf.stack(hs, axis=1)) + decoded)
        value = tf.reduce_sum(tf.reduce_mean((layer["scores"](seen) - y) ** 2, axis=(1, 2)))
    expected = np.stack([g.numpy() for g in tape.gradient(value, hs)], axis=1)
    np.testing.assert_allclose(measure.state_gradients(model, [ids, target], y, "encoder"), expected, atol=1e-6)


def test_attention_alone_needs_no_name_and_gives_the_gradient_of_its_output():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((T, D))
    seen, _ = layers.MultiHeadAttention(2, 3, name="attention")(inputs, inputs, return_attention_scores=True)
    model = keras.Model(inputs, layers.Dense(1, name="scores")(layers.Flatten()(seen)))
    model.compile("sgd", "mse")
    x, y = CASES["simple"].data()
    outputs, (kernel, _) = model(x).numpy(), model.get_layer("scores").get_weights()
    expected = (2 * (outputs - y) @ kernel.T).reshape(B, T, D)
    np.testing.assert_allclose(measure.state_gradients(model, x, y), expected, rtol=1e-5)
    np.testing.assert_allclose(measure.gradient_norms(model, x, y), measure.saliency(model, x, y, "attention"))


def test_one_direction_has_a_name_and_two_lstms_are_not_run_as_one_kernel(monkeypatch):
    monkeypatch.setattr(layers.Bidirectional, "_call_fused_lstm", lambda *_: pytest.fail("the layers were not called"))
    model, x, y, _ = measured("both ways")
    name = model.layers[0].backward_layer.name
    np.testing.assert_allclose(
        measure.gradient_norms(model, x, y, name), measure.gradient_norms(model, x, y)[1], rtol=1e-6
    )


def test_a_subclassed_model_will_do_and_is_built_where_it_is_not():
    model = Subclassed()
    model.compile("sgd", "mse")
    assert measure.gradient_norms(model, *CASES["simple"].data()).shape == (T,)


X, Y = np.zeros((B, T, D), "float32"), np.zeros((B, 1), "float32")


@pytest.mark.parametrize(
    ("case", "arguments", "message"),
    [
        (
            "another layer",
            {},
            r"must have one recurrent layer .*, received none: pass layer=, one of 'dense\w*', 'glob",
        ),
        ("below", {}, r"received several: 'simple_rnn\w*', 'lstm\w*': pass layer=, one of 'simple_rnn\w*', 'lstm"),
        ("simple", {"layer": "other"}, r"layer must be one of 'simple_rnn\w*', 'dense\w*', received 'other'"),
        (
            "simple",
            {"layer": layers.Dense(2, name="other")},
            "one of the model's own, received 'other' of another model",
        ),
        ("simple", {"layer": 1}, r"layer must give \(batch, time, …\), 'dense\w*' gives shape \(2, 1\)"),
        ("simple", {"model": None}, "model must be a Keras model or layer, received NoneType"),
        ("simple", {"x": X[:1]}, "x and y must have the same number of examples, received x with 1, y with 2"),
        ("simple", {"x": X[:, :0]}, r"x must be arrays \(batch, time, …\) with at least one .* shape \(2, 0, 3\)"),
        ("simple", {"x": [[1.0], [1.0, 2.0]]}, "x must be arrays of numbers .* all sequences of one length: pad them"),
        ("simple", {"x": tf.ragged.constant([[1.0], [2.0, 3.0]])}, "all sequences of one length: pad them"),
        ("simple", {"x": keras.KerasTensor((None, None, D))}, "x must be arrays of one batch, received a KerasTensor"),
        ("simple", {"loss": 3}, "interpret.*3"),
        ("simple", {"state": "c"}, r'state "c" is that of a keras.layers.LSTM, received layer \'simple_rnn'),
        ("lstm", {"state": 2}, r'state must be "h", "c" for an LSTM, or the number of a state, 0 … 1, received 2'),
        ("another layer", {"layer": 0, "state": 0}, r"for layer 'dense\w*', which has no states, received 0"),
    ],
)
def test_gradient_norms_refuses(case, arguments, message):
    arguments = {"model": CASES[case].model(), "x": X, "y": Y} | arguments
    if isinstance(arguments.get("layer"), int):
        arguments["layer"] = arguments["model"].layers[arguments["layer"]]
    with pytest.raises(ValueError, match=message):
        measure.gradient_norms(**arguments)


def test_other_models_that_are_refused(translator):
    model = keras.Sequential([keras.Input((None, D)), layers.SimpleRNN(H, name="own"), layers.Dense(1)])
    with pytest.raises(ValueError, match="no compiled loss: compile it with one, or pass loss="):
        measure.gradient_norms(model, X, Y)
    shared = keras.Sequential([keras.Input((None, H)), layers.SimpleRNN(H, return_sequences=True)])
    inputs = keras.Input((None, H))
    twice = keras.Model(inputs, shared(shared(inputs)))
    with pytest.raises(ValueError, match="must run once when the model is called, it runs 2 times"):
        measure.gradient_norms(twice, np.zeros((B, T, H)), np.zeros((B, T, H)), loss="mse")
    two = keras.Model(inputs, [layers.GRU(H, name="first")(inputs), layers.Dense(2)(inputs)])
    two.compile("sgd", ["mse", "mse"])
    with pytest.raises(ValueError, match="the model is compiled with 2 losses: pass loss="):
        measure.gradient_norms(two, np.zeros((B, T, H)), Y)
    norms = measure.gradient_norms(two, np.zeros((B, T, H)), Y, loss=lambda y, outputs: (y - outputs[0]) ** 2)
    assert norms.shape == (T,)
    case = CASES["cell"]
    read_out = Case(lambda: layers.RNN(ReadOutCell(H))).model()
    with pytest.raises(ValueError, match="has a cell whose output is none of its states"):
        measure.gradient_norms(read_out, *case.data())
    assert measure.gradient_norms(read_out, *case.data(), state=1)[-1] == 0  # no later step reads the last state
    model, x, y = translator
    with pytest.raises(ValueError, match="x must be one array: for several inputs pass layer="):
        measure.saliency(model, x, y)
    with pytest.raises(ValueError, match="one Embedding for whole-number inputs, received none: pass layer=, or x as"):
        measure.saliency(CASES["simple"].model(), X.astype(int), Y)
    with pytest.raises(ValueError, match=r"x must have shape \(batch, time, features\), or be whole-number ids"):
        measure.saliency(CASES["embedding"].model(), X[..., 0], Y)
