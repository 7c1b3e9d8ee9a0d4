"""Recalling the first symbol, and copying a string."""

import pickle

import numpy as np
import pytest

from rnncourse.datasets import copying, recall_first

SPLITS = ("train", "validation", "test")


def rows(data):
    return np.concatenate([getattr(data, name)[0] for name in SPLITS])


def test_recall_with_distractors_asks_for_the_first_symbol():
    data = recall_first(steps=6, symbols=3, examples=300, seed=2)
    for name in SPLITS:
        x, y = getattr(data, name)
        assert x.shape == (len(y), 6) and x.dtype == np.int32 and y.dtype == np.int64
        np.testing.assert_array_equal(x[:, 0], y)
        assert set(np.unique(y)) == {0, 1, 2} and set(np.unique(x[:, 1:])) == {3, 4, 5}
    np.testing.assert_allclose(np.bincount(data.train[1]) / len(data.train[1]), data.baselines["guess"], atol=0.07)


def test_recall_with_blanks_has_one_sequence_for_each_symbol():
    data = recall_first(steps=9, symbols=5, filler="blank", examples=100)
    for name in SPLITS:
        x, y = getattr(data, name)
        np.testing.assert_array_equal(x, np.concatenate([y[:, None], np.full((len(y), 8), 5)], axis=1))
    assert len(np.unique(rows(data), axis=0)) == 5
    assert "same few sequences" in data.about.split


@pytest.mark.parametrize(("lag", "symbols", "length"), [(30, 8, 10), (1, 2, 6), (2, 5, 3)])
def test_copying_writes_the_string_after_the_signal(lag, symbols, length):
    data = copying(lag=lag, symbols=symbols, length=length, examples=20, seed=1)
    for name in SPLITS:
        for x, y in zip(*getattr(data, name), strict=True):
            text, blank, signal = x[:length].tolist(), [symbols], [symbols + 1]
            assert set(text) <= set(range(symbols))
            assert x.tolist() == text + blank * (lag - 1) + signal + blank * length
            assert y.tolist() == blank * (lag + length) + text
    assert data.train[0].dtype == np.int32 and data.train[1].dtype == np.int64


def test_copying_has_the_baseline_of_the_paper():
    data = copying(lag=100)
    assert data.baselines["memoryless"] == pytest.approx(10 * np.log(8) / 120, rel=1e-12)


def test_no_answer_without_memory_costs_less_than_the_baseline():
    data = copying(lag=5, symbols=4, length=8, examples=30_000)
    seen, due = data.train[1], data.test[1]
    cost = 0.0  # of the best table: how often each symbol was due at each step of the training split
    for step in range(due.shape[1]):
        share = np.bincount(seen[:, step], minlength=5) / len(seen)
        cost -= np.log(share[due[:, step]]).mean() / due.shape[1]
    assert cost == pytest.approx(data.baselines["memoryless"], rel=2e-3)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: recall_first(steps=7, symbols=2, examples=64),
        lambda: copying(lag=4, symbols=2, length=7, examples=64),
    ],
)
def test_no_sequence_occurs_twice_even_when_half_of_all_are_drawn(draw):
    assert len(np.unique(rows(draw()), axis=0)) == 64


def test_a_seed_gives_its_own_sequences():
    for load in (recall_first, lambda **kw: copying(lag=3, **kw)):
        assert not np.array_equal(load(seed=0).train[0], load(seed=1).train[0])


def test_a_task_travels_to_another_process():
    data = pickle.loads(pickle.dumps(copying(lag=3)))
    assert data.baselines == copying(lag=3).baselines and repr(data) == repr(copying(lag=3))


@pytest.mark.parametrize(
    ("load", "arguments", "message"),
    [
        (recall_first, {"steps": 1}, "steps must be a whole number from 2 up, received 1"),
        (recall_first, {"symbols": 1}, "symbols must be a whole number from 2 up, received 1"),
        (recall_first, {"filler": "noise"}, "filler must be 'blank' or 'distractors', received 'noise'"),
        (recall_first, {"examples": 3}, "examples must be a whole number from 20 up, received 3"),
        (recall_first, {"seed": 1.5}, "seed must be a whole number from 0 up, received 1.5"),
        (recall_first, {"steps": 3}, "examples must be at most 256 for steps 3 and symbols 8, received 4000"),
        (copying, {"lag": 0}, "lag must be a whole number from 1 up, received 0"),
        (copying, {"lag": 3, "symbols": 1}, "symbols must be a whole number from 2 up, received 1"),
        (copying, {"lag": 3, "length": 0}, "length must be a whole number from 1 up, received 0"),
        (copying, {"lag": 3, "length": 4}, "examples must be at most 2048 for symbols 8 and length 4, received 4000"),
    ],
)
def test_refuses(load, arguments, message):
    with pytest.raises(ValueError, match=message):
        load(**arguments)
