"""Attention and pooling against the formulas written out in NumPy, one score at a time; masks; saving."""

import keras
import numpy as np
import pytest

from rnncourse import models

B, Q, T, DQ, DV, UNITS = 2, 3, 4, 5, 6, 7
RNG = np.random.default_rng(0)
QUERY, VALUE = RNG.normal(size=(B, Q, DQ)).astype(np.float32), RNG.normal(size=(B, T, DV)).astype(np.float32)
MASK = np.array([[True, True, False, True], [False, True, True, False]])

LAYERS = {
    "bahdanau": lambda: models.BahdanauAttention(UNITS),
    "luong": lambda: models.LuongAttention(),
    "dot": lambda: models.LuongAttention("dot"),
    "pooling": lambda: models.AttentionPooling(UNITS),
    "last": models.LastStep,
    "mean": models.MaskedMean,
    "max": models.MaskedMax,
}
TWO = ("bahdanau", "luong", "dot")
POOLING = ("pooling", "last", "mean", "max")


def built(name, seed=1):
    """The layer with random weights, its call with a mask, and its weights by name."""
    layer, rng = LAYERS[name](), np.random.default_rng(seed)
    query = VALUE[:, :Q] if name == "dot" else QUERY
    call = (
        (lambda values, mask=None, **o: layer(query, values, value_mask=mask, **o))
        if name in TWO
        else (lambda values, mask=None, **o: layer(values, mask=mask, **o))
    )
    call(VALUE)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.get_weights()])
    return layer, call, {w.name: w.numpy() for w in layer.weights}


def score(name, w, query, value):
    if name == "bahdanau":
        return w["score_kernel"] @ np.tanh(query @ w["query_kernel"] + value @ w["value_kernel"])
    return query @ value if name == "dot" else query @ w["kernel"] @ value


def softmax(scores, counts):
    likely = [np.exp(s - max(scores)) if counts[k] else 0.0 for k, s in enumerate(scores)]
    return [p / sum(likely) for p in likely]


@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "masked"])
@pytest.mark.parametrize("name", TWO)
def test_attention_is_the_formula(name, mask):
    _, call, w = built(name)
    context, weights = call(VALUE, mask, return_scores=True)
    assert tuple(context.shape) == (B, Q, DV) and tuple(weights.shape) == (B, Q, T)
    for b in range(B):
        for i in range(Q):
            query = VALUE[b, i] if name == "dot" else QUERY[b, i]
            scores = [score(name, w, query, VALUE[b, k]) for k in range(T)]
            expected = softmax(scores, MASK[b] if mask is not None else [True] * T)
            np.testing.assert_allclose(weights[b, i], expected, atol=1e-5)
            np.testing.assert_allclose(
                context[b, i], sum(a * h for a, h in zip(expected, VALUE[b], strict=True)), atol=1e-5
            )
    np.testing.assert_array_equal(call(VALUE, mask), context)


@pytest.mark.parametrize("name", POOLING)
def test_pooling_is_the_formula(name):
    _, call, w = built(name)
    for b, (h, counts) in enumerate(zip(VALUE, MASK, strict=True)):
        if name == "pooling":
            scores = [w["score_kernel"] @ np.tanh(h[t] @ w["kernel"] + w["bias"]) for t in range(T)]
            expected = sum(a * row for a, row in zip(softmax(scores, counts), h, strict=True))
        else:
            kept = h[counts]
            expected = {"last": kept[-1], "mean": kept.mean(axis=0), "max": kept.max(axis=0)}[name]
        np.testing.assert_allclose(call(VALUE, MASK)[b], expected, atol=1e-5)


def test_pooling_weights_are_those_of_the_mean():
    _, call, _ = built("pooling")
    pooled, weights = call(VALUE, MASK, return_scores=True)
    np.testing.assert_allclose(np.einsum("bt,btd->bd", weights, VALUE), pooled, atol=1e-5)


@pytest.mark.parametrize("name", LAYERS)
def test_masked_values_have_no_part_at_all(name):
    _, call, _ = built(name)
    other = np.where(MASK[..., None], VALUE, 1e4)
    np.testing.assert_array_equal(call(other, MASK), call(VALUE, MASK))
    if name in (*TWO, "pooling"):
        weights = np.asarray(call(VALUE, MASK, return_scores=True)[1])
        masked = np.broadcast_to(~MASK if weights.ndim == 2 else ~MASK[:, None], weights.shape)
        assert (weights[masked] == 0).all() and (weights[~masked] > 0).all()
        np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_where_everything_is_masked_the_result_is_zero_and_so_is_its_gradient(name):
    import tensorflow as tf

    _, call, _ = built(name)
    value = tf.constant(VALUE)
    with tf.GradientTape() as tape:
        tape.watch(value)
        result = call(value, np.array([[False] * T, [True] * T]))
    assert (np.asarray(result)[0] == 0).all() and np.abs(result[1]).min() > 0
    gradient = tf.convert_to_tensor(tape.gradient(result, value)).numpy()
    assert (gradient[0] == 0).all() and np.isfinite(gradient).all() and np.abs(gradient[1]).max() > 0


@pytest.mark.parametrize("name", LAYERS)
def test_very_large_scores_stay_finite(name):
    _, call, _ = built(name)
    assert np.isfinite(np.asarray(call(100 * VALUE, MASK))).all()


@pytest.mark.parametrize("name", LAYERS)
def test_masks_come_with_the_inputs_and_go_on_or_end(name):
    ids = keras.Input((None,), dtype="int32")
    values = keras.layers.Embedding(9, DV, mask_zero=True)(ids)
    queries = keras.layers.Embedding(9, DV, mask_zero=True)(ids)
    layer = LAYERS[name]()
    outputs = layer(queries, values) if name in TWO else layer(values)
    model = keras.Model(ids, outputs)
    short, long = np.array([[3, 4, 5]]), np.array([[3, 4, 5, 0, 0]])
    outputs = model(long)
    np.testing.assert_allclose(outputs[:, :3] if name in TWO else outputs, model(short), atol=1e-6)
    mask = getattr(outputs, "_keras_mask", None)
    assert mask is None if name in POOLING else np.array_equal(mask, long != 0)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_made_again_from_its_configuration_and_file(name, tmp_path):
    layer, _, _ = built(name)
    twin = type(layer).from_config(layer.get_config())
    assert twin.get_config() == layer.get_config() and twin.name == layer.name
    shapes = [(None, DV), (None, DV)] if name in TWO else [(None, DV)]
    inputs = [keras.Input(shape) for shape in shapes]
    model = keras.Model(inputs, twin(*inputs))
    model.save(tmp_path / "layer.keras")
    arrays = [VALUE[:, :Q], VALUE] if name in TWO else [VALUE]
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "layer.keras")(arrays), model(arrays))


@pytest.mark.parametrize("dtype", ["float64", "float16", "mixed_bfloat16"])
@pytest.mark.parametrize("name", LAYERS)
def test_other_types_of_numbers(name, dtype):
    layer = type(LAYERS[name]()).from_config({**LAYERS[name]().get_config(), "dtype": dtype})
    query = VALUE[:, :Q] if name == "dot" else QUERY
    result = layer(query, VALUE, value_mask=MASK) if name in TWO else layer(VALUE, mask=MASK)
    assert keras.backend.standardize_dtype(result.dtype) == dtype.removeprefix("mixed_")
    assert np.isfinite(np.asarray(keras.ops.cast(result, "float32"))).all()


def test_wrong_arguments_say_so():
    with pytest.raises(ValueError, match="score must be 'general' or 'dot', received 'concat'"):
        models.LuongAttention("concat")
    with pytest.raises(ValueError, match="score 'dot' needs query and value of one length, received 5 and 6"):
        models.LuongAttention("dot")(QUERY, VALUE)
