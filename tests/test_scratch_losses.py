"""Cross-entropy from scores, beside Keras' and central differences."""

import numpy as np
import pytest

from rnncourse.scratch import softmax_cross_entropy


@pytest.fixture
def case():
    rng = np.random.default_rng(0)
    return rng.normal(scale=3.0, size=(4, 6, 5)), rng.integers(5, size=(4, 6)), rng.random((4, 6)) < 0.6


@pytest.mark.parametrize("masked", [False, True])
def test_loss_and_gradient_are_kerass(case, masked):
    tf = pytest.importorskip("tensorflow")
    import keras

    scores, targets, mask = case
    compute = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, reduction="mean_with_sample_weight", dtype="float64"
    )
    with tf.GradientTape() as tape:
        variable = tf.Variable(scores)
        expected = compute(targets, variable, sample_weight=mask.astype(float) if masked else None)
    loss, d_scores = softmax_cross_entropy(scores, targets, mask if masked else None)
    np.testing.assert_allclose(loss, expected.numpy(), rtol=1e-12)
    np.testing.assert_allclose(d_scores, tape.gradient(expected, variable).numpy(), rtol=1e-9, atol=1e-15)


def test_gradient_is_that_of_central_differences(case):
    scores, targets, mask = case
    direction = np.random.default_rng(1).normal(size=scores.shape)
    above, below = (softmax_cross_entropy(scores + step * direction, targets, mask)[0] for step in (1e-6, -1e-6))
    _, d_scores = softmax_cross_entropy(scores, targets, mask)
    np.testing.assert_allclose((d_scores * direction).sum(), (above - below) / 2e-6, rtol=1e-7)


def test_a_uniform_guess_costs_the_logarithm_of_the_vocabulary():
    loss, d_scores = softmax_cross_entropy(np.full((3, 10), 7.0), np.array([0, 4, 9]))
    assert loss == pytest.approx(np.log(10))
    np.testing.assert_allclose(d_scores[0], (np.full(10, 0.1) - np.eye(10)[0]) / 3)


def test_places_outside_the_mask_change_nothing(case):
    scores, targets, mask = case
    loss, d_scores = softmax_cross_entropy(scores, targets, mask)
    changed = np.where(mask[..., np.newaxis], scores, 1e3 * scores + 5.0)
    assert softmax_cross_entropy(changed, targets, mask)[0] == loss
    assert (d_scores[~mask] == 0).all() and (d_scores[mask] != 0).any(axis=-1).all()
    np.testing.assert_allclose(loss, softmax_cross_entropy(scores[mask], targets[mask])[0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_huge_scores_stay_finite_and_the_argument_stays_as_it_was(dtype):
    scores = np.array([[1e4, -1e4, 0.0], [3e4, 3e4, 3e4]], dtype=dtype)
    before = scores.copy()
    loss, d_scores = softmax_cross_entropy(scores, np.array([1, 0]))
    assert loss == pytest.approx((2e4 + np.log(3)) / 2)
    assert d_scores.dtype == dtype and np.isfinite(d_scores).all()
    np.testing.assert_array_equal(scores, before)


@pytest.mark.parametrize(
    ("scores", "targets", "mask", "message"),
    [
        ((2, 3), [0], None, r"targets must have shape \(…\) = \(2,\) for scores of shape \(2, 3\), received .* \(1,\)"),
        ((2, 3), [0.0, 1.0], None, "targets must be whole numbers, received float64"),
        ((2, 3), [0, 3], None, "targets must lie in 0 … 2, received 0 … 3"),
        ((2, 3), [-1, 0], None, "targets must lie in 0 … 2, received -1 … 0"),
        ((2, 3), [0, 1], [1, 0], r"mask must be bool, of the shape of targets, \(2,\), received int64 of shape \(2,\)"),
        ((2, 3), [0, 1], [True], r"mask must be bool, .* received bool of shape \(1,\)"),
        ((2, 3), [0, 1], [False, False], r"targets must have at least one place that counts, received shape \(2,\)"),
        ((0, 3), np.zeros(0, int), None, r"targets must have at least one place that counts, received shape \(0,\)"),
    ],
)
def test_refuses(scores, targets, mask, message):
    with pytest.raises(ValueError, match=message):
        softmax_cross_entropy(np.zeros(scores), np.array(targets), None if mask is None else np.array(mask))
