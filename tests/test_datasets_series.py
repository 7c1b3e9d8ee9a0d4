"""Real records against facts that are known from elsewhere."""

import numpy as np
import pandas as pd

from rnncourse.datasets import co2, eeg, el_nino, google_prices, sunspots


def test_co2_rises_with_a_season():
    series = co2().series
    assert series.iloc[0] == 316.1 and series.index[0] == pd.Timestamp("1958-03-29")
    yearly = series.groupby(series.index.year).mean()
    assert (yearly.loc[1965:2001].diff().dropna() > 0).all()
    assert series.min() >= 313 and series.max() <= 375
    monthly = (series - series.rolling(52, center=True).mean()).groupby(series.index.month).mean()
    assert monthly.idxmax() == 5 and monthly.idxmin() in (9, 10)  # Mauna Loa peaks in May


def test_co2_gaps_are_filled_by_straight_lines():
    from statsmodels.datasets import co2 as source

    measured = source.load_pandas().data["co2"]
    filled = co2().series
    assert measured.isna().sum() == 59 and "59 weeks" in co2().about.source
    weeks, known = np.arange(len(measured)), measured.notna().to_numpy()
    np.testing.assert_array_equal(filled[known], measured[known])
    np.testing.assert_allclose(filled, np.interp(weeks, weeks[known], measured[known]), rtol=1e-12)


def test_el_nino_reads_the_table_row_by_row():
    series = el_nino().series
    assert series.loc["1950-01-01"] == 23.11 and series.loc["1950-02-01"] == 24.20
    assert series.loc["2010-12-01"] == 22.07
    assert series.index[-1] == pd.Timestamp("2010-12-01")
    jump = series.loc["1997-06":"1998-05"].mean() - series.mean()
    assert jump > 2  # the El Niño of 1997/98, one of the strongest on record


def test_sunspots_start_with_five_and_peak_in_1957():
    series = sunspots().series
    assert series.loc[1700] == 5 and series.idxmax() == 1957 and series.loc[2008] == 2.9
    centred = series.to_numpy() - series.mean()
    autocorrelation = [float(centred[lag:] @ centred[:-lag]) for lag in range(6, 16)]
    assert 6 + int(np.argmax(autocorrelation)) in (10, 11)


def test_google_starts_at_its_first_day_and_skips_weekends():
    series = google_prices().series
    assert series.iloc[0] == 100.34 and series.index[0] == pd.Timestamp("2004-08-19")
    assert (series.index.day_of_week < 5).all()
    assert 700 < series.max() < 750 and series.idxmax().year == 2007


def test_eeg_has_four_channels_and_ten_seconds_on_the_gallerys_axis():
    series = eeg().series
    assert series.columns.tolist() == ["PG3", "PG5", "PG7", "PG9"]
    np.testing.assert_allclose(np.diff(series.index), 1 / 80)
    assert np.abs(series.mean()).max() < 0.01
    assert "Not documented" in eeg().about.source and "not documented" in eeg().about.units
