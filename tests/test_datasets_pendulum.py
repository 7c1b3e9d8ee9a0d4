"""The pendulum: its paths are held against closed solutions."""

import numpy as np
import pytest
from scipy.special import ellipj, ellipk, ellipkinc

from rnncourse.datasets import pendulum

RATE = np.sqrt(9.81)  # of a small swing, rad/s


def parts(data):
    return data.train, data.validation, data.test


def amplitude(state):
    """The angle at which a pendulum of this angle and velocity turns, from its energy."""
    return np.arccos(np.clip(np.cos(state[..., 0]) - state[..., 1] ** 2 / (2 * 9.81), -1, 1))


def test_sizes():
    data = pendulum(examples=100, steps=7)
    assert [x.shape for x, _ in parts(data)] == [(70, 2), (15, 2), (15, 2)]
    assert [y.shape for _, y in parts(data)] == [(70, 7, 2), (15, 7, 2), (15, 7, 2)]
    assert all(a.dtype == np.float32 for pair in parts(data) for a in pair)


def test_paths_follow_the_elliptic_solution():
    # θ = 2 arcsin(k sn(ω₀ t + u₀, k²)) with k = sin(amplitude / 2), and u₀ from angle and direction at the start
    x, y = pendulum(examples=200, steps=100, largest=3.0, seed=1).train
    k = np.sin(amplitude(x.astype(float)) / 2)
    rising = ellipkinc(np.arcsin(np.clip(np.sin(x[:, 0] / 2) / k, -1, 1)), k**2)
    phase = np.where(x[:, 1] >= 0, rising, 2 * ellipk(k**2) - rising)
    time = 0.1 * np.arange(1, 101)
    sn, cn, _, _ = ellipj(RATE * time + phase[:, np.newaxis], (k**2)[:, np.newaxis])
    np.testing.assert_allclose(y[..., 0], 2 * np.arcsin(k[:, np.newaxis] * sn), atol=1e-3)
    np.testing.assert_allclose(y[..., 1], 2 * RATE * k[:, np.newaxis] * cn, atol=3e-3)


def test_a_small_damped_swing_is_a_damped_cosine():
    x, y = pendulum(examples=50, steps=60, interval=0.05, smallest=0.001, largest=0.002, damping=0.5, seed=2).train
    time, damping = 0.05 * np.arange(1, 61), 0.25
    rate = np.sqrt(RATE**2 - damping**2)
    angle, velocity = x[:, :1], x[:, 1:]
    swing = angle * np.cos(rate * time) + (velocity + damping * angle) / rate * np.sin(rate * time)
    np.testing.assert_allclose(y[..., 0], np.exp(-damping * time) * swing, atol=1e-6)


def test_without_damping_the_amplitude_stays_with_damping_it_falls():
    x, y = pendulum(examples=100, steps=50).train
    np.testing.assert_allclose(amplitude(y), np.repeat(amplitude(x)[:, np.newaxis], 50, axis=1), atol=1e-4)
    _, damped = pendulum(examples=100, steps=50, damping=0.3).train
    assert (np.diff(amplitude(damped), axis=1) < 1e-5).all() and (amplitude(damped[:, -1]) < amplitude(x)).all()


def test_starts_fill_the_amplitudes_evenly_in_both_directions():
    x, _ = pendulum(examples=20_000, steps=1, smallest=0.5, largest=2.5).train
    counts, _ = np.histogram(amplitude(x), bins=np.linspace(0.5, 2.5, 11))
    np.testing.assert_allclose(counts / len(x), 0.1, atol=0.015)
    np.testing.assert_allclose([(x[:, 0] > 0).mean(), (x[:, 1] > 0).mean()], 0.5, atol=0.02)


def test_the_interval_is_the_time_between_two_steps():
    coarse = pendulum(examples=20, steps=10, interval=0.2).train[1]
    fine = pendulum(examples=20, steps=20, interval=0.1).train[1]
    np.testing.assert_allclose(coarse, fine[:, 1::2], atol=1e-6)


def test_a_seed_gives_its_own_starts():
    assert not np.array_equal(pendulum(steps=1, seed=0).train[0], pendulum(steps=1, seed=1).train[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"examples": 19}, "examples must be a whole number from 20 up, received 19"),
        ({"steps": 0}, "steps must be a whole number from 1 up, received 0"),
        ({"seed": -1}, "seed must be a whole number from 0 up, received -1"),
        ({"interval": 0}, "interval must be above 0 seconds, received 0"),
        ({"smallest": 2.5}, "amplitudes must be 0 < smallest < largest < π, received 2.5 and 2.0"),
        ({"largest": 3.2}, "amplitudes must be 0 < smallest < largest < π, received 0.3 and 3.2"),
        ({"damping": -0.1}, "damping must be from 0 up, received -0.1"),
        ({"damping": float("nan")}, "damping must be from 0 up, received nan"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        pendulum(**arguments)
