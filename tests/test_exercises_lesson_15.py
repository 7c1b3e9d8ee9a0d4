"""Exercises of lesson 15: right by Keras' own layers, callbacks and schedules; answers beyond the listed mistakes."""

from __future__ import annotations

import numpy as np
import pytest
from exercise_answers import changed, diagnose, inputs, right, told_what_helps

from rnncourse.exercises.lesson_15 import dropout, schedule, stopping


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


# ── the references, beside an independent source ─────────────────────────────────────────────────────────────────────
def test_a_mask_is_one_of_a_sequence_and_keeps_the_mean():
    for case in inputs("15.1"):
        training, test = right("15.1", case)
        factor = training / case["x"]
        np.testing.assert_allclose(factor, np.broadcast_to(factor[:, :1], factor.shape))
        assert np.isclose(factor * (1 - case["rate"]), 0).sum() + np.isclose(factor * (1 - case["rate"]), 1).sum() == (
            factor.size
        )
        np.testing.assert_array_equal(test, case["x"])
    x = np.ones((1, 1, 20_000))
    assert right("15.1", {"x": x, "rate": 0.3, "seed": 0})[0].mean() == pytest.approx(1, abs=0.03)


def test_keras_drops_as_the_explanation_says(keras):
    """With ``noise_shape`` the mask stays the same at every step, without it does not."""
    x = np.ones((4, 6, 5), "float32")
    masked = np.asarray(keras.layers.Dropout(0.5, noise_shape=(4, 1, 5), seed=1)(x, training=True))
    np.testing.assert_array_equal(masked, np.broadcast_to(masked[:, :1], masked.shape))
    assert set(np.unique(masked)) == {0.0, 2.0}
    fresh = np.asarray(keras.layers.Dropout(0.5, seed=1)(x, training=True))
    assert (fresh != fresh[:, :1]).any()


class Weights:
    """A model that is nothing but the number of its last epoch."""

    epoch, stop_training, metrics = -1, False, ()

    def get_weights(self):
        return self.epoch

    def set_weights(self, weights):
        self.restored = weights


def stopped_by_keras(keras, losses, patience, min_delta):
    model = Weights()
    callback = keras.callbacks.EarlyStopping(
        "val_loss", min_delta=min_delta, patience=patience, mode="min", restore_best_weights=True
    )
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, loss in enumerate(losses):
        model.epoch = epoch
        callback.on_epoch_end(epoch, {"val_loss": loss})
        if model.stop_training:
            break
    callback.on_train_end()
    return model.epoch, model.restored


def test_runs_are_stopped_where_keras_stops_them(keras):
    for seed in range(3):
        for case in inputs("15.2", seed):
            for losses, *found in zip(case["losses"], *right("15.2", case), strict=True):
                if np.isnan(losses[0]):  # Keras takes that for the best there can be
                    continue
                assert tuple(found) == stopped_by_keras(keras, losses, case["patience"], case["min_delta"])


def test_some_runs_stop_and_some_do_not_and_no_difference_is_on_the_edge():
    stopped = []
    for seed in range(5):
        for case in inputs("15.2", seed):
            losses = case["losses"]
            stopped += (right("15.2", case)[0] < losses.shape[1] - 1).tolist()
            apart = np.abs(losses[:, :, np.newaxis] - losses[:, np.newaxis]) - case["min_delta"]
            assert case["min_delta"] == 0 or np.nanmin(np.abs(apart)) > 1e-3
            assert np.nanmin(losses, initial=1) > 0
    assert 0.3 < np.mean(stopped) < 0.9


def test_the_descent_is_that_of_keras(keras):
    for case in inputs("15.3"):
        steps, warm_up, peak, floor = case.values()
        descent = keras.optimizers.schedules.CosineDecay(peak, steps - warm_up, alpha=floor / peak)
        expected = [float(descent(t)) for t in range(steps - warm_up)]
        rates = right("15.3", case)
        np.testing.assert_allclose(rates[warm_up:], expected, rtol=1e-5)
        assert rates.argmax() == max(warm_up - 1, 0)
        np.testing.assert_allclose(np.diff(rates[:warm_up]), peak / max(warm_up, 1))


@pytest.mark.parametrize(
    ("id", "unchanged"),
    [
        ("15.1", dropout._dropped),
        ("15.2", stopping._stop_by()),
        ("15.2", stopping._changed(lambda last, best: (last, best))),
        ("15.3", schedule._rates),
    ],
)
def test_the_mistakes_are_changes_of_something_right(id, unchanged):
    for seed in range(5):
        assert diagnose(id, unchanged, seed).status == "passed"


# ── what the student is told ─────────────────────────────────────────────────────────────────────────────────────────
def step_by_step(draw, scale=lambda rate: 1 / (1 - rate), test=lambda out, rate: out):
    def answer(x, rate, seed):
        rng = np.random.default_rng(seed)
        mask, training = None, np.zeros_like(x)
        for t in range(x.shape[1]):
            mask = draw(rng, x, mask)
            training[:, t] = x[:, t] * (mask >= rate) * scale(rate)
        return training, test(x.copy(), rate)

    return answer


def once(rng, x, mask):
    return rng.random((x.shape[0], x.shape[2])) if mask is None else mask


def every_time(rng, x, mask):
    return rng.random((x.shape[0], x.shape[2]))


def for_the_batch(rng, x, mask):
    return rng.random(x.shape[2]) if mask is None else mask


def row_by_row(x, rate, seed):
    rng, rows = np.random.default_rng(seed), []
    for row in x:
        rows.append(row * (rng.random(x.shape[2]) >= rate) / (1 - rate))
    return np.stack(rows), x


def in_place(x, rate, seed):
    training, test = right("15.1", {"x": x, "rate": rate, "seed": seed})
    x *= 0
    return training, test


def by_the_best(better, restore=lambda best, last: best):
    """As most write it, with the best loss kept beside a counter."""

    def answer(losses, patience, min_delta):
        ends, keeps = [], []
        for run in losses:
            best_loss, best, bad = np.inf, 0, 0
            for epoch in range(len(run)):
                if better(run, epoch, best_loss, min_delta):
                    best_loss, best, bad = run[epoch], epoch, 0
                else:
                    bad += 1
                    if bad == patience:
                        break
            ends.append(epoch)
            keeps.append(restore(best, epoch))
        return np.array(ends), np.array(keeps)

    return answer


def below_the_best(run, epoch, best, delta):
    return best - run[epoch] > delta


def rates_by(warm=lambda t, w: (t + 1) / w, gone=lambda t, w, n: (t - w) / (n - w), angle=np.pi):
    def answer(steps, warm_up, peak, floor):
        rates = np.zeros(steps)
        for t in range(steps):
            if t < warm_up:
                rates[t] = peak * warm(t, warm_up)
            else:
                rates[t] = floor + 0.5 * (peak - floor) * (1 + np.cos(angle * gone(t, warm_up, steps)))
        return rates

    return answer


@pytest.mark.parametrize(
    ("id", "answer"),
    [("15.1", step_by_step(once)), ("15.1", row_by_row), ("15.2", by_the_best(below_the_best)), ("15.3", rates_by())],
)
def test_other_right_answers_pass(id, answer):
    for seed in range(5):
        assert diagnose(id, answer, seed).status == "passed"


ANSWERS = [
    ("15.1", step_by_step(every_time), "Every step has a mask of its own"),
    ("15.1", step_by_step(for_the_batch), "All rows have the same mask"),
    ("15.1", step_by_step(once, scale=lambda rate: 1), "What is kept is not scaled up"),
    ("15.1", step_by_step(once, test=lambda out, rate: out / (1 - rate)), "at test time you scale as well"),
    ("15.1", in_place, "The results are right. It changes its input x"),
    ("15.1", lambda x, rate, seed: (x * (np.random.default_rng(seed).random() > rate), x), "Row 0 has the numbers ["),
    ("15.1", changed("15.1", 0, lambda part: part * np.nan), "received nan"),
    ("15.1", changed("15.1", 1, lambda part: part[:, 0]), "expected shape ("),
    ("15.2", by_the_best(lambda run, e, best, d: run[e] <= best - d), "A loss that equals the best one counts"),
    ("15.2", by_the_best(lambda run, e, best, d: run[e] < best), "Any improvement counts, however small"),
    ("15.2", by_the_best(lambda run, e, best, d: not run[e] >= best - d), "NaN counts as an improvement"),
    ("15.2", by_the_best(below_the_best, restore=lambda best, last: last), "The weights of the last epoch are kept"),
    (
        "15.2",
        by_the_best(lambda run, e, best, d: e == 0 or run[e] < run[e - 1] - d),
        "You compare with the epoch before",
    ),
    ("15.2", lambda losses, patience, min_delta: (0, 0), "expected an array, received a whole number (0)"),
    ("15.2", changed("15.2", 1, lambda part: part / 1), "expected an array of whole numbers, received real numbers"),
    ("15.2", changed("15.2", 0, lambda part: part + 7), "If run 0 never stopped, it would improve at the epochs ["),
    ("15.3", rates_by(warm=lambda t, w: t / w), "The first update has a rate of 0"),
    ("15.3", rates_by(gone=lambda t, w, n: t / n), "Your cosine runs over all updates"),
    ("15.3", rates_by(angle=180), "Your angle is in degrees"),
    ("15.3", rates_by(angle=2 * np.pi), "Your cosine runs through a whole period"),
    ("15.3", lambda **case: right("15.3", case) * 1.1, "is the first after the warm-up, and its rate is"),
    ("15.3", lambda **case: right("15.3", case)[:-1], "expected shape ("),
]


test_an_answer_is_told_what_helps = told_what_helps(ANSWERS)
