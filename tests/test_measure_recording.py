"""Gradients recorded during fit, against the same training by hand."""

from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from rnncourse import measure

N, BATCH, EPOCHS = 20, 8, 2
RNG = np.random.default_rng(0)
IDS, Y = RNG.integers(0, 6, (N, 5)), RNG.normal(0, 3, (N, 1)).astype("float32")
CLIPS = {"none": {}, "norm": {"clipnorm": 0.4}, "global": {"global_clipnorm": 0.4}, "value": {"clipvalue": 0.1}}


def network(*, ids=False, optimizer=None, **clip):
    keras.utils.set_random_seed(0)
    below = [keras.Input((5,)), layers.Embedding(6, 3)] if ids else [keras.Input((5, 1))]
    model = keras.Sequential([*below, layers.SimpleRNN(4), layers.Dense(1)])
    model.compile(optimizer or keras.optimizers.SGD(0.1, momentum=0.9, **clip), "mse")
    return model


def inputs(ids):
    return IDS if ids else IDS[..., np.newaxis].astype("float32")


@cache
def by_hand(kind, ids):
    """The global norm before and after clipping and their cosine, (steps, 3), and the weights after training."""
    (name, value), *_ = [*CLIPS[kind].items(), (None, None)]
    model, rows = network(ids=ids), []
    momenta = [np.zeros(v.shape) for v in model.trainable_variables]
    for _ in range(EPOCHS):
        for start in range(0, N, BATCH):
            part = slice(start, start + BATCH)
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((model(inputs(ids)[part]) - Y[part]) ** 2)
            gradients = [np.array(tf.convert_to_tensor(g)) for g in tape.gradient(loss, model.trainable_variables)]
            norms = [np.linalg.norm(g) for g in gradients]
            whole = np.linalg.norm(norms)
            clipped = {
                None: lambda g, norm: g,
                "clipnorm": lambda g, norm: g * min(1, value / norm),
                "global_clipnorm": lambda g, norm: g * min(1, value / whole),  # noqa: B023
                "clipvalue": lambda g, norm: np.clip(g, -value, value),
            }[name]
            changed = [clipped(g, norm) for g, norm in zip(gradients, norms, strict=True)]
            after = np.linalg.norm([np.linalg.norm(g) for g in changed])
            inner = sum((g * c).sum() for g, c in zip(gradients, changed, strict=True))
            rows.append([whole, after, inner / (whole * after)])
            for variable, momentum, g in zip(model.trainable_variables, momenta, changed, strict=True):
                momentum[...] = 0.9 * momentum - 0.1 * g
                variable.assign_add(momentum.astype("float32"))
    return np.array(rows), model.get_weights()


@pytest.mark.parametrize(("kind", "ids"), [("none", True), ("norm", False), ("global", False), ("value", False)])
def test_norms_and_training_equal_those_by_hand(kind, ids):
    rows, weights = by_hand(kind, ids)
    model, recorder = network(ids=ids, **CLIPS[kind]), measure.GradientRecorder()
    model.fit(inputs(ids), Y, batch_size=BATCH, epochs=EPOCHS, shuffle=False, verbose=0, callbacks=[recorder])
    found = np.stack([recorder.before, recorder.after, recorder.cosine], axis=1)
    np.testing.assert_allclose(found, rows, rtol=1e-4)
    np.testing.assert_array_equal(recorder.steps, np.arange(len(rows)))
    for own, expected in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_allclose(own, expected, rtol=1e-4, atol=1e-6)
    if kind == "global":
        np.testing.assert_allclose(recorder.cosine, 1, rtol=1e-6)
        assert recorder.after.max() <= 0.4 * (1 + 1e-5) < recorder.before.max()
    assert "_clip_gradients" not in vars(model.optimizer)
    assert model.train_function is None


def test_every_so_many_and_only_those_and_two_recorders_at_once():
    rows, _ = by_hand("global", False)
    model = network(**CLIPS["global"])
    recorders = [
        measure.GradientRecorder(every=2),
        measure.GradientRecorder(every=5),
        measure.GradientRecorder(every=50),
    ]
    model.fit(inputs(False), Y, batch_size=BATCH, epochs=EPOCHS, shuffle=False, verbose=0, callbacks=recorders)
    for recorder, steps in zip(recorders, ([0, 2, 4], [0, 5], [0]), strict=True):
        np.testing.assert_array_equal(recorder.steps, steps)
        np.testing.assert_allclose(recorder.before, rows[steps, 0], rtol=1e-4)


def test_run_eagerly_or_after_an_abandoned_run():
    rows, _ = by_hand("norm", False)
    model, recorder = network(**CLIPS["norm"]), measure.GradientRecorder()
    model.compile(model.optimizer, "mse", run_eagerly=True)

    def stop(batch, logs):
        raise KeyboardInterrupt

    weights = model.get_weights()
    options = {"batch_size": BATCH, "shuffle": False, "verbose": 0}
    with pytest.raises(KeyboardInterrupt):
        abandon = keras.callbacks.LambdaCallback(on_train_batch_begin=stop)
        model.fit(inputs(False), Y, **options, callbacks=[recorder, abandon])
    assert "_clip_gradients" not in vars(model.optimizer)
    assert len(recorder.steps) == 0
    model.set_weights(weights)
    model.fit(inputs(False), Y, **options, epochs=EPOCHS, callbacks=[recorder])
    np.testing.assert_allclose(recorder.after, rows[:, 1], rtol=1e-4)


def test_accumulated_gradients_are_recorded_when_they_are_applied():
    model = network(optimizer=keras.optimizers.SGD(0.0, gradient_accumulation_steps=2))
    recorder = measure.GradientRecorder()
    model.fit(inputs(False), Y, batch_size=10, epochs=3, shuffle=False, verbose=0, callbacks=[recorder])
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(inputs(False)) - Y) ** 2)
    norm = tf.linalg.global_norm(tape.gradient(loss, model.trainable_variables))
    np.testing.assert_allclose(recorder.before, np.full(3, norm), rtol=1e-4)


def test_every_is_checked():
    with pytest.raises(ValueError, match="every must be a whole number from 1 up, received 0"):
        measure.GradientRecorder(every=0)
