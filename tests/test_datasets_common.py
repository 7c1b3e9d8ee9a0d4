"""What holds for every data set that the course brings along."""

import dataclasses
import hashlib
import re

import numpy as np
import pandas as pd
import pytest

from rnncourse import datasets
from rnncourse._runtime import course_folder

SPLITS = ("train", "validation", "test")
SERIES = {
    "co2": (2284, 52, 1),
    "el_nino": (732, 24, 1),
    "sunspots": (309, 22, 1),
    "google_prices": (1047, 20, 1),
    "eeg": (800, 32, 4),
}
LOADERS = [
    *(getattr(datasets, name) for name in SERIES),
    datasets.digits,
    datasets.chorales,
    datasets.spoken_digits,
    datasets.order_only,
    datasets.adding,
    datasets.recall_first,
    datasets.running_total,
    datasets.copying,
    datasets.temporal_order,
    datasets.pendulum,
    datasets.python_source,
    datasets.ciphers,
    datasets.digit_captions,
    datasets.python_labels,
    datasets.dates,
    datasets.melodies,
    datasets.code_tags,
    datasets.reviews,
]


@pytest.fixture(params=LOADERS, ids=lambda load: load.__name__)
def load(request):
    return request.param


def flat(values):
    """Arrays and lists of arrays alike, as one flat array."""
    return np.concatenate([np.ravel(value) for value in values]) if isinstance(values, list) else np.ravel(values)


def examples(data, name):
    """Every example of a split as bytes; a text counts as one example."""
    x, y = getattr(data, name)
    if isinstance(data, datasets.TextDataset):
        return [x.tobytes()]
    return [np.ascontiguousarray(a).tobytes() + np.asarray(b).tobytes() for a, b in zip(x, y, strict=True)]


def test_splits_are_complete_and_finite(load):
    data = load()
    for name in SPLITS:
        x, y = getattr(data, name)
        assert len(x) == len(y) > 0
        assert np.isfinite(flat(x)).all() and np.isfinite(flat(y)).all()
    sizes = [len(getattr(data, name)[0]) for name in SPLITS]
    assert sizes[0] > 2 * max(sizes[1:])


def test_about_is_complete(load):
    for field in dataclasses.fields(datasets.About):
        assert len(getattr(load().about, field.name)) > 10, field.name


def test_a_second_call_gives_the_same(load, monkeypatch):
    first = load()
    monkeypatch.setenv("RNNCOURSE_SEED", "7")
    np.random.seed(7)  # noqa: NPY002 - the state that a data set must not look at
    second = load()
    for name in SPLITS:
        for a, b in zip(getattr(first, name), getattr(second, name), strict=True):
            np.testing.assert_array_equal(flat(a), flat(b))


def test_no_example_stands_in_two_splits(load):
    data = load()
    sets = [set(examples(data, name)) for name in SPLITS]
    assert not sets[0] & sets[1] and not sets[0] & sets[2] and not sets[1] & sets[2]


@pytest.mark.parametrize("name", SERIES)
def test_series_are_windows_of_their_record_in_the_order_of_time(name):
    length, steps, features = SERIES[name]
    data = getattr(datasets, name)()
    assert isinstance(data.series, pd.DataFrame if features > 1 else pd.Series)
    assert data.series.index.is_monotonic_increasing and data.series.index.is_unique and data.series.index.name
    values = data.series.to_numpy().reshape(length, features).astype(np.float32)
    bounds = (0, int(0.70 * length), int(0.85 * length), length)
    for i, split in enumerate(SPLITS):
        x, y = getattr(data, split)
        part = values[bounds[i] : bounds[i + 1]]
        assert x.shape == (len(part) - steps, steps, features) and x.dtype == y.dtype == np.float32
        np.testing.assert_array_equal(np.concatenate([x[0], y]), part)
        np.testing.assert_array_equal(x[-1], part[-1 - steps : -1])


@pytest.mark.parametrize("name", SERIES)
def test_series_take_steps_and_horizon(name):
    data = getattr(datasets, name)(steps=3, horizon=4)
    values = data.series.to_numpy().reshape(len(data.series), -1).astype(np.float32)
    np.testing.assert_array_equal(data.train[0][0], values[:3])
    np.testing.assert_array_equal(data.train[1][0], values[6])
    with pytest.raises(ValueError, match="steps must be a whole number from 1 up, received 0"):
        getattr(datasets, name)(steps=0)


def test_data_readme_has_the_checksum_of_every_file():
    folder = course_folder("data")
    listed = dict(
        re.findall(r"## (\S+\.npz)\n.*?SHA-256:\*\* `(\w+)`", (folder / "README.md").read_text("utf-8"), re.DOTALL)
    )
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.npz")}
    assert listed == files
    assert sum(path.stat().st_size for path in folder.glob("*.npz")) < 4_000_000


def test_every_public_name_is_there_and_listed_once():
    assert len(datasets.__all__) == len(set(datasets.__all__))
    for name in datasets.__all__:
        assert getattr(datasets, name) is not None
