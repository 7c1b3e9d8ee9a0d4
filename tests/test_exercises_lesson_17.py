"""Exercises of lesson 17: right by Keras and by the course's layers; answers beyond the listed mistakes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from exercise_answers import changed, diagnose, inputs, right, told_what_helps

from rnncourse.exercises.lesson_17 import attending, decoding, masks, positions


# ── the references, beside an independent source ─────────────────────────────────────────────────────────────────────
def test_attention_is_that_of_keras():
    keras = pytest.importorskip("keras")
    for case in inputs("17.1", count=12):
        queries, keys, values, mask = case.values()
        if not mask.any(axis=1).all() or mask.shape[1] == 1 or np.abs(attending.products(queries, keys)).max() > 100:
            continue  # Keras shares the weight of a blind query among all keys, and rounds large scores
        layer = keras.layers.Attention()
        for head, (q, k, v) in enumerate(zip(queries / math.sqrt(queries.shape[2]), keys, values, strict=True)):
            q, v, k = (np.float32(part)[np.newaxis] for part in (q, v, k))
            scores = np.float32(q[0] @ k[0].T)
            assert scores.shape == mask.shape
            weights, outputs = right("17.1", case)
            for t in range(len(mask)):
                one = [q[:, t : t + 1], v, k]
                said, shares = layer(one, mask=[None, mask[t : t + 1]], return_attention_scores=True)
                np.testing.assert_allclose(weights[head, t], np.asarray(shares)[0, 0], atol=1e-5)
                np.testing.assert_allclose(outputs[head, t], np.asarray(said)[0, 0], atol=1e-5)


def test_a_query_that_sees_nothing_gets_zeros_and_the_others_share_one():
    for case in inputs("17.1"):
        weights, outputs = right("17.1", case)
        sees = case["mask"].any(axis=1)
        np.testing.assert_allclose(weights.sum(axis=2), np.broadcast_to(sees, weights.shape[:2]))
        assert not weights[:, ~case["mask"]].any() and not outputs[:, ~sees].any()


def test_positions_are_those_of_the_course_and_a_shift_is_a_rotation():
    layers = pytest.importorskip("rnncourse.models")
    for case in inputs("17.2"):
        steps, units, start = case.values()
        table = np.asarray(layers.SinusoidalPositions()(np.zeros((1, start + steps, units), "float32")))[0]
        np.testing.assert_allclose(right("17.2", case), table[start:], atol=2e-3 if start > 100 else 1e-4)
        one, three = (right("17.2", {**case, "start": start + later}) for later in (0, 3))
        turned = (one[:, ::2] + 1j * one[:, 1::2]) * np.exp(-3j / 10_000 ** (np.arange(0, units, 2) / units))
        np.testing.assert_allclose(three[:, ::2] + 1j * three[:, 1::2], turned, atol=1e-9)


def test_a_change_moves_what_may_see_it_and_nothing_else():
    """Through 17.1: the keys of a step that a query may not see can be anything."""
    rng = np.random.default_rng(0)
    for case in inputs("17.3"):
        mask = right("17.3", case)
        batch, queries, keys = mask.shape
        q, k, v = (rng.normal(size=(1, steps, 3)) for steps in (queries, keys, keys))
        for row in range(batch):
            before = right("17.1", {"queries": q, "keys": k, "values": v, "mask": mask[row]})[1]
            for s in range(keys):
                other = v.copy()
                other[:, s] += 1
                after = right("17.1", {"queries": q, "keys": k, "values": other, "mask": mask[row]})[1]
                moved = np.abs(after - before)[0].max(axis=1) > 0
                places = np.arange(keys - queries, keys)
                np.testing.assert_array_equal(moved, (places >= s) & case["real"][row, s])


def test_step_by_step_is_the_whole_with_a_causal_mask():
    rng = np.random.default_rng(1)
    x, kernels = rng.normal(size=(6, 3)), {name: rng.normal(size=(3, 2)) for name in ("W_q", "W_k", "W_v")}
    for room in (8, 4):
        cache = {"keys": rng.normal(size=(room, 2)), "values": rng.normal(size=(room, 2)), "filled": 0}
        for t, x_t in enumerate(x):
            output, *rest = right("17.4", {"x_t": x_t, **cache, **kernels})
            cache = dict(zip(cache, rest, strict=True))
            window = x[max(0, t + 1 - room) : t + 1]
            q, k, v = (
                (part @ kernels[name])[np.newaxis]
                for part, name in ((x_t[np.newaxis], "W_q"), (window, "W_k"), (window, "W_v"))
            )
            whole = right("17.1", {"queries": q, "keys": k, "values": v, "mask": np.ones((1, len(window)), dtype=bool)})
            np.testing.assert_allclose(output, whole[1][0, 0], atol=1e-12)
            assert cache["filled"] == len(window)
            np.testing.assert_allclose(cache["keys"][: len(window)], k[0], atol=1e-12)


@pytest.mark.parametrize(
    ("id", "unchanged"),
    [
        ("17.1", attending.attend),
        ("17.2", positions._encoded),
        ("17.3", masks._mask),
        ("17.4", decoding.step_with()),
        ("17.4", decoding.when_full()),
    ],
)
def test_the_mistakes_are_changes_of_something_right(id, unchanged):
    for seed in range(3):
        assert diagnose(id, unchanged, seed).status == "passed"


# ── what the student is told ─────────────────────────────────────────────────────────────────────────────────────────
def attends(scale=np.sqrt, low=-np.inf, axis=-1, after=False):
    def answer(queries, keys, values, mask):
        scores = np.einsum("htk,hsk->hts", queries, keys) / scale(queries.shape[-1])
        scores = scores if after else np.where(mask, scores, low)
        with np.errstate(all="ignore"):
            weights = np.exp(scores - scores.max(axis=axis, keepdims=True))
            weights = weights / weights.sum(axis=axis, keepdims=True)
            weights = weights * mask if after else weights
            return weights, np.einsum("hts,hsv->htv", weights, values)

    return answer


def encodes(
    layout=lambda a: np.stack([np.sin(a), np.cos(a)], -1).reshape(len(a), -1), first=0, places=lambda d: d // 2
):
    def answer(steps, units, start):
        p = np.arange(start + first, start + first + steps)
        wave = np.exp(-math.log(10_000) * 2 * places(np.arange(0, units, 2)) / units)
        return layout(np.outer(p, wave))

    return answer


def triangle(k=0, offset=True):
    def answer(real, queries):
        keys = real.shape[1]
        return np.tri(queries, keys, k + (keys - queries if offset else 0), dtype=bool) & real[:, None]

    return answer


def steps_on(writes=lambda n: n, ends=lambda n: n + 1, moved=1, value=True):
    def answer(x_t, keys, values, filled, W_q, W_k, W_v):
        keys, values, n = keys.copy(), values.copy(), filled
        if n == len(keys):
            keys, values, n = np.roll(keys, -1, axis=0), np.roll(values, -1, axis=0), n - 1
        keys[writes(n)] = x_t @ W_k
        if value:
            values[writes(n)] = x_t @ W_v
        scores = (x_t @ W_q) @ keys[: ends(n)].T / np.sqrt(len(keys.T))
        weights = np.exp(scores)
        return weights / weights.sum() @ values[: ends(n)], keys, values, n + moved

    return answer


def in_place(**case):
    o, keys, values, filled = right("17.4", case)
    case["keys"][:], case["values"][:] = keys, values
    return o, case["keys"], case["values"], filled


@pytest.mark.parametrize(
    ("id", "answer"),
    [("17.2", encodes()), ("17.3", triangle()), ("17.4", steps_on())],
)
def test_other_right_answers_pass(id, answer):
    for seed in range(5):
        assert diagnose(id, answer, seed).status == "passed"


ANSWERS = [
    ("17.1", attends(), "Right but for a query that may see nothing: −∞"),
    ("17.1", attends(low=-1e9), "shares its weight among exactly the keys that are hidden"),
    ("17.1", attends(scale=lambda size: 1), "The scores are not scaled"),
    ("17.1", attends(scale=lambda size: size), "The scores are divided by K"),
    ("17.1", attends(after=True), "The mask comes after the softmax"),
    ("17.1", attends(axis=1), "The softmax runs along the queries"),
    ("17.1", attends(axis=0), "The softmax runs along the heads"),
    ("17.1", changed("17.1", 1), "The scores of head 0, query 0"),
    ("17.2", encodes(lambda a: np.concatenate([np.sin(a), np.cos(a)], -1)), "All sines stand first"),
    ("17.2", encodes(lambda a: np.stack([np.cos(a), np.sin(a)], -1).reshape(len(a), -1)), "have changed places"),
    ("17.2", encodes(first=1), "You count from 1"),
    ("17.2", encodes(places=lambda d: d), "The exponent goes twice as far"),
    ("17.2", encodes(places=lambda d: d / 4), "The exponent goes half as far"),
    ("17.2", lambda **case: right("17.2", case) + 1, "The positions are ["),
    ("17.3", triangle(1), "Every query sees one step too far"),
    ("17.3", triangle(-1), "No query sees its own step"),
    ("17.3", triangle(offset=False), "You count queries and keys from the same beginning"),
    ("17.3", lambda **case: ~right("17.3", case), "True stands at what is hidden"),
    ("17.3", lambda **case: right("17.3", case) * 1, "expected an array of truth values, received whole numbers"),
    ("17.3", lambda **case: right("17.3", case)[0], "expected shape ("),
    ("17.4", steps_on(ends=lambda n: n + 2), "The query meets one row too many"),
    ("17.4", steps_on(moved=0), "`filled` has not moved"),
    ("17.4", steps_on(value=False), "The value is not in its place when it is needed"),
    ("17.4", in_place, "It changes its input keys"),
    ("17.4", changed("17.4", 0), "The scores with the keys that were there before"),
]


test_an_answer_is_told_what_helps = told_what_helps(ANSWERS)
