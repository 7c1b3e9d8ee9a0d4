"""Sizes of states: strings of bits and what can be read off, windows of sunspots, and that the size is what varies."""

import itertools

import numpy as np
import pytest

from rnncourse.datasets import sunspots
from rnncourse.measure.experiments import nets, size


def test_every_string_is_there_once_a_bit_a_step():
    x, y = size.all_bits(5)
    assert x.shape == (32, 5, 1) and y.shape == (32, 5) and x.dtype == y.dtype == np.float32
    assert {tuple(row) for row in y} == set(itertools.product((0, 1), repeat=5))
    np.testing.assert_array_equal(x[..., 0] > 0, y == 1)
    with pytest.raises(ValueError, match=r"count must be a whole number .*, received 0"):
        size.all_bits(0)


@pytest.mark.parametrize(("units", "count"), [(1, 4), (2, 4), (2, 6), (3, 5), (4, 4), (7, 3)])
def test_hyperplanes_cut_a_space_into_as_many_regions(units, count):
    """Counted: the signs of weighted sums at a million points, some of them far away, meet nearly every region."""
    rng = np.random.default_rng(units)
    points = rng.normal(size=(400_000, units)) * 10 ** rng.uniform(-1, 3, size=(400_000, 1))
    sums = points @ rng.normal(size=(units, count)) + rng.normal(size=count)
    seen = len(np.unique((sums > 0) @ 2 ** np.arange(count)))
    allowed = size.most_strings(units, count) * 2**count
    assert allowed - 1 <= seen <= allowed


def test_from_as_many_units_as_bits_on_all_can_be_read():
    assert size.most_strings(8) == size.most_strings(20) == 1 and size.most_strings(7) == 255 / 256
    assert size.most_strings(2) == 37 / 256


def test_windows_of_sunspots_share_no_target_and_are_scaled_by_the_years_trained_on():
    (x, y), (x_later, y_later), deviation = size.sunspot_windows()
    values = sunspots().series.to_numpy()
    assert x.shape == (205, 11, 1) and x_later.shape == (93, 11, 1) and y_later.shape == (93, 1)
    assert deviation == pytest.approx(values[:216].std())
    record = np.concatenate([x[0, :, 0], y[:, 0], y_later[:, 0]])
    np.testing.assert_allclose(record * deviation + values[:216].mean(), values, atol=1e-3)
    np.testing.assert_array_equal(x_later[0, :, 0], y[-11:, 0])


@pytest.fixture
def trained(monkeypatch):
    """Returns what ``train_replicas`` was called with, after two updates of each net."""
    monkeypatch.setattr(size, "BITS_UPDATES", 2)
    calls, train = [], nets.train_replicas

    def spy(models, x, y, **options):
        calls.append({"units": [model.layers[0].units for model in models], "x": x, **options})
        return train(models, x, y, **options)

    monkeypatch.setattr(nets, "train_replicas", spy)
    return calls


@pytest.mark.slow
def test_bits_are_scored_by_string_and_by_bit(trained):
    found = size.bits_by_units([0, 1], units=3)
    assert trained[0]["units"] == [3, 3] and trained[0]["updates"] == 2
    assert found["bits"].shape == (2,) and found["bits"][0] != found["bits"][1]
    assert (found["strings"] <= found["bits"]).all() and (found["bits"] <= 1).all()


@pytest.mark.slow
def test_sunspots_are_scored_on_both_parts_of_the_record(trained):
    found = size.sunspots_by_units([0, 1], units=3, updates=2)
    assert trained[0]["units"] == [3, 3] and trained[0]["x"].shape == (205, 11, 1)
    assert found.keys() == {"train", "later"} and found["train"].shape == (2,)
    assert (found["later"] > found["train"]).all() and (found["train"] > 5).all()  # in sunspot numbers, untrained
