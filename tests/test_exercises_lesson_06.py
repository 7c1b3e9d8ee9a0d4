"""Exercises of lesson 06: right by ``scratch``, Keras and central differences; answers beyond the listed mistakes."""

from __future__ import annotations

import re

import numpy as np
import pytest
from exercise_answers import changed, diagnose, inputs, right, told_what_helps

from rnncourse import scratch
from rnncourse._runtime import course_folder
from rnncourse.exercises.lesson_06 import broken_run, cliff, clip_by_norm, clippings, directions, repair, sums


def gradients_of(case):
    return [case[name] for name in ("d_kernel", "d_recurrent_kernel", "d_bias")]


# ── the references, beside an independent source ─────────────────────────────────────────────────────────────────────
def test_clipping_agrees_with_scratch():
    for seed in range(3):
        for case in inputs("06.1", seed):
            expected, expected_norm = scratch.clip_by_global_norm(gradients_of(case), case["max_norm"])
            *clipped, norm = right("06.1", case)
            assert norm == pytest.approx(expected_norm)
            for one, other in zip(clipped, expected, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-9)


def test_some_gradients_are_long_and_some_are_short():
    long = [right("06.1", case)[-1] > case["max_norm"] for case in inputs("06.1")[4:]]
    assert 0 < sum(long) < len(long)


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


def test_the_cosines_are_those_of_keras_three_clippings(keras):
    """The clipped gradient is what an SGD with learning rate 1 takes away."""
    for case in inputs("06.2", count=6):
        given = clippings.end_to_end(gradients_of(case))
        cosines = []
        for name in ("clipvalue", "clipnorm", "global_clipnorm"):
            variables = [keras.Variable(np.zeros(gradient.shape)) for gradient in gradients_of(case)]
            optimizer = keras.optimizers.SGD(1.0, **{name: case["limit"]})
            tensors = [keras.ops.convert_to_tensor(gradient, "float32") for gradient in gradients_of(case)]
            optimizer.apply(tensors, variables)
            clipped = -clippings.end_to_end([variable.numpy() for variable in variables])
            cosines.append(given @ clipped / np.linalg.norm(given) / np.linalg.norm(clipped))
        np.testing.assert_allclose(right("06.2", case), cosines, atol=1e-5)


def test_the_gradient_at_the_cliff_agrees_with_central_differences():
    def loss(case, weight, bias):
        h = case["initial_state"]
        for _ in range(case["steps"]):
            h = np.tanh(weight * h + bias)
        return (h - case["target"]) ** 2

    eps = 1e-6
    for case in inputs("06.3"):
        w, b = case["weight"], case["bias"]
        by_weight = (loss(case, w + eps, b) - loss(case, w - eps, b)) / (2 * eps)
        by_bias = (loss(case, w, b + eps) - loss(case, w, b - eps)) / (2 * eps)
        gradient, plain, clipped = right("06.3", case)
        np.testing.assert_allclose(gradient, [by_weight, by_bias], rtol=1e-4, atol=1e-4)
        (expected,), _ = scratch.clip_by_global_norm([gradient], case["max_norm"])
        np.testing.assert_allclose(plain, np.array([w, b]) - case["learning_rate"] * gradient)
        np.testing.assert_allclose(clipped, np.array([w, b]) - case["learning_rate"] * expected)


def test_the_broken_update_by_the_words_of_the_task():
    for seed in range(5):
        for case in inputs("06.4", seed):
            update, times = right("06.4", case)
            good = [bool(loss <= case["rise"] * case["losses"][0]) for loss in case["losses"]]
            if update == -1:
                assert good[-1] and times == 0
                continue
            assert good[update] and not any(good[update + 1 :])
            assert times == (pytest.approx(case["norms"][update] / np.median(case["norms"][:update])) if update else 0)


def test_runs_break_in_all_the_ways_that_the_task_names():
    cases = [case for seed in range(3) for case in inputs("06.4", seed)[5:]]
    verdicts = [right("06.4", case)[0] for case in cases]
    lost = [bool(np.isnan(case["losses"]).any()) for case in cases]
    assert -1 in verdicts
    assert any(update >= 0 and not gone for update, gone in zip(verdicts, lost, strict=True))
    assert any(update >= 0 and gone for update, gone in zip(verdicts, lost, strict=True))


def test_the_gradient_of_the_sum_agrees_with_central_differences():
    values, target, eps = [0.3, 0.8, 0.1, 0.5], 1.7, 1e-6
    _, gradient = sums.loss_and_gradient(values, target, (1.3, 1.4))
    for i in range(2):
        above, below = ([1.3, 1.4] for _ in range(2))
        above[i], below[i] = above[i] + eps, below[i] - eps
        slope = sums.loss_and_gradient(values, target, tuple(above))[0]
        slope -= sums.loss_and_gradient(values, target, tuple(below))[0]
        assert gradient[i] == pytest.approx(slope / (2 * eps), rel=1e-6)


def given_training():
    """The loop that stands in the notebook."""
    (path,) = (course_folder("exercises") / "src").glob("06_*.py")
    cell = re.search(r"^# %%\n(def given_training.+?)^# %%", path.read_text(encoding="utf-8"), re.M | re.S)
    names = {"np": np}
    exec(cell[1], names)
    return names["given_training"]


def mean_loss(case, weights):
    good = np.isfinite(case["x"]).all(axis=1)
    h = np.zeros(good.sum())
    for values in case["x"][good].T:
        h = weights[0] * values + weights[1] * h
    return np.mean((h - case["y"][good]) ** 2)


def test_the_given_loop_diverges_and_the_repaired_one_learns():
    given = given_training()
    for seed in range(3):
        for case in inputs("06.5", seed)[5:]:
            arguments = {name: value for name, value in case.items() if name != "max_norm"}
            with np.errstate(all="ignore"):
                lost, _ = given(**arguments)
                start = mean_loss(case, case["weights"])
                assert not mean_loss(case, lost) < 100 * start
            weights, losses = right("06.5", case)
            assert np.isfinite(weights).all() and mean_loss(case, weights) < 0.1 * start
            broken = ~np.isfinite(case["x"]).all(axis=1)
            np.testing.assert_array_equal(np.isnan(losses), broken[np.arange(case["updates"]) % len(broken)])


def test_the_run_that_needs_no_repair_is_the_given_one():
    tame = inputs("06.5")[4]
    arguments = {name: value for name, value in tame.items() if name != "max_norm"}
    for one, other in zip(given_training()(**arguments), right("06.5", tame), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize(
    ("id", "unchanged"),
    [
        ("06.1", clip_by_norm._clip),
        ("06.2", directions._cosines),
        ("06.3", cliff._step),
        ("06.4", broken_run._verdict),
        ("06.5", repair.train),
    ],
)
def test_the_mistakes_are_changes_of_something_right(id, unchanged):
    assert diagnose(id, unchanged).status == "passed"


# ── what the student is told ─────────────────────────────────────────────────────────────────────────────────────────
def clips_in_place(d_kernel, d_recurrent_kernel, d_bias, max_norm):
    gradients = (d_kernel, d_recurrent_kernel, d_bias)
    norm = float(np.sqrt(sum((gradient**2).sum() for gradient in gradients)))
    for gradient in gradients:
        gradient *= min(1.0, max_norm / (norm or 1.0))
    return *gradients, norm


def divides_by_zero(d_kernel, d_recurrent_kernel, d_bias, max_norm):
    gradients = (d_kernel, d_recurrent_kernel, d_bias)
    norm = float(np.sqrt(sum((gradient**2).sum() for gradient in gradients)))
    return *(gradient * min(1.0, max_norm / norm) for gradient in gradients), norm


def clips_each_by_itself(d_kernel, d_recurrent_kernel, d_bias, max_norm):
    def clip(gradient):
        norm = np.linalg.norm(gradient)
        return gradient * max_norm / norm if norm > max_norm else gradient

    gradients = (d_kernel, d_recurrent_kernel, d_bias)
    return *map(clip, gradients), float(np.linalg.norm(np.concatenate([g.ravel() for g in gradients])))


def averages_cosines(d_kernel, d_recurrent_kernel, d_bias, limit):
    def cosine(a, b):
        lengths = np.linalg.norm(a) * np.linalg.norm(b)
        return np.sum(a * b) / lengths if lengths else 1.0

    gradients = (d_kernel, d_recurrent_kernel, d_bias)
    clips = (clippings.by_value, clippings.by_variable, clippings.by_global_norm)
    return np.array(
        [np.mean([cosine(*pair) for pair in zip(gradients, clip(gradients, limit), strict=True)]) for clip in clips]
    )


def asks_for_the_first_nan(losses, norms, rise):
    if not np.isnan(losses).any():
        return -1, 0.0
    update = int(np.argmax(np.isnan(losses))) - 1
    return update, float(norms[update] / np.median(norms[:update])) if update > 0 else 0.0


def counts_from_the_bad_side(losses, norms, rise):
    update = len(losses) - 1
    while losses[update] > rise * losses[0]:
        update -= 1
    if update == len(losses) - 1:
        return -1, 0.0
    return update, float(norms[update] / np.median(norms[:update])) if update > 0 else 0.0


def repaired_by(mend):
    """The given loop with a line between gradient and velocity; ``mend``: of gradient and max_norm, None to go on."""

    def answer(x, y, weights, learning_rate, momentum, updates, max_norm):
        weights, velocity, losses = weights.astype(float), np.zeros(2), []
        for k in range(updates):
            inputs, target = x[k % len(x)], y[k % len(x)]
            states = [0.0]
            for value in inputs:
                states.append(weights[0] * value + weights[1] * states[-1])
            off = states[-1] - target
            losses.append(off * off)
            gradient, d_h = np.zeros(2), 2 * off
            for t in range(len(inputs), 0, -1):
                gradient = gradient + d_h * np.array([inputs[t - 1], states[t - 1]])
                d_h = d_h * weights[1]
            gradient = mend(gradient, max_norm)
            if gradient is None:
                continue
            velocity = momentum * velocity - learning_rate * gradient
            weights = weights + velocity
        return weights, np.array(losses)

    def quiet(**case):
        with np.errstate(all="ignore"):
            return answer(**case)

    return quiet


def clip(gradient, max_norm):
    norm = np.linalg.norm(gradient)
    return gradient * max_norm / norm if norm > max_norm else gradient


ANSWERS = [
    ("06.1", clips_in_place, "It changes its input"),
    ("06.1", clips_each_by_itself, "Each array is clipped by its own norm"),
    ("06.1", divides_by_zero, "ZeroDivisionError"),
    (
        "06.1",
        changed("06.1", 0, lambda part: part + 1),
        "The sums of the squares of this input's three gradients are [",
    ),
    ("06.1", changed("06.1", 3, lambda part: part + 1), "norm: expected"),
    ("06.2", averages_cosines, "The cosine is taken array by array and then averaged"),
    ("06.2", lambda **case: right("06.2", case) + 1, "the three clippings make it ["),
    ("06.3", changed("06.3", 0, lambda part: part + 1), "The states of this input are ["),
    ("06.3", changed("06.3", 2, lambda part: part + 1), "clipped[0] (weight or bias 0): expected"),
    ("06.4", asks_for_the_first_nan, "You wait for NaN."),
    ("06.4", counts_from_the_bad_side, "A loss of NaN counts as good"),
    ("06.4", changed("06.4", 1, lambda part: part + 1), "In this input the losses of the updates ["),
    ("06.5", repaired_by(lambda gradient, max_norm: gradient), "the results of the loop as it was given"),
    ("06.5", repaired_by(clip), "Clipping works, but a broken sequence still ruins the weights"),
    ("06.5", repaired_by(lambda g, _: g if np.isfinite(g).all() else None), "but the run still diverges"),
    ("06.5", repaired_by(lambda g, c: clip(np.nan_to_num(g), c)), "At a broken sequence the weights still move"),
    ("06.5", repaired_by(lambda g, c: clip(g / 10, c) if np.isfinite(g).all() else None), "the right weights have a"),
    ("06.5", changed("06.5", 1, lambda part: part + 1), "losses[0] (update 0): expected"),
]


test_an_answer_is_told_what_helps = told_what_helps(ANSWERS)


def test_the_repair_may_look_at_the_gradient_or_at_the_loss():
    answer = repaired_by(lambda gradient, max_norm: clip(gradient, max_norm) if np.isfinite(gradient).all() else None)
    for seed in range(10):
        assert diagnose("06.5", answer, seed).status == "passed"
