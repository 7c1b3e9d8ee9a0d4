"""Reviews by a grammar and by hand."""

import csv
import hashlib
import random
import re

import numpy as np
import pytest

from rnncourse._runtime import course_folder
from rnncourse.datasets import HandReviews, ReviewDataset, reviews, reviews_by_hand
from rnncourse.datasets._review_grammar import Writer, tidy
from rnncourse.datasets._review_rules import FITS, REVIEWS
from rnncourse.datasets._review_words import KINDS, polar
from rnncourse.datasets.reviews import tokens

SPLITS = ("train", "validation", "test")
# Opinion words that stand alone, each with its polarity.
POLARITY = {
    word: label
    for symbol in ("adj", "adverb", "like", "liked", "please", "pleased", "noun", "quality", "manner", "better")
    for kind in KINDS
    for label, words in enumerate(polar(symbol, kind))
    for word in words
    if " " not in word
}


@pytest.fixture(scope="module")
def data():
    return reviews()


@pytest.fixture(scope="module")
def by_hand():
    return reviews_by_hand()


def test_ids_texts_labels_and_phenomena_belong_together(data):
    assert isinstance(data, ReviewDataset)
    assert [len(data.texts[name]) for name in SPLITS] == [7000, 1500, 1500]
    for name in SPLITS:
        x, y = getattr(data, name)
        assert x.dtype == np.int32 and y.dtype == np.int64
        assert len(x) == len(y) == len(data.texts[name]) == len(data.phenomena[name])
        encoded = data.encode(data.texts[name])
        np.testing.assert_array_equal(encoded, x[:, : encoded.shape[1]])
        assert not x[:, encoded.shape[1] :].any()
        lengths = (x > 0).sum(axis=1)
        np.testing.assert_array_equal(x > 0, np.arange(x.shape[1]) < lengths[:, None])  # padding is at the end only
        assert 4 <= lengths.min() < 10 and 30 < lengths.max() <= 40
    assert not (data.train[0] == 3).any() and data.unknown(data.texts["train"]) == 0
    assert data.unknown(data.texts["test"]) < 0.01
    assert 800 < len(data.vocabulary) < 1200


def test_each_phenomenon_praises_and_blames_equally_in_each_split(data):
    for name in SPLITS:
        y, phenomena = getattr(data, name)[1], data.phenomena[name]
        assert set(phenomena) == set(REVIEWS)
        for phenomenon in REVIEWS:
            assert y[phenomena == phenomenon].mean() == 0.5
            assert (phenomena == phenomenon).mean() == pytest.approx(0.36 if phenomenon == "plain" else 0.08)


def test_no_two_reviews_are_alike_in_the_whole_set(data):
    texts = [tuple(tokens(text)) for name in SPLITS for text in data.texts[name]]
    assert len(set(texts)) == len(texts)


def test_only_opinion_words_and_their_company_tell_the_labels_apart(data):
    """Every other word stands as often in praise as in blame, up to chance."""
    phrases = {
        word
        for symbol in ("advice", "result", "end", "wish", "too", "adj", "better", "like", "manner")
        for kind in KINDS
        for words in polar(symbol, kind)
        for word in tokens(" ".join(words))
    }
    y = data.train[1]
    x = data.train[0]
    checked = 0
    for i, word in enumerate(data.vocabulary.tokens):
        praise = y[(x == i).any(axis=1)]
        if len(praise) < 20 or word in POLARITY or (word in phrases and len(praise) < 300):
            continue
        assert abs(praise.mean() - 0.5) < 4.5 * 0.5 / np.sqrt(len(praise)), word
        checked += 1
    assert checked > 300


def verdicts(phenomenon, pattern=".*", count=3000):
    """Deciding sentences with their labels, and the match of a pattern."""
    rng = random.Random(1)
    for i in range(count):
        text = Writer(rng, rng.choice(KINDS)).verdict(phenomenon, i % 2)
        if match := re.fullmatch(pattern, text):
            yield match, i % 2


def polarities(text):
    return {POLARITY[word] for word in tokens(text) if word in POLARITY}


@pytest.mark.parametrize("phenomenon", ["plain", "double negation"])
def test_words_mean_what_they_say_where_nothing_or_two_negations_turn_them(phenomenon):
    found = [(polarities(match[0]), label) for match, label in verdicts(phenomenon)]
    assert all(polarity in ({label}, set()) for polarity, label in found)
    assert sum(bool(polarity) for polarity, _ in found) > 0.9 * len(found)


@pytest.mark.parametrize(
    ("phenomenon", "pattern", "turned"),
    [
        ("negation", r"[^.]* (?:not|never|hardly|no|nothing|none|without|lacks) [^.]*\.", True),
        ("contrast", r"the [^.]*,? but (the [^.]*\.)", None),
        ("contrast", r"although the [^,]*, (the [^.]*\.)", None),
        ("contrast", r"([^.]*), although the [^.]*\.", None),
        ("contrast", r"\w+ \w+, (\w+ (?:film|movie|book|place|spot))\.", None),
        ("intensity", r"mostly (\w+), now and then \w+\.", False),
        ("intensity", r"now and then \w+, mostly (\w+)\.", False),
        ("comparison", r"(?:this|the) (?:film|book|place) is (?:(?!less)\w+ )?(\w+) than .*", False),
        ("comparison", r".* is (?:(?!less)\w+ )?(\w+) than (?:this|the) (?:movie|novel|restaurant)\.", True),
        ("expectation", r"it could have been a (.*)\.", True),
        ("expectation", r"i expected a (\w+) \w+, and that is what i got\.", False),
        ("scope", r"not only (.*)\.", False),
        ("scope", r".* say that ([^.]*)\. they are wrong\.", True),
    ],
)
def test_the_deciding_phrase_has_the_polarity_that_the_label_says(phenomenon, pattern, turned):
    found = 0
    for match, label in verdicts(phenomenon, f"(?i){pattern}"):
        phrase = match[1] if match.re.groups else match[0]
        if phenomenon == "contrast":  # the phrase may be a negated one itself
            turned = bool(
                re.search(r"\b(?:not|never|hardly|no|nothing|none|neither|nobody|without|lacks|far|but)\b", phrase)
            )
        for polarity in polarities(phrase):
            assert polarity == (1 - label if turned else label), match[0]
            found += 1
    assert found > 10


def test_a_word_that_fits_one_thing_does_not_fit_another():
    for kind in KINDS:
        for first, second, suits_first, suits_second in FITS[kind]:
            ones, others = suits_first.split(", "), suits_second.split(", ")
            assert len(ones) == len(others) >= 3 and not set(ones) & set(others) and first != second
    rng, seen = random.Random(0), {}
    for i in range(4000):
        text = Writer(rng, "restaurant").verdict("context", i % 2)
        for noun, word in re.findall(r"the (beer|soup) (?:is|was) (?:\w+ )?(cold|hot)", text):
            seen.setdefault((noun, word), set()).add(i % 2)
    assert seen == {("beer", "cold"): {1}, ("beer", "hot"): {0}, ("soup", "cold"): {0}, ("soup", "hot"): {1}}


def test_no_slot_is_left_open_and_spelling_is_tidy(data):
    for name in SPLITS:
        for text in data.texts[name]:
            assert not re.search(r"[{}|]|  | [.,;:!?]|\ba [aeiou]|\ban [^aeiouh]", text), text
            assert re.match(r"[A-Z]", text) and text[-1] in ".!"


def test_tidy():
    assert tidy("a  honest film. it is  an odd one", short=False) == "An honest film. It is an odd one"
    assert tidy("it is not good, and I do not care", short=True) == "It isn't good, and I don't care"


def test_seeds_differ_and_the_size_may_change():
    small, other = reviews(examples=200), reviews(examples=200, seed=1)
    assert [len(small.train[0]), len(small.validation[0]), len(small.test[0])] == [146, 28, 26]
    assert not set(small.texts["train"]) & set(other.texts["train"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"examples": 198}, "examples must be a whole number from 200 up, received 198"),
        ({"examples": 201}, "examples must be even and at most 40000, received 201"),
        ({"examples": 40_002}, "examples must be even and at most 40000, received 40002"),
        ({"seed": -1}, "seed must be a whole number from 0 up, received -1"),
    ],
)
def test_reviews_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        reviews(**arguments)


def test_encoding_and_the_share_of_unknown_words(data):
    assert tokens("It ISN’T well-made… (2 stars!) “Dull”") == [
        *("it", "isn't", "well", "made", "2", "stars", "!", "dull"),
    ]
    ids = data.encode(["The film is good.", "Zebras"])
    assert ids.shape == (2, 5) and ids[1].tolist() == [3, 0, 0, 0, 0]
    assert data.vocabulary.decode(ids[0]) == "the film is good ."
    assert data.unknown(["The film is zebras.", "zebras"]) == pytest.approx(2 / 5)
    for call in (data.encode, data.unknown):
        with pytest.raises(ValueError, match="texts must be a list of at least one text, received 'a film'"):
            call("a film")
        with pytest.raises(ValueError, match=r"received \[\]"):
            call([])
    with pytest.raises(ValueError, match="texts must hold at least one word, received none"):
        data.unknown(["?!"])


def test_reviews_by_hand_are_many_different_and_balanced(by_hand):
    assert isinstance(by_hand, HandReviews)
    assert repr(by_hand) == "HandReviews(450 reviews, 9 phenomena)"
    assert by_hand.y.dtype == np.int64 and len(by_hand.texts) == len(by_hand.y) == len(by_hand.phenomena) == 450
    assert len({" ".join(tokens(text)) for text in by_hand.texts}) == 450
    assert set(by_hand.phenomena) == set(REVIEWS)
    for phenomenon in REVIEWS:
        assert np.bincount(by_hand.y[by_hand.phenomena == phenomenon]).tolist() == [25, 25]
    words = [len([token for token in tokens(text) if token[0].isalnum()]) for text in by_hand.texts]
    assert min(words) >= 6 and max(words) <= 40


def test_reviews_by_hand_hold_words_that_the_grammar_never_uses(data, by_hand):
    assert 0.15 < data.unknown(by_hand.texts) < 0.35
    grammar = {tuple(tokens(text)) for name in SPLITS for text in data.texts[name]}
    assert not grammar & {tuple(tokens(text)) for text in by_hand.texts}


def test_the_file_is_the_one_that_its_readme_describes(by_hand):
    folder = course_folder("data")
    raw = (folder / "reviews_by_hand.csv").read_bytes()
    readme = (folder / "README.md").read_text(encoding="utf-8")
    entry = readme.split("## reviews_by_hand.csv")[1].split("\n## ")[0]
    assert f"**SHA-256:** `{hashlib.sha256(raw).hexdigest()}`" in entry
    assert "CC BY 4.0" in entry and "CC BY 4.0" in by_hand.about.licence
    rows = list(csv.reader(raw.decode("utf-8").splitlines()))
    assert rows[0] == ["phenomenon", "label", "text"] and len(rows) == 451 and b"\r" not in raw
