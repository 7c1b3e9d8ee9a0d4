"""Many trainings of one architecture on one task: one compiled program, any rates, any number of updates."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from rnncourse.measure.experiments.nets import MAX_NORM
from rnncourse.measure.replicas import assign, values_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import keras

AT_ONCE = 50
"""Updates that the program makes before it comes back."""


class Program:
    """A model, a loss and Adam, the global norm clipped at 1, as one program that is compiled once.

    Args:
        model: trained again and again, each time from other weights.
        loss: of targets and answers.
        x, y: (n, …) what it is trained on.
        asked: (m, …) what it is asked about after each training.
        xla: bool, whether XLA compiles it: on a CPU a gain for recurrent nets, a loss for convolutions.
    """

    def __init__(
        self, model: keras.Model, loss: Callable, x: np.ndarray, y: np.ndarray, asked: np.ndarray, *, xla: bool
    ) -> None:
        import keras
        import tensorflow as tf

        self._model, self._optimizer = model, keras.optimizers.Adam(global_clipnorm=MAX_NORM)
        self._optimizer.build(model.trainable_variables)
        self._fresh = values_of(self._optimizer)
        self._data, self._asked = (tf.constant(x), tf.constant(y)), tf.constant(asked)

        @tf.function(jit_compile=xla)
        def run(inputs: tf.Tensor, targets: tf.Tensor, order: tf.Tensor, rates: tf.Tensor) -> None:
            for i in tf.range(AT_ONCE):
                self._optimizer.learning_rate.assign(rates[i])
                with tf.GradientTape() as tape:
                    value = loss(tf.gather(targets, order[i]), model(tf.gather(inputs, order[i]), training=True))
                self._optimizer.apply(tape.gradient(value, model.trainable_variables))

        self._run, self._compiled = run, None
        self._answer = tf.function(lambda asked: model(asked, training=False)).get_concrete_function(self._asked)

    def train(self, start: Sequence[np.ndarray], order: np.ndarray, rates: np.ndarray) -> tuple[np.ndarray, float]:
        """Train from the weights ``start``, and ask.

        Args:
            start: values of the model's variables.
            order: (updates, batch) the places of each batch's examples; updates a multiple of ``AT_ONCE``.
            rates: (updates,) the learning rate of each update.

        Returns:
            answers (m, …), and the processor's seconds that the updates took, compilation left out.
        """
        import tensorflow as tf

        pieces = len(order) // AT_ONCE
        orders, rates = np.split(order, pieces), np.split(rates.astype(np.float32), pieces)
        parts = [tuple(map(tf.constant, part)) for part in zip(orders, rates, strict=True)]
        if self._compiled is None:
            self._compiled = self._run.get_concrete_function(*self._data, *parts[0])
            self._compiled(*self._data, *parts[0])
        assign(self._model, start)
        assign(self._optimizer, self._fresh)
        started = time.process_time()
        for part in parts:
            self._compiled(*self._data, *part)
        seconds = time.process_time() - started
        return self._answer(self._asked).numpy(), seconds


def rates_of(highest: float, updates: int) -> np.ndarray:
    """(updates,) learning rates: rising along a line for a twentieth of them, then falling to 0 along a cosine."""
    rising = updates // 20
    after = np.arange(updates - rising) / (updates - rising)
    return highest * np.concatenate([np.arange(1, rising + 1) / (rising + 1), (1 + np.cos(np.pi * after)) / 2])
