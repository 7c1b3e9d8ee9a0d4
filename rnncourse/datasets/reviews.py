"""Reviews whose words alone do not tell whether they praise: written by a grammar, and a test set written by hand."""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnncourse._checks import check_whole
from rnncourse._runtime import course_folder
from rnncourse.datasets._dataset import About, Dataset
from rnncourse.datasets._review_grammar import Writer, tidy
from rnncourse.datasets._review_rules import REVIEWS
from rnncourse.datasets._review_words import KINDS
from rnncourse.datasets._vocabulary import Vocabulary

UNKNOWN = "<unknown>"
_SHARE = 0.08  # of the reviews for each phenomenon; the plain ones are the rest, 36 %
_LONGEST = 40  # tokens
_MOST = 40_000  # the rules still find new reviews quickly
_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+|[.,;:!?]")


@dataclass(frozen=True, kw_only=True, repr=False)
class ReviewDataset(Dataset):
    """Reviews as ids of words, with what they say and why they are hard.

    Attributes:
        vocabulary: Vocabulary of the words and punctuation of the training reviews, from id 4 on; id 3, "<unknown>",
            stands for every word that is not listed.
        texts: dict from "train", "validation" and "test" to the reviews themselves, a tuple of str.
        phenomena: dict likewise to (n,) str, what decides the label of each review.
    """

    vocabulary: Vocabulary
    texts: dict[str, tuple[str, ...]]
    phenomena: dict[str, np.ndarray]

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Reviews as ids.

        Args:
            texts: at least one review; capitals, quotation marks, brackets and dashes make no difference.

        Returns:
            (len(texts), steps) int32, steps as many as the longest has tokens, the others filled up with 0 at their
            end; a word outside the vocabulary becomes 3.

        Raises:
            ValueError: ``texts`` is a single string, or empty.
        """
        return _ids(_several(texts), self.vocabulary)

    def unknown(self, texts: Sequence[str]) -> float:
        """The share of words in these reviews that the vocabulary does not list, 0 … 1; punctuation is not counted.

        Raises:
            ValueError: ``texts`` is a single string, or empty, or holds no word.
        """
        listed = set(self.vocabulary.tokens)
        words = [token for text in _several(texts) for token in tokens(text) if token[0].isalnum()]
        if not words:
            raise ValueError("texts must hold at least one word, received none")
        return sum(word not in listed for word in words) / len(words)


@dataclass(frozen=True, kw_only=True, repr=False)
class HandReviews:
    """A test set of reviews, to be encoded with the vocabulary of another data set.

    Attributes:
        texts: tuple of n str.
        y: (n,) int64, 1 where the review praises, else 0.
        phenomena: (n,) str, what decides the label of each review.
        about: where they come from.
    """

    texts: tuple[str, ...]
    y: np.ndarray
    phenomena: np.ndarray
    about: About

    def __repr__(self) -> str:
        return f"HandReviews({len(self.texts)} reviews, {len(set(self.phenomena))} phenomena)"


def reviews(*, examples: int = 10_000, seed: int = 0) -> ReviewDataset:
    """Reviews of films, books and restaurants, written by a grammar that decides the label.

    In 36 % of them words mean what they say. In eight per cent each, something turns, weighs or redirects them:
    negation, double negation, contrast, intensity, comparison, expectation, scope, or what a word is said of ("the beer
    was cold", "the soup was cold"). Every word and every rule is drawn as often for praise as for blame, but for the
    opinion words themselves. Most reviews hold sentences beside the point, some with opinion words in them.

    Args:
        examples: int, even, 200 to 40,000, reviews in the three splits together.
        seed: int ≥ 0 of the random generator.

    Returns:
        ReviewDataset: x (n, steps) int32 ids of words and punctuation, 0 after the end; y (n,) int64, 1 for praise, 0
        for blame, half each within every phenomenon and split.

    Raises:
        ValueError: an argument is outside its range.
    """
    check_whole("examples", examples, least=200)
    check_whole("seed", seed, least=0)
    if examples % 2 or examples > _MOST:
        raise ValueError(f"examples must be even and at most {_MOST}, received {examples}")
    rng = random.Random(seed)
    parts: dict[str, list[tuple[str, int, str]]] = {"train": [], "validation": [], "test": []}
    written: set[str] = set()
    hard = round(_SHARE * examples / 2)
    for phenomenon in REVIEWS:
        count = hard if phenomenon != "plain" else examples // 2 - hard * (len(REVIEWS) - 1)
        first, second = round(0.70 * count), round(0.85 * count)
        for label in (0, 1):
            drawn = [(_new_review(rng, phenomenon, label, written), label, phenomenon) for _ in range(count)]
            for part, some in zip(parts.values(), (drawn[:first], drawn[first:second], drawn[second:]), strict=True):
                part.extend(some)
    for part in parts.values():
        rng.shuffle(part)
    texts = {name: tuple(text for text, _, _ in part) for name, part in parts.items()}
    vocabulary = Vocabulary.of([UNKNOWN, *sorted({token for text in texts["train"] for token in tokens(text)})], " ")
    steps = max(len(tokens(text)) for some in texts.values() for text in some)
    splits = {
        name: (_ids(texts[name], vocabulary, steps), np.array([label for _, label, _ in part], dtype=np.int64))
        for name, part in parts.items()
    }
    return ReviewDataset(
        **splits,
        vocabulary=vocabulary,
        texts=texts,
        phenomena={name: np.array([phenomenon for _, _, phenomenon in part]) for name, part in parts.items()},
        about=About(
            source=f"written with seed {seed} by a grammar of this course: films, books and restaurants, "
            f"{len(REVIEWS)} phenomena, {len(vocabulary)} ids in the vocabulary",
            licence="generated by this course; no rights are claimed in it (CC0)",
            shapes=f"x (reviews, {steps} steps), int32; y (reviews,), int64",
            units="x: ids of words and punctuation, 0 padding, 3 a word not listed; y: 1 praise, 0 blame",
            split="70/15/15 % at random within each phenomenon and label; no two reviews share the sentences that "
            "decide, but reviews of one rule stand in all splits",
        ),
    )


def reviews_by_hand() -> HandReviews:
    """450 reviews written one by one by hand for this course: 25 of praise and 25 of blame for each phenomenon.

    They are a test set for what was learned from :func:`reviews`: the phenomena have the same names, but people put
    sentences together in more ways, and about a fifth of the words are none of the grammar's. Encode them with
    ``data.encode(by_hand.texts)``; ``data.unknown(by_hand.texts)`` is that share.
    """
    with open(course_folder("data") / "reviews_by_hand.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return HandReviews(
        texts=tuple(row["text"] for row in rows),
        y=np.array([int(row["label"]) for row in rows], dtype=np.int64),
        phenomena=np.array([row["phenomenon"] for row in rows]),
        about=About(
            source="written by hand for this course, before the grammar of reviews() was; kept in "
            "data/reviews_by_hand.csv",
            licence="CC BY 4.0",
            shapes=f"{len(rows)} texts; y (reviews,), int64",
            units="y: 1 praise, 0 blame",
            split="none: all of it is a test set",
        ),
    )


def tokens(text: str) -> list[str]:
    """The words and the punctuation of a text in lower case; "isn't" is one word, "well-made" are two."""
    return _TOKEN.findall(text.lower().replace("’", "'"))


def _new_review(rng: random.Random, phenomenon: str, label: int, written: set[str]) -> str:
    """A review whose deciding sentences are not among those ``written``, and which adds them there."""
    while True:
        writer = Writer(rng, rng.choice(KINDS))
        verdict = tidy(writer.verdict(phenomenon, label), short=False)
        if verdict not in written:
            written.add(verdict)
            break
    asides = writer.asides()
    while len(tokens(" ".join([*asides, verdict]))) > _LONGEST:  # no verdict alone is that long
        asides.pop()
    before = rng.randint(0, len(asides))
    return tidy(" ".join([*asides[:before], verdict, *asides[before:]]), short=rng.random() < 0.5)


def _ids(texts: Sequence[str], vocabulary: Vocabulary, steps: int | None = None) -> np.ndarray:
    return vocabulary.encode([tokens(text) for text in texts], marks=False, steps=steps, unknown=UNKNOWN)


def _several(texts: Sequence[str]) -> Sequence[str]:
    if isinstance(texts, str) or len(texts) == 0:
        raise ValueError(f"texts must be a list of at least one text, received {texts!r}")
    return texts
