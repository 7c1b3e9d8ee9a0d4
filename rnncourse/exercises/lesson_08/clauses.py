"""Reviews of two clauses, and their twins with any part of the way there replaced."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Words = list[str]
Pair = tuple[Words, Words]
Lists = tuple[Words, Words]
"""The words of praise, and those of blame."""
Way = Callable[[Words, Words, Lists], Pair | None]
"""What the two clauses become, None where there is no twin."""
Says = Callable[[Words, Lists], bool]
Verdict = Callable[[list[bool], Pair, Lists], bool]
"""The verdict of a review, of what its clauses say and of the clauses."""
Twins = tuple[np.ndarray, np.ndarray]


def bare(word: str) -> str:
    return word.lower().rstrip(".")


def has_not(clause: Words) -> bool:
    return "not" in map(bare, clause)


def place_of_opinion(clause: Words, lists: Lists) -> int:
    return next(place for place, word in enumerate(clause) if bare(word) in lists[0] + lists[1])


def says_praise(clause: Words, lists: Lists) -> bool:
    return any(bare(word) in lists[0] for word in clause) != has_not(clause)


def written(first: Words, second: Words) -> str:
    words = " ".join(map(bare, first)) + ", but " + " ".join(map(bare, second)) + "."
    return words[0].upper() + words[1:]


def swapped(first: Words, second: Words, lists: Lists) -> Pair:
    return second, first


def none(first: Words, second: Words, lists: Lists) -> None:
    return None


def moved_by(
    *,
    place: Callable[[Words, Lists], int] = place_of_opinion,
    without: Callable[[Words], Words] = lambda clause: [word for word in clause if bare(word) != "not"],
    adds: bool = True,
) -> Way:
    """*not* leaves the clause in which it stands for a ``place`` in the other."""

    def moved(first: Words, second: Words, lists: Lists) -> Pair:
        after = []
        for clause in (first, second):
            if has_not(clause):
                after.append(without(clause))
            else:
                at = place(clause, lists)
                after.append([*clause[:at], *["not"] * adds, *clause[at:]])
        return after[0], after[1]

    return moved


moved = moved_by()


def twins_by(
    *,
    says: Says = says_praise,
    verdict: Verdict = lambda said, pair, lists: said[1],
    disagree: Way = swapped,
    movable: Way = moved,
    stuck: Way = none,
    write: Callable[[Words, Words], str] = written,
    label: Callable[[bool], int] = int,
    keep: Callable[[str], bool] = lambda twin: True,
) -> Callable[..., Twins]:
    """``movable``: the way where both clauses say the same and one holds *not*; ``stuck``: where none or both do."""

    def twins(reviews: Sequence[str], praise: Words, blame: Words) -> Twins:
        lists, found, labels = (praise, blame), [], []
        for review in reviews:
            one, other = (part.split() for part in review.split(", but "))
            said = [says(clause, lists) for clause in (one, other)]
            labels.append(label(verdict(said, (one, other), lists)))
            agree = movable if has_not(one) != has_not(other) else stuck
            pair = (agree if said[0] == said[1] else disagree)(one, other, lists)
            found.append("" if pair is None else write(*pair))
        return np.array([twin for twin in found if keep(twin)], dtype=str), np.array(labels)

    return twins


def everywhere(way: Way) -> Callable[..., Twins]:
    return twins_by(disagree=way, movable=way, stuck=way)


def written_by(*write: Callable[[Words, Words], str]) -> tuple[Callable[..., Twins], ...]:
    return tuple(twins_by(write=each) for each in write)


def judged_by(*verdict: Verdict) -> tuple[Callable[..., Twins], ...]:
    return tuple(twins_by(verdict=each) for each in verdict)


# ── other ways ───────────────────────────────────────────────────────────────────────────────────────────────────────
def itself(first: Words, second: Words, lists: Lists) -> Pair:
    return first, second


def one_not_moves_first(first: Words, second: Words, lists: Lists) -> Pair:
    return (moved if has_not(first) != has_not(second) else swapped)(first, second, lists)


def moved_and_swapped(first: Words, second: Words, lists: Lists) -> Pair:
    return moved(*swapped(first, second, lists), lists)


def other_not(first: Words, second: Words, lists: Lists) -> Pair:
    """The last clause gets a *not*, or loses its own."""
    if has_not(second):
        return first, [word for word in second if bare(word) != "not"]
    at = place_of_opinion(second, lists)
    return first, [*second[:at], "not", *second[at:]]


def other_word(first: Words, second: Words, lists: Lists) -> Pair:
    """The opinion of the last clause becomes its opposite, the word at the same place of the other list."""
    opposite = dict(zip([*lists[0], *lists[1]], [*lists[1], *lists[0]], strict=True))
    return first, [opposite.get(bare(word), word) for word in second]


def opinions_swapped(first: Words, second: Words, lists: Lists) -> Pair:
    at, there = place_of_opinion(first, lists), place_of_opinion(second, lists)
    words = bare(first[at]), bare(second[there])
    return [*first[:at], words[1], *first[at + 1 :]], [*second[:there], words[0], *second[there + 1 :]]


def opinions_swapped_with_their_not(first: Words, second: Words, lists: Lists) -> Pair:
    both = opinions_swapped(first, second, lists)
    return moved(*both, lists) if has_not(first) != has_not(second) else both


# ── other ways to write, and to judge ────────────────────────────────────────────────────────────────────────────────
def backwards(first: Words, second: Words, lists: Lists) -> Pair:
    return second[::-1], first[::-1]


def no_capital(first: Words, second: Words) -> str:
    return written(first, second).lower()


def capital_left(first: Words, second: Words) -> str:
    return ", but ".join(" ".join(clause).replace(".", "") for clause in (first, second)) + "."


def capital_left_and_one_put(first: Words, second: Words) -> str:
    text = capital_left(first, second)
    return text[0].upper() + text[1:]


def capital_swapped(first: Words, second: Words) -> str:
    """The first word is seen to, the last clause stays as it came."""
    return written(first, second).partition(", but ")[0] + ", but " + " ".join(second).replace(".", "") + "."


def stop_left(first: Words, second: Words) -> str:
    text = ", but ".join(" ".join(clause).lower() for clause in (first, second))
    return text[0].upper() + text[1:]


def stop_left_and_one_put(first: Words, second: Words) -> str:
    text = stop_left(first, second)
    return text if text.endswith(".") else text + "."


def all_left(first: Words, second: Words) -> str:
    return ", but ".join(map(" ".join, (first, second)))


def opinion_alone(clause: Words, lists: Lists) -> bool:
    return any(bare(word) in lists[0] for word in clause)


def majority_of_words(pair: Pair, lists: Lists) -> int:
    """How many more words of praise than of blame there are."""
    words = [bare(word) for clause in pair for word in clause]
    return sum(word in lists[0] for word in words) - sum(word in lists[1] for word in words)


def not_inside_a_word(reviews: Sequence[str], praise: Words, blame: Words) -> Twins:
    """*not* is searched for among the letters of a clause."""
    found, labels = [], []
    for review in reviews:
        clauses = review.lower().removesuffix(".").split(", but ")
        nots = ["not" in clause for clause in clauses]
        said = [any(word in praise for word in c.split()) != n for c, n in zip(clauses, nots, strict=True)]
        labels.append(int(said[1]))
        if said[0] != said[1]:
            clauses = clauses[::-1]
        elif nots[0] != nots[1]:
            for k in range(2):
                words = clauses[k].split()
                if nots[k]:
                    words = clauses[k].replace("not ", "").split()
                else:
                    words.insert(place_of_opinion(words, (praise, blame)), "not")
                clauses[k] = " ".join(words)
        else:
            clauses = []
        found.append(", but ".join(clauses).capitalize() + "." * bool(clauses))
    return np.array(found, dtype=str), np.array(labels)
