"""The melodies of Bach's chorales, a token an eighth note."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rnncourse._checks import check_whole
from rnncourse.datasets._dataset import About, Split
from rnncourse.datasets._tasks import TaskDataset
from rnncourse.datasets._vocabulary import MARKS, Vocabulary
from rnncourse.datasets.chorales import chorales

_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_RUN = 14  # melodies that share so many moves in a row are one tune; ten in a row are shared by most
_HOLD, _REST, _LOWEST = range(len(MARKS), len(MARKS) + 3)


@dataclass(frozen=True, kw_only=True, repr=False)
class MelodyDataset(TaskDataset):
    """Pieces of melodies.

    Attributes:
        vocabulary: Vocabulary whose tokens are "hold", "rest", and names of pitches in rising order, such as "C5".
        lowest: int, the MIDI pitch of the vocabulary's first name of a pitch.
    """

    vocabulary: Vocabulary
    lowest: int

    def pitches(self, ids: Sequence[int]) -> np.ndarray:
        """What sounds at each eighth note of a row of ids, up to its first end.

        Args:
            ids: (steps,) whole numbers, 0 … len(vocabulary) − 1; start and padding are passed over.

        Returns:
            (eighths,) int64 MIDI pitches, 0 a rest. A hold at the very beginning is a rest.

        Raises:
            ValueError: another rank, or an id outside the vocabulary.
        """
        ids = np.asarray(ids)
        if ids.ndim != 1 or (ids.size and not 0 <= ids.min() <= ids.max() < len(self.vocabulary)):
            raise ValueError(
                f"ids must have shape (steps,) and lie in 0 … {len(self.vocabulary) - 1}, received shape {ids.shape}"
                + (f", {ids.min()} … {ids.max()}" if ids.size else "")
            )
        sounding: list[int] = []
        for token in ids:
            if token == self.vocabulary.end:
                break
            if token == _HOLD:
                sounding.append(sounding[-1] if sounding else 0)
            elif token >= _REST:
                sounding.append(0 if token == _REST else int(self.lowest + token - _LOWEST))
        return np.array(sounding, dtype=np.int64)


def melodies(*, steps: int = 64, key: Literal["c", "original"] = "c") -> MelodyDataset:
    """What the soprano of 346 Bach chorales sings: from the first note, or note by note, the rest of the melody.

    At each eighth note stands the name of a pitch, "rest", or "hold" for what sounded before. A note that is struck
    again looks like one that is held, as in :func:`chorales`; a sixteenth between two eighths (0.7 % of all changes) is
    passed over. A melody longer than ``steps`` is cut into as few pieces as it takes, of equal length to one eighth.

    Args:
        steps: int ≥ 8, eighth notes in the longest piece.
        key: "c" moves each melody by at most half an octave, so that the last note of its bass, almost always the
            keynote, becomes a C; major and minor are not told apart. "original" leaves it where it is sung.

    Returns:
        MelodyDataset: x (n, ids) float32, the first token of a piece, one-hot; y (n, steps + 2) int32 ids: 1, the
        piece, 2 where the melody ends with it, then 0. Scored by cross-entropy in nats per step, the start and padding
        left out; ``baselines``, with counts of the training split plus one each: "frequencies" of tokens, "one back",
        which knows the token before, and "note and length", which knows what sounds and for how many eighths, up to
        four.

    Raises:
        ValueError: an argument is outside its range.
    """
    check_whole("steps", steps, least=8)
    if key not in ("c", "original"):
        raise ValueError(f"key must be 'c' or 'original', received {key!r}")
    source = chorales()
    splits = ("train", "validation", "test")
    seen: set[bytes] = set()
    sung = {}
    for name in splits:
        part = [_melody(*score, key) for score in zip(*getattr(source, name), strict=True)]
        sung[name] = [melody for melody in part if not seen & _runs(melody)]
        seen.update(*map(_runs, part))
    every = np.concatenate([melody for part in sung.values() for melody in part])
    lowest, highest = int(every[every > 0].min()), int(every.max())
    names = (f"{_NAMES[pitch % 12]}{pitch // 12 - 1}" for pitch in range(lowest, highest + 1))
    vocabulary = Vocabulary.of(("hold", "rest", *names), " ")
    rows = {name: np.concatenate([_pieces(melody, steps, lowest) for melody in sung[name]]) for name in splits}
    pairs: dict[str, Split] = {
        name: (np.eye(len(vocabulary), dtype=np.float32)[y[:, 1]], y) for name, y in rows.items()
    }
    return MelodyDataset(
        **pairs,
        vocabulary=vocabulary,
        lowest=lowest,
        score="cross-entropy in nats per step",
        baselines=_baselines(rows["train"], rows["test"], len(vocabulary)),
        about=About(
            source=f"the soprano of {source.about.source}",
            licence=source.about.licence,
            shapes=f"x (pieces, {len(vocabulary)} ids), float32; y (pieces, {steps + 2} steps), int32; a step of a "
            "piece is an eighth note",
            units="ids: 0 padding, 1 start, 2 end of the melody, 3 hold, 4 rest, then pitches from "
            f"{vocabulary.tokens[_LOWEST]} (MIDI {lowest}) up"
            + ("; moved so that the last note of the bass is a C" if key == "c" else ""),
            split=f"{source.about.split}; 19 melodies of validation and test are left out, since {_RUN} of their moves "
            "in a row stand in an earlier split, as variants of one tune have them",
        ),
    )


def _melody(score: np.ndarray, following: np.ndarray, key: str) -> np.ndarray:
    """The soprano's pitches (eighths,), 0 a rest."""
    score = np.concatenate([score, following[-1:]])
    soprano, bass = score[::2, 0], score[:, 3]
    up = -bass[bass > 0][-1] % 12 if key == "c" else 0  # to the next C above
    return np.where(soprano > 0, soprano + (up - 12 if up > 6 else up), 0)


def _runs(melody: np.ndarray) -> set[bytes]:
    """All runs of moves in semitones, by which a tune is known again in another key or with another beginning."""
    sounding = melody[melody > 0]
    moves = np.diff(sounding)
    moves = moves[moves != 0]
    return {moves[i : i + _RUN].tobytes() for i in range(len(moves) - _RUN + 1)}


def _pieces(melody: np.ndarray, steps: int, lowest: int) -> np.ndarray:
    """Rows of ids (pieces, steps + 2)."""
    parts = np.array_split(melody, -(-len(melody) // steps))
    rows = np.zeros((len(parts), steps + 2), dtype=np.int32)
    rows[:, 0] = Vocabulary.start
    for row, part in zip(rows, parts, strict=True):
        tokens = np.where(part > 0, part - lowest + _LOWEST, _REST)
        row[1 : len(part) + 1] = np.where(np.diff(part, prepend=-1) == 0, _HOLD, tokens)
    rows[-1, len(parts[-1]) + 1] = Vocabulary.end
    return rows


def _baselines(train: np.ndarray, test: np.ndarray, ids: int) -> dict[str, float]:
    """Nats per step of tables: what is known before each step, and how often each token followed it in training."""

    def known(rows: np.ndarray) -> dict[str, np.ndarray]:
        held = rows[:, :-1] == _HOLD
        note, length = rows[:, :-1].copy(), np.zeros_like(rows[:, :-1])
        for step in range(1, held.shape[1]):
            note[held[:, step], step] = note[held[:, step], step - 1]
            length[held[:, step], step] = np.minimum(length[held[:, step], step - 1] + 1, 3)
        return {"frequencies": np.zeros_like(note), "one back": rows[:, :-1], "note and length": 4 * note + length}

    def nats(seen: np.ndarray, before: np.ndarray) -> float:
        counts = np.ones((4 * ids, ids))
        np.add.at(counts, (seen[train[:, 1:] > 0], train[:, 1:][train[:, 1:] > 0]), 1)
        share = counts / counts.sum(axis=1, keepdims=True)
        return float(-np.log(share[before[test[:, 1:] > 0], test[:, 1:][test[:, 1:] > 0]]).mean())

    seen, before = known(train), known(test)
    return {name: nats(seen[name], before[name]) for name in seen}
