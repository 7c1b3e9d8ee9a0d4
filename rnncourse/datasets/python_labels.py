"""What each character of Python code belongs to: the ground truth for what a cell might track."""

from __future__ import annotations

import io
import keyword
import token
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rnncourse.datasets._dataset import About, TextDataset, encode
from rnncourse.datasets.python_source import LICENCE, SPLIT, VOCABULARY, library_source, modules_by_split
from rnncourse.datasets.python_tags import STRING_CLOSES, STRING_OPENS

LABELS = ("string", "comment", "depth", "indentation", "keyword")


@dataclass(frozen=True, kw_only=True, repr=False)
class LabelledText(TextDataset):
    """A text with several labels for each character.

    Attributes:
        labels: tuple of str, the names of the columns of ``y``.
        baselines: for each label, the share of the test split's characters that have its most frequent value in
            training.
    """

    labels: tuple[str, ...]
    baselines: Mapping[str, float]


def python_labels(*, characters: int = 1_000_000) -> LabelledText:
    """Modules of Python's standard library with labels for each character, the very texts of :func:`python_source`.

    For the same ``characters`` the splits are those of :func:`python_source`, character by character, so a language
    model trained on its training split has not seen what is validation and test here.

    Args:
        characters: int ≥ 10,000, in the three splits together.

    Returns:
        LabelledText: x (n,) int32 ids of characters; y (n, 5) int32, the columns as :func:`label_python` gives them.

    Raises:
        ValueError: ``characters`` is below 10,000, or more than this Python's library holds.
    """
    splits = {}
    for name, pieces in zip(("train", "validation", "test"), modules_by_split(characters), strict=True):
        x = encode("".join(text[:used] for text, used in pieces), VOCABULARY)
        y = np.concatenate([label_python(text)[:used] for text, used in pieces])
        splits[name] = x[:-1], y[:-1]  # the last character is there for the language model's target alone
    most = [np.bincount(column).argmax() for column in splits["train"][1].T]
    return LabelledText(
        **splits,
        vocabulary=VOCABULARY,
        labels=LABELS,
        baselines=dict(zip(LABELS, (splits["test"][1] == most).mean(axis=0).tolist(), strict=True)),
        about=About(
            source=f"{library_source()}. Labelled by its own tokenize",
            licence=LICENCE,
            shapes=f"x (characters,), y (characters, {len(LABELS)} labels), int32",
            units=f"x: ids of characters, 0 … {len(VOCABULARY) - 1}, 0 = not in the vocabulary; y: string, comment and "
            "keyword 0 or 1, depth and indentation counts from 0",
            split=SPLIT,
        ),
    )


def label_python(text: str) -> np.ndarray:
    """What ``tokenize`` says of each character of a Python module.

    Args:
        text: str, a complete module; its lines end with "\\n".

    Returns:
        (len(text), 5) int32, in the order of ``LABELS``:

        - string: 1 in a string, its quotes, prefix and line ends included; an f-string is one string with all that
          stands in it;
        - comment: 1 from "#" to the end of the line, without the line end;
        - depth: how many brackets ( [ { are open after the character;
        - indentation: levels of indentation, 0 in the outermost block. It changes at the first character of a line's
          code: the blanks before it, empty lines and lines of comment still have the level of the code before them;
        - keyword: 1 in a word that is always reserved, such as "for" and "None".

    Raises:
        tokenize.TokenError, SyntaxError: ``text`` is not Python.
    """
    starts = _line_starts(text)
    labels = np.zeros((len(text) + 1, len(LABELS)), dtype=np.int32)
    string, comment, depth, indentation, word = labels.T
    inside, opened = 0, 0
    for kind, value, (row, column), (last_row, last_column), _ in tokenize.generate_tokens(io.StringIO(text).readline):
        begin, end = starts[row] + column, starts[last_row] + last_column
        if kind in STRING_OPENS:
            opened, inside = (opened if inside else begin), inside + 1
        elif kind in STRING_CLOSES:
            inside -= 1
            string[opened:end] = 1
        elif inside:
            continue
        elif kind == token.STRING:
            string[begin:end] = 1
        elif kind == token.COMMENT:
            comment[begin:end] = 1
        elif kind == token.NAME and keyword.iskeyword(value):
            word[begin:end] = 1
        elif kind == token.OP and value in "([{":
            depth[begin] += 1
        elif kind == token.OP and value in ")]}":
            depth[begin] -= 1
        elif kind == token.INDENT:
            indentation[end] += 1
        elif kind == token.DEDENT:
            indentation[begin] -= 1
    for changes in (depth, indentation):
        np.cumsum(changes, out=changes)
    return labels[:-1]


def _line_starts(text: str) -> list[int]:
    """Where each line begins, counted from line 1, and the end of the text for the lines that tokenize adds."""
    lines = text.split("\n")
    starts = np.cumsum([0, 0, *(len(line) + 1 for line in lines)])
    return [*np.minimum(starts, len(text)).tolist(), len(text)]
