"""The gradient check: it passes what is right, and finds what is wrong."""

import dataclasses
import re

import numpy as np
import pytest
from scratch_reference import CELLS, MASKS, Problem, as_list, as_state, make, mask_of

from rnncourse import scratch

EVERY_CELL = pytest.mark.parametrize("name", CELLS)


@EVERY_CELL
@pytest.mark.parametrize("mask", MASKS)
def test_gradients_are_central_differences(name, mask):
    cell = make(name)
    problem = Problem.draw(cell)
    errors = scratch.gradient_errors(
        cell, problem.x, initial_state=as_state(problem.initial), mask=mask_of(mask), entries=40
    )
    states = ["initial_state[0]", "initial_state[1]"] if name == "lstm" else ["initial_state"]
    assert list(errors) == ["kernel", "recurrent_kernel", "bias", "inputs", *states]
    assert max(errors.values()) < 1e-8, errors


@EVERY_CELL
def test_the_check_is_the_largest_error(name):
    cell = make(name)
    x = Problem.draw(cell).x
    error = scratch.gradient_check(cell, x, seed=2)
    assert isinstance(error, float) and error == max(scratch.gradient_errors(cell, x, seed=2).values()) < 1e-8


@EVERY_CELL
def test_ids_and_float32_are_checked_too(name):
    ids = np.array([[0, 3, 1, 3], [2, 2, 0, 1]])
    assert scratch.gradient_check(make(name), ids) < 1e-8
    assert scratch.gradient_check(make(name, dtype="float32"), Problem.draw(make(name)).x) < 1e-8


def spoiled(**changes):
    """``backward`` with one of its results changed: name = function of the result."""

    def backward(cell, run, d_outputs, d_final_state=None):
        gradients = scratch.backward(cell, run, d_outputs, d_final_state)
        return dataclasses.replace(gradients, **{k: change(getattr(gradients, k)) for k, change in changes.items()})

    return backward


@EVERY_CELL
@pytest.mark.parametrize(
    ("changes", "culprit"),
    [
        ({"weights": lambda w: [w[0] * 1.01, *w[1:]]}, "kernel"),
        ({"weights": lambda w: [w[0], w[1] * 1.01, w[2]]}, "recurrent_kernel"),
        ({"weights": lambda w: [*w[:2], -w[2]]}, "bias"),
        ({"inputs": lambda x: np.roll(x, 1, axis=1)}, "inputs"),
        ({"initial_state": lambda s: as_state([part * 0.9 for part in as_list(s)])}, "initial_state"),
    ],
)
def test_a_wrong_gradient_is_found_and_named(name, changes, culprit):
    cell = make(name)
    problem = Problem.draw(cell, steps=3)  # short, so that the initial state matters
    errors = scratch.gradient_errors(cell, problem.x, backward=spoiled(**changes))
    assert {n.split("[")[0] for n, error in errors.items() if error > 1e-5} == {culprit}


def test_the_error_is_relative_to_the_whole_gradient():
    cell = make("tanh")
    x = Problem.draw(cell).x
    forgotten = spoiled(
        weights=lambda w: [0 * part for part in w], inputs=lambda g: 0 * g, initial_state=lambda s: 1e-9 * s
    )
    # Against a gradient that is all but zero the differences are huge; against none they are absolute.
    assert scratch.gradient_check(cell, x, backward=forgotten) > 1e6
    none = spoiled(weights=lambda w: [0 * part for part in w], inputs=lambda g: 0 * g, initial_state=lambda s: 0 * s)
    assert 0.1 < scratch.gradient_check(cell, x, backward=none) < 1e6


def test_nothing_given_changes():
    cell = make("lstm")
    problem = Problem.draw(cell)
    given = [problem.x, *problem.initial, *cell.weights]
    before = [array.copy() for array in given]
    scratch.gradient_check(cell, problem.x, initial_state=problem.initial)
    for array, kept in zip(given, before, strict=True):
        np.testing.assert_array_equal(array, kept)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"entries": 0}, "entries must be a whole number from 1 up, received 0"),
        ({"seed": -1}, "seed must be a whole number from 0 up, received -1"),
        ({"mask": np.ones((3, 2), bool)}, "mask must be bool of shape"),
        (
            {"backward": spoiled(inputs=lambda x: x[:, 1:])},
            "the gradient of inputs must have shape (3, 7, 4), received",
        ),
    ],
)
def test_refuses(options, message):
    cell = make("tanh")
    with pytest.raises(ValueError, match=re.escape(message)):
        scratch.gradient_check(cell, Problem.draw(cell).x, **options)
