"""Training watched from outside: what a net says about held-out examples, round after round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rnncourse.measure.experiments.nets import MAX_NORM
from rnncourse.measure.replicas import assign, order_of, values_of

if TYPE_CHECKING:
    import keras


def watched(
    models: Sequence[keras.Model],
    x: np.ndarray,
    y: np.ndarray,
    *,
    chosen: Sequence[np.ndarray],
    seeds: Sequence[int],
    held_out: np.ndarray,
    rates: np.ndarray,
    every: int,
    batch_size: int,
) -> np.ndarray:
    """Train classifiers with Adam, each on its own part of the examples, and ask them in between.

    Args:
        models: R classifiers of one architecture that give scores; trained in place.
        x: (n, T, D) inputs.
        y: (n,) whole numbers, their classes.
        chosen: for each model the places of the examples that it learns from, at least one.
        seeds: R ints ≥ 0, of the order of these: every one once before any comes again.
        held_out: (m, T, D) what the models are asked about after every round.
        rates: (R, rounds) the learning rate of each round, > 0.
        every: int ≥ 1, updates in a round; the global norm of the gradient is clipped at 1.
        batch_size: int ≥ 1.

    Returns:
        (R, rounds, m, classes) float32, the scores after each round.
    """
    import keras
    import tensorflow as tf

    trained, optimizer = models[0], keras.optimizers.Adam(global_clipnorm=MAX_NORM)
    optimizer.build(trained.trainable_variables)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @tf.function(jit_compile=True)
    def round_of_updates(order: tf.Tensor) -> None:
        for places in order:
            with tf.GradientTape() as tape:
                value = loss(tf.gather(targets, places), trained(tf.gather(inputs, places), training=True))
            optimizer.apply(tape.gradient(value, trained.trainable_variables))

    @tf.function(jit_compile=True)
    def scores() -> tf.Tensor:
        return trained(asked, training=False)

    inputs, targets, asked = tf.constant(x), tf.constant(y), tf.constant(held_out)
    first = [values_of(model) for model in models]
    unused = values_of(optimizer)
    answers = []
    for row in reversed(range(len(models))):  # the first model is the one that is trained, on behalf of the others
        assign(trained, first[row])
        assign(optimizer, unused)
        order = order_of(seeds[row], chosen[row], len(rates[row]) * every, batch_size)
        for rate, places in zip(rates[row], np.split(order, len(rates[row])), strict=True):
            optimizer.learning_rate.assign(rate)
            round_of_updates(tf.constant(places))
            answers.append(scores().numpy())
        assign(models[row], values_of(trained))
    return np.array(answers).reshape(len(models), -1, *answers[0].shape)[::-1]
