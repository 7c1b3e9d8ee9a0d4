"""Spoken digits and their storage."""

import numpy as np
import pytest

from rnncourse.datasets import SpeechDataset, spoken_digits
from rnncourse.datasets.speech import mu_law_decode, mu_law_encode

SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def data():
    return spoken_digits()


def test_recordings_are_speech_like(data):
    assert isinstance(data, SpeechDataset) and data.rate == 8000
    for x, y in (data.train, data.validation, data.test):
        assert y.dtype == np.int64
        for wave in x:
            assert wave.ndim == 1 and wave.dtype == np.float32
            assert 0.2 < len(wave) / data.rate < 1.0
            assert 0.85 < np.abs(wave).max() < 0.95  # neither clipped nor faint
            assert wave.std() > 0.05
            assert np.abs(wave[: data.rate // 20]).max() > 0.01 and np.abs(wave[-data.rate // 20 :]).max() > 0.01


def test_no_voice_and_no_variant_is_heard_in_two_splits(data):
    voices = [set(data.speakers[name].tolist()) for name in SPLITS]
    assert [len(part) for part in voices] == [10, 3, 3]
    variants = [voice.split("+")[1] for part in voices for voice in part]
    assert len(set(variants)) == 16


def test_every_voice_says_every_digit_at_every_speed_and_pitch(data):
    rows = []
    for name in SPLITS:
        y = getattr(data, name)[1]
        columns = (data.speakers[name], data.speeds[name], data.pitches[name], y)
        assert len({len(column) for column in columns}) == 1
        rows += list(zip(*(column.tolist() for column in columns), strict=True))
    assert len(rows) == len(set(rows)) == 16 * 3 * 2 * 10
    assert {row[1] for row in rows} == {140, 170, 200} and {row[2] for row in rows} == {35, 60}


def test_every_recording_differs_and_faster_is_shorter(data):
    waves = [wave.tobytes() for name in SPLITS for wave in getattr(data, name)[0]]
    assert len(set(waves)) == 960  # espeak-ng falls back to a plain voice without a word
    lengths = np.array([len(wave) for wave in data.train[0]])
    means = [lengths[data.speeds["train"] == speed].mean() for speed in (140, 170, 200)]
    assert means[0] > means[1] > means[2]


def test_mu_law_comes_back_within_its_tolerance():
    wave = np.concatenate([np.linspace(-1, 1, 20_001), np.geomspace(1e-6, 1, 1000)])
    back = mu_law_decode(mu_law_encode(wave))
    assert back.dtype == np.float32
    assert (np.abs(back - wave) <= 0.0225 * np.abs(wave) + 1e-4).all()
    assert mu_law_encode([0.0, 1.0, -1.0]).tolist() == [128, 255, 1]
    assert mu_law_decode(np.array([128, 255, 1])).tolist() == [0, 1, -1]
    codes = np.arange(1, 256, dtype=np.uint8)
    np.testing.assert_array_equal(mu_law_encode(mu_law_decode(codes)), codes)


def test_mu_law_follows_the_curve_of_g711():
    levels = (mu_law_encode(np.array([0.01, 0.1, 0.5])).astype(float) - 128) / 127
    np.testing.assert_allclose(levels, [0.2285, 0.5910, 0.8757], atol=0.5 / 127)


@pytest.mark.parametrize("wave", [[0.0, 1.01], [-2.0], [np.nan]])
def test_mu_law_refuses_what_is_out_of_range(wave):
    with pytest.raises(ValueError, match=r"wave must lie in \[−1, 1\], received"):
        mu_law_encode(wave)
