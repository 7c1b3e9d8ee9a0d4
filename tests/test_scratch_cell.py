"""What all cells share: Keras' weight layout, copies, float types, one-hot inputs."""

import pickle
import re

import numpy as np
import pytest
from scratch_reference import CELLS, D, H, Problem, keras_layer, make, relative

from rnncourse import scratch
from rnncourse.scratch.cell import SMALL_VOCABULARY

EVERY_CELL = pytest.mark.parametrize("name", CELLS)


def new(name, **options):
    kind, fixed = CELLS[name]
    return kind(D, H, **fixed, **options)


@EVERY_CELL
def test_weights_move_to_keras_and_back(name):
    cell, other = make(name), new(name)
    layer = keras_layer(name, cell)
    other.set_weights(layer.get_weights())
    for own, back in zip(cell.weights, other.weights, strict=True):
        np.testing.assert_array_equal(own, back)


@EVERY_CELL
def test_set_weights_copies_into_the_same_arrays(name):
    cell = new(name)
    arrays, given = list(cell.weights), [weight.copy() for weight in make(name).weights]
    cell.set_weights(given)
    given[0][:] = 7
    assert all(a is b for a, b in zip(arrays, cell.weights, strict=True))
    np.testing.assert_array_equal(cell.kernel, make(name).kernel)


@EVERY_CELL
def test_named_weights_are_the_list_s(name):
    cell = make(name)
    assert [cell.kernel is cell.weights[0], cell.recurrent_kernel is cell.weights[1], cell.bias is cell.weights[2]]
    assert (cell.input_dim, cell.units) == (D, H)


@EVERY_CELL
def test_a_seed_gives_its_own_weights_the_same_in_both_float_types(name):
    again, other, short = new(name, seed=3), new(name, seed=4), new(name, seed=3, dtype="float32")
    np.testing.assert_array_equal(new(name, seed=3).kernel, again.kernel)
    assert not np.array_equal(again.kernel, other.kernel)
    assert not np.array_equal(again.recurrent_kernel, other.recurrent_kernel)
    np.testing.assert_array_equal(again.kernel.astype(np.float32), short.kernel)
    assert {weight.dtype for weight in short.weights} == {np.dtype(np.float32)}


@EVERY_CELL
def test_a_copy_is_its_own(name):
    cell = make(name)
    twin, short = cell.copy(), cell.copy(dtype="float32")
    cell.kernel[:] = 0
    np.testing.assert_array_equal(twin.kernel, make(name).kernel)
    assert short.dtype == short.kernel.dtype == np.float32 and twin.dtype == np.float64


@EVERY_CELL
def test_a_cell_can_be_pickled(name):
    cell, problem = make(name), Problem.draw(make(name))
    again = pickle.loads(pickle.dumps(cell))
    np.testing.assert_array_equal(scratch.forward(again, problem.x).outputs, scratch.forward(cell, problem.x).outputs)


@EVERY_CELL
@pytest.mark.parametrize("input_dim", [9, SMALL_VOCABULARY + 1])
def test_ids_stand_for_one_hot_inputs(name, input_dim):
    cell = make(name, input_dim=input_dim)
    rng = np.random.default_rng(5)
    ids = rng.integers(0, input_dim, size=(6, 8), dtype=np.uint8)
    ids[0] = ids[1, 0]  # one id many times, many others not at all
    d_outputs = rng.normal(size=(6, 8, H))
    by_id, by_row = (scratch.forward(cell, x) for x in (ids, np.eye(input_dim)[ids]))
    assert relative(by_id.outputs, by_row.outputs) < 1e-14
    gradients, expected = (scratch.backward(cell, run, d_outputs) for run in (by_id, by_row))
    for own, other in zip(gradients.weights, expected.weights, strict=True):
        assert relative(own, other) < 1e-14
    assert gradients.inputs is None


def test_repr_says_what_it_is():
    assert repr(scratch.LSTM(3, 5, dtype="float32")) == "LSTM(input_dim=3, units=5, dtype='float32')"


@EVERY_CELL
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input_dim": 0}, "input_dim must be a whole number from 1 up, received 0"),
        ({"units": 2.5}, "units must be a whole number from 1 up, received 2.5"),
        ({"seed": -1}, "seed must be a whole number from 0 up, received -1"),
        ({"dtype": "float16"}, "dtype must be one of 'float64', 'float32', received 'float16'"),
    ],
)
def test_refuses_arguments(name, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        CELLS[name][0](**{"input_dim": 3, "units": 5, **options})


@EVERY_CELL
def test_refuses_weights_that_do_not_fit_and_keeps_its_own(name):
    cell = make(name)
    kernel, recurrent, bias = make(name, seed=9).weights
    shape = re.escape(f"must have shape {bias.shape}, received shape {bias[..., 1:].shape}")
    for weights, message in (
        ([kernel, recurrent], re.escape("weights must be [kernel, recurrent_kernel, bias], received 2 arrays")),
        ([kernel, recurrent, bias[..., 1:]], r"weights\[2\] \(bias\) " + shape),
        ([kernel.T, recurrent, bias], r"weights\[0\] \(kernel\) must have shape"),
        ([kernel, recurrent * np.nan, bias], r"weights\[1\] \(recurrent_kernel\) must be finite, received nan"),
    ):
        with pytest.raises(ValueError, match=message):
            cell.set_weights(weights)
    for own, before in zip(cell.weights, make(name).weights, strict=True):
        np.testing.assert_array_equal(own, before)


@EVERY_CELL
def test_refuses_to_copy_into_an_unknown_float_type(name):
    with pytest.raises(ValueError, match="dtype must be one of"):
        make(name).copy(dtype="int8")
