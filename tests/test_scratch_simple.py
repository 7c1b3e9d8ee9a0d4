"""The simple recurrent cell by hand."""

import re

import numpy as np
import pytest

from rnncourse import scratch


def test_three_steps_by_hand():
    cell = scratch.SimpleRNN(1, 2)
    cell.set_weights([[[0.5, -1.0]], [[0.1, 0.2], [0.3, 0.4]], [0.0, 0.5]])
    h1 = np.tanh([0.5 * 1, -1.0 * 1 + 0.5])
    h2 = np.tanh([0.5 * 2 + 0.1 * h1[0] + 0.3 * h1[1], -1.0 * 2 + 0.5 + 0.2 * h1[0] + 0.4 * h1[1]])
    h3 = np.tanh([0.5 * -1 + 0.1 * h2[0] + 0.3 * h2[1], 1.0 + 0.5 + 0.2 * h2[0] + 0.4 * h2[1]])
    run = scratch.forward(cell, [[[1.0], [2.0], [-1.0]]])
    np.testing.assert_allclose(run.outputs[0], [h1, h2, h3], rtol=1e-15)


@pytest.mark.parametrize("gain", [0.0, 0.5, np.float32(1.5), 2])
def test_gain_is_the_singular_value_of_an_orthogonal_kernel(gain):
    cell = scratch.SimpleRNN(3, 6, gain=gain)
    np.testing.assert_allclose(np.linalg.svd(cell.recurrent_kernel, compute_uv=False), gain, rtol=1e-12)


def test_initializers():
    cell = scratch.SimpleRNN(3, 6, recurrent_initializer="identity", kernel_initializer="orthogonal")
    np.testing.assert_array_equal(cell.recurrent_kernel, np.eye(6))
    np.testing.assert_allclose(cell.kernel @ cell.kernel.T, np.eye(3), atol=1e-12)
    np.testing.assert_array_equal(cell.bias, np.zeros(6))
    drawn = scratch.SimpleRNN(3, 60, recurrent_initializer="glorot_uniform").recurrent_kernel
    assert 0.95 * np.sqrt(6 / 120) < abs(drawn).max() <= np.sqrt(6 / 120)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"activation": "sigmoid"}, "activation must be one of 'tanh', 'relu', 'linear', received 'sigmoid'"),
        ({"activation": np.tanh}, "activation must be one of"),
        ({"kernel_initializer": "identity"}, "kernel_initializer must be one of 'glorot_uniform', 'orthogonal', rec"),
        ({"recurrent_initializer": "he"}, "recurrent_initializer must be one of 'glorot_uniform', 'orthogonal', 'id"),
        ({"gain": -1}, "gain must be a finite number from 0 up, received -1"),
        ({"gain": float("nan")}, "gain must be a finite number from 0 up, received nan"),
        ({"gain": "1"}, "gain must be a finite number from 0 up, received '1'"),
    ],
)
def test_refuses(options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        scratch.SimpleRNN(3, 5, **options)
