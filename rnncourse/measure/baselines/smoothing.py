"""Exponential smoothing with trend and season: the classical forecast that a network has to beat on seasonal series."""

from __future__ import annotations

import numpy as np

from rnncourse._checks import check_whole
from rnncourse.measure.baselines.forecasts import checked_windows


def holt_winters(train: tuple[np.ndarray, np.ndarray], x: np.ndarray, *, period: int, horizon: int = 1) -> np.ndarray:
    """Forecast by level, trend and additive season (Holt 1957; Winters 1960), all estimated within the window.

    The first two seasons of a window give the trend, the first one the level at its end and the season, the trend
    taken out. Every later value v updates them,
    ``level = α (v − season) + (1 − α) (level + trend)``, ``trend = β (level − old level) + (1 − β) trend``,
    ``season = γ (v − level) + (1 − γ) season`` of its phase. One α, β and γ serve all windows and features: those that
    forecast ``train`` with the least squared error, each feature measured in its own standard deviation.

    Args:
        train: x (n, steps, features) and y (n, features), windows and the value that lies ``horizon`` steps after each.
        x: (m, steps′, features) windows to forecast from.
        period: int ≥ 1, steps in one season.
        horizon: int ≥ 1, how many steps after the window's last value the target lies.

    Returns:
        (m, features) forecasts.

    Raises:
        ValueError: windows are not of rank 3, hold fewer than two seasons, or do not fit together.
    """
    from scipy.optimize import minimize

    check_whole("period", period, least=1)
    check_whole("horizon", horizon, least=1)
    seen, target = checked_windows(train[0], name="train[0]"), np.asarray(train[1], dtype=float)
    x = checked_windows(x)
    for name, windows in (("train[0]", seen), ("x", x)):
        if windows.shape[1] < 2 * period:
            raise ValueError(
                f"{name} must have at least {2 * period} steps, two seasons of {period}, received {windows.shape[1]}"
            )
    if target.shape != (len(seen), seen.shape[2]) or x.shape[2] != seen.shape[2]:
        raise ValueError(
            f"train must be (n, steps, features) and (n, features), and x of as many features, received shapes "
            f"{seen.shape}, {target.shape} and {x.shape}"
        )
    scale = target.std(axis=0) + 1e-12

    def error(rates: np.ndarray) -> float:
        return float((((smooth(seen, rates, period, horizon) - target) / scale) ** 2).mean())

    starts = [(a, b, c) for a in (0.2, 0.8) for b in (0.02, 0.2) for c in (0.1, 0.6)]
    found = minimize(error, min(starts, key=error), bounds=[(0, 1)] * 3, method="L-BFGS-B")
    return smooth(x, found.x, period, horizon)


def smooth(x: np.ndarray, rates: np.ndarray, period: int, horizon: int) -> np.ndarray:
    """Forecasts (n, features) from windows (n, steps, features) for given rates α, β and γ in [0, 1]."""
    x = np.asarray(x, dtype=float)
    alpha, beta, gamma = rates
    mean = x[:, :period].mean(axis=1)
    trend = (x[:, period : 2 * period].mean(axis=1) - mean) / period
    middle = (period - 1) / 2
    season = [x[:, phase] - mean - (phase - middle) * trend for phase in range(period)]
    level = mean + middle * trend
    for step in range(period, x.shape[1]):
        phase = step % period
        before, value = level, x[:, step]
        level = alpha * (value - season[phase]) + (1 - alpha) * (level + trend)
        trend = beta * (level - before) + (1 - beta) * trend
        season[phase] = gamma * (value - level) + (1 - gamma) * season[phase]
    return level + horizon * trend + season[(x.shape[1] - 1 + horizon) % period]
