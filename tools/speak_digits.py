# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy>=1.26", "scipy>=1.13"]
# ///
"""Have espeak-ng speak the ten digits and keep them in ``data/spoken_digits.npz``.

Run by a maintainer, once: ``uv run tools/speak_digits.py`` on a machine with espeak-ng 1.51, or with any Python that
has the packages named above. It prints the file's SHA-256, which ``data/README.md`` repeats. Each of the 16 voices is
an accent with a variant of its own, so that no variant is heard in two splits.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from itertools import product
from pathlib import Path

import numpy as np
from scipy.io import wavfile
from scipy.signal import resample_poly

from rnncourse.datasets.speech import RATE, mu_law_encode

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
# "en-gb" takes no variant, "en" (the same accent) does; a variant is named as its file is, capitals included.
ACCENTS = ["en", "en-us", "en-gb-scotland", "en-029", "en-gb-x-gbclan", "en-gb-x-rp", "en-gb-x-gbcwmd"]
MEN = ["m1", "m2", "m3", "m4", "m5", "m7", "Alex", "Andy"]
WOMEN = ["f1", "f2", "f3", "f4", "f5", "linda", "Annie", "Alicia"]
SPEEDS = (140, 170, 200)  # words a minute
PITCHES = (35, 60)  # espeak-ng's own scale, 0 to 99
PEAK = 0.9  # every recording is brought to this peak: loudness tells nothing
SILENCE = 0.02  # of the peak: what stays below at either end is cut
MARGIN = RATE // 100  # samples of the silence that are kept at either end
TARGET = Path(__file__).resolve().parent.parent / "data" / "spoken_digits.npz"


def speak(word: str, voice: str, speed: int, pitch: int) -> np.ndarray:
    """One recording, (time,) float64 at 8 kHz, without silence at its ends, its peak at ``PEAK``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spoken.wav"
        command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "-w", str(path), word]
        subprocess.run(command, check=True, capture_output=True)
        rate, samples = wavfile.read(path)
    wave = resample_poly(samples.astype(np.float64), RATE, rate)
    wave *= PEAK / np.abs(wave).max()
    loud = np.flatnonzero(np.abs(wave) > SILENCE * PEAK)
    return wave[max(0, loud[0] - MARGIN) : loud[-1] + 1 + MARGIN]


def main() -> None:
    """Speak every digit with every voice, speed and pitch, and write ``TARGET``."""
    variants = [variant for pair in zip(MEN, WOMEN, strict=True) for variant in pair]
    voices = [f"{ACCENTS[i % len(ACCENTS)]}+{variant}" for i, variant in enumerate(variants)]
    for voice in voices:  # espeak-ng falls back to the plain accent, without a word, when it does not know the variant
        accent = voice.split("+")[0]
        if np.array_equal(speak("seven", voice, SPEEDS[0], PITCHES[0]), speak("seven", accent, SPEEDS[0], PITCHES[0])):
            raise SystemExit(f"espeak-ng does not know the variant of {voice}")
    rows = list(product(range(len(voices)), SPEEDS, PITCHES, range(len(WORDS))))
    waves = [speak(WORDS[digit], voices[voice], speed, pitch) for voice, speed, pitch, digit in rows]
    voice, speed, pitch, digit = np.array(rows).T
    np.savez_compressed(
        TARGET,
        samples=mu_law_encode(np.concatenate(waves)),
        lengths=np.array([len(wave) for wave in waves], dtype=np.int32),
        digits=digit.astype(np.uint8),
        voices=np.array(voices)[voice],
        speeds=speed.astype(np.uint8),
        pitches=pitch.astype(np.uint8),
    )
    seconds = np.array([len(wave) for wave in waves]) / RATE
    print(f"{len(waves)} recordings, {seconds.min():.2f} to {seconds.max():.2f} s, {seconds.sum():.0f} s in all")
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes, sha256 {hashlib.sha256(TARGET.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
