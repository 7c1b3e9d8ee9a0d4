"""Bring-your-own data: what comes back, and what is said about each kind of file that cannot be used."""

import re
import struct
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.io import wavfile

from rnncourse.datasets.own import audio_from_folder, series_from_csv, text_from_file

# --- text


def test_text_is_split_along_the_text_and_known_by_its_training_part(tmp_path):
    path = tmp_path / "a text.txt"
    path.write_bytes("ab\r\ncé".encode() * 16 + b"xyxyxyxyab" + b"zzzzzzzzzz")  # 80 + 10 + 10 characters
    data = text_from_file(path)
    assert data.vocabulary == ("\ufffd", "\n", "a", "b", "c", "é")
    assert data.decode(data.train[0]) == ("ab\ncé" * 16)[:-1]
    assert data.decode(data.train[1]) == ("ab\ncé" * 16)[1:]
    assert data.decode(data.validation[0]) == "\ufffd" * 8 + "a"
    assert data.decode(data.validation[1]) == "\ufffd" * 7 + "ab"
    assert data.test[1].tolist() == [0] * 9
    assert {part.dtype for part in (*data.train, *data.validation, *data.test)} == {np.dtype(np.int32)}
    assert "a text.txt" in data.about.source and str(tmp_path) not in str(data.about)
    assert path.read_bytes().startswith("ab\r\ncé".encode())


def test_text_keeps_a_replacement_character_at_zero_and_drops_a_byte_order_mark(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(b"\xef\xbb\xbf" + "ab\ufffd".encode() * 10)
    data = text_from_file(str(path))
    assert data.vocabulary == ("\ufffd", "a", "b")
    assert data.train[0][:3].tolist() == [1, 2, 0]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-32"])
def test_text_in_another_encoding(tmp_path, encoding):
    path = tmp_path / "text.txt"
    path.write_bytes(("é à la carte\n" * 10).encode(encoding))
    assert text_from_file(path, encoding=encoding).decode([1]) == "\n"


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (b"", {}, "text.txt is empty"),
        (b"nineteen characters", {}, "must hold at least 20 characters to be split, received 19"),
        (b"caf\xe9 au lait", {}, r"is not utf-8: byte 3 \(0xe9\) does not fit; .* encoding='cp1252'"),
        ("long".encode("utf-16"), {}, r"is not utf-8: byte 0 \(0xff\) does not fit; .* encoding='utf-16'"),
        ("café".encode(), {"encoding": "ascii"}, r"is not ascii: byte 3 \(0xc3\) does not fit; .* encoding='utf-8'"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", {}, r"must be plain text, received a binary file \(NUL at byte 8\)"),
        (b"x" * 30, {"encoding": "utf-9"}, "encoding must be the name of a text encoding .*, received 'utf-9'"),
        (b"x" * 30, {"encoding": "base64"}, "encoding must be the name of a text encoding .*, received 'base64'"),
    ],
)
def test_text_that_cannot_be_read(tmp_path, content, options, message):
    path = tmp_path / "text.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        text_from_file(path, **options)


@pytest.mark.parametrize(
    ("load", "expected"),
    [
        (text_from_file, "text file"),
        (lambda path: series_from_csv(path, "a", steps=1), "CSV file"),
        (audio_from_folder, "folder"),
    ],
)
def test_nothing_there_or_the_wrong_kind(tmp_path, load, expected):
    with pytest.raises(FileNotFoundError, match=f"must be a {expected}, but there is nothing at .*missing"):
        load(tmp_path / "missing")
    path = tmp_path / "given"
    path.touch() if expected == "folder" else path.mkdir()
    received = "file" if expected == "folder" else "folder"
    with pytest.raises(ValueError, match=f"must be a {expected}, received a {received}: "):
        load(path)


# --- CSV

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


# --- audio


def tone(rate: int, *, hertz: float = 200.0, seconds: float = 0.25) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)


@pytest.fixture
def folder(tmp_path):
    """Two classes, ``no`` with 3 recordings and ``yes`` with 10; the length tells a recording."""
    for name, count, first in (("yes", 10, 100), ("no", 3, 200)):
        (tmp_path / name).mkdir()
        for i in range(count):
            wavfile.write(tmp_path / name / f"{i}.wav", 8000, np.full(first + i, 16384, np.int16))
    return tmp_path


def test_audio_is_split_by_class(folder):
    (folder / ".hidden").mkdir()
    (folder / "yes" / "notes.txt").write_text("passed over")
    (folder / "yes" / "._0.wav").write_text("passed over")
    (folder / "yes" / "0.wav").rename(folder / "yes" / "0.WAV")
    data = audio_from_folder(folder)
    assert data.classes == ("no", "yes") and data.rate == 8000
    assert np.bincount(data.train[1]).tolist() == [1, 6]
    assert np.bincount(data.validation[1]).tolist() == np.bincount(data.test[1]).tolist() == [1, 2]
    parts = [data.train, data.validation, data.test]
    assert sorted(len(sound) for x, _ in parts for sound in x) == [*range(100, 110), *range(200, 203)]
    assert all((len(sound) >= 200) == (label == 0) for x, y in parts for sound, label in zip(x, y, strict=True))
    assert all(sound.dtype == np.float32 and (sound == 0.5).all() for x, _ in parts for sound in x)
    again = audio_from_folder(folder)
    assert [len(sound) for sound in again.train[0]] == [len(sound) for sound in data.train[0]]
    assert "train 7, validation 3, test 3" in repr(data)


def only_sound(folder, rate=8000):
    """What the loader makes of ``no/0.wav``: the other two of its class are 201 and 202 samples long."""
    data = audio_from_folder(folder, rate=rate)
    sounds = [x[i] for x, y in (data.train, data.validation, data.test) for i in np.flatnonzero(y == 0)]
    return max(sounds, key=len)


@pytest.mark.parametrize(
    ("encode", "tolerance"),
    [
        (lambda x: np.round(x * 128 + 128).clip(0, 255).astype(np.uint8), 1 / 128),
        (lambda x: np.round(x * 2**15).astype(np.int16), 2**-15),
        (lambda x: np.round(x * 2**31).astype(np.int32), 1e-7),
        (lambda x: x.astype(np.float32), 1e-7),
        (lambda x: x.astype(np.float64), 1e-7),
        (lambda x: np.round(np.stack([1.5 * x, 0.5 * x], axis=1) * 2**15).astype(np.int16), 2**-15),  # stereo
    ],
    ids=["uint8", "int16", "int32", "float32", "float64", "stereo"],
)
def test_audio_formats_give_the_same_sound(folder, encode, tolerance):
    wave = tone(8000)
    wavfile.write(folder / "no" / "0.wav", 8000, encode(wave))
    np.testing.assert_allclose(only_sound(folder), wave, atol=tolerance)


def test_audio_of_24_bits(folder):
    wave = tone(8000)
    samples = b"".join(struct.pack("<i", round(x * 2**23))[:3] for x in wave)
    header = (
        b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 24000, 3, 24) + b"data" + struct.pack("<I", len(samples))
    )
    content = b"RIFF" + struct.pack("<I", len(header) + len(samples)) + header + samples
    (folder / "no" / "0.wav").write_bytes(content)
    np.testing.assert_allclose(only_sound(folder), wave, atol=2**-23)


@pytest.mark.parametrize(("original", "rate"), [(44100, 8000), (16000, 8000), (8000, 16000)])
def test_audio_is_resampled(folder, original, rate):
    wavfile.write(folder / "no" / "0.wav", original, tone(original).astype(np.float32))
    sound = only_sound(folder, rate)
    assert len(sound) == rate // 4
    inner = slice(rate // 20, -rate // 20)  # away from the ends, where the filter sees silence
    np.testing.assert_allclose(sound[inner], tone(rate)[inner], atol=5e-3)


def test_audio_stays_within_one_after_resampling(folder):
    wavfile.write(folder / "no" / "0.wav", 16000, np.sign(tone(16000)).astype(np.float32))
    assert np.abs(only_sound(folder)).max() == 1


@pytest.mark.parametrize("rate", [0, 8000.0, True])
def test_audio_rate_that_is_none(folder, rate):
    with pytest.raises(
        ValueError, match=f"rate must be a whole number of samples per second from 1 up, received {rate}"
    ):
        audio_from_folder(folder, rate=rate)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not a sound at all", "cannot be read as a WAV file"),
        (b"", "cannot be read as a WAV file"),
        (b"RIFF\x24\0\0\0WAVE", "cannot be read as a WAV file"),
        (np.zeros(0, np.int16), "holds no sound"),
        (np.array([0.5, -1.5], np.float32), r"samples must lie in \[−1, 1\], received a peak of 1\.5"),
        (np.array([0.5, np.nan], np.float32), r"samples must lie in \[−1, 1\], received a peak of nan"),
    ],
)
def test_audio_that_cannot_be_read_is_named(folder, content, message):
    path = folder / "no" / "1.wav"
    path.write_bytes(content) if isinstance(content, bytes) else wavfile.write(path, 8000, content)
    with pytest.raises(ValueError, match=re.escape(str(path)) + ".*" + message):
        audio_from_folder(folder)


@pytest.mark.parametrize("kept", [46, 100, 300, 1000])
def test_audio_that_was_cut_short_is_named(folder, kept):
    path = folder / "no" / "1.wav"
    wavfile.write(path, 8000, (tone(8000) * 2**15).astype(np.int16))
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match=re.escape(str(path)) + " cannot be read as a WAV file"):
        audio_from_folder(folder)


def test_audio_folder_without_classes(tmp_path):
    wavfile.write(tmp_path / "0.wav", 8000, np.ones(10, np.int16))
    with pytest.raises(ValueError, match="must hold a folder for each of at least 2 classes, received 0 folders"):
        audio_from_folder(tmp_path)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "at least 3 files with the extension .wav, one for each of .*, received 0$"),
        (["a.mp3", "b.mp3", "c.ogg"], r"extension \.wav, .*, received 0 and other files: \.mp3, \.ogg$"),
        (["a.wav", "b.wav"], r"extension \.wav, .*, received 2$"),
        (["a.wav", "b.WAV", "README"], r"extension \.wav, .*, received 2 and other files: README$"),
    ],
)
def test_audio_class_with_too_few_recordings(folder, files, message):
    (folder / "maybe").mkdir()
    for name in files:
        wavfile.write(folder / "maybe" / name, 8000, np.ones(10, np.int16))
    with pytest.raises(ValueError, match="maybe must hold .*" + message):
        audio_from_folder(folder)


# --- both modules


def test_importing_the_loaders_is_light():
    heavy = "[name for name in ('pandas', 'scipy', 'pooch', 'requests', 'tensorflow', 'keras') if name in sys.modules]"
    code = f"import sys, rnncourse.datasets.own, rnncourse.datasets.public; print({heavy})"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
