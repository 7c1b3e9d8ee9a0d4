"""Bach's four-part chorales as integer pitches."""

from __future__ import annotations

import numpy as np

from rnncourse._runtime import course_folder
from rnncourse.datasets._dataset import About, Dataset, Split

_SPLIT_SEED = 0  # one split for every run of the course, whatever RNNCOURSE_SEED says
_OPENING = 6  # melodies whose first six moves agree count as one tune


def chorales() -> Dataset:
    """365 chorales harmonised by Johann Sebastian Bach, all four voices, and at each step what sounds next.

    A step is a sixteenth note: ``x[i][::2]`` is on the grid of eighths. A pitch is a MIDI number (60 is middle C), 0 a
    rest. A held note and a note struck again look alike. A chorale starts with its upbeat; repeats are not played out.

    Returns:
        Dataset: x and y are lists of int64 arrays, x[i] (T_i, 4) without the last step and y[i] (T_i, 4)
        without the first, so ``y[i][t]`` sounds one step after ``x[i][t]``; the columns are soprano, alto, tenor, bass.

    Source: the MusicXML scores of music21's corpus, extracted by ``tools/extract_chorales.py``.
    """
    with np.load(course_folder("data") / "chorales.npz") as stored:
        scores = np.split(stored["pitches"].astype(np.int64), np.cumsum(stored["lengths"])[:-1])
    train, validation, test = (_next_step(part) for part in _split_by_tune(scores))
    return Dataset(
        train=train,
        validation=validation,
        test=test,
        about=About(
            source=f"{len(scores)} chorales of J. S. Bach (1685–1750) from music21's corpus, kept in "
            "data/chorales.npz; scores whose parts are not exactly soprano, alto, tenor and bass (48, most with "
            "instruments) are left out",
            licence="the compositions are in the public domain; the encodings are distributed with music21 by "
            "permission of their makers; most scores print a copyright notice of their encoder, dated 2003/2004, "
            "without terms, and music21 warns that some of its corpus may not be used commercially: data/README.md "
            "says more",
            shapes="x, y: lists of int64 arrays (steps, 4 voices: soprano, alto, tenor, bass), a step being a "
            "sixteenth note",
            units="MIDI pitch, 60 = middle C, 0 = rest; y is x one step later",
            split="by chorale, 70/15/15 % with a constant seed; chorales whose melodies start with the same six moves, "
            "in any key, go to the same split, since Bach set many tunes more than once",
        ),
    )


def _tune(score: np.ndarray) -> bytes:
    """The melody's first moves in semitones, which stay the same in another key."""
    melody = score[score[:, 0] > 0, 0]
    moves = np.diff(melody)
    return moves[moves != 0][:_OPENING].tobytes()


def _split_by_tune(scores: list[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
    tunes: dict[bytes, list[np.ndarray]] = {}
    for score in scores:
        tunes.setdefault(_tune(score), []).append(score)
    groups = list(tunes.values())
    train: list[np.ndarray] = []
    validation: list[np.ndarray] = []
    test: list[np.ndarray] = []
    for group in np.random.default_rng(_SPLIT_SEED).permutation(len(groups)):
        if len(train) < 0.70 * len(scores):
            part = train
        elif len(train) + len(validation) < 0.85 * len(scores):
            part = validation
        else:
            part = test
        part.extend(groups[group])
    return train, validation, test


def _next_step(scores: list[np.ndarray]) -> Split:
    return [score[:-1] for score in scores], [score[1:] for score in scores]
