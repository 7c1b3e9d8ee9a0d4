"""What weights are before training, beside Keras."""

import keras
import numpy as np
import pytest

from rnncourse.scratch.initializers import glorot_uniform, identity, orthogonal


def draw(initializer, rows, columns, seed=0):
    return initializer(np.random.default_rng(seed), rows, columns)


def test_glorot_fills_the_range_that_keras_fills():
    ours = draw(glorot_uniform, 60, 200)
    keras_values = np.array(keras.initializers.GlorotUniform(seed=0)((60, 200)))
    limit = np.sqrt(6 / 260)
    assert 0.99 * limit < abs(ours).max() <= limit and 0.99 * limit < abs(keras_values).max() <= limit * (1 + 1e-6)
    assert abs(ours.mean()) < 0.02 * limit
    assert abs(ours.std() / keras_values.std() - 1) < 0.02


@pytest.mark.parametrize(("rows", "columns"), [(6, 6), (5, 20), (9, 4)])
def test_orthogonal_is_orthonormal_along_its_shorter_side(rows, columns):
    q = draw(orthogonal, rows, columns)
    assert q.shape == (rows, columns)
    product = q @ q.T if rows <= columns else q.T @ q
    np.testing.assert_allclose(product, np.eye(min(rows, columns)), atol=1e-12)


def test_orthogonal_prefers_no_direction():
    """The mean of a uniform orthogonal matrix is 0; without the signs of R its diagonal would lean to one side."""
    rng = np.random.default_rng(0)
    mean = np.mean([orthogonal(rng, 4, 4) for _ in range(2000)], axis=0)
    assert abs(mean).max() < 0.05  # each entry: standard error 0.5 / √2000 = 0.011


def test_identity_is_keras():
    np.testing.assert_array_equal(draw(identity, 4, 4), keras.initializers.Identity()((4, 4)))


@pytest.mark.parametrize("initializer", [glorot_uniform, orthogonal])
def test_a_seed_gives_its_own_values(initializer):
    np.testing.assert_array_equal(draw(initializer, 3, 5, seed=1), draw(initializer, 3, 5, seed=1))
    assert not np.array_equal(draw(initializer, 3, 5, seed=1), draw(initializer, 3, 5, seed=2))
