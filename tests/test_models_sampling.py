"""Sampling beside the naive loop that runs the whole context for each token."""

import gc
import warnings
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from rnncourse.models import stepping
from rnncourse.models.sampling import sample

V = 7


class Leaky(layers.Layer):
    """A cell whose output is none of its states."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.state_size = self.output_size = units
        self.kernel, self.read = layers.Dense(units, activation="tanh"), layers.Dense(units)

    def build(self, shape):
        self.kernel.build((None, shape[-1] + self.state_size))
        self.read.build((None, self.state_size))

    def call(self, inputs, states):
        (state,) = states
        state = 0.7 * state + 0.3 * self.kernel(keras.ops.concatenate([inputs, state], axis=-1))
        return self.read(state), [state]


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.embedding, self.recurrent, self.scores = layers.Embedding(V, 4), layers.GRU(6), layers.Dense(V)

    def call(self, ids):
        return self.scores(self.recurrent(self.embedding(ids)))


SEQUENCES = {"return_sequences": True}
RECURRENT = {
    "simple": lambda: [layers.SimpleRNN(6, **SEQUENCES)],
    "relu": lambda: [layers.SimpleRNN(6, activation="relu", **SEQUENCES)],
    "lstm": lambda: [layers.LSTM(6, **SEQUENCES)],
    "gru": lambda: [layers.GRU(6, **SEQUENCES)],
    "gru, reset before": lambda: [layers.GRU(6, reset_after=False, **SEQUENCES)],
    "stack with dropout": lambda: [
        layers.LSTM(5, dropout=0.5, **SEQUENCES),
        layers.Dropout(0.5),
        layers.GRU(6, recurrent_dropout=0.5, **SEQUENCES),
    ],
    "stacked cells": lambda: [layers.RNN([layers.LSTMCell(5), layers.GRUCell(6)], **SEQUENCES)],
    "own cell": lambda: [layers.RNN(Leaky(6), **SEQUENCES)],
    "own cell, zeros when masked": lambda: [layers.RNN(Leaky(6), zero_output_for_mask=True, **SEQUENCES)],
    "unrolled": lambda: [layers.GRU(6, unroll=True, **SEQUENCES)],
    "last step alone": lambda: [layers.GRU(6, **SEQUENCES), layers.LSTM(6)],
    "nested": lambda: [keras.Sequential([keras.Input((None, 4)), layers.LSTM(6, **SEQUENCES)])],
}


def network(recurrent, *, mask=False, batch=None, length=None):
    keras.utils.set_random_seed(3)
    below = [keras.Input((length,), batch_size=batch, dtype="int32"), layers.Embedding(V, 4, mask_zero=mask)]
    model = keras.Sequential([*below, *recurrent, layers.Dense(V)])
    rng = np.random.default_rng(14)
    for weight in model.trainable_variables:  # distinct and large, so that the highest score changes from step to step
        weight.assign(rng.normal(size=weight.shape))
    return model


def naive(model, ids, length):
    """The highest score after the whole context, again and again."""
    ids = list(ids)
    for _ in range(length):
        scores = model(np.array([ids], "int32")).numpy()[0]
        ids.append(int((scores if scores.ndim == 1 else scores[-1]).argmax()))
    return ids[-length:]


MASKED = ["lstm", "stacked cells", "own cell", "own cell, zeros when masked", "last step alone"]


@pytest.mark.parametrize(("name", "mask"), [*((name, False) for name in RECURRENT), *((name, True) for name in MASKED)])
def test_the_same_ids_as_from_the_whole_context(name, mask):
    model = network(RECURRENT[name](), mask=mask, length=10 if name == "unrolled" else None)
    prompts = [[3, 0, 2], [1], [5, 5], [6], [4, 2]]
    twin = network(RECURRENT["gru"](), mask=mask) if name == "unrolled" else model  # Keras unrolls one length alone
    expected = [naive(twin, prompt, 5) for prompt in prompts]
    drawn = sample(model, prompts, 5, temperature=0)
    assert drawn.dtype == np.int32
    assert drawn.tolist() == expected
    assert len({id for ids in expected for id in ids}) > 1


def test_a_batch_of_prompts_of_any_lengths():
    model = network(RECURRENT["gru"]())
    prompts = [[3, 1, 2], [5], [0, 6, 6, 6, 1]]
    drawn = sample(model, prompts, 8, temperature=0)
    assert drawn.tolist() == [naive(model, prompt, 8) for prompt in prompts]
    same = sample(model, np.array(prompts[:1] * 2), 8, temperature=0)
    assert same.tolist() == [drawn[0].tolist()] * 2


def test_subclassed_and_one_hot_models():
    model = Subclassed()
    assert sample(model, [1, 2], 5, temperature=0).tolist() == naive(model, [1, 2], 5)
    one_hot = keras.Sequential([keras.Input((None, V)), layers.GRU(6), layers.Dense(V)])
    ids = [2, 4]
    for _ in range(6):
        ids.append(int(one_hot(np.eye(V, dtype="float32")[ids][None]).numpy().argmax()))
    assert sample(one_hot, [2, 4], 6, temperature=0).tolist() == ids[2:]


def test_a_condition_is_the_first_state():
    image, ids = keras.Input((3,)), keras.Input((None,), dtype="int32")
    start = layers.Dense(6)(image)
    states = layers.GRU(6, **SEQUENCES)(layers.Embedding(V, 4)(ids), initial_state=start)
    model = keras.Model([image, ids], layers.Dense(V)(states))
    images = np.random.default_rng(0).normal(size=(2, 3)).astype("float32") * 5
    expected = []
    for picture in images:
        written = [1]
        for _ in range(6):
            written.append(int(model([picture[None], np.array([written])]).numpy()[0, -1].argmax()))
        expected.append(written[1:])
    assert sample(model, [[1], [1]], 6, temperature=0, condition=images).tolist() == expected
    assert sample(model, [1], 6, temperature=0, condition=images[1]).tolist() == expected[1]
    with pytest.raises(ValueError, match=r"condition must have a row for each of 2 prompts, received shape \(3,\)"):
        sample(model, [[1], [1]], 6, condition=images[0])


def test_a_stateful_model_starts_from_zero_and_keeps_its_state():
    model = network([layers.GRU(6, stateful=True, **SEQUENCES)], batch=2)
    model(np.array([[1, 2], [3, 4]]))
    before = [state.numpy() for state in model.layers[1].states]
    assert sample(model, [3, 1], 8, temperature=0).tolist() == naive(network(RECURRENT["gru"]()), [3, 1], 8)
    np.testing.assert_array_equal(model.layers[1].states[0], before[0])
    assert model.layers[1].stateful and "inner_loop" not in vars(model.layers[1])


def test_frequencies_are_those_of_the_softmax():
    model = network(RECURRENT["gru"]())
    scores = model(np.array([[2, 5]])).numpy()[0, -1].astype(float)
    drawn = {
        (temperature, top_k, top_p): sample(
            model, np.tile([2, 5], (4000, 1)), 1, temperature=temperature, top_k=top_k, top_p=top_p, seed=1
        )[:, 0]
        for temperature, top_k, top_p in [
            (1.0, None, None),
            (2.0, None, None),
            (3.0, 3, None),
            (3.0, None, 0.7),
            (3.0, 5, 0.5),
        ]
    }
    for (temperature, top_k, top_p), ids in drawn.items():
        expected = np.exp(scores / temperature - (scores / temperature).max())
        expected /= expected.sum()
        order = np.argsort(-expected)
        if top_k:
            expected[order[top_k:]] = 0
        if top_p:
            before = np.cumsum(expected[order] / expected.sum()) - expected[order] / expected.sum()
            expected[order[before >= top_p]] = 0
        expected /= expected.sum()
        found = np.bincount(ids, minlength=V) / len(ids)
        assert not found[expected == 0].any()
        np.testing.assert_allclose(found, expected, atol=0.03)


def test_seeds():
    model = network(RECURRENT["simple"]())
    assert (sample(model, [1], 40, 5.0, seed=4) == sample(model, [1], 40, 5.0, seed=4)).all()
    assert (sample(model, [1], 40, 5.0, seed=4) != sample(model, [1], 40, 5.0, seed=5)).any()
    assert (sample(model, [1], 40, 5.0, seed=4)[:20] == sample(model, [1], 20, 5.0, seed=4)).all()
    keras.utils.set_random_seed(0)
    first, second = sample(model, [1], 40, 5.0), sample(model, [1], 40, 5.0)
    keras.utils.set_random_seed(0)
    assert (sample(model, [1], 40, 5.0) == first).all() and (first != second).any()
    rows = sample(model, [[1], [1]], 40, 5.0, seed=2)
    assert (rows[0] != rows[1]).any()


def test_length_zero_and_new_weights():
    model = network(RECURRENT["gru"]())
    assert sample(model, [1], 0).shape == (0,) and sample(model, [[1], [2]], 0).shape == (2, 0)
    first = sample(model, [1], 12, temperature=0)
    model.set_weights([-weight for weight in model.get_weights()])
    again = sample(model, [1], 12, temperature=0)
    assert (first != again).any() and again.tolist() == naive(model, [1], 12)


class Text(layers.Layer):
    """XLA has no text."""

    def call(self, x):
        return tf.strings.to_number(tf.strings.as_string(x, precision=9, scientific=True))


def test_without_xla_where_it_fails():
    model, twin = network([*RECURRENT["gru"](), Text()]), network(RECURRENT["gru"]())
    with pytest.warns(RuntimeWarning, match="XLA cannot compile .*, so that sampling is slower") as said:
        drawn = sample(model, [1, 2], 10, 2.0, seed=3)
    assert len(said) == 1 and said[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (sample(model, [1, 2], 10, 2.0, seed=3) == drawn).all()
        assert (sample(twin, [1, 2], 10, 2.0, seed=3) == drawn).all()


def test_a_model_is_let_go():
    model = network(RECURRENT["gru"]())
    sample(model, [1], 3)
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize(
    ("above", "message"),
    [
        ([layers.Conv1D(6, 3, padding="causal")], "a layer that is not recurrent looks at several steps"),
        ([layers.Bidirectional(layers.GRU(3, **SEQUENCES))], "goes backwards"),
        ([layers.GRU(6, go_backwards=True)], "goes backwards"),
        ([layers.GRU(6, **SEQUENCES), layers.GlobalAveragePooling1D()], "looks at several steps"),
        ([layers.GRU(6), layers.Dense(V, activation="softmax"), layers.Activation("linear")], None),
    ],
)
def test_refuses_models_that_have_no_steps(above, message):
    keras.utils.set_random_seed(0)
    scores = [] if message is None else [layers.Dense(V)]
    model = keras.Sequential([keras.Input((None,), dtype="int32"), layers.Embedding(V, 4), *above, *scores])
    with pytest.raises(ValueError, match=message or "raw scores, received probabilities"):
        sample(model, [1], 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"prompt": []}, "at least one id for the model to start from, received an empty"),
        ({"prompt": [[1], []]}, "at least one id for the model to start from, received an empty"),
        ({"prompt": np.zeros((0, 2), int)}, "received an empty batch"),
        ({"prompt": [1.0]}, "whole numbers, received float64"),
        ({"prompt": 3}, r"ids \(P,\), \(B, P\) or a list of prompts, received shape \(\)"),
        ({"prompt": [1, V]}, f"ids from 0 to {V - 1}, received {V}"),
        ({"prompt": [-1]}, f"ids from 0 to {V - 1}, received -1"),
        ({"length": -1}, "length must be a whole number from 0 up, received -1"),
        ({"length": 2.0}, "length must be a whole number from 0 up, received 2.0"),
        ({"temperature": -0.1}, "temperature must be a number from 0 up, received -0.1"),
        ({"temperature": float("nan")}, "temperature must be a number from 0 up, received nan"),
        ({"top_k": 0}, "top_k must be a whole number from 1 up, received 0"),
        ({"top_p": 0.0}, "top_p must lie above 0 and be at most 1, received 0.0"),
        ({"seed": -1}, "seed must be a whole number from 0 up, received -1"),
        ({"model": layers.Dense(3)}, "model must be a keras.Model, received Dense"),
    ],
)
def test_refuses(arguments, message):
    arguments = {"prompt": [1], "length": 3} | arguments
    model = arguments.pop("model", None) or network(RECURRENT["simple"]())
    with pytest.raises(ValueError, match=message):
        sample(model, **arguments)


def test_a_layer_that_runs_twice_is_refused():
    ids = keras.Input((None,), dtype="int32")
    shared = layers.GRU(4, **SEQUENCES)
    model = keras.Model(ids, layers.Dense(V)(shared(shared(layers.Embedding(V, 4)(ids)))))
    with pytest.raises(ValueError, match="it runs several times"):
        stepping.initial_states(model, tf.constant([1]))
