"""The Linear Recurrent Unit against its equations in complex NumPy."""

import keras
import numpy as np
import pytest

from rnncourse import models

B, T, D, H = 3, 6, 4, 5


def with_random_weights(layer, seed=0):
    layer.build((None, None, D))
    rng = np.random.default_rng(seed)
    layer.set_weights([0.7 * rng.normal(size=weight.shape) for weight in layer.get_weights()])
    return {weight.name: weight.numpy() for weight in layer.weights}


@pytest.mark.parametrize("mode", ["parallel", "sequential"])
def test_it_is_its_equations(mode):
    layer = models.LRU(H, activation="tanh", mode=mode, return_sequences=True, return_state=True, dtype="float64")
    w = with_random_weights(layer)
    x = np.random.default_rng(1).normal(size=(B, T, D))
    eigenvalues = np.exp(-np.exp(w["decay_log"]) + 1j * np.exp(w["phase_log"]))
    into, out = w["kernel"][:, :H] + 1j * w["kernel"][:, H:], w["output_kernel"][:H] - 1j * w["output_kernel"][H:]
    h, expected = np.zeros((B, H), complex), []
    for t in range(T):
        h = eigenvalues * h + np.exp(w["gain_log"]) * (x[:, t] @ into)
        expected.append(np.tanh((h @ out).real + x[:, t] @ w["skip_kernel"]))
    outputs, re, im = layer(x)
    np.testing.assert_allclose(outputs, np.stack(expected, axis=1), atol=1e-12)
    np.testing.assert_allclose(re, h.real, atol=1e-12)
    np.testing.assert_allclose(im, h.imag, atol=1e-12)
    np.testing.assert_allclose(layer.cell.eigenvalues(), eigenvalues, atol=1e-12)


def test_eigenvalues_begin_within_the_ring():
    layer = models.LRU(500, min_radius=0.6, max_radius=0.8, max_phase=1.0)
    layer.build((None, None, D))
    eigenvalues = np.array(layer.cell.eigenvalues())
    radius, phase = np.abs(eigenvalues), np.angle(eigenvalues)
    assert ((radius > 0.599) & (radius < 0.801)).all()
    assert np.mean(radius**2) == pytest.approx((0.6**2 + 0.8**2) / 2, rel=0.02)  # even over the area
    assert ((phase > 0) & (phase < 1)).all()
    assert phase.mean() == pytest.approx(0.5, abs=0.06)


def test_the_state_begins_with_the_scale_of_the_input():
    keras.utils.set_random_seed(0)
    layer = models.LRU(200, return_state=True)
    x = np.random.default_rng(0).normal(size=(4, 3000, 30)).astype(np.float32)
    _, re, im = layer(x)
    power = np.mean(np.square(re) + np.square(im))
    assert power == pytest.approx(2.0, rel=0.15)  # B's real and its imaginary part give 1 each


def test_activations_and_radii_are_saved():
    layer = models.LRU(H, min_radius=0.1, max_radius=0.5, max_phase=2.0, activation="gelu", mode="sequential")
    again = models.LRU.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert again.cell.activation is keras.activations.gelu


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"units": 0}, "units must be a whole number from 1 up, received 0"),
        ({"units": H, "max_radius": 1.0}, "must be 0 ≤ min < max < 1, received 0.9 and 1.0"),
        ({"units": H, "min_radius": 0.5, "max_radius": 0.4}, "received 0.5 and 0.4"),
        ({"units": H, "max_phase": 0.0}, "max_phase must lie above 0 and be at most 2π, received 0.0"),
    ],
)
def test_arguments_are_checked(options, message):
    with pytest.raises(ValueError, match=message):
        models.LRU(**options)
