"""Beam search on a table of probabilities, and searches that go by other rules."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Inputs

Found = tuple[np.ndarray, np.ndarray]
"""Tokens (hypotheses, length) and scores (hypotheses,), the best first."""
Hypothesis = tuple[float, tuple[int, ...]]
"""What its tokens have added up to, and its tokens."""
Key = Callable[[Hypothesis], float]
END, NOTHING, VOCABULARY = 0, -1, 4


def mean(hypothesis: Hypothesis) -> float:
    return hypothesis[0] / len(hypothesis[1])


def total(hypothesis: Hypothesis) -> float:
    return hypothesis[0]


def is_open(hypothesis: Hypothesis) -> bool:
    return END not in hypothesis[1]


def beams(
    first: np.ndarray,
    following: np.ndarray,
    width: int,
    length: int,
    *,
    gain: Callable[[float], float] = math.log,
    key: Key = total,
    ended_ones: str = "keep their places",
    of_each: int | None = None,
    until_one_ends: bool = False,
    gaps: list[float] | None = None,
) -> list[Hypothesis]:
    """The hypotheses that are left at the end.

    ``gain``: what a probability adds; ``key``: by what they are compared on the way; ``ended_ones``: "keep their
    places", "take no places", "compete" with the others for a place, or "grow" on; ``of_each``: how many continuations
    each hypothesis may have, the empty one left out when it is 1; ``until_one_ends``: whether the search stops there;
    ``gaps``: is told at each step how far the last that is kept lies above the first that is not.
    """
    kept, ended = [(0.0, ())], []
    for _ in range(length):
        grown = []
        for hypothesis in kept:
            if ended_ones == "compete" and not is_open(hypothesis):
                grown.append(hypothesis)
                continue
            row = following[hypothesis[1][-1]] if hypothesis[1] else first
            own = [(hypothesis[0] + gain(p), (*hypothesis[1], token)) for token, p in enumerate(row.tolist())]
            most = None if of_each == 1 and not hypothesis[1] else of_each
            grown += sorted(own, key=key, reverse=True)[:most]
        places = width - len(ended) if ended_ones == "keep their places" else width
        grown = sorted(grown, key=key, reverse=True)
        if gaps is not None and 0 < places < len(grown):
            gaps.append(key(grown[places - 1]) - key(grown[places]))
        kept = grown[:places]
        if ended_ones in ("keep their places", "take no places"):
            ended += [hypothesis for hypothesis in kept if not is_open(hypothesis)]
            kept = [hypothesis for hypothesis in kept if is_open(hypothesis)]
        if until_one_ends and not all(map(is_open, ended + kept)):
            break
    return ended + kept


def search(
    first: np.ndarray,
    following: np.ndarray,
    width: int,
    length: int,
    *,
    rank: Key = mean,
    among: Callable[[list[Hypothesis]], list[Hypothesis]] = lambda found: found,
    score: Key = mean,
    most: int | None = None,
    columns: int | None = None,
    **options: object,
) -> Found:
    """``rank``: by what they are sorted at the end; ``among``: those that are; ``score``: what is returned for each.

    ``most``: how many come back, ``width`` when left out; ``columns``: of the tokens, ``length`` when left out.
    """
    found = sorted(among(beams(first, following, width, length, **options)), key=rank, reverse=True)[: most or width]
    tokens = np.full((len(found), columns or length), NOTHING)
    for row, (_, written) in zip(tokens, found, strict=True):
        row[: len(written)] = written
    return tokens, np.array([score(hypothesis) for hypothesis in found], dtype=float)


def keep_all(first: np.ndarray, following: np.ndarray, width: int, length: int) -> Found:
    """The best ``width`` of all hypotheses that there are."""
    return search(first, following, VOCABULARY**length, length, most=width)


_OTHER_RULES = ({"gain": lambda probability: probability}, {"ended_ones": "compete"}, {"ended_ones": "take no places"})
_ADDS, _COMPETE, _NO_PLACES = (partial(search, **rule) for rule in _OTHER_RULES)
_RARELY_SEEN = ((_ADDS,), (_COMPETE,), (_NO_PLACES, keep_all))


def table(rng: np.random.Generator, *, width: int = 0, length: int = 0) -> Inputs:
    """Probabilities with two decimals, so far apart that rounding decides nothing; what is 0 is drawn.

    Where ``width`` is drawn, by lot one of the rules that rarely matter does.
    """
    others = () if width else _RARELY_SEEN[rng.integers(len(_RARELY_SEEN))]
    while True:
        rows = _rows(rng, 1 + VOCABULARY)
        case = {
            "first": rows[0],
            "following": rows[1:],
            "width": width or int(rng.integers(2, 4)),
            "length": length or int(rng.integers(3, 5)),
        }
        if is_clear(**case) and len({find(**case)[0].tobytes() for find in (search, *others)}) == 1 + len(others):
            return case


def _rows(rng: np.random.Generator, count: int) -> np.ndarray:
    """Rows (count, V) that sum to 1, none of whose entries is below 0.02."""
    parts = rng.dirichlet(np.full(VOCABULARY, 0.8), count)
    rows = np.round(0.02 + (1 - 0.02 * VOCABULARY) * parts, 2)
    rows[np.arange(count), rows.argmax(axis=1)] += 1 - rows.sum(axis=1)
    return np.round(rows, 2)


def is_clear(first: np.ndarray, following: np.ndarray, width: int, length: int) -> bool:
    """Whether no two hypotheses that are compared, by these rules or those that are rarely seen, are nearly tied."""
    for rule in ({}, *_OTHER_RULES):
        gaps: list[float] = []
        found = beams(first, following, width, length, gaps=gaps, **rule)
        for value in (mean, total):
            gaps += np.diff(sorted(map(value, found))).tolist()
        if min(gaps, default=1.0) < 3e-4:
            return False
    return True
