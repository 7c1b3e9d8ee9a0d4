"""Unrolling beside Keras: outputs, masks, initial and final states; stacks; what is refused."""

import re

import keras
import numpy as np
import pytest
from scratch_reference import (
    CELLS,
    MASKS,
    B,
    D,
    H,
    Problem,
    T,
    as_list,
    as_state,
    keras_layer,
    make,
    mask_of,
    relative,
)

from rnncourse import scratch

EVERY_CELL = pytest.mark.parametrize("name", CELLS)


@EVERY_CELL
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("start", ["zeros", "given"])
def test_outputs_and_final_state_are_keras(name, mask, start):
    cell, mask = make(name), mask_of(mask)
    problem = Problem.draw(cell)
    initial = problem.initial if start == "given" else None
    outputs, *final = keras_layer(name, cell)(problem.x, mask=mask, initial_state=initial)
    run = scratch.forward(cell, problem.x, initial and as_state(initial), mask)
    assert relative(run.outputs, outputs) < 1e-10
    for own, expected in zip(as_list(run.final_state), final, strict=True):
        assert relative(own, expected) < 1e-10


@EVERY_CELL
def test_two_stacked_cells_are_two_stacked_layers(name):
    lower, upper = make(name), make(name, input_dim=H, units=3, seed=2)
    problem = Problem.draw(lower)
    run = scratch.forward(upper, scratch.forward(lower, problem.x).outputs)
    layers = [keras_layer(name, lower), keras_layer(name, upper)]
    outputs, *_ = layers[1](layers[0](problem.x)[0])
    assert relative(run.outputs, outputs) < 1e-10


@EVERY_CELL
def test_chunks_with_a_carried_state_are_the_whole_sequence(name):
    cell = make(name)
    x = Problem.draw(cell).x
    state, outputs = None, []
    for chunk in (x[:, :3], x[:, 3:4], x[:, 4:]):
        run = scratch.forward(cell, chunk, state)
        state = run.final_state
        outputs.append(run.outputs)
    whole = scratch.forward(cell, x)
    assert relative(np.concatenate(outputs, axis=1), whole.outputs) < 1e-14
    for carried, expected in zip(as_list(state), as_list(whole.final_state), strict=True):
        assert relative(carried, expected) < 1e-14


@EVERY_CELL
@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_changes_nothing_that_counts(name, side):
    cell = make(name)
    problem = Problem.draw(cell)
    noise = np.random.default_rng(3).normal(size=(B, 4, D))
    parts = [noise, problem.x] if side == "left" else [problem.x, noise]
    flags = [np.zeros((B, 4), bool), np.ones((B, T), bool)]
    padded = scratch.forward(
        cell,
        np.concatenate(parts, axis=1),
        as_state(problem.initial),
        np.concatenate(flags if side == "left" else flags[::-1], axis=1),
    )
    plain = scratch.forward(cell, problem.x, as_state(problem.initial))
    valid = slice(4, None) if side == "left" else slice(0, T)
    assert relative(padded.outputs[:, valid], plain.outputs) < 1e-14
    assert relative(as_list(padded.final_state)[-1], as_list(plain.final_state)[-1]) < 1e-14


@EVERY_CELL
def test_a_masked_step_repeats_state_and_output(name):
    cell = make(name)
    problem = Problem.draw(cell)
    run = scratch.forward(cell, problem.x, as_state(problem.initial), mask_of("everywhere"))
    first = problem.initial[0][0]  # sequence 0 of this mask is 0 1 0 0 1 0 0
    np.testing.assert_array_equal(run.outputs[0, 0], np.zeros(H))
    np.testing.assert_array_equal(run.states[0, 0], first)
    for repeated, counted in ((2, 1), (3, 1), (5, 4), (6, 4)):
        np.testing.assert_array_equal(run.outputs[0, repeated], run.outputs[0, counted])
        np.testing.assert_array_equal(run.states[0, repeated], run.outputs[0, counted])


@EVERY_CELL
def test_float32_is_float64_but_for_rounding(name):
    cell = make(name)
    problem = Problem.draw(cell)
    run = scratch.forward(cell.copy(dtype="float32"), problem.x, as_state(problem.initial))
    assert run.outputs.dtype == as_list(run.final_state)[0].dtype == np.float32
    assert relative(run.outputs, scratch.forward(cell, problem.x, as_state(problem.initial)).outputs) < 1e-5


@EVERY_CELL
@pytest.mark.parametrize(("batch", "steps"), [(1, 1), (1, 6), (5, 1)])
def test_one_sequence_and_one_step_will_do(name, batch, steps):
    cell = make(name)
    x = np.random.default_rng(0).normal(size=(batch, steps, D))
    outputs, *_ = keras_layer(name, cell)(x)
    assert relative(scratch.forward(cell, x).outputs, outputs) < 1e-10


@EVERY_CELL
def test_what_the_user_gave_stays_as_it_was(name):
    cell, mask = make(name), mask_of("everywhere")
    problem = Problem.draw(cell)
    given = [problem.x, mask, *problem.initial, *cell.weights]
    before = [array.copy() for array in given]
    run = scratch.forward(cell, problem.x, as_state(problem.initial), mask)
    for final in as_list(run.final_state):
        final[:] = 9
    for array, kept in zip(given, before, strict=True):
        np.testing.assert_array_equal(array, kept)
    assert run.states.max() < 9


@EVERY_CELL
def test_what_was_kept_is_read_only(name):
    run = scratch.forward(make(name), Problem.draw(make(name)).x)
    for view in [run.outputs, run.states, *run.gates.values(), *([] if run.cells is None else [run.cells])]:
        assert view.shape == (B, T, H) and not view.flags.writeable
    assert run.outputs.transpose(1, 0, 2).flags.c_contiguous


def test_what_a_run_shows_of_each_kind():
    simple, lstm = (scratch.forward(make(name), Problem.draw(make(name)).x) for name in ("tanh", "lstm"))
    assert simple.gates == {} and simple.cells is None
    np.testing.assert_array_equal(lstm.cells[:, -1], lstm.final_state[1])
    np.testing.assert_array_equal(lstm.states[:, -1], lstm.final_state[0])
    np.testing.assert_allclose(lstm.outputs, lstm.gates["o"] * np.tanh(lstm.cells), rtol=1e-14)
    assert repr(simple) == "Run(SimpleRNN(input_dim=4, units=5, dtype='float64'), batch=3, steps=7)"


X = np.random.default_rng(0).normal(size=(B, T, D))
WITH_NAN = np.where(np.arange(X.size).reshape(X.shape) == 30, np.nan, X)


@EVERY_CELL
@pytest.mark.parametrize(
    ("x", "options", "message"),
    [
        (X[0], {}, f"x must have shape (batch, time, {D}), or be whole-number ids of shape (batch, time), received fl"),
        (X[..., :3], {}, "(batch, time), received float64 of shape (3, 7, 3)"),
        (X[np.newaxis], {}, "received float64 of shape (1, 3, 7, 4)"),
        (X[:, :0], {}, "x must have at least one sequence and one step, received shape (3, 0, 4)"),
        (X[:0], {}, "x must have at least one sequence and one step, received shape (0, 7, 4)"),
        (WITH_NAN, {}, "x must be finite, received nan at index (1, 0, 2)"),
        (X + 1j, {}, "x must hold real numbers, received dtype complex128"),
        (np.array([[0, 1, D]]), {}, f"x must hold ids from 0 to {D - 1}, received 0 … {D}"),
        (np.array([[0, -1, 2]]), {}, f"x must hold ids from 0 to {D - 1}, received -1 … 2"),
        (X, {"mask": np.ones((B, T))}, f"mask must be bool of shape (batch, time) = {(B, T)}, received float64 of sh"),
        (X, {"mask": np.ones((T, B), bool)}, "received bool of shape (7, 3)"),
        (X, {"mask": np.ones((B, T, 1), bool)}, "received bool of shape (3, 7, 1)"),
    ],
)
def test_refuses(name, x, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        scratch.forward(make(name), x, **options)


@EVERY_CELL
def test_whole_numbers_without_a_feature_axis_are_no_ids_of_a_single_symbol(name):
    message = "x must have shape (batch, time, 1), received int64 of shape (2, 5)"
    with pytest.raises(ValueError, match=re.escape(message)):
        scratch.forward(make(name, input_dim=1), np.zeros((2, 5), dtype=np.int64))


@pytest.mark.parametrize(
    ("name", "state", "message"),
    [
        (
            "tanh",
            np.zeros((B, H + 1)),
            f"initial_state must have shape (batch, units) = {(B, H)}, received shape (3, 6)",
        ),
        ("gru", np.zeros(H), f"initial_state must have shape (batch, units) = {(B, H)}, received shape (5,)"),
        ("tanh", np.full((B, H), np.inf), "initial_state must be finite, received inf at index (0, 0)"),
        ("lstm", np.zeros((B, H)), "initial_state must be a list [h, c] of arrays (batch, units), received a ndarray"),
        ("lstm", [np.zeros((B, H))], "of arrays (batch, units), received 1 of them"),
        ("lstm", [np.zeros((B, H)), np.zeros((B, 1))], "initial_state[1] must have shape (batch, units) = (3, 5), rec"),
    ],
)
def test_refuses_a_state_that_does_not_fit(name, state, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        scratch.forward(make(name), X, state)


def test_refuses_a_cell_of_another_kind():
    with pytest.raises(ValueError, match="cell must be a SimpleRNN, LSTM or GRU of scratch, received LSTM"):
        scratch.forward(keras.layers.LSTM(3), X)
