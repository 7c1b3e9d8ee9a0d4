"""01.1: a text becomes the ids of its characters."""

from __future__ import annotations

from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs

UNKNOWN = "\ufffd"


def _text(rng: np.random.Generator, *, text: str | None = None) -> Inputs:
    """Each text has listed characters, listed ones in the other case, and unlisted ones."""
    letters = rng.permutation(list("abcdefghij"))
    listed, unlisted = letters[:5], [*letters[5:], " ", "ß", "7"]
    drawn = rng.permutation([*rng.choice(listed, 4), rng.choice(listed).upper(), *rng.choice(unlisted, 2)])
    return {"text": "".join(drawn) if text is None else text, "vocabulary": [UNKNOWN, *map(str, listed)]}


def _ids(text: str, vocabulary: list[str], *, unknown: int | None = 0, shift: int = 0) -> np.ndarray:
    """``unknown``: the id of unlisted characters, None to leave them out; ``shift``: added to the ids of the others."""
    ids = [vocabulary.index(c) + shift if c in vocabulary else unknown for c in text]
    return np.array([i for i in ids if i is not None], dtype=int)


def _one_hot(text: str, vocabulary: list[str]) -> np.ndarray:
    return np.eye(len(vocabulary))[_ids(text, vocabulary)]


def _first(text: str, vocabulary: list[str]) -> int | None:
    return int(_ids(text, vocabulary)[0]) if text else None


ENCODE = Exercise(
    id="01.1",
    title="Text to ids",
    function="encode",
    inputs=_text,
    edges=(partial(_text, text=""), partial(_text, text="é"), partial(_text, text="\n")),
    reference=_ids,
    returns={"ids": ("character",)},
    mistakes={
        (
            "There are fewer ids than characters: characters that are not in the vocabulary are left out. Every later "
            "character then moves to an earlier step, and targets no longer line up. An unknown character keeps its "
            "place. Which id is reserved for it?"
        ): partial(_ids, unknown=None),
        (
            "Every listed character's id is one too large, as if counting began at 1. An Embedding of len(vocabulary) "
            "rows has no row for the largest id. Which id does the second entry of the vocabulary have?"
        ): partial(_ids, shift=1),
        (
            "Every listed character's id is one too small, as if the vocabulary began with its second entry. The first "
            "listed character then shares id 0 with the unknown ones. Which entry counts as number 0?"
        ): (partial(_ids, shift=-1), partial(_ids, shift=-1, unknown=-1)),
        (
            "Unknown characters get −1. Used as an index, −1 silently means the last entry, so every unknown "
            "character would be taken for a real one. Look at what the task reserves for them."
        ): partial(_ids, unknown=-1),
        (
            "Unknown characters get len(vocabulary), an id past the end: the table of vectors has no such row. The "
            "vocabulary already holds an entry for them; look at its first one."
        ): lambda **case: _ids(**case, unknown=len(case["vocabulary"])),
        (
            "The ids are places in the sorted vocabulary. The one you were given is in no particular order, and a "
            "saved model's table of vectors keeps that order: after sorting, each character gets another one's row."
        ): (
            lambda text, vocabulary: _ids(text, sorted(vocabulary)),
            lambda text, vocabulary: _ids(text, sorted(vocabulary), unknown=sorted(vocabulary).index(UNKNOWN)),
            lambda text, vocabulary: _ids(text, [UNKNOWN, *sorted(vocabulary[1:])]),
        ),
        (
            "The ids come from the characters of this text, sorted, not from the vocabulary. The same letter then has "
            "another id in the next text, and nothing that was learned carries over. Which argument did you not use?"
        ): lambda text, vocabulary: _ids(text, sorted(set(text))),
        (
            "The ids number the characters in the order in which this text first uses them. In the next text the same "
            "letter has another number. An id is a place in the vocabulary, which is the same for all texts."
        ): lambda text, vocabulary: _ids(text, list(dict.fromkeys(text))),
        (
            "The ids are the characters' Unicode code points. They run past a million, and a table of vectors would "
            "need a row for each. An id is a place in the vocabulary."
        ): lambda text, vocabulary: np.array([ord(c) for c in text], dtype=int),
        (
            "Capital letters get the id of the small letter. For the model the two are different characters, and this "
            "vocabulary lists only one of them: the other is unknown."
        ): lambda text, vocabulary: _ids(text.lower(), vocabulary),
        (
            "You return one-hot vectors, a row of zeros and a single 1 for each character. The task asks for the "
            "place of that 1: one whole number a character, shape (n,)."
        ): (_one_hot, lambda **case: _one_hot(**case).astype(int)),
        (
            "Only the id of the first character comes back. A return inside a loop ends the function in the loop's "
            "first round. How far is yours indented?"
        ): (
            _first,
            lambda **case: [_first(**case)] if case["text"] else None,
            lambda **case: _ids(**case)[:1] if case["text"] else None,
        ),
        (
            "Right but for the empty text: there you return an array of floats, NumPy's choice for an empty list, and "
            "floats cannot index an Embedding. Say which dtype you want."
        ): lambda text, vocabulary: _ids(text, vocabulary) if text else np.array([]),
    },
    explanation="""\
An id is a place in the vocabulary, and the vocabulary is fixed once, from the training text. A dictionary from
character to place finds each id in one step, where `vocabulary.index` searches the whole list for every character.
Id 0 is kept for what was never seen, so that a character nobody thought of still has a row in the `Embedding` and
takes up one step. The `dtype` is stated because NumPy makes an empty list into floats.""",
)
