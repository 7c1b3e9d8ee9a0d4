# /// script
# requires-python = ">=3.11"
# dependencies = ["music21==10.5.1", "numpy>=1.26"]
# ///
"""Extract Bach's four-part chorales from music21's corpus into ``data/chorales.npz``.

Run by a maintainer, once: ``uv run tools/extract_chorales.py``, or with any Python that has the packages named above.
It prints the file's SHA-256, which ``data/README.md`` repeats. A score is taken when its parts are exactly soprano,
alto, tenor and bass; the others (with instruments, with two sopranos, without named parts) are skipped.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
from music21 import converter, corpus, stream

VOICES = ["Soprano", "Alto", "Tenor", "Bass"]
STEPS_PER_QUARTER = 4  # sixteenth notes: an eighth-note grid would lose notes in two thirds of the chorales
TARGET = Path(__file__).resolve().parent.parent / "data" / "chorales.npz"


def pitches(score: stream.Score) -> np.ndarray:
    """What sounds at every sixteenth: (time, 4) uint8 MIDI pitches, 0 where a voice rests."""
    grid = np.zeros((round(float(score.highestTime) * STEPS_PER_QUARTER), len(VOICES)), dtype=np.uint8)
    for voice, part in enumerate(score.parts):
        for note in part.flatten().notes:
            start = float(note.offset) * STEPS_PER_QUARTER
            stop = start + float(note.quarterLength) * STEPS_PER_QUARTER
            grid[int(np.ceil(start)) : int(np.ceil(stop)), voice] = note.pitch.midi
    return grid


def natural(path: Path) -> list[int | str]:
    """Sort key: BWV 2 before BWV 10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.stem)]


def main() -> None:
    """Read every chorale of the corpus, and write ``TARGET``."""
    names, scores, skipped = [], [], []
    for path in sorted((Path(path) for path in corpus.getComposer("bach")), key=natural):
        if not path.name.startswith("bwv"):
            continue  # analyses of chorales, not scores
        score = converter.parse(path)
        if [part.partName for part in score.parts] == VOICES:
            names.append(path.stem.removeprefix("bwv"))
            scores.append(pitches(score))
        else:
            skipped.append(path.name)
    np.savez_compressed(
        TARGET,
        names=np.array(names),
        lengths=np.array([len(score) for score in scores], dtype=np.int32),
        pitches=np.concatenate(scores),
    )
    print(f"{len(names)} chorales, {sum(map(len, scores)):,} steps; skipped {len(skipped)}: {', '.join(skipped)}")
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes, sha256 {hashlib.sha256(TARGET.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
