"""17.4: attention for one token more, with keys and values of the others kept."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_04.arrays import numbers
from rnncourse.exercises.lesson_17.decoding import (
    ARGUMENTS,
    Stepped,
    before_the_first,
    longer,
    over,
    softmax,
    step_with,
    when_full,
    written,
)
from rnncourse.exercises.plain_data import show


def _cache(rng: np.random.Generator, *, filled: int = -1, room: int = 5, features: int = 3, size: int = 2) -> Inputs:
    """Room for ``room`` steps; what is not filled holds numbers, too, which mean nothing."""
    return {
        "x_t": numbers(rng, features),
        "keys": numbers(rng, room, size),
        "values": 2 * numbers(rng, room, size),
        "filled": int(rng.integers(2, room - 1)) if filled < 0 else filled,
        "W_q": 3 * numbers(rng, features, size),
        "W_k": numbers(rng, features, size),
        "W_v": numbers(rng, features, size),
    }


def _loud_rest(rng: np.random.Generator) -> Inputs:
    """What is not filled is NaN: nothing may be made of it."""
    case = _cache(rng, filled=2)
    for name in ("keys", "values"):
        case[name][3:] = np.nan
    return case


def _one_by_one(
    x_t: np.ndarray,
    keys: np.ndarray,
    values: np.ndarray,
    filled: int,
    W_q: np.ndarray,
    W_k: np.ndarray,
    W_v: np.ndarray,
) -> Stepped:
    room, size = keys.shape

    def product(weights: np.ndarray) -> list[float]:
        return [math.fsum(x * weight for x, weight in zip(x_t, column, strict=True)) for column in weights.T]

    query, rows = product(W_q), [*zip(keys.tolist(), values.tolist(), strict=True)]
    rows = [*rows[:filled], (product(W_k), product(W_v))][-room:]
    scores = [math.fsum(q * k for q, k in zip(query, key, strict=True)) / math.sqrt(size) for key, _ in rows]
    parts = [math.exp(score - max(scores)) for score in scores]
    output = sum(part * np.array(value) for part, (_, value) in zip(parts, rows, strict=True)) / sum(parts)
    new_keys, new_values = keys.copy(), values.copy()
    for place, (key, value) in enumerate(rows):
        new_keys[place], new_values[place] = key, value
    return output, new_keys, new_values, len(rows)


def _explain(**case: Any) -> str:
    scores = case["keys"][: case["filled"]] @ (case["x_t"] @ case["W_q"]) / math.sqrt(case["keys"].shape[1])
    if not case["filled"]:
        return "Here the cache is empty: the new token sees itself alone."
    return f"The scores with the keys that were there before are {show(scores.round(3).tolist())}."


CACHE = Exercise(
    id="17.4",
    title="One token more",
    function="decode_step",
    inputs=_cache,
    edges=(
        partial(_cache, filled=0),
        partial(_cache, filled=3, room=4, features=2, size=3),
        _loud_rest,
        partial(_cache, filled=4, room=4),
        partial(_cache, filled=1, room=1),
    ),
    reference=_one_by_one,
    returns={"output": ("value",), "keys": ("place", "column"), "values": ("place", "column"), "filled": ()},
    mistakes={
        (
            "The new token sees only those before it, not itself. A causal mask lets it: it may see all that is not "
            "later. What must be in the cache before the query looks?"
        ): step_with(seen=lambda s: [array[: s.filled] for array in (s.keys, s.values)]),
        (
            "The new token sees itself alone: its output is its own value, whatever came before. That is what the "
            "cache was kept for. Which rows does the query meet?"
        ): step_with(output=lambda s: s.value),
        (
            "The query meets the whole cache, the rows that nothing was written to as well. They get weight, and mix "
            "in what means nothing. How many rows are filled now?"
        ): step_with(seen=lambda s: s.cache),
        (
            "The query meets one row too many: the one behind the new token. With `filled` rows before, the new one "
            "has the place `filled`. Where must the slice end?"
        ): step_with(seen=lambda s: [array[: s.place + 2] for array in s.cache]),
        (
            "Your `filled` has not moved: the next token will be written over this one, and take its position. What "
            "has to be handed on beside keys and values?"
        ): step_with(new_filled=lambda s: s.filled),
        (
            "Your `filled` is not one more than before: it says how much room there is, or counts twice. It is the "
            "number of tokens in the cache. How many has this step added?"
        ): (
            step_with(new_filled=lambda s: s.room),
            step_with(new_filled=lambda s: min(s.filled + 2, s.room)),
        ),
        (
            "The new token is written over the newest of the old ones. Places are counted from 0: after `filled` rows, "
            "which one is free?"
        ): (
            step_with(cache=lambda s: over(s, s.filled - 1)),
            step_with(cache=lambda s: over(s, s.filled - 1), seen=lambda s: [array[: s.filled] for array in s.cache]),
        ),
        (
            "The new token is written one place too far: a row that means nothing is left between. Places are counted "
            "from 0. Which one is the first that is free?"
        ): tuple(
            step_with(
                cache=lambda s: over(s, min(s.filled + 1, s.room - 1)),
                seen=lambda s, end=end: [array[: s.filled + end] for array in s.cache],
            )
            for end in (1, 2)
        ),
        (
            "The value is not kept: the next token will find the key of this one, and behind it what stood there "
            "before. Which two arrays does a step write to?"
        ): step_with(
            cache=lambda s: (
                written(s, s.place, s.key, s.value)[0],
                written(s, s.place, s.key, s.values[s.place])[1],
            ),
            output=lambda s: s.weights @ written(s, s.place, s.key, s.value)[1][: s.place + 1],
        ),
        (
            "The value is not in its place when it is needed: the new token has weight, but mixes in what stood in its "
            "row before. Which two arrays must be written before anything is mixed?"
        ): step_with(cache=lambda s: written(s, s.place, s.key, s.values[s.place])),
        (
            "The key is not kept: the value of this token can be found only by what happened to stand there before. "
            "Which two arrays does a step write to?"
        ): (
            step_with(cache=lambda s: written(s, s.place, s.keys[s.place], s.value)),
            step_with(
                cache=lambda s: written(s, s.place, s.keys[s.place], s.value),
                weights=lambda s: softmax(written(s, s.place, s.key, s.value)[0][: s.place + 1] @ s.query / s.scale),
            ),
        ),
        (
            "Nothing is kept: the output is right, but the cache goes on as it came. The next token will not find this "
            "one. What must come back beside the output?"
        ): (
            lambda **case: (step_with()(**case)[0], case["keys"], case["values"], step_with()(**case)[3]),
            lambda **case: (step_with()(**case)[0], case["keys"], case["values"], case["filled"]),
        ),
        (
            "What is kept as the key of the new token is not its key: it is the query, the value or the token itself. "
            "A key is what *later* queries compare themselves with. Which kernel makes it?"
        ): (
            step_with(key=lambda s: s.x_t @ s.W_q),
            step_with(key=lambda s: s.x_t @ s.W_v),
            step_with(key=lambda s: s.x_t @ s.W_v, value=lambda s: s.x_t @ s.W_k),
        ),
        (
            "What is kept as the value of the new token is not its value. Key and value are made by kernels of their "
            "own. Which one makes what is mixed?"
        ): (step_with(value=lambda s: s.x_t @ s.W_k), step_with(value=lambda s: s.x_t @ s.W_q)),
        (
            "The query is made by the kernel of the keys or the values. A token asks for something else than it "
            "offers. Which kernel makes what it asks for?"
        ): (step_with(query=lambda s: s.x_t @ s.W_k), step_with(query=lambda s: s.x_t @ s.W_v)),
        (
            "The weights are right, but you mix the keys, or keys and values have changed places. What is found *by* a "
            "key is the value. Which array stands behind the weights?"
        ): (
            step_with(output=lambda s: s.weights @ s.seen[0]),
            step_with(weights=lambda s: softmax(s.seen[1] @ s.query / s.scale)),
            step_with(
                weights=lambda s: softmax(s.seen[1] @ s.query / s.scale),
                output=lambda s: s.weights @ s.seen[0],
            ),
        ),
        (
            "The scores are divided by K or by nothing. Without the cache they were divided by √K, and a step must "
            "give what the whole gave. What does the formula have?"
        ): (step_with(scale=lambda s: 1.0), step_with(scale=lambda s: s.keys.shape[1])),
        (
            "There is no softmax: all rows count alike, or by their scores. How much of a value is mixed in should "
            "depend on its key, and sum to 1. What comes between scores and values?"
        ): (
            step_with(weights=lambda s: np.ones(s.place + 1) / (s.place + 1)),
            step_with(weights=lambda s: s.seen[0] @ s.query / s.scale),
            step_with(weights=lambda s: np.exp(s.seen[0] @ s.query / s.scale)),
        ),
        (
            "Your arrays have another length than those that came in. Here the room is fixed, so that a compiled step "
            "meets the same shapes at each token. Into which row is the new one written?"
        ): step_with(cache=longer, seen=lambda s: s.cache),
        (
            "The new token stands first, and all others have moved down. The order does not matter to attention, but "
            "it does to whoever reads the cache by places. Where is the first free row?"
        ): step_with(cache=before_the_first),
        (
            "Right but where the free rows hold NaN: they have no weight, but 0 · NaN is NaN all the same. A slice "
            "keeps out what a product cannot. Which rows need not be there at all?"
        ): step_with(output=lambda s: np.pad(s.weights, (0, s.room - s.place - 1)) @ s.cache[1]),
        (
            "Right but for a full cache: the new token is written over the last one, so the most recent is lost, not "
            "the oldest. Which rows have to move, and where to?"
        ): when_full(cache=lambda s: over(s, s.room - 1)),
        (
            "Right but for a full cache: the new token takes the place of the oldest and the others stay. That works "
            "as a ring, if one remembers where it begins. The task wants the rows in the order of time. What moves?"
        ): when_full(cache=lambda s: over(s, 0)),
        (
            "Right but for a full cache: yours grows by a row. Then the shapes change at every token from there on. "
            "Which row is given up?"
        ): (
            when_full(cache=longer, seen=lambda s: s.cache),
            when_full(cache=longer, seen=lambda s: s.cache, new_filled=lambda s: s.room + 1),
        ),
        (
            "Right but for a full cache, where `filled` counts on. It is the number of rows that hold a token. How "
            "many can that be at most?"
        ): when_full(new_filled=lambda s: s.room + 1),
        (
            "Right but for a full cache, where the new token is not taken in. Then the model goes on without knowing "
            "what it wrote. Which row can be spared?"
        ): (
            when_full(cache=lambda s: (s.keys, s.values)),
            when_full(
                cache=lambda s: (s.keys, s.values),
                output=lambda s: step_with()(**{name: getattr(s, name) for name in ARGUMENTS})[0],
            ),
        ),
    },
    explanation="""\
Copy the two arrays, move them up by one row if they are full, write $x_t W_k$ and $x_t W_v$ into row n, and let the
query meet rows 0 … n, its own among them. That gives exactly what the last row of the whole attention would, since
the keys and values of old tokens do not depend on new ones; that is the work of the causal mask. So a token costs T
products of query and key, not T², and two rows of K numbers must be kept for each token, which an RNN need not. In the
whole model the n of this step is also the token's position. Once the oldest row has gone, the cache no longer gives
what the whole would.""",
    explain=_explain,
)
