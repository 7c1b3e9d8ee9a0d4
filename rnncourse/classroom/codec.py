"""Plain data as JSON and back: how inputs go into a sandbox and results come out. Nothing of it can run."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import numpy as np

_DEEPEST = 40  # of JSON; plain data nests 16 levels, each takes two
_KINDS = "biufcU"


def encode(value: Any) -> Any:
    """What :func:`decode` makes the value of again, for ``json.dumps(…, allow_nan=False)``.

    Args:
        value: plain data, as :func:`rnncourse.exercises.plain_data.plain` gives it.
    """
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return value
    if kind is float:
        return {"float": value.hex()}
    if kind is complex:
        return {"complex": [value.real.hex(), value.imag.hex()]}
    if kind is list:
        return [encode(entry) for entry in value]
    if kind is tuple:
        return {"tuple": [encode(entry) for entry in value]}
    if kind is dict:
        return {"dict": [[encode(key), encode(entry)] for key, entry in value.items()]}
    if kind is np.ndarray:
        contents = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode("ascii")
        return {"array": [value.dtype.str, list(value.shape), contents]}
    raise ValueError(f"value must be plain data, received {kind.__name__}")


def decode(data: Any) -> Any:
    """Plain data from what came out of a sandbox, whoever wrote it.

    Args:
        data: what ``json.loads`` gave.

    Returns:
        The value; an array of exactly the bytes that were sent.

    Raises:
        ValueError: ``data`` is not what :func:`encode` gives.
    """
    try:
        return _decode(data, 0)
    except (TypeError, KeyError, OverflowError, AttributeError, binascii.Error) as error:
        raise ValueError(f"data must be encoded plain data, received {type(error).__name__}: {error}") from error


def _decode(data: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        raise ValueError(f"data must nest at most {_DEEPEST} levels")
    if data is None or type(data) in (bool, int, str):
        return data
    if type(data) is list:
        return [_decode(entry, depth + 1) for entry in data]
    if type(data) is not dict or len(data) != 1:
        raise ValueError(f"data must be encoded plain data, received {type(data).__name__}")
    ((kind, content),) = data.items()
    match kind, content:
        case "float", str(text):
            return float.fromhex(text)
        case "complex", [str(real), str(imaginary)]:
            return complex(float.fromhex(real), float.fromhex(imaginary))
        case "tuple", list(entries):
            return tuple(_decode(entry, depth + 1) for entry in entries)
        case "dict", list(pairs):
            return {_decode(key, depth + 1): _decode(entry, depth + 1) for key, entry in pairs}
        case "array", [str(dtype), list(shape), str(contents)]:
            return _array(np.dtype(dtype), shape, base64.b64decode(contents, validate=True))
    raise ValueError(f"data must be encoded plain data, received {kind!r}")


def _array(dtype: np.dtype, shape: list[int], contents: bytes) -> np.ndarray:
    if dtype.kind not in _KINDS or any(type(size) is not int or size < 0 for size in shape):
        raise ValueError(f"an array must have plain numbers or text and a shape, received {dtype} and {shape}")
    if not contents:  # frombuffer refuses nothing at all
        return np.zeros(shape, dtype) if 0 in shape or not dtype.itemsize else _short(shape)
    return np.frombuffer(contents, dtype).reshape(shape).copy()


def _short(shape: list[int]) -> np.ndarray:
    raise ValueError(f"an array of shape {shape} must bring its numbers")
