"""The masked convolution against its formula, one step at a time."""

import keras
import numpy as np
import pytest

from rnncourse import models

B, T, D, H, K = 2, 9, 3, 4, 3
X = np.random.default_rng(0).normal(size=(B, T, D)).astype(np.float32)
MASK = np.array([[True] * 6 + [False] * 3, [False] * 2 + [True] * 5 + [False] * 2])


def written_out(x, mask, kernel, bias, padding, dilation):
    x = np.where(mask[..., None], x, 0)
    first = -(K - 1) * dilation if padding == "causal" else -(K - 1) // 2 * dilation
    outputs = np.zeros((B, T, H))
    for t in range(T):
        outputs[:, t] = bias
        for k in range(K):
            s = t + first + k * dilation
            if 0 <= s < T:
                outputs[:, t] += x[:, s] @ kernel[k]
    return np.maximum(outputs, 0)


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("padding", ["causal", "same"])
def test_it_is_the_formula(padding, dilation):
    layer = models.MaskedConv1D(H, K, padding=padding, dilation_rate=dilation, activation="relu")
    layer(X)
    rng = np.random.default_rng(1)
    kernel, bias = weights = [rng.normal(size=w.shape) for w in layer.get_weights()]
    layer.set_weights(weights)
    expected = written_out(X, MASK, kernel, bias, padding, dilation)
    np.testing.assert_allclose(layer(X, mask=MASK), expected, atol=1e-5)
    np.testing.assert_allclose(layer(X), written_out(X, np.ones_like(MASK), kernel, bias, padding, dilation), atol=1e-5)


def test_it_is_made_again_from_its_configuration():
    layer = models.MaskedConv1D(H, K, padding="causal", dilation_rate=2, activation="relu", name="reach")
    twin = models.MaskedConv1D.from_config(layer.get_config())
    assert twin.get_config() == layer.get_config() and twin.supports_masking
    assert keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer)).name == "reach"


@pytest.mark.parametrize("options", [{"padding": "valid"}, {"padding": "same", "strides": 2}])
def test_it_keeps_every_step(options):
    with pytest.raises(ValueError, match=r"MaskedConv1D must keep every step.*received padding"):
        models.MaskedConv1D(H, K, **options)


def test_each_level_of_the_cell_reaches_twice_as_far():
    model = models.many_to_many(features=1, outputs=1, cell="conv", units=2, depth=3)
    assert [model.get_layer(f"convolution_{level}").dilation_rate for level in (1, 2, 3)] == [(1,), (2,), (4,)]
