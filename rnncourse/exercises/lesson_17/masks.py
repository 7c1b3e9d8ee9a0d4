"""17.3: the causal mask, off by one in either direction."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs

Allowed = Callable[[np.ndarray, np.ndarray, int], np.ndarray]
"""Which query may look at which key (T, S), of the places of the queries (T, 1) and of the keys (S,), and S."""


def _text(rng: np.random.Generator, *, rows: int = 2, queries: int = 0, keys: int = 0, padding: bool = True) -> Inputs:
    """Old steps before the new ones, unless ``keys`` says otherwise; ``padding``: not all are real."""
    queries = queries or int(rng.integers(3, 5))
    keys = keys or queries + int(rng.integers(2, 4))
    while True:
        real = rng.random((rows, keys)) < (0.6 if padding else 2.0)
        if (
            not padding
            or keys == 1
            or all(0 < part.mean() < 1 for part in np.split(real, [-queries], axis=1) if part.size)
        ):
            return {"real": real, "queries": queries}


def _pair_by_pair(real: np.ndarray, queries: int) -> np.ndarray:
    old = real.shape[1] - queries
    return np.array(
        [[[bool(row[s]) and s <= old + t for s in range(len(row))] for t in range(queries)] for row in real]
    )


def _not_later(place: np.ndarray, key: np.ndarray, keys: int) -> np.ndarray:
    return key <= place


def _mask(
    real: np.ndarray,
    queries: int,
    *,
    allowed: Allowed = _not_later,
    old: Callable[[int, int], int] = lambda keys, queries: keys - queries,
) -> np.ndarray:
    """``old``: how many steps stand before the first query, of S and T."""
    keys = real.shape[1]
    place = old(keys, queries) + np.arange(queries)[:, np.newaxis]
    return allowed(place, np.arange(keys), keys) & real[:, np.newaxis]


def _causal(real: np.ndarray, queries: int) -> np.ndarray:
    return _mask(np.ones_like(real), queries)


def _asked(real: np.ndarray, queries: int) -> np.ndarray:
    """(B, T, 1): which queries are real."""
    return real[:, -queries:, np.newaxis]


def _allowing(*allowed: Allowed) -> tuple[Callable[..., np.ndarray], ...]:
    return tuple(partial(_mask, allowed=each) for each in allowed)


def _explain(real: np.ndarray, queries: int) -> str:
    keys = real.shape[1]
    return (
        f"The {queries} queries are steps {list(range(keys - queries, keys))} of {keys}; "
        f"the real steps of row 0 are {np.flatnonzero(real[0]).tolist()}."
    )


MASKS = Exercise(
    id="17.3",
    title="Off by one",
    function="causal_mask",
    inputs=_text,
    edges=(
        partial(_text, queries=4, keys=4),
        partial(_text, queries=1, keys=4),
        partial(_text, rows=3, queries=3, keys=3, padding=False),
        partial(_text, rows=1, queries=1, keys=1, padding=False),
    ),
    reference=_pair_by_pair,
    returns={"mask": ("row", "query", "key")},
    mistakes={
        (
            "Every query sees one step too far: the step after it, which in a language model is the answer. The loss "
            "falls to nearly nothing, and what the model writes is nonsense. Is it < or ≤, and from where do you count?"
        ): _allowing(lambda place, key, keys: key <= place + 1),
        (
            "No query sees its own step, so that the newest token is never read: a query knows one step less than it "
            "may. What the next token is must be hidden, not what this one is. Is it < or ≤?"
        ): _allowing(lambda place, key, keys: key < place),
        (
            "You count queries and keys from the same beginning. Here the queries are the *last* T of S steps, as when "
            "the keys before them wait in a cache: query 0 may see all of those. Where in the text is query t?"
        ): (
            partial(_mask, old=lambda keys, queries: 0),
            partial(_mask, old=lambda keys, queries: 0, allowed=lambda place, key, keys: key < place),
            partial(_mask, old=lambda keys, queries: 0, allowed=lambda place, key, keys: key <= place + 1),
        ),
        (
            "The mask is turned round in time: queries see what comes after them and nothing, or only themselves, of "
            "what came before. Which of the two triangles is it, and does your sign stand the right way?"
        ): _allowing(
            lambda place, key, keys: key >= place,
            lambda place, key, keys: key > place,
        ),
        (
            "Each query sees the steps in front of it as if it began at the end: the triangle leans the wrong way, and "
            "the first query sees the most. What does query t see that query t − 1 does not?"
        ): (
            lambda real, queries: _causal(real, queries)[:, ::-1] & real[:, np.newaxis],
            lambda real, queries: _causal(real, queries)[:, :, ::-1] & real[:, np.newaxis],
        ),
        (
            "There is no order in your mask: every query sees every real step, before and after it. That is right for "
            "an encoder. What may a model not see that writes?"
        ): _allowing(lambda place, key, keys: np.ones((len(place), keys), dtype=bool)),
        (
            "There is no padding in your mask: what is not real is seen like anything else. Which argument tells the "
            "two apart?"
        ): _causal,
        (
            "Your truth values are the wrong way round: True stands at what is hidden. In some libraries it does; here "
            "True means *may see*."
        ): (
            lambda real, queries: ~_mask(real, queries),
            lambda real, queries: (
                _mask(real, queries, allowed=lambda place, key, keys: key > place) | ~real[:, np.newaxis]
            ),
        ),
        (
            "A pair is allowed if it is *not later or real*; it has to be both. What does | do that & does not?"
        ): lambda real, queries: _causal(real, queries) | real[:, np.newaxis],
        (
            "Real steps are hidden and padding is seen: `real` is True where there is a token. Is there a ~ too many?"
        ): lambda real, queries: _mask(~real, queries),
        (
            "You ask whether the *query* is real, not the key. What a padded query finds is thrown away; what a real "
            "query finds at padding is not. Along which axis does `real` lie?"
        ): (
            lambda real, queries: _causal(real, queries) & _asked(real, queries),
            lambda real, queries: (
                _mask(real, queries, allowed=lambda place, key, keys: key < place) & _asked(real, queries)
            ),
        ),
        (
            "You hide the rows of padded queries as well. The task asks whether the key may be seen, whoever looks: a "
            "row that sees nothing at all makes NaN in many softmaxes. Which of your two conditions is too many?"
        ): lambda real, queries: _mask(real, queries) & _asked(real, queries),
        (
            "A query sees its own step whether it is real or not, or the newest step alone counts. A token is not seen "
            "for being near; padding is padding. Do both conditions hold for every pair?"
        ): (
            lambda real, queries: (
                _mask(real, queries)
                | (np.arange(queries)[:, np.newaxis] + real.shape[1] - queries == np.arange(real.shape[1]))
            ),
            _allowing(lambda place, key, keys: key == place)[0],
        ),
        (
            "The axes of queries and keys are exchanged: row t of a mask should say what query t sees. Which of the "
            "two axes comes first?"
        ): lambda real, queries: _mask(real, queries).swapaxes(1, 2),
        (
            "Your mask has rows for all S steps. Only the last T ask: the old ones have had their answers, and with a "
            "cache nobody computes them again. Which rows are to be kept?"
        ): lambda real, queries: _mask(real, real.shape[1]),
        (
            "Your mask knows only the keys of the new steps. The old ones can be seen, too; that is what they were "
            "kept for. How long is the last axis?"
        ): lambda real, queries: _mask(real[:, -queries:], queries),
    },
    explanation="""\
`np.arange(S) <= np.arange(S - T, S)[:, np.newaxis]` says for each pair whether the key is not later, (T, S): a query
sees itself, which is why there is an equals sign. It is met by `real[:, np.newaxis]`, (B, 1, S), since padding hides a
*key* from all queries alike. S − T is the off-by-one that outlives all tests without a cache: there T = S, and it is 0.
Both errors by one are quiet. One step too far, and the loss looks too good; one too few, and the model is only a little
worse. So test it: change the input at step s, and nothing before step s may move, but step s itself must.""",
    explain=_explain,
)
