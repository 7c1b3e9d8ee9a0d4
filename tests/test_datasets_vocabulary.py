"""Texts as rows of ids, and back."""

import numpy as np
import pytest

from rnncourse.datasets import Vocabulary

LETTERS = Vocabulary.of("abc")
WORDS = Vocabulary.of(("hold", "C4", "D4"), " ")


def test_marks_come_first():
    assert LETTERS.tokens == ("<pad>", "<start>", "<end>", "a", "b", "c") and len(LETTERS) == 6
    assert (LETTERS.pad, LETTERS.start, LETTERS.end) == (0, 1, 2)
    assert repr(LETTERS) == "Vocabulary(6 ids: <pad> <start> <end> abc)"
    assert repr(WORDS) == "Vocabulary(6 ids: <pad> <start> <end> hold C4 D4)"


def test_texts_become_padded_rows():
    ids = LETTERS.encode(["cab", "", "b"])
    assert ids.dtype == np.int32
    assert ids.tolist() == [[1, 5, 3, 4, 2], [1, 2, 0, 0, 0], [1, 4, 2, 0, 0]]
    assert LETTERS.encode(["cab", "b"], marks=False, steps=4).tolist() == [[5, 3, 4, 0], [4, 0, 0, 0]]
    assert LETTERS.encode(["a?b"], unknown="c", marks=False).tolist() == [[3, 5, 4]]
    assert WORDS.encode([["C4", "hold"]]).tolist() == [[1, 4, 3, 2]]
    assert LETTERS.encode([]).shape == (0, 2)


def test_rows_become_texts():
    texts = ["cab", "", "b"]
    assert LETTERS.decode(LETTERS.encode(texts)) == texts
    assert LETTERS.decode([1, 4, 3, 2, 5, 2]) == "ba"
    assert LETTERS.decode([4, 0, 3]) == "ba"
    assert LETTERS.decode(np.zeros((2, 0))) == ["", ""]
    assert WORDS.decode([[1, 4, 3, 2]]) == ["C4 hold"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: LETTERS.encode("abc"), r"texts must be a sequence of texts, received one str; write \['abc'\]"),
        (
            lambda: LETTERS.encode(["ab?"]),
            r"texts must consist of the vocabulary's tokens, received '\?' in 'ab\?'",
        ),
        (lambda: LETTERS.encode(["ab"], steps=3), "steps must be a whole number from 4 up, received 3"),
        (lambda: LETTERS.decode(np.zeros((1, 1, 1))), r"ids must have shape .*, received shape \(1, 1, 1\)"),
        (lambda: LETTERS.decode([6]), "ids must lie in 0 … 5, received 6 … 6"),
        (lambda: LETTERS.decode([-1, 2]), "ids must lie in 0 … 5, received -1 … 2"),
    ],
)
def test_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()
