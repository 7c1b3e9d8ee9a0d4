"""Layers with other attributes for a while, models without training, steps that do not count."""

import keras
import numpy as np
import pytest

from rnncourse.models.overriding import answers, overridden, where_counted


class Thing:
    size = 1


def test_attributes_are_other_ones_for_a_while_and_then_what_they_were():
    one, other = Thing(), Thing()
    one.size = 2
    with overridden([(one, {"size": 3, "name": "x"}), (other, {"size": 4})]):
        assert (one.size, one.name, other.size) == (3, "x", 4)
    assert vars(one) == {"size": 2} and vars(other) == {} and other.size == 1


def test_an_error_puts_them_back_and_goes_on():
    one = Thing()
    with pytest.raises(KeyError), overridden([(one, {"size": 3}), (one, {"size": 5})]):
        assert one.size == 5
        raise KeyError
    assert vars(one) == {}


def test_a_layer_has_another_call_for_a_while():
    layer, x = keras.layers.Dense(2), np.ones((1, 3), "float32")
    before = layer(x)
    with overridden([(layer, {"call": lambda inputs: inputs + 1})]):
        np.testing.assert_array_equal(layer(x), x + 1)
    np.testing.assert_array_equal(layer(x), before)


def test_answers_are_those_without_training():
    x = np.ones((4, 50), "float32")
    np.testing.assert_array_equal(answers(keras.Sequential([keras.layers.Dropout(0.5)]), x), x)

    class Plain(keras.layers.Layer):
        def call(self, inputs):
            return 2 * inputs

    np.testing.assert_array_equal(answers(Plain(), x), 2 * x)


@pytest.mark.parametrize("shape", [(3,), (3, 2), (3, 2, 2)])
def test_rows_that_do_not_count_keep_the_old_value(shape):
    new, old = np.random.default_rng(0).normal(size=(2, *shape))
    counts = np.array([True, False, True])
    found = where_counted(counts, keras.ops.convert_to_tensor(new), keras.ops.convert_to_tensor(old)).numpy()
    np.testing.assert_array_equal(found, np.stack([new[0], old[1], new[2]]))
