"""17.1: scaled dot-product attention of several heads, with a mask."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs, Variant
from rnncourse.exercises.lesson_09.temperature import softmax
from rnncourse.exercises.lesson_17.attending import (
    Attended,
    attend,
    hidden,
    mixed,
    products,
    scaled,
    scaled_by,
    scored,
    seen,
    shared,
    weighed,
    with_mask,
)
from rnncourse.exercises.plain_data import show


def _heads(
    rng: np.random.Generator,
    *,
    heads: int = 3,
    queries: int = 3,
    keys: int = 3,
    size: int = 2,
    all_seen: bool = False,
    blind: bool = False,
) -> Inputs:
    """As many heads as queries and keys, so that a wrong axis gives wrong numbers and no exception.

    Every query sees some keys and not others, unless ``all_seen``; ``blind``: query 1 sees none.
    """
    while True:
        mask = rng.random((queries, keys)) < 0.5
        mixed = all(row.any() and not row.all() for row in (*mask, *mask.T))
        if all_seen or (mixed and (queries != keys or (mask != mask.T).any())):
            break
    if all_seen:
        mask[:] = True
    if blind:
        mask[1] = False
    drawn = (
        rng.choice([-1, 1], shape) * rng.integers(2, 20, shape) / 10
        for shape in ((heads, queries, size), (heads, keys, size), (heads, keys, 2))
    )
    return dict(zip(("queries", "keys", "values"), drawn, strict=True)) | {"mask": mask}


def _large(rng: np.random.Generator) -> Inputs:
    """Scores of many hundreds and more, none near another."""
    while True:
        case = _heads(rng)
        case["queries"] *= 5000.0
        scores = np.sort(scaled(case["queries"], case["keys"]), axis=-1)
        if np.diff(scores).min() > 100 and np.abs(scores).min() > 1000:
            return case


def _loud(rng: np.random.Generator) -> Inputs:
    """Query 0 of head 0 has its largest score, by thousands, with a key that it may not see."""
    case = _heads(rng)
    behind = int(np.flatnonzero(~case["mask"][0])[0])
    case["keys"][0, behind] = 5000.0 * np.sign(case["queries"][0, 0])
    return case


def _one_by_one(queries: np.ndarray, keys: np.ndarray, values: np.ndarray, mask: np.ndarray) -> Attended:
    heads, steps, size = queries.shape
    weights, outputs = np.zeros((heads, *mask.shape)), np.zeros((heads, steps, values.shape[2]))
    for head in range(heads):
        for t in range(steps):
            open_keys = [s for s in range(mask.shape[1]) if mask[t, s]]
            scores = [math.fsum(queries[head, t, k] * keys[head, s, k] for k in range(size)) for s in open_keys]
            parts = [math.exp((score - max(scores)) / math.sqrt(size)) for score in scores]
            for s, part in zip(open_keys, parts, strict=True):
                weights[head, t, s] = part / sum(parts)
                outputs[head, t] += weights[head, t, s] * values[head, s]
    return weights, outputs


def _explain(queries: np.ndarray, keys: np.ndarray, values: np.ndarray, mask: np.ndarray) -> str:
    scores = scaled(queries, keys)[0, 0][mask[0]]
    return f"The scores of head 0, query 0, with the keys that it may see are {show(scores.round(3).tolist())}."


ATTENTION = Exercise(
    id="17.1",
    title="Scaled dot-product attention",
    function="attend",
    inputs=_heads,
    edges=(
        partial(_heads, heads=2, queries=2, keys=4, size=3),
        partial(_heads, heads=1, queries=1, keys=4, size=5, all_seen=True),
        partial(_heads, all_seen=True),
        _large,
        _loud,
        partial(_heads, blind=True),
    ),
    reference=_one_by_one,
    returns={"weights": ("head", "query", "key"), "outputs": ("head", "query", "value")},
    mistakes={
        (
            "The scores are not scaled. A sum of K products of spread 1 has the spread √K, so the wider the heads, the "
            "more the softmax looks like argmax and the less gradient it passes. By what must a score be divided?"
        ): scaled_by(lambda queries: 1.0),
        (
            "The scores are divided by K. Their *variance* grows with K, their spread only with its root: divided by K "
            "they are the smaller the wider the heads are. What does the formula divide by?"
        ): scaled_by(lambda queries: queries.shape[2]),
        (
            "The scores are scaled by the root of another size: of the steps, the heads, or all heads' numbers "
            "together. Each head is scaled by the size of its own keys. Which axis has K?"
        ): scaled_by(
            lambda queries: math.sqrt(queries.shape[1]),
            lambda queries: math.sqrt(queries.shape[0] * queries.shape[2]),
        ),
        (
            "The scores are multiplied by √K, where they should be divided. Then a wide head is even surer of itself "
            "than without. Which side of the fraction is it?"
        ): scaled_by(lambda queries: 1 / math.sqrt(queries.shape[2])),
        (
            "You divide by √K after the softmax: the weights of a query sum to 1/√K, and are as sharp as before. What "
            "is to be kept small, the scores or the weights?"
        ): tuple(
            partial(
                attend,
                scores=products,
                weigh=lambda scores, mask, by=by: seen(scores, mask) / by,
            )
            for by in (math.sqrt(2), 2.0)
        ),
        (
            "There is no mask: every query sees every key, the future and the padding among them. Which argument did "
            "you not use?"
        ): weighed(lambda scores, mask: softmax(scores)),
        (
            "The mask comes after the softmax: what a query may not see has no weight any more, but it has taken its "
            "share, and the rest does not sum to 1. What must the scores be there *before* the softmax?"
        ): weighed(lambda scores, mask: softmax(scores) * mask),
        (
            "Hidden scores are 0 before the softmax, whose exponential is 1: more than a score below 0 gets. Which "
            "score has the exponential 0?"
        ): weighed(
            lambda scores, mask: softmax(scores * mask),
            lambda scores, mask: softmax(scores * mask) * mask,
        ),
        (
            "The mask is added to the scores, or a small number is taken from hidden ones. A hidden key is less likely "
            "then, but still seen. How low must a score be to get no weight at all?"
        ): weighed(
            lambda scores, mask: softmax(scores + mask),
            lambda scores, mask: softmax(np.where(mask, scores, scores - 1)),
            lambda scores, mask: softmax(np.where(mask, scores, -1.0)),
        ),
        (
            "The mask is turned round: each query sees exactly what it may not. Here True means *may see*, as in "
            "Keras; in other libraries a mask says what to hide."
        ): (
            *with_mask(lambda scores, mask: ~mask),
            *weighed(
                lambda scores, mask: seen(scores, ~mask),
                lambda scores, mask: softmax(np.where(mask, -1e9, scores)),
                lambda scores, mask: softmax(scores) * ~mask,
            ),
        ),
        (
            "The axes of the mask are exchanged, or it is laid along the heads: with as many heads as queries and keys "
            "nothing warns you. Row t of the mask is about query t, in every head. How do the axes line up?"
        ): with_mask(
            lambda scores, mask: mask.T,
            lambda scores, mask: mask[:, :, np.newaxis],
            lambda scores, mask: mask[:, np.newaxis, :],
        ),
        (
            "The softmax runs along the queries: the weights of a *key* sum to 1. It is each query that shares its "
            "attention among the keys. Which axis of (heads, T, S) is that?"
        ): weighed(
            lambda scores, mask: softmax(hidden(scores, mask), axis=1),
            lambda scores, mask: np.nan_to_num(softmax(hidden(scores, mask), axis=1)),
        ),
        (
            "The softmax runs along the heads, or over everything at once. Each query of each head has a whole unit of "
            "attention. Along which axis must the weights sum to 1?"
        ): weighed(
            lambda scores, mask: softmax(hidden(scores, mask), axis=0),
            lambda scores, mask: np.nan_to_num(softmax(hidden(scores, mask), axis=0)),
            lambda scores, mask: softmax(hidden(scores, mask), axis=None),
        ),
        (
            "The weights of a query do not sum to 1: they are exponentials, or even scores. The outputs grow with the "
            "number of keys. What is missing of the softmax?"
        ): weighed(
            lambda scores, mask: np.exp(hidden(scores, mask)),
            lambda scores, mask: np.exp(hidden(scores, mask) - hidden(scores, mask).max(axis=-1, keepdims=True)),
            lambda scores, mask: np.where(mask, scores, 0.0),
        ),
        (
            "Queries and keys have changed places: row t holds the scores of key t. With as many of one as of the "
            "other nothing warns you. Who asks, and along which axis?"
        ): scored(
            lambda queries, keys: scaled(keys, queries) if len(queries[0]) == len(keys[0]) else scaled(queries, keys)
        ),
        (
            "The weights are right, but the outputs do not mix the values by them: they mix keys, or take the weights "
            "with their axes exchanged, or a plain mean or sum. What stands behind the softmax in the formula?"
        ): mixed(
            lambda weights, values, keys: weights @ keys,
            lambda weights, values, keys: weights.swapaxes(1, 2) @ values,
            lambda weights, values, keys: np.broadcast_to(values.mean(axis=1, keepdims=True), values.shape),
            lambda weights, values, keys: weights @ values / values.shape[1],
        ),
        (
            "The heads are put together in your outputs. In a layer that comes next, before the last kernel; here each "
            "head is to be kept apart. Which shape does the task want?"
        ): mixed(
            lambda weights, values, keys: (weights @ values).mean(axis=0),
            lambda weights, values, keys: (weights @ values).sum(axis=0),
            lambda weights, values, keys: np.concatenate(list(weights @ values), axis=-1),
        ),
        (
            "The two results have changed places: the weights come first here, then the outputs. Which is which?"
        ): lambda **case: attend(**case)[::-1],
        (
            "Right but for large scores: exp(800) is infinite, and inf / inf is NaN. A softmax does not change when a "
            "number is taken from all scores of a query. Which one leaves nothing above 0?"
        ): weighed(
            lambda scores, mask: shared(np.exp(hidden(scores, mask))),
            lambda scores, mask: shared(np.exp(scores) * mask),
            lambda scores, mask: np.where(mask.any(axis=1, keepdims=True), shared(np.exp(hidden(scores, mask))), 0.0),
        ),
        (
            "Right but where a hidden key has by far the largest score: after a softmax over all keys those that may "
            "be seen have 0, and 0 / 0 is NaN. When must it be out of the comparison?"
        ): weighed(
            lambda scores, mask: shared(softmax(scores) * mask),
            lambda scores, mask: np.where(mask.any(axis=1, keepdims=True), shared(softmax(scores) * mask), 0.0),
        ),
        (
            "Right but for a query that may see nothing: −∞ everywhere leaves 0 / 0, and one NaN spreads through all "
            "that follows. The task wants zeros there. What must the divisor be?"
        ): weighed(lambda scores, mask: softmax(hidden(scores, mask))),
        (
            "Right but for a query that may see nothing: where all scores are equally low, the softmax shares its "
            "weight among exactly the keys that are hidden. The task wants zeros. When does a low score hide nothing?"
        ): weighed(
            lambda scores, mask: softmax(np.where(mask, scores, -1e9)),
            lambda scores, mask: softmax(scores - 1e9 * ~mask),
        ),
    },
    explanation="""\
`queries @ keys.swapaxes(1, 2) / np.sqrt(K)` compares every query with every key, head by head: (heads, T, S). The mask
(T, S) meets the last two axes, so all heads share it. Then −∞, or a large negative number, where it is False; then the
softmax along the last axis; then `@ values`. The root is there because K products of spread 1 add up to a spread of √K:
without it a wide head is nearly an argmax before it has learned anything. A row without a key to see happens in
practice, at padding that comes first; −∞ makes NaN of it, which spreads through every later layer, and −10⁹ a mean of
just what was to be hidden, which nobody notices.""",
    explain=_explain,
    variants={
        "true_is_hidden": Variant(
            arguments={"mask": np.logical_not},
            text={
                "may query t see key s?": "is key s *hidden* from query t?",
                "np.array([[True, True, False]])": "np.array([[False, False, True]])",
                "### BEGIN SOLUTION": "### BEGIN SOLUTION\n    mask = ~mask  # True where a key may be seen",
                "Here True means *may see*, as in Keras; in other libraries a mask says what to hide.": "Here True "
                "means *may not see*, as in some libraries; in Keras a mask says what may be seen.",
                "where it is False": "where it is True",
            },
        ),
    },
)
