"""How far back a plain RNN can be taught to look, by its initialiser: the adding problem and recalling a symbol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from rnncourse.datasets import adding
from rnncourse.measure.experiments.experiment import Experiment
from rnncourse.measure.experiments.nets import recalled, squared_errors, trained

if TYPE_CHECKING:
    import keras

UNITS = 32
BATCH = 128
ADDING_UPDATES = 2000
RECALL_UPDATES = 1000
STARTS = {  # recurrent initialiser and activation; the identity goes with ReLU in Le, Jaitly & Hinton (2015)
    "orthogonal tanh": ("orthogonal", "tanh"),
    "Glorot tanh": ("glorot_uniform", "tanh"),
    "identity ReLU": ("identity", "relu"),
}
_NET = (
    f"A SimpleRNN of {UNITS} units and a Dense read-out of the last state, Keras' defaults but for the recurrent "
    f"initialiser; batches of {BATCH}; Adam, global norm clipped at 1"
)


def adding_by_lag(seeds: Sequence[int], *, steps: int, start: str, learning_rate: float) -> dict[str, np.ndarray]:
    """Test error on the adding problem after ``ADDING_UPDATES`` updates.

    Args:
        seeds: R ints ≥ 0, of the initial weights and the order of examples; the data are the same for all.
        steps: int ≥ 2, the length of the sequences.
        start: str, a key of ``STARTS``.
        learning_rate: float > 0, of Adam.

    Returns:
        "mse": (R,) mean squared error on the test split; predicting the mean scores 1/6.
    """
    data = adding(steps=steps)
    common = {"learning_rate": learning_rate, "updates": ADDING_UPDATES, "batch_size": BATCH}
    models = trained(seeds, *data.train, layer=_layer(start), outputs=1, loss="mse", **common)
    return {"mse": squared_errors(models, *data.test)}


def recall_at_lag_80(seeds: Sequence[int], *, filler: str, start: str, learning_rate: float) -> dict[str, np.ndarray]:
    """Test accuracy of recalling one of eight symbols after 80 fillers, after ``RECALL_UPDATES`` updates.

    Args:
        seeds: R ints ≥ 0, of the initial weights and the order of examples; the data are the same for all.
        filler: "blank" or "distractors", as :func:`rnncourse.datasets.recall_first` has them.
        start: str, a key of ``STARTS``.
        learning_rate: float > 0, of Adam.

    Returns:
        "accuracy" (R,) on the test split, where a guess scores 1/8, and "cross_entropy" (R,) in nats, ln 8 for a guess.
    """
    common = {"learning_rate": learning_rate, "updates": RECALL_UPDATES, "batch_size": BATCH}
    return recalled(seeds, lag=80, filler=filler, layer=_layer(start), **common)


def _layer(start: str) -> Callable[[], keras.Layer]:
    """Builds the layer that a key of ``STARTS`` stands for."""
    import keras

    initializer, activation = STARTS[start]
    return partial(keras.layers.SimpleRNN, UNITS, activation=activation, recurrent_initializer=initializer)


ADDING = Experiment(
    name="adding_by_lag",
    question="Up to which length does a plain RNN learn the adding problem, by its recurrent initialiser? "
    f"{_NET}; {ADDING_UPDATES} updates on 7,000 sequences; error on 1,500 others.",
    over={"steps": (20, 40, 80), "start": tuple(STARTS), "learning_rate": (1e-3, 3e-3)},
    seeds=tuple(range(6)),
    run=adding_by_lag,
)
RECALL = Experiment(
    name="recall_at_lag_80",
    question="Does a plain RNN learn to recall the first symbol after 80 fillers, by its recurrent initialiser? "
    f"{_NET}; {RECALL_UPDATES} updates on 2,800 sequences, one-hot; scored on 600 others.",
    over={"filler": ("blank", "distractors"), "start": tuple(STARTS), "learning_rate": (1e-3, 3e-3)},
    seeds=tuple(range(6)),
    run=recall_at_lag_80,
)
