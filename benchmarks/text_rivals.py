"""Plain Keras on a text: the state carried along 32 streams, ``train_on_batch``, Adam with a cosine, clipping."""

from __future__ import annotations

import math

import keras
import numpy as np

from rnncourse.models import many_to_many
from rnncourse.models.clock import Clock
from rnncourse.models.streams import pieces, reset_states

KERAS = {"Keras, GRU of 384": ("gru", 384), "Keras, LSTM of 384": ("lstm", 384), "Keras, GRU of 256": ("gru", 256)}
ROWS, STEPS, LEARNING_RATE = 32, 64, 3e-3


def train_keras(text: str, name: str, clock: Clock, seed: int) -> dict[str, float]:
    """One training: the "seconds" it took, and the "loss" on the last tenth of the text."""
    keras.utils.set_random_seed(seed)
    vocabulary = {character: i for i, character in enumerate(sorted(set(text)))}
    ids = np.array([vocabulary[character] for character in text], np.int32)
    held_out = len(ids) // 10
    cell, units = KERAS[name]
    size = {"vocab_size": len(vocabulary), "outputs": len(vocabulary), "batch_size": ROWS}
    model = many_to_many(**size, cell=cell, units=units, mask_zero=False, stateful=True)
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE, global_clipnorm=1.0), loss=cross_entropy)
    while clock.done() < 1:
        for piece in pieces(ids[:-held_out], rows=ROWS, steps=STEPS):
            if clock.done() >= 1:
                break
            if piece.fresh:
                reset_states(model)
            model.optimizer.learning_rate.assign(LEARNING_RATE * (1 + math.cos(math.pi * clock.done())) / 2)
            model.train_on_batch(piece.x, piece.y)
            clock.updates += 1
            if clock.updates == 1:
                clock.begin()  # the first one builds the graph
    seconds = clock.seconds()
    reset_states(model)
    losses = [float(cross_entropy(p.y, model(p.x))) for p in pieces(ids[-held_out:], rows=ROWS, steps=STEPS)]
    return {"seconds": seconds, "loss": float(np.mean(losses))}
