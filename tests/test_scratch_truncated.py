"""Truncated backpropagation beside TensorFlow, with the gradient stopped in front of each window."""

import re

import numpy as np
import pytest
from scratch_reference import CELLS, Problem, T, as_list, as_state, errors, make, mask_of, relative, unrolled_gradients

from rnncourse import scratch

EVERY_CELL = pytest.mark.parametrize("name", CELLS)
# k₂, k₁: each step alone; W & P's general case; chunks that divide T = 7 and that do not; beyond the sequence.
WINDOWS = [(1, 1), (3, 1), (3, 2), (5, 3), (6, 1), (2, 2), (4, 4), (9, 4), (20, 9)]


def ready(name, mask=None, *, length=T):
    cell = make(name)
    problem = Problem.draw(cell, steps=length)
    return cell, problem, scratch.forward(cell, problem.x, as_state(problem.initial), mask)


@EVERY_CELL
@pytest.mark.parametrize(("steps", "every"), WINDOWS)
@pytest.mark.parametrize("mask", ["none", "everywhere"])
def test_windows_are_those_of_stopped_gradients(name, steps, every, mask):
    mask = mask_of(mask)
    cell, problem, run = ready(name, mask)
    gradients = scratch.truncated_backward(cell, run, problem.d_outputs, steps=steps, every=every)
    _, expected = unrolled_gradients(name, cell, problem, mask, steps=steps, every=every)
    found = errors(gradients, expected)
    assert max(found.values()) < 1e-10, found


@EVERY_CELL
@pytest.mark.parametrize("steps", [T, T + 5])
@pytest.mark.parametrize("every", [1, 3, T])
def test_windows_as_long_as_the_sequence_cut_nothing_off(name, steps, every):
    cell, problem, run = ready(name, mask_of("everywhere"))
    whole = scratch.backward(cell, run, problem.d_outputs)
    gradients = scratch.truncated_backward(cell, run, problem.d_outputs, steps=steps, every=every)
    for own, expected in zip(
        [*gradients.weights, gradients.inputs, gradients.states, *as_list(gradients.initial_state)],
        [*whole.weights, whole.inputs, whole.states, *as_list(whole.initial_state)],
        strict=True,
    ):
        assert relative(own, expected) < 1e-13


@EVERY_CELL
def test_chunks_are_separate_runs_from_carried_states(name):
    cell, problem, run = ready(name, length=9)
    gradients = scratch.truncated_backward(cell, run, problem.d_outputs, steps=3, every=3)
    state, total = as_state(problem.initial), [np.zeros_like(weight) for weight in cell.weights]
    for start in (0, 3, 6):
        chunk = scratch.forward(cell, problem.x[:, start : start + 3], state)
        part = scratch.backward(cell, chunk, problem.d_outputs[:, start : start + 3])
        total = [a + b for a, b in zip(total, part.weights, strict=True)]
        state = chunk.final_state
    for own, expected in zip(gradients.weights, total, strict=True):
        assert relative(own, expected) < 1e-13


@pytest.mark.parametrize("steps", [1, 3, 6])
def test_by_default_a_loss_goes_back_through_exactly_that_many_steps(steps):
    cell, _, run = ready("tanh")
    d_outputs = np.zeros(run.outputs.shape)
    d_outputs[:, -1] = 1
    gradients = scratch.truncated_backward(cell, run, d_outputs, steps=steps)
    reached = abs(gradients.inputs).sum(axis=(0, 2)) > 0
    assert reached.tolist() == [False] * (T - steps) + [True] * steps


def test_ids_have_no_gradient():
    cell = make("tanh", input_dim=9)
    run = scratch.forward(cell, np.arange(8).reshape(1, 8))
    assert scratch.truncated_backward(cell, run, np.ones(run.outputs.shape), steps=3).inputs is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps must be a whole number from 1 up, received 0"),
        ({"steps": 2.0}, "steps must be a whole number from 1 up, received 2.0"),
        ({"steps": 3, "every": 0}, "every must be a whole number from 1 up, received 0"),
        ({"steps": 3, "every": 4}, "steps must be a whole number from 4 up, received 3"),
    ],
)
def test_refuses(options, message):
    cell, problem, run = ready("tanh")
    with pytest.raises(ValueError, match=re.escape(message)):
        scratch.truncated_backward(cell, run, problem.d_outputs, **options)


def test_refuses_a_run_of_another_cell():
    _, problem, run = ready("tanh")
    with pytest.raises(ValueError, match="run must be what forward returned for this"):
        scratch.truncated_backward(make("tanh"), run, problem.d_outputs, steps=3)
