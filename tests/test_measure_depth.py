"""Stacks at equal weights: the series they forecast, their sizes, and that a residual connection is what differs."""

import keras
import numpy as np
import pytest

from rnncourse.measure.experiments import depth


def test_the_series_follow_the_map_and_the_targets_lie_ahead():
    x, y = depth.henon(50, seed=3, steps=9, ahead=2)
    assert x.shape == y.shape == (50, 9, 1) and x.dtype == np.float32
    np.testing.assert_array_equal(y[:, :-2], x[:, 2:])
    values = x[..., 0].astype(float) * 0.721 + 0.257
    np.testing.assert_allclose(values[:, 2:], 1 - 1.4 * values[:, 1:-1] ** 2 + 0.3 * values[:, :-2], atol=1e-5)
    assert len(np.unique(x[:, 0])) == 50


def test_the_series_have_mean_0_and_variance_1_and_another_seed_gives_others():
    x, _ = depth.henon(2000, seed=0)
    assert abs(x.mean()) < 0.02 and abs(x.var() - 1) < 0.02
    assert not np.isin(depth.henon(5, seed=1)[0], x).any()


@pytest.mark.parametrize("name", ["examples", "steps", "ahead"])
def test_sizes_must_be_positive(name):
    with pytest.raises(ValueError, match=f"{name} must be a whole number .*, received 0"):
        depth.henon(**{"examples": 3, "seed": 0, name: 0})


def test_no_stack_has_more_weights_than_one_layer_nor_could_a_layer_be_wider():
    one = depth.stack(1, depth.UNITS[1], residual=False).count_params()
    assert one == 4385
    for layers, units in depth.UNITS.items():
        assert depth.stack(layers, units, residual=True).count_params() <= one
        assert layers == 1 or depth.stack(layers, units + 1, residual=False).count_params() > one


@pytest.mark.parametrize("residual", [False, True])
def test_a_layer_replaces_or_adds_to_what_it_reads(residual):
    keras.utils.set_random_seed(0)
    model = depth.stack(2, 5, residual=residual)
    x, _ = depth.henon(4, seed=0)
    first, second = (layer for layer in model.layers if isinstance(layer, keras.layers.LSTM))
    below = first(x)
    read = second(below) + below if residual else second(below)
    expected = model.layers[-1](read[:, depth.WARM :])
    assert model(x).shape == (4, depth.STEPS - depth.WARM, 1)
    np.testing.assert_allclose(model(x), expected, atol=1e-6)


@pytest.mark.slow
def test_both_kinds_are_trained_and_one_layer_only_once(monkeypatch):
    monkeypatch.setattr(depth, "UPDATES", 2)
    monkeypatch.setattr(depth, "EXAMPLES", 70)
    monkeypatch.setattr(depth, "UNITS", {1: 4, 2: 3})
    found = depth.henon_by_depth([0, 1], depth=2, learning_rate=0.01)
    assert found.keys() == {"plain", "residual"} and all(errors.shape == (2,) for errors in found.values())
    assert not np.isin(found["plain"], found["residual"]).any() and np.isfinite(found["plain"]).all()
    single = depth.henon_by_depth([0], depth=1, learning_rate=0.01)
    assert single["plain"] is single["residual"]
