"""Melodies from the chorales."""

import numpy as np
import pytest

from rnncourse.datasets import chorales, melodies

SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def data():
    return melodies()


def joined(data, name):
    """Whole melodies as MIDI pitches, from the pieces in their order: a row with an end closes a melody."""
    whole, parts = [], []
    for row in getattr(data, name)[1]:
        parts.append(data.pitches(row))
        if data.vocabulary.end in row:
            whole.append(np.concatenate(parts))
            parts = []
    assert not parts
    return whole


@pytest.mark.parametrize("name", SPLITS)
def test_pieces_make_up_the_sopranos_in_their_own_splits(name):
    data = melodies(key="original", steps=40)
    scores = [np.concatenate([x, y[-1:]]) for x, y in zip(*getattr(chorales(), name), strict=True)]
    sung, whole = [score[::2, 0].tolist() for score in scores], [melody.tolist() for melody in joined(data, name)]
    waiting = iter(sung)
    assert all(melody in waiting for melody in whole)  # in their order
    assert len(sung) - len(whole) == {"train": 0, "validation": 13, "test": 6}[name]


def test_no_tune_stands_in_two_splits_whatever_its_beginning(data):
    runs = []
    for name in SPLITS:
        moves = [np.diff(melody[melody > 0]) for melody in joined(data, name)]
        moves = [line[line != 0].tolist() for line in moves]
        runs.append({tuple(line[i : i + 14]) for line in moves for i in range(len(line) - 13)})
    assert not runs[0] & runs[1] and not runs[0] & runs[2] and not runs[1] & runs[2]


def test_in_c_the_last_note_of_the_bass_is_a_c_and_the_moves_stay(data):
    scores = [np.concatenate([x, y[-1:]]) for x, y in zip(*chorales().train, strict=True)]
    for melody, score in zip(joined(data, "train"), scores, strict=True):
        soprano, bass = score[::2, 0], score[:, 3]
        (move,) = {int(moved - sung) for moved, sung in zip(melody, soprano, strict=True) if sung}
        assert -5 <= move <= 6 and (bass[bass > 0][-1] + move) % 12 == 0
        np.testing.assert_array_equal(melody == 0, soprano == 0)


def test_most_melodies_in_c_end_on_c(data):
    ends = np.array([melody[melody > 0][-1] % 12 for name in SPLITS for melody in joined(data, name)])
    assert len(ends) == 346 and (ends == 0).mean() > 0.95


def test_rows_are_a_start_tokens_an_end_and_padding(data):
    assert len(data.vocabulary) == 35 and data.vocabulary.tokens[3:6] == ("hold", "rest", "G3") and data.lowest == 55
    for name in SPLITS:
        x, y = getattr(data, name)
        assert x.shape == (len(y), 35) and x.dtype == np.float32 and y.shape[1] == 66 and y.dtype == np.int32
        np.testing.assert_array_equal(x.argmax(axis=1), y[:, 1])
        np.testing.assert_array_equal(x.sum(axis=1), 1)
        assert (y[:, 0] == 1).all() and (y[:, 1] != 3).all()
        lengths = (y > 2).sum(axis=1)
        assert lengths.max() == 64 and lengths.min() >= 30
        for row, length in zip(y, lengths, strict=True):
            assert (
                (row[1 : length + 1] > 2).all() and set(row[length + 2 :].tolist()) <= {0} and row[length + 1] in (0, 2)
            )


def test_a_row_by_hand(data):
    names = ["C5", "hold", "E5", "rest", "hold", "C5"]
    ids = data.vocabulary.encode([names], steps=9)[0]
    assert data.vocabulary.decode(ids) == "C5 hold E5 rest hold C5"
    assert data.pitches(ids).tolist() == [72, 72, 76, 0, 0, 72]
    assert data.pitches([3, 3, 34]).tolist() == [0, 0, 84]
    assert data.pitches([]).tolist() == []


def test_baselines_are_ordered_as_what_they_know(data):
    frequencies, one_back, note_and_length = data.baselines.values()
    assert list(data.baselines) == ["frequencies", "one back", "note and length"]
    assert note_and_length < one_back < frequencies < np.log(32)
    due = np.concatenate([row[1:][row[1:] > 0] for row in data.test[1]])
    seen = np.concatenate([row[1:][row[1:] > 0] for row in data.train[1]])
    share = (np.bincount(seen, minlength=35) + 1) / (len(seen) + 35)
    assert frequencies == pytest.approx(-np.log(share[due]).mean())


def test_the_best_table_of_note_and_length_scores_its_baseline(data):
    def known(row):
        """Before each step: what sounds, as an id, and for how many eighths, from 1 to 4."""
        note, length = int(row[0]), 1
        for token in row[1:]:
            if token == 0:
                return
            yield (note, length), int(token)
            note, length = (note, min(length + 1, 4)) if token == 3 else (int(token), 1)

    counts = {}
    for row in data.train[1]:
        for before, token in known(row):
            counts.setdefault(before, np.ones(35))[token] += 1
    nats = []
    for row in data.test[1]:
        for before, token in known(row):
            table = counts.get(before, np.ones(35))
            nats.append(-np.log(table[token] / table.sum()))
    assert data.baselines["note and length"] == pytest.approx(np.mean(nats))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda data: melodies(steps=7), "steps must be a whole number from 8 up, received 7"),
        (lambda data: melodies(key="G"), "key must be 'c' or 'original', received 'G'"),
        (lambda data: data.pitches([[1]]), r"ids must have shape \(steps,\) .* 0 … 34, received shape \(1, 1\), 1 … 1"),
        (lambda data: data.pitches([35]), r"lie in 0 … 34, received shape \(1,\), 35 … 35"),
    ],
)
def test_refuses(data, call, message):
    with pytest.raises(ValueError, match=message):
        call(data)
