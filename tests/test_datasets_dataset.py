"""The parts that every data set is made of."""

import subprocess
import sys

import numpy as np
import pytest

from rnncourse.datasets import About, Dataset, TextDataset, windowed_splits, windows

ABOUT = About(source="here", licence="none", shapes="x (n,), y (n,)", units="metres", split="by halves")


def test_windows_follow_their_definition_for_every_step_and_horizon():
    values = np.random.default_rng(0).normal(size=(23, 3)).astype(np.float32)
    for steps, horizon in ((1, 1), (4, 1), (4, 5), (20, 3)):
        x, y = windows(values, steps, horizon)
        assert len(x) == len(y) == 23 - steps - horizon + 1
        assert x.dtype == y.dtype == np.float32
        for i in range(len(x)):
            np.testing.assert_array_equal(x[i], values[i : i + steps])
            np.testing.assert_array_equal(y[i], values[i + steps - 1 + horizon])


def test_windows_of_one_feature_and_their_own_memory():
    values = np.arange(6, dtype=np.float32)
    x, y = windows(values, 2)
    assert x.shape == (4, 2, 1)
    assert y.tolist() == [[2], [3], [4], [5]]
    x[:] = y[:] = -1
    assert values.tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (np.zeros((2, 2, 2)), 1),
            r"values must have shape \(time,\) or \(time, features\), received shape \(2, 2, 2\)",
        ),
        ((np.zeros(5), 0), "steps must be a whole number from 1 up, received 0"),
        ((np.zeros(5), 2.5), "steps must be a whole number from 1 up, received 2.5"),
        ((np.zeros(5), 1, 0), "horizon must be a whole number from 1 up, received 0"),
        ((np.zeros(5), 1, True), "horizon must be a whole number from 1 up, received True"),
        ((np.zeros(5), 4, 2), r"values must hold at least steps \+ horizon = 6 values, received 5"),
    ],
)
def test_windows_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        windows(*arguments)


def test_splits_share_no_value_and_keep_the_order_of_time():
    values = np.arange(200, dtype=np.float32)
    parts = windowed_splits(values, 5, 2)
    seen = [np.unique(np.concatenate([x.ravel(), y.ravel()])) for x, y in parts]
    assert [int(part.min()) for part in seen] == [0, 140, 170]
    assert [int(part.max()) for part in seen] == [139, 169, 199]
    for (x, y), part in zip(parts, (values[:140], values[140:170], values[170:]), strict=True):
        np.testing.assert_array_equal(x, windows(part, 5, 2)[0])
        np.testing.assert_array_equal(y, windows(part, 5, 2)[1])


def test_splits_name_the_shortest_part():
    with pytest.raises(ValueError, match=r"steps \+ horizon must be at most 15, .* received 15 \+ 1"):
        windowed_splits(np.zeros(100), 15, 1)
    assert len(windowed_splits(np.zeros(100), 14, 1)[1][0]) == 1


def test_about_and_repr_say_what_it_is():
    data = Dataset(train=([1, 2], [0, 1]), validation=([1], [0]), test=([], []), about=ABOUT)
    assert repr(data) == "Dataset(train 2, validation 1, test 0; x (n,), y (n,))"
    assert str(ABOUT).splitlines()[3] == "units    metres"
    assert len(str(ABOUT).splitlines()) == 5


def test_text_goes_to_ids_and_back():
    empty = (np.zeros(0), np.zeros(0))
    data = TextDataset(train=empty, validation=empty, test=empty, about=ABOUT, vocabulary=("\ufffd", "a", "b"))
    ids = data.encode("abba!")
    assert ids.dtype == np.int32
    assert ids.tolist() == [1, 2, 2, 1, 0]
    assert data.decode(ids) == "abba\ufffd"
    assert data.decode([]) == ""
    for wrong in (-1, 3):
        with pytest.raises(ValueError, match=f"ids must lie in 0 … 2, received {wrong} … {wrong}"):
            data.decode([wrong])


def test_importing_the_room_loads_nothing_heavy():
    heavy = ["tensorflow", "keras", "pandas", "sklearn", "statsmodels", "scipy", "matplotlib", "pooch", "requests"]
    code = f"import sys, rnncourse.datasets; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
