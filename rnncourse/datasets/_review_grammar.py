"""Writes reviews by rules, each with a label that the rules decide."""

from __future__ import annotations

import random
import re

from rnncourse.datasets._review_asides import ASIDES
from rnncourse.datasets._review_rules import FITS, PHRASES, REVIEWS, Rule
from rnncourse.datasets._review_words import neutral, polar

_SLOT = re.compile(r"\{([a-z ]+)([+?-]?)\}")
_SHORTER = {
    " is not ": " isn't ",
    " was not ": " wasn't ",
    " are not ": " aren't ",
    " were not ": " weren't ",
    " do not ": " don't ",
    " does not ": " doesn't ",
    " did not ": " didn't ",
    " cannot ": " can't ",
    " could not ": " couldn't ",
    " would not ": " wouldn't ",
    " will not ": " won't ",
    " it is ": " it's ",
    " I would ": " I'd ",
    " there is ": " there's ",
}


class Writer:
    """Writes one review of one kind.

    Args:
        rng: makes every choice.
        kind: "film", "book" or "restaurant".
    """

    def __init__(self, rng: random.Random, kind: str):
        self.rng = rng
        self.kind = kind
        self._used: set[str] = set()

    def verdict(self, phenomenon: str, label: int) -> str:
        """The sentences that decide, for label 1 (positive) or 0 (negative)."""
        return self._fill(self.rng.choice(REVIEWS[phenomenon]), label)

    def asides(self) -> list[str]:
        """None to three sentences that say nothing about the verdict."""
        count = self.rng.choice((0, 0, 1, 1, 1, 2, 2, 3))
        return [self._fill(aside, 1) for aside in self.rng.sample(ASIDES["any"] + ASIDES[self.kind], count)]

    def _fill(self, rule: Rule, label: int) -> str:
        """The rule with every slot filled, as a phrase of polarity ``label``."""
        text = rule[label] if isinstance(rule, tuple) else rule
        return _SLOT.sub(lambda slot: self._slot(slot[1], slot[2], label), text)

    def _slot(self, symbol: str, sign: str, label: int) -> str:
        if sign == "?":
            label = self.rng.randrange(2)
        elif sign == "-":
            label = 1 - label
        if symbol == "fit":
            return self._fit(label)
        words = polar(symbol, self.kind)
        words = words[label] if words else neutral(symbol, self.kind)
        if words:
            return self._new(words)
        rules = PHRASES.get(symbol, []) + PHRASES.get(f"{symbol}, {self.kind}", [])
        return self._fill(self.rng.choice(rules), label)

    def _fit(self, label: int) -> str:
        """A word that is praise for one thing and blame for another, beside the thing."""
        *words, first, second = self.rng.choice(FITS[self.kind])
        side = self.rng.randrange(2)
        noun, word = self._new((first, second)[side].split(", ")), words[side if label else 1 - side]
        return self._fill(f"the {noun} {word}" if " " in word else f"the {noun} {{is}} {{degree}} {word}", label)

    def _new(self, words: list[str]) -> str:
        """One of the words, and if it can be helped none that this review has already."""
        word = self.rng.choice([word for word in words if word not in self._used] or words)
        if len(words) > 5:
            self._used.add(word)
        return word


def tidy(text: str, *, short: bool) -> str:
    """Spelling: single spaces, a or an, capitals at the start of a sentence, "isn't" for "is not" where ``short``."""
    text = " ".join(text.split())
    if short:
        text = f" {text} "
        for full, contracted in _SHORTER.items():
            text = text.replace(full, contracted)
    text = re.sub(r"\ba (?=[aeiou]|hon|hour)", "an ", text.strip())
    return re.sub(r"(^|[.!?] )([a-z])", lambda match: match[1] + match[2].upper(), text)
