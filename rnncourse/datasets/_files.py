"""Files that a user brings: found, of the right kind, and read as text. They are never changed."""

from __future__ import annotations

import codecs
import os
from pathlib import Path


def existing(path: str | os.PathLike, expected: str) -> Path:
    """The path of something that is there and of the right kind; ``~`` stands for the user's home.

    Args:
        path: what the user gave.
        expected: str, what it must be, in words: "folder", or a kind of file.

    Raises:
        FileNotFoundError: there is nothing at ``path``.
        ValueError: a folder is there where a file is expected, or the other way round.
    """
    path = Path(path).expanduser()
    if not path.exists():
        raise FileNotFoundError(f"path must be a {expected}, but there is nothing at {path}")
    if path.is_dir() != (expected == "folder"):
        raise ValueError(f"path must be a {expected}, received a {'folder' if path.is_dir() else 'file'}: {path}")
    return path


def read_text(path: Path, encoding: str) -> str:
    """A file's text; line ends become "\\n", a byte-order mark is dropped.

    Args:
        path: a file, from :func:`existing`.
        encoding: str, how its bytes stand for characters.

    Raises:
        ValueError: the file is empty, binary, or in another encoding (names the byte), or there is no such encoding.
    """
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
