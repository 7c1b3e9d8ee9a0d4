"""Your own text: how it is split, and what becomes of characters."""

import numpy as np
import pytest

from rnncourse.datasets import text_from_file


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


def test_a_text_too_short_to_split_is_refused(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("x" * 19)
    with pytest.raises(ValueError, match="must hold at least 20 characters to be split, received 19"):
        text_from_file(path)
    path.write_text("x" * 20)
    assert [len(part[0]) for part in (text_from_file(path).train, text_from_file(path).test)] == [15, 1]
