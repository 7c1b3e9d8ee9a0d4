"""Bring your own data: a text file, a CSV file, a folder of recordings. Files are read and never changed."""

from __future__ import annotations

import codecs
import csv
import io
import math
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rnncourse.datasets._dataset import (
    About,
    Dataset,
    SeriesDataset,
    TextDataset,
    check_window,
    encode,
    windowed_splits,
)

if TYPE_CHECKING:
    import pandas as pd

_LEAST_TEXT = 20  # characters; each of the three parts then holds at least one pair of neighbours
_LEAST_FILES = 3  # per class; one for each part
_BY_ORDER_OF_TIME = "by time: the first 70 % train, the next 15 % validation, the last 15 % test, then cut into windows"


def text_from_file(path: str | os.PathLike, *, encoding: str = "utf-8") -> TextDataset:
    """A text file as character ids, each with the character that follows it.

    Args:
        path: a plain text file.
        encoding: how its bytes stand for characters. Line ends become "\\n", a byte-order mark is dropped.

    Returns:
        TextDataset: ``x`` and ``y`` of each part have shape (characters − 1,), int32, and ``y[t]`` follows ``x[t]``.
        The parts are the first 80 %, the next 10 % and the last 10 % of the text. The vocabulary is that of the
        training part, sorted, after "\\ufffd"; what occurs only later becomes id 0.

    Raises:
        FileNotFoundError: there is nothing at ``path``.
        ValueError: ``path`` is a folder, the file is empty, binary, in another encoding (names the byte), or shorter
            than 20 characters.
    """
    path = _existing(path, "text file")
    text = _read_text(path, encoding)
    if len(text) < _LEAST_TEXT:
        raise ValueError(f"{path} must hold at least {_LEAST_TEXT} characters to be split, received {len(text)}")
    first, second = len(text) * 8 // 10, len(text) * 9 // 10
    vocabulary = ("\ufffd", *sorted(set(text[:first]) - {"\ufffd"}))
    ids = encode(text, vocabulary)
    train, validation, test = ((part[:-1], part[1:]) for part in (ids[:first], ids[first:second], ids[second:]))
    about = About(
        source=f"your own file {path.name}",
        licence="your own: the file states none",
        shapes="x (characters,), y (characters,)",
        units=f"x: id of a character, 0 … {len(vocabulary) - 1}; y: id of the character that follows",
        split="along the text: the first 80 % train, the next 10 % validation, the last 10 % test",
    )
    return TextDataset(train=train, validation=validation, test=test, about=about, vocabulary=vocabulary)


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
    path = _existing(path, "CSV file")
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
        split=_BY_ORDER_OF_TIME,
    )
    series = values[column] if isinstance(column, str) else values
    return SeriesDataset(train=train, validation=validation, test=test, about=about, series=series)


@dataclass(frozen=True, kw_only=True, repr=False)
class AudioDataset(Dataset):
    """Recordings of unequal length, and what they are of.

    Attributes:
        classes: tuple of str, the classes' names; a target is a place in it.
        rate: int, samples per second.
    """

    classes: tuple[str, ...]
    rate: int


def audio_from_folder(path: str | os.PathLike, *, rate: int = 8000) -> AudioDataset:
    """Recordings sorted into one folder per class: ``path/yes/*.wav``, ``path/no/*.wav``, …

    Args:
        path: a folder with a folder for each class; hidden ones, and files other than ``.wav``, are passed over.
        rate: int ≥ 1, samples per second to resample to.

    Returns:
        AudioDataset: ``x`` is a list of float32 arrays (time,) in [−1, 1], channels averaged; ``y`` (n,), int64, is the
        place of the class among ``classes``, sorted by name. Each class is shuffled by a constant seed and split
        70/15/15, with at least one recording in each part.

    Raises:
        FileNotFoundError: there is nothing at ``path``.
        ValueError: ``path`` is a file, has fewer than 2 folders, a class has fewer than 3 recordings, or a recording is
            unreadable, cut short, empty, or leaves [−1, 1]; ``rate`` is not a whole number from 1 up.
    """
    if isinstance(rate, bool) or not isinstance(rate, (int, np.integer)) or rate < 1:
        raise ValueError(f"rate must be a whole number of samples per second from 1 up, received {rate!r}")
    path = _existing(path, "folder")
    folders = sorted((p for p in path.iterdir() if p.is_dir() and not p.name.startswith(".")), key=lambda p: p.name)
    if len(folders) < 2:
        raise ValueError(f"{path} must hold a folder for each of at least 2 classes, received {len(folders)} folders")
    parts: tuple[list, list, list] = ([], [], [])
    for label, folder in enumerate(folders):
        files = sorted(
            (p for p in folder.iterdir() if p.is_file() and not p.name.startswith(".")), key=lambda p: p.name
        )
        recordings = [p for p in files if p.suffix.lower() == ".wav"]
        if len(recordings) < _LEAST_FILES:
            others = ", ".join(sorted({p.suffix or p.name for p in files if p not in recordings}))
            raise ValueError(
                f"{folder} must hold at least {_LEAST_FILES} files with the extension .wav, one for each of train, "
                f"validation and test, received {len(recordings)}{f' and other files: {others}' if others else ''}"
            )
        share = max(1, round(0.15 * len(recordings)))
        order = np.random.default_rng(0).permutation(len(recordings))  # per class: another class changes nothing here
        for part, chosen in zip(parts, np.split(order, [len(order) - 2 * share, len(order) - share]), strict=True):
            part.extend((_read_wav(recordings[i], rate), label) for i in sorted(chosen))
    train, validation, test = (
        ([sound for sound, _ in part], np.array([label for _, label in part], dtype=np.int64)) for part in parts
    )
    about = About(
        source=f"your own folder {path.resolve().name}",
        licence="your own: the files state none",
        shapes="x list of (time,), y (n,)",
        units=f"x: sound pressure relative to full scale, −1 … 1, {rate} samples a second; y: place among the classes",
        split="by class, shuffled with a constant seed: 70 % train, 15 % validation, 15 % test",
    )
    classes = tuple(folder.name for folder in folders)
    return AudioDataset(train=train, validation=validation, test=test, about=about, classes=classes, rate=rate)


def _existing(path: str | os.PathLike, expected: str) -> Path:
    path = Path(path).expanduser()
    if not path.exists():
        raise FileNotFoundError(f"path must be a {expected}, but there is nothing at {path}")
    if path.is_dir() != (expected == "folder"):
        raise ValueError(f"path must be a {expected}, received a {'folder' if path.is_dir() else 'file'}: {path}")
    return path


def _read_text(path: Path, encoding: str) -> str:
    data = path.read_bytes()
    if not data:
        raise ValueError(f"{path} is empty")
    try:
        codec = codecs.lookup(encoding).name
        utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        if b"\0" in data and not utf16 and not codec.startswith(("utf-16", "utf-32")):
            raise ValueError(f"{path} must be plain text, received a binary file (NUL at byte {data.index(0)})")
        text = data.decode(encoding)
    except LookupError as error:
        raise ValueError(
            f"encoding must be the name of a text encoding such as 'utf-8', received {encoding!r}"
        ) from error
    except UnicodeDecodeError as error:
        other = "utf-16" if utf16 else "cp1252" if codec == "utf-8" else "utf-8"
        raise ValueError(
            f"{path} is not {encoding}: byte {error.start} (0x{data[error.start]:02x}) does not fit; say which it is, "
            f"for example encoding={other!r}"
        ) from error
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _read_table(path: Path, encoding: str) -> tuple[list[str], list[list[str]], list[int]]:
    """The header, the rows, and the file's line on which each row ends, counted from 1."""
    text = _read_text(path, encoding)
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


def _read_wav(path: Path, rate: int) -> np.ndarray:
    """One recording as float32 (time,) in [−1, 1] at ``rate`` samples per second, channels averaged."""
    from scipy.io import wavfile
    from scipy.signal import resample_poly

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)  # chunks other than sound
            warnings.filterwarnings("error", "Reached EOF prematurely")
            original, samples = wavfile.read(path)
    except Exception as error:  # a damaged header can raise anything
        raise ValueError(f"{path} cannot be read as a WAV file (PCM or floating point): {error}") from error
    if not len(samples):
        raise ValueError(f"{path} holds no sound")
    if samples.dtype.kind == "u":
        sound = (samples.astype(np.float64) - 128) / 128
    elif samples.dtype.kind == "i":
        sound = samples / float(2 ** (8 * samples.dtype.itemsize - 1))
    else:
        sound = samples.astype(np.float64)
    peak = np.abs(sound).max()
    if not peak <= 1:
        raise ValueError(f"{path}: floating-point samples must lie in [−1, 1], received a peak of {peak}")
    if sound.ndim == 2:
        sound = sound.mean(axis=1)
    if original != rate:
        divisor = math.gcd(original, rate)
        sound = resample_poly(sound, rate // divisor, original // divisor)
    return np.clip(sound, -1, 1).astype(np.float32)  # resampling may overshoot a peak
