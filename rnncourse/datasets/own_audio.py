"""Bring your own recordings: a folder for each class."""

from __future__ import annotations

import math
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rnncourse._checks import check_whole
from rnncourse.datasets._dataset import About, Dataset
from rnncourse.datasets._files import existing

_LEAST_FILES = 3  # per class; one for each part


@dataclass(frozen=True, kw_only=True, repr=False)
class AudioDataset(Dataset):
    """Recordings of unequal length, and what they are of.

    Attributes:
        classes: tuple of str, the classes' names; a target is a place in it.
        rate: int, samples per second.
    """

    classes: tuple[str, ...]
    rate: int


def audio_from_folder(path: str | os.PathLike, *, rate: int = 8000) -> AudioDataset:
    """Recordings sorted into one folder per class: ``path/yes/*.wav``, ``path/no/*.wav``, …

    Args:
        path: a folder with a folder for each class; hidden ones, and files other than ``.wav``, are passed over.
        rate: int ≥ 1, samples per second to resample to.

    Returns:
        AudioDataset: ``x`` is a list of float32 arrays (time,) in [−1, 1], channels averaged; ``y`` (n,), int64, is the
        place of the class among ``classes``, sorted by name. Each class is shuffled by a constant seed and split
        70/15/15, with at least one recording in each part.

    Raises:
        FileNotFoundError: there is nothing at ``path``.
        ValueError: ``path`` is a file, has fewer than 2 folders, a class has fewer than 3 recordings, or a recording is
            unreadable, cut short, empty, or leaves [−1, 1]; ``rate`` is not a whole number from 1 up.
    """
    check_whole("rate", rate, least=1)
    path = existing(path, "folder")
    folders = sorted((p for p in path.iterdir() if p.is_dir() and not p.name.startswith(".")), key=lambda p: p.name)
    if len(folders) < 2:
        raise ValueError(f"{path} must hold a folder for each of at least 2 classes, received {len(folders)} folders")
    parts: tuple[list, list, list] = ([], [], [])
    for label, folder in enumerate(folders):
        files = sorted(
            (p for p in folder.iterdir() if p.is_file() and not p.name.startswith(".")), key=lambda p: p.name
        )
        recordings = [p for p in files if p.suffix.lower() == ".wav"]
        if len(recordings) < _LEAST_FILES:
            others = ", ".join(sorted({p.suffix or p.name for p in files if p not in recordings}))
            raise ValueError(
                f"{folder} must hold at least {_LEAST_FILES} files with the extension .wav, one for each of train, "
                f"validation and test, received {len(recordings)}{f' and other files: {others}' if others else ''}"
            )
        share = max(1, round(0.15 * len(recordings)))
        order = np.random.default_rng(0).permutation(len(recordings))  # per class: another class changes nothing here
        for part, chosen in zip(parts, np.split(order, [len(order) - 2 * share, len(order) - share]), strict=True):
            part.extend((_read_wav(recordings[i], rate), label) for i in sorted(chosen))
    train, validation, test = (
        ([sound for sound, _ in part], np.array([label for _, label in part], dtype=np.int64)) for part in parts
    )
    about = About(
        source=f"your own folder {path.resolve().name}",
        licence="your own: the files state none",
        shapes="x list of (time,), y (n,)",
        units=f"x: sound pressure relative to full scale, −1 … 1, {rate} samples a second; y: place among the classes",
        split="by class, shuffled with a constant seed: 70 % train, 15 % validation, 15 % test",
    )
    classes = tuple(folder.name for folder in folders)
    return AudioDataset(train=train, validation=validation, test=test, about=about, classes=classes, rate=rate)


def _read_wav(path: Path, rate: int) -> np.ndarray:
    """One recording as float32 (time,) in [−1, 1] at ``rate`` samples per second, channels averaged."""
    from scipy.io import wavfile
    from scipy.signal import resample_poly

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)  # chunks other than sound
            warnings.filterwarnings("error", "Reached EOF prematurely")
            original, samples = wavfile.read(path)
    except Exception as error:  # a damaged header can raise anything
        raise ValueError(f"{path} cannot be read as a WAV file (PCM or floating point): {error}") from error
    if not len(samples):
        raise ValueError(f"{path} holds no sound")
    if samples.dtype.kind == "u":
        sound = (samples.astype(np.float64) - 128) / 128
    elif samples.dtype.kind == "i":
        sound = samples / float(2 ** (8 * samples.dtype.itemsize - 1))
    else:
        sound = samples.astype(np.float64)
    peak = np.abs(sound).max()
    if not peak <= 1:
        raise ValueError(f"{path}: floating-point samples must lie in [−1, 1], received a peak of {peak}")
    if sound.ndim == 2:
        sound = sound.mean(axis=1)
    if original != rate:
        divisor = math.gcd(original, rate)
        sound = resample_poly(sound, rate // divisor, original // divisor)
    return np.clip(sound, -1, 1).astype(np.float32)  # resampling may overshoot a peak
