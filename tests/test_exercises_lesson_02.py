"""Exercises of lesson 02: right by Keras and by definition; answers beyond the listed mistakes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from exercise_answers import inputs, right, told_what_helps


# ── the references, beside an independent source ─────────────────────────────────────────────────────────────────────
@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


def keras_stack(keras, case, **options):
    """The stack of 02.2 and 02.3, all layers but the last with ``return_sequences``."""
    last = len(case["units"]) - 1
    return [
        keras.layers.SimpleRNN(units, return_sequences=i < last or options.get("every", False), return_state=True)
        for i, units in enumerate(case["units"])
    ]


def test_a_step_is_keras_step(keras):
    for case in inputs("02.1"):
        cell = keras.layers.SimpleRNNCell(len(case["bias"]))
        cell.build(case["x_t"].shape)
        cell.set_weights([case["kernel"], case["recurrent_kernel"], case["bias"]])
        h, _ = cell(np.float32(case["x_t"]), np.float32(case["h"]))
        np.testing.assert_allclose(right("02.1", case), h, atol=1e-5)


def test_parameters_are_those_that_keras_counts(keras):
    for case in inputs("02.2"):
        layers, read = [*keras_stack(keras, case), keras.layers.Dense(case["outputs"])], case["features"]
        for layer, size in zip(layers, [*case["units"], case["outputs"]], strict=True):
            layer.build((1, case["steps"], read))
            read = size
        assert right("02.2", case) == sum(layer.count_params() for layer in layers)


def test_shapes_are_those_that_come_out_of_keras(keras):
    for case in inputs("02.3"):
        h = np.zeros((case["batch"], case["steps"], case["features"]), np.float32)
        states = []
        for layer in keras_stack(keras, case, every=case["return_sequences"]):
            h, state = layer(h)
            states.append(state.shape)
        output, state_shapes = right("02.3", case)
        assert tuple(output) == tuple(h.shape)
        assert [tuple(shape) for shape in state_shapes] == [tuple(shape) for shape in states]


def test_the_orthogonal_matrix_is_the_one_that_the_task_describes():
    for case in inputs("02.4", count=20):
        gain, n = case["gain"], len(case["gaussian"])
        q = right("02.4", case) / gain
        np.testing.assert_allclose(q.T @ q, np.eye(n), atol=1e-9)
        r = q.T @ case["gaussian"]
        np.testing.assert_allclose(r, np.triu(r), atol=1e-9)
        assert np.all(np.diag(r) > 0)


def test_orthogonal_inputs_are_far_from_singular_and_some_columns_need_their_sign():
    for seed in range(20):
        cases = inputs("02.4", seed=seed, count=20)
        assert max(np.linalg.cond(case["gaussian"]) for case in cases) <= 10
        assert any((np.diag(np.linalg.qr(case["gaussian"])[1]) < 0).any() for case in cases[4:])


def test_a_step_up_a_stack_is_one_of_keras_layers(keras):
    for case in inputs("02.5"):
        h, expected = np.float32(case["x_t"])[:, np.newaxis], right("02.5", case)  # (B, 1, H)
        for i, new in enumerate(expected):
            layer = keras.layers.SimpleRNN(h.shape[-1], return_sequences=True)
            layer.build(h.shape)
            layer.set_weights([case["kernels"][i], case["recurrent_kernels"][i], case["biases"][i]])
            h = layer(h, initial_state=np.float32(case["states"][i]))
            np.testing.assert_allclose(new, h[:, 0], atol=1e-5)


# ── answers that beginners may give ──────────────────────────────────────────────────────────────────────────────────
def by_columns(x_t, h, kernel, recurrent_kernel, bias):
    return np.tanh(kernel @ x_t + recurrent_kernel @ h + bias)


def number_by_number(x_t, h, kernel, recurrent_kernel, bias):
    return np.tanh(np.multiply(x_t, kernel) + np.multiply(h, recurrent_kernel) + bias)


def joined_the_wrong_way(x_t, h, kernel, recurrent_kernel, bias):
    return np.tanh(np.hstack([x_t, h]) @ np.vstack([recurrent_kernel, kernel]) + bias)


def by_einsum_transposed(x_t, h, kernel, recurrent_kernel, bias):
    return np.tanh(np.einsum("bd,dh->bh", x_t, kernel) + np.einsum("bh,kh->bk", h, recurrent_kernel) + bias)


def tanh_of_exponentials(x_t, h, kernel, recurrent_kernel, bias):
    z = x_t @ kernel + h @ recurrent_kernel + bias
    with np.errstate(all="ignore"):
        return 1 - 2 / (np.exp(z) + np.exp(-z)) * np.exp(-z)


def tanh_by_its_definition(x_t, h, kernel, recurrent_kernel, bias):
    z = x_t @ kernel + h @ recurrent_kernel + bias
    with np.errstate(all="ignore"):
        return np.sinh(z) / np.cosh(z)


def forgets_a_comma_of_brackets(x_t, h, kernel, recurrent_kernel, bias):
    return np.tanh(x_t @ kernel) + h @ recurrent_kernel + bias


def takes_units_for_features(steps, features, units, outputs):
    total = 0
    for size in units:
        total += features * size + size * size + size
    return total + units[-1] * outputs + outputs


def dense_layers(steps, features, units, outputs):
    sizes = [features, *units, outputs]
    return sum((a + 1) * b for a, b in pairwise(sizes))


def as_an_lstm(steps, features, units, outputs):
    total = 0
    for size in units:
        total += 4 * size * (features + size + 1)
        features = size
    return total + (features + 1) * outputs


def as_a_tuple(batch, steps, features, units, return_sequences):
    return (batch, steps, units[-1]), [(batch, size) for size in units]


def input_shape_first(batch, steps, features, units, return_sequences):
    output = [batch, steps, features] if return_sequences else [batch, features]
    return np.array(output), np.array([[batch, size] for size in units])


def q_alone(gaussian, gain):
    return np.linalg.qr(gaussian)[0] * gain


def q_with_signs_of_rows(gaussian, gain):
    q, r = np.linalg.qr(gaussian)
    return gain * np.diag(np.sign(np.diag(r))) @ q


def loop_over_rows(gaussian, gain):
    rows = []
    for row in gaussian:
        for other in rows:
            row = row - (row @ other) * other
        rows.append(row / np.linalg.norm(row))
    return gain * np.array(rows)


def loop_without_the_transpose_at_the_end(gaussian, gain):
    columns = []
    for column in gaussian.T:
        for other in columns:
            column = column - (column @ other) * other
        columns.append(column / np.linalg.norm(column))
    return gain * np.array(columns)


def loop_in_place(gaussian, gain):
    for i in range(len(gaussian)):
        for j in range(i):
            gaussian[:, i] -= (gaussian[:, i] @ gaussian[:, j]) * gaussian[:, j]
        gaussian[:, i] /= np.linalg.norm(gaussian[:, i])
    return gain * gaussian


def normalises_each_column(gaussian, gain):
    return gain * gaussian / np.linalg.norm(gaussian, axis=0)


def one_name_for_all(x_t, states, kernels, recurrent_kernels, biases):
    h, new = states[0], []
    for kernel, recurrent_kernel, bias in zip(kernels, recurrent_kernels, biases, strict=True):
        h = np.tanh(x_t @ kernel + h @ recurrent_kernel + bias)
        new.append(h)
    return np.array(new)


def one_name_that_climbs(x_t, states, kernels, recurrent_kernels, biases):
    h, new = states[0], []
    for kernel, recurrent_kernel, bias in zip(kernels, recurrent_kernels, biases, strict=True):
        h = np.tanh(x_t @ kernel + h @ recurrent_kernel + bias)
        x_t = h
        new.append(h)
    return np.array(new)


def all_at_once(x_t, states, kernels, recurrent_kernels, biases):
    below = np.concatenate([x_t[np.newaxis], states[:-1]])
    return np.tanh(below @ kernels + states @ recurrent_kernels + biases[:, np.newaxis])


def into_the_states_given(x_t, states, kernels, recurrent_kernels, biases):
    for i in range(len(states)):
        below = states[i - 1] if i else x_t
        states[i] = np.tanh(below @ kernels[i] + states[i] @ recurrent_kernels[i] + biases[i])
    return states


def only_the_top(x_t, states, kernels, recurrent_kernels, biases):
    h = x_t
    for i in range(len(states)):
        h = np.tanh(h @ kernels[i] + states[i] @ recurrent_kernels[i] + biases[i])
    return h


def a_list(x_t, states, kernels, recurrent_kernels, biases):
    return list(right("02.5", locals()))


ANSWERS = [
    ("02.1", by_columns, "The kernels stand on the left of what they multiply"),
    ("02.1", number_by_number, "multiplies number by number"),
    ("02.1", joined_the_wrong_way, "The two kernels have changed places"),
    ("02.1", by_einsum_transposed, "The recurrent kernel is transposed"),
    ("02.1", tanh_of_exponentials, "Only this edge case fails."),
    ("02.1", tanh_by_its_definition, "Right but for large inputs, where NaN appears"),
    ("02.1", forgets_a_comma_of_brackets, "The old state is added outside the tanh"),
    ("02.1", lambda **case: right("02.1", case).T, "expected "),
    ("02.1", lambda **case: right("02.1", case)[0], "expected shape ("),
    ("02.2", takes_units_for_features, "Every layer reads the features in your count"),
    ("02.2", dense_layers, "The recurrent kernels are missing"),
    ("02.2", as_an_lstm, "Here layer 1 has "),
    ("02.2", lambda steps, features, units, outputs: np.array(units), "expected a whole number, received an array"),
    ("02.3", as_a_tuple, "np.array(…) makes an array of it"),
    ("02.3", input_shape_first, "The last axis of the output still counts the features"),
    ("02.3", lambda **case: tuple(part + 1 for part in right("02.3", case)), "This stack puts out the last layer's "),
    ("02.4", q_alone, "Orthogonal, but some columns point the other way"),
    ("02.4", q_with_signs_of_rows, "you multiply the rows of Q by them"),
    ("02.4", loop_over_rows, "Orthogonal, but made of the rows"),
    ("02.4", loop_without_the_transpose_at_the_end, "The result is transposed"),
    ("02.4", loop_in_place, "The results are right. It changes its input gaussian"),
    ("02.4", normalises_each_column, "they are not at right angles to each other"),
    ("02.4", lambda **case: -right("02.4", case), "recurrent_kernel[0, 0] (row 0, column 0): expected "),
    ("02.5", one_name_for_all, "There is one state for the whole stack"),
    ("02.5", one_name_that_climbs, "There is one state for the whole stack"),
    ("02.5", all_at_once, "A layer reads the old state of the layer below"),
    ("02.5", into_the_states_given, "The results are right. It changes its input states"),
    ("02.5", only_the_top, "Only the new state of the top layer comes back"),
    ("02.5", a_list, "expected an array, received a list"),
]


test_an_answer_is_told_what_helps = told_what_helps(ANSWERS)
