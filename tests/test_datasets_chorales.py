"""Bach chorales."""

import numpy as np
import pytest

from rnncourse._runtime import course_folder
from rnncourse.datasets import chorales


@pytest.fixture(scope="module")
def data():
    return chorales()


def scores(part):
    return [np.concatenate([x, y[-1:]]) for x, y in zip(*part, strict=True)]


def tune(score):
    moves = np.diff(score[score[:, 0] > 0, 0])
    return tuple(moves[moves != 0][:6])


def test_targets_are_the_inputs_one_step_later(data):
    for part in (data.train, data.validation, data.test):
        for x, y in zip(*part, strict=True):
            assert x.shape == y.shape and x.shape[1] == 4 and x.dtype == y.dtype == np.int64
            np.testing.assert_array_equal(x[1:], y[:-1])


def test_every_stored_chorale_is_used_once(data):
    parts = [scores(part) for part in (data.train, data.validation, data.test)]
    shares = [len(part) / 365 for part in parts]
    np.testing.assert_allclose(shares, [0.70, 0.15, 0.15], atol=0.01)
    with np.load(course_folder("data") / "chorales.npz") as stored:
        stored_scores = np.split(stored["pitches"], np.cumsum(stored["lengths"])[:-1])
        assert len(set(stored["names"].tolist())) == 365
    ours = sorted(score.astype(np.uint8).tobytes() for part in parts for score in part)
    assert ours == sorted(score.tobytes() for score in stored_scores)


def test_no_tune_stands_in_two_splits_in_any_key(data):
    train, validation, test = (
        {tune(score) for score in scores(part)} for part in (data.train, data.validation, data.test)
    )
    assert not train & validation and not train & test and not validation & test


def test_voices_lie_as_voices_do(data):
    everything = np.concatenate([score for part in (data.train, data.validation, data.test) for score in scores(part)])
    ranges = [(column[column > 0].min(), column.max()) for column in everything.T]
    assert ranges == [(57, 81), (53, 74), (48, 69), (36, 64)]  # soprano to A5, bass to C2
    sounding = everything[(everything > 0).all(axis=1)]
    assert len(sounding) > 0.97 * len(everything)
    assert (np.diff(sounding.mean(axis=0)) < -4).all()


def test_the_first_chorale_of_riemenschneiders_edition_opens_as_it_should():
    """BWV 269, "Aus meines Herzens Grunde", No. 1 of that edition: two chords of G major, the bass up an octave."""
    with np.load(course_folder("data") / "chorales.npz") as stored:
        index = stored["names"].tolist().index("269")
        start = stored["lengths"][:index].sum()
        opening = stored["pitches"][start : start + 8 : 4]
    assert opening.tolist() == [[67, 62, 59, 43], [67, 62, 59, 55]]
