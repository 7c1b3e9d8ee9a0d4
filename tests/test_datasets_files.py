"""Files that a user brings: what is said when there is none, or none that can be read."""

import pytest

from rnncourse.datasets import audio_from_folder, series_from_csv, text_from_file
from rnncourse.datasets._files import existing, read_text


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


def test_the_home_folder_may_be_written_as_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "mine.txt").touch()
    assert existing("~/mine.txt", "text file") == tmp_path / "mine.txt"


def test_every_kind_of_line_end_becomes_one(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(b"\xef\xbb\xbfa\r\nb\rc\n")
    assert read_text(path, "utf-8") == "a\nb\nc\n"


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-32"])
def test_a_text_in_another_encoding(tmp_path, encoding):
    path = tmp_path / "text.txt"
    path.write_bytes(("é à la carte\n" * 10).encode(encoding))
    assert read_text(path, encoding) == "é à la carte\n" * 10


@pytest.mark.parametrize(
    ("content", "encoding", "message"),
    [
        (b"", "utf-8", "text.txt is empty"),
        (b"caf\xe9 au lait", "utf-8", r"is not utf-8: byte 3 \(0xe9\) does not fit; .* encoding='cp1252'"),
        ("long".encode("utf-16"), "utf-8", r"is not utf-8: byte 0 \(0xff\) does not fit; .* encoding='utf-16'"),
        ("café".encode(), "ascii", r"is not ascii: byte 3 \(0xc3\) does not fit; .* encoding='utf-8'"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "utf-8", r"must be plain text, received a binary file \(NUL at byte 8\)"),
        (b"x" * 30, "utf-9", "encoding must be the name of a text encoding .*, received 'utf-9'"),
        (b"x" * 30, "base64", "encoding must be the name of a text encoding .*, received 'base64'"),
    ],
)
def test_a_text_that_cannot_be_read_says_why(tmp_path, content, encoding, message):
    path = tmp_path / "text.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_text(path, encoding)
