"""Exercises of lesson 05: right by definition and by ``scratch``; answers beyond the listed mistakes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from exercise_answers import changed, diagnose, inputs, right, told_what_helps

from rnncourse import scratch
from rnncourse.exercises.lesson_05 import decoys, gradient_by_lag, rescaled, solved, vanishing_lag, which_kernel


def most_stretched(kernel):
    """The longest image of a vector of length 1, from its own power method on WᵀW."""
    vector = np.random.default_rng(0).normal(size=len(kernel))
    for _ in range(2000):
        vector = kernel.T @ (kernel @ vector)
        vector /= np.linalg.norm(vector)
    return np.linalg.norm(kernel @ vector)


# ── the references, beside an independent source ─────────────────────────────────────────────────────────────────────
def test_the_first_kernel_grows_like_the_target_in_the_long_run():
    """Gelfand: ‖W^k‖^(1/k) → ρ."""
    for case in inputs("05.1"):
        power, exponent = right("05.1", case)[0] / case["target"], 1
        for _ in range(16):
            power, exponent = power @ power, 2 * exponent
        assert np.linalg.norm(power) ** (1 / exponent) == pytest.approx(1, rel=2e-3)


def test_the_second_kernel_stretches_by_the_target_at_most():
    for case in inputs("05.1"):
        by_norm = right("05.1", case)[1]
        assert most_stretched(by_norm) == pytest.approx(case["target"], rel=1e-6)
        vectors = np.random.default_rng(1).normal(size=(500, len(by_norm)))
        stretched = np.linalg.norm(vectors @ by_norm.T, axis=1) / np.linalg.norm(vectors, axis=1)
        assert stretched.max() <= case["target"] * (1 + 1e-9)


def test_the_first_two_kernels_are_multiples_of_the_one_given():
    for case in inputs("05.1"):
        for scaled in right("05.1", case)[:2]:
            factors = scaled[case["recurrent_kernel"] != 0] / case["recurrent_kernel"][case["recurrent_kernel"] != 0]
            assert factors[0] > 0 and factors == pytest.approx(factors[0])


def test_the_third_kernel_is_the_nearest_orthogonal_one_times_the_target():
    """W = Q P with a symmetric P that has positive eigenvalues: its polar decomposition."""
    for case in inputs("05.1"):
        q = right("05.1", case)[2] / case["target"]
        np.testing.assert_allclose(q.T @ q, np.eye(len(q)), atol=1e-12)
        p = q.T @ case["recurrent_kernel"]
        np.testing.assert_allclose(p, p.T, atol=1e-12)
        assert np.linalg.eigvalsh(p).min() > 0


def test_the_bound_is_below_the_limit_from_the_lag_on_and_not_before():
    for seed in range(5):
        for case in inputs("05.2", seed):
            lag, bound = right("05.2", case), case["slope"] * math.sqrt(_largest_of_gram(case["recurrent_kernel"]))
            if lag == -1:
                assert bound >= 1
            else:
                assert bound**lag < case["limit"] <= bound ** (lag - 1)


def _largest_of_gram(kernel):
    return float(np.linalg.eigvalsh(kernel.T @ kernel).max())


def test_the_bound_holds_for_real_gradients():
    """Of a tanh cell: at the lag of 05.2 the total Jacobian is shorter than the limit."""
    case = {"recurrent_kernel": 0.7 * np.array([[0.6, -0.8], [0.8, 0.6]]), "slope": 1.0, "limit": 1e-3}
    lag = right("05.2", case)
    cell = scratch.SimpleRNN(2, 2, seed=0)
    cell.set_weights([0.1 * np.eye(2), case["recurrent_kernel"], np.zeros(2)])
    run = scratch.forward(cell, np.random.default_rng(0).normal(size=(1, lag + 1, 2)))
    d_outputs = np.zeros(run.outputs.shape)
    d_outputs[0, -1] = [0.6, 0.8]
    norms = np.linalg.norm(scratch.backward(cell, run, d_outputs).states[0], axis=1)[::-1]
    bound = 0.7 ** np.arange(lag + 1)
    assert np.all(norms <= bound * (1 + 1e-9)) and norms[lag] < 1e-3


def test_the_curve_agrees_with_scratch():
    rng = np.random.default_rng(0)
    cell = scratch.SimpleRNN(3, 2, seed=0)
    cell.set_weights([rng.normal(size=weight.shape) for weight in cell.weights])
    run = scratch.forward(cell, rng.normal(size=(4, 6, 3)))
    d_outputs = np.zeros(run.outputs.shape)
    d_outputs[:, -1] = rng.normal(size=(4, 2))
    expected = np.linalg.norm(scratch.backward(cell, run, d_outputs).states, axis=2).mean(axis=0)[::-1]
    norms = right("05.3", {"d_last": d_outputs[:, -1], "states": run.outputs, "recurrent_kernel": cell.weights[1]})
    np.testing.assert_allclose(norms, expected, rtol=1e-9)


def by_scratch(kernel, d_last, lags):
    """The curve of a linear cell."""
    cell = scratch.SimpleRNN(2, 2, activation="linear", seed=0)
    cell.set_weights([np.eye(2), kernel, np.zeros(2)])
    run = scratch.forward(cell, np.zeros((1, lags, 2)))
    d_outputs = np.zeros((1, lags, 2))
    d_outputs[0, -1] = d_last
    return np.linalg.norm(scratch.backward(cell, run, d_outputs).states[0], axis=1)[::-1]


def test_the_right_kernel_agrees_at_every_lag_and_no_other_does():
    """As the task promises: 5 %, and a quarter."""
    for seed in range(3):
        for case in inputs("05.4", seed):
            place = right("05.4", case)
            for i, kernel in enumerate(case["kernels"]):
                off = np.abs(by_scratch(kernel, case["d_last"], len(case["norms"])) / case["norms"] - 1)
                assert off.max() < 0.056 if i == place else off.max() > 0.25


def test_kernels_of_05_4_can_stand_at_every_place():
    places = {right("05.4", case) for seed in range(3) for case in inputs("05.4", seed)}
    assert places == {0, 1, 2, 3, 4}


def test_the_gradients_grow_where_the_task_says_so():
    grows = [case["norms"][-1] > case["norms"][0] for case in inputs("05.4")]
    assert sum(grows) == 1


def test_shares_and_the_longest_lag_by_hand():
    nan = float("nan")
    errors = np.array([[0.09, nan, 0.3], [0.01, 0.02, nan], [0.01, 0.01, 0.01]])
    case = {"errors": errors, "baselines": np.array([1.0, 0.5, 0.2]), "lags": np.array([40, 10, 80]), "fraction": 0.1}
    share, longest = right("05.5", case)
    np.testing.assert_allclose(share, [1 / 3, 2 / 3, 1])
    assert longest == 10
    assert right("05.5", case | {"lags": np.array([80, 10, 40])})[1] == 40
    assert right("05.5", case | {"lags": np.array([10, 40, 80])})[1] == 0


def test_no_error_is_near_the_limit_so_that_rounding_decides_nothing():
    for seed in range(5):
        for case in inputs("05.5", seed):
            ratio = case["errors"] / (case["fraction"] * case["baselines"][:, np.newaxis])
            finished = np.isfinite(ratio)
            assert np.all((ratio[finished] < 0.8) | (ratio[finished] > 1.4))


@pytest.mark.parametrize(
    ("id", "unchanged"),
    [
        ("05.1", rescaled._scaled),
        ("05.2", vanishing_lag._lag),
        ("05.3", gradient_by_lag._measured),
        ("05.4", which_kernel._nearest),
        ("05.5", solved._table),
    ],
)
def test_the_mistakes_are_changes_of_something_right(id, unchanged):
    assert diagnose(id, unchanged).status == "passed"


@pytest.mark.parametrize("misfit", which_kernel._RELATIVE)
def test_every_relative_misfit_finds_the_kernel(misfit):
    for seed in range(5):
        for case in inputs("05.4", seed):
            assert which_kernel._nearest(**case, misfit=misfit) == right("05.4", case)


def test_a_wrong_kernel_and_the_number_of_decoys():
    rng = np.random.default_rng(0)
    assert [len(decoys.measured(rng, decoys=count)["kernels"]) for count in range(5)] == [1, 2, 3, 4, 5]


# ── what the student is told ─────────────────────────────────────────────────────────────────────────────────────────
def takes_the_default_norm(recurrent_kernel, target):
    left, _, right = np.linalg.svd(recurrent_kernel)
    radius = np.abs(np.linalg.eigvals(recurrent_kernel)).max()
    by_norm = recurrent_kernel / np.linalg.norm(recurrent_kernel) * target
    return recurrent_kernel / radius * target, by_norm, target * left @ right


def logs_without_care(recurrent_kernel, slope, limit):
    bound = slope * np.linalg.norm(recurrent_kernel, 2)
    if bound >= 1:
        return -1
    with np.errstate(divide="ignore"):
        return int(np.ceil(np.log(limit) / np.log(bound)))


def logs_in_any_case(recurrent_kernel, slope, limit):
    bound = slope * np.linalg.norm(recurrent_kernel, 2)
    if bound in (0, 1):
        return 1 if bound == 0 else -1
    return int(np.ceil(np.log(limit) / np.log(bound)))


def never_as_none(recurrent_kernel, slope, limit):
    lag = right("05.2", {"recurrent_kernel": recurrent_kernel, "slope": slope, "limit": limit})
    return None if lag == -1 else lag


def norm_of_the_batch(d_last, states, recurrent_kernel):
    norms, d_h = [], d_last
    for t in range(states.shape[1] - 1, -1, -1):
        norms.append(np.linalg.norm(d_h))
        d_h = (d_h * (1 - states[:, t] ** 2)) @ recurrent_kernel.T
    return np.array(norms)


def subtracts_the_curves(kernels, d_last, norms):
    off = []
    for kernel in kernels:
        curve = [np.linalg.norm(np.linalg.matrix_power(kernel, k) @ d_last) for k in range(len(norms))]
        off.append(np.linalg.norm(np.array(curve) - norms))
    return int(np.argmin(off))


def goes_forwards(kernels, d_last, norms):
    off = []
    for kernel in kernels:
        h, factors = d_last, []
        for norm in norms:
            factors.append(np.log(np.linalg.norm(h) / norm))
            h = h @ kernel
        off.append(np.max(np.abs(factors)))
    return int(np.argmin(off))


def loops_until_none(errors, baselines, lags, fraction):
    share = np.array([(row < fraction * guess).sum() / len(row) for row, guess in zip(errors, baselines, strict=True)])
    good = [int(lag) for lag, s in zip(lags, share, strict=True) if s > 0.5]
    return share, max(good, default=0)


def drops_nan_first(errors, baselines, lags, fraction):
    share = []
    for row, guess in zip(errors, baselines, strict=True):
        row = row[~np.isnan(row)]
        share.append(np.mean(row < fraction * guess) if len(row) else 0.0)
    longest = 0
    for lag, s in sorted(zip(lags.tolist(), share, strict=True)):
        if s <= 0.5:
            break
        longest = lag
    return np.array(share), longest


ANSWERS = [
    ("05.1", takes_the_default_norm, "the Frobenius norm"),
    ("05.1", changed("05.1", 0, lambda part: part + 1), "by_radius[0, 0] (unit before 0, unit 0): expected"),
    ("05.1", changed("05.1", 1, lambda part: part + 1), "The eigenvalues of this kernel have the sizes ["),
    ("05.1", changed("05.1", 2, lambda part: -part), "orthogonal[0, 0] (unit before 0, unit 0): expected"),
    ("05.2", logs_without_care, "Right but for a kernel of zeros."),
    ("05.2", logs_in_any_case, "the place where the bound *was* so small"),
    ("05.2", never_as_none, "returns None"),
    ("05.2", lambda **case: right("05.2", case) + 7, "the bound is "),
    ("05.3", norm_of_the_batch, "the whole array of shape (B, H), as if the batch were one long vector"),
    ("05.3", lambda **case: right("05.3", case) + 1, "the gradients of the examples have the lengths ["),
    ("05.3", lambda **case: right("05.3", case) * np.arange(len(case["states"][0])), "norms[0] (lag 0): expected"),
    ("05.4", subtracts_the_curves, "differences that are not relative"),
    ("05.4", goes_forwards, "You go through the kernels the wrong way round"),
    ("05.4", lambda **case: -1, "the gradient that goes back through kernel 0 has the lengths ["),
    ("05.5", loops_until_none, "longest goes past a lag that failed"),
    ("05.5", drops_nan_first, "The runs that gave NaN are left out"),
    ("05.5", changed("05.5", 0, lambda part: part + 2), "share[0] (lag 0): expected"),
    ("05.5", changed("05.5", 1, lambda part: part + 2), "From the shortest lag on, the shares of this input are "),
]


test_an_answer_is_told_what_helps = told_what_helps(ANSWERS)
