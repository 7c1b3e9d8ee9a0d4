"""Bring your own text."""

from __future__ import annotations

import os

from rnncourse.datasets._dataset import About, TextDataset, encode
from rnncourse.datasets._files import existing, read_text

_LEAST = 20  # characters; each of the three parts then holds at least one pair of neighbours


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
    path = existing(path, "text file")
    text = read_text(path, encoding)
    if len(text) < _LEAST:
        raise ValueError(f"{path} must hold at least {_LEAST} characters to be split, received {len(text)}")
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
