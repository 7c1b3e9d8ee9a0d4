"""Real records in the order of time: CO₂, sea temperature, sunspots, a share price, brain waves.

Each is read from what is installed (statsmodels, matplotlib), split by time into its first 70 %, the next 15 % and the
last 15 %, and cut into windows within each split. Nothing is scaled: that is for the lesson to do, with numbers from
the training split alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnncourse.datasets._dataset import About, SeriesDataset, windowed_splits

if TYPE_CHECKING:
    import pandas as pd

_SPLIT = (
    "by time, before windows are cut: the first 70 % of the record train, the next 15 % validation, the last 15 % "
    "test; no value stands in two splits"
)


def co2(*, steps: int = 52, horizon: int = 1) -> SeriesDataset:
    """Carbon dioxide in the air at Mauna Loa, weekly, 1958 to 2001: a trend and a season.

    Args:
        steps: int ≥ 1, weeks in a window.
        horizon: int ≥ 1, weeks from the window's last value to the target.

    Returns:
        SeriesDataset: ``series`` (2284,) in ppm, about 313 to 374; x (n, steps, 1) and y (n, 1), float32.

    Raises:
        ValueError: ``steps`` or ``horizon`` is below 1, or a split is too short for one window.

    Source: C. D. Keeling and T. P. Whorf (2004), by way of ``statsmodels.datasets.co2``.
    """
    from statsmodels.datasets import co2 as source

    measured = source.load_pandas().data["co2"]
    series = measured.interpolate("linear").rename("CO₂ (ppm)").rename_axis("week")
    return _dataset(
        series,
        steps,
        horizon,
        source="weekly means at Mauna Loa Observatory, Hawaii, March 1958 to December 2001 (Keeling and Whorf 2004), "
        f"from statsmodels.datasets.co2; the {measured.isna().sum()} weeks without a value are filled here by a "
        "straight line between their neighbours",
        licence=f'public domain (statsmodels: "{source.COPYRIGHT}")',
        units="x, y: parts per million by volume",
    )


def el_nino(*, steps: int = 24, horizon: int = 1) -> SeriesDataset:
    """Surface temperature of the Pacific off Peru, monthly, 1950 to 2010: a season and irregular warm years.

    Args:
        steps: int ≥ 1, months in a window.
        horizon: int ≥ 1, months from the window's last value to the target.

    Returns:
        SeriesDataset: ``series`` (732,) in °C, about 18 to 29; x (n, steps, 1) and y (n, 1), float32.

    Raises:
        ValueError: ``steps`` or ``horizon`` is below 1, or a split is too short for one window.

    Source: NOAA's ERSST.V3B, region Niño 1+2, by way of ``statsmodels.datasets.elnino``.
    """
    import pandas as pd
    from statsmodels.datasets import elnino as source

    table = source.load_pandas().data.set_index("YEAR")  # a row a year, a column a month
    months = pd.date_range(f"{int(table.index[0])}-01", periods=table.size, freq="MS", name="month")
    series = pd.Series(table.to_numpy().reshape(-1), index=months, name="sea surface temperature (°C)")
    return _dataset(
        series,
        steps,
        horizon,
        source="monthly means of region Niño 1+2 (0–10° South, 80–90° West), January 1950 to December 2010, NOAA's "
        "ERSST.V3B, from statsmodels.datasets.elnino",
        licence=f'public domain (statsmodels: "{source.COPYRIGHT}")',
        units="x, y: degrees Celsius",
    )


def sunspots(*, steps: int = 22, horizon: int = 1) -> SeriesDataset:
    """Sunspot numbers, yearly, 1700 to 2008: cycles of about eleven years and of uneven height.

    Args:
        steps: int ≥ 1, years in a window.
        horizon: int ≥ 1, years from the window's last value to the target.

    Returns:
        SeriesDataset: ``series`` (309,), 0 to about 190; x (n, steps, 1) and y (n, 1), float32.

    Raises:
        ValueError: ``steps`` or ``horizon`` is below 1, or a split is too short for one window.

    Source: the National Geophysical Data Center, by way of ``statsmodels.datasets.sunspots``.
    """
    import pandas as pd
    from statsmodels.datasets import sunspots as source

    table = source.load_pandas().data
    series = pd.Series(
        table["SUNACTIVITY"].to_numpy(),
        index=pd.Index(table["YEAR"].astype(int), name="year"),
        name="sunspot number",
    )
    return _dataset(
        series,
        steps,
        horizon,
        source="yearly means, 1700 to 2008, National Geophysical Data Center, from statsmodels.datasets.sunspots",
        licence=f'public domain (statsmodels: "{source.COPYRIGHT}")',
        units="x, y: sunspot number, an index that counts spots and groups of spots",
    )


def google_prices(*, steps: int = 20, horizon: int = 1) -> SeriesDataset:
    """Google's share price, daily, August 2004 to October 2008: a record on which the naive forecast is hard to beat.

    Args:
        steps: int ≥ 1, trading days in a window.
        horizon: int ≥ 1, trading days from the window's last value to the target.

    Returns:
        SeriesDataset: ``series`` (1047,) in US dollars, 100 to about 740; x (n, steps, 1) and y (n, 1), float32.

    Raises:
        ValueError: ``steps`` or ``horizon`` is below 1, or a split is too short for one window.

    Source: ``goog.npz`` of matplotlib's sample data.
    """
    import pandas as pd
    from matplotlib.cbook import get_sample_data

    table = get_sample_data("goog.npz")["price_data"]
    series = pd.Series(
        table["adj_close"],
        index=pd.DatetimeIndex(table["date"], name="trading day"),
        name="Google, adjusted close (USD)",
    ).sort_index()
    return _dataset(
        series,
        steps,
        horizon,
        source="adjusted closing prices, 19 August 2004 to 14 October 2008, goog.npz of matplotlib's sample data, "
        "which its gallery describes as made from a Yahoo CSV file; trading days alone, as traded then (before the "
        "split of 2014)",
        licence="none is stated for this file; it is distributed with matplotlib (licence of the Python kind), read "
        "from there and not copied into the course",
        units="x, y: US dollars a share",
    )


def eeg(*, steps: int = 32, horizon: int = 1) -> SeriesDataset:
    """Four channels of a brain's electric activity, recorded together, without labels.

    Args:
        steps: int ≥ 1, samples in a window.
        horizon: int ≥ 1, samples from the window's last value to the target.

    Returns:
        SeriesDataset: ``series`` (800, 4), about −5 to 5; x (n, steps, 4) and y (n, 4), float32.

    Raises:
        ValueError: ``steps`` or ``horizon`` is below 1, or a split is too short for one window.

    Source: ``eeg.dat`` of matplotlib's sample data, read as its gallery example "MRI with EEG" reads it.
    """
    import numpy as np
    import pandas as pd
    from matplotlib.cbook import get_sample_data

    with get_sample_data("eeg.dat") as file:
        values = np.frombuffer(file.read(), dtype="<f8").reshape(800, 4)
    series = pd.DataFrame(
        values,
        index=pd.Index(np.arange(800) / 80, name="time (s, by the gallery's axis)"),
        columns=pd.Index(["PG3", "PG5", "PG7", "PG9"], name="channel (no unit documented)"),
    )
    return _dataset(
        series,
        steps,
        horizon,
        source="eeg.dat of matplotlib's sample data. Documented, in the gallery example MRI with EEG: 800 samples of 4 "
        "channels named PG3, PG5, PG7 and PG9, drawn over 10 s, so 80 samples a second by its axis. Not documented: "
        "who was recorded, how, with what filters, and what the person did",
        licence="none is stated for this file; it is distributed with matplotlib (licence of the Python kind), read "
        "from there and not copied into the course",
        units="x, y: not documented; no microvolts can be read off",
    )


def _dataset(
    series: pd.Series | pd.DataFrame, steps: int, horizon: int, *, source: str, licence: str, units: str
) -> SeriesDataset:
    train, validation, test = windowed_splits(series.to_numpy(), steps, horizon)
    features = train[0].shape[2]
    about = About(
        source=source,
        licence=licence,
        shapes=f"x (windows, {steps} steps, {features} feature{'s' * (features > 1)}), y (windows, {features}), "
        f"float32; y lies {horizon} step{'s' * (horizon > 1)} after x ends",
        units=units,
        split=_SPLIT,
    )
    return SeriesDataset(train=train, validation=validation, test=test, about=about, series=series)
