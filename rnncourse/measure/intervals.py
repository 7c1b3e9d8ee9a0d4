"""What several seeds say together: means with their t-intervals, and where one more run would fall."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

_NOT_A_RESULT = ("seed", "seconds", "error")
_LEAST = 5


def summarise(table: pd.DataFrame, by: str | Sequence[str] = (), *, level: float = 0.95) -> pd.DataFrame:
    """Mean and t-interval of every result, for each grid point.

    The interval is where the mean over all seeds lies with probability ``level``, if results were normal: the mean ±
    t · s / √n with n − 1 degrees of freedom. A result of NaN, of a run that diverged, makes its mean NaN: it is a
    result, and to leave it out would flatter.

    Args:
        table: one row a run, as :func:`repeat` gives it. Rows with an ``error`` are left out of the means.
        by: the columns that make a grid point, for one the keys of ``over``; none for all rows together.
        level: float between 0 and 1.

    Returns:
        pandas.DataFrame: one row a grid point, in the order of the table: the columns ``by``, ``runs`` that succeeded,
        ``failed`` ones, and for each numeric result its mean under its own name, and ``…_low`` and ``…_high``, NaN
        where fewer than two runs succeeded.

    Raises:
        ValueError: a column of ``by`` is not there, nothing is left to average, or ``level`` is outside (0, 1).
    """
    import pandas as pd

    by = [by] if isinstance(by, str) else list(by)
    if unknown := [name for name in by if name not in table.columns]:
        raise ValueError(f"by must name columns of the table ({', '.join(table.columns)}), received {unknown}")
    results = [
        name
        for name in table.columns
        if name not in (*by, *_NOT_A_RESULT) and pd.api.types.is_numeric_dtype(table[name])
    ]
    if not results or not len(table):
        raise ValueError("table must have rows and a numeric column beside by, seed, seconds and error")
    failed = table["error"].notna() if "error" in table.columns else pd.Series(False, index=table.index)
    rows = []
    groups = table.groupby(by, sort=False, dropna=False) if by else [((), table)]
    for _, group in groups:
        good = group[~failed[group.index]]
        row = {name: group[name].iloc[0] for name in by} | {"runs": len(good), "failed": len(group) - len(good)}
        for name in results:
            mean, half = _mean_and_half_width(good[name].to_numpy(float), level)
            row |= {name: mean, f"{name}_low": mean - half, f"{name}_high": mean + half}
        rows.append(row)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return pd.DataFrame(columns | {name: grid_column(columns[name]) for name in by})


def grid_column(values: Sequence[object]) -> pd.Series:
    """A column of grid values in their own type; where None is among them, it stays None and numbers stay numbers."""
    import pandas as pd

    column = pd.Series(list(values), dtype=object)
    return column if column.isna().any() else column.infer_objects()


def prediction_interval(values: Iterable[float], level: float = 0.999) -> tuple[float, float]:
    """Where the result of one more run falls with probability ``level``, if results are normal.

    The mean ± t · s · √(1 + 1/n) with n − 1 degrees of freedom: wider than the t-interval of the mean, since the new
    run varies as well. Errors that spread over powers of ten are nearer to normal as logarithms.

    Args:
        values: n ≥ 5 results that differ.
        level: float between 0 and 1.

    Returns:
        low, high: floats.

    Raises:
        ValueError: fewer than 5 values, a value that is not finite, all values alike, or ``level`` outside (0, 1).
    """
    values = np.asarray(list(values), dtype=float)
    if len(values) < _LEAST or not np.isfinite(values).all() or np.ptp(values) == 0:
        raise ValueError(f"values must be at least {_LEAST} finite numbers that differ, received {values.tolist()}")
    mean, half = _mean_and_half_width(values, level)
    wider = half * np.sqrt(len(values) + 1)
    return float(mean - wider), float(mean + wider)


def _mean_and_half_width(values: np.ndarray, level: float) -> tuple[float, float]:
    """The mean of ``values`` (n,) and t · s / √n, NaN where n does not allow it."""
    from scipy import stats

    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, received {level!r}")
    n = len(values)
    if n < 2:
        return (float(values[0]) if n else float("nan")), float("nan")
    t = stats.t.ppf((1 + level) / 2, n - 1)
    return float(values.mean()), float(t * values.std(ddof=1) / np.sqrt(n))
