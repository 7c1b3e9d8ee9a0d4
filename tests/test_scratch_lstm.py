"""The LSTM's gates, one at a time, and what it starts from."""

import numpy as np
import pytest

from rnncourse import scratch

OPEN, SHUT = 50.0, -50.0  # a gate's bias that makes it 1 or 0
INPUT, FORGET, CANDIDATE, OUTPUT = range(4)


def cell_with(**biases):
    """One unit that reads c̃ = tanh(x), its gates set by their biases alone."""
    cell = scratch.LSTM(1, 1)
    kernel, recurrent, bias = (np.zeros_like(weight) for weight in cell.weights)
    kernel[0, CANDIDATE] = 1
    bias[[INPUT, FORGET, OUTPUT]] = [biases["i"], biases["f"], biases["o"]]
    cell.set_weights([kernel, recurrent, bias])
    return cell


X = np.array([[[0.3], [-1.2], [2.0]]])


@pytest.mark.parametrize(
    ("biases", "cells"),
    [
        ({"i": OPEN, "f": OPEN, "o": OPEN}, np.cumsum(np.tanh(X))),  # remembers everything
        ({"i": OPEN, "f": SHUT, "o": OPEN}, np.tanh(X).ravel()),  # forgets at each step
        ({"i": SHUT, "f": OPEN, "o": OPEN}, [0, 0, 0]),  # writes nothing
    ],
)
def test_each_gate_does_its_one_job(biases, cells):
    run = scratch.forward(cell_with(**biases), X)
    np.testing.assert_allclose(run.cells.ravel(), cells, atol=1e-12)
    np.testing.assert_allclose(run.outputs.ravel(), np.tanh(cells), atol=1e-12)


def test_the_output_gate_hides_the_cell():
    run = scratch.forward(cell_with(i=OPEN, f=OPEN, o=SHUT), X)
    assert abs(run.outputs).max() < 1e-12 and abs(run.cells).max() > 0.5


def test_gates_are_named_in_keras_order():
    cell = scratch.LSTM(2, 3, seed=1)
    gates = scratch.forward(cell, np.zeros((1, 1, 2))).gates
    assert list(gates) == ["i", "f", "c_tilde", "o"]
    assert [float(gate[0, 0, 0]) for gate in gates.values()] == pytest.approx([0.5, 1 / (1 + np.exp(-1)), 0, 0.5])


def test_the_forget_bias_starts_at_one_unless_asked():
    np.testing.assert_array_equal(scratch.LSTM(2, 3).bias, [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(scratch.LSTM(2, 3, unit_forget_bias=False).bias, np.zeros(12))


def test_the_recurrent_kernel_starts_orthonormal():
    recurrent = scratch.LSTM(2, 3).recurrent_kernel
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(3), atol=1e-12)
