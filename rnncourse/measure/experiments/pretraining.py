"""Pretraining without labels: a sequence autoencoder and a predictor of the next frame, by the number of labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rnncourse.measure.experiments.experiment import Experiment
from rnncourse.measure.experiments.nets import fitted
from rnncourse.measure.experiments.regularised import LEARNING_RATE, ROUNDS, UNITS, heard, labelled, late_words

if TYPE_CHECKING:
    import keras

LABELS = (20, 50, 100, 300)
STARTS = ("scratch", "autoencoder", "next frame")
UPDATES, BATCH = 600, 64


def autoencoder(units: int) -> keras.Model:
    """A sequence autoencoder (Dai & Le 2015): one GRU reads the frames, then a frame of zeros, and writes them again.

    While it writes it is given the true frame before. Its last state of reading is all that it knows of the others.

    Args:
        units: int ≥ 1.

    Returns:
        keras.Model, not compiled: (B, T, F) frames to (B, T, F), the same frames if it is trained.
    """
    import keras
    from keras import ops

    steps, bands = late_words()["train"][0].shape[1:]
    frames = keras.Input((steps, bands))
    doubled = ops.concatenate([frames, ops.zeros_like(frames[:, :1]), frames[:, :-1]], axis=1)  # (B, 2T, F)
    read = keras.layers.RNN(keras.layers.GRUCell(units), return_sequences=True, name="pretrained")(doubled)
    return keras.Model(frames, keras.layers.Dense(bands)(read[:, steps:]))


def predictor(units: int) -> keras.Model:
    """A language model of frames, not compiled: (B, T, F) frames to (B, T − 1, F), those from the second on."""
    import keras

    steps, bands = late_words()["train"][0].shape[1:]
    frames = keras.Input((steps, bands))
    read = keras.layers.RNN(keras.layers.GRUCell(units), return_sequences=True, name="pretrained")(frames[:, :-1])
    return keras.Model(frames, keras.layers.Dense(bands)(read))


def pretrained(seeds: Sequence[int], *, start: str) -> dict[str, np.ndarray]:
    """Accuracy on other voices, by the number of labels, of nets whose GRU was trained on recordings without labels.

    Args:
        seeds: R ints ≥ 0, of the initial weights, the examples with labels, and their order.
        start: str, one of ``STARTS``.

    Returns:
        "labels_20" and so on for all of ``LABELS``: (R,) the share of test words that are heard right after the last
        update.
    """
    weights = None if start == "scratch" else _weights(seeds, start)
    runs = [(seed, labels) for labels in LABELS for seed in seeds]
    found = heard(
        [seed for seed, _ in runs],
        rates=np.full((len(runs), ROUNDS), LEARNING_RATE),
        chosen=[labelled(seed, labels) for seed, labels in runs],
        start=None if weights is None else weights * len(LABELS),
    )
    accuracy = found["test_accuracy"][:, -1].reshape(len(LABELS), len(seeds))
    return {f"labels_{labels}": row for labels, row in zip(LABELS, accuracy, strict=True)}


def _weights(seeds: Sequence[int], start: str) -> list[list[np.ndarray]]:
    """For each seed the weights of a GRU that was trained on all recordings."""
    x, _ = late_words()["train"]
    models = fitted(
        seeds,
        x,
        x if start == "autoencoder" else x[:, 1:],
        build=lambda: autoencoder(UNITS) if start == "autoencoder" else predictor(UNITS),
        loss="mse",
        learning_rate=LEARNING_RATE,
        updates=UPDATES,
        batch_size=BATCH,
    )
    return [model.get_layer("pretrained").get_weights() for model in models]


PRETRAINED = Experiment(
    name="pretrained_listeners",
    question="What is a pretraining without labels worth, by the number of labels there are? A GRU of "
    f"{UNITS} units is first trained for {UPDATES} updates (batches of {BATCH}) on 600 recordings of ten voices, to "
    "write them again or to predict the next frame; then as in regularised_listeners, plain.",
    over={"start": STARTS},
    seeds=tuple(range(5)),
    run=pretrained,
)
