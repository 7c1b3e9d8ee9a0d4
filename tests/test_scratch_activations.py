"""The nonlinearities and their slopes."""

import keras
import numpy as np
import pytest

from rnncourse.scratch.activations import ACTIVATIONS, sigmoid

A = np.random.default_rng(0).normal(scale=2, size=(4, 5))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values_are_keras(name):
    np.testing.assert_allclose(ACTIVATIONS[name].function(A), keras.activations.get(name)(A), rtol=1e-12)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slopes_are_central_differences(name):
    function, slope = ACTIVATIONS[name].function, ACTIVATIONS[name].slope
    numeric = (function(A + 1e-6) - function(A - 1e-6)) / 2e-6
    np.testing.assert_allclose(slope(function(A)), numeric, atol=1e-8)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_float_type_stays(name):
    h = ACTIVATIONS[name].function(A.astype(np.float32))
    assert h.dtype == ACTIVATIONS[name].slope(h).dtype == np.float32


def test_sigmoid_is_keras_and_exact_far_below_zero():
    np.testing.assert_allclose(sigmoid(A), keras.ops.sigmoid(A), rtol=1e-12)
    np.testing.assert_allclose(sigmoid(np.array([-40.0, -700.0])), np.exp([-40.0, -700.0]), rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sigmoid_reaches_its_limits_without_a_warning(dtype, recwarn):
    limits = sigmoid(np.array([-1e4, 1e4], dtype=dtype))
    assert limits.tolist() == [0, 1] and limits.dtype == dtype and not recwarn
