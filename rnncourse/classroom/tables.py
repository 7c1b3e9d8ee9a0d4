"""Tables as spreadsheets and learning platforms write them: CSV in several codes, with several marks for columns."""

from __future__ import annotations

import codecs
import csv
import io

MARK = "\ufeff"
"""What some programs write before the text of a file in UTF-8."""


def text_of(content: bytes, name: str) -> str:
    """A table's text: UTF-8, or UTF-16 with its mark, which Excel writes as "Unicode text".

    Raises:
        ValueError: it is neither.
    """
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if marked else "utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{name} must be text in UTF-8: in Excel, save it as 'CSV UTF-8'") from None


def rows_of(text: str) -> list[list[str]]:
    """The rows of a table; what divides its columns is the most frequent of comma, semicolon and tab in the first."""
    return list(csv.reader(io.StringIO(text.removeprefix(MARK), newline=""), delimiter=delimiter(text)))


def delimiter(text: str) -> str:
    """What divides the columns of a table."""
    return max(",;\t", key=text.partition("\n")[0].count)
