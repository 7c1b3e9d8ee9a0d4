"""Forecasts that need no training, so that a network has something to beat."""

from __future__ import annotations

import numpy as np

from rnncourse._checks import check_whole


def naive(x: np.ndarray) -> np.ndarray:
    """Forecast that nothing changes: the last value of each window.

    Args:
        x: (n, steps, features) windows of a record.

    Returns:
        (n, features) forecasts, for any horizon.

    Raises:
        ValueError: ``x`` is not of rank 3, or has no steps.
    """
    return checked_windows(x)[:, -1]


def seasonal_naive(x: np.ndarray, *, period: int, horizon: int = 1) -> np.ndarray:
    """Forecast what was measured at the same phase of the latest season that the window holds.

    Args:
        x: (n, steps, features) windows of a record.
        period: int ≥ 1, steps in one season.
        horizon: int ≥ 1, how many steps after the window's last value the target lies.

    Returns:
        (n, features) forecasts.

    Raises:
        ValueError: ``x`` is not of rank 3, ``period`` or ``horizon`` is below 1, or the window is shorter than needed.
    """
    x = checked_windows(x)
    check_whole("period", period, least=1)
    check_whole("horizon", horizon, least=1)
    back = (-horizon) % period  # steps from the window's last value back to the same phase
    if back >= x.shape[1]:
        raise ValueError(
            f"x must have at least {back + 1} steps for period {period} and horizon {horizon}, received {x.shape[1]}"
        )
    return x[:, -1 - back]


def drift(x: np.ndarray, *, horizon: int = 1) -> np.ndarray:
    """Forecast that the mean change per step within the window goes on.

    Args:
        x: (n, steps, features) windows of a record, at least 2 steps.
        horizon: int ≥ 1, how many steps after the window's last value the target lies.

    Returns:
        (n, features) forecasts.

    Raises:
        ValueError: ``x`` is not of rank 3 or has fewer than 2 steps, or ``horizon`` is below 1.
    """
    x = checked_windows(x)
    check_whole("horizon", horizon, least=1)
    if x.shape[1] < 2:
        raise ValueError(f"x must have at least 2 steps, received {x.shape[1]}")
    return x[:, -1] + horizon * (x[:, -1] - x[:, 0]) / (x.shape[1] - 1)


def checked_windows(x: np.ndarray, name: str = "x") -> np.ndarray:
    """``x`` as an array; raises ValueError unless it has rank 3 and at least one step."""
    x = np.asarray(x)
    if x.ndim != 3 or x.shape[1] < 1:
        raise ValueError(f"{name} must have shape (n, steps, features) with steps ≥ 1, received shape {x.shape}")
    return x
