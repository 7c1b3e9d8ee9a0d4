"""Holt and Winters' exponential smoothing."""

import numpy as np
import pytest

from rnncourse.datasets import el_nino, windows
from rnncourse.measure import baselines
from rnncourse.measure.baselines.smoothing import smooth

PERIOD = 4


@pytest.fixture
def record():
    """A trend, a season and noise, two features, 80 steps."""
    rng = np.random.default_rng(5)
    time = np.arange(80)[:, None]
    season = np.array([[3.0, -1.0], [0.5, 2.0], [-2.0, 0.0], [-1.5, -1.0]])[np.arange(80) % PERIOD]
    return 0.3 * time * [1, -2] + season + 0.2 * rng.normal(size=(80, 2))


@pytest.mark.parametrize("horizon", [1, 3, 6])
def test_smoothing_equals_statsmodels_with_the_same_rates_and_start(record, horizon):
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    rates, steps = (0.35, 0.15, 0.4), 22
    x = record[:steps]
    expected = []
    for feature in x.T:
        line = feature[:PERIOD].mean()
        trend = (feature[PERIOD : 2 * PERIOD].mean() - line) / PERIOD
        line = line + trend * (np.arange(PERIOD) - (PERIOD - 1) / 2)
        model = ExponentialSmoothing(
            feature[PERIOD:],
            trend="add",
            seasonal="add",
            seasonal_periods=PERIOD,
            initialization_method="known",
            initial_level=line[-1],
            initial_trend=trend,
            initial_seasonal=feature[:PERIOD] - line,
        )
        # statsmodels forms the season from the old level and trend, which is the same rule with γ (1 − α) for γ
        fitted = model.fit(
            smoothing_level=rates[0],
            smoothing_trend=rates[1],
            smoothing_seasonal=rates[2] * (1 - rates[0]),
            optimized=False,
        )
        expected.append(fitted.forecast(horizon)[-1])
    np.testing.assert_allclose(smooth(x[None], rates, PERIOD, horizon)[0], expected, rtol=1e-10)


@pytest.mark.parametrize("horizon", [1, 5])
def test_a_straight_line_with_a_season_is_forecast_exactly(horizon):
    time = np.arange(60)[:, None]
    exact = 0.5 * time + np.array([[2.0], [-1.0], [0.0], [-1.0]])[np.arange(60) % PERIOD]
    x = np.stack([exact[i : i + 16] for i in range(30)])
    y = np.stack([exact[i + 15 + horizon] for i in range(30)])
    np.testing.assert_allclose(smooth(x, (0.3, 0.2, 0.1), PERIOD, horizon), y, atol=1e-12)
    np.testing.assert_allclose(baselines.holt_winters((x, y), x, period=PERIOD, horizon=horizon), y, atol=1e-9)


def test_the_fitted_rates_beat_the_seasonal_naive_forecast(record):
    x, y = windows(record, 20, 2)
    forecasts = baselines.holt_winters((x[:40], y[:40]), x[40:], period=PERIOD, horizon=2)
    assert forecasts.shape == y[40:].shape
    naive = baselines.seasonal_naive(x[40:], period=PERIOD, horizon=2)
    assert ((forecasts - y[40:]) ** 2).mean() < 0.5 * ((naive - y[40:]) ** 2).mean()


def test_a_feature_is_forecast_in_its_own_unit(record):
    x, y = windows(record, 20)
    unit = np.array([1.0, 1000.0])
    np.testing.assert_allclose(
        baselines.holt_winters((x * unit, y * unit), x * unit, period=PERIOD),
        baselines.holt_winters((x, y), x, period=PERIOD) * unit,
        rtol=0.02,
        atol=0.02 * unit.max(),
    )


def test_it_forecasts_a_real_record():
    data = el_nino(steps=36)
    x, y = data.test
    error = ((baselines.holt_winters(data.train, x, period=12) - y) ** 2).mean()
    assert error < ((baselines.seasonal_naive(x, period=12) - y) ** 2).mean()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"period": 0}, "period must be a whole number from 1 up, received 0"),
        ({"horizon": 0}, "horizon must be a whole number from 1 up, received 0"),
        ({"period": 5}, r"train\[0\] must have at least 10 steps, two seasons of 5, received 9"),
        ({"x": np.zeros((2, 7, 1))}, "x must have at least 8 steps, two seasons of 4, received 7"),
        ({"x": np.zeros((2, 9))}, r"x must have shape \(n, steps, features\) with steps ≥ 1, received shape \(2, 9\)"),
        ({"x": np.zeros((2, 9, 3))}, r"x of as many features, received shapes \(6, 9, 1\), \(6, 1\) and \(2, 9, 3\)"),
        ({"train": (np.zeros((6, 9, 1)), np.zeros((5, 1)))}, r"received shapes \(6, 9, 1\), \(5, 1\) and"),
    ],
)
def test_holt_winters_refuses(change, message):
    given = {"train": (np.zeros((6, 9, 1)), np.zeros((6, 1))), "x": np.zeros((2, 9, 1)), "period": 4} | change
    with pytest.raises(ValueError, match=message):
        baselines.holt_winters(given.pop("train"), given.pop("x"), **given)
