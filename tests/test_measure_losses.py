"""A loss for each example is what Keras computes for a batch of that example alone."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnncourse.measure.microscope.losses import find_loss, per_example

B, T, C = 3, 4, 5


def squared(y, outputs):  # a value for each number
    return (y - outputs) ** 2


def largest(y, outputs):  # a value for each step
    return keras.ops.max(keras.ops.abs(y - outputs), axis=-1)


def of_keras(loss):
    """What ``compile`` makes of a loss."""
    loss = keras.losses.get(loss)
    return loss if isinstance(loss, keras.losses.Loss) else keras.src.losses.losses.LossFunctionWrapper(loss)


@pytest.mark.parametrize("masked", [False, True], ids=["", "masked"])
@pytest.mark.parametrize(
    ("loss", "y_shape", "classes"),
    [
        ("mse", (B, T, C), None),
        (keras.losses.Huber(reduction="sum"), (B, T, C), None),
        (keras.losses.MeanAbsoluteError(reduction=None), (B, T, C), None),
        (largest, (B, T, C), None),
        ("sparse_categorical_crossentropy", (B, T), C),
        (keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=2), (B, T), C),
        (keras.losses.MeanSquaredError(reduction="mean_with_sample_weight"), (B, T, C), None),
    ],
)
def test_per_example_equals_a_batch_of_one(loss, y_shape, classes, masked):
    rng = np.random.default_rng(0)
    y = rng.integers(0, classes, y_shape) if classes else rng.normal(size=y_shape)
    outputs = tf.nn.softmax(tf.constant(rng.normal(size=(B, T, C)), "float32"))
    mask = tf.constant(np.array([[1, 1, 1, 1], [1, 1, 0, 0], [0, 1, 1, 1]], bool))
    expected = []
    for b in range(B):
        one = outputs[b : b + 1]
        if masked:
            one._keras_mask = mask[b : b + 1]
        expected.append(np.sum(of_keras(loss)(y[b : b + 1], one)))
    if masked:
        outputs._keras_mask = mask
    np.testing.assert_allclose(per_example(loss)(y, outputs), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("y_shape", "shape"), [((B,), (B, 1)), ((B, 1), (B,)), ((B, T), (B, T, 1)), ((B, T, 1), (B, T))]
)
@pytest.mark.parametrize("loss", ["mae", squared, keras.losses.LogCosh()], ids=["name", "function", "loss"])
def test_a_last_axis_of_one_is_made_up_for_as_in_keras(loss, y_shape, shape):
    rng = np.random.default_rng(0)
    y, outputs = rng.normal(size=y_shape), tf.constant(rng.normal(size=shape), "float32")
    expected = [of_keras(loss)(y[b : b + 1], outputs[b : b + 1]) for b in range(B)]
    np.testing.assert_allclose(per_example(loss)(y, outputs), expected, rtol=1e-5)


def test_float64_stays_float64():
    y, outputs = np.full((B, 1), 1 / 3), tf.zeros((B, 1), "float64")
    for loss in ("mse", keras.losses.MeanSquaredError()):
        np.testing.assert_allclose(per_example(loss)(y, outputs), np.full(B, 1 / 9), rtol=1e-15)


def test_a_batch_of_one_may_have_one_value():
    loss = per_example(lambda y, outputs: keras.ops.mean((y - outputs) ** 2))
    assert loss(np.zeros((1, 2)), tf.ones((1, 2))).shape == (1,)


def test_a_mask_of_steps_needs_values_of_steps():
    outputs = tf.zeros((B, T, 1))
    outputs._keras_mask = tf.ones((B, T), bool)
    with pytest.raises(
        ValueError, match=r"a value for each step.*mask \(3, 4\), received shape \(3,\): give y the rank"
    ):
        per_example("mse")(np.zeros((B, T)), outputs)


def test_find_loss():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    assert find_loss(model, "mae") == "mae"
    with pytest.raises(ValueError, match="model has no compiled loss"):
        find_loss(model, None)
    for loss in ("mse", ["mse"]):
        model.compile("sgd", loss)
        assert find_loss(model, None) == "mse"
    with pytest.raises(ValueError, match=r"interpret.*3"):
        per_example(3)
