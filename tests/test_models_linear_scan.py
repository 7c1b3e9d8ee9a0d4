"""The scan against a loop in NumPy, its gradients against finite differences."""

import numpy as np
import pytest
import tensorflow as tf

from rnncourse import models

B, T, N = 3, 7, 4
METHODS = ["loop", "tree"]


def numbers(*shape, seed=0, dtype=np.float64):
    """Random numbers, some of them negative; with imaginary parts where the type has them."""
    rng = np.random.default_rng(seed)
    drawn = rng.normal(size=shape)
    return (drawn + 1j * rng.normal(size=shape) if np.issubdtype(dtype, np.complexfloating) else drawn).astype(dtype)


def by_hand(decay, inputs, start):
    decay, h, states = np.broadcast_to(decay, inputs.shape), start, []
    for t in range(inputs.shape[1]):
        h = decay[:, t] * h + inputs[:, t]
        states.append(h)
    return np.stack(states, axis=1)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("steps", [1, 2, 3, 7, 8, 9, 33])
def test_it_is_the_loop(method, steps):
    a, b, h = 0.7 * numbers(B, steps, N), numbers(B, steps, N, seed=1), numbers(B, N, seed=2)
    np.testing.assert_allclose(models.linear_scan(a, b, h, method=method), by_hand(a, b, h), rtol=1e-10, atol=1e-12)
    nothing = np.zeros((B, N))
    np.testing.assert_allclose(models.linear_scan(a, b, method=method), by_hand(a, b, nothing), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
@pytest.mark.parametrize("shape", [(N,), (B, T, 1), (T, N), (B, T, N)])
def test_types_and_shapes_of_the_decay(method, dtype, shape):
    a, b, h = 0.5 * numbers(*shape, dtype=dtype), numbers(B, T, N, seed=1, dtype=dtype), numbers(B, N, dtype=dtype)
    found = models.linear_scan(a, b, h, method=method)
    assert found.dtype == dtype
    tolerance = 1e-5 if dtype in (np.float32, np.complex64) else 1e-12
    np.testing.assert_allclose(found, by_hand(a, b, h), atol=tolerance)


@pytest.mark.parametrize("method", METHODS)
def test_half_precision_is_summed_in_float32(method):
    b = tf.ones((1, 2000, 1), tf.float16)
    found = models.linear_scan(tf.constant([0.999], tf.float16), b, method=method)
    assert found.dtype == tf.float16
    decay = float(np.float16(0.999))
    assert float(found[0, -1, 0]) == pytest.approx((1 - decay**2000) / (1 - decay), rel=1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_gradients_are_those_of_finite_differences(method):
    a, b, h = 0.7 * numbers(B, T, N), numbers(B, T, N, seed=1), numbers(B, N, seed=2)
    weights = numbers(B, T, N, seed=3)
    given = [tf.constant(value) for value in (a, b, h)]
    with tf.GradientTape() as tape:
        tape.watch(given)
        loss = tf.reduce_sum(weights * tf.sin(models.linear_scan(*given, method=method)))
    for k, gradient in enumerate(tape.gradient(loss, given)):
        for place in [(0, 0), (1, 2), (2, N - 1)]:
            place = place if k == 2 else (place[0], 3 * place[1] % T, place[1])
            losses = []
            for nudge in (1e-6, -1e-6):
                values = [a.copy(), b.copy(), h.copy()]
                values[k][place] += nudge
                losses.append((weights * np.sin(by_hand(*values))).sum())
            assert float(gradient[place]) == pytest.approx((losses[0] - losses[1]) / 2e-6, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(N,), (B, T, N)])
def test_complex_gradients_are_those_of_tensorflow_through_a_plain_loop(method, shape):
    dtype = np.complex128
    given = [0.7 * numbers(*shape, dtype=dtype), numbers(B, T, N, seed=1, dtype=dtype), numbers(B, N, dtype=dtype)]
    given, weights = [tf.constant(value) for value in given], numbers(B, T, N, seed=3)

    def gradients(scan):
        with tf.GradientTape() as tape:
            tape.watch(given)
            states = scan(*given)
            loss = tf.reduce_sum(weights * tf.math.real(states) + tf.square(tf.math.imag(states)))
        return tape.gradient(loss, given)

    def plain(decay, inputs, h):
        decay, states = tf.broadcast_to(decay, inputs.shape), []
        for t in range(T):
            h = decay[:, t] * h + inputs[:, t]
            states.append(h)
        return tf.stack(states, axis=1)

    expected = gradients(plain)
    found = gradients(lambda *given: models.linear_scan(*given, method=method))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("method", METHODS)
def test_in_pieces_it_is_the_same(method):
    a, b, h = 0.7 * numbers(B, T, N), numbers(B, T, N, seed=1), numbers(B, N, seed=2)
    whole, pieces = models.linear_scan(a, b, h, method=method), []
    for part in (slice(0, 1), slice(1, 5), slice(5, T)):
        pieces.append(models.linear_scan(a[:, part], b[:, part], h, method=method))
        h = pieces[-1][:, -1]
    np.testing.assert_allclose(np.concatenate(pieces, axis=1), whole, rtol=1e-12)


def test_shapes_may_be_unknown_when_a_function_is_traced():
    scan = tf.function(models.linear_scan, input_signature=[tf.TensorSpec((None, None, N), tf.float64)] * 2)
    for steps in (T, T + 2):
        a, b = 0.7 * numbers(B, steps, N), numbers(B, steps, N, seed=1)
        np.testing.assert_allclose(scan(a, b), by_hand(a, b, np.zeros((B, N))), rtol=1e-10, atol=1e-12)
    assert scan.get_concrete_function().output_shapes.as_list() == [None, None, N]


def test_known_shapes_stay_known():
    scan = tf.function(models.linear_scan).get_concrete_function(*[tf.TensorSpec((B, T, N), tf.float64)] * 2)
    assert scan.output_shapes == (B, T, N)


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="method must be one of 'auto', 'loop', 'tree', received 'fast'"):
        models.linear_scan(numbers(N), numbers(B, T, N), method="fast")


def test_the_tree_needs_the_number_of_steps():
    scan = tf.function(lambda a, b: models.linear_scan(a, b, method="tree"), autograph=False)
    with pytest.raises(ValueError, match="known number of steps"):
        scan.get_concrete_function(*[tf.TensorSpec((B, None, N), tf.float64)] * 2)


@pytest.mark.parametrize("method", METHODS)
def test_no_step_is_refused(method):
    with pytest.raises(ValueError, match="at least one step"):
        models.linear_scan(numbers(N), numbers(B, 0, N), method=method)
