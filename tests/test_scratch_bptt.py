"""Backpropagation through time beside TensorFlow's gradients of Keras' layers and of the unrolled equations."""

import re

import numpy as np
import pytest
import tensorflow as tf
from scratch_reference import (
    CELLS,
    MASKS,
    B,
    H,
    Problem,
    T,
    as_list,
    as_state,
    errors,
    keras_layer,
    make,
    mask_of,
    relative,
    unrolled_gradients,
)

from rnncourse import scratch

EVERY_CELL = pytest.mark.parametrize("name", CELLS)
EVERY_MASK = pytest.mark.parametrize("mask", MASKS)


def solve(name, mask=None, *, seed=1):
    """A cell, its problem, and scratch's gradients of it."""
    cell = make(name)
    problem = Problem.draw(cell, seed=seed)
    run = scratch.forward(cell, problem.x, as_state(problem.initial), mask)
    return cell, problem, scratch.backward(cell, run, problem.d_outputs, as_state(problem.d_final))


@EVERY_CELL
@EVERY_MASK
def test_gradients_are_those_of_keras_layers(name, mask):
    mask = mask_of(mask)
    cell, problem, gradients = solve(name, mask)
    layer = keras_layer(name, cell)
    sources = [tf.Variable(problem.x), *map(tf.Variable, problem.initial)]
    with tf.GradientTape() as tape:
        outputs, *final = layer(sources[0], mask=mask, initial_state=sources[1:])
        loss = tf.reduce_sum(outputs * problem.d_outputs)
        loss += sum(tf.reduce_sum(part * d) for part, d in zip(final, problem.d_final, strict=True))
    weights = [variable.value for variable in layer.trainable_variables]
    expected = tape.gradient(loss, [*weights, *sources], unconnected_gradients="zero")
    found = [*gradients.weights, gradients.inputs, *as_list(gradients.initial_state)]
    for own, other in zip(found, expected, strict=True):
        assert relative(own, other) < 1e-10


@EVERY_CELL
@EVERY_MASK
def test_gradients_of_everything_are_those_of_the_unrolled_equations(name, mask):
    """The states' and cells' total derivatives included: TensorFlow's for a zero added to each state."""
    mask = mask_of(mask)
    cell, problem, gradients = solve(name, mask)
    outputs, expected = unrolled_gradients(name, cell, problem, mask)
    run = scratch.forward(cell, problem.x, as_state(problem.initial), mask)
    assert relative(run.outputs, outputs) < 1e-10
    found = errors(gradients, expected)
    assert set(found) == {"weights", "inputs", "initial_state", "states"} | ({"cells"} if name == "lstm" else set())
    assert max(found.values()) < 1e-10, found


@EVERY_CELL
def test_without_a_final_state_only_outputs_count(name):
    cell = make(name)
    problem = Problem.draw(cell)
    run = scratch.forward(cell, problem.x, as_state(problem.initial))
    found = errors(
        scratch.backward(cell, run, problem.d_outputs), unrolled_gradients(name, cell, problem, final=False)[1]
    )
    assert max(found.values()) < 1e-10, found


@EVERY_CELL
def test_two_stacked_cells_have_the_gradients_of_two_stacked_layers(name):
    lower, upper = make(name), make(name, input_dim=H, units=3, seed=2)
    x, d_outputs = Problem.draw(lower).x, Problem.draw(upper).d_outputs
    runs = [scratch.forward(lower, x)]
    runs.append(scratch.forward(upper, runs[0].outputs))
    upper_gradients = scratch.backward(upper, runs[1], d_outputs)
    lower_gradients = scratch.backward(lower, runs[0], upper_gradients.inputs)
    layers, x = [keras_layer(name, lower), keras_layer(name, upper)], tf.Variable(x)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layers[1](layers[0](x)[0])[0] * d_outputs)
    weights = [variable.value for layer in layers for variable in layer.trainable_variables]
    expected = tape.gradient(loss, [*weights, x])
    for own, other in zip(
        [*lower_gradients.weights, *upper_gradients.weights, lower_gradients.inputs], expected, strict=True
    ):
        assert relative(own, other) < 1e-10


@EVERY_CELL
def test_gradients_of_chunks_add_up_when_the_state_s_gradient_is_carried_back(name):
    cell, problem, whole = solve(name)
    first = scratch.forward(cell, problem.x[:, :4], as_state(problem.initial))
    second = scratch.forward(cell, problem.x[:, 4:], first.final_state)
    later = scratch.backward(cell, second, problem.d_outputs[:, 4:], as_state(problem.d_final))
    earlier = scratch.backward(cell, first, problem.d_outputs[:, :4], later.initial_state)
    for a, b, expected in zip(earlier.weights, later.weights, whole.weights, strict=True):
        assert relative(a + b, expected) < 1e-13


@EVERY_CELL
@pytest.mark.parametrize("mask", ["none", "everywhere"])
def test_float32_is_float64_but_for_rounding(name, mask):
    cell, problem, expected = solve(name, mask_of(mask))
    short = cell.copy(dtype="float32")
    run = scratch.forward(short, problem.x, as_state(problem.initial), mask_of(mask))
    gradients = scratch.backward(short, run, problem.d_outputs, as_state(problem.d_final))
    for own, other in zip([*gradients.weights, gradients.inputs], [*expected.weights, expected.inputs], strict=True):
        assert own.dtype == np.float32 and relative(own, other) < 1e-4


@EVERY_CELL
def test_shapes_and_layout(name):
    cell, problem, gradients = solve(name)
    assert [g.shape for g in gradients.weights] == [weight.shape for weight in cell.weights]
    assert gradients.inputs.shape == problem.x.shape and gradients.states.shape == (B, T, H)
    assert isinstance(gradients.initial_state, list) == (name == "lstm") == (gradients.cells is not None)


@EVERY_CELL
def test_a_run_remembers_the_weights_and_inputs_that_made_it(name):
    cell, problem, expected = solve(name)
    x = problem.x.copy()
    run = scratch.forward(cell, x, as_state(problem.initial))
    x[:] = 5
    for weight in cell.weights:
        weight += 1
    gradients = scratch.backward(cell, run, problem.d_outputs, as_state(problem.d_final))
    for own, other in zip(gradients.weights, expected.weights, strict=True):
        np.testing.assert_array_equal(own, other)


@EVERY_CELL
def test_a_run_can_go_back_twice_and_nothing_given_changes(name):
    cell, problem, expected = solve(name, mask_of("everywhere"))
    run = scratch.forward(cell, problem.x, as_state(problem.initial), mask_of("everywhere"))
    given = [problem.d_outputs, *problem.d_final, *cell.weights]
    before = [array.copy() for array in given]
    for _ in range(2):
        gradients = scratch.backward(cell, run, problem.d_outputs, as_state(problem.d_final))
        np.testing.assert_array_equal(gradients.inputs, expected.inputs)
        for array in [*gradients.weights, gradients.states, gradients.inputs, *as_list(gradients.initial_state)]:
            array[...] = 3  # what a user does with the gradients is no concern of the run
    for array, kept in zip(given, before, strict=True):
        np.testing.assert_array_equal(array, kept)


def test_a_masked_step_has_no_gradient_for_its_input():
    mask = mask_of("everywhere")
    for name in CELLS:
        inputs = solve(name, mask)[2].inputs
        assert not inputs[~mask].any() and inputs[mask].any()


def test_refuses():
    cell, other, lstm = make("tanh"), make("tanh", seed=5), make("lstm")
    problem = Problem.draw(cell)
    run = scratch.forward(cell, problem.x)
    with_nan = np.where(np.arange(B * T * H).reshape(B, T, H) == 7, np.nan, problem.d_outputs)
    for arguments, message in (
        ((other, run, problem.d_outputs), "run must be what forward returned for this SimpleRNN("),
        ((lstm, run, problem.d_outputs), "received a run of SimpleRNN("),
        ((cell, run.outputs, problem.d_outputs), "received ndarray"),
        ((cell, run, problem.d_outputs[:, :-1]), f"d_outputs must have shape (batch, time, units) = {(B, T, H)}, rec"),
        ((cell, run, problem.d_outputs[:, -1]), "received shape (3, 5)"),
        ((cell, run, with_nan), "d_outputs must be finite, received nan at index (0, 1, 2)"),
        ((cell, run, problem.d_outputs, np.zeros((B, 1))), f"d_final_state must have shape (batch, units) = {(B, H)}"),
        (
            (lstm, scratch.forward(lstm, problem.x), problem.d_outputs, np.zeros((B, H))),
            "d_final_state must be a list [h, c] of arrays (batch, units), received a ndarray",
        ),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            scratch.backward(*arguments)
