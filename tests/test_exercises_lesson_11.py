"""Exercises of lesson 11: right by the course's data, Keras and the search over all hypotheses; other answers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from exercise_answers import diagnose, inputs, right, told_what_helps

from rnncourse import datasets
from rnncourse.exercises.lesson_11 import beams


# ── the references, beside an independent source ─────────────────────────────────────────────────────────────────────
def test_reversed_sources_are_those_of_the_ciphers():
    forwards, backwards = (datasets.ciphers(examples=400, reverse=reverse, seed=0) for reverse in (False, True))
    for one, other in ((forwards.train[0], backwards.train[0]), (forwards.test[0], backwards.test[0])):
        assert not np.array_equal(one, other)
        np.testing.assert_array_equal(right("11.1", {"x": one}), other)


def test_turned_round_twice_a_source_is_as_before():
    for case in inputs("11.1"):
        once = right("11.1", case)
        np.testing.assert_array_equal((once == 0), (case["x"] == 0))
        np.testing.assert_array_equal(right("11.1", {"x": once}), case["x"])


def test_attention_is_that_of_keras():
    keras = pytest.importorskip("keras")
    layer = keras.layers.Attention()  # plain dot products
    for case in inputs("11.2", count=12):
        if max(np.abs(case["memory"]).max(), np.abs(case["states"]).max()) > 100 or case["mask"].shape[1] == 1:
            continue  # Keras warns of a softmax over a single position, and rounds such scores
        query, memory = (np.float32(value) for value in (case["states"][:, np.newaxis], case["memory"]))
        context, weights = layer([query, memory], mask=[None, case["mask"]], return_attention_scores=True)
        expected_weights, expected_context = right("11.2", case)
        np.testing.assert_allclose(expected_weights, weights[:, 0], atol=1e-5)
        np.testing.assert_allclose(expected_context, context[:, 0], atol=1e-5)


def test_what_the_memory_holds_at_padding_does_not_matter():
    for case in inputs("11.2"):
        other = {**case, "memory": np.where(case["mask"][..., np.newaxis], case["memory"], 7.0)}
        for one, two in zip(right("11.2", case), right("11.2", other), strict=True):
            np.testing.assert_allclose(one, two, atol=1e-12)


def log_probability(tokens, first, following):
    steps = itertools.pairwise(tokens)
    return float(np.log([first[tokens[0]], *(following[a, b] for a, b in steps)]).sum())


def test_the_scores_are_means_of_the_logarithms_and_fall():
    for case in inputs("11.3"):
        tokens, scores = right("11.3", case)
        assert tokens.shape[1] == case["length"] and len(tokens) <= case["width"]
        assert (np.diff(scores) < 0).all()
        for row, score in zip(tokens, scores, strict=True):
            written = row[row != beams.NOTHING].tolist()
            assert beams.END not in written[:-1]
            assert written[-1] == beams.END or len(written) == case["length"]
            expected = log_probability(written, case["first"], case["following"]) / len(written)
            assert score == pytest.approx(expected)


def test_a_beam_of_one_is_greedy():
    for case in inputs("11.3")[4:10]:
        tokens, row = [], case["first"]
        while len(tokens) < case["length"] and beams.END not in tokens:
            tokens.append(int(row.argmax()))
            row = case["following"][tokens[-1]]
        found, _ = right("11.3", {**case, "width": 1})
        assert found[0][found[0] != beams.NOTHING].tolist() == tokens


def test_a_beam_as_wide_as_the_tree_finds_all():
    for case in inputs("11.3")[4:7]:
        length = case["length"]
        whole = {
            row[: row.index(beams.END) + 1] if beams.END in row else row
            for row in itertools.product(range(beams.VOCABULARY), repeat=length)
        }
        found, scores = right("11.3", {**case, "width": beams.VOCABULARY**length})
        assert {tuple(row[row != beams.NOTHING].tolist()) for row in found} == whole
        best = max(whole, key=lambda tokens: log_probability(tokens, case["first"], case["following"]) / len(tokens))
        assert tuple(found[0][found[0] != beams.NOTHING].tolist()) == best
        assert len(scores) == len(whole)


def test_the_search_is_that_of_models_beam_search():
    """A model whose scores are the table; its token k is our token k − 2: 0 is padding, 1 the start, 2 the end."""
    keras = pytest.importorskip("keras")
    from rnncourse import models

    vocabulary = 2 + beams.VOCABULARY
    source, previous = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
    state = keras.layers.GRU(3)(keras.layers.Embedding(vocabulary, 2)(source))
    states = keras.layers.GRU(3, return_sequences=True)(
        keras.layers.Embedding(vocabulary, 2)(previous), initial_state=state
    )
    nothing = keras.layers.Dense(vocabulary, kernel_initializer="zeros")(states)
    table = keras.layers.Embedding(vocabulary, vocabulary, name="table")
    model = keras.Model([source, previous], keras.layers.Add()([table(previous), nothing]))
    for case in inputs("11.3")[4:8]:
        scores = np.zeros((vocabulary, vocabulary))
        scores[1, 2:], scores[2:, 2:] = np.log(case["first"]), np.log(case["following"])
        table.set_weights([scores])
        found = models.beam_search(model, np.array([[3, 4]]), case["width"], length=case["length"])
        expected, expected_scores = right("11.3", case)
        behind_the_end = np.cumsum(found.ids[0] == 2, axis=1) - (found.ids[0] == 2) > 0
        np.testing.assert_array_equal(np.where(behind_the_end, beams.NOTHING, found.ids[0] - 2), expected)
        np.testing.assert_allclose(found.scores[0], expected_scores, atol=1e-5)


# ── inputs that can be shown and that tell mistakes apart ────────────────────────────────────────────────────────────
def test_tables_hold_probabilities_and_rounding_decides_nothing():
    for case in inputs("11.3"):
        assert case["first"].sum() == pytest.approx(1)
        np.testing.assert_allclose(case["following"].sum(axis=1), 1)
        narrow = {name: np.float32(case[name]) for name in ("first", "following")}
        np.testing.assert_array_equal(right("11.3", case)[0], right("11.3", {**case, **narrow})[0])


# ── answers that beginners may give ──────────────────────────────────────────────────────────────────────────────────
def turns_in_place(x):
    for row in x:
        n = np.count_nonzero(row)
        row[:n] = row[:n][::-1].copy()
    return x


def looks_for_the_first_zero(x):
    result = x.copy()
    for row, new in zip(x, result, strict=True):
        n = int(np.argmax(row == 0))
        new[:n] = row[:n][::-1]
    return result


def softmax(scores):
    parts = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return parts / parts.sum(axis=-1, keepdims=True)


def attends_by(weigh):
    def answer(states, memory, mask):
        with np.errstate(all="ignore"):
            weights = weigh(np.einsum("bh,bsh->bs", states, memory), mask)
            return weights, np.einsum("bs,bsh->bh", weights, memory)

    return answer


def renormalised(scores, mask):
    weights = softmax(scores) * mask
    return weights / weights.sum(axis=1, keepdims=True)


def multiplies_all_with_all(states, memory, mask):
    weights = softmax(np.where(mask, np.einsum("bh,bsh->bs", states, memory), -np.inf))
    return weights, weights @ memory


def searches(*, mean=True, shrinks=True, gain=np.log, ended_only=False, fill=-1):
    def answer(first, following, width, length):
        hypotheses, ended = [(0.0, [])], []
        for _ in range(length):
            grown = []
            for total, tokens in hypotheses:
                row = following[tokens[-1]] if tokens else first
                grown += [(total + gain(row[token]), [*tokens, token]) for token in range(len(row))]
            grown = sorted(grown, reverse=True)[: width - len(ended) if shrinks else width]
            ended += [own for own in grown if own[1][-1] == 0]
            hypotheses = [own for own in grown if own[1][-1] != 0]
        left = ended if ended_only else ended + hypotheses
        ranked = sorted(((total / (len(tokens) if mean else 1), tokens) for total, tokens in left), reverse=True)[
            :width
        ]
        rows = [tokens + [fill] * (length - len(tokens)) for _, tokens in ranked]
        return np.array(rows, dtype=int).reshape(-1, length), np.array([score for score, _ in ranked], dtype=float)

    return answer


def competes(first, following, width, length):
    hypotheses = [(0.0, [])]
    for _ in range(length):
        grown = [own for own in hypotheses if own[1] and own[1][-1] == 0]
        for total, tokens in [own for own in hypotheses if not own[1] or own[1][-1] != 0]:
            row = following[tokens[-1]] if tokens else first
            grown += [(total + np.log(row[token]), [*tokens, token]) for token in range(len(row))]
        hypotheses = sorted(grown, reverse=True)[:width]
    ranked = sorted(((total / len(tokens), tokens) for total, tokens in hypotheses), reverse=True)
    return (
        np.array([tokens + [-1] * (length - len(tokens)) for _, tokens in ranked]),
        np.array([score for score, _ in ranked]),
    )


ANSWERS = [
    ("11.1", lambda x: np.flip(x), "np.flip takes all of them"),
    ("11.1", lambda x: np.flip(x, axis=1), "now the padding comes first"),
    ("11.1", turns_in_place, "The results are right. It changes its input"),
    ("11.1", looks_for_the_first_zero, "Rows without padding come out wrong"),
    ("11.1", lambda **case: right("11.1", case).astype(float), "received real numbers"),
    ("11.1", lambda **case: right("11.1", case) + 1, "The sources of this input have"),
    ("11.2", attends_by(lambda scores, mask: softmax(scores) * mask), "The mask comes after the softmax"),
    ("11.2", attends_by(lambda scores, mask: softmax(scores * mask)), "But exp(0) is 1"),
    ("11.2", attends_by(lambda scores, mask: softmax(scores)), "There is no mask"),
    ("11.2", attends_by(renormalised), "where a padded position has by far the highest score"),
    ("11.2", multiplies_all_with_all, "Every row meets the memory of every row"),
    ("11.2", lambda **case: tuple(part + 1 for part in right("11.2", case)), "The scores at the real positions"),
    ("11.3", searches(mean=False), "At the end the hypotheses are ranked by the sum"),
    ("11.3", searches(shrinks=False), "Ended hypotheses take no place"),
    ("11.3", searches(gain=lambda p: p), "Probabilities are added up"),
    ("11.3", searches(ended_only=True), "Only hypotheses that have ended come back"),
    ("11.3", searches(fill=0), "The rows are filled up with 0"),
    ("11.3", competes, "An ended hypothesis has to defend its place"),
    ("11.3", lambda **case: (right("11.3", case)[0] + 1, right("11.3", case)[1]), "In this input"),
]


test_an_answer_is_told_what_helps = told_what_helps(ANSWERS)


def test_other_right_ways_pass():
    for seed in range(10):
        assert diagnose("11.2", attends_by(lambda scores, mask: softmax(np.where(mask, scores, -1e9))), seed)
        assert diagnose("11.3", searches(), seed)
