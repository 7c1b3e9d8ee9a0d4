"""Lines of code with a tag for each token."""

import keyword
import sys

import numpy as np
import pytest

from rnncourse.datasets import code_tags, tag_python
from rnncourse.datasets.python_source import library_modules

SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def data():
    return code_tags(examples=2_000, names=50)


def test_sizes_do_not_depend_on_the_release(data):
    assert [getattr(data, name)[0].shape for name in SPLITS] == [(1_400, 40), (300, 40), (300, 40)]
    assert len(data.vocabulary) == 3 + 3 + 35 + 47 + 50 and len(data.tags) == 10
    assert set(keyword.kwlist) < set(data.vocabulary.tokens)


def test_lines_are_those_of_the_library_module_after_module(data):
    """Each line of a split is found, tags and all, in the modules that no other split has reached."""
    modules = iter(library_modules())
    listed = set(data.vocabulary.tokens)
    for name in SPLITS:
        waiting = list(zip(*getattr(data, name), strict=True))
        while waiting:
            for line in tag_python(next(modules).read_text("utf-8")):
                words = [written if written in listed else "<name>" for written, _ in line]
                if waiting and data.vocabulary.decode(waiting[0][0]).split() == words:
                    tags = [data.tags[tag] for tag in waiting.pop(0)[1] if tag]
                    assert tags == [tag for _, tag in line]


def test_padding_and_tags_agree(data):
    for name in SPLITS:
        x, y = getattr(data, name)
        assert x.dtype == y.dtype == np.int32
        np.testing.assert_array_equal(x == 0, y == 0)
        assert ((x > 0).sum(axis=1) >= 4).all() and (y > 1).any(axis=1).all() and (x[:, 0] > 2).all()
        assert y.max() <= 9
        unknown = data.vocabulary.tokens.index("<name>")
        assert (y[x == unknown] > 1).mean() > 0.98  # but for names in global and the like


def test_no_line_stands_twice(data):
    x = np.concatenate([getattr(data, name)[0] for name in SPLITS])
    assert len(np.unique(x, axis=0)) == 2_000


def test_names_are_the_most_frequent_of_training(data):
    names = data.vocabulary.tokens[-50:]
    assert names[0] == "self" and len(set(names)) == 50
    none = code_tags(examples=200, names=0)
    assert "self" not in none.vocabulary.tokens and len(none.vocabulary) == 88


def test_looking_ahead_helps_a_table(data):
    assert list(data.baselines) == ["most frequent", "before", "after", "before and after"]
    scores = list(data.baselines.values())
    assert scores == sorted(scores) and scores[3] - scores[1] > 0.1


def test_a_table_of_the_token_after_scores_its_baseline(data):
    counts = {}
    for x, y in zip(*data.train, strict=True):
        for here, after, tag in zip(x, [*x[1:], 0], y, strict=True):
            if tag > 1:
                for key in (None, (here, after)):
                    counts.setdefault(key, np.zeros(10))[tag] += 1
    right = []
    for x, y in zip(*data.test, strict=True):
        for here, after, tag in zip(x, [*x[1:], 0], y, strict=True):
            if tag > 1:
                right.append(counts.get((here, after), counts[None]).argmax() == tag)
    assert data.baselines["after"] == pytest.approx(np.mean(right), abs=0.01)  # ties may fall either way


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"examples": 19}, "examples must be a whole number from 20 up, received 19"),
        ({"names": -1}, "names must be a whole number from 0 up, received -1"),
        ({"longest": 3}, "longest must be a whole number from 4 up, received 3"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        code_tags(**arguments)


def test_too_many_examples_are_refused(monkeypatch):
    few = library_modules()[:9]
    monkeypatch.setattr(sys.modules["rnncourse.datasets.code_tags"], "library_modules", lambda: few)
    with pytest.raises(
        ValueError, match="examples must be fewer, since this library lacks so many different lines, received 9000"
    ):
        code_tags(examples=9_000, longest=4)
