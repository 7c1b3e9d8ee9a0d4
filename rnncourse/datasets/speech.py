"""Spoken digits: synthetic speech, split by voice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnncourse._runtime import course_folder
from rnncourse.datasets._dataset import About, Dataset, Split

RATE = 8000  # samples a second
# Constant, so that every run has the same split; each part has men's and women's voices.
_VOICES = {
    "validation": ("en-gb-scotland+m2", "en-gb-x-rp+f3", "en+Andy"),
    "test": ("en-029+f2", "en-us+m5", "en-gb-x-gbcwmd+Annie"),
}


@dataclass(frozen=True, kw_only=True, repr=False)
class SpeechDataset(Dataset):
    """Recordings of different length, and who spoke them how.

    Attributes:
        rate: int, samples a second.
        speakers: dict from "train", "validation" and "test" to (n,) str, the voice of each recording.
        speeds: dict likewise to (n,) int64, words a minute.
        pitches: dict likewise to (n,) int64, on the synthesiser's scale from 0 (low) to 99 (high).
    """

    rate: int
    speakers: dict[str, np.ndarray]
    speeds: dict[str, np.ndarray]
    pitches: dict[str, np.ndarray]


def spoken_digits() -> SpeechDataset:
    """The digits zero to nine, spoken by 16 synthetic voices at three speeds and two pitches: 960 recordings.

    Returns:
        SpeechDataset: x list of (T_i,) float32 in [−1, 1], 8,000 samples a second, without silence at the ends; y (n,)
        int64, 0 to 9. The voices of validation and test are not heard in training.

    Source: eSpeak NG, by ``tools/speak_digits.py``. Synthetic voices vary far less than people do.
    """
    with np.load(course_folder("data") / "spoken_digits.npz") as stored:
        x = np.split(mu_law_decode(stored["samples"]), np.cumsum(stored["lengths"])[:-1])
        y, speeds, pitches = (stored[name].astype(np.int64) for name in ("digits", "speeds", "pitches"))
        voices = stored["voices"]
    held_out = [voice for names in _VOICES.values() for voice in names]
    rows = {name: np.flatnonzero(np.isin(voices, names)) for name, names in _VOICES.items()}
    rows = {"train": np.flatnonzero(~np.isin(voices, held_out)), **rows}
    splits: dict[str, Split] = {name: ([x[i] for i in indices], y[indices]) for name, indices in rows.items()}
    return SpeechDataset(
        **splits,
        about=About(
            source="synthetic speech, made for this course with eSpeak NG 1.51: ten digits, 16 voices (an English "
            "accent with a variant of its own), 140, 170 and 200 words a minute, pitch 35 and 60; kept in "
            "data/spoken_digits.npz",
            licence="the course claims no rights in the recordings (CC0); eSpeak NG, which made them, is "
            "GPL-3.0-or-later",
            shapes=f"x: list of float32 arrays (samples,), {RATE} samples a second; y (recordings,), int64",
            units="x: sound pressure without unit in [−1, 1], every recording brought to a peak of about 0.9; stored "
            "by the µ-law of telephony (8 bits a sample), so a sample is off by at most about 2 %; y: the digit, 0 to "
            "9",
            split="by voice: 10 train, 3 validation, 3 test; no voice and no variant of a voice is heard in two splits",
        ),
        rate=RATE,
        speakers={name: voices[indices] for name, indices in rows.items()},
        speeds={name: speeds[indices] for name, indices in rows.items()},
        pitches={name: pitches[indices] for name, indices in rows.items()},
    )


def mu_law_encode(wave: np.ndarray) -> np.ndarray:
    """Compress samples to 8 bits along the µ-law curve, finer near zero; 128 is zero.

    The curve is that of ITU-T G.711, sign(x) ln(1 + 255 |x|) / ln 256, rounded to 255 even levels instead of G.711's
    straight segments.

    Args:
        wave: any shape, real numbers in [−1, 1].

    Returns:
        uint8 of the same shape, 1 to 255.

    Raises:
        ValueError: a sample is outside [−1, 1] or not a number.
    """
    wave = np.asarray(wave, dtype=np.float64)
    if not np.all(np.abs(wave) <= 1):
        raise ValueError(f"wave must lie in [−1, 1], received {wave.min()} … {wave.max()}")
    return np.rint(128 + 127 * np.sign(wave) * np.log1p(255 * np.abs(wave)) / np.log(256)).astype(np.uint8)


def mu_law_decode(codes: np.ndarray) -> np.ndarray:
    """The samples that :func:`mu_law_encode` compressed.

    Args:
        codes: uint8 of any shape.

    Returns:
        float32 of the same shape in [−1, 1], exact to 2.2 % of a sample plus 0.0001.
    """
    level = (np.arange(256) - 128) / 127
    table = np.sign(level) * np.expm1(np.abs(level) * np.log(256)) / 255
    return table.clip(-1, 1).astype(np.float32)[codes]
