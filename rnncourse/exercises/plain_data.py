"""Plain data: what goes into an exercise's function and what comes out, and how two results are compared.

Plain data is an array, a number, a text, None, or a list, a tuple or a dict of these, each of exactly that type. A
subclass may bring a comparison of its own, so it is refused: after :func:`plain`, no method of a stranger's object can
run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

_SCALARS = {bool: "a truth value", int: "a whole number", float: "a real number", complex: "a complex number"}
_KINDS = _SCALARS | {
    str: "text",
    type(None): "None",
    np.ndarray: "an array",
    list: "a list",
    tuple: "a tuple",
    dict: "a dict",
}
_NUMPY_SCALARS = (
    (np.bool_, bool),
    (np.integer, int),
    (np.floating, float),
    (np.complexfloating, complex),
    (np.str_, str),
)
_ARRAYS = {
    "b": "truth values",
    "i": "whole numbers",
    "u": "whole numbers",
    "f": "real numbers",
    "c": "complex numbers",
    "U": "text",
}
_DTYPES = {"b": "bool", "i": "int", "u": "int", "f": "float", "c": "complex", "U": "str"}
_REMEDIES = {
    (np.ndarray, list): "np.array(…) makes an array of it",
    (np.ndarray, tuple): "np.array(…) makes an array of it",
    (list, np.ndarray): ".tolist() makes a list of it",
    (list, tuple): "list(…) makes a list of it",
    (tuple, list): "return a, b gives a tuple",
    (tuple, np.ndarray): "return a, b gives a tuple",
    (int, float): "int(…) makes it whole",
    (float, int): "float(…) makes it real",
    (int, np.ndarray): ".item() takes a single number out of its array",
    (float, np.ndarray): ".item() takes a single number out of its array",
    (bool, np.ndarray): ".item() takes a single value out of its array",
}
"""What turns the second type into the first, for those that are easily confused."""
_DEEPEST = 16


class NotPlainError(TypeError):
    """A value is not plain data; the message names what it is."""


def plain(value: Any, *, depth: int = 0) -> Any:
    """A copy of ``value`` that is built of plain data alone; a NumPy scalar becomes Python's number or text.

    Types are compared by identity and nothing of ``value`` is called, so an object that calls itself equal to
    everything, or whose class does, is refused like any other.

    Args:
        value: anything.
        depth: int, how many lists, tuples and dicts stand around ``value``.

    Raises:
        NotPlainError: ``value``, or something in it, is of another type, or it is nested deeper than 16 levels.
    """
    kind = type(value)
    if kind is np.ndarray:
        if value.dtype.kind == "O":
            raise NotPlainError("an array of dtype object, which is what NumPy makes of rows of different lengths")
        if value.dtype.kind not in _ARRAYS:
            raise NotPlainError(f"an array of dtype {value.dtype}")
        return np.array(value)
    if depth > _DEEPEST:
        raise NotPlainError(f"data nested deeper than {_DEEPEST} levels")
    if kind is list or kind is tuple:
        return kind([plain(entry, depth=depth + 1) for entry in value])
    if kind is dict:
        return {plain(key, depth=depth + 1): plain(entry, depth=depth + 1) for key, entry in value.items()}
    if any(kind is known for known in _KINDS):
        return value
    if any(kind is known for known in set(np.sctypeDict.values())):
        for family, convert in _NUMPY_SCALARS:
            if issubclass(kind, family):
                return convert(value)
    name = type.__repr__(kind).removeprefix("<class '").removesuffix("'>").removeprefix("__main__.")
    raise NotPlainError(f"an object of type {name}")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Where two results first differ.

    Attributes:
        path: the places in lists and tuples, and the keys in dicts, that lead there; () is the whole result.
        index: the place in an array; () where no single element differs.
        text: str, "expected …, received …".
    """

    path: tuple[int | str, ...] = ()
    index: tuple[int, ...] = ()
    text: str


def first_difference(expected: Any, received: Any, *, rtol: float = 1e-4, atol: float = 1e-5) -> Difference | None:
    """Compare two pieces of plain data strictly: type, kind of number, shape, then values.

    Whole numbers and text must be equal; real numbers may differ by ``atol + rtol · |expected|``, and NaN equals NaN.
    The width of a number (float32, float64) does not matter, its kind (int, float, bool) does: the tolerances
    leave room for a few steps in float32.

    Args:
        expected: plain data.
        received: plain data.
        rtol: float ≥ 0, tolerance relative to the expected value.
        atol: float ≥ 0, absolute tolerance.

    Returns:
        The first :class:`Difference`, in the order of places, keys and indices; None when there is none.
    """
    return next(_differences(expected, received, rtol, atol, ()), None)


def _differences(expected: Any, received: Any, rtol: float, atol: float, path: tuple) -> Iterator[Difference]:
    kind = type(expected)
    if kind is not type(received):
        words = [_KINDS[type(value)] for value in (expected, received)]
        remedy = _REMEDIES.get((kind, type(received)))
        text = f"expected {words[0]}, received {words[1]} ({show(received, 60)})"
        text += f"; {remedy}" if remedy else ""
        yield Difference(path=path, text=text)
    elif kind is np.ndarray:
        yield from _array_differences(expected, received, rtol, atol, path)
    elif kind is dict:
        if expected.keys() != received.keys():
            yield Difference(path=path, text=f"expected the keys {list(expected)}, received {list(received)}")
        else:
            for key in expected:
                yield from _differences(expected[key], received[key], rtol, atol, (*path, key))
    elif kind is list or kind is tuple:
        if len(expected) != len(received):
            yield Difference(path=path, text=f"expected {len(expected)} entries, received {len(received)}")
        else:
            for i in range(len(expected)):
                yield from _differences(expected[i], received[i], rtol, atol, (*path, i))
    elif not _close(expected, received, rtol, atol):
        yield Difference(path=path, text=_expected_received(expected, received))


def _array_differences(
    expected: np.ndarray, received: np.ndarray, rtol: float, atol: float, path: tuple
) -> Iterator[Difference]:
    kinds = [_ARRAYS[array.dtype.kind] for array in (expected, received)]
    if expected.size and not received.size:
        text = f"expected shape {expected.shape}, received {received.shape}"
        yield Difference(path=path, text=f"{text}, which holds nothing at all: a range may end one too early")
    elif kinds[0] != kinds[1]:
        text = f"expected an array of {kinds[0]}, received {kinds[1]} ({received.dtype})"
        remedy = f"; dtype={_DTYPES[expected.dtype.kind]} where the array is made says which"
        if received.dtype.kind == "U":
            remedy = "; a single entry that is text makes text of all the others"
        yield Difference(path=path, text=text + remedy)
    elif expected.shape != received.shape:
        yield Difference(path=path, text=f"expected shape {expected.shape}, received {received.shape}")
    else:
        for index in np.argwhere(~_close(expected, received, rtol, atol))[:1]:
            place = tuple(int(i) for i in index)
            text = _expected_received(expected[place].item(), received[place].item())
            yield Difference(path=path, index=place, text=text)


def _close(expected: Any, received: Any, rtol: float, atol: float) -> np.ndarray:
    if np.asarray(expected).dtype.kind in "fc":
        return np.isclose(received, expected, rtol=rtol, atol=atol, equal_nan=True)
    return np.asarray(expected == received)


def _expected_received(expected: Any, received: Any) -> str:
    short = show(expected), show(received)
    if short[0] == short[1]:  # they differ behind the digits that are shown
        short = repr(expected), repr(received)
    return f"expected {short[0]}, received {short[1]}"


def show(value: Any, limit: int = 200) -> str:
    """Plain data in one line: as Python code when it is short, else by type, length and shape.

    Args:
        value: plain data.
        limit: int ≥ 1, the most characters that count as short.
    """
    kind = type(value)
    if kind is np.ndarray:
        summary = f"<array of {_ARRAYS[value.dtype.kind]}, shape {value.shape}>"
        text = f"np.array({show(value.tolist(), limit)})" if value.size <= limit else summary
    elif kind is float:
        summary = text = f"{value:.1f}" if value.is_integer() and abs(value) < 1e6 else f"{value:.6g}"
    elif kind is dict:
        summary = f"<dict with {len(value)} keys>"
        text = ", ".join(f"{show(key)}: {show(entry)}" for key, entry in value.items()).join("{}")
    elif kind is list or kind is tuple:
        summary = f"<{kind.__name__} of length {len(value)}>"
        comma = "," if kind is tuple and len(value) == 1 else ""
        text = (", ".join(show(entry) for entry in value) + comma).join("[]" if kind is list else "()")
    else:
        summary, text = f"<{_KINDS[kind]}, {len(repr(value))} characters>", repr(value)
    return text if len(text) <= limit and "(<" not in text else summary
