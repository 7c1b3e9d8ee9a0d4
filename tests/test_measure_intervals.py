"""Means with their t-intervals, and prediction intervals."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from rnncourse.measure import prediction_interval, summarise

RNG = np.random.default_rng(5)


def table():
    rows = [
        {"cell": cell, "steps": steps, "seed": seed, "loss": RNG.normal(steps, 2), "hits": int(RNG.integers(9))}
        for cell in ("b", "a")
        for steps in (40, 20)
        for seed in range(6)
    ]
    return pd.DataFrame(rows).assign(seconds=1.0, error=None)


def test_mean_and_interval_of_each_grid_point_equal_scipys():
    data = table()
    summary = summarise(data, by=["cell", "steps"])
    assert list(summary.columns) == [
        *("cell", "steps", "runs", "failed", "loss", "loss_low", "loss_high", "hits", "hits_low", "hits_high")
    ]
    assert summary[["cell", "steps"]].to_numpy().tolist() == [["b", 40], ["b", 20], ["a", 40], ["a", 20]]
    for row in summary.itertuples():
        values = data.query("cell == @row.cell and steps == @row.steps")["loss"]
        expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
        assert (row.loss, row.loss_low, row.loss_high) == pytest.approx((values.mean(), *expected), rel=1e-9)
        assert row.runs == 6 and row.failed == 0


def test_all_rows_together_and_another_level():
    data = table()
    wide, narrow = summarise(data, level=0.99), summarise(data, (), level=0.5)
    expected = stats.ttest_1samp(data["hits"], 0).confidence_interval(0.99)
    assert wide.loc[0, ["hits_low", "hits_high"]].tolist() == pytest.approx(list(expected))
    assert wide["hits_low"][0] < narrow["hits_low"][0] < narrow["hits_high"][0] < wide["hits_high"][0]


def test_failed_runs_are_counted_and_left_out():
    data = pd.DataFrame({"k": [1, 1, 1, 2, 2], "seed": [0, 1, 2, 0, 1], "loss": [1, 3, np.nan, np.nan, np.nan]})
    data["error"] = [None, None, "ValueError: x", "ValueError: x", "ValueError: x"]
    summary = summarise(data, by="k")
    assert summary["runs"].tolist() == [2, 0] and summary["failed"].tolist() == [1, 2]
    assert summary["loss"][0] == 2 and np.isnan(summary["loss"][1])


def test_a_diverged_run_is_not_left_out():
    data = pd.DataFrame({"seed": [0, 1, 2], "loss": [1.0, np.nan, 2.0], "error": [None] * 3})
    assert np.isnan(summarise(data)["loss"][0])


def test_one_run_has_a_mean_and_no_interval():
    summary = summarise(pd.DataFrame({"seed": [0], "loss": [3.0]}))
    assert summary["loss"][0] == 3 and np.isnan([summary["loss_low"][0], summary["loss_high"][0]]).all()


def test_the_prediction_interval_holds_the_next_value_as_often_as_it_says():
    draws = RNG.normal(3, 2, size=(8_000, 6))
    hits = [low <= row[-1] <= high for row in draws for low, high in [prediction_interval(row[:5], 0.9)]]
    assert np.mean(hits) == pytest.approx(0.9, abs=0.015)


def test_the_prediction_interval_by_hand():
    values = [1.0, 2.0, 4.0, 3.0, 5.0]  # mean 3, s² = 2.5
    half = stats.t.ppf(0.9995, 4) * np.sqrt(2.5 * (1 + 1 / 5))
    assert prediction_interval(values) == pytest.approx((3 - half, 3 + half))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: summarise(table(), by="depth"), r"by must name columns of the table \(cell, .*received \['depth'\]"),
        (lambda: summarise(table(), level=95), "level must lie between 0 and 1, received 95"),
        (lambda: summarise(table()[["cell", "seed"]], by="cell"), "table must have rows and a numeric column"),
        (lambda: summarise(table()[:0], by="cell"), "table must have rows and a numeric column"),
        (lambda: prediction_interval([1, 2, 3, 4]), "at least 5 finite numbers that differ, received"),
        (lambda: prediction_interval([1, 2, 3, 4, np.nan]), "at least 5 finite numbers that differ, received"),
        (lambda: prediction_interval([2] * 5), "at least 5 finite numbers that differ, received"),
        (lambda: prediction_interval([1, 2, 3, 4, 5], 0), "level must lie between 0 and 1, received 0"),
    ],
)
def test_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()
