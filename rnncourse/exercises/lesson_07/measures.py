"""07.4: next characters right, captions right, and the step of the first mistake."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.mistakes import where_it_fits

END = 2
Measures = tuple[float, float, np.ndarray]
Share = Callable[[np.ndarray, np.ndarray], float]
"""A share, of which guesses are right (B, T) and which steps are real (B, T)."""
First = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""The step of each caption's first mistake (B,), of the same two."""


def _guesses(
    rng: np.random.Generator, *, lengths: tuple[int, ...] = (), steps: int = 5, wrong: int | None = None
) -> Inputs:
    """Captions with their end, as many as steps, and guesses; what is guessed at padding does not matter.

    ``wrong``: how many guesses are wrong; left out, 0 to 2 in each caption, but not 0 or 2 in all.
    """
    count = steps if not lengths else len(lengths)
    lengths = lengths or tuple(int(n) for n in [steps, *rng.integers(1, steps + 1, count - 2), steps - 2])
    write = np.zeros((count, steps), dtype=int)
    for row, length in zip(write, rng.permutation(lengths), strict=True):
        row[:length] = [*rng.integers(3, 10, length - 1), END]
    real = write > 0
    errors = np.zeros_like(real)
    while True:
        errors[:] = False
        if wrong is not None:
            errors[tuple(rng.permutation(np.argwhere(real))[:wrong].T)] = True
        else:
            for row, length in zip(errors, real.sum(axis=1), strict=True):
                row[rng.permutation(length)[: rng.choice([0, 1, 2], p=[0.4, 0.3, 0.3])]] = True
        clean = ~errors.any(axis=1)
        if wrong is not None or (0 < clean.sum() < count and errors.sum(axis=1).max() == 2):
            break
    others = (write + rng.integers(1, 7, write.shape) - 3) % 7 + 3  # 3 to 9, another one where write is
    other = np.where(rng.random(write.shape) < 0.25, np.where(write == END, 3, END), others)
    guessed = np.where(errors, np.where(rng.random(write.shape) < 0.2, 0, other), write)
    rubbish = rng.choice([0, 0, END, 3, 5, 7], write.shape)
    return {"guessed": np.where(real, guessed, rubbish), "write": write}


def _token_by_token(guessed: np.ndarray, write: np.ndarray) -> Measures:
    right, tokens, whole, first = 0, 0, 0, []
    for guesses, ids in zip(guessed.tolist(), write.tolist(), strict=True):
        mistakes = [t for t, (guess, id) in enumerate(zip(guesses, ids, strict=True)) if id != 0 and guess != id]
        length = sum(id != 0 for id in ids)
        right, tokens, whole = right + length - len(mistakes), tokens + length, whole + (not mistakes)
        first.append(mistakes[0] if mistakes else -1)
    return right / tokens, whole / len(write), np.array(first)


def _next_right(hits: np.ndarray, real: np.ndarray) -> float:
    return float(hits[real].mean())


def _captions_right(hits: np.ndarray, real: np.ndarray) -> float:
    return float((hits | ~real).all(axis=1).mean())


def _first_wrong(hits: np.ndarray, real: np.ndarray) -> np.ndarray:
    wrong = ~hits & real
    return np.where(wrong.any(axis=1), wrong.argmax(axis=1), -1)


def _measures(
    *,
    next_right: Share = _next_right,
    captions_right: Share = _captions_right,
    first_wrong: First = _first_wrong,
    real: Callable[[np.ndarray, np.ndarray], np.ndarray] = lambda guessed, write: write > 0,
) -> Callable[..., Measures | None]:
    @where_it_fits
    def measures(guessed: np.ndarray, write: np.ndarray) -> Measures:
        hits, counted = guessed == write, real(guessed, write)
        return next_right(hits, counted), captions_right(hits, counted), first_wrong(hits, counted)

    return measures


def _first(*found: First) -> tuple[Callable[..., Measures | None], ...]:
    return tuple(_measures(first_wrong=each) for each in found)


def _without(what: First) -> First:
    """-1 where nothing is wrong, as the task wants it."""
    return lambda hits, real: np.where((~hits & real).any(axis=1), what(hits, real), -1)


def _mean_of_means(hits: np.ndarray, real: np.ndarray) -> float:
    return float(np.mean((hits & real).sum(axis=1) / real.sum(axis=1)))


def _all_steps_share(hits: np.ndarray, real: np.ndarray) -> float:
    return float(hits.mean())


def _all_steps_captions(hits: np.ndarray, real: np.ndarray) -> float:
    return float(hits.all(axis=1).mean())


def _explain(guessed: np.ndarray, write: np.ndarray) -> str:
    hits = [int(np.sum((guesses == ids) & (ids > 0))) for guesses, ids in zip(guessed, write, strict=True)]
    return f"In this input's captions {hits} of {(write > 0).sum(axis=1).tolist()} characters and ends are right."


MEASURES = Exercise(
    id="07.4",
    title="A measure that flatters",
    function="measures",
    inputs=_guesses,
    edges=(
        partial(_guesses, wrong=0),
        partial(_guesses, lengths=(4,), steps=4, wrong=1),
        partial(_guesses, lengths=(1, 3), steps=3, wrong=4),
        partial(_guesses, lengths=(2, 2, 2), steps=3, wrong=1),
    ),
    reference=_token_by_token,
    returns={"next_right": (), "captions_right": (), "first_wrong": ("caption",)},
    mistakes={
        (
            "Padding counts like any other step. What the network says there is neither right nor wrong, and nobody "
            "reads it. Which ids of write are no part of a caption?"
        ): (
            _measures(real=lambda guessed, write: write >= 0),
            _measures(next_right=_all_steps_share, captions_right=_all_steps_captions),
            _measures(
                next_right=_all_steps_share,
                captions_right=_all_steps_captions,
                first_wrong=lambda hits, real: hits.argmin(axis=1),
            ),
        ),
        (
            "In next_right padding counts: it is divided by all steps, or what stands at padding is compared as well. "
            "How many characters and ends have to be written at all?"
        ): (
            _measures(next_right=_all_steps_share),
            _measures(next_right=lambda hits, real: float((hits & real).mean())),
            _measures(next_right=lambda hits, real: float((hits | ~real).mean())),
        ),
        (
            "In captions_right padding counts: a caption is lost because of what stands after its end. Nobody reads "
            "that. What must be true at padded steps for all(axis=1)?"
        ): (
            _measures(captions_right=_all_steps_captions),
            _measures(captions_right=lambda hits, real: float((hits & real).all(axis=1).mean())),
        ),
        (
            "You find the padding in what was guessed. A network may guess 0 within a caption, which is wrong, and "
            "something else after its end. Which of the two arrays knows how long a caption is?"
        ): (
            _measures(real=lambda guessed, write: guessed > 0),
            _measures(real=lambda guessed, write: np.logical_and.accumulate(guessed > 0, axis=1)),
        ),
        (
            "The end does not count with you. Whoever does not stop in the right place has not written that caption. "
            "Which ids are to be written?"
        ): _measures(real=lambda guessed, write: write > END),
        (
            "Your next_right is a mean of each caption's mean. A short caption's characters then weigh more than a "
            "long one's. What is to be counted, over all captions at once?"
        ): _measures(next_right=_mean_of_means),
        (
            "The shares are those that are wrong. Compare your names with the task's: what is 1 for a perfect network?"
        ): _measures(
            next_right=lambda hits, real: 1 - _next_right(hits, real),
            captions_right=lambda hits, real: 1 - _captions_right(hits, real),
        ),
        ("Your captions_right, or next_right too, is a number of captions or characters, not a share. Of how many?"): (
            _measures(captions_right=lambda hits, real: float((hits | ~real).all(axis=1).sum())),
            _measures(captions_right=lambda hits, real: int((hits | ~real).all(axis=1).sum())),
            _measures(
                next_right=lambda hits, real: float(hits[real].sum()),
                captions_right=lambda hits, real: float((hits | ~real).all(axis=1).sum()),
            ),
            _measures(
                next_right=lambda hits, real: int(hits[real].sum()),
                captions_right=lambda hits, real: int((hits | ~real).all(axis=1).sum()),
            ),
        ),
        (
            "A caption counts as right as soon as one of its characters is. *A four* for *a five* is a wrong answer. "
            "Do you need any, or all?"
        ): _measures(captions_right=lambda hits, real: float((hits & real).any(axis=1).mean())),
        (
            "Your captions_right asks whether a *step* is right in all captions. With as many captions as steps "
            "nothing warns you. Along which axis does one caption lie?"
        ): _measures(captions_right=lambda hits, real: float((hits | ~real).all(axis=0).mean())),
        (
            "Your captions_right is the share of next characters once more. That is the measure that flatters: one "
            "wrong character of twenty is a wrong caption. What must hold for all of a row?"
        ): _measures(captions_right=_next_right),
        (
            "Where nothing is wrong, first_wrong says 0, which means: wrong from the first step on. The place of the "
            "first True is 0 when there is none, too. What does the task want there?"
        ): _first(lambda hits, real: (~hits & real).argmax(axis=1)),
        (
            "Where nothing is wrong, first_wrong is the length of the caption or the number of steps. That would say "
            "where a mistake is, and there is none. What does the task want there?"
        ): _first(
            lambda hits, real: np.where((~hits & real).any(axis=1), _first_wrong(hits, real), real.sum(axis=1)),
            lambda hits, real: np.where((~hits & real).any(axis=1), _first_wrong(hits, real), real.shape[1]),
        ),
        (
            "Your first_wrong finds mistakes in the padding. A caption that is right up to its end has none, whatever "
            "comes after it. Which steps may be searched?"
        ): _first(lambda hits, real: np.where(hits.all(axis=1), -1, hits.argmin(axis=1))),
        (
            "Your first_wrong is the last mistake of each caption. What came after the first one was guessed with the "
            "truth to read; a free writer never saw that. From which end do you search?"
        ): _first(_without(lambda hits, real: hits.shape[1] - 1 - (~hits & real)[:, ::-1].argmax(axis=1))),
        (
            "Your first_wrong counts characters, all that are right or all that are wrong. It is a place: up to there "
            "the network has written what it should, and after it more may be right or wrong."
        ): _first(
            _without(lambda hits, real: (hits & real).sum(axis=1)),
            _without(lambda hits, real: (~hits & real).sum(axis=1)),
            lambda hits, real: (hits & real).sum(axis=1),
            lambda hits, real: (~hits & real).sum(axis=1),
        ),
        ("Your first_wrong counts the steps from 1. Step 0 is the first, as in any array."): _first(
            _without(lambda hits, real: _first_wrong(hits, real) + 1)
        ),
    },
    explanation="""\
One array of truth values says all: which guesses are right where something had to be written. Over all of them it
gives the share of next characters, `hits[real].mean()`; padding must be left out of the count, not counted as right.
For whole captions it may be counted as right, since `all` does not care: `(hits | ~real).all(axis=1)`. The first is
what the loss is made of, and flatters, since most characters follow from those before. And first_wrong is why the
second tells the truth about free running, although the guesses were made with the true caption to read: up to its
first mistake, a network that writes greedily has read nothing but the truth.""",
    explain=_explain,
)
