"""A text in, a trained character model out, in the time that is given."""

from __future__ import annotations

import math
import time
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tqdm.auto import tqdm

from rnncourse._checks import check_whole
from rnncourse._runtime import is_quiet
from rnncourse.models.fast_network import FastNetwork
from rnncourse.models.streams import endless, pieces
from rnncourse.models.text_model import TextModel

OPTIONS = {"cell": "gru", "units": 384, "embedding_dim": 128}
STREAMS, STEPS = 64, 64
LEARNING_RATE, WARM_UP = 0.004, 0.02  # the highest, and the share of the training in which it rises to that
MAX_NORM = 1.0
AVERAGING = 0.99  # how much of the averaged weights stays at each update; less at first
DROPPED_WEIGHTS, DROPPED_OUTPUTS = 0.0, 0.1
REPORTS = 10
LEAST = 1_000


def train_text(text: str, minutes: float = 3.0, steps: int | None = None, seed: int = 0) -> TextModel:
    """Train a character model on a text.

    A GRU, trained by truncated backpropagation through time with the state carried along parallel streams (Williams &
    Peng 1990), Adam, a learning rate that falls to 0 when the time is over, dropout, and an average over the weights of
    the last updates. The last tenth of the text is held out; the weights that predict it best are kept. Ctrl-C ends the
    training early and keeps what has been learned so far.

    Args:
        text: str, at least 1,000 characters; its different characters are the vocabulary.
        minutes: float > 0, the time for all of it.
        steps: int ≥ 1, how many updates to make, instead of what fits into ``minutes``: the same on every run.
        seed: int ≥ 0, of the first weights, of dropout, and of the places where the text is cut.

    Returns:
        TextModel, with the history of its training.

    Raises:
        ValueError: an argument outside its range, or a text that is too short.
    """
    clock = _Clock(minutes, steps)
    check_text(text)
    check_whole("seed", seed, least=0)
    keras.utils.set_random_seed(seed)
    found = TextModel("".join(sorted(set(text))), OPTIONS)
    ids = found.encode(text)
    held_out = len(ids) // 10
    training = _Training(found.model, ids[:-held_out], ids[-held_out:], seed)
    try:
        training.run(clock)
    except KeyboardInterrupt:
        training.report(clock)
    found.model.set_weights(training.best)
    found.history = training.history
    return found


def check_text(text: Any) -> None:
    """Raise ValueError unless it is a text that is long enough to train on."""
    if not isinstance(text, str) or len(text) < LEAST:
        received = f"{len(text)} characters" if isinstance(text, str) else type(text).__name__
        raise ValueError(f"text must be a str of at least {LEAST:,} characters, received {received}")


class _Clock:
    """How much of the training is over, by time or by updates.

    Attributes:
        updates: int, how many there have been.
    """

    def __init__(self, minutes: float, steps: int | None) -> None:
        if not 0 < minutes < math.inf:
            raise ValueError(f"minutes must be a number above 0, received {minutes!r}")
        if steps is not None:
            check_whole("steps", steps, least=1)
        self._started, self._seconds, self._steps = time.perf_counter(), 60 * minutes, steps
        self.updates = 0

    def seconds(self) -> float:
        """Since the start."""
        return time.perf_counter() - self._started

    def done(self) -> float:
        """The share of the training that is over; 1 and more when there is to be no further update."""
        return self.seconds() / self._seconds if self._steps is None else self.updates / self._steps

    def reserve(self, seconds: float) -> None:
        """Leave so much time for what comes after the last update."""
        self._seconds -= seconds


class _Training:
    """The network, and what training adds to it.

    Attributes:
        best: the weights that predicted the held-out text best, as ``model.get_weights()`` lists them.
        history: as :class:`TextModel` has it.
    """

    def __init__(self, model: keras.Model, train: np.ndarray, held_out: np.ndarray, seed: int) -> None:
        self.model = model
        self.network = FastNetwork(model, dropped_weights=DROPPED_WEIGHTS, dropped_outputs=DROPPED_OUTPUTS)
        self.optimizer = keras.optimizers.Adam(beta_2=0.99, global_clipnorm=MAX_NORM)
        self.optimizer.build(model.trainable_variables)
        self.averages = [tf.Variable(weight) for weight in model.trainable_variables]
        self.rows = max(1, min(STREAMS, len(train) // (8 * STEPS)))
        self.pieces = endless(train, rows=self.rows, steps=STEPS, rng=np.random.default_rng(seed))
        steps = min(STEPS, len(held_out) - 1)
        self.held_out = list(pieces(held_out, rows=min(32, (len(held_out) - 1) // steps), steps=steps))
        self.best, self.least = model.get_weights(), math.inf
        self.history: dict[str, list[float]] = {
            name: [] for name in ("seconds", "updates", "characters", "training", "validation")
        }
        self.recent: list[tf.Tensor] = []  # the losses since the last report

    def run(self, clock: _Clock) -> None:
        """Train until it is over; ends with a report."""
        states: list[tf.Tensor] = []
        with tqdm(total=100, disable=is_quiet(), leave=False, bar_format="{l_bar}{bar}|{postfix}") as bar:
            for piece in self.pieces:
                done = clock.done()
                if done >= (len(self.history["seconds"]) + 1) / REPORTS:
                    began = clock.seconds()
                    self.report(clock)
                    if len(self.history["seconds"]) == 1:
                        clock.reserve(clock.seconds() - began)
                if done >= 1:
                    return
                rate = LEARNING_RATE * min(1, 0.01 + done / WARM_UP) * (1 + math.cos(math.pi * done)) / 2
                states = self.network.zeros(self.rows) if piece.fresh else states
                stays = min(AVERAGING, (1 + clock.updates) / (10 + clock.updates))
                loss, states = self._update(piece.x, piece.y, states, *map(tf.constant, (rate, stays)))
                self.recent.append(loss)
                clock.updates += 1
                if clock.updates % 10 == 0:
                    self._show(bar, clock)

    @tf.function(autograph=False, reduce_retracing=True)
    def _update(
        self, x: tf.Tensor, y: tf.Tensor, states: list[tf.Tensor], rate: tf.Tensor, stays: tf.Tensor
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        weights = self.model.trainable_variables
        with tf.GradientTape() as tape:
            loss, states = self.network.loss(x, y, states, training=True)
        self.optimizer.learning_rate.assign(rate)
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        for average, weight in zip(self.averages, weights, strict=True):
            average.assign(stays * average + (1 - stays) * weight)
        return loss, states

    def report(self, clock: _Clock) -> None:
        """Score the averaged weights on the held-out text, keep them if they are the best, and note it all."""
        if not self.recent:
            return
        present = [weight.numpy() for weight in self.model.trainable_variables]
        for weight, average in zip(self.model.trainable_variables, self.averages, strict=True):
            weight.assign(average)
        states, losses = self.network.zeros(len(self.held_out[0].x)), []
        for piece in self.held_out:
            loss, states = self._score(piece.x, piece.y, states)
            losses.append(float(loss))
        validation = float(np.mean(losses))
        if validation < self.least:
            self.best, self.least = self.model.get_weights(), validation
        for weight, value in zip(self.model.trainable_variables, present, strict=True):
            weight.assign(value)
        noted = {
            "seconds": round(clock.seconds(), 1),
            "updates": clock.updates,
            "characters": clock.updates * self.rows * STEPS,
            "training": float(np.mean(self.recent)),
            "validation": validation,
        }
        for name, value in noted.items():
            self.history[name].append(value)
        self.recent = []

    @tf.function(autograph=False)
    def _score(self, x: tf.Tensor, y: tf.Tensor, states: list[tf.Tensor]) -> tuple[tf.Tensor, list[tf.Tensor]]:
        return self.network.loss(x, y, states, training=False)

    def _show(self, bar: Any, clock: _Clock) -> None:
        """Loss, speed and what is left, to people."""
        done, seconds = clock.done(), clock.seconds()
        left = seconds / done - seconds
        held_out = f", held out {self.history['validation'][-1]:.3f}" if self.history["validation"] else ""
        bar.n = min(100, round(100 * done))
        speed = clock.updates * self.rows * STEPS / seconds
        bar.set_postfix_str(
            f" loss {float(self.recent[-1]):.3f}{held_out}, {speed:,.0f} characters/s, "
            f"{int(left // 60)}:{int(left % 60):02d} left"
        )
