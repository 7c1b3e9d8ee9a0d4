"""Truncated backpropagation through time along parallel streams, for a character model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tqdm.auto import tqdm

from rnncourse._runtime import is_quiet
from rnncourse.models.clock import Clock
from rnncourse.models.fast_network import FastNetwork
from rnncourse.models.recipe import Recipe
from rnncourse.models.streams import Piece, endless, pieces

REPORTS = 10
SAMPLE = 10  # pieces of the held-out text that a report on the way scores
TEAMS = 2  # groups of streams, computed at the same time: one a core


class Trainer:
    """A character model, and what training adds to it.

    Args:
        model: keras.Model of ``recipe.options``.
        train: (n,) ids to learn from.
        held_out: (m,) ids to score on.
        seed: int ≥ 0, of the places where a pass over the text begins.
        recipe: how to train.

    Attributes:
        history: as :class:`TextModel` has it.
    """

    def __init__(self, model: keras.Model, train: np.ndarray, held_out: np.ndarray, seed: int, recipe: Recipe) -> None:
        self.model, self.recipe = model, recipe
        self.network = FastNetwork(
            model, dropped_weights=recipe.dropped_weights, dropped_outputs=recipe.dropped_outputs
        )
        self.optimizer = keras.optimizers.Adam(beta_2=0.99, global_clipnorm=recipe.max_norm)
        self.optimizer.build(model.trainable_variables)
        self.averages = [tf.Variable(weight) for weight in model.trainable_variables]
        self.rows = TEAMS * max(1, min(recipe.streams, len(train) // (8 * recipe.steps)) // TEAMS)
        self.pieces = endless(train, rows=self.rows, steps=recipe.steps, rng=np.random.default_rng(seed))
        steps = min(recipe.steps, len(held_out) - 1)
        self.held_out = list(pieces(held_out, rows=min(32, (len(held_out) - 1) // steps), steps=steps))
        self.best, self.least = model.get_weights(), math.inf
        self.history: dict[str, list[float]] = {
            name: [] for name in ("seconds", "updates", "characters", "training", "validation")
        }
        self.recent: list[tf.Tensor] = []  # the losses since the last report

    def run(self, clock: Clock) -> None:
        """Train until it is over or Ctrl-C is pressed; the model then has the weights that were best."""
        with suppress(KeyboardInterrupt):
            self._train(clock)
        self._finish(clock)

    def _train(self, clock: Clock) -> None:
        recipe, states = self.recipe, []
        with tqdm(total=100, disable=is_quiet(), leave=False, bar_format="{l_bar}{bar}|{postfix}") as bar:
            self._loss(self.held_out[:1])
            began = clock.seconds()
            self._loss(self.held_out[:1])
            clock.reserve((clock.seconds() - began) * len(self.held_out))
            self._update.get_concrete_function(*self._signature())
            clock.begin()
            for piece in self.pieces:
                states = self.network.zeros(self.rows) if piece.fresh else states
                done = clock.done()
                if self.recent and done >= (len(self.history["seconds"]) + 1) / REPORTS:
                    self._report(clock)
                if done >= 1:
                    return
                rate = recipe.learning_rate * min(1, 0.01 + done / recipe.warm_up) * (1 + math.cos(math.pi * done)) / 2
                stays = min(recipe.averaging, (1 + clock.updates) / (10 + clock.updates))
                loss, states = self._update(piece.x, piece.y, states, *map(tf.constant, (rate, stays)))
                self.recent.append(loss)
                clock.updates += 1
                if clock.updates % 10 == 0:
                    self._show(bar, clock)

    def _signature(self) -> tuple:
        """Of :meth:`_update`, to build its graph before time is counted."""
        ids, number = tf.TensorSpec((self.rows, self.recipe.steps), tf.int32), tf.TensorSpec((), tf.float32)
        return ids, ids, [tf.TensorSpec(state.shape) for state in self.network.zeros(self.rows)], number, number

    @tf.function(autograph=False)
    def _update(
        self, x: tf.Tensor, y: tf.Tensor, states: list[tf.Tensor], rate: tf.Tensor, stays: tf.Tensor
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        weights = self.model.trainable_variables
        losses, after, gradients = [], [], []
        for team in _teams(x, y, states):
            loss, state, gradient = self._gradients(*team)
            losses.append(loss)
            after.append(state)
            gradients.append(gradient)
        self.optimizer.learning_rate.assign(rate)
        self.optimizer.apply([_mean(parts) for parts in zip(*gradients, strict=True)], weights)
        for average, weight in zip(self.averages, weights, strict=True):
            average.assign(stays * average + (1 - stays) * weight)
        return _mean(losses), [tf.concat(parts, axis=0) for parts in zip(*after, strict=True)]

    @tf.function(autograph=False)
    def _gradients(self, x: tf.Tensor, y: tf.Tensor, states: Sequence[tf.Tensor]) -> tuple:
        """Of one team: the loss, the states after it, and the gradients. Traced once for all teams."""
        with tf.GradientTape() as tape:
            loss, after = self.network.loss(x, y, states, training=True)
        return loss, after, [tf.convert_to_tensor(g) for g in tape.gradient(loss, self.model.trainable_variables)]

    @tf.function(autograph=False)
    def _score(self, x: tf.Tensor, y: tf.Tensor, states: list[tf.Tensor]) -> tuple[tf.Tensor, list[tf.Tensor]]:
        found = [self.network.loss(*team, training=False) for team in _teams(x, y, states)]
        losses, after = zip(*found, strict=True)
        return _mean(losses), [tf.concat(parts, axis=0) for parts in zip(*after, strict=True)]

    def _loss(self, held_out: Sequence[Piece]) -> float:
        """Of the model's present weights."""
        states, losses = self.network.zeros(len(held_out[0].x)), []
        for piece in held_out:
            loss, states = self._score(piece.x, piece.y, states)
            losses.append(float(loss))
        return float(np.mean(losses))

    def _report(self, clock: Clock) -> None:
        """Score the averaged weights on a sample of the held-out text, keep them if they are the best; note it all."""
        present = [weight.numpy() for weight in self.model.trainable_variables]
        _assign(self.model, self.averages)
        validation = self._loss(self.held_out[:SAMPLE])
        if validation < self.least:
            self.best, self.least = self.model.get_weights(), validation
        _assign(self.model, present)
        noted = {
            "seconds": round(clock.seconds(), 1),
            "updates": clock.updates,
            "characters": clock.updates * self.rows * self.recipe.steps,
            "training": float(np.mean(self.recent)),
            "validation": validation,
        }
        for name, value in noted.items():
            self.history[name].append(value)
        self.recent = []

    def _finish(self, clock: Clock) -> None:
        """Take the best weights, and score them on all of the held-out text."""
        if self.recent:
            self._report(clock)
        self.model.set_weights(self.best)
        if self.history["validation"]:
            self.history["validation"][-1] = self._loss(self.held_out)
            self.history["seconds"][-1] = round(clock.seconds(), 1)

    def _show(self, bar: Any, clock: Clock) -> None:
        """Loss, speed and what is left, to people."""
        done, seconds = clock.done(), clock.seconds()
        left = seconds / done - seconds
        held_out = f", held out {self.history['validation'][-1]:.3f}" if self.history["validation"] else ""
        bar.n = min(100, round(100 * done))
        speed = clock.updates * self.rows * self.recipe.steps / seconds
        bar.set_postfix_str(
            f" loss {float(self.recent[-1]):.3f}{held_out}, {speed:,.0f} characters/s, "
            f"{int(left // 60)}:{int(left % 60):02d} left"
        )


def _teams(x: tf.Tensor, y: tf.Tensor, states: Sequence[tf.Tensor]) -> list[tuple]:
    """The rows in ``TEAMS`` equal parts; in one where they cannot be shared out."""
    teams = TEAMS if x.shape[0] % TEAMS == 0 else 1
    x, y, *states = (tf.split(part, teams) for part in (x, y, *states))
    return [(x[k], y[k], [state[k] for state in states]) for k in range(teams)]


def _mean(parts: Sequence[tf.Tensor]) -> tf.Tensor:
    return tf.add_n(list(parts)) / len(parts)


def _assign(model: keras.Model, values: Sequence[Any]) -> None:
    for weight, value in zip(model.trainable_variables, values, strict=True):
        weight.assign(value)
