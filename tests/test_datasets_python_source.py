"""Python's standard library as a text."""

import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest

from rnncourse.datasets import python_source
from rnncourse.datasets.python_source import _modules

LIBRARY = Path(sysconfig.get_path("stdlib"))


@pytest.fixture(scope="module")
def data():
    return python_source()


def test_sizes_do_not_depend_on_the_release(data):
    assert [len(part[0]) for part in (data.train, data.validation, data.test)] == [800_000, 100_000, 100_000]
    assert len(data.vocabulary) == 98 and data.vocabulary[0] == "\ufffd"
    assert set(data.vocabulary[1:]) == {"\t", "\n", *map(chr, range(32, 127))}


def test_targets_are_the_next_characters(data):
    for x, y in (data.train, data.validation, data.test):
        assert x.dtype == y.dtype == np.int32
        np.testing.assert_array_equal(x[1:], y[:-1])
        assert (x == 0).mean() < 0.005


def test_it_is_python(data):
    text = data.decode(data.train[0])
    assert text.count("\n    ") > 5_000 and text.count("def ") > 500 and text.count("self") > 1_000


def test_modules_are_the_librarys_own():
    names = [path.relative_to(LIBRARY).as_posix() for path in _modules(LIBRARY)]
    assert {"random.py", "json/decoder.py", "asyncio/tasks.py"} <= set(names)
    assert len(names) == len(set(names)) > 300
    for name in names:
        parts = name.split("/")
        assert parts[0].removesuffix(".py") in sys.stdlib_module_names
        assert not {"test", "tests", "idlelib", "encodings", "site-packages", "__pycache__"} & set(parts)
    assert names != sorted(names)


def test_what_was_installed_beside_the_library_is_not_read(tmp_path):
    for name in (
        "random.py",
        "json/decoder.py",
        "json/tests/a.py",
        "site-packages/b.py",
        "sitecustomize.py",
        "test/c.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("pass\n")
    assert {path.name for path in _modules(tmp_path)} == {"random.py", "decoder.py"}


def test_no_module_stands_in_two_splits(data):
    """Each split starts at the start of a module and goes on through whole modules, none of them used before."""
    texts = iter(_modules(LIBRARY))
    for part in (data.train, data.validation, data.test):
        left = data.decode(np.append(part[0], part[1][-1]))
        while left:
            module = data.decode(data.encode(next(texts).read_text("utf-8")))
            assert module.startswith(left) or left.startswith(module)
            left = left[len(module) :]


def test_fewer_characters_are_a_prefix(data):
    few = python_source(characters=50_000)
    assert [len(part[0]) for part in (few.train, few.validation, few.test)] == [40_000, 5_000, 5_000]
    np.testing.assert_array_equal(few.train[0], data.train[0][:40_000])


@pytest.mark.parametrize("characters", [9_999, 0, -1, 1e6, True])
def test_refuses_too_few(characters):
    with pytest.raises(ValueError, match=f"characters must be a whole number from 10000 up, received {characters}"):
        python_source(characters=characters)


def test_too_many_names_a_number_that_works():
    with pytest.raises(ValueError, match=r"characters must be at most (\d+), received 1000000000") as caught:
        python_source(characters=10**9)
    available = int(str(caught.value).split("at most ")[1].split(",")[0])
    assert available > 3_000_000
    assert len(python_source(characters=available).test[0]) == available // 10
