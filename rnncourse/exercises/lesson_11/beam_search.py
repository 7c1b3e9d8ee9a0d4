"""11.3: beam search on a table of probabilities."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_11.beams import (
    END,
    NOTHING,
    VOCABULARY,
    Found,
    Hypothesis,
    beams,
    is_clear,
    is_open,
    keep_all,
    mean,
    search,
    table,
    total,
)
from rnncourse.exercises.plain_data import show


def _ends_at_once(rng: np.random.Generator) -> Inputs:
    """The end is by far the likeliest first token."""
    while True:
        case = {**table(rng, width=2, length=3), "first": np.array([0.91, 0.05, 0.03, 0.01])}
        if is_clear(**case):
            return case


def _then(change: Callable[[np.ndarray, np.ndarray], Found]) -> Callable[..., Found]:
    """Something done to the right result."""
    return lambda **case: change(*search(**case))


def _ended_alone(found: list[Hypothesis]) -> list[Hypothesis]:
    return [hypothesis for hypothesis in found if not is_open(hypothesis)]


def _ended_if_any(found: list[Hypothesis]) -> list[Hypothesis]:
    return _ended_alone(found) or found


def _without_end(hypothesis: Hypothesis) -> float:
    return hypothesis[0] / max(len(hypothesis[1]) - (not is_open(hypothesis)), 1)


def _product_by_number(hypothesis: Hypothesis) -> float:
    return math.exp(hypothesis[0]) / len(hypothesis[1])


def _extended_and_cut(**case: object) -> Found:
    tokens, scores = search(**case, ended_ones="grow")
    behind_the_end = np.cumsum(tokens == END, axis=1) - (tokens == END) > 0
    return np.where(behind_the_end, NOTHING, tokens), scores


def _with_width(
    width_of: Callable[[int, int], int], *, cut: bool = True
) -> Callable[[np.ndarray, np.ndarray, int, int], Found]:
    """Another width, of the one given and the length; ``cut``: whether no more than were asked for come back."""

    def wrong(first: np.ndarray, following: np.ndarray, width: int, length: int) -> Found:
        other = width_of(width, length)
        return search(first, following, other, length, most=width if cut else other)

    return wrong


def _by_a_step(by: int, *, same_shape: bool) -> Callable[[np.ndarray, np.ndarray, int, int], Found]:
    def wrong(first: np.ndarray, following: np.ndarray, width: int, length: int) -> Found:
        steps = max(length + by, 1)
        return search(first, following, width, steps, columns=max(length, steps) if same_shape else steps)

    return wrong


def _from_one_row(first: np.ndarray, following: np.ndarray, width: int, length: int) -> Found:
    """Every hypothesis is continued as if nothing had been written."""
    return search(first, np.tile(first, (len(first), 1)), width, length)


def _explain(first: np.ndarray, following: np.ndarray, width: int, length: int) -> str:
    left = []
    for steps in range(1, min(length, 3)):
        found = beams(first, following, width, steps)
        left.append(show([list(hypothesis[1]) for hypothesis in found]))
    if not left:
        return f"In this input there is one step, and the largest probability is {first.max():.2g}."
    return f"In this input the hypotheses that are left after the first steps are {', then '.join(left)}."


BEAM_SEARCH = Exercise(
    id="11.3",
    title="Beam search",
    function="beam_search",
    inputs=table,
    edges=(
        partial(table, width=1, length=3),
        partial(table, width=2, length=1),
        partial(table, width=VOCABULARY**2, length=2),
        _ends_at_once,
    ),
    reference=search,
    returns={"tokens": ("hypothesis", "token"), "scores": ("hypothesis",)},
    mistakes={
        (
            "That is greedy: one hypothesis, which takes the likeliest token each time. A first token that is a little "
            "less likely may go on much better. Where does width enter?"
        ): _with_width(lambda width, length: 1),
        (
            "Only the best hypothesis comes back. It is the right one; the task wants all that are left, the best "
            "first. What is the shape of tokens?"
        ): (
            partial(search, most=1),
            _then(lambda tokens, scores: (tokens[0], float(scores[0]))),
            _then(lambda tokens, scores: (tokens[0][tokens[0] != NOTHING], float(scores[0]))),
        ),
        (
            "At the end the hypotheses are ranked by the sum, not by the mean of a token. Each further token makes a "
            "sum smaller, so a short one wins for being short. By what must the sum be divided?"
        ): (partial(search, rank=total), partial(search, rank=total, score=total)),
        (
            "The tokens are right, but the scores are sums of ln p. The task wants what the hypotheses were ranked by "
            "at the end: the mean of a token. How many tokens are there, the end included?"
        ): partial(search, score=total),
        (
            "Probabilities are added up. A sum of them is the probability of nothing: two tokens with 0.9 and 0.01 "
            "count like two with 0.5 and 0.41, which are twenty times as likely. What may be added up?"
        ): (
            partial(search, gain=lambda probability: probability),
            partial(search, gain=lambda probability: probability, rank=total),
            partial(search, gain=lambda probability: probability, rank=total, score=total),
            partial(search, gain=lambda probability: probability, score=lambda own: math.log(own[0] / len(own[1]))),
        ),
        (
            "Probabilities are multiplied, which is right, and the product is divided by the number of tokens, which "
            "is not: a product of many stays tiny. It is the mean of the *logarithms* that is comparable."
        ): (
            partial(search, rank=_product_by_number, score=_product_by_number),
            partial(search, rank=_product_by_number),
        ),
        (
            "An ended hypothesis is continued. Behind the end there is nothing, whatever the table has in that row. "
            "What happens to a hypothesis whose last token is 0?"
        ): (partial(search, ended_ones="grow"), _extended_and_cut),
        (
            "Ended hypotheses take no place, so that always width open ones are kept. The task gives an ended one its "
            "place for good: with one ended, how many open ones may be left?"
        ): (partial(search, ended_ones="take no places"), partial(search, ended_ones="take no places", most=10**6)),
        (
            "An ended hypothesis has to defend its place against those that grow on. There are searches like that; "
            "here it keeps its place for good once it has got it. Among which are the places that are left given out?"
        ): partial(search, ended_ones="compete"),
        (
            "After the first step each hypothesis has one continuation only, its likeliest. The second best of a good "
            "one may beat the best of a bad one. Out of how many candidates are the best taken?"
        ): partial(search, of_each=1),
        (
            "Nothing is ever thrown away: there are more and more hypotheses. That finds what is best, in a time that "
            "no real vocabulary allows. How many may be left after a step, in all?"
        ): (keep_all, _with_width(lambda width, length: VOCABULARY**length, cut=False)),
        (
            "The beam is one hypothesis too wide, or too narrow. After each step there are width of them, those that "
            "have ended included. How many does your slice take?"
        ): (
            _with_width(lambda width, length: width + 1),
            _with_width(lambda width, length: width + 1, cut=False),
            _with_width(lambda width, length: max(width - 1, 1)),
        ),
        (
            "The search stops when the first hypothesis ends. Others may still be open, and have a better mean at the "
            "end. When is it over?"
        ): partial(search, until_one_ends=True),
        (
            "Only hypotheses that have ended come back. The task lets one that is still open after the last step count "
            "as it stands. Which are to be ranked?"
        ): (partial(search, among=_ended_if_any), partial(search, among=_ended_alone)),
        (
            "The end does not count as a token where you divide. It has a probability like the others, which is in the "
            "sum. By how many must you divide when a hypothesis is 3, 1, end?"
        ): (partial(search, rank=_without_end, score=_without_end), partial(search, score=_without_end)),
        (
            "You divide all sums by the same number, the length that was allowed. A hypothesis that ended early has "
            "fewer tokens, and that is what the mean is about. Whose length is meant?"
        ): (
            lambda first, following, width, length: search(
                first, following, width, length, rank=total, score=lambda own: own[0] / length
            ),
        ),
        (
            "The end is missing from the tokens. The task wants it to be there: it says that a hypothesis has ended, "
            "and was not just cut off."
        ): _then(lambda tokens, scores: (np.where(tokens == END, NOTHING, tokens), scores)),
        (
            "The rows are filled up with 0. But 0 is the end, a token that comes once; nothing was written behind it. "
            "By what does the task fill them up?"
        ): _then(lambda tokens, scores: (tokens.clip(END), scores)),
        (
            "The hypotheses and their scores are right, but they do not stand in the order of their scores, the best "
            "first. After the last step, by what must they be sorted?"
        ): (
            _then(lambda tokens, scores: (tokens[::-1], scores[::-1])),
            partial(search, rank=lambda own: 0.0),
            partial(search, rank=lambda own: -len(own[1])),
        ),
        (
            "The scores are right but for their unit: they were turned back into probabilities, or their sign is "
            "turned, or the logarithm is another than ln. The task wants the mean of ln p, which is at most 0."
        ): (
            _then(lambda tokens, scores: (tokens, np.exp(scores))),
            _then(lambda tokens, scores: (tokens, -scores)),
            _then(lambda tokens, scores: (tokens, scores / math.log(2))),
            _then(lambda tokens, scores: (tokens, scores / math.log(10))),
            partial(search, score=lambda own: math.exp(own[0])),
        ),
        (
            "One step too few, or one too many: hypotheses may have up to length tokens, the first one included. What "
            "does your loop begin with, and how often does it run?"
        ): tuple(_by_a_step(by, same_shape=same_shape) for by in (-1, 1) for same_shape in (True, False)),
        (
            "Every token is drawn from the same row: first. That one is for the beginning; behind token k comes "
            "following[k]. What is the last token of the hypothesis that you continue?"
        ): _from_one_row,
        (
            "The first token is drawn from following[0], as if an end had just been written. What stands in first?"
        ): lambda first, following, width, length: search(following[0], following, width, length),
        (
            "The table is read the wrong way round: its rows belong to the token *before*, its columns to the token "
            "that comes. Which index comes first?"
        ): lambda first, following, width, length: search(first, following.T, width, length),
        (
            "You keep the *least* likely hypotheses: sorting counts upwards, and ln p is the larger the closer it is "
            "to 0. From which end must they be taken?"
        ): (
            partial(search, key=lambda own: -own[0]),
            partial(search, key=lambda own: -own[0], rank=lambda own: -mean(own)),
        ),
    },
    explanation="""\
A list of (sum of ln p, tokens) is all that is needed. Each step makes all continuations of the open ones, sorts them
together and keeps as many as there are places; those that ended move to another list and take their places with them.
Sums, for the logarithm of a product is a sum, and a product of a hundred probabilities would be 0 in float32. At the
end the means are compared, since a sum falls with every token. A beam is no proof: what was dropped at the first step
never comes back. `models.beam_search` follows the same rules; its `length_penalty=1` is the mean, 0 the sum.""",
    explain=_explain,
)
