"""The GRU's gates, one at a time."""

import numpy as np
import pytest

from rnncourse import scratch

X = np.array([[[0.3], [-1.2], [2.0]]])
H0 = np.array([[0.7]])


def cell_with(*, reset_after, z=0.0, r=0.0, recurrent=0.0):
    """One unit that reads h̃ = tanh(x + r · recurrent · h), its gates set by their biases alone."""
    cell = scratch.GRU(1, 1, reset_after=reset_after)
    bias = np.zeros_like(cell.bias)
    bias.reshape(-1, 3)[0, :2] = [z, r]
    cell.set_weights([[[0, 0, 1]], [[0, 0, recurrent]], bias])
    return cell


@pytest.mark.parametrize("reset_after", [True, False])
def test_an_update_gate_of_one_keeps_the_state_and_of_zero_replaces_it(reset_after):
    kept = scratch.forward(cell_with(reset_after=reset_after, z=50.0), X, H0)
    replaced = scratch.forward(cell_with(reset_after=reset_after, z=-50.0), X, H0)
    np.testing.assert_allclose(kept.outputs.ravel(), 0.7, rtol=1e-12)
    np.testing.assert_allclose(replaced.outputs, np.tanh(X), rtol=1e-12)


@pytest.mark.parametrize("reset_after", [True, False])
def test_a_reset_gate_of_zero_hides_the_state_from_the_candidate(reset_after):
    hidden = scratch.forward(cell_with(reset_after=reset_after, z=-50.0, r=-50.0, recurrent=2.0), X[:, :1], H0)
    seen = scratch.forward(cell_with(reset_after=reset_after, z=-50.0, r=50.0, recurrent=2.0), X[:, :1], H0)
    np.testing.assert_allclose(hidden.outputs.item(), np.tanh(0.3), rtol=1e-12)
    np.testing.assert_allclose(seen.outputs.item(), np.tanh(0.3 + 2 * 0.7), rtol=1e-12)


@pytest.mark.parametrize("reset_after", [True, False])
def test_gates_are_named_in_keras_order(reset_after):
    run = scratch.forward(cell_with(reset_after=reset_after, z=1.0, r=-1.0), X)
    assert list(run.gates) == ["z", "r", "h_tilde"]
    z, r, h_tilde = (gate.ravel() for gate in run.gates.values())
    np.testing.assert_allclose(z, 1 / (1 + np.exp(-1)), rtol=1e-12)
    np.testing.assert_allclose(r, 1 / (1 + np.exp(1)), rtol=1e-12)
    np.testing.assert_allclose(h_tilde, np.tanh(X).ravel(), rtol=1e-12)


def test_there_are_two_biases_only_where_the_reset_stands_after_the_product():
    assert scratch.GRU(2, 3).bias.shape == (2, 9)
    assert scratch.GRU(2, 3, reset_after=False).bias.shape == (9,)
