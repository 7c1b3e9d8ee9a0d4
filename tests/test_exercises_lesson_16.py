"""Exercises of lesson 16: right by probing, by how the runs were made, and by Keras; answers beyond the mistakes."""

from __future__ import annotations

import numpy as np
import pytest
from exercise_answers import changed, diagnose, inputs, right, told_what_helps

from rnncourse.exercises.lesson_16 import curves, diagnosis, masked_loss, resets


# ── the references, beside an independent source ─────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("by", [1.0, 0.5, -1.0])
def test_batches_begin_from_zeros_where_a_probe_says_so_and_every_effect_is_far_above_the_rounding(by):
    for seed in range(3):
        for case in inputs("16.1", seed):
            loop, x = case["loop"], case["x"]
            from_zero, leaks, forgets = right("16.1", case)
            before = resets.run(loop, x)
            for i in range(1, len(x)):
                probe = x.copy()
                probe[i - 1] += by
                moved = np.abs(resets.run(loop, probe)[i] - before[i]).max()
                assert moved == 0 if from_zero[i] else moved > 1e-4
            wrong = case["new"] != from_zero
            assert (leaks, forgets) == (wrong[case["new"]].sum(), wrong[~case["new"]].sum())


def test_loops_of_every_kind_are_drawn():
    found = [right("16.1", case) for seed in range(5) for case in inputs("16.1", seed)[7:]]
    whole = [(from_zero.all(), from_zero[1:].any()) for from_zero, _, _ in found]
    assert {(True, True), (False, True), (False, False)} <= set(whole)
    assert any(leaks and forgets for _, leaks, forgets in found)


def test_a_run_gets_the_name_of_the_disease_it_was_made_with():
    for name, makers in curves.KINDS.items():
        for maker in makers:
            for seed in range(40):
                case = diagnosis._runs(np.random.default_rng(seed), makers=(maker,))
                assert right("16.2", case).tolist() == [name]


def off(value, threshold):
    """By which factor a positive number misses a threshold; none for NaN and infinity."""
    return np.abs(np.log(value / threshold)) if np.isfinite(value) else np.inf


def test_no_run_lies_near_a_threshold():
    for seed in range(30):
        for case in inputs("16.2", seed):
            base, names = case["baseline"], right("16.2", case)
            runs = zip(names, case["training"], case["validation"], case["norms"], strict=True)
            for name, training, validation, norms in runs:
                assert off(training[-1], 2 * base) > 0.2
                if name != "diverged":
                    assert off(norms.max(), 10 * np.median(norms)) > 0.2
                    assert off(np.median(norms), 0.01) > 0.5
                    assert off(training.min(), 0.9 * base) > 0.06
                    assert off(validation.min(), 0.9 * base) > 0.06
                    assert off(validation[-1], 1.2 * validation.min()) > 0.1
                    assert off(training[-1], 0.9 * training[-3]) > 0.04


def real_steps(case):
    steps = case["scores"].shape[1]
    return np.array([
        [t < length if case["side"] == "right" else t >= steps - length for t in range(steps)]
        for length in case["lengths"]
    ])  # fmt: skip


def test_the_losses_are_those_of_keras():
    keras = pytest.importorskip("keras")
    for case in inputs("16.3", count=8):
        real = real_steps(case)
        scores, targets = (np.where(real[..., np.newaxis], case["scores"], 0.0), np.where(real, case["targets"], 0))
        entropies = keras.losses.sparse_categorical_crossentropy(targets, scores.astype("float32"), from_logits=True)
        rows, loss = right("16.3", case)
        entropies = np.asarray(entropies)
        for row, said, counts in zip(rows, entropies, real, strict=True):
            assert row == pytest.approx(said[counts].mean() if counts.any() else 0, rel=1e-5)
        assert loss == pytest.approx(entropies[real].mean() if real.any() else 0, rel=1e-5)


def test_padding_holds_nan_and_other_numbers_and_the_target_minus_one():
    garbage = []
    for case in inputs("16.3"):
        padded = ~real_steps(case)
        assert (case["targets"][padded] == -1).all()
        assert np.isfinite(case["scores"][~padded]).all()
        garbage += np.isnan(case["scores"][padded]).any(axis=-1).tolist()
    assert 0.3 < np.mean(garbage) < 0.9


@pytest.mark.parametrize(
    ("id", "unchanged"),
    [("16.1", resets._audit), ("16.2", diagnosis._by_signs), ("16.3", masked_loss._masked)],
)
def test_the_mistakes_are_changes_of_something_right(id, unchanged):
    for seed in range(5):
        assert diagnose(id, unchanged, seed).status == "passed"


# ── what the student is told ─────────────────────────────────────────────────────────────────────────────────────────
def noisy(loop, x):
    return resets.run(loop, x) + 1e-9 * np.random.default_rng().normal(size=x.shape)


def counted(from_zero, new):
    return from_zero, int((new & ~from_zero).sum()), int((~new & from_zero).sum())


def probing(change, same=lambda one, other: np.abs(one - other).max() < 1e-6, copy=np.copy, first=True):
    """``change``: in place, of x and the batch that is asked about."""

    def answer(loop, x, new):
        x = x.copy()
        before, from_zero = noisy(loop, x), [first]
        for i in range(1, len(x)):
            probe = copy(x)
            change(probe, i)
            from_zero.append(bool(same(noisy(loop, probe)[i], before[i])))
        return counted(np.array(from_zero), new)

    return answer


def the_one_before(probe, i):
    probe[i - 1] += 1


def its_last_step(probe, i):
    probe[i - 1, -1] += 1


def all_before(probe, i):
    probe[:i] = 0


def itself(probe, i):
    probe[i] += 1


def the_next(probe, i):
    probe[i + 1 :] += 1


def the_first(probe, i):
    probe[0] += 1


def alone(loop, x, new):
    together = noisy(loop, x)
    from_zero = [np.allclose(noisy(loop, x[i : i + 1])[0], together[i], atol=1e-6) for i in range(len(x))]
    return counted(np.array(from_zero), new)


def named(diverged, rise=lambda valid: valid[-1] > 1.2 * valid.min() or valid.min() >= 0.9, usual=np.median, ago=3):
    def answer(training, validation, norms, baseline):
        names = []
        for train, valid, norm in zip(training / baseline, validation / baseline, norms, strict=True):
            with np.errstate(all="ignore"):
                if diverged(train):
                    names.append("diverged")
                elif norm.max() > 10 * usual(norm):
                    names.append("unclipped")
                elif train.min() >= 0.9:
                    names.append("no gradient" if np.median(norm) < 0.01 else "no progress")
                elif rise(valid):
                    names.append("memorises")
                else:
                    names.append("unfinished" if train[-1] < 0.9 * train[-ago] else "healthy")
        return np.array(names)

    return answer


def lost(train):
    return not np.isfinite(train[-1]) or train[-1] > 2


def entropy_by(mask, choose=lambda losses, real: np.where(real, losses, 0), count=lambda real: real.sum(axis=1)):
    def answer(scores, targets, lengths, side):
        real = mask(scores, targets, lengths, side)
        highest = scores.max(axis=2, keepdims=True)
        with np.errstate(all="ignore"):
            log_p = scores - highest - np.log(np.exp(scores - highest).sum(axis=2, keepdims=True))
            losses = np.zeros(targets.shape)
            for b, t in np.ndindex(*targets.shape):
                losses[b, t] = -log_p[b, t, targets[b, t]]
            sums = choose(losses, real).sum(axis=1)
            return sums / np.maximum(count(real), 1), float(sums.sum() / max(real.sum(), 1))

    return answer


def by_slices(scores, targets, lengths, side):
    """Row by row; where the padding stands on the left, each slice begins at −length."""
    rows, every = [], []
    for row, ids, length in zip(scores, targets, lengths, strict=True):
        where = slice(0, length) if side == "right" else slice(-length, None)
        with np.errstate(all="ignore"):
            shifted = row[where] - row[where].max(axis=1, keepdims=True)
            log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        losses = -log_p[np.arange(len(shifted)), ids[where]]
        rows.append(losses.mean() if length else 0.0)
        every.extend(losses)
    return np.array(rows), sum(every) / max(lengths.sum(), 1)


def by_target(scores, targets, lengths, side):
    return targets >= 0


def by_class(scores, targets, lengths, side):
    return targets > 0


def by_length(scores, targets, lengths, side):
    return np.arange(targets.shape[1]) < lengths[:, np.newaxis]


@pytest.mark.parametrize(
    ("id", "answer"),
    [
        ("16.1", probing(the_one_before)),
        ("16.1", probing(its_last_step)),
        ("16.1", probing(all_before)),
        ("16.1", alone),
        ("16.2", named(lost)),
        ("16.3", entropy_by(by_target)),
    ],
)
def test_other_right_answers_pass(id, answer):
    for seed in range(5):
        assert diagnose(id, answer, seed).status == "passed"


ANSWERS = [
    ("16.1", probing(the_one_before, lambda one, other: (one == other).all()), "No batch seems to begin from zeros"),
    ("16.1", probing(itself), "No batch seems to begin from zeros"),
    ("16.1", probing(the_next), "Every batch seems to begin from zeros"),
    ("16.1", probing(the_first), "You change the first batch alone"),
    ("16.1", probing(the_one_before, lambda one, other: np.abs(one - other).max() > 1e-6), "are the wrong way round"),
    ("16.1", probing(the_one_before, first=False), "Batch 0 does not begin from zeros in your result"),
    ("16.1", changed("16.1", 1), "New sequences begin with the batches ["),
    ("16.1", changed("16.1", 0, lambda part: part * 1), "expected an array of truth values, received whole numbers"),
    ("16.1", changed("16.1", 2, lambda part: float("nan")), "expected a whole number, received a real number"),
    ("16.2", named(lambda train: train[-1] > 2), "A run that ended in NaN gets another name"),
    ("16.2", named(lambda train: np.isnan(train[-1])), "Only NaN or infinity is *diverged* for you"),
    ("16.2", named(lambda train: lost(train) or train.max() > 2), "A run that was bad for an epoch and came back"),
    ("16.2", named(lost, ago=2), "No run is *unfinished* for you"),
    ("16.2", named(lost, ago=4), "Too many runs, or all, are *unfinished*"),
    ("16.2", named(lost, usual=np.mean), "No run is *unclipped* for you"),
    ("16.2", named(lost, rise=lambda valid: valid[-1] > 1.2 * valid.min()), "never comes below the baseline passes"),
    ("16.2", lambda **case: np.char.upper(right("16.2", case)), "Run 0, in baselines: last training loss"),
    ("16.2", lambda **case: right("16.2", case).tolist(), "np.array(…) makes an array of it"),
    ("16.2", lambda **case: right("16.2", case)[0], "expected an array, received text"),
    ("16.3", entropy_by(by_class), "leaves out the steps whose target is class 0"),
    ("16.3", entropy_by(by_length), "Your mask is for padding at one end"),
    ("16.3", by_slices, "a slice that begins at −n begins at the start when n is 0"),
    ("16.3", entropy_by(by_target, choose=lambda losses, real: losses * real), "You multiply the losses by the mask"),
    ("16.3", entropy_by(by_target, count=lambda real: real.shape[1]), "You divide by T, or by all"),
    ("16.3", entropy_by(lambda *case: np.ones((len(case[0]), case[0].shape[1]), dtype=bool)), "The padding counts"),
    ("16.3", changed("16.3", 1), "The real steps of the rows are ["),
    ("16.3", changed("16.3", 0, lambda part: part[:, np.newaxis]), "expected shape ("),
    ("16.3", changed("16.3", 0, lambda part: part + np.nan), "received nan"),
]


test_an_answer_is_told_what_helps = told_what_helps(ANSWERS)
