"""Python code with labels for each character."""

import keyword
import re
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest

from rnncourse.datasets import label_python, python_labels, python_source
from rnncourse.datasets.python_labels import LABELS

LIBRARY = Path(sysconfig.get_path("stdlib"))
MODULES = (  # written with four spaces a level
    "argparse.py",
    "asyncio/tasks.py",
    "email/header.py",
    "heapq.py",
    "json/decoder.py",
    "random.py",
    "shlex.py",
    "statistics.py",
    "textwrap.py",
    "tokenize.py",
)
SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def data():
    return python_labels(characters=60_000)


def scan(text):
    """String, comment, depth, indentation and keyword by a scanner of its own, which knows nothing of tokenize."""
    string, comment, depth, indentation = (np.zeros(len(text), dtype=int) for _ in range(4))
    opening = re.compile(r"\b(?:[rbuf]|rb|br|rf|fr)?('''|\"\"\"|'|\")", re.IGNORECASE)
    i = brackets = level = 0
    fresh = True  # at the start of a line that may open or close a block
    while i < len(text):
        match = opening.match(text, i) if text[i] in "rRbBuUfF'\"" and not text[max(0, i - 1)].isalnum() else None
        match = match or re.compile("('''|\"\"\"|'|\")").match(text, i)
        if fresh and text[i] not in " \n#":
            level, fresh = (i - text.rfind("\n", 0, i) - 1) // 4, False
        if match:
            quotes = match.group(1)
            end = match.end()
            while not text.startswith(quotes, end):
                end += 2 if text[end] == "\\" else 1
            end += len(quotes)
            string[i:end] = 1
        elif text[i] == "#":
            end = text.index("\n", i)
            comment[i:end] = 1
        else:
            end = i + 1
            brackets += (text[i] in "([{") - (text[i] in ")]}")
            fresh = fresh or (text[i] == "\n" and not brackets and text[i - 1] != "\\")
        depth[i:end], indentation[i:end] = brackets, level
        i = end
    code = "".join(" " if hidden else character for character, hidden in zip(text, string | comment, strict=True))
    word = np.zeros(len(text), dtype=int)
    for match in re.finditer(r"(?<![\w.])(?:" + "|".join(keyword.kwlist) + r")\b", code):
        word[match.start() : match.end()] = 1
    return np.stack([string, comment, depth, indentation, word], axis=1)


@pytest.mark.parametrize("name", MODULES)
def test_labels_agree_with_a_scanner_on_real_modules(name):
    text = (LIBRARY / name).read_text("utf-8")
    labels, due = label_python(text), scan(text)
    assert labels.shape == (len(text), 5) and labels.dtype == np.int32
    for column, label in enumerate(LABELS):
        wrong = np.flatnonzero(labels[:, column] != due[:, column])
        assert not wrong.size, f"{label}: {text[max(0, wrong[0] - 60) : wrong[0] + 20]!r}"
    assert labels.any(axis=0).all()


def test_labels_of_a_few_lines_by_hand():
    text = "def f(a=[1]):\n    # say (\n    if a:\n\n        return f\"{a + (1)}\"\nx = b''\n"
    rows = [
        "00000000000000" "000000000000" "0000000000" "0" "000000000000000111111111111" "0" "00001110",
        "00000000000000" "000011111110" "0000000000" "0" "0000000000000000000000000000" "00000000",
        "00000111221000" "000000000000" "0000000000" "0" "0000000000000000000000000000" "00000000",
        "00000000000000" "000000000000" "0000111111" "1" "1111111122222222222222222222" "00000000",
        "11100000000000" "000000000000" "0000110000" "0" "0000000011111100000000000000" "00000000",
    ]  # fmt: skip
    assert label_python(text).T.tolist() == [[int(value) for value in row] for row in rows]


@pytest.mark.parametrize("text", ["", "\n", "x", "if x:\n  y", "if x:\n\ty\n\n# end", "x = '''\n\n'''"])
def test_short_texts_and_texts_without_a_last_line_end(text):
    np.testing.assert_array_equal(label_python(text)[:, :3], scan(text + "\n")[: len(text), :3])
    assert label_python(text)[-1:, 3].tolist() == [int("if" in text)][: len(text)]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="until 3.11 the quotes of an f-string may not stand in it")
def test_an_f_string_with_its_own_quotes_inside_is_one_string():
    text = "f'{f'{a}' + ('b' if c else {1: d}[1])}' + f(e)\n"
    labels = label_python(text)
    assert labels[:, 0].tolist() == [1] * text.index(" + f(") + [0] * len(" + f(e)\n")
    assert labels[:, 2].tolist() == [int(i in (text.index("(e"), text.index("e)"))) for i in range(len(text))]
    assert not labels[:, [1, 3, 4]].any()


def test_what_is_not_python_is_refused():
    with pytest.raises(Exception, match="EOF"):
        label_python("x = (1,\n")


def test_texts_are_those_of_python_source(data):
    source = python_source(characters=60_000)
    assert data.vocabulary == source.vocabulary
    for name in SPLITS:
        np.testing.assert_array_equal(getattr(data, name)[0], getattr(source, name)[0])
        assert getattr(data, name)[1].shape == (len(getattr(data, name)[0]), 5)


def test_labels_belong_to_their_characters(data):
    for name in SPLITS:
        x, y = getattr(data, name)
        labels = dict(zip(data.labels, y.T, strict=True))
        text = np.array(list(data.decode(x)))
        assert set(text[labels["comment"] == 1]) & {"#"} and "\n" not in text[labels["comment"] == 1]
        assert not labels["string"][labels["comment"] == 1].any()
        code = (labels["string"] == 0) & (labels["comment"] == 0)
        moves = np.diff(labels["depth"], prepend=0)
        ends = np.flatnonzero(moves != (code * (np.isin(text, list("([{")) * 1 - np.isin(text, list(")]}")))))
        assert not ends.size  # whole modules: the depth goes back to 0 at each end


def test_baselines_are_the_shares_of_the_most_frequent_value(data):
    for label, seen, due in zip(data.labels, data.train[1].T, data.test[1].T, strict=True):
        values, counts = np.unique(seen, return_counts=True)
        assert data.baselines[label] == pytest.approx(np.mean(due == values[counts.argmax()]))
    assert set(data.baselines) == {"string", "comment", "depth", "indentation", "keyword"}


def test_refuses_as_python_source_does():
    with pytest.raises(ValueError, match="characters must be a whole number from 10000 up, received 5"):
        python_labels(characters=5)
