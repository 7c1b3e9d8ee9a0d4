"""Positions against their formulas, one number at a time; padding that shifts nothing; piece by piece."""

import numpy as np
import pytest
import tensorflow as tf

from rnncourse import models
from rnncourse.models.positions import rotate
from rnncourse.models.streaming import Streaming

B, T = 2, 6
HOLES = np.array([[0, 0, 1, 1, 1, 1], [1, 1, 0, 1, 0, 1]], bool)
LAYERS = {"sinusoidal": models.SinusoidalPositions, "learned": lambda: models.LearnedPositions(8)}


def inputs(features, seed=0):
    return np.random.default_rng(seed).normal(size=(B, T, features)).astype(np.float32)


@pytest.mark.parametrize("features", [8, 5])
def test_sines_and_cosines_are_the_formula(features):
    x = inputs(features)
    added = np.asarray(models.SinusoidalPositions()(x)) - x
    size = features + features % 2
    for t in range(T):
        for k in range(features):
            angle = t / 10_000 ** (k // 2 * 2 / size)
            assert added[0, t, k] == pytest.approx(np.cos(angle) if k % 2 else np.sin(angle), abs=1e-6)
    np.testing.assert_allclose(added[1], added[0], atol=1e-6)


def test_learned_positions_are_rows_of_a_table():
    layer, x = models.LearnedPositions(8), inputs(5)
    layer.build(x.shape)
    table = np.random.default_rng(1).normal(size=(8, 5)).astype(np.float32)
    layer.set_weights([table])
    np.testing.assert_allclose(layer(x) - x, np.broadcast_to(table[:T], x.shape), atol=1e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_padding_is_not_counted(name):
    layer, x = LAYERS[name](), inputs(8)
    alone = [np.asarray(layer(x[b : b + 1, HOLES[b]]))[0] for b in range(B)]
    np.testing.assert_allclose(np.asarray(layer(x, mask=HOLES))[HOLES], np.concatenate(alone), atol=1e-6)


@pytest.mark.parametrize("mask", [None, HOLES], ids=["all", "holes"])
@pytest.mark.parametrize("name", LAYERS)
def test_in_pieces_they_are_as_whole(name, mask):
    layer, x = LAYERS[name](), inputs(8)
    expected, cache, found = layer(x, mask=mask), layer.initial_cache(B, T), []
    for piece in (slice(0, 3), slice(3, 4), slice(4, 6)):
        outputs, cache = layer(x[:, piece], mask=None if mask is None else mask[:, piece], cache=cache)
        found.append(outputs)
    np.testing.assert_allclose(np.concatenate(found, axis=1), expected, atol=1e-6)
    np.testing.assert_array_equal(cache["read"], [T, T] if mask is None else HOLES.sum(axis=1))
    output, _ = layer.step(x[:, 3], layer.initial_cache(B, T))
    np.testing.assert_allclose(output, np.asarray(layer(x[:, 3:4]))[:, 0], atol=1e-6)


@pytest.mark.parametrize("size", [6, 7])
def test_products_of_rotated_vectors_depend_on_the_distance_alone(size):
    rng = np.random.default_rng(2)
    query, key = (np.tile(rng.normal(size=(1, 1, 1, size)).astype(np.float32), (1, 1, 9, 1)) for _ in range(2))
    places = np.arange(9)[None]
    queries, keys = np.asarray(rotate(query, places))[0, 0], np.asarray(rotate(key, places))[0, 0]
    products = queries @ keys.T
    for distance in range(-8, 9):
        along = np.diagonal(products, distance)
        np.testing.assert_allclose(along, along[0], atol=1e-5)
    assert np.ptp(products[0]) > 0.1
    np.testing.assert_allclose(np.linalg.norm(queries, axis=1), np.linalg.norm(query[0, 0], axis=1), rtol=1e-6)


def test_beyond_what_was_learned():
    layer = models.LearnedPositions(4)
    with pytest.raises(ValueError, match="inputs must have at most max_steps=4 steps, received 6"):
        layer(inputs(3))
    with pytest.raises(ValueError, match="at most max_steps=4 steps, received 5"):
        layer.initial_cache(1, 5)
    run = tf.function(layer, input_signature=[tf.TensorSpec((None, None, 3))])  # T is not known when it is traced
    outputs = run(inputs(3)).numpy()
    assert np.isfinite(outputs[:, :4]).all() and np.isnan(outputs[:, 4:]).all()
    with pytest.raises(ValueError, match="max_steps must be a whole number from 1 up, received 0"):
        models.LearnedPositions(0)


def test_a_streaming_layer_says_what_its_cache_is():
    with pytest.raises(NotImplementedError):
        Streaming().initial_cache(1, 1)
