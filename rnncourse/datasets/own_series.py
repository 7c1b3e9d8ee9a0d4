"""Bring your own series: columns of a CSV file."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rnncourse.datasets._dataset import About, SeriesDataset, check_window, windowed_splits
from rnncourse.datasets._files import existing, read_text

if TYPE_CHECKING:
    import pandas as pd


def series_from_csv(
    path: str | os.PathLike,
    column: str | Sequence[str],
    *,
    steps: int,
    horizon: int = 1,
    index: str | None = None,
    encoding: str = "utf-8",
) -> SeriesDataset:
    """Windows of one or several columns of a CSV file whose rows are in the order of time.

    Args:
        path: a file whose first line names its columns; cells are separated by commas, semicolons or tabs, whichever
            the first line has most of.
        column: the name of the column to forecast, or several names for several features. Cells are numbers with a
            decimal point.
        steps: int ≥ 1, the length of a window.
        horizon: int ≥ 1, how many rows after the window's last one the target lies.
        index: the column with the time of each row (numbers, or dates as in 2024-12-31 18:00), or None to count rows.
        encoding: how the file's bytes stand for characters.

    Returns:
        SeriesDataset: ``x`` (n, steps, features) and ``y`` (n, features), float32, in the file's own unit. The parts
        are the first 70 %, the next 15 % and the last 15 % of the rows. ``series`` is a Series for one name, else a
        DataFrame.

    Raises:
        FileNotFoundError: there is nothing at ``path``.
        ValueError: an empty file, a missing column (lists those there are), a row with too many or too few cells, a
            cell that is blank, no number or infinite, an index that is no time or runs backwards (all with the number
            of the file's line), too few rows, or the file cannot be read as for :func:`text_from_file`.
    """
    import pandas as pd

    check_window(steps, horizon)
    path = existing(path, "CSV file")
    header, rows, lines = _read_table(path, encoding)
    names = [column] if isinstance(column, str) else list(column)
    if not names or len({*names}) < len(names):
        raise ValueError(f"column must be a name or a list of different names, received {column!r}")
    for argument, name in [("column", name) for name in names] + [("index", index)] * (index is not None):
        if header.count(name) != 1:
            expected = "must name a column" if name not in header else "must name only one column"
            columns = ", ".join(map(repr, header))
            raise ValueError(f"{argument} {expected} of {path}, which has {columns}, received {name!r}")
    cells = {
        name: pd.Series([row[header.index(name)] for row in rows], dtype=object) for name in {*names, index} - {None}
    }
    values = pd.DataFrame({name: _numbers(cells[name], lines, name, path) for name in names})
    if index is not None:
        values.index = _times(cells[index], lines, index, path)
    try:
        train, validation, test = windowed_splits(values.to_numpy(), steps, horizon)
    except ValueError as error:
        raise ValueError(
            f"{path} has too few rows: train, validation and test need at least steps + horizon = {steps + horizon} "
            f"rows each, for which {math.ceil((steps + horizon + 1) / 0.15)} rows are enough, received {len(rows)}"
        ) from error
    about = About(
        source=f"your own file {path.name}",
        licence="your own: the file states none",
        shapes=f"x (n, steps {steps}, features {len(names)}), y (n, features {len(names)})",
        units=f"{', '.join(names)}, as the file gives them; y: {horizon} row(s) after the window's last one",
        split="by time: the first 70 % of the rows train, the next 15 % validation, the last 15 % test, then cut into "
        "windows",
    )
    series = values[column] if isinstance(column, str) else values
    return SeriesDataset(train=train, validation=validation, test=test, about=about, series=series)


def _read_table(path: Path, encoding: str) -> tuple[list[str], list[list[str]], list[int]]:
    """The header, the rows, and the file's line on which each row ends, counted from 1."""
    text = read_text(path, encoding)
    start = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=start.count), strict=True)
    try:
        table = [(row, reader.line_num) for row in reader]
    except csv.Error as error:
        raise ValueError(f"{path}, line {reader.line_num}: {error}") from error
    while table and not table[-1][0]:  # blank lines at the end
        table.pop()
    if len(table) < 2:
        raise ValueError(f"{path} must hold a line of column names and rows below it, received {len(table)} line(s)")
    header = [name.strip() for name in table[0][0]]
    for row, line in table[1:]:
        if len(row) != len(header) and (row or len(header) > 1):
            raise ValueError(
                f"{path}, line {line}: expected {len(header)} cells as in the first line, received {len(row)}"
            )
    return header, [row or [""] for row, _ in table[1:]], [line for _, line in table[1:]]


def _numbers(cells: pd.Series, lines: list[int], name: str, path: Path) -> np.ndarray:
    """Cells as float64, or a ValueError that names the first line with anything but a finite number."""
    import pandas as pd

    values = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=float)
    wrong = ~(np.abs(values) <= np.finfo(np.float32).max)
    if wrong.any():
        row = int(wrong.argmax())
        cell = cells[row].strip()
        if cell.lower() in ("", "nan", "na", "n/a", "null", "none"):
            raise ValueError(
                f"{path}, line {lines[row]}, column {name!r}: expected a number, received a blank cell ({cell!r})"
            )
        expected = "a number with a decimal point" if np.isnan(values[row]) else "a finite number that float32 can hold"
        raise ValueError(f"{path}, line {lines[row]}, column {name!r}: expected {expected}, received {cell!r}")
    return values


def _times(cells: pd.Series, lines: list[int], name: str, path: Path) -> pd.Index:
    """Cells as numbers if the first is one, else as dates; they must not run backwards."""
    import pandas as pd

    expected, times = "a number", pd.to_numeric(cells, errors="coerce")
    if times.isna()[0]:
        expected = "a number or a date such as 2024-12-31 18:00"
        try:  # ISO 8601 alone: pandas would take 01.02.2024 for the second of January
            times = pd.to_datetime(cells.str.strip(), errors="coerce", format="ISO8601")
        except ValueError:  # offsets differ, as in a year with summer time
            times = pd.to_datetime(cells.str.strip(), errors="coerce", format="ISO8601", utc=True)
    wrong = times.isna() | (times < times.cummax())
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        if not times.isna()[row]:
            expected = "a time that does not run backwards"
        raise ValueError(f"{path}, line {lines[row]}, index {name!r}: expected {expected}, received {cells[row]!r}")
    return pd.Index(times, name=name)
