"""Spectral radius and largest singular value of recurrent kernels."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import layers

from rnncourse import measure


def rotation(radius, angle=0.7):
    return radius * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def test_values_known_beforehand():
    assert measure.spectral_radius(rotation(0.9)) == pytest.approx(0.9, rel=1e-12)
    assert measure.largest_singular_value(rotation(0.9)) == pytest.approx(0.9, rel=1e-12)
    not_normal = np.array([[0.5, 3.0], [0.0, -0.8]])
    assert measure.spectral_radius(not_normal) == pytest.approx(0.8, rel=1e-12)
    by_power = np.sqrt(np.linalg.eigvalsh(not_normal.T @ not_normal)[-1])
    assert measure.largest_singular_value(not_normal) == pytest.approx(by_power, rel=1e-12)


@pytest.mark.parametrize("function", [measure.spectral_radius, measure.largest_singular_value])
def test_gates_one_by_one(function):
    radii = [0.5, 1.2, 0.9]
    kernel = np.concatenate([rotation(radius) for radius in radii], axis=1)
    np.testing.assert_allclose(function(kernel), radii)
    layer = layers.LSTM(4)
    layer.build((None, None, 2))
    found = function(layer.cell.recurrent_kernel)
    assert found.shape == (4,)
    np.testing.assert_allclose(found, function(keras.ops.convert_to_numpy(layer.cell.recurrent_kernel)))


@pytest.mark.parametrize("function", [measure.spectral_radius, measure.largest_singular_value])
@pytest.mark.parametrize("shape", [(3,), (3, 4), (4, 2), (0, 0), (2, 2, 2)])
def test_shapes_that_are_refused(function, shape):
    with pytest.raises(ValueError, match=r"kernel must have shape \(units, units\), or .*received shape \("):
        function(np.ones(shape))


def test_nan_is_refused():
    with pytest.raises(ValueError, match="kernel must hold finite numbers"):
        measure.spectral_radius([[np.nan]])


def test_importing_the_room_loads_no_tensorflow():
    code = (
        "import sys, rnncourse.measure as m; m.spectral_radius([[1.0]]); assert 'gradient_norms' in dir(m); "
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_other_name():
    with pytest.raises(AttributeError, match="has no attribute 'gradient_norm'"):
        _ = measure.gradient_norm
    assert all(getattr(measure, name) is not None for name in measure.__all__)
