"""Exercises of lesson 09: right by SciPy, the course's own sampler and streams, and by definition; other answers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from exercise_answers import diagnose, inputs, right, told_what_helps
from scipy.special import softmax


# ── the references, beside an independent source ─────────────────────────────────────────────────────────────────────
def test_perplexity_is_the_inverse_geometric_mean_of_the_real_probabilities():
    for seed in range(3):
        for case in inputs("09.1", seed):
            real = case["probabilities"][case["mask"]]
            nats, bits, perplexity = right("09.1", case)
            assert perplexity == pytest.approx(np.prod(real) ** (-1 / len(real)))
            assert 2**bits == pytest.approx(perplexity)
            assert np.exp(nats) == pytest.approx(perplexity)


def test_what_stands_at_padded_steps_does_not_matter():
    for case in inputs("09.1"):
        other = {**case, "probabilities": np.where(case["mask"], case["probabilities"], 0.5)}
        np.testing.assert_array_equal(right("09.1", case), right("09.1", other))


def test_the_loss_is_that_of_keras():
    keras = pytest.importorskip("keras")
    for case in inputs("09.1", count=8)[1:]:
        p = case["probabilities"]
        scores = np.log(np.stack([p, np.maximum(1 - p, 1e-30)], axis=-1))  # two tokens, the right one is 0
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum")
        nats = float(loss(np.zeros(p.shape), scores, sample_weight=case["mask"])) / case["mask"].sum()
        assert right("09.1", case)[0] == pytest.approx(nats, abs=1e-5)


def test_temperature_is_a_softmax_of_divided_scores():
    for case in inputs("09.2"):
        if case["temperature"] > 0:
            expected = softmax(case["scores"] / case["temperature"], axis=1)
        else:
            expected = np.eye(case["scores"].shape[1])[case["scores"].argmax(axis=1)]
        np.testing.assert_allclose(right("09.2", case), expected, atol=1e-12)


def test_the_coldest_temperature_is_the_limit():
    for case in inputs("09.2", count=10)[4:]:
        nearly, zero = (right("09.2", {**case, "temperature": t}) for t in (1e-3, 0.0))
        np.testing.assert_allclose(nearly, zero, atol=1e-12)


def test_the_nucleus_is_the_smallest_set_that_has_p():
    for seed in range(3):
        for case in inputs("09.3", seed):
            probabilities, p = case["probabilities"], case["p"]
            for size in range(1, len(probabilities) + 1):
                sets = [list(tokens) for tokens in itertools.combinations(range(len(probabilities)), size)]
                best = max(sets, key=lambda tokens: probabilities[tokens].sum())
                if probabilities[best].sum() >= p - 1e-12:
                    break
            expected = np.zeros(len(probabilities))
            expected[best] = probabilities[best] / probabilities[best].sum()
            np.testing.assert_allclose(right("09.3", case), expected, atol=1e-12)


def test_the_nucleus_is_that_of_models_sample():
    tf = pytest.importorskip("tensorflow")
    from rnncourse.models.sampling import _cut

    for case in inputs("09.3", count=8)[5:]:
        scores = tf.constant(np.log(case["probabilities"])[np.newaxis], tf.float32)
        kept = _cut(scores, None, tf.constant(case["p"], tf.float32))
        np.testing.assert_allclose(right("09.3", case), tf.nn.softmax(kept)[0], atol=1e-5)


def test_a_stream_reads_the_text_from_its_beginning_to_that_of_the_next():
    for seed in range(3):
        for case in inputs("09.4", seed):
            x, y = right("09.4", case)
            text = x.swapaxes(0, 1).reshape(-1)
            np.testing.assert_array_equal(text, case["ids"][: text.size])
            np.testing.assert_array_equal(y.swapaxes(0, 1).reshape(-1), case["ids"][1 : text.size + 1])
            assert 1 <= len(case["ids"]) - text.size <= case["batch"] * case["steps"]


def test_streams_are_cut_as_training_cuts_them():
    cut = pytest.importorskip("rnncourse.models.streams").pieces
    for seed in range(3):
        for case in inputs("09.4", seed):
            x, y = right("09.4", case)
            found = list(cut(case["ids"], rows=case["batch"], steps=case["steps"]))
            np.testing.assert_array_equal(x, [piece.x for piece in found])
            np.testing.assert_array_equal(y, [piece.y for piece in found])


# ── inputs that can be shown and that tell mistakes apart ────────────────────────────────────────────────────────────
def test_the_worked_nucleus_does_not_depend_on_the_order_of_the_vocabulary():
    for case in inputs("09.3")[5:]:
        order = np.random.default_rng(0).permutation(len(case["probabilities"]))
        moved = {**case, "probabilities": case["probabilities"][order]}
        np.testing.assert_allclose(right("09.3", moved), right("09.3", case)[order], atol=1e-12)


# ── answers that beginners may give ──────────────────────────────────────────────────────────────────────────────────
def averages_rows_in_bits(probabilities, mask):
    bits = np.mean([-np.log2(row[real]).mean() for row, real in zip(probabilities, mask, strict=True)])
    return np.array([bits * np.log(2), bits, 2**bits])


def multiplies_by_the_mask(probabilities, mask):
    with np.errstate(all="ignore"):
        nats = -(np.log(probabilities) * mask).sum() / mask.sum()
    return np.array([nats, nats / np.log(2), np.exp(nats)])


def returns_a_tuple(probabilities, mask):
    nats = -np.log(probabilities[mask]).mean()
    return nats, nats / np.log(2), np.exp(nats)


def divides_by_zero(scores, temperature):
    with np.errstate(all="ignore"):
        parts = np.exp(scores / temperature)
        return parts / parts.sum(axis=1, keepdims=True)


def divides_probabilities(scores, temperature):
    with np.errstate(all="ignore"):
        parts = softmax(scores, axis=1) / temperature
        return parts / parts.sum(axis=1, keepdims=True)


def returns_ids_when_cold(scores, temperature):
    return softmax(scores / temperature, axis=1) if temperature else scores.argmax(axis=1)


def breaks_too_soon(probabilities, p):
    mass, kept = 0.0, np.zeros_like(probabilities)
    for token in np.argsort(-probabilities):
        if mass + probabilities[token] > p:
            break
        kept[token] = probabilities[token]
        mass += probabilities[token]
    with np.errstate(all="ignore"):
        return kept / kept.sum()


def writes_into_its_input(probabilities, p):
    order = np.argsort(-probabilities)
    before = np.cumsum(probabilities[order]) - probabilities[order]
    probabilities[order[before >= p]] = 0
    return probabilities / probabilities.sum()


def searches_sorted(probabilities, p):
    order = np.argsort(-probabilities)
    kept = order[: np.searchsorted(np.cumsum(probabilities[order]), p) + 1]
    result = np.zeros_like(probabilities)
    result[kept] = probabilities[kept] / probabilities[kept].sum()
    return result


def cuts_rows_first(ids, batch, steps):
    rows = ids[: len(ids) // batch * batch].reshape(batch, -1)
    pieces = (rows.shape[1] - 1) // steps
    x = [rows[:, k * steps : (k + 1) * steps] for k in range(pieces)]
    y = [rows[:, k * steps + 1 : (k + 1) * steps + 1] for k in range(pieces)]
    return np.array(x), np.array(y)


def cuts_time_major(ids, batch, steps):
    n = (len(ids) - 1) // (batch * steps) * batch * steps
    return tuple(part.reshape(batch, -1).T.reshape(-1, steps, batch) for part in (ids[:n], ids[1 : n + 1]))


def returns_lists(ids, batch, steps):
    x, y = right("09.4", {"ids": ids, "batch": batch, "steps": steps})
    return x.tolist(), y.tolist()


ANSWERS = [
    ("09.1", averages_rows_in_bits, "You average over each sequence and then over the sequences"),
    ("09.1", multiplies_by_the_mask, "Right, but for padded steps with probability 0"),
    ("09.1", returns_a_tuple, "np.array(…) makes an array of it"),
    ("09.1", lambda **case: right("09.1", case) + 1, "The real steps of this input cost ["),
    ("09.2", divides_by_zero, "nor at temperature 0: exp overflows"),
    ("09.2", divides_probabilities, "The temperature has no effect on your rows"),
    ("09.2", returns_ids_when_cold, "expected an array of real numbers, received whole numbers"),
    ("09.2", lambda **case: right("09.2", case) + 1, "the first row of this input is ["),
    ("09.3", breaks_too_soon, "The token that crosses p is left out"),
    ("09.3", writes_into_its_input, "The results are right. It changes its input"),
    ("09.3", lambda **case: right("09.3", case) + 1, "the probabilities of this input add up to ["),
    ("09.4", cuts_rows_first, "Your rows begin farther apart"),
    ("09.4", cuts_time_major, "The last two axes have changed places"),
    ("09.4", returns_lists, "received a list"),
    ("09.4", lambda **case: tuple(part + 1 for part in right("09.4", case)), "The streams of this input"),
]


test_an_answer_is_told_what_helps = told_what_helps(ANSWERS)


def test_other_right_ways_pass():
    for seed in range(10):
        assert diagnose("09.3", searches_sorted, seed).status == "passed"
