"""Every builder with every cell: shapes, padding, types, saving, training; and what the builders refuse."""

from dataclasses import dataclass

import keras
import numpy as np
import pytest

from rnncourse import measure, models

RECURRENT = ("simple", "lstm", "gru")
V, F, UNITS, OUTPUTS = 7, 3, 5, 4
LENGTHS = np.array([5, 2, 3])  # steps of the three sequences of a batch


@dataclass(frozen=True)
class Case:
    """A builder with its arguments, and what kind of inputs its model reads."""

    builder: str
    options: dict
    inputs: tuple[str, ...]  # "ids", "steps" (numbers at each step), "vector"
    pads: tuple[str, ...] = ("right",)  # where padding may stand
    answers: str = "vector"  # or "steps"

    def build(self):
        return getattr(models, self.builder)(**self.options)


def _cases():
    both = ("right", "left")
    sizes = {"outputs": OUTPUTS, "units": UNITS}
    yield "one_to_one", Case("one_to_one", {"features": F, "depth": 2, **sizes}, ("vector",), ())
    for cell in (*RECURRENT, "conv", "transformer"):
        for ways in (False, True) if cell in ("lstm", "conv", "transformer") else (False,):
            name = f"{cell}{'-both_ways' if ways else ''}"
            options = {"cell": cell, "bidirectional": ways, **sizes}
            tokens, numbers = {"vocab_size": V, "depth": 2, **options}, {"features": F, "mask_zero": True, **options}
            yield (
                f"many_to_one-{name}",
                Case("many_to_one", numbers if ways else tokens, (("ids", "steps")[ways],), both),
            )
            yield f"many_to_many-{name}", Case("many_to_many", tokens, ("ids",), both, "steps")
    options = {"features": F, "mask_zero": True, "cell": "gru", **sizes}
    yield "many_to_many-numbers", Case("many_to_many", options, ("steps",), both, "steps")
    for pooling in ("mean", "max", "attention"):
        yield f"many_to_one-{pooling}", Case("many_to_one", {**options, "pooling": pooling}, ("steps",), both)
    for cell in RECURRENT:
        options = {"features": F, "vocab_size": V, "cell": cell, "units": UNITS, "depth": 2}
        yield f"one_to_many-{cell}", Case("one_to_many", options, ("vector", "ids"), answers="steps")
        for attention in ("none", *{"lstm": ["bahdanau"], "gru": ["luong"]}.get(cell, [])):
            options = {"source_vocab": V, "target_vocab": V, "cell": cell, "units": UNITS, "attention": attention}
            options |= {"depth": 2, "bidirectional": True} if attention == "luong" else {}
            pads = ("right", "left source")
            yield f"encoder_decoder-{cell}-{attention}", Case("encoder_decoder", options, ("ids", "ids"), pads, "steps")


CASES = dict(_cases())
PADDED = [(name, pad) for name, case in CASES.items() for pad in case.pads]
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def inputs_of(case, rng, steps=5):
    made = {
        "ids": lambda: rng.integers(1, V, (3, steps)).astype(np.int32),
        "steps": lambda: rng.normal(size=(3, steps, F)).astype(np.float32),
        "vector": lambda: rng.normal(size=(3, F)).astype(np.float32),
    }
    return [made[kind]() for kind in case.inputs]


def called(model, inputs, **options):
    return model(inputs if len(inputs) > 1 else inputs[0], **options)


def shake(model, seed=1):
    """Random weights everywhere, the same in every run: biases and whatever else starts at 0 included."""
    rng = np.random.default_rng(seed)
    model.set_weights([0.5 * rng.normal(size=w.shape) for w in model.get_weights()])
    return model


def padded(array, pad, extra=2):
    """(3, steps, …) cut to LENGTHS and padded to steps + extra; None stands for what has no time."""
    shape = (3, array.shape[1] + extra, *array.shape[2:])
    out = np.zeros(shape, array.dtype)
    for row, given, n in zip(out, array, LENGTHS, strict=True):
        row[slice(0, n) if pad == "right" else slice(shape[1] - n, None)] = given[:n]
    return out


@every_case
def test_any_batch_and_any_number_of_steps(case):
    model = case.build()
    assert model.compiled is False and model.name == case.builder
    ends = {"vector": (OUTPUTS,), "steps": (None, OUTPUTS)}
    last = V if case.builder in ("one_to_many", "encoder_decoder") else OUTPUTS
    assert model.output_shape == (None, *ends[case.answers][:-1], last)
    for steps in (1, 6):
        inputs = inputs_of(case, np.random.default_rng(steps), steps)
        expected = (3, steps, last) if case.answers == "steps" else (3, last)
        assert tuple(called(model, inputs).shape) == expected


@pytest.mark.parametrize(("case", "pad"), [(CASES[n], pad) for n, pad in PADDED], ids=map("-".join, PADDED))
def test_padding_changes_no_output_and_no_loss(case, pad):
    model = shake(case.build())
    inputs = inputs_of(case, np.random.default_rng(3))
    sides = ["left", "right"] if pad == "left source" else [pad] * len(inputs)
    batch = [
        a if kind == "vector" else padded(a, side) for a, kind, side in zip(inputs, case.inputs, sides, strict=True)
    ]
    together = called(model, batch)
    losses = []
    for i, n in enumerate(LENGTHS):
        alone = [a[i : i + 1] if k == "vector" else a[i : i + 1, :n] for a, k in zip(inputs, case.inputs, strict=True)]
        expected = np.asarray(called(model, alone))[0]  # (n, outputs) or (outputs,)
        own = np.asarray(together)[i]
        if case.answers == "steps":
            own = own[:n] if sides[-1] == "right" else own[-n:]
        np.testing.assert_allclose(own, expected, atol=2e-6)
        losses.extend(np.log(np.exp(expected).sum(-1)).ravel() - expected[..., 1].ravel())  # −ln p(1), at each step
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(np.ones(together.shape[:-1], int), together)
    assert float(loss) == pytest.approx(np.mean(losses), abs=1e-5)


@every_case
def test_saved_and_loaded_a_model_gives_the_same(case, tmp_path):
    model = shake(case.build())
    inputs = inputs_of(case, np.random.default_rng(4))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(called(loaded, inputs), called(model, inputs))
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in model.layers]
    for layer in model.layers:
        assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()


@every_case
def test_a_step_down_the_gradient_lowers_the_loss_and_reaches_every_weight(case):
    import tensorflow as tf

    model = shake(case.build())
    inputs = inputs_of(case, np.random.default_rng(5))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    answers = np.random.default_rng(6).integers(0, OUTPUTS, called(model, inputs).shape[:-1])
    with tf.GradientTape() as tape:
        before = loss(answers, called(model, inputs, training=True))
    weights = model.trainable_variables
    gradients = [tf.convert_to_tensor(g) for g in tape.gradient(before, weights)]  # None would raise
    assert all(np.abs(g).max() > 0 for g in gradients)
    for weight, gradient in zip(weights, gradients, strict=True):
        weight.assign_sub(0.01 * gradient)
    assert float(loss(answers, called(model, inputs))) < float(before)


@pytest.mark.parametrize("policy", ["float64", "mixed_bfloat16"])
@pytest.mark.parametrize(
    "case",
    [CASES[n] for n in CASES if any(part in n for part in ("lstm", "conv", "transformer", "many_to_one-attention"))],
)
def test_other_types_of_numbers(case, policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = case.build()
    finally:
        keras.config.set_dtype_policy(before)
    inputs = inputs_of(case, np.random.default_rng(7))
    batch = [a if kind == "vector" else padded(a, "right") for a, kind in zip(inputs, case.inputs, strict=True)]
    outputs = called(model, batch)
    assert keras.backend.standardize_dtype(outputs.dtype) == policy.removeprefix("mixed_")
    assert np.isfinite(np.asarray(keras.ops.cast(outputs, "float32"))).all()


def test_dropout_stands_after_the_embedding_and_after_every_layer():
    model = models.many_to_one(vocab_size=V, outputs=2, cell="gru", units=4, depth=2, dropout=0.25, pooling="mean")
    names = [layer.name for layer in model.layers]
    assert names == ["ids", "embedding", "embedding_dropout", "recurrent_1", "dropout_1", "recurrent_2", "dropout_2",
                     "pool_mean", "read_out"]  # fmt: skip
    assert {model.get_layer(name).rate for name in names if "dropout" in name} == {0.25}
    options = {"source_vocab": V, "target_vocab": V, "cell": "gru", "units": 4, "attention": "luong"}
    model = models.encoder_decoder(**options, dropout=0.25)
    assert sum(isinstance(layer, keras.layers.Dropout) for layer in model.layers) == 4


def test_layers_are_named_for_what_they_do():
    options = {"source_vocab": V, "target_vocab": V, "cell": "lstm", "units": 4, "attention": "luong"}
    model = models.encoder_decoder(**options, depth=2)
    assert {layer.name for layer in model.layers} == {
        *("source", "source_embedding", "encoder_1", "encoder_2", "previous", "target_embedding"),
        *("decoder_1", "decoder_2", "attention", "context_and_state", "combine", "read_out"),
    }
    model = models.one_to_many(features=F, vocab_size=V, cell="lstm", units=4)
    names = {"condition", "previous", "start_h_1", "start_c_1", "embedding", "decoder_1", "read_out"}
    assert {layer.name for layer in model.layers} == names
    model = models.many_to_many(features=F, outputs=2, cell="conv", units=4, mask_zero=True)
    assert [layer.name for layer in model.layers] == ["features", "padding", "convolution_1", "read_out"]


def test_a_chosen_activation_stands_after_the_scores():
    ids = np.array([[1, 2, 3]])
    model = models.many_to_one(vocab_size=V, outputs=3, cell="gru", units=4, activation="softmax")
    assert float(keras.ops.sum(model(ids))) == pytest.approx(1)


def test_ids_can_do_without_padding():
    model = shake(models.many_to_one(vocab_size=V, outputs=2, cell="gru", units=4, mask_zero=False))
    short, long = np.array([[1, 2, 3]]), np.array([[1, 2, 3, 0]])
    assert np.abs(model(short) - model(long)).max() > 1e-3


def test_a_stateful_model_goes_on_where_it_was():
    options = {"vocab_size": V, "outputs": V, "cell": "lstm", "units": 4}
    whole = shake(models.many_to_many(**options))
    model = models.many_to_many(**options, stateful=True, batch_size=2)
    model.set_weights(whole.get_weights())
    ids = np.random.default_rng(0).integers(1, V, (2, 6))
    chunks = np.concatenate([model(ids[:, :2]), model(ids[:, 2:])], axis=1)
    np.testing.assert_allclose(chunks, whole(ids), atol=1e-6)
    model.get_layer("recurrent_1").reset_state()
    np.testing.assert_allclose(model(ids), whole(ids), atol=1e-6)


def test_without_a_backward_reading_no_answer_knows_what_comes_later():
    ids = np.random.default_rng(0).integers(1, V, (1, 6))
    other = np.where(np.arange(6) < 4, ids, 1 + ids % (V - 1))
    for cell in models.CELLS:
        ahead = shake(models.many_to_many(vocab_size=V, outputs=2, cell=cell, units=4))
        np.testing.assert_allclose(ahead(ids)[:, :4], ahead(other)[:, :4], atol=1e-6)
        both = shake(models.many_to_many(vocab_size=V, outputs=2, cell=cell, units=4, bidirectional=True))
        assert np.abs(both(ids)[:, :3] - both(other)[:, :3]).max() > 1e-3


def test_the_decoder_starts_in_the_encoders_last_states():
    model = shake(models.encoder_decoder(source_vocab=V, target_vocab=V, cell="lstm", units=4))
    source, previous = np.array([[3, 4, 5]]), np.array([[1, 6]])
    encoded = model.get_layer("source_embedding")(source)
    _, h, c = model.get_layer("encoder_1")(encoded)
    states = model.get_layer("decoder_1")(model.get_layer("target_embedding")(previous), initial_state=[h, c])
    np.testing.assert_allclose(model.get_layer("read_out")(states), model([source, previous]), atol=1e-6)


def test_the_microscope_sees_into_the_models():
    rng = np.random.default_rng(0)
    model = models.many_to_one(vocab_size=V, outputs=2, cell="gru", units=4, pooling="attention")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    norms = measure.gradient_norms(model, rng.integers(1, V, (3, 5)), np.array([0, 1, 1]), loss=loss)
    assert norms.shape == (5,) and (norms > 0).all()
    model = models.encoder_decoder(source_vocab=V, target_vocab=V, cell="gru", units=4, attention="luong")
    source, target = rng.integers(3, V, (3, 5)), rng.integers(3, V, (3, 4))
    norms = measure.gradient_norms(model, [source, target], target, layer="encoder_1", loss=loss)
    assert norms.shape == (5,) and (norms > 0).all()


WRONG = {
    "both": ("many_to_one", {"features": 3, "vocab_size": 7}, "features=3 and vocab_size=7"),
    "neither": ("many_to_many", {}, "one of features .* and vocab_size .* must be given"),
    "cell": (
        "many_to_one",
        {"vocab_size": 7, "cell": "rnn"},
        r"one of 'simple', 'lstm', 'gru', .*'conv', 'transformer', received 'rnn'",
    ),
    "pooling": (
        "many_to_one",
        {"vocab_size": 7, "pooling": "sum"},
        "'last', 'mean', 'max', 'attention', received 'sum'",
    ),
    "units": ("many_to_one", {"vocab_size": 7, "units": 0}, "units must be a whole number from 1 up, received 0"),
    "dropout": ("many_to_one", {"vocab_size": 7, "dropout": 1.0}, "0 ≤ dropout < 1, received 1.0"),
    "features": ("many_to_many", {"features": 0}, "features must be a whole number from 1 up, received 0"),
    "embedding": ("many_to_many", {"vocab_size": 7, "embedding_dim": 0}, "embedding_dim must .* received 0"),
    "stateful": ("many_to_many", {"vocab_size": 7, "stateful": True}, "batch_size must be given .* None"),
    "backwards": (
        "many_to_many",
        {"vocab_size": 7, "stateful": True, "batch_size": 2, "bidirectional": True},
        "stateful must be False for a bidirectional model",
    ),
    "stateless": (
        "many_to_many",
        {"vocab_size": 7, "stateful": True, "batch_size": 2, "cell": "conv"},
        r"'simple', 'lstm', 'gru', .*since stateful needs a state, received 'conv'",
    ),
    "depth": ("one_to_one", {"features": 3, "depth": -1}, "depth must be a whole number from 0 up, received -1"),
    "steps": ("one_to_many", {"features": 3, "vocab_size": 7, "steps": 0}, "steps must .* received 0"),
    "decoder": ("one_to_many", {"features": 3, "vocab_size": 7, "cell": "conv"}, "since one_to_many needs a state"),
    "attention": ("encoder_decoder", {"attention": "dot"}, "'none', 'bahdanau', 'luong', received 'dot'"),
    "vocabulary": ("encoder_decoder", {"target_vocab": 0}, "target_vocab must .* received 0"),
}


@pytest.mark.parametrize(("builder", "options", "message"), WRONG.values(), ids=WRONG)
def test_wrong_arguments_say_so(builder, options, message):
    usual = {"cell": "gru", "units": 4, "outputs": 2}
    if builder == "encoder_decoder":
        usual = {"cell": "gru", "units": 4, "source_vocab": 5, "target_vocab": 5}
    elif builder == "one_to_one":
        usual.pop("cell")
    elif builder == "one_to_many":
        usual.pop("outputs")
    with pytest.raises(ValueError, match=message):
        getattr(models, builder)(**{**usual, **options})
