"""Handwritten digits with captions."""

import re

import numpy as np
import pytest

from rnncourse.datasets import digit_captions, digits

SPLITS = ("train", "validation", "test")
NUMBERS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
ONE = re.compile(r"(an?) (\w+) at the (top|bottom) (left|right)")
TWO = re.compile(r"(an?) (\w+) (left of|above) (an?) (\w+)")


@pytest.fixture(scope="module")
def data():
    return digit_captions(examples=2_000, seed=4)


def shown(picture):
    """The quarters that hold ink: dict from (row, column) to the 8 × 8 picture in it, in reading order."""
    quarters = {(i, j): picture[8 * i : 8 * i + 8, 8 * j : 8 * j + 8] for i in range(2) for j in range(2)}
    return {place: part for place, part in quarters.items() if part.any()}


@pytest.mark.parametrize("name", SPLITS)
def test_captions_say_what_the_picture_shows(data, name):
    x, y = getattr(data, name)
    images, labels = getattr(digits(), name)
    known = {
        image.tobytes(): NUMBERS[label] for image, label in zip(images, labels, strict=True)
    }  # of this split alone
    assert x.shape[1:] == (16, 16) and x.dtype == np.float32 and y.shape[1:] == (30,) and y.dtype == np.int32
    assert data.vocabulary.decode(y) == list(data.captions[name])
    for picture, caption in zip(x, data.captions[name], strict=True):
        found = shown(picture)
        names = [known[np.ascontiguousarray(part).tobytes()] for part in found.values()]
        (row, column), *other = found
        if other:
            relation = {(0, 1): "left of", (1, 0): "above"}[other[0][0] - row, other[0][1] - column]
            article, first, said, other_article, second = TWO.fullmatch(caption).groups()
            assert [first, second] == names and said == relation
            assert other_article == ("an" if second == "eight" else "a")
        else:
            article, first, *place = ONE.fullmatch(caption).groups()
            assert [first] == names and place == [("top", "bottom")[row], ("left", "right")[column]]
        assert article == ("an" if first == "eight" else "a")


def test_every_caption_comes_about_as_often_as_it_should(data):
    captions = [caption for name in SPLITS for caption in digit_captions(examples=20_000).captions[name]]
    words = [caption.split() for caption in captions]
    assert len(set(captions)) == 10 * 4 + 10 * 10 * 2
    assert np.mean(["at" in word for word in words]) == pytest.approx(0.5, abs=0.02)
    assert np.mean(["left of" in caption for caption in captions]) == pytest.approx(0.25, abs=0.02)
    counts = [sum(word[1] == number for word in words) for number in NUMBERS]
    np.testing.assert_allclose(np.divide(counts, len(words)), 0.1, atol=0.01)
    most = max(captions.count(caption) for caption in set(captions)) / len(captions)
    assert most == pytest.approx(data.baselines["most frequent"], abs=0.004)
    assert data.baselines == {"most frequent": 1 / 80, "places alone": 0.055}


def test_rows_have_the_steps_that_the_longest_caption_needs(data):
    longest = digit_captions(examples=20).vocabulary.encode(["an eight at the bottom right"])
    assert longest.shape == (1, 30) and data.train[1].shape[1] == 30
    assert len(data.vocabulary) == 3 + len(set("".join(NUMBERS) + " at the top left of above bottom right"))


def test_a_seed_puts_the_same_digits_together_in_its_own_way(data):
    other = digit_captions(examples=2_000, seed=5)
    assert not np.array_equal(data.train[0], other.train[0])
    assert [len(getattr(other, name)[0]) for name in SPLITS] == [1_400, 300, 300]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"examples": 19}, "examples must be a whole number from 20 up, received 19"),
        ({"seed": None}, "seed must be a whole number from 0 up, received None"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        digit_captions(**arguments)
