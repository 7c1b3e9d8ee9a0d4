"""What every layer that we add must do: carry masks and dtypes, be saved, be built again, and learn."""

import keras
import numpy as np
import pytest

from rnncourse import models

B, T, D, H = 3, 5, 4, 6

SEQUENCE = {  # (B, T, D) to (B, T, H)
    "LSTMVariantCell": lambda **o: keras.layers.RNN(models.LSTMVariantCell(H, remove=["output"], **o), True, **o),
    "coupled": lambda **o: keras.layers.RNN(models.LSTMVariantCell(H, coupled=True, **o), True, **o),
    "LayerNormLSTMCell": lambda **o: keras.layers.RNN(models.LayerNormLSTMCell(H, **o), True, **o),
    "LayerNormGRUCell": lambda **o: keras.layers.RNN(models.LayerNormGRUCell(H, **o), True, **o),
    "MinGRU": lambda **o: models.MinGRU(H, return_sequences=True, **o),
    "MinLSTM": lambda **o: models.MinLSTM(H, signed=True, return_sequences=True, **o),
    "LRU": lambda **o: models.LRU(H, activation="gelu", return_sequences=True, **o),
    "LRU, step by step": lambda **o: models.LRU(H, mode="sequential", return_sequences=True, **o),
    "MaskedConv1D": lambda **o: models.MaskedConv1D(H, 3, padding="causal", **o),
}
POOLING = {  # (B, T, D) to (B, D)
    "AttentionPooling": lambda **o: models.AttentionPooling(H, **o),
    "LastStep": lambda **o: models.LastStep(**o),
    "MaskedMean": lambda **o: models.MaskedMean(**o),
    "MaskedMax": lambda **o: models.MaskedMax(**o),
}
ATTENTION = {  # (B, T, D) twice, as the query and as the values
    "BahdanauAttention": lambda **o: models.BahdanauAttention(H, **o),
    "LuongAttention": lambda **o: models.LuongAttention(**o),
}
STREAM = {  # (B, T, D) to (B, T, D)
    "MultiHeadSelfAttention": lambda **o: models.MultiHeadSelfAttention(2, 3, **o),
    "MultiHeadSelfAttention, causal, rotary": lambda **o: models.MultiHeadSelfAttention(
        2, causal=True, rotary=True, **o
    ),
    "SinusoidalPositions": lambda **o: models.SinusoidalPositions(**o),
    "LearnedPositions": lambda **o: models.LearnedPositions(T, **o),
    "TransformerBlock": lambda **o: models.TransformerBlock(2, **o),
    "TransformerBlock, causal, rotary": lambda **o: models.TransformerBlock(
        2, hidden=H, causal=True, rotary=True, activation="gelu", **o
    ),
}
LAYERS = SEQUENCE | POOLING | ATTENTION | STREAM
LEARNING = [name for name in LAYERS if name not in ("LastStep", "MaskedMean", "MaskedMax", "SinusoidalPositions")]


def network(name, **options):
    """A model of one layer, behind a mask for steps of zeros; batch and time are unknown."""
    x = keras.Input((None, D))
    masked = keras.layers.Masking()(x)
    layer = LAYERS[name](**options)
    y = layer(masked, masked) if name in ATTENTION else layer(masked)
    model = keras.Model(x, y)
    rng = np.random.default_rng(7)
    model.set_weights([rng.normal(size=weight.shape) for weight in model.get_weights()])
    return model


def inputs(seed=0):
    return np.random.default_rng(seed).normal(size=(B, T, D)).astype(np.float32)


@pytest.mark.parametrize("name", LAYERS)
def test_padding_changes_no_step_that_counts(name):
    model, padded = network(name), np.pad(inputs(), ((0, 0), (0, 2), (0, 0)))
    expected, found = np.array(model(inputs())), np.array(model(padded))
    np.testing.assert_allclose(found if name in POOLING else found[:, :T], expected, rtol=2e-6, atol=1e-6)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("name", LAYERS)
def test_batch_and_time_may_be_unknown(name):
    model = network(name)
    width = H if name in SEQUENCE else D
    assert model.output_shape == ((None, width) if name in POOLING else (None, None, width))
    assert model(inputs()).shape == ((B, width) if name in POOLING else (B, T, width))


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("dtype", ["float64", "float16", "mixed_bfloat16"])
def test_it_computes_in_its_dtype(name, dtype):
    model = network(name, dtype=dtype)
    layer = model.layers[-1]
    assert layer.compute_dtype == dtype.removeprefix("mixed_")
    found = layer(inputs(), inputs()) if name in ATTENTION else layer(inputs())
    assert keras.backend.standardize_dtype(found.dtype) == layer.compute_dtype
    assert np.isfinite(np.array(keras.ops.cast(found, "float32"))).all()


@pytest.mark.parametrize("name", LAYERS)
def test_it_is_saved_and_loaded(name, tmp_path):
    model = network(name)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(inputs()), model(inputs()))


@pytest.mark.parametrize("name", LAYERS)
def test_it_is_built_again_from_its_config(name):
    layer = LAYERS[name]()
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


@pytest.mark.parametrize("name", LEARNING)
def test_a_training_step_moves_every_weight(name):
    model = network(name)
    before = model.get_weights()
    model.compile(keras.optimizers.SGD(0.1), "mse")
    x = inputs()
    loss = model.train_on_batch(x, np.ones(model(x).shape))
    assert np.isfinite(loss)
    for old, new, weight in zip(before, model.get_weights(), model.weights, strict=True):
        if weight.name == "key_bias" and "rotary" not in name:
            continue  # adds the same number to all scores of a query: to the softmax it makes no difference
        assert not np.allclose(old, new, atol=1e-9), weight.path
