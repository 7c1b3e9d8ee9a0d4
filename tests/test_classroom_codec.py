"""Data that goes into a sandbox and comes out: the same afterwards, and never more than data."""

import json
import math

import numpy as np
import pytest

from rnncourse.classroom.codec import decode, encode
from rnncourse.exercises.plain_data import first_difference

VALUES = {
    "none": None,
    "truth": True,
    "whole": -(2**70),
    "real": 0.1,
    "infinite": -math.inf,
    "not a number": math.nan,
    "complex": complex(1.5, -0.0),
    "text": "σ \ud800 \n",
    "list": [1, [2.0, "3"], ()],
    "tuple": (np.arange(3), (None,)),
    "dict": {"a": 1, 2: [3], (4, 5): {"b": {}}},
    "array": np.random.default_rng(0).normal(size=(2, 3, 4)),
    "float32": np.float32([[1, 2], [3, 4]]).T,
    "empty": np.zeros((0, 3), int),
    "scalar": np.array(3.5),
    "texts": np.array(["ab", "c"]),
    "truths": np.array([True, False]),
    "nothing but ends": np.array(["", ""]),
}


@pytest.mark.parametrize("name", VALUES)
def test_what_goes_in_comes_out(name):
    value = VALUES[name]
    again = decode(json.loads(json.dumps(encode(value), allow_nan=False)))
    assert first_difference(value, again, rtol=0, atol=0) is None
    if isinstance(value, np.ndarray):
        assert again.dtype == value.dtype
        assert again.flags.writeable


@pytest.mark.parametrize(
    "data",
    [
        {"array": ["|O", [1], "AAAAAAAAAAA="]},
        {"array": ["<f8", [1_000_000_000_000], "AAAAAAAAAAA="]},
        {"array": ["<f8", [10**12], ""]},
        {"array": ["<f8", [-1], "AAAAAAAAAAA="]},
        {"array": ["<f8", [1], "no base64"]},
        {"array": ["nonsense", [1], ""]},
        {"array": "text"},
        {"float": "nonsense"},
        {"float": 1.5},
        {"tuple": {"dict": []}},
        {"dict": [[1]]},
        {"dict": [[[], 1]]},
        {"pickle": "gASVAAAAAAAA"},
        {"a": 1, "b": 2},
        1.5,
    ],
    ids=str,
)
def test_anything_else_is_refused(data):
    with pytest.raises(ValueError, match=r"."):
        decode(data)


def test_depth_is_bounded():
    data = []
    for _ in range(500):
        data = [data]
    with pytest.raises(ValueError, match="levels"):
        decode(data)


def test_only_plain_data_is_encoded():
    with pytest.raises(ValueError, match="received object"):
        encode(object())
