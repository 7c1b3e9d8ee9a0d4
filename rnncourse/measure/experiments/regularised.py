"""What helps a net that learns a hundred examples by heart, and what a search for settings finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from rnncourse.datasets import spoken_digits
from rnncourse.measure.experiments.experiment import Experiment
from rnncourse.measure.experiments.watched import watched

if TYPE_CHECKING:
    import keras

WINDOW, HOP, LATEST = 512, 320, 4000  # samples, 8,000 a second
CLASSES = 10
LABELS = 100
UNITS = 64
LEARNING_RATE = 0.005
ROUNDS, EVERY, BATCH = 20, 25, 32
WARM_UP = 4  # rounds

VARIANTS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "plain": {},
        "16 units": {"units": 16},
        "dropout between": {"dropout": 0.3},
        "recurrent dropout": {"recurrent_dropout": 0.3},
        "recurrent, fresh masks": {"recurrent_dropout": 0.3, "fresh": True},
        "both dropouts": {"dropout": 0.3, "recurrent_dropout": 0.3},
        "layer norm": {"normalised": True},
        "schedule": {"schedule": True},
        "both and schedule": {"dropout": 0.3, "recurrent_dropout": 0.3, "schedule": True},
        "twice the labels": {"labels": 2 * LABELS},
    }
)
"""By name: options of :func:`listener`, and "schedule" or "labels"."""


@cache
def late_words() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Spoken digits that begin up to half a second late, as frames.

    Returns:
        "train", "validation" and "test", other voices in each: x (n, 31, 24) float32, the logarithm of the energy in 24
        bands at each of 31 frames of 64 ms, one every 40 ms, standardised by the training part; y (n,) int64, 0 … 9.
    """
    data, rng = spoken_digits(), np.random.default_rng(8)
    edges = np.unique(np.geomspace(3, 110, 26).astype(int))
    longest = max(len(wave) for part in (data.train, data.validation, data.test) for wave in part[0])
    parts = {}
    for name in ("train", "validation", "test"):
        waves, y = getattr(data, name)
        room = rng.normal(0, 0.003, (len(waves), longest + LATEST)).astype(np.float32)  # faint noise
        for sound, wave in zip(room, waves, strict=True):
            start = rng.integers(LATEST + 1)
            sound[start : start + len(wave)] += wave
        pieces = np.lib.stride_tricks.sliding_window_view(room, WINDOW, axis=1)[:, ::HOP]
        power = np.abs(np.fft.rfft(pieces * np.hanning(WINDOW))) ** 2
        parts[name] = np.log(np.add.reduceat(power[..., ::2], edges, axis=-1) + 1e-3), np.asarray(y)
    mean, deviation = parts["train"][0].mean(axis=(0, 1)), parts["train"][0].std(axis=(0, 1))
    return {name: (((x - mean) / deviation).astype(np.float32), y) for name, (x, y) in parts.items()}


def labelled(seed: int, labels: int) -> np.ndarray:
    """(labels,) the places of the training recordings whose labels are known, as many of each class, by ``seed``."""
    y, rng = late_words()["train"][1], np.random.default_rng([seed, 15])
    return np.concatenate([rng.permutation(np.flatnonzero(y == k))[: labels // CLASSES] for k in range(CLASSES)])


def listener(
    *,
    units: int = UNITS,
    dropout: float = 0.0,
    recurrent_dropout: float = 0.0,
    fresh: bool = False,
    normalised: bool = False,
) -> keras.Model:
    """A GRU that reads the frames of a word; the largest value of each unit goes to the read-out.

    Args:
        units: int ≥ 1.
        dropout: 0 ≤ rate < 1, on the frames and before the read-out (Zaremba et al. 2014).
        recurrent_dropout: 0 ≤ rate < 1, on the state as the gates and the candidate read it.
        fresh: bool, True draws the recurrent masks anew at every step; Keras keeps them for the sequence.
        normalised: bool, True for a ``LayerNormGRUCell``, which has no recurrent dropout.

    Returns:
        keras.Model, not compiled: (B, 31, 24) to (B, 10) scores.
    """
    import keras

    from rnncourse.models import LayerNormGRUCell, MaskedMax

    if normalised:
        cell = LayerNormGRUCell(units)
    else:
        cell = (_fresh_cell() if fresh else keras.layers.GRUCell)(units, recurrent_dropout=recurrent_dropout)
    frames = keras.Input(late_words()["train"][0].shape[1:])
    read = keras.layers.RNN(cell, return_sequences=True)(keras.layers.Dropout(dropout)(frames))
    return keras.Model(frames, keras.layers.Dense(CLASSES)(keras.layers.Dropout(dropout)(MaskedMax()(read))))


def regularised(seeds: Sequence[int], *, variant: str) -> dict[str, np.ndarray]:
    """What a variant of the net makes of words by other voices, after all updates and at the best round before.

    Args:
        seeds: R ints ≥ 0, of the initial weights, the examples with labels, and their order.
        variant: str, a key of ``VARIANTS``.

    Returns:
        (R,) each: "accuracy" and "cross_entropy" (nats) on the test voices after the last round; "stopped_accuracy" and
        "stopped_cross_entropy" after the round with the lowest loss on the validation voices; "gain_validation" and
        "gain_test", by how much the loss of that round is lower than that of the last; "round", its number from 1.
    """
    options = dict(VARIANTS[variant])
    labels, schedule = options.pop("labels", LABELS), options.pop("schedule", False)
    chosen = [labelled(seed, labels) for seed in seeds]
    rates = LEARNING_RATE * (warm_up_and_cosine(ROUNDS, WARM_UP) if schedule else np.ones(ROUNDS))
    found = heard(seeds, rates=np.tile(rates, (len(seeds), 1)), chosen=chosen, **options)
    best = found["validation_loss"].argmin(axis=1)
    rows, test_loss = np.arange(len(seeds)), found["test_loss"]
    return {
        "accuracy": found["test_accuracy"][:, -1],
        "cross_entropy": test_loss[:, -1],
        "stopped_accuracy": found["test_accuracy"][rows, best],
        "stopped_cross_entropy": test_loss[rows, best],
        "gain_validation": found["validation_loss"][:, -1] - found["validation_loss"][rows, best],
        "gain_test": test_loss[:, -1] - test_loss[rows, best],
        "round": best + 1,
    }


def tried(seeds: Sequence[int], *, units: int, dropout: float) -> dict[str, np.ndarray]:
    """Trials of a search: settings on a grid, and a learning rate drawn from each seed.

    Args:
        seeds: R ints ≥ 0, of the learning rate, the initial weights, and the order of examples. The examples with
            labels are the same for all.
        units, dropout: of :func:`listener`.

    Returns:
        (R,) each: "learning_rate", from 0.001 to 0.03, evenly on a logarithmic axis; "validation" and "test", the
        accuracy after the last round.
    """
    rates = [10 ** np.random.default_rng([seed, units]).uniform(-3, np.log10(0.03)) for seed in seeds]
    return _trial(seeds, rates, units=units, dropout=dropout)


def repeated(seeds: Sequence[int], *, learning_rate: float) -> dict[str, np.ndarray]:
    """As :func:`tried`, for the plain net at one learning rate: what other seeds alone bring."""
    return _trial(seeds, [learning_rate] * len(seeds))


def _trial(seeds: Sequence[int], rates: Sequence[float], **options: Any) -> dict[str, np.ndarray]:
    chosen = [labelled(0, LABELS)] * len(seeds)
    found = heard(seeds, rates=np.outer(rates, np.ones(ROUNDS)), chosen=chosen, **options)
    return {
        "learning_rate": np.array(rates),
        "validation": found["validation_accuracy"][:, -1],
        "test": found["test_accuracy"][:, -1],
    }


def heard(
    seeds: Sequence[int],
    *,
    rates: np.ndarray,
    chosen: Sequence[np.ndarray],
    start: Sequence[Sequence[np.ndarray]] | None = None,
    **options: Any,
) -> dict[str, np.ndarray]:
    """Train a listener a seed.

    Args:
        seeds: R ints ≥ 0.
        rates: (R, rounds), the learning rate of each round of ``EVERY`` updates.
        chosen: for each net the places of the recordings that it learns from, as of :func:`labelled`.
        start: for each net the weights that its recurrent layer begins with; None for Keras' own.
        options: of :func:`listener`.

    Returns:
        "validation_loss", "validation_accuracy", "test_loss", "test_accuracy": (R, rounds), loss in nats.
    """
    import keras
    from scipy.special import log_softmax

    models = []
    for place, seed in enumerate(seeds):
        keras.utils.set_random_seed(seed)
        models.append(listener(**options))
        if start is not None:
            next(layer for layer in models[-1].layers if isinstance(layer, keras.layers.RNN)).set_weights(start[place])
    parts = late_words()
    scores = watched(
        models,
        *parts["train"],
        chosen=chosen,
        seeds=seeds,
        held_out=np.concatenate([parts["validation"][0], parts["test"][0]]),
        rates=rates,
        every=EVERY,
        batch_size=BATCH,
    )
    y = np.concatenate([parts["validation"][1], parts["test"][1]])
    right = scores.argmax(axis=-1) == y  # (R, rounds, m)
    loss = -log_softmax(scores.astype(float), axis=-1)[..., np.arange(len(y)), y]
    edge, found = len(parts["validation"][1]), {}
    for name, part in (("validation", slice(edge)), ("test", slice(edge, None))):
        found |= {f"{name}_loss": loss[..., part].mean(-1), f"{name}_accuracy": right[..., part].mean(-1)}
    return found


def warm_up_and_cosine(rounds: int, warm_up: int) -> np.ndarray:
    """(rounds,) factors of a learning rate: rising along a line to 1 in ``warm_up`` rounds, then falling towards 0."""
    falling = (1 + np.cos(np.pi * np.arange(rounds - warm_up) / (rounds - warm_up))) / 2
    return np.concatenate([np.arange(1, warm_up + 1) / (warm_up + 1), falling])


def _fresh_cell() -> type[keras.layers.GRUCell]:
    """A GRU cell whose recurrent dropout draws new masks at every step."""
    import keras

    class FreshMaskGRUCell(keras.layers.GRUCell):
        def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, list]:
            self.reset_recurrent_dropout_mask()
            return super().call(inputs, states, training=training)

    return FreshMaskGRUCell


_NET = (
    f"A GRU of {UNITS} units unless it says otherwise, the largest value of each unit to the read-out; {LABELS} "
    f"recordings of ten voices with a label unless it says otherwise; {ROUNDS * EVERY} updates with batches of "
    f"{BATCH}; Adam, the global norm clipped at 1. Scored on 180 recordings of three other voices, validated on 180 "
    "of three more."
)
REGULARISED = Experiment(
    name="regularised_listeners",
    question=f"What helps a net that learns a hundred spoken digits by heart? {_NET} The learning rate is "
    f"{LEARNING_RATE}; the schedule rises to it in {WARM_UP * EVERY} updates and falls to 0 along a cosine. Dropouts "
    "have a rate of 0.3, which was not tuned.",
    over={"variant": tuple(VARIANTS)},
    seeds=tuple(range(5)),
    run=regularised,
)
TRIED = Experiment(
    name="listener_trials",
    question=f"How good are the settings that a search tries? {_NET}",
    over={"units": (16, 64), "dropout": (0.0, 0.3)},
    seeds=tuple(range(8)),
    run=tried,
)
REPEATED = Experiment(
    name="listener_repeats",
    question=f"How much do seeds alone change what a listener gets right? {_NET}",
    over={"learning_rate": (LEARNING_RATE,)},
    seeds=tuple(range(24)),
    run=repeated,
)
