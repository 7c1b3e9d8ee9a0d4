"""08.5: to a review another one with the same words and the opposite verdict."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_08 import clauses as ways
from rnncourse.exercises.lesson_08.clauses import everywhere, judged_by, moved_by, twins_by, written_by

_PRAISE, _BLAME = ("good", "fine", "warm", "nice"), ("bad", "dull", "cold", "poor")
_NOUNS = ("tea", "soup", "wine", "beer", "food", "room", "beds")


def _reviews(rng: np.random.Generator, *, kinds: Sequence[str] = "ABCDE") -> Inputs:
    """A review of each kind, in any order.

    The clauses disagree: A, with a *not* in none or both; B, with one. They agree: C, with a *not* in the first; D, in
    the second; E, in none or both.
    """
    lists = [[str(word) for word in rng.permutation(words)[:3]] for words in (_PRAISE, _BLAME)]
    reviews = []
    for kind in rng.permutation(list(kinds)):
        both = bool(rng.integers(2))
        first, second = {"C": (True, False), "D": (False, True)}.get(kind, (both, both))
        if kind == "B":
            first, second = both, not both
        one = int(rng.integers(2))
        other = one if kind in "BE" else 1 - one
        opinions = (
            rng.choice(lists[one], 2, replace=False) if one == other else map(rng.choice, (lists[one], lists[other]))
        )
        parts = zip(rng.choice(_NOUNS, 2, replace=False), opinions, (first, second), strict=True)
        reviews.append(_sentence(*(_clause(rng, *part) for part in parts)))
    return {"reviews": reviews, "praise": lists[0], "blame": lists[1]}


def _clause(rng: np.random.Generator, noun: str, opinion: str, negated: bool) -> str:
    said = "not " * negated + opinion
    return f"{said} {noun}" if rng.integers(2) else f"{noun} {said}"


def _sentence(first: str, second: str) -> str:
    return f"{first[0].upper()}{first[1:]}, but {second}."


def _given(rng: np.random.Generator, *, forms: Sequence[str]) -> Inputs:
    """Reviews as written, {g} and {b} filled in."""
    lists = [[str(word) for word in rng.permutation(words)[:3]] for words in (_PRAISE, _BLAME)]
    put = [form.format(g=lists[0][0], b=lists[1][0]) for form in forms]
    return {"reviews": [review[0].upper() + review[1:] for review in put], "praise": lists[0], "blame": lists[1]}


def _text_by_text(reviews: list[str], praise: list[str], blame: list[str]) -> ways.Twins:
    twins, verdicts = [], []
    for review in reviews:
        first, second = (review[0].lower() + review[1:-1]).split(", but ")
        said, bare, nots = [], [], []
        for clause in (first, second):
            words = clause.split()
            (opinion,) = [word for word in words if word in praise or word in blame]
            nots.append(words.count("not"))
            said.append((int(opinion in praise) + nots[-1]) % 2)
            bare.append((" ".join(word for word in words if word != "not"), opinion))
        twin = ""
        if said[0] != said[1]:
            twin = f"{second}, but {first}."
        elif nots[0] != nots[1]:
            turned = [
                f" {clause} ".replace(f" {opinion} ", f" {'not ' * (1 - count)}{opinion} ").strip()
                for (clause, opinion), count in zip(bare, nots, strict=True)
            ]
            twin = f"{turned[0]}, but {turned[1]}."
        twins.append(twin[:1].upper() + twin[1:])
        verdicts.append(said[1])
    return np.array(twins), np.array(verdicts)


def _explain(reviews: list[str], praise: list[str], blame: list[str]) -> str:
    pairs = [[part.split() for part in review.split(", but ")] for review in reviews]
    said = [[int(ways.says_praise(clause, (praise, blame))) for clause in pair] for pair in pairs]
    nots = [[int(ways.has_not(clause)) for clause in pair] for pair in pairs]
    return f"Clause by clause, the reviews of this input say {said}, 1 for praise, and *not* stands there {nots} times."


TWINS = Exercise(
    id="08.5",
    title="Two reviews with the same words",
    function="twins",
    inputs=_reviews,
    edges=(
        partial(_reviews, kinds="E"),
        partial(_given, forms=["{g} tea, but food not {g}.", "not {b} beds, but room {b}."]),
        partial(_given, forms=["another {g} tea, but food {b}.", "notes {g}, but {b} wine."]),
        partial(_given, forms=["big, {g} room, but tea {b}.", "old, small room not {b}, but {g} tea."]),
        partial(_given, forms=["small but {g} room, but tea {b}.", "cheap but not {b} wine, but {g} tea."]),
    ),
    reference=_text_by_text,
    returns={"twins": ("review",), "verdicts": ("review",)},
    mistakes={
        (
            "You let the clauses change places in every review. Where both say the same, the new last clause says what "
            "the old one said: the same words, but no other verdict. What is to be asked before?"
        ): (twins_by(movable=ways.swapped, stuck=ways.swapped), twins_by(movable=ways.swapped)),
        (
            "Where both clauses say the same and *not* stands in neither or in both, you still return a review. No "
            "order of these words has the other verdict. What does the task want for none?"
        ): (twins_by(stuck=ways.swapped), twins_by(stuck=ways.itself)),
        (
            "Where both clauses say the same, you find no twin. With a *not* in just one of them there is one: *good "
            "tea, but food not bad* praises twice. What becomes of it if *not* goes to the tea?"
        ): twins_by(movable=ways.none),
        (
            "A single *not* moves also where the clauses disagree. What comes out is a twin, but not the one that the "
            "task asks for. Which of its two ways comes first?"
        ): twins_by(disagree=ways.one_not_moves_first),
        (
            "Where *not* moves, your clauses change places as well. Both now say the opposite, so their order no "
            "longer matters: one of the two changes is enough. Which one does the task ask for?"
        ): twins_by(movable=ways.moved_and_swapped),
        (
            "Only the opinions change places, not the clauses. It would be another twin where no *not* stands in the "
            "way, but it says something else of each thing. Does the room that was cold have to be warm now?"
        ): (
            twins_by(disagree=ways.opinions_swapped),
            twins_by(disagree=ways.opinions_swapped_with_their_not),
        ),
        (
            "Your twins turn the verdict by a word that was not there, or leave one out: an opinion for its opposite, "
            "or a *not* put in or taken out. A bag sees that at once. Count the words of both reviews: are they equal?"
        ): (
            *(everywhere(way) for way in (ways.other_word, ways.other_not)),
            *(twins_by(stuck=way) for way in (ways.other_word, ways.other_not)),
        ),
        (
            "You turn round the order of all words. A bag cannot tell the two apart, but nor can anybody read the "
            "second. What is the smallest piece that has to move as a whole?"
        ): (everywhere(ways.backwards), twins_by(disagree=ways.backwards)),
        (
            "Your *not* leaves its clause and arrives nowhere, so that a word is missing. Now only one clause says the "
            "opposite. Compare the words of a review and its twin, each as often as it comes."
        ): twins_by(movable=moved_by(adds=False)),
        (
            "Your *not* arrives in the other clause and stays where it was, too, so that there are two. Compare the "
            "words of a review and its twin, each as often as it comes."
        ): twins_by(movable=moved_by(without=list)),
        (
            "Your *not* moves to the beginning or the end of the other clause, or behind its opinion. It belongs right "
            "before the word that it turns: *food not good*. How do you find the place of the opinion?"
        ): tuple(
            twins_by(movable=moved_by(place=place))
            for place in (
                lambda clause, lists: 0,
                lambda clause, lists: len(clause),
                lambda clause, lists: 1,
                lambda clause, lists: ways.place_of_opinion(clause, lists) + 1,
            )
        ),
        (
            "The capital letter has moved along with its word, into the middle of the twin, or its beginning has none. "
            "A capital marks a place, not a word. Make all letters small before you move anything; which one grows "
            "again?"
        ): written_by(ways.capital_left, ways.capital_left_and_one_put, ways.capital_swapped, ways.no_capital),
        (
            "The full stop has moved along with its clause and stands in the middle of the twin. It marks the end of a "
            "review, not that of a clause. When must it be taken off, and when put back?"
        ): written_by(ways.stop_left, ways.stop_left_and_one_put),
        (
            "Capital letter and full stop have moved along with their words. They mark places, the first and the last. "
            "Take a review apart into clauses that have neither; what is to be done once the twin is put together?"
        ): written_by(ways.all_left),
        (
            "The full stop at the end of your twins is missing. You took it off, rightly, before the clauses moved. "
            "What is left to do at the end?"
        ): written_by(lambda first, second: ways.written(first, second)[:-1]),
        (
            "Your *but* moves along with its clause, to the front of the twin, or its comma is missing. It stands "
            "between the clauses and says that the second weighs more. Does it belong to one of them?"
        ): written_by(
            lambda first, second: f"But {ways.written(first, second).lower().replace(', but', ',')}",
            lambda first, second: ways.written(first, second).replace(", but", " but"),
        ),
        (
            "Nothing asks for *not*: *not good* counts as praise, in the verdicts and where you compare the clauses. "
            "What does a *not* do to what its clause says?"
        ): twins_by(says=ways.opinion_alone),
        (
            "The twins are right, but your verdicts go by the opinion after *but* alone, without its *not*, or with a "
            "*not* from the other clause. Which words decide about what a clause says?"
        ): judged_by(
            lambda said, pair, lists: ways.opinion_alone(pair[1], lists),
            lambda said, pair, lists: ways.opinion_alone(pair[1], lists) != any(map(ways.has_not, pair)),
        ),
        (
            "The twins are right, but your verdicts are those of the first clause. *Good tea, but beds cold* is not "
            "going to bring anybody back. Which clause weighs more?"
        ): judged_by(lambda said, pair, lists: said[0]),
        (
            "The twins are right, but your verdicts count words of praise against words of blame. So a bag of words "
            "judges, and it would judge the twin alike. Which clause decides?"
        ): judged_by(
            lambda said, pair, lists: ways.majority_of_words(pair, lists) > 0,
            lambda said, pair, lists: ways.majority_of_words(pair, lists) >= 0,
        ),
        (
            "The twins are right, but your verdicts ask for praise in both clauses, or in any of them. What stands "
            "before *but* is taken back. Which clause decides?"
        ): judged_by(lambda said, pair, lists: all(said), lambda said, pair, lists: any(said)),
        (
            "The twins are right, but 0 and 1 have changed places in your verdicts, or they are those of the twins. 1 "
            "stands for a review that praises."
        ): twins_by(label=lambda praises: 1 - int(praises)),
        (
            "Reviews without a twin are left out, so nobody knows to which review a twin belongs. There must be an "
            "entry for each. What does the task put where there is none?"
        ): twins_by(keep=bool),
        (
            "Right but for words that hold the letters n, o, t, such as *another* and *notes*: you search in the text. "
            "What takes a clause apart into words first?"
        ): ways.not_inside_a_word,
    },
    explanation="""\
A bag of words forgets the order, and here the order decides: what stands after *but*, and what stands after *not*.
Changing either keeps every word and turns the verdict. To the bag a review and its twin are one input, so whatever
it answers, it is wrong about one of them. The worked answer makes all letters small and takes off the full stop,
moves whole clauses or the one word *not*, and puts capital and stop back at their places. Where both clauses say the
same and *not* cannot move, no order of the words turns the verdict: there a bag loses nothing. Pairs like these are a
sharp test for any model of texts: equally many praise and blame with the *same* words, so everything above one half
comes from order.""",
    explain=_explain,
)
