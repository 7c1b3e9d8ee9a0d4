"""Self-attention beside Keras' own layer with the same weights, and read piece by piece beside whole."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnncourse import models

B, T, D, HEADS, KEY = 3, 7, 8, 2, 5
X = np.random.default_rng(0).normal(size=(B, T, D)).astype(np.float32)
MASK = np.arange(T) < np.array([[7], [4], [5]])
HOLES = np.array([[1, 1, 0, 1, 1, 1, 1], [0, 0, 1, 1, 0, 1, 1], [1, 1, 1, 1, 1, 1, 0]], bool)
KINDS = {"whole": {}, "causal": {"causal": True}, "rotary": {"rotary": True}, "both": {"causal": True, "rotary": True}}


def made(heads=HEADS, key_dim=KEY, seed=1, **options):
    """The layer with random, distinct weights."""
    layer, rng = models.MultiHeadSelfAttention(heads, key_dim, **options), np.random.default_rng(seed)
    layer.build((None, None, D))
    layer.set_weights([0.5 * rng.normal(size=w.shape) for w in layer.get_weights()])
    return layer


@pytest.mark.parametrize("mask", [None, MASK, HOLES], ids=["all", "padded", "holes"])
@pytest.mark.parametrize("causal", [False, True])
def test_it_is_the_layer_of_keras_with_the_same_weights(causal, mask):
    ours, theirs = made(causal=causal), keras.layers.MultiHeadAttention(HEADS, KEY)
    theirs.build(X.shape, X.shape)
    theirs.set_weights(ours.get_weights())
    counts = None if mask is None else mask[:, None, :]
    expected, scores = theirs(X, X, attention_mask=counts, use_causal_mask=causal, return_attention_scores=True)
    found, weights = ours(X, mask=mask, return_scores=True)
    some = np.ones((B, T), bool) if mask is None else mask  # steps that count: Keras gives the others another mean
    np.testing.assert_allclose(np.asarray(found)[some], np.asarray(expected)[some], atol=1e-5)
    rows = np.broadcast_to(some[:, None], (B, HEADS, T))
    np.testing.assert_allclose(np.asarray(weights)[rows], np.asarray(scores)[rows], atol=1e-6)
    np.testing.assert_array_equal(ours(X, mask=mask), found)


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_it_is_the_formula(options):
    layer = made(**options)
    w = dict(zip([w.name for w in layer.weights], [w.numpy().astype(float) for w in layer.weights], strict=True))
    for b in range(B):
        places = np.cumsum(HOLES[b]) - 1
        project = {name: np.einsum("td,dhk->thk", X[b], w[f"{name}_kernel"]) + w[f"{name}_bias"] for name in
                   ("query", "key", "value")}  # fmt: skip
        for i in np.flatnonzero(HOLES[b]):
            output = w["output_bias"].copy()
            for h in range(HEADS):
                likely = np.zeros(T)
                for j in np.flatnonzero(HOLES[b]):
                    query, key = project["query"][i, h].copy(), project["key"][j, h].copy()
                    for pair in range(KEY // 2) if layer.rotary else ():  # as one complex number each
                        turn = 10_000 ** (-pair / (KEY // 2))
                        two = slice(2 * pair, 2 * pair + 2)
                        for vector, place in ((query, places[i]), (key, places[j])):
                            turned = complex(*vector[two]) * np.exp(1j * place * turn)
                            vector[two] = turned.real, turned.imag
                    likely[j] = np.exp(query @ key / np.sqrt(KEY)) if j <= i or not layer.causal else 0
                output += np.einsum("t,tk,kd->d", likely / likely.sum(), project["value"][:, h], w["output_kernel"][h])
            np.testing.assert_allclose(layer(X, mask=HOLES)[b, i], output, atol=1e-5)


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_nothing_looks_at_padding_and_a_causal_step_at_nothing_later(options):
    layer = made(**options)
    other = np.where(HOLES[..., None], X, 1e3)
    np.testing.assert_array_equal(np.asarray(layer(other, mask=HOLES))[HOLES], np.asarray(layer(X, mask=HOLES))[HOLES])
    weights = np.asarray(layer(X, mask=HOLES, return_scores=True)[1])
    assert (weights[np.broadcast_to(~HOLES[:, None, None], weights.shape)] == 0).all()
    if layer.causal:
        assert (weights[..., ~np.tri(T, dtype=bool)] == 0).all()
    nothing = np.zeros((B, T), bool)
    np.testing.assert_array_equal(layer(X, mask=nothing), np.broadcast_to(layer.output_bias, X.shape))


PIECES = {"a prompt and steps": (4, 1, 1, 1), "steps": (1,) * 7, "prompts": (2, 3, 2), "whole": (7,)}


def in_pieces(layer, x, mask, sizes, room):
    cache, outputs = layer.initial_cache(len(x), room), []
    for end, size in zip(np.cumsum(sizes), sizes, strict=True):
        own = None if mask is None else mask[:, end - size : end]
        piece, cache = layer(x[:, end - size : end], mask=own, cache=cache)
        outputs.append(piece)
    return np.concatenate(outputs, axis=1), cache


@pytest.mark.parametrize("mask", [None, MASK, HOLES], ids=["all", "padded", "holes"])
@pytest.mark.parametrize("sizes", PIECES.values(), ids=PIECES)
@pytest.mark.parametrize("rotary", [False, True])
def test_in_pieces_it_is_as_whole(rotary, sizes, mask):
    layer = made(causal=True, rotary=rotary)
    found, cache = in_pieces(layer, X, mask, sizes, room=T + 3)
    np.testing.assert_allclose(found, layer(X, mask=mask), atol=1e-5)
    assert {name: tuple(a.shape) for name, a in cache.items()} == {
        "key": (B, HEADS, T + 3, KEY), "value": (B, HEADS, T + 3, KEY), "counts": (B, T + 3), "read": (B,)
    }  # fmt: skip
    assert (np.asarray(cache["read"]) == T).all()


def test_a_step_in_a_compiled_loop_and_rows_taken_apart():
    layer, rows = made(causal=True, rotary=True), [2, 0]
    _, cache = in_pieces(layer, X, HOLES, (4,), room=T)
    cache = {name: tf.gather(a, rows) for name, a in cache.items()}

    @tf.function(jit_compile=True)
    def read(x, cache):
        outputs = []
        for t in range(4, T):
            output, cache = layer.step(x[:, t], cache)
            outputs.append(output)
        return tf.stack(outputs, axis=1)

    mask = HOLES.copy()
    mask[:, 4:] = True
    np.testing.assert_allclose(read(X[rows], cache), np.asarray(layer(X, mask=mask))[rows, 4:], atol=1e-5)


def test_beyond_its_room_a_cache_gives_no_number():
    layer = made(causal=True)
    _, cache = in_pieces(layer, X, None, (5,), room=5)
    assert np.isnan(layer.step(X[:, 5], cache)[0]).all()


def test_kernels_start_as_glorots_for_matrices():
    layer = models.MultiHeadSelfAttention(4)
    layer.build((None, None, 64))
    for kernel in (layer.query_kernel, layer.key_kernel, layer.value_kernel, layer.output_kernel):
        limit = np.sqrt(6 / 128)
        assert 0.95 * limit < np.abs(kernel).max() <= limit
    assert not np.allclose(layer.query_kernel, layer.key_kernel)
    keras_layer = keras.layers.MultiHeadAttention(4, 16)
    keras_layer.build((None, None, 64), (None, None, 64))
    assert [w.shape for w in layer.get_weights()] == [w.shape for w in keras_layer.get_weights()]


WRONG = {
    "heads": (lambda: models.MultiHeadSelfAttention(0), "heads must be a whole number from 1 up, received 0"),
    "key_dim": (lambda: models.MultiHeadSelfAttention(2, 0), "key_dim must be a whole number from 1 up, received 0"),
    "dividing": (
        lambda: models.MultiHeadSelfAttention(3).build((None, None, D)),
        "heads must divide the 8 features of a step, received heads=3",
    ),
    "turning": (
        lambda: models.MultiHeadSelfAttention(8, rotary=True).build((None, None, D)),
        "key_dim must be at least 2 to be turned by rotary positions, received 1",
    ),
    "not causal": (lambda: made().initial_cache(B, T), "must be causal to read step by step"),
    "not built": (
        lambda: models.MultiHeadSelfAttention(2, causal=True).initial_cache(B, T),
        "must be built before it has a cache",
    ),
}


@pytest.mark.parametrize(("wrong", "message"), WRONG.values(), ids=WRONG)
def test_wrong_arguments_say_so(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
