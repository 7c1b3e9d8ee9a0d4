"""09.3: the nucleus of a distribution, the fewest likely tokens that together have a probability p."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.plain_data import show

Keep = Callable[[np.ndarray, float], np.ndarray]
"""Which tokens are kept, (V,) bool, of the probabilities and p."""


def _distribution(rng: np.random.Generator) -> Inputs:
    """Six tokens, no two alike; the nucleus has two to four of them, and p lies clearly between two sums."""
    while True:
        parts = rng.choice(np.arange(2, 50), 6, replace=False)
        probabilities = parts / parts.sum()
        kept = int(rng.integers(2, 5))
        sums = np.cumsum(np.sort(probabilities)[::-1])
        p = float(np.round((sums[kept - 2] + sums[kept - 1]) / 2, 2))
        rounded = np.round(probabilities, 2)
        if abs(rounded.sum() - 1) < 1e-9 and len(set(rounded)) == 6 and _apart(rounded, p):
            return {"probabilities": rounded, "p": p}


def _apart(probabilities: np.ndarray, p: float) -> bool:
    """Whether p is no sum of the likeliest, and the nucleus is neither one token nor all."""
    sums = np.cumsum(np.sort(probabilities)[::-1])
    return bool(np.abs(sums - p).min() > 0.004 and sums[0] < p < sums[-2])


def _sixteenths(rng: np.random.Generator, *, parts: tuple[int, ...], p: float) -> Inputs:
    """Sixteenths in any order: their sums are exact."""
    return {"probabilities": rng.permutation(parts) / 16, "p": p}


def _one_after_the_other(probabilities: np.ndarray, p: float) -> np.ndarray:
    left, kept, mass = set(range(len(probabilities))), [], 0.0
    while left and mass < p:
        likeliest = max(left, key=lambda token: probabilities[token])
        left.remove(likeliest)
        kept.append(likeliest)
        mass += float(probabilities[likeliest])
    result = [0.0] * len(probabilities)
    for token in kept:
        result[token] = float(probabilities[token]) / mass
    return np.array(result)


def _ranked(probabilities: np.ndarray, rule: Callable[[np.ndarray], np.ndarray], *, down: bool = True) -> np.ndarray:
    """Which tokens are kept; ``rule``: of the sums up to and with each, from the likeliest down, (V,) → (V,) bool."""
    order = np.argsort(-probabilities if down else probabilities, kind="stable")
    kept = np.zeros(len(probabilities), dtype=bool)
    kept[order] = rule(np.cumsum(probabilities[order]))
    return kept


def _before(sums: np.ndarray) -> np.ndarray:
    """The sums without each token itself."""
    return np.array([0.0, *sums[:-1]])


def _nucleus(probabilities: np.ndarray, p: float, *, down: bool = True) -> np.ndarray:
    return _ranked(probabilities, lambda sums: _before(sums) < p, down=down)


def _shared(probabilities: np.ndarray, kept: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.where(kept, probabilities, 0.0) / probabilities[kept].sum()


def _keeping(*rules: Keep) -> tuple[Callable[..., np.ndarray], ...]:
    """Other tokens are kept; made to sum to 1, or not."""

    def wrong(probabilities: np.ndarray, p: float, *, rule: Keep, shared: bool) -> np.ndarray:
        kept = rule(probabilities, p)
        return _shared(probabilities, kept) if shared else np.where(kept, probabilities, 0.0)

    return tuple(partial(wrong, rule=rule, shared=shared) for rule in rules for shared in (True, False))


def _or_the_likeliest(rule: Keep) -> Keep:
    return lambda probabilities, p: rule(probabilities, p) | (probabilities == probabilities.max())


def _softmaxed(probabilities: np.ndarray, p: float) -> np.ndarray:
    parts = np.where(_nucleus(probabilities, p), np.exp(probabilities), 0.0)
    return parts / parts.sum()


def _in_order(probabilities: np.ndarray, p: float) -> np.ndarray:
    return np.sort(_one_after_the_other(probabilities, p))[::-1]


def _too_short(probabilities: np.ndarray, p: float, *, ranked: bool) -> np.ndarray:
    result = (_in_order if ranked else _one_after_the_other)(probabilities, p)
    return result[result > 0]


def _without_crossing(probabilities: np.ndarray, p: float) -> np.ndarray:
    return _shared(probabilities, _ranked(probabilities, lambda sums: sums <= p))


def _topped_up(probabilities: np.ndarray, p: float, *, equal: bool) -> np.ndarray:
    kept = _nucleus(probabilities, p)
    to = kept / kept.sum() if equal else (probabilities == probabilities.max()).astype(float)
    return np.where(kept, probabilities, 0.0) + to * probabilities[~kept].sum()


def _first_true(probabilities: np.ndarray, p: float) -> np.ndarray:
    """All up to the first sum above p, or the likeliest alone where no sum is above p."""
    return _ranked(probabilities, lambda sums: np.arange(len(sums)) <= int(np.argmax(sums > p)))


def _explain(probabilities: np.ndarray, p: float) -> str:
    sums = np.cumsum(np.sort(probabilities)[::-1]).round(4).tolist()
    return f"From the likeliest on, the probabilities of this input add up to {show(sums)}."


NUCLEUS = Exercise(
    id="09.3",
    title="The nucleus: top-p",
    function="top_p",
    inputs=_distribution,
    edges=(
        partial(_sixteenths, parts=(8, 4, 2, 1, 1), p=0.75),
        partial(_sixteenths, parts=(6, 5, 3, 2), p=1.0),
        partial(_sixteenths, parts=(11, 4, 1), p=0.25),
        partial(_sixteenths, parts=(16,), p=0.5),
        partial(_sixteenths, parts=(0, 9, 7, 0), p=0.9375),
    ),
    reference=_one_after_the_other,
    returns={"probabilities": ("token",)},
    mistakes={
        (
            "The token that crosses p is left out: what you keep has less than p together. If the likeliest token "
            "alone has more than p, nothing is left to draw from. On which side of the line does the crossing one lie?"
        ): _keeping(
            lambda probabilities, p: _ranked(probabilities, lambda sums: sums <= p),
            lambda probabilities, p: _ranked(probabilities, lambda sums: sums < p),
            _or_the_likeliest(lambda probabilities, p: _ranked(probabilities, lambda sums: sums <= p)),
            _or_the_likeliest(lambda probabilities, p: _ranked(probabilities, lambda sums: sums < p)),
        ),
        (
            "The tokens are the right ones, but their probabilities are as they were: they sum to less than 1, and a "
            "draw from them fails or is silently wrong. By what must those that are left be divided?"
        ): lambda probabilities, p: np.where(_nucleus(probabilities, p), probabilities, 0.0),
        (
            "You begin with the *least* likely tokens: np.sort and np.argsort count upwards. Your nucleus holds the "
            "tail that it should cut off. From which end must the sum begin?"
        ): _keeping(
            lambda probabilities, p: _nucleus(probabilities, p, down=False),
            lambda probabilities, p: _ranked(probabilities, lambda sums: sums <= p, down=False),
            lambda probabilities, p: _ranked(probabilities, lambda sums: sums >= p, down=False),
        ),
        (
            "The sum runs through the vocabulary as it stands, from token 0 on. Where a token stands says nothing of "
            "how likely it is. In which order must they be added up?"
        ): _keeping(
            lambda probabilities, p: _before(np.cumsum(probabilities)) < p,
            lambda probabilities, p: np.cumsum(probabilities) <= p,
        ),
        (
            "The result stands in the order of size, the likeliest first. It belongs to the vocabulary: entry 3 is "
            "about token 3, and nobody can tell any more who is who. How do they find back to their places?"
        ): (
            _in_order,
            lambda probabilities, p: np.sort(np.where(_nucleus(probabilities, p), probabilities, 0.0))[::-1],
            lambda probabilities, p: np.sort(_without_crossing(probabilities, p))[::-1],
        ),
        (
            "Only the tokens that are kept come back, so their numbers no longer say which tokens they are. The result "
            "has as many entries as the vocabulary. What do the others have?"
        ): (
            partial(_too_short, ranked=True),
            partial(_too_short, ranked=False),
            lambda probabilities, p: probabilities[_nucleus(probabilities, p)],
            lambda probabilities, p: np.sort(probabilities[_nucleus(probabilities, p)])[::-1],
        ),
        (
            "One token too many: those are added that stand *behind* the crossing one. As soon as the sum has reached "
            "p, the nucleus is complete. Is your place counted from 0 or from 1?"
        ): _keeping(
            lambda probabilities, p: _ranked(probabilities, lambda sums: _before(_before(sums)) < p),
        ),
        (
            "Each token is compared with p by itself. A single token rarely reaches p, and often none does. It is what "
            "the likeliest have *together* that counts. What must be added up first?"
        ): _keeping(lambda probabilities, p: probabilities >= p, lambda probabilities, p: probabilities > p),
        (
            "Tokens are kept that have more than 1 − p by themselves, or a share p of the largest. Such rules exist, "
            "but the nucleus is another one: it adds up. Of which tokens is the sum to reach p?"
        ): _keeping(
            lambda probabilities, p: probabilities >= 1 - p,
            lambda probabilities, p: probabilities >= p * probabilities.max(),
        ),
        (
            "You keep a share p of the *number* of tokens. That is top-k: it keeps as many when the model is sure as "
            "when it is not. The nucleus is as large as the probabilities make it. A share of what is p?"
        ): _keeping(
            *(
                lambda probabilities, p, whole=whole: _ranked(
                    probabilities, lambda sums: np.arange(len(sums)) < whole(p * len(sums))
                )
                for whole in (math.ceil, int, round)
            )
        ),
        (
            "The nucleus is thrown away and the tail is kept. Those likely tokens are the ones to draw from; the tail "
            "of many unlikely ones is what makes nonsense."
        ): _keeping(lambda probabilities, p: ~_nucleus(probabilities, p)),
        (
            "What is left goes through a softmax. These numbers are probabilities already, and the softmax of numbers "
            "between 0 and 1 makes them nearly equal. Which operation keeps their proportions?"
        ): _softmaxed,
        (
            "All tokens of the nucleus get the same probability. Cutting off the tail must not change how the others "
            "compare: one that was twice as likely still is. By what must they all be divided?"
        ): lambda probabilities, p: _nucleus(probabilities, p) / _nucleus(probabilities, p).sum(),
        (
            "What was cut off is given to the likeliest token, or to those kept in equal parts. Then their proportions "
            "change. They are all to grow by the same *factor*: which?"
        ): (
            lambda probabilities, p: _topped_up(probabilities, p, equal=True),
            lambda probabilities, p: _topped_up(probabilities, p, equal=False),
        ),
        (
            "The probabilities that are kept are divided by p. Together they have a little more than p, since the "
            "crossing token is among them, so now they sum to more than 1. By what must they be divided?"
        ): lambda probabilities, p: np.where(_nucleus(probabilities, p), probabilities, 0.0) / p,
        (
            "Right, but where a sum is p exactly, you keep one token more. 'At least p' is reached then, and the "
            "fewest tokens are asked for. Is it < or ≤ at that place?"
        ): lambda probabilities, p: _shared(probabilities, _ranked(probabilities, lambda sums: _before(sums) <= p)),
        (
            "Right, but not where a sum is p exactly: you wait for one *above* p. For p = 1 there is none, and where "
            "nothing is True np.argmax answers 0. Which comparison is true at p itself?"
        ): lambda probabilities, p: _shared(probabilities, _first_true(probabilities, p)),
    },
    explanation="""\
Sort downwards, add up, and keep each token whose *predecessors* have less than p together: `before < p`. So the
crossing token is kept, at least one token always is, and where a sum is p exactly nothing more. `argsort` remembers
where each one came from. Dividing by the sum of those kept gives all the same factor. The nucleus is small where the
model is sure and large where many tokens are possible (Holtzman et al. 2020); top-k keeps k in both cases. A sum
of many rounded numbers may miss p by a billionth: comparing what came *before* does no harm then.""",
    explain=_explain,
)
