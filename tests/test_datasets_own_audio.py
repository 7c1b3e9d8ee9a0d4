"""Your own recordings: what comes back, and what is said about each that cannot be read."""

import re
import struct

import numpy as np
import pytest
from scipy.io import wavfile

from rnncourse.datasets import audio_from_folder


def tone(rate: int) -> np.ndarray:
    """A quarter of a second at 200 Hz."""
    return 0.5 * np.sin(2 * np.pi * 200.0 * np.arange(round(0.25 * rate)) / rate)


@pytest.fixture
def folder(tmp_path):
    """Two classes, ``no`` with 3 recordings and ``yes`` with 10; the length tells a recording."""
    for name, count, first in (("yes", 10, 100), ("no", 3, 200)):
        (tmp_path / name).mkdir()
        for i in range(count):
            wavfile.write(tmp_path / name / f"{i}.wav", 8000, np.full(first + i, 16384, np.int16))
    return tmp_path


def test_audio_is_split_by_class(folder):
    (folder / ".hidden").mkdir()
    (folder / "yes" / "notes.txt").write_text("passed over")
    (folder / "yes" / "._0.wav").write_text("passed over")
    (folder / "yes" / "0.wav").rename(folder / "yes" / "0.WAV")
    data = audio_from_folder(folder)
    assert data.classes == ("no", "yes") and data.rate == 8000
    assert np.bincount(data.train[1]).tolist() == [1, 6]
    assert np.bincount(data.validation[1]).tolist() == np.bincount(data.test[1]).tolist() == [1, 2]
    parts = [data.train, data.validation, data.test]
    assert sorted(len(sound) for x, _ in parts for sound in x) == [*range(100, 110), *range(200, 203)]
    assert all((len(sound) >= 200) == (label == 0) for x, y in parts for sound, label in zip(x, y, strict=True))
    assert all(sound.dtype == np.float32 and (sound == 0.5).all() for x, _ in parts for sound in x)
    again = audio_from_folder(folder)
    assert [len(sound) for sound in again.train[0]] == [len(sound) for sound in data.train[0]]
    assert "train 7, validation 3, test 3" in repr(data)


def only_sound(folder, rate=8000):
    """What the loader makes of ``no/0.wav``: the other two of its class are 201 and 202 samples long."""
    data = audio_from_folder(folder, rate=rate)
    sounds = [x[i] for x, y in (data.train, data.validation, data.test) for i in np.flatnonzero(y == 0)]
    return max(sounds, key=len)


@pytest.mark.parametrize(
    ("encode", "tolerance"),
    [
        (lambda x: np.round(x * 128 + 128).clip(0, 255).astype(np.uint8), 1 / 128),
        (lambda x: np.round(x * 2**15).astype(np.int16), 2**-15),
        (lambda x: np.round(x * 2**31).astype(np.int32), 1e-7),
        (lambda x: x.astype(np.float32), 1e-7),
        (lambda x: x.astype(np.float64), 1e-7),
        (lambda x: np.round(np.stack([1.5 * x, 0.5 * x], axis=1) * 2**15).astype(np.int16), 2**-15),  # stereo
    ],
    ids=["uint8", "int16", "int32", "float32", "float64", "stereo"],
)
def test_audio_formats_give_the_same_sound(folder, encode, tolerance):
    wave = tone(8000)
    wavfile.write(folder / "no" / "0.wav", 8000, encode(wave))
    np.testing.assert_allclose(only_sound(folder), wave, atol=tolerance)


def test_audio_of_24_bits(folder):
    wave = tone(8000)
    samples = b"".join(struct.pack("<i", round(x * 2**23))[:3] for x in wave)
    header = (
        b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 24000, 3, 24) + b"data" + struct.pack("<I", len(samples))
    )
    content = b"RIFF" + struct.pack("<I", len(header) + len(samples)) + header + samples
    (folder / "no" / "0.wav").write_bytes(content)
    np.testing.assert_allclose(only_sound(folder), wave, atol=2**-23)


@pytest.mark.parametrize(("original", "rate"), [(44100, 8000), (16000, 8000), (8000, 16000)])
def test_audio_is_resampled(folder, original, rate):
    wavfile.write(folder / "no" / "0.wav", original, tone(original).astype(np.float32))
    sound = only_sound(folder, rate)
    assert len(sound) == rate // 4
    inner = slice(rate // 20, -rate // 20)  # away from the ends, where the filter sees silence
    np.testing.assert_allclose(sound[inner], tone(rate)[inner], atol=5e-3)


def test_audio_stays_within_one_after_resampling(folder):
    wavfile.write(folder / "no" / "0.wav", 16000, np.sign(tone(16000)).astype(np.float32))
    assert np.abs(only_sound(folder)).max() == 1


@pytest.mark.parametrize("rate", [0, 8000.0, True])
def test_audio_rate_that_is_none(folder, rate):
    with pytest.raises(ValueError, match=f"rate must be a whole number from 1 up, received {rate}"):
        audio_from_folder(folder, rate=rate)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not a sound at all", "cannot be read as a WAV file"),
        (b"", "cannot be read as a WAV file"),
        (b"RIFF\x24\0\0\0WAVE", "cannot be read as a WAV file"),
        (np.zeros(0, np.int16), "holds no sound"),
        (np.array([0.5, -1.5], np.float32), r"samples must lie in \[−1, 1\], received a peak of 1\.5"),
        (np.array([0.5, np.nan], np.float32), r"samples must lie in \[−1, 1\], received a peak of nan"),
    ],
)
def test_audio_that_cannot_be_read_is_named(folder, content, message):
    path = folder / "no" / "1.wav"
    path.write_bytes(content) if isinstance(content, bytes) else wavfile.write(path, 8000, content)
    with pytest.raises(ValueError, match=re.escape(str(path)) + ".*" + message):
        audio_from_folder(folder)


@pytest.mark.parametrize("kept", [46, 100, 300, 1000])
def test_audio_that_was_cut_short_is_named(folder, kept):
    path = folder / "no" / "1.wav"
    wavfile.write(path, 8000, (tone(8000) * 2**15).astype(np.int16))
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match=re.escape(str(path)) + " cannot be read as a WAV file"):
        audio_from_folder(folder)


def test_audio_folder_without_classes(tmp_path):
    wavfile.write(tmp_path / "0.wav", 8000, np.ones(10, np.int16))
    with pytest.raises(ValueError, match="must hold a folder for each of at least 2 classes, received 0 folders"):
        audio_from_folder(tmp_path)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "at least 3 files with the extension .wav, one for each of .*, received 0$"),
        (["a.mp3", "b.mp3", "c.ogg"], r"extension \.wav, .*, received 0 and other files: \.mp3, \.ogg$"),
        (["a.wav", "b.wav"], r"extension \.wav, .*, received 2$"),
        (["a.wav", "b.WAV", "README"], r"extension \.wav, .*, received 2 and other files: README$"),
    ],
)
def test_audio_class_with_too_few_recordings(folder, files, message):
    (folder / "maybe").mkdir()
    for name in files:
        wavfile.write(folder / "maybe" / name, 8000, np.ones(10, np.int16))
    with pytest.raises(ValueError, match="maybe must hold .*" + message):
        audio_from_folder(folder)
