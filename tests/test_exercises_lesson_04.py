"""Exercises of lesson 04: right by central differences and by ``scratch``; answers beyond the listed mistakes."""

from __future__ import annotations

import re
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from exercise_answers import changed, diagnose, told_what_helps

from rnncourse import exercises, scratch
from rnncourse._runtime import course_folder
from rnncourse.exercises.lesson_04 import all_steps, central_differences, jacobians, one_step, planted_bug

EPS = 1e-6


def normal(rng, *shape):
    return rng.normal(size=shape)


def slopes_of(loss, *arrays):
    """dloss / d each number of each array, by central differences."""
    slopes = []
    for array in arrays:
        slope = np.zeros(array.shape)
        for index in np.ndindex(array.shape):
            kept = array[index]
            array[index] = kept + EPS
            above = loss()
            array[index] = kept - EPS
            slope[index] = (above - loss()) / (2 * EPS)
            array[index] = kept
        slopes.append(slope)
    return slopes


def assert_all_close(received, expected):
    for part, other in zip(received, expected, strict=True):
        np.testing.assert_allclose(part, other, rtol=1e-6, atol=1e-8)


@pytest.fixture
def cell():
    """A cell with random weights, 3 features, 2 units."""
    cell = scratch.SimpleRNN(3, 2, seed=0)
    cell.set_weights([normal(np.random.default_rng(k), *weight.shape) for k, weight in enumerate(cell.weights)])
    return cell


@pytest.fixture
def ran(cell):
    """An exercise's arguments from a run of ``scratch``, not rounded."""
    rng = np.random.default_rng(3)
    x, initial_state, d_outputs = normal(rng, 2, 6, 3), normal(rng, 2, 2), normal(rng, 2, 6, 2)
    run = scratch.forward(cell, x, initial_state=initial_state)
    case = {
        "d_outputs": d_outputs,
        "states": np.array(run.outputs),
        "initial_state": initial_state,
        "x": x,
        "recurrent_kernel": np.array(cell.weights[1]),
    }
    return SimpleNamespace(run=run, case=case)


# ── the references ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_one_step_back_agrees_with_central_differences():
    rng = np.random.default_rng(0)
    x, h_before, d_h = normal(rng, 4, 3), normal(rng, 4, 2), normal(rng, 4, 2)
    kernel, recurrent_kernel, bias = normal(rng, 3, 2), normal(rng, 2, 2), normal(rng, 2)

    def h():
        return np.tanh(x @ kernel + h_before @ recurrent_kernel + bias)

    gradients = exercises.get("04.1").reference(d_h, h(), h_before, x, kernel, recurrent_kernel)
    assert_all_close(gradients, slopes_of(lambda: np.sum(d_h * h()), kernel, recurrent_kernel, bias, x, h_before))


def test_all_steps_back_agree_with_scratch(cell, ran):
    expected = scratch.backward(cell, ran.run, ran.case["d_outputs"])
    assert_all_close(exercises.get("04.2").reference(**ran.case), [expected.states, *expected.weights])


@pytest.mark.parametrize("steps", range(1, 9))
def test_truncation_agrees_with_scratch(cell, ran, steps):
    expected = scratch.truncated_backward(cell, ran.run, ran.case["d_outputs"], steps=steps)
    assert_all_close(exercises.get("04.3").reference(**ran.case, steps=steps), expected.weights)


@pytest.mark.parametrize("steps", [1, 2, 4, 6])
def test_truncation_is_the_slope_of_losses_whose_window_starts_from_a_held_state(cell, ran, steps):
    kernel, recurrent_kernel, bias = (weight.copy() for weight in cell.weights)
    x, states, initial_state = ran.case["x"], ran.case["states"], ran.case["initial_state"]

    def loss():
        total = 0.0
        for t in range(x.shape[1]):
            first = max(0, t - steps + 1)
            h = states[:, first - 1] if first else initial_state
            for s in range(first, t + 1):
                h = np.tanh(x[:, s] @ kernel + h @ recurrent_kernel + bias)
            total += np.sum(ran.case["d_outputs"][:, t] * h)
        return total

    expected = slopes_of(loss, kernel, recurrent_kernel, bias)
    assert_all_close(exercises.get("04.3").reference(**ran.case, steps=steps), expected)


def test_the_leaky_cell_s_gradients_agree_with_central_differences():
    rng = np.random.default_rng(1)
    x, h_0, d_outputs, rate = normal(rng, 2, 4, 3), normal(rng, 2, 2), normal(rng, 2, 4, 2), 0.3
    kernel, recurrent_kernel, bias, nudges = normal(rng, 3, 2), normal(rng, 2, 2), normal(rng, 2), np.zeros((2, 4, 2))

    def forward():
        h, states, candidates = h_0, [], []
        for t in range(x.shape[1]):
            candidates.append(np.tanh(x[:, t] @ kernel + h @ recurrent_kernel + bias))
            h = (1 - rate) * h + rate * candidates[-1] + nudges[:, t]
            states.append(h)
        return np.stack(states, axis=1), np.stack(candidates, axis=1)

    gradients = exercises.get("04.5").reference(d_outputs, *forward(), h_0, x, recurrent_kernel, rate)
    expected = slopes_of(lambda: np.sum(d_outputs * forward()[0]), nudges, kernel, recurrent_kernel, bias)
    assert_all_close(gradients, expected)


def test_jacobians_agree_with_central_differences():
    rng = np.random.default_rng(2)
    inputs, recurrent_kernel = normal(rng, 5, 3), normal(rng, 3, 3)

    def states_after(s, state):
        """h_s, which is ``state``, and the states after it."""
        found = [state]
        for step in inputs[s + 1 :]:
            found.append(np.tanh(step + found[-1] @ recurrent_kernel))
        return np.array(found)

    run = states_after(0, normal(rng, 3))
    one_step, total = exercises.get("04.6").reference(run, recurrent_kernel, 1, 4)

    def jacobian(s, t):
        h = run[s].copy()
        return np.array([slopes_of(partial(lambda i: states_after(s, h)[t - s][i], i), h)[0] for i in range(3)])

    assert_all_close([*one_step, total], [jacobian(1, 2), jacobian(2, 3), jacobian(3, 4), jacobian(1, 4)])


@pytest.mark.parametrize(
    ("id", "unchanged"),
    [
        ("04.1", one_step._with()),
        ("04.2", all_steps._backward),
        ("04.4", central_differences._check),
        ("04.5", planted_bug._mended),
        ("04.6", jacobians._chain),
    ],
)
def test_the_mistakes_are_changes_of_something_right(id, unchanged):
    assert diagnose(id, unchanged).status == "passed"


# ── what the student is told ─────────────────────────────────────────────────────────────────────────────────────────
def given_backward():
    (path,) = (course_folder("exercises") / "src").glob("04_*.py")
    cell = re.search(r"^# %%\n(def given_backward.+?)^# %%", path.read_text(encoding="utf-8"), re.M | re.S)
    names = {"np": np}
    exec(cell[1], names)
    return names["given_backward"]


def adds_into_the_view(d_outputs, states, initial_state, x, recurrent_kernel):
    later = np.zeros(initial_state.shape)
    d_a = np.zeros(states.shape)
    for t in reversed(range(states.shape[1])):
        d_h = d_outputs[:, t]
        d_h += later
        d_a[:, t] = d_h * (1 - states[:, t] ** 2)
        later = d_a[:, t] @ recurrent_kernel.T
    before = np.concatenate([initial_state[:, None], states[:, :-1]], axis=1)
    over = ([0, 1], [0, 1])
    return d_outputs.copy(), np.tensordot(x, d_a, over), np.tensordot(before, d_a, over), d_a.sum((0, 1))


def rolls_the_states(d_outputs, states, initial_state, x, recurrent_kernel):
    d_states, *_ = exercises.get("04.2").reference(d_outputs, states, initial_state, x, recurrent_kernel)
    d_a = d_states * (1 - states**2)
    return (
        d_states,
        np.einsum("btd,bth->dh", x, d_a),
        np.einsum("bti,btj->ij", np.roll(states, 1, axis=1), d_a),
        np.einsum("bth->h", d_a),
    )


def starts_the_way_back_one_late(d_outputs, states, initial_state, x, recurrent_kernel):
    weights = exercises.get("04.2").reference(d_outputs, states, initial_state, x, recurrent_kernel)[1:]
    d_states, later = np.zeros(states.shape), np.zeros(initial_state.shape)
    for t in range(states.shape[1] - 2, -1, -1):
        d_states[:, t] = d_outputs[:, t] + later
        later = (d_states[:, t] * (1 - states[:, t] ** 2)) @ recurrent_kernel.T
    return d_states, *weights


def cuts_into_chunks(d_outputs, states, initial_state, x, recurrent_kernel, steps):
    total = [0.0, 0.0, 0.0]
    for start in range(0, states.shape[1], steps):
        here = slice(start, start + steps)
        state = states[:, start - 1] if start else initial_state
        parts = exercises.get("04.2").reference(
            d_outputs[:, here], states[:, here], state, x[:, here], recurrent_kernel
        )
        total = [old + new for old, new in zip(total, parts[1:], strict=True)]
    return tuple(total)


def cuts_into_chunks_that_start_from_zero(d_outputs, states, initial_state, x, recurrent_kernel, steps):
    d_kernel, _, d_bias = cuts_into_chunks(d_outputs, states, initial_state, x, recurrent_kernel, steps)
    return d_kernel, np.zeros(recurrent_kernel.shape), d_bias


def keeps_the_last_steps(d_outputs, states, initial_state, x, recurrent_kernel, steps):
    state = states[:, -steps - 1] if steps < states.shape[1] else initial_state
    last = slice(-steps, None)
    parts = exercises.get("04.2").reference(d_outputs[:, last], states[:, last], state, x[:, last], recurrent_kernel)
    return parts[1:]


def steps_to_both_sides(gradient, recurrent_kernel, inputs, target, eps):
    def loss(kernel):
        h = np.zeros(target.shape)
        for t in range(inputs.shape[1]):
            h = np.tanh(inputs[:, t] + h @ kernel)
        return 0.5 * np.sum((h - target) ** 2)

    numeric = np.zeros_like(recurrent_kernel)
    for i, j in np.ndindex(*recurrent_kernel.shape):
        recurrent_kernel[i, j] += eps
        above = loss(recurrent_kernel)
        recurrent_kernel[i, j] -= 2 * eps
        below = loss(recurrent_kernel)
        recurrent_kernel[i, j] += eps
        numeric[i, j] = (above - below) / (2 * eps)
    return numeric, np.linalg.norm(gradient - numeric) / np.linalg.norm(numeric)


def two_names_for_one_kernel(gradient, recurrent_kernel, inputs, target, eps):
    with np.errstate(divide="ignore", invalid="ignore"):
        numeric = np.zeros_like(recurrent_kernel)
        return numeric, np.linalg.norm(gradient - numeric) / np.linalg.norm(numeric)


def multiplies_broadcast(states, recurrent_kernel, s, t):
    one_step = np.array([recurrent_kernel.T * (1 - states[r] ** 2) for r in range(s + 1, t + 1)])
    one_step = one_step.reshape(-1, *recurrent_kernel.shape)
    total = np.eye(len(recurrent_kernel))
    for factor in one_step:
        total = factor @ total
    return one_step, total


ANSWERS = [
    ("04.1", changed("04.1", 0), "d_kernel[0, 0] (feature 0, unit 0): expected"),
    ("04.1", changed("04.1", 1), "d_recurrent_kernel[0, 0] (unit before 0, unit 0): expected"),
    ("04.1", changed("04.1", 2), "All five parts are made of dL/da_t, for this input np.array([["),
    ("04.1", changed("04.1", 4), "passed_back[0, 0] (example 0, unit before 0): expected"),
    ("04.1", changed("04.1", 2, lambda part: part[np.newaxis]), "d_bias: expected shape ("),
    ("04.2", adds_into_the_view, "It changes its input d_outputs"),
    ("04.2", rolls_the_states, "there you use the state of the *last* step"),
    ("04.2", changed("04.2", 2), "d_recurrent_kernel[0, 0] (unit before 0, unit 0): expected"),
    ("04.2", starts_the_way_back_one_late, "the total dL/dh_t of example 0 is np.array(["),
    ("04.3", cuts_into_chunks, "The sequence is cut into blocks, counted from its start"),
    ("04.3", cuts_into_chunks_that_start_from_zero, "acts on the weights through step"),
    ("04.3", keeps_the_last_steps, "Only the losses of the last k steps count"),
    ("04.4", steps_to_both_sides, "It changes its input recurrent_kernel"),
    ("04.4", two_names_for_one_kernel, "both losses come from one and the same kernel"),
    ("04.4", changed("04.4", 1), "With recurrent_kernel[0, 0] moved by +eps this input's loss is"),
    ("04.5", lambda **case: given_backward()(**case), "The bug is still there"),
    ("04.5", changed("04.5", 0), "the total dL/dh_t of example 0 is np.array(["),
    ("04.6", multiplies_broadcast, "The slopes stand on the wrong side"),
    ("04.6", changed("04.6", 1), "Here dh_"),
]


test_an_answer_is_told_what_helps = told_what_helps(ANSWERS)


@pytest.mark.parametrize("id", ["04.2", "04.5"])
def test_states_are_compared_from_the_last_step(id):
    def loses_all_but_the_first_step(**case):
        d_states, *weights = exercises.get(id).reference(**case)
        d_states[-1, 1:] += 1.0
        return d_states, *weights

    exercise = exercises.get(id)
    case = exercises.cases(exercise, seed=0)[-1]
    examples, steps, _ = case["states"].shape
    difference = exercise.compare(exercise.reference(**case), loses_all_but_the_first_step(**case))
    assert difference.path == (0,) and difference.index == (examples - 1, steps - 1, 0)
    assert f"d_states[{examples - 1}, {steps - 1}, 0] (example {examples - 1}, step {steps - 1}, unit 0)" in (
        exercise.describe(difference)
    )


def test_the_given_code_is_right_where_its_hint_says_so():
    """With a single step, and with rate 1."""
    exercise, given = exercises.get("04.5"), given_backward()
    single, plain_cell, _, ordinary = exercises.cases(exercise, seed=0, count=4)
    assert single["states"].shape[1] == 1 and plain_cell["rate"] == 1.0
    for case in (single, plain_cell):
        assert exercise.compare(exercise.reference(**case), given(**case)) is None
    expected, received = exercise.reference(**ordinary), given(**ordinary)
    right = np.isclose(expected[0], received[0])
    assert right[:, -1].all() and not right[:, :-1].any()
    assert not any(np.allclose(e, r) for e, r in zip(expected[1:], received[1:], strict=True))


def test_truncated_at_the_length_or_beyond_is_the_whole_gradient():
    """04.3 with steps ≥ T is 04.2 without the states."""
    exercise = exercises.get("04.3")
    for case in exercises.cases(exercise, seed=0)[1:3]:
        steps = case.pop("steps")
        assert steps >= case["states"].shape[1]
        assert_all_close(exercise.reference(**case, steps=steps), exercises.get("04.2").reference(**case)[1:])
