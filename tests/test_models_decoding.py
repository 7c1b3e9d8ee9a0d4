"""Greedy and beam search against searches written out in Python that call the whole model for every prefix."""

import itertools

import keras
import numpy as np
import pytest

from rnncourse import models
from rnncourse.models.writing import _loops

PAD, START, END = 0, 1, 2
V, LENGTH = 6, 5
SOURCE = np.array([[3, 4, 5, 3], [5, 5, 0, 0], [4, 3, 4, 0], [3, 0, 0, 0]])
CONDITION = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)


def with_keras_own_attention():
    """A model that a student may write: masks travel by themselves, the target's Embedding has none."""
    source, previous = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(V, 4, mask_zero=True)(source)
    memory, state = keras.layers.GRU(5, return_sequences=True, return_state=True)(x)
    y = keras.layers.GRU(5, return_sequences=True)(keras.layers.Embedding(V, 4)(previous), initial_state=state)
    context = keras.layers.MultiHeadAttention(1, 4)(y, memory)
    return keras.Model([source, previous], keras.layers.Dense(V)(keras.layers.Concatenate()([y, context])))


VOCAB = {"source_vocab": V, "target_vocab": V, "units": 5}
BUILD = {
    "simple": lambda: models.encoder_decoder(**VOCAB, cell="simple"),
    "lstm-bahdanau": lambda: models.encoder_decoder(
        **VOCAB, cell="lstm", attention="bahdanau", depth=2, bidirectional=True, dropout=0.5
    ),
    "gru-luong": lambda: models.encoder_decoder(**VOCAB, cell="gru", attention="luong"),
    "one_to_many": lambda: models.one_to_many(features=3, vocab_size=V, cell="lstm", units=5),
    "keras": with_keras_own_attention,
}
# Under these a model writes different rows, some with an end.
SEEDS = {"simple": 22, "lstm-bahdanau": 0, "gru-luong": 4, "one_to_many": 3, "keras": 17}


def shaken(name):
    """A model with random weights."""
    model, rng = BUILD[name](), np.random.default_rng(SEEDS[name])
    model.set_weights([1.2 * rng.normal(size=w.shape) for w in model.get_weights()])
    return model


def table(model, source):
    """ln p of every next token (V,) for each source and each row of tokens without an end, from the whole model."""
    known = {}
    for n in range(LENGTH):
        rows = list(itertools.product((3, 4, 5), repeat=n))
        previous = np.array([[START, *own] for own in rows])
        sources = np.repeat(source, len(rows), axis=0)
        scores = np.array(model([sources, np.tile(previous, (len(source), 1))])[:, -1], dtype=float)
        scores[:, [PAD, START]] = -np.inf
        log_p = scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
        known |= dict(zip(itertools.product(range(len(source)), rows), log_p, strict=True))
    return known


@pytest.fixture(scope="module", params=BUILD)
def writer(request):
    """A model, what it writes about, and its table."""
    model, source = shaken(request.param), CONDITION if request.param == "one_to_many" else SOURCE
    return model, source, table(model, source)


def greedily(known, i, length=LENGTH):
    """The tokens that a source's likeliest continuation has."""
    written = ()
    while len(written) < length and END not in written:
        written = (*written, int(known[i, written].argmax()))
    return written


def by_beams(known, i, width, penalty):
    """(score, log p, tokens), the best first; ended hypotheses keep their places."""
    beams, ended = [(0.0, ())], []
    for _ in range(LENGTH):
        grown = [(p + known[i, tokens][k], (*tokens, k)) for p, tokens in beams for k in (END, 3, 4, 5)]
        grown = sorted(grown, reverse=True)[: width - len(ended)]
        ended += [own for own in grown if own[1][-1] == END]
        beams = [own for own in grown if own[1][-1] != END]
    found = [(log_p / len(tokens) ** penalty, log_p, tokens) for log_p, tokens in ended + beams]
    return sorted(found, reverse=True)


def row(tokens, length=LENGTH):
    return [*tokens, *[PAD] * (length - len(tokens))]


def test_greedy_takes_the_likeliest_token_until_the_end(writer):
    model, source, known = writer
    expected = [row(greedily(known, i)) for i in range(len(source))]
    assert len({tuple(own) for own in expected}) > 1  # else it would test little
    assert any(END in own for own in expected)
    written = models.greedy(model, source, length=LENGTH)
    assert written.dtype == np.int32
    np.testing.assert_array_equal(written, expected)


def test_a_beam_of_one_is_greedy(writer):
    model, source, known = writer
    beams = models.beam_search(model, source, 1, length=LENGTH)
    np.testing.assert_array_equal(beams.ids[:, 0], [row(greedily(known, i)) for i in range(len(source))])


def test_beam_search_is_the_search_written_out(writer):
    model, source, known = writer
    for penalty in (0.0, 1.0):
        beams = models.beam_search(model, source, 3, length=LENGTH, length_penalty=penalty)
        assert beams.ids.shape == (4, 3, LENGTH) and beams.ids.dtype == np.int32
        for i in range(len(source)):
            scores, log_p, tokens = zip(*by_beams(known, i, 3, penalty), strict=True)
            np.testing.assert_array_equal(beams.ids[i], [row(t) for t in tokens])
            np.testing.assert_allclose(beams.scores[i], scores, rtol=1e-4, atol=1e-5)
            np.testing.assert_allclose(beams.log_probabilities[i], log_p, rtol=1e-4, atol=1e-5)


def test_a_beam_as_wide_as_the_tree_finds_the_best_of_all():
    model = shaken("gru-luong")
    known = table(model, SOURCE)
    rows = {t[: t.index(END) + 1] if END in t else t for t in itertools.product((END, 3, 4, 5), repeat=3)}
    beams = models.beam_search(model, SOURCE, 64, length=3)
    for i in range(len(SOURCE)):
        scores = {t: sum(known[i, t[:k]][t[k]] for k in range(len(t))) / len(t) for t in rows}
        ranked = sorted(rows, key=scores.get, reverse=True)
        np.testing.assert_allclose(beams.scores[i, : len(rows)], sorted(scores.values(), reverse=True), rtol=1e-4)
        np.testing.assert_array_equal(beams.ids[i, 0], row(ranked[0], 3))
        assert np.isneginf(beams.scores[i, len(rows) :]).all()  # no more rows than there are
        assert np.exp(beams.log_probabilities[i, : len(rows)]).sum() == pytest.approx(1, abs=1e-5)


def test_padding_of_the_source_changes_nothing():
    model = shaken("gru-luong")
    alone = [models.greedy(model, own[own > 0][None], length=LENGTH)[0] for own in SOURCE]
    np.testing.assert_array_equal(models.greedy(model, np.pad(SOURCE, [(0, 0), (0, 3)]), length=LENGTH), alone)


def test_what_was_learned_since_counts_and_nothing_is_traced_again():
    model = shaken("simple")
    first = models.greedy(model, SOURCE, length=LENGTH)
    np.testing.assert_array_equal(models.greedy(model, SOURCE[:2], length=LENGTH), first[:2])
    np.testing.assert_array_equal(models.greedy(model, SOURCE, length=2), first[:, :2])
    model.set_weights([-w for w in model.get_weights()])
    known = table(model, SOURCE)
    expected = [row(greedily(known, i)) for i in range(len(SOURCE))]
    np.testing.assert_array_equal(models.greedy(model, SOURCE, length=LENGTH), expected)
    assert not np.array_equal(expected, first)
    assert set(_loops[model]) == {"parts", "greedy"}


def test_many_models_and_widths_give_no_warning_of_retracing(caplog):
    for size in range(5, 11):
        writer = models.many_to_many(vocab_size=size, outputs=size, cell="gru", units=4, mask_zero=False)
        models.sample(writer, [1, 2], 3, seed=0)
    for width in range(1, 7):
        models.beam_search(shaken("simple"), SOURCE, width, length=2)
    assert not [record for record in caplog.records if "retracing" in record.getMessage()]


def test_a_loaded_model_writes_the_same(tmp_path):
    model = shaken("gru-luong")
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        models.greedy(loaded, SOURCE, length=LENGTH), models.greedy(model, SOURCE, length=LENGTH)
    )


def test_writing_leaves_the_model_as_it_was(tmp_path):
    model = shaken("gru-luong")
    before, names = [w.copy() for w in model.get_weights()], [layer.name for layer in model.layers]
    outputs = model([SOURCE, SOURCE])
    models.beam_search(model, SOURCE, 2, length=2)
    assert [layer.name for layer in model.layers] == names
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    np.testing.assert_array_equal(model([SOURCE, SOURCE]), outputs)
    keras.Model(model.inputs, model.get_layer("attention").output)
    model.save(tmp_path / "model.keras")


@pytest.mark.parametrize("name", ["lstm-bahdanau", "gru-luong"])
def test_attention_weights_are_those_of_the_layer(name):
    model = shaken(name)
    previous = np.array([[1, 3, 4]] * 4)
    weights = models.attention_weights(model, [SOURCE, previous])
    assert weights.shape == (4, 3, 4)
    assert (weights[np.broadcast_to(SOURCE[:, None] == 0, weights.shape)] == 0).all()
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-6)
    np.testing.assert_array_equal(
        keras.Model(model.inputs, model.get_layer("attention").output[1])([SOURCE, previous]), weights
    )


def test_attention_weights_of_a_pooling():
    model = models.many_to_one(vocab_size=V, outputs=2, cell="gru", units=4, pooling="attention")
    weights = models.attention_weights(model, SOURCE)
    assert weights.shape == SOURCE.shape and (weights[SOURCE == 0] == 0).all()
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-6)


def test_wrong_arguments_say_so():
    model = shaken("simple")
    with pytest.raises(ValueError, match="length must be a whole number from 1 up, received 0"):
        models.greedy(model, SOURCE, length=0)
    with pytest.raises(ValueError, match="width must be a whole number from 1 up, received 0"):
        models.beam_search(model, SOURCE, 0, length=3)
    with pytest.raises(ValueError, match="length_penalty must be a number from 0 up, received -1"):
        models.beam_search(model, SOURCE, length=3, length_penalty=-1)
    with pytest.raises(ValueError, match=r"source must have shape \(any, any\), a batch of it, received shape \(4,\)"):
        models.greedy(model, SOURCE[0], length=3)
    with pytest.raises(ValueError, match="source must hold whole numbers, received float64"):
        models.greedy(model, SOURCE + 0.5, length=3)
    with pytest.raises(ValueError, match=r"model must read a source and the tokens written so far.* 'many_to_one'"):
        models.greedy(models.many_to_one(vocab_size=V, outputs=V, cell="gru", units=4), SOURCE, length=3)
    with pytest.raises(ValueError, match=r"model must have one attention layer .* received 0"):
        models.attention_weights(model, [SOURCE, SOURCE])
    with pytest.raises(ValueError, match=r"model must be a functional keras.Model, received 'model'"):
        models.attention_weights("model", SOURCE)


def test_a_decoder_that_reads_backwards_cannot_write():
    condition, previous = keras.Input((3,)), keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(V, 4)(previous)
    x = keras.layers.Bidirectional(keras.layers.GRU(4, return_sequences=True))(x)
    x = keras.layers.Add()([x, keras.layers.RepeatVector(1)(keras.layers.Dense(8)(condition))])
    model = keras.Model([condition, previous], keras.layers.Dense(V)(x))
    with pytest.raises(ValueError, match="from the left to the right"):
        models.greedy(model, CONDITION, length=3)
