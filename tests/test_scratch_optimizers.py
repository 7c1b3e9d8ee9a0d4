"""Adam, Adagrad and clipping, step for step beside Keras and TensorFlow."""

import math

import numpy as np
import pytest

from rnncourse import scratch

SHAPES = [(3, 4), (4,), (2, 3, 2)]
OPTIMIZERS = [
    (scratch.Adam, "Adam", {}),
    (scratch.Adam, "Adam", {"learning_rate": 0.05, "beta_1": 0.7, "beta_2": 0.9, "epsilon": 1e-3}),
    (scratch.Adagrad, "Adagrad", {}),
    (scratch.Adagrad, "Adagrad", {"learning_rate": 0.3, "epsilon": 1e-2}),
]


def arrays(seed, dtype="float64"):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape).astype(dtype) for shape in SHAPES]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("ours", "name", "options"), OPTIMIZERS)
def test_thirty_updates_are_kerass(ours, name, options, dtype):
    keras = pytest.importorskip("keras")
    weights = arrays(0, dtype)
    variables = [keras.Variable(weight, dtype=dtype) for weight in weights]
    optimizer, theirs = ours(**options), getattr(keras.optimizers, name)(**options)
    for step in range(30):
        gradients = arrays(step + 1, dtype)
        optimizer.update(weights, gradients)
        theirs.apply_gradients([(keras.ops.convert_to_tensor(g), v) for g, v in zip(gradients, variables, strict=True)])
    for weight, variable in zip(weights, variables, strict=True):
        # Keras keeps η, β₁ and β₂ as float32 in a float64 model too.
        np.testing.assert_allclose(weight, variable.numpy(), rtol=1e-6, atol=1e-6)
        assert weight.dtype == dtype


def test_adagrad_may_start_from_zero_as_in_the_paper():
    keras = pytest.importorskip("keras")
    weights, gradients = arrays(0), arrays(1)
    variables = [keras.Variable(weight) for weight in weights]
    scratch.Adagrad(0.5, initial_accumulator=0.0).update(weights, gradients)
    theirs = keras.optimizers.Adagrad(0.5, initial_accumulator_value=0.0)
    theirs.apply_gradients([(keras.ops.convert_to_tensor(g), v) for g, v in zip(gradients, variables, strict=True)])
    for weight, variable in zip(weights, variables, strict=True):
        np.testing.assert_allclose(weight, variable.numpy(), atol=1e-6)


@pytest.mark.parametrize("optimizer", [scratch.Adam, scratch.Adagrad])
def test_update_works_in_place_and_leaves_gradients_alone(optimizer):
    weights, gradients = arrays(0), arrays(1)
    same, before = list(weights), [gradient.copy() for gradient in gradients]
    optimizer(0.1).update(weights, gradients)
    for weight, identical, start, gradient, old in zip(weights, same, arrays(0), gradients, before, strict=True):
        assert weight is identical and (np.sign(start - weight) == np.sign(gradient)).all()
        np.testing.assert_array_equal(gradient, old)


@pytest.mark.parametrize("optimizer", [scratch.Adam, scratch.Adagrad])
def test_update_refuses_what_does_not_fit(optimizer):
    with pytest.raises(ValueError, match=r"gradients must have the shapes of the weights, .* received \[\(3, 4\), \("):
        optimizer(0.1).update(arrays(0), arrays(1)[:2])
    used = optimizer(0.1)
    used.update(arrays(0), arrays(1))
    with pytest.raises(ValueError, match=r"weights must have the shapes of the first update, .* received \[\(3, 4\)\]"):
        used.update(arrays(0)[:1], arrays(1)[:1])


@pytest.mark.parametrize(
    ("optimizer", "options", "message"),
    [
        (scratch.Adam, {"learning_rate": 0}, "learning_rate must be a number above 0, received 0"),
        (scratch.Adagrad, {"learning_rate": -0.1}, "learning_rate must be a number above 0, received -0.1"),
        (scratch.Adam, {"learning_rate": math.nan}, "learning_rate must be a number above 0, received nan"),
        (scratch.Adam, {"learning_rate": "0.1"}, "learning_rate must be a number above 0, received '0.1'"),
        (scratch.Adam, {"beta_1": 1.0}, "beta_1 must be a number from 0 up and below 1, received 1.0"),
        (scratch.Adam, {"beta_2": -0.1}, "beta_2 must be a number from 0 up and below 1, received -0.1"),
        (scratch.Adam, {"epsilon": 0}, "epsilon must be a number above 0"),
        (scratch.Adagrad, {"epsilon": math.inf}, "epsilon must be a number above 0"),
        (scratch.Adagrad, {"initial_accumulator": -1}, "initial_accumulator must be a number from 0 up, received -1"),
    ],
)
def test_optimizers_refuse(optimizer, options, message):
    with pytest.raises(ValueError, match=message):
        optimizer(**options)


@pytest.mark.parametrize("max_norm", [0.5, 3.0, 100.0])
def test_clipping_is_tensorflows(max_norm):
    tf = pytest.importorskip("tensorflow")
    gradients = arrays(0)
    clipped, norm = scratch.clip_by_global_norm(gradients, max_norm)
    expected, expected_norm = tf.clip_by_global_norm([tf.constant(gradient) for gradient in gradients], max_norm)
    assert norm == pytest.approx(float(expected_norm), rel=1e-12)
    for ours, theirs in zip(clipped, expected, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-12)


def test_clipping_keeps_the_direction_and_its_argument():
    gradients = arrays(0, "float32")
    before = [gradient.copy() for gradient in gradients]
    clipped, norm = scratch.clip_by_global_norm(gradients, 0.25 * np.float64(1.0))
    for new, gradient, old in zip(clipped, gradients, before, strict=True):
        np.testing.assert_array_equal(gradient, old)
        np.testing.assert_allclose(new, old * (0.25 / norm), rtol=1e-6)
        assert new.dtype == np.float32 and not np.shares_memory(new, gradient)
    assert math.sqrt(sum(float((g.astype(float) ** 2).sum()) for g in clipped)) == pytest.approx(0.25)


def test_clipping_of_short_and_zero_gradients_changes_nothing():
    gradients = arrays(0)
    for new, old in zip(scratch.clip_by_global_norm(gradients, 1e6)[0], gradients, strict=True):
        np.testing.assert_array_equal(new, old)
    clipped, norm = scratch.clip_by_global_norm([np.zeros(3)], 1.0)
    assert norm == 0.0 and not clipped[0].any()


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_clipping_does_not_hide_a_gradient_that_is_not_finite(bad):
    clipped, norm = scratch.clip_by_global_norm([np.ones(2), np.array([1.0, bad])], 1.0)
    assert not math.isfinite(norm)
    assert all(np.isnan(gradient).all() for gradient in clipped)


@pytest.mark.parametrize("max_norm", [0, -1.0, math.nan, math.inf, None])
def test_clipping_refuses(max_norm):
    with pytest.raises(ValueError, match=f"max_norm must be a number above 0, received {max_norm}"):
        scratch.clip_by_global_norm([np.ones(2)], max_norm)
