"""Your own series: windows of a CSV file, and what is said about each file that cannot be used."""

import re

import numpy as np
import pandas as pd
import pytest

from rnncourse.datasets import series_from_csv

ROWS = [f"2024-01-{day:02d},{day},{day * 0.5}" for day in range(1, 31)]


@pytest.fixture
def write(tmp_path):
    def put(*lines: str):
        path = tmp_path / "my series.csv"
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    return put


def test_series_windows_lie_in_parts_by_time(write):
    data = series_from_csv(write("day,count,half", *ROWS, "", ""), "count", steps=2, horizon=1)
    assert data.train[0].shape == (19, 2, 1) and data.train[1].shape == (19, 1)
    assert data.train[0][0, :, 0].tolist() == [1, 2] and data.train[1][0].tolist() == [3]
    assert data.train[1].max() == 21 < data.validation[0].min() == 22
    assert data.validation[1].max() == 25 < data.test[0].min() == 26
    assert data.test[1][-1].tolist() == [30]
    assert isinstance(data.series, pd.Series) and data.series.name == "count"
    assert data.series.tolist() == list(range(1, 31))
    assert data.train[0].dtype == np.float32


def test_series_of_several_columns_with_dates(write):
    data = series_from_csv(write("day,count,half", *ROWS), ["half", "count"], steps=2, horizon=2, index="day")
    assert data.train[0][0].tolist() == [[0.5, 1], [1, 2]]
    assert data.train[1][0].tolist() == [2, 4]
    assert list(data.series.columns) == ["half", "count"]
    assert data.series.index.name == "day" and data.series.index[-1] == pd.Timestamp("2024-01-30")


def test_series_with_years_as_index_and_as_feature(write):
    path = write("year,x", *(f"{1900 + i},{i}" for i in range(40)))
    data = series_from_csv(path, ["year", "x"], steps=2, index="year")
    assert data.series.index[0] == 1900 and data.train[0][0].tolist() == [[1900, 0], [1901, 1]]


def test_series_with_summer_time_in_its_dates(write):
    path = write("t,x", *["2024-03-31 01:00+01:00,0"] * 15, *["2024-03-31 03:00+02:00,1"] * 15)
    assert series_from_csv(path, "x", steps=2, index="t").series.index[-1] == pd.Timestamp("2024-03-31 01:00", tz="UTC")


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (
            "01.02.2024",
            "01.03.2024",
            r"line 2, index 't': expected a number or a date such as 2024-12-31 18:00, received",
        ),
        ("1.5", "later", "line 3, index 't': expected a number, received 'later'"),
    ],
)
def test_series_with_an_index_that_is_no_time(write, first, second, message):
    with pytest.raises(ValueError, match=message):
        series_from_csv(write("t,x", f"{first},1", f"{second},2"), "x", steps=1, index="t")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_series_finds_the_separator(write, separator):
    path = write(*(line.replace(",", separator) for line in ["day, count ,half", *ROWS]))
    assert series_from_csv(path, "count", steps=2).train[0].shape == (19, 2, 1)


def test_series_reads_quoted_cells_over_several_lines_and_a_single_column(write):
    path = write("note,x", '"two\nlines, one cell",1', *(f"a,{i}" for i in range(2, 31)))
    assert series_from_csv(path, "x", steps=2).series.tolist() == list(range(1, 31))
    path = write("x", *map(str, range(30)))
    assert series_from_csv(path, "x", steps=2).series.tolist() == list(range(30))


@pytest.mark.parametrize(
    ("line", "row", "message"),
    [
        (5, "2024-01-04,,2.0", "line 5, column 'count': expected a number, received a blank cell"),
        (6, "2024-01-05,NaN,2.5", r"line 6, column 'count': expected a number, received a blank cell \('NaN'\)"),
        (7, "2024-01-06,six,3.0", "line 7, column 'count': expected a number with a decimal point, received 'six'"),
        (8, '2024-01-07,"7,0",3.5', "line 8, column 'count': expected a number with a decimal point, received '7,0'"),
        (9, "2024-01-08,-inf,4.0", "line 9, column 'count': expected a finite number .*, received '-inf'"),
        (9, "2024-01-08,1e40,4.0", "line 9, column 'count': expected a finite number .* float32 .*, received '1e40'"),
        (10, "2024-01-09,9", "line 10: expected 3 cells as in the first line, received 2"),
        (11, "2024-01-10,10,5.0,5.0", "line 11: expected 3 cells as in the first line, received 4"),
        (12, "", "line 12: expected 3 cells as in the first line, received 0"),
        (13, "yesterday,12,6.0", "line 13, index 'day': expected a number or a date .*, received 'yesterday'"),
        (
            14,
            "2024-01-02,13,6.5",
            "line 14, index 'day': expected a time that does not run backwards, received '2024-01-02'",
        ),
        (31, '"2024-01-30,30,15.0', "line 31: unexpected end of data"),
    ],
)
def test_series_names_the_line_that_is_wrong(write, line, row, message):
    lines = ["day,count,half", *ROWS]
    lines[line - 1] = row
    with pytest.raises(ValueError, match=r"my series\.csv, " + message):
        series_from_csv(write(*lines), "count", steps=2, index="day")


def test_series_counts_lines_of_the_file_not_rows(write):
    path = write("note,x", '"two\nlines",1', "a,b")
    with pytest.raises(ValueError, match=r"line 4, column 'x'.* received 'b'"):
        series_from_csv(path, "x", steps=2)


def test_series_blank_line_in_a_single_column_is_a_blank_cell(write):
    with pytest.raises(ValueError, match="line 3, column 'x': expected a number, received a blank cell"):
        series_from_csv(write("x", "1", "", "2"), "x", steps=1)


@pytest.mark.parametrize(
    ("lines", "options", "message"),
    [
        ([""], {}, r"my series\.csv is empty"),
        (["\n\n"], {}, r"must hold a line of column names and rows below it, received 0 line\(s\)"),
        (["day,count"], {}, r"must hold a line of column names and rows below it, received 1 line\(s\)"),
        (
            ["day,count,half", *ROWS],
            {"column": "Count"},
            "column must name a column of .*, which has 'day', 'count', 'half', received 'Count'",
        ),
        (["day,count,half", *ROWS], {"column": ["count", "cuont"]}, "column must name a column of .* received 'cuont'"),
        (
            ["day,count,half", *ROWS],
            {"index": "date"},
            "index must name a column of .*, which has 'day', .*, received 'date'",
        ),
        (
            ["day,count,count", *ROWS],
            {},
            "column must name only one column of .*, which has 'day', 'count', 'count', received 'count'",
        ),
        (["day,count,half", *ROWS], {"column": []}, r"must be a name or a list of different names, received \[\]"),
        (["day,count,half", *ROWS], {"column": ["half", "half"]}, r"different names, received \['half', 'half'\]"),
        (["day,count,half", *ROWS], {"steps": 0}, "steps must be a whole number from 1 up, received 0"),
        (["day,count,half", *ROWS], {"horizon": 0}, "horizon must be a whole number from 1 up, received 0"),
        (
            ["day,count,half", *ROWS],
            {"steps": 24},
            r"too few rows: .* at least steps \+ horizon = 25 rows each, for which 174 rows are enough, received 30",
        ),
    ],
)
def test_series_that_cannot_be_read(write, lines, options, message):
    with pytest.raises(ValueError, match=message):
        series_from_csv(write(*lines), **{"column": "count", "steps": 2} | options)


@pytest.mark.parametrize("steps", range(1, 40))
def test_as_many_rows_as_the_message_asks_for_are_enough(write, steps):
    with pytest.raises(ValueError, match="too few rows") as caught:
        series_from_csv(write("x", "1", "2"), "x", steps=steps)
    enough = int(re.search(r"which (\d+) rows", str(caught.value))[1])
    assert len(series_from_csv(write("x", *["1"] * enough), "x", steps=steps).test[0]) >= 1


def test_series_in_another_encoding(tmp_path):
    path = tmp_path / "série.csv"
    path.write_bytes("jour,température\n".encode("latin-1") + b"1,2\n" * 30)
    with pytest.raises(ValueError, match=r"is not utf-8: byte 9 \(0xe9\)"):
        series_from_csv(path, "température", steps=2)
    assert series_from_csv(path, "température", steps=2, encoding="latin-1").series.sum() == 60
