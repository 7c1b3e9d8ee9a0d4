"""The layers that are a linear recurrence: both modes, pieces, masks, and what they take part in."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnncourse import measure, models

B, T, D, H = 3, 6, 4, 5
LAYERS = {
    "MinGRU": lambda **o: models.MinGRU(H, **o),
    "MinGRU signed": lambda **o: models.MinGRU(H, signed=True, **o),
    "MinLSTM": lambda **o: models.MinLSTM(H, **o),
    "MinLSTM signed": lambda **o: models.MinLSTM(H, signed=True, **o),
    "LRU": lambda **o: models.LRU(H, activation="gelu", **o),
}
CELLS = ["mingru", "minlstm", "ssm"]
MASK = np.array([[1, 1, 1, 1, 1, 1], [0, 0, 1, 0, 1, 0], [0, 0, 0, 0, 0, 0]], bool)
every_layer = pytest.mark.parametrize("name", LAYERS)


def built(name, seed=0, **options):
    """A layer with random, distinct weights."""
    layer = LAYERS[name](**options)
    layer.build((B if options.get("stateful") else None, None, D))
    rng = np.random.default_rng(seed)
    layer.set_weights([0.7 * rng.normal(size=weight.shape) for weight in layer.get_weights()])
    return layer


def inputs(seed=1):
    return np.random.default_rng(seed).normal(size=(B, T, D)).astype(np.float32)


def states_of(layer, seed=2):
    rng = np.random.default_rng(seed)
    return [tf.constant(rng.normal(size=(B, H)), tf.float32) for _ in layer.state_size]


@every_layer
@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "masked"])
@pytest.mark.parametrize(
    "options",
    [{}, {"go_backwards": True}, {"zero_output_for_mask": True}, {"return_sequences": False}],
    ids=["forward", "backwards", "zeros", "last"],
)
def test_both_modes_give_the_same_values_and_gradients(name, mask, options):
    def run(mode):
        layer = built(name, **{"return_sequences": True, "return_state": True, "mode": mode, **options})
        x, start = tf.constant(inputs()), states_of(layer)
        with tf.GradientTape() as tape:
            tape.watch([x, *start])
            found = layer(x, initial_state=start, mask=None if mask is None else tf.constant(mask))
            loss = tf.add_n([tf.reduce_sum(tf.sin((k + 1) * value)) for k, value in enumerate(found)])
        return found, tape.gradient(loss, [x, *start, *layer.trainable_weights])

    for found, expected in zip(run("parallel"), run("sequential"), strict=True):
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


@every_layer
def test_steps_of_a_stream_are_the_whole_sequence(name):
    layer, x = built(name, return_sequences=True), inputs()
    states, outputs = layer.get_initial_state(batch_size=B), []
    for t in range(T):
        output, states = layer.step(x[:, t], states)
        outputs.append(output)
    np.testing.assert_allclose(np.stack(outputs, axis=1), layer(x), atol=1e-5)


@every_layer
def test_pieces_of_a_stateful_layer_are_the_whole_sequence(name):
    layer = built(name, return_sequences=True, stateful=True)
    x, whole = inputs(), built(name, return_sequences=True)(inputs())
    pieces = [layer(x[:, part]) for part in (slice(0, 1), slice(1, 4), slice(4, T))]
    np.testing.assert_allclose(np.concatenate(pieces, axis=1), whole, atol=1e-5)
    layer.reset_state()
    np.testing.assert_allclose(layer(x[:, :2]), whole[:, :2], atol=1e-5)


@every_layer
def test_both_directions_read_the_sequence(name):
    both = keras.layers.Bidirectional(LAYERS[name](return_sequences=True))
    both.build((None, None, D))
    backward = np.flip(both.backward_layer(inputs()), axis=1)
    expected = np.concatenate([both.forward_layer(inputs()), backward], axis=-1)
    assert both.backward_layer.go_backwards
    np.testing.assert_allclose(both(inputs()), expected, atol=1e-6)


@every_layer
def test_it_is_trained_by_fit_on_batches_of_any_length(name):
    x = keras.Input((None, D))
    model = keras.Model(x, keras.layers.Dense(1)(LAYERS[name]()(x)))
    model.compile(keras.optimizers.Adam(0.01), "mse")
    rng = np.random.default_rng(0)
    for steps in (5, 8, 5):
        batch = rng.normal(size=(8, steps, D)).astype(np.float32)
        model.fit(batch, batch.sum(axis=(1, 2)), epochs=3, batch_size=3, verbose=0)
    assert np.isfinite(model.predict(inputs(), verbose=0)).all()


@every_layer
def test_xla_compiles_a_whole_training_step(name):
    x = keras.Input((T, D))
    model = keras.Model(x, LAYERS[name](return_sequences=True)(x))
    model.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=True)
    first = model.train_on_batch(inputs(), np.zeros((B, T, H)))
    assert model.train_on_batch(inputs(), np.zeros((B, T, H))) < first


@pytest.mark.parametrize("cell", CELLS)
def test_builders_know_the_cell_and_masks(cell):
    model = models.many_to_one(vocab_size=9, outputs=2, cell=cell, units=H, depth=2, bidirectional=True)
    ids = np.array([[3, 1, 4, 1, 5]])
    np.testing.assert_allclose(model(ids), model(np.pad(ids, ((0, 0), (0, 3)))), atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_a_stateful_model_carries_its_states(cell):
    model = models.many_to_many(
        features=D, outputs=2, cell=cell, units=H, depth=2, stateful=True, batch_size=B, mask_zero=False
    )
    halves = [model(inputs()[:, :2]), model(inputs()[:, 2:])]
    for layer in model.layers:
        if isinstance(layer, keras.layers.RNN):
            layer.reset_state()
    np.testing.assert_allclose(np.concatenate(halves, axis=1), model(inputs()), atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_a_model_writes_what_its_scores_say(cell):
    model = models.many_to_many(vocab_size=7, outputs=7, cell=cell, units=H, mask_zero=False)
    written = list(models.sample(model, [1, 2], 6, temperature=0))
    ids = [1, 2]
    for token in written:
        assert token == int(np.argmax(model(np.array([ids]))[0, -1]))
        ids.append(token)


@pytest.mark.parametrize("cell", CELLS)
def test_a_state_can_start_from_a_condition(cell):
    model = models.one_to_many(features=D, vocab_size=7, steps=T, cell=cell, units=H)
    assert model([inputs()[:, 0], np.ones((B, T), int)]).shape == (B, T, 7)


@pytest.mark.parametrize(("cell", "state"), [("mingru", "h"), ("minlstm", "h"), ("ssm", 0)])
def test_gradients_of_its_states_are_those_of_the_scan(cell, state):
    """A linear recurrence: dL/dh_t is what flows straight into h_t, plus a_{t+1} times dL/dh_{t+1}."""
    model = models.many_to_one(features=D, outputs=1, cell=cell, units=H)
    x, y = inputs(), np.ones((B, 1), np.float32)
    norms = measure.gradient_norms(model, x, y, loss="mse", state=state)
    assert norms.shape == (T,)
    if cell == "ssm":
        return
    layer = next(layer for layer in model.layers if isinstance(layer, keras.layers.RNN))
    decay, _ = (np.array(term) for term in layer.cell.terms(x))
    gradient = 2 * (np.array(model(x)) - y) @ model.get_weights()[-2].T  # (B, H), of the last state
    expected = []
    for t in reversed(range(T)):
        expected.append(np.linalg.norm(gradient, axis=-1).mean())
        gradient = gradient * decay[:, t]
    np.testing.assert_allclose(norms, expected[::-1], rtol=1e-4)


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="mode must be one of 'parallel', 'sequential', received 'both'"):
        models.MinGRU(H, mode="both")


@every_layer
def test_it_is_trained_inside_a_compiled_loop(name):
    x, y = inputs(), np.ones((B, T, 1), np.float32)
    model = keras.Sequential([keras.Input((T, D)), LAYERS[name](return_sequences=True), keras.layers.Dense(1)])
    run = measure.train_replicas([model], x, y, seeds=[0], loss="mse", optimizer="adam", updates=5, batch_size=B)
    assert run.losses[0, -1] < run.losses[0, 0]
