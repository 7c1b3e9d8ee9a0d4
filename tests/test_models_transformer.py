"""The Transformer block beside its parts in Keras; Transformers from the builders, sampled from and looked into."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnncourse import measure, models
from rnncourse.models import stepping

B, T, D, V = 3, 6, 8, 9
X = np.random.default_rng(0).normal(size=(B, T, D)).astype(np.float32)
MASK = np.arange(T) < np.array([[6], [3], [4]])


def shaken(layer, seed=1, scale=0.5):
    """Random, distinct weights."""
    rng = np.random.default_rng(seed)
    layer.set_weights([scale * rng.normal(size=w.shape) for w in layer.get_weights()])
    return layer


def talkative(model):
    """Large kernels and small biases, so that the likeliest id changes from step to step."""
    rng = np.random.default_rng(5)
    model.set_weights(
        [
            rng.normal(size=w.shape) + ("gamma" in w.name) if w.ndim > 1 or "gamma" in w.name else np.zeros(w.shape)
            for w in model.weights
        ]
    )
    return model


def block(**options):
    layer = models.TransformerBlock(2, **options)
    layer.build((None, None, D))
    return shaken(layer)


@pytest.mark.parametrize("causal", [False, True])
def test_it_is_its_parts_in_keras(causal):
    layer = block(hidden=12, causal=causal, activation="gelu")
    x = keras.Input((None, D))
    attention = keras.layers.MultiHeadAttention(2, D // 2)
    norms = [keras.layers.LayerNormalization(epsilon=1e-5) for _ in range(2)]
    normed = norms[0](x)
    stream = x + attention(normed, normed, use_causal_mask=causal)
    hidden, back = keras.layers.Dense(12, activation="gelu"), keras.layers.Dense(D)
    twin = keras.Model(x, stream + back(hidden(norms[1](stream))))
    weights = iter(layer.get_weights())
    for part in (norms[0], attention, norms[1], hidden, back):
        part.set_weights([next(weights) for _ in part.weights])
    np.testing.assert_allclose(layer(X), twin(X), atol=1e-5)
    assert next(weights, None) is None


def test_dropout_is_of_what_is_added():
    layer = block(dropout=0.5)
    np.testing.assert_array_equal(layer(X), block()(X))
    keras.utils.set_random_seed(0)
    assert np.abs(layer(X, training=True) - layer(X, training=True)).max() > 0.1
    for part in (layer.attention, layer.back):  # nothing is added at all
        part.set_weights([np.zeros_like(w) for w in part.get_weights()])
    np.testing.assert_array_equal(layer(X, training=True), X)


@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "padded"])
def test_in_pieces_it_is_as_whole(mask):
    layer = block(causal=True, rotary=True)
    cache, found = layer.initial_cache(B, T), []
    for piece in (slice(0, 2), slice(2, 5), slice(5, 6)):
        outputs, cache = layer(X[:, piece], mask=None if mask is None else mask[:, piece], cache=cache)
        found.append(outputs)
    np.testing.assert_allclose(np.concatenate(found, axis=1), layer(X, mask=mask), atol=1e-5)
    output, _ = layer.step(X[:, 0], layer.initial_cache(B, T))
    np.testing.assert_allclose(output, layer(X)[:, 0], atol=1e-5)


def language_model(above=None, *, mask=False):
    """From ids to scores."""
    if above is None:
        options = {"vocab_size": V, "outputs": V, "cell": "transformer", "units": D, "depth": 2, "embedding_dim": 5}
        return talkative(models.many_to_many(**options, mask_zero=mask))
    below = [keras.Input((None,), dtype="int32"), keras.layers.Embedding(V, D, mask_zero=mask)]
    return talkative(keras.Sequential([*below, *above, keras.layers.Dense(V)]))


MODELS = {
    "many_to_many": None,
    "sinusoidal": lambda: [models.SinusoidalPositions(), models.TransformerBlock(2, causal=True)],
    "learned": lambda: [models.LearnedPositions(12), models.TransformerBlock(2, causal=True)],
    "attention alone": lambda: [models.MultiHeadSelfAttention(2, causal=True)],
    "with a recurrent layer": lambda: [
        keras.layers.GRU(D, return_sequences=True),
        models.TransformerBlock(2, causal=True, dropout=0.5),
    ],
}


@pytest.mark.parametrize(("name", "mask"), [*((name, False) for name in MODELS), ("many_to_many", True)])
def test_sampling_gives_what_the_whole_context_gives(name, mask):
    model = language_model(MODELS[name]() if MODELS[name] else None, mask=mask)
    prompts = [[3, 1, 2], [4, 4, 0, 7, 6]]
    expected = []
    for prompt in prompts:
        ids = list(prompt)
        for _ in range(6):
            ids.append(int(model(np.array([ids])).numpy()[0, -1].argmax()))
        expected.append(ids[-6:])
    assert models.sample(model, prompts, 6, temperature=0).tolist() == expected
    assert len({id for ids in expected for id in ids}) > 1


def test_scores_step_by_step_are_those_of_the_whole():
    model = language_model()
    ids = np.random.default_rng(0).integers(0, V, (B, 20)).astype(np.int32)
    states, scores = stepping.initial_states(model, tf.constant(ids[:, 0]), steps=20), []
    run = tf.function(lambda ids, states: stepping.step(model, ids, states))
    for t in range(20):
        score, states = run(tf.constant(ids[:, t]), states)
        scores.append(score)
    np.testing.assert_allclose(np.stack(scores, axis=1), model(ids), atol=2e-5)
    assert "call" not in vars(model.get_layer("transformer_1").attention)


def test_what_cannot_be_sampled_from_says_so():
    with pytest.raises(ValueError, match=r"must be causal to read step by step, but it looks at later steps too"):
        models.sample(language_model([models.TransformerBlock(2)]), [1], 3)
    model = language_model([models.LearnedPositions(12), models.TransformerBlock(2, causal=True)])
    assert models.sample(model, [1, 2, 3], 10, temperature=0).shape == (10,)  # 12 are read
    with pytest.raises(ValueError, match="at most max_steps=12 steps, received 13"):
        models.sample(model, [1, 2, 3], 11)


def test_heads_leave_each_an_even_number_of_units():
    for units, heads in [(2, 1), (4, 2), (5, 1), (6, 3), (8, 4), (10, 1), (12, 3), (64, 4)]:
        model = models.many_to_one(vocab_size=V, outputs=2, cell="transformer", units=units)
        assert model.get_layer("transformer_1").attention.heads == heads
    with pytest.raises(ValueError, match=r"units must be at least 2 for a Transformer, .* received 1"):
        models.many_to_one(vocab_size=V, outputs=2, cell="transformer", units=1)
    with pytest.raises(ValueError, match="since stateful needs a state, received 'transformer'"):
        models.many_to_many(vocab_size=V, outputs=2, cell="transformer", units=4, stateful=True, batch_size=2)


def test_builders_name_the_parts_and_drop_within_blocks():
    options = {"outputs": 2, "cell": "transformer", "units": D, "depth": 2, "dropout": 0.25}
    names = [layer.name for layer in models.many_to_one(features=3, **options, pooling="mean").layers]
    assert names == [
        "features", "projection", "transformer_1", "transformer_2", "last_norm", "pool_mean", "read_out"
    ]  # fmt: skip
    model = models.many_to_many(vocab_size=V, **options)
    assert [layer.name for layer in model.layers][1:4] == ["embedding", "embedding_dropout", "transformer_1"]
    assert model.get_layer("transformer_2").dropout == 0.25


@pytest.mark.parametrize("state", ["h", "c"])
def test_the_microscope_sees_the_stream(state):
    rng = np.random.default_rng(0)
    model = shaken(models.many_to_one(features=D, outputs=2, cell="transformer", units=D, depth=2), scale=0.3)
    model.compile(loss="mse")
    y = rng.normal(size=(B, 2)).astype(np.float32)
    first, second = (model.get_layer(f"transformer_{k}") for k in (1, 2))
    if state == "c":
        with pytest.raises(ValueError, match=r'state "c" is that of a keras\.layers\.LSTM'):
            measure.gradient_norms(model, X, y, layer=first, state="c")
        return
    with tf.GradientTape() as tape:
        h = first(tf.constant(X))
        tape.watch(h)
        top = model.get_layer("read_out")(model.get_layer("last_norm")(second(h))[:, -1])
        losses = tf.reduce_sum(tf.reduce_mean((top - y) ** 2, axis=1))
    expected = np.linalg.norm(tape.gradient(losses, h), axis=-1).mean(axis=0)
    np.testing.assert_allclose(measure.gradient_norms(model, X, y, layer="transformer_1"), expected, rtol=1e-4)
    last = measure.gradient_norms(model, X, y, layer=second)
    assert (last[:-1] == 0).all() and last[-1] > 0
    with pytest.raises(ValueError, match="pass layer=, one of 'transformer_1', 'transformer_2'"):
        measure.gradient_norms(model, X, y)


def test_one_block_needs_no_name():
    model = shaken(models.many_to_one(features=D, outputs=2, cell="transformer", units=D, pooling="mean"), scale=0.3)
    model.compile(loss="mse")
    y = np.zeros((B, 2), np.float32)
    np.testing.assert_array_equal(
        measure.gradient_norms(model, X, y), measure.gradient_norms(model, X, y, layer="transformer_1")
    )


def test_wrong_arguments_say_so():
    with pytest.raises(ValueError, match="hidden must be a whole number from 1 up, received 0"):
        models.TransformerBlock(2, hidden=0)
    with pytest.raises(ValueError, match=r"0 ≤ dropout < 1, received 1\.0"):
        models.TransformerBlock(2, dropout=1.0)
    with pytest.raises(ValueError, match="heads must be a whole number from 1 up, received 0"):
        models.TransformerBlock(0)
