"""The fingerprint of a function: it changes when what the function computes may change, and else it does not."""

import dataclasses
import enum
import functools
import importlib
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from rnncourse.datasets import adding
from rnncourse.measure import _fingerprint
from rnncourse.measure._fingerprint import fingerprint, versions


def defined(code, name="f"):
    """What a cell of a notebook defines under ``name``."""
    space = {"__name__": "__main__"}
    exec(code, space)
    return space[name]


BASE = "a = 2\ndef g(x):\n    return x + a\ndef f(x, k=1):\n    return g(x) * 3\n"


def test_a_second_definition_of_the_same_is_the_same():
    same = (
        "a = 2\n\n\ndef g(x):\n    # a comment\n    return (x + a)\nunrelated = 5\n"
        "def f(x, k=1):\n\n    return g(x) * 3\n"
    )
    assert fingerprint(defined(BASE)) == fingerprint(defined(same))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("* 3", "* 4"),  # a constant
        ("* 3", "+ 3"),  # an operation
        ("x + a", "x - a"),  # a function that it calls
        ("a = 2", "a = 2.5"),  # a value that this function reads
        ("a = 2", "a = '2'"),
        ("k=1", "k=2"),  # a default
        ("k=1", "*, k=1"),
        ("g(x) * 3", "(lambda z: g(z))(x) * 3"),
    ],
)
def test_a_change_that_may_matter_changes_it(old, new):
    assert fingerprint(defined(BASE)) != fingerprint(defined(BASE.replace(old, new, 1)))


def test_what_stands_inside_inner_functions_counts():
    code = "b = 1\ndef f(x):\n    def inner():\n        return [b + 1 for _ in range(x)]\n    return inner()\n"
    assert fingerprint(defined(code)) != fingerprint(defined(code.replace("b = 1", "b = 7")))
    assert fingerprint(defined(code)) != fingerprint(defined(code.replace("b + 1", "b + 2")))


def test_an_attribute_that_is_called_like_a_global_does_not_count():
    code = "f2 = object()\ndef f(x):\n    return x.f2\n"
    assert fingerprint(defined(code)) == fingerprint(defined(code.replace("object()", "3")))


def test_what_a_function_encloses_counts():
    def outer(k):
        return lambda x: x + k

    assert fingerprint(outer(1)) == fingerprint(outer(1)) != fingerprint(outer(2))


def test_functions_that_call_each_other_come_to_an_end():
    code = "def g(x):\n    return f(x)\ndef f(x):\n    return x and g(x - 1)\n"
    assert fingerprint(defined(code)) != fingerprint(defined(code.replace("x - 1", "x - 2")))


def test_classes_of_the_user_count_with_their_methods_and_bases():
    code = (
        "class A:\n    def m(self):\n        return 1\nclass B(A):\n    k = 1\n"
        "    @property\n    def p(self):\n        return 2\n    @staticmethod\n    def s():\n        return 3\n"
        "def f(x):\n    return B().m()\n"
    )
    prints = {fingerprint(defined(code))}
    for old, new in (("return 1", "return 9"), ("k = 1", "k = 9"), ("return 2", "return 9"), ("return 3", "return 9")):
        prints.add(fingerprint(defined(code.replace(old, new))))
    assert len(prints) == 5


def test_a_decorated_function_counts_by_what_it_decorates():
    code = "import functools\n@functools.lru_cache\ndef g(x):\n    return x\ndef f(x):\n    return g(x)\n"
    assert fingerprint(defined(code)) == fingerprint(defined(code))
    assert fingerprint(defined(code)) != fingerprint(defined(code.replace("return x\n", "return x + 1\n")))


def test_modules_of_the_user_count_by_their_file(tmp_path, monkeypatch):
    file = tmp_path / "own_helpers.py"
    monkeypatch.syspath_prepend(str(tmp_path))
    prints = []
    for value in (1, 22):
        file.write_text(f"def h(x):\n    return x + {value}\n")
        importlib.invalidate_caches()
        sys.modules.pop("own_helpers", None)
        whole = defined("import own_helpers\ndef f(x):\n    return own_helpers.h(x)\n")
        part = defined("from own_helpers import h\ndef f(x):\n    return h(x)\n")
        prints.append((fingerprint(whole), fingerprint(part)))
    sys.modules.pop("own_helpers", None)
    assert prints[0][0] != prints[1][0] and prints[0][1] != prints[1][1]


def test_an_installed_package_counts_by_name_and_version(monkeypatch):
    function = defined("import numpy as np\ndef f(x):\n    return np.linalg.norm(x)\n")
    first = fingerprint(function)
    assert fingerprint(np.linalg.norm) != fingerprint(np.linalg.det)
    monkeypatch.setattr(np, "__version__", "0.0")
    assert fingerprint(function) != first


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@dataclasses.dataclass
class Setting:
    rate: float
    sizes: tuple = (1, 2)


def plain_values():
    yield from (None, ..., True, 1, 1.0, "1", b"1", 1j, [1], (1,), {1}, frozenset({1}), {1: 2}, {2: 1}, [[1], [2]])
    yield from ([1, 2], [2, 1], {"a": 1, "b": 2}, {"b": 2, "a": 1}, range(3), slice(3), np.float32(1), np.float64(1))
    yield from (np.arange(3), np.arange(3.0), np.arange(3).reshape(1, 3), np.array([1, "a"], dtype=object))
    yield from (Colour.RED, Colour.BLUE, Setting(0.1), Setting(0.2), Setting(0.1, (1, 3)), int, float, Setting)
    yield from (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"b": [1, 2]}), pd.DataFrame({"a": [1, 3]}))
    yield from (pd.Series([1, 2]), pd.Series([1, 2], name="x"), pd.Series([1, 2], index=[5, 6]))
    yield from (functools.partial(max, 1), functools.partial(max, 2), "x".upper, "y".upper, len, np.add, np.multiply)
    yield from (np, pd, np.float32, adding(examples=20), adding(examples=20, seed=1))


def test_different_values_have_different_fingerprints_and_equal_ones_the_same():
    first, second = ([fingerprint(value) for value in plain_values()] for _ in range(2))
    assert first == second
    assert len(set(first)) == len(first)


def test_sets_do_not_depend_on_the_order_of_hashing():
    code = "from rnncourse.measure._fingerprint import fingerprint; print(fingerprint({'a', 'b', 'c', ('d', 1)}))"
    prints = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": str(k)}
        ).stdout
        for k in (1, 2)
    }
    assert len(prints) == 1


def test_what_cannot_be_told_is_refused_by_name():
    function = defined("import numpy as np\nrng = np.random.default_rng(0)\ndef f(x):\n    return rng.random()\n")
    with pytest.raises(ValueError, match=r"cannot tell what rng, used by f, holds, an object of numpy.*Generator:"):
        fingerprint(function)


def test_versions_change_with_the_files_of_the_package(tmp_path, monkeypatch):
    now = versions()
    assert set(now) == {"python", "rnncourse", "numpy", "keras", "tensorflow"}
    (tmp_path / "__init__.py").write_text("changed")
    monkeypatch.setattr(_fingerprint.rnncourse, "__file__", str(tmp_path / "__init__.py"))
    versions.cache_clear()
    assert versions()["rnncourse"] != now["rnncourse"]
    versions.cache_clear()
