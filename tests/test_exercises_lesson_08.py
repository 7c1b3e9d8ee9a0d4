"""Exercises of lesson 08: right by Keras layers, scikit-learn and ``baselines``; answers beyond the listed mistakes."""

from __future__ import annotations

import re
from itertools import permutations, product

import numpy as np
import pytest
from exercise_answers import changed, diagnose, inputs, right, told_what_helps
from sklearn.feature_extraction.text import CountVectorizer

from rnncourse.exercises.lesson_08 import attending, bags, clauses, pooling, seasons
from rnncourse.measure import baselines


# ── the references, beside an independent source ─────────────────────────────────────────────────────────────────────
@pytest.fixture(scope="module")
def layers():
    pytest.importorskip("keras")
    from rnncourse.models import pooling

    return pooling


def test_the_poolings_are_those_of_the_package(layers):
    for case in inputs("08.1", count=12):
        states, mask = case["states"].astype("float32"), case["mask"]
        for name, received in zip(("LastStep", "MaskedMean", "MaskedMax"), right("08.1", case), strict=True):
            np.testing.assert_allclose(received, getattr(layers, name)()(states, mask=mask), atol=1e-6)


def test_the_attention_is_that_of_the_package(layers):
    for case in inputs("08.2", count=12):
        states, mask, *given = case.values()
        layer = layers.AttentionPooling(len(given[1]))
        layer.build(states.shape)
        layer.set_weights(given)
        expected, scores = layer(states.astype("float32"), mask=mask, return_scores=True)
        weights, pooled = right("08.2", case)
        np.testing.assert_allclose(weights, scores, atol=1e-5)
        np.testing.assert_allclose(pooled, expected, atol=1e-5)


@pytest.mark.parametrize("id", ["08.1", "08.2"])
def test_more_padding_changes_no_answer(id):
    rng = np.random.default_rng(0)
    for case in inputs(id):
        mask = np.pad(case["mask"], ((0, 0), (2, 3)))
        states = rng.normal(size=(*mask.shape, case["states"].shape[2]))
        states[:, 2:-3] = case["states"]
        short, long = right(id, case), list(right(id, {**case, "states": states, "mask": mask}))
        if id == "08.2":
            weights, long[0] = long[0], long[0][:, 2:-3]
            assert not weights[~mask].any()
        for one, other in zip(short, long, strict=True):
            np.testing.assert_allclose(one, other)


def test_no_answer_to_the_bags_gets_more_right():
    """All ways to answer are tried."""
    for seed in range(3):
        for case in inputs("08.3", seed):
            counts = CountVectorizer(token_pattern=r"\S+").fit_transform(case["texts"]).toarray()
            _, bag = np.unique(counts, axis=0, return_inverse=True)
            answers = product((0, 1), repeat=int(bag.max()) + 1)
            rivals, best = right("08.3", case)
            assert best == max(int((np.array(answer)[bag] == case["y"]).sum()) for answer in answers)
            unlike = (bag[:, np.newaxis] == bag) & (case["y"][:, np.newaxis] != case["y"])
            np.testing.assert_array_equal(rivals, unlike.sum(axis=1))


def test_some_texts_have_rivals_and_some_have_none():
    for seed in range(3):
        found = [right("08.3", case) for case in inputs("08.3", seed)[4:]]
        rivals = np.concatenate([each for each, _ in found])
        assert 0.2 < (rivals > 0).mean() < 0.9
        assert rivals.max() > 1


def test_the_rules_of_thumb_are_those_of_the_baselines():
    for seed in range(3):
        for case in inputs("08.4", seed):
            series, first, period, horizon = case.values()
            naive, seasonal, rmse = right("08.4", case)
            for i, target in enumerate(range(first, len(series))):
                known = series[np.newaxis, : target - horizon + 1, np.newaxis]
                assert naive[i] == baselines.naive(known).item()
                assert seasonal[i] == baselines.seasonal_naive(known, period=period, horizon=horizon).item()
            errors = [np.mean((said - series[first:]) ** 2) ** 0.5 for said in (naive, seasonal)]
            np.testing.assert_allclose(rmse, errors)


def test_horizons_are_shorter_and_longer_than_a_season():
    longer = [case["horizon"] > case["period"] for seed in range(3) for case in inputs("08.4", seed)[4:]]
    assert 0.25 < np.mean(longer) < 0.75


def verdict(review, praise, blame):
    """By the last opinion and its *not*."""
    words = re.findall(r"\w+", review.lower())
    place = max(i for i, word in enumerate(words) if word in praise + blame)
    said = words[place] in praise
    return int(said != (words[place - 1] == "not"))


def other_verdicts(review, praise, blame):
    """Whether any order of the opinions, and of *not* among them, has the other verdict."""
    words = re.findall(r"\w+", review.lower())
    opinions = [word in praise for word in words if word in praise + blame]
    negated = [words[i - 1] == "not" for i, word in enumerate(words) if word in praise + blame]
    said = [one[1] != nots[1] for one in permutations(opinions) for nots in permutations(negated)]
    return len(set(said)) > 1


def test_a_twin_is_the_same_to_a_bag_and_says_the_opposite():
    for seed in range(3):
        for case in inputs("08.5", seed):
            reviews, *lists = case.values()
            twins, verdicts = right("08.5", case)
            assert verdicts.tolist() == [verdict(review, *lists) for review in reviews]
            for review, twin in zip(reviews, twins, strict=True):
                assert bool(twin) == other_verdicts(review, *lists)
                if twin:
                    one, other = CountVectorizer(token_pattern=r"\w+|[.,]").fit_transform([review, twin]).toarray()
                    np.testing.assert_array_equal(one, other)
                    assert verdict(twin, *lists) != verdict(review, *lists)
                    assert [i for i, letter in enumerate(twin) if letter.isupper()] == [0]
                    assert twin.index(".") == len(twin) - 1


@pytest.mark.parametrize(
    ("id", "unchanged"),
    [
        ("08.1", pooling._pooled()),
        ("08.2", attending.attend_by()),
        ("08.3", bags._found()),
        ("08.4", seasons._forecast()),
        ("08.5", clauses.twins_by()),
    ],
)
def test_the_mistakes_are_changes_of_something_right(id, unchanged):
    assert diagnose(id, unchanged).status == "passed"


# ── what the student is told ─────────────────────────────────────────────────────────────────────────────────────────
def multiplies_by_the_mask(states, mask):
    kept = states * mask[..., np.newaxis]
    return states[:, -1], kept.mean(axis=1), kept.max(axis=1)


def counts_from_the_left(states, mask):
    kept, counts = states * mask[..., np.newaxis], mask.sum(axis=1)
    return states[np.arange(len(states)), counts - 1], kept.mean(axis=1), kept.max(axis=1)


def row_after_row(states, mask):
    real = [row[steps] for row, steps in zip(states, mask, strict=True)]
    return tuple(
        np.array([part(row) for row in real]) for part in (lambda r: r[-1], lambda r: r.mean(0), lambda r: r.max(0))
    )


def leaves_out_rows_without_a_step(states, mask):
    some = mask.any(axis=1)
    return tuple(part[some] for part in right("08.1", {"states": states, "mask": mask}))


def softmax(scores, axis=1):
    grown = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return grown / grown.sum(axis=axis, keepdims=True)


def attention(weigh, pool=lambda weights, states: (weights[..., np.newaxis] * states).sum(axis=1)):
    def answer(states, mask, kernel, bias, score_kernel):
        with np.errstate(all="ignore"):
            weights = weigh(np.tanh(states @ kernel + bias) @ score_kernel, mask)
        return weights, pool(weights, states)

    return answer


def masked(scores, mask):
    return softmax(np.where(mask, scores, -np.inf))


def divided_again(scores, mask):
    weights = softmax(scores) * mask
    return weights / weights.sum(axis=1, keepdims=True)


def below_all(scores, mask):
    kept = np.where(mask, scores, -np.inf)
    grown = np.exp(kept - kept.max())
    return grown / grown.sum(axis=1, keepdims=True)


def by_pairs(bag, best):
    def answer(texts, y):
        found = [bag(text) for text in texts]
        pairs = [
            [a == b and one != other for b, other in zip(found, y, strict=True)]
            for a, one in zip(found, y, strict=True)
        ]
        rivals = np.array(pairs).sum(axis=1)
        return rivals, int(best(rivals))

    return answer


def thumbs(naive, seasonal, error=lambda off: np.sqrt(np.mean(off**2))):
    def answer(series, first, period, horizon):
        targets = np.arange(first, len(series))
        said = series[targets - naive(period, horizon)], series[targets - seasonal(period, horizon)]
        return *said, np.array([error(each - series[first:]) for each in said])

    return answer


def by_replacing(turn):
    """Texts changed as texts; ``turn``: of the first and the second clause."""

    def answer(reviews, praise, blame):
        found, verdicts = [], []
        for review in reviews:
            first, second = review.split(", but ")
            said = [
                any(word in praise for word in part.lower().rstrip(".").split()) != ("not" in part.lower().split())
                for part in (first, second)
            ]
            verdicts.append(int(said[1]))
            nots = ["not" in part.lower().split() for part in (first, second)]
            one_not = said[0] == said[1] and nots[0] != nots[1]
            if one_not:
                found.append(right("08.5", {"reviews": [review], "praise": praise, "blame": blame})[0][0])
            else:
                found.append(turn(first, second) if said[0] != said[1] else "")
        return np.array(found), np.array(verdicts)

    return answer


ANSWERS = [
    ("08.1", multiplies_by_the_mask, "Your last is the state of the last column"),
    ("08.1", counts_from_the_left, "Your last counts the real steps"),
    ("08.1", row_after_row, "Only this edge case fails."),
    ("08.1", leaves_out_rows_without_a_step, "A row without any gives zeros. Only this edge case fails."),
    ("08.1", changed("08.1", 0), "The real steps of this input's rows are ["),
    ("08.1", changed("08.1", 2), "largest[0, 0] (row 0, unit 0): expected"),
    ("08.2", attention(lambda scores, mask: softmax(scores) * mask), "The mask comes after the softmax"),
    ("08.2", attention(lambda scores, mask: softmax(scores)), "The mask does not count"),
    (
        "08.2",
        attention(lambda scores, mask: softmax(np.where(mask, scores, -np.inf), axis=0)),
        "The softmax runs over the rows",
    ),
    ("08.2", attention(lambda scores, mask: softmax(scores * mask)), "At padding you set the *score* to 0."),
    ("08.2", attention(divided_again), "exp makes 0 of all real steps of a row"),
    ("08.2", attention(below_all), "exp makes 0 of all real steps of a row"),
    ("08.2", attention(masked, lambda weights, states: weights @ states), "an axis too many"),
    ("08.2", changed("08.2", 1), "The scores of this input are ["),
    ("08.3", by_pairs(lambda text: sorted(text), len), "your best is that of somebody who knows all the answers"),
    (
        "08.3",
        by_pairs(lambda text: sorted(text.split()), lambda rivals: len(rivals) - (rivals > 0).sum() // 2),
        "your best halves the texts that have rivals",
    ),
    (
        "08.3",
        by_pairs(lambda text: sorted(text.split()), lambda rivals: (rivals == 0).sum()),
        "your best gives up every text that has a rival",
    ),
    ("08.3", changed("08.3", 0), "fall into groups with the labels ["),
    ("08.4", thumbs(lambda p, h: 1, lambda p, h: p), "Your naive forecast takes the value just before"),
    ("08.4", thumbs(lambda p, h: h, lambda p, h: p), "Your seasonal forecast takes the value one period before"),
    ("08.4", thumbs(lambda p, h: h, lambda p, h: h + p - 1), "goes back from the last known value"),
    ("08.4", thumbs(lambda p, h: h, lambda p, h: (h // p + 1) * p), "goes one period too far back"),
    (
        "08.4",
        thumbs(lambda p, h: h, lambda p, h: -(-h // p) * p, lambda off: np.mean(off**2)),
        "the root is missing",
    ),
    ("08.4", changed("08.4", 0), "the last known place is"),
    (
        "08.5",
        by_replacing(lambda first, second: f"{second[:-1].capitalize()}, but {first}."),
        "The capital letter has moved along with its word",
    ),
    (
        "08.5",
        by_replacing(lambda first, second: f"{second.capitalize()}, but {first.lower()}."),
        "The full stop has moved along with its clause",
    ),
    (
        "08.5",
        by_replacing(lambda first, second: f"But {second[:-1]}, {first.lower()}."),
        "twins[",
    ),
    ("08.5", lambda **case: (np.array(case["reviews"]), right("08.5", case)[1]), "twins["),
    ("08.5", lambda **case: (list(right("08.5", case)[0]), right("08.5", case)[1]), "np.array(…) makes an array"),
    ("08.5", lambda **case: (right("08.5", case)[0], right("08.5", case)[1] > 0), "dtype=int"),
    ("08.5", lambda **case: (right("08.5", case)[0], right("08.5", case)[1][::-1]), "Clause by clause, the reviews"),
]


test_an_answer_is_told_what_helps = told_what_helps(ANSWERS)


@pytest.mark.parametrize(
    "weigh", [masked, lambda scores, mask: softmax(scores - 1e9 * ~mask)], ids=["minus infinity", "minus 1e9"]
)
def test_attention_may_mask_in_either_way(weigh):
    for seed in range(5):
        assert diagnose("08.2", attention(weigh), seed).status == "passed"
