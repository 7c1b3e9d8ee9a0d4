"""What an LSTM learns that a plain RNN does not: over which lag, from which forget bias, and with which gates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rnncourse.datasets import adding, recall_first, running_total
from rnncourse.measure.experiments.experiment import Experiment
from rnncourse.measure.replicas import train_replicas

if TYPE_CHECKING:
    import keras

UNITS = 32
BATCH = 128
LAG = 80
LEARNING_RATE = 3e-3
ADDING_UPDATES = 2000
RECALL_UPDATES = 1000
TOTAL_UPDATES = 1000
TOTAL_STEPS = 30
TOTAL_UNITS = 16
TOTAL_BATCH = 64
VARIANTS = {"whole": (), "no_input": ("input",), "no_forget": ("forget",), "no_output": ("output",)}
"""By name of the column, the gates that are removed."""

_NET = (
    f"a Dense read-out, Keras' defaults but for what the table varies; Adam at {LEARNING_RATE}, global norm clipped "
    "at 1"
)


def lstm_adding_by_lag(seeds: Sequence[int], *, steps: int) -> dict[str, np.ndarray]:
    """Test error on the adding problem after ``ADDING_UPDATES`` updates: the LSTM's row of "adding_by_lag".

    Args:
        seeds: R ints ≥ 0, of the initial weights and the order of examples; the data are the same for all.
        steps: int ≥ 2, the length of the sequences.

    Returns:
        "mse": (R,) mean squared error on the test split; predicting the mean scores 1/6.
    """
    data = adding(steps=steps)
    models = _train(seeds, *data.train, outputs=1, loss="mse", updates=ADDING_UPDATES)
    return {"mse": _errors(models, *data.test)}


def recall_by_forget_bias(seeds: Sequence[int], *, forget_bias: float) -> dict[str, np.ndarray]:
    """Test accuracy of recalling one of eight symbols over ``LAG`` distractors, after ``RECALL_UPDATES`` updates.

    Args:
        seeds: R ints ≥ 0, of the initial weights and the order of examples; the data are the same for all.
        forget_bias: float, the first value of the forget gate's bias.

    Returns:
        "accuracy" (R,) on the test split, where a guess scores 1/8, and "cross_entropy" (R,) in nats, ln 8 for a guess.
    """
    import keras
    from scipy.special import log_softmax

    data = recall_first(steps=LAG + 1, filler="distractors")
    one_hot = np.eye(16, dtype=np.float32)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    x, y = data.train
    models = _train(seeds, one_hot[x], y, outputs=8, loss=loss, updates=RECALL_UPDATES, forget_bias=forget_bias)
    x, y = data.test
    scores = [model(one_hot[x]).numpy().astype(np.float64) for model in models]
    return {
        "accuracy": np.array([(score.argmax(axis=1) == y).mean() for score in scores]),
        "cross_entropy": np.array([-log_softmax(score, axis=1)[np.arange(len(y)), y].mean() for score in scores]),
    }


def total_without_a_gate(seeds: Sequence[int], *, reset: float) -> dict[str, np.ndarray]:
    """Test error on running totals of ``TOTAL_STEPS`` steps after ``TOTAL_UPDATES`` updates, by what is missing.

    Args:
        seeds: R ints ≥ 0, of the initial weights and the order of examples; the data are the same for all.
        reset: float, the probability of a reset at each step, as for :func:`rnncourse.datasets.running_total`.

    Returns:
        For each key of ``VARIANTS``, and "plain" for a SimpleRNN: (R,) mean squared error on the test split.
    """
    data = running_total(steps=TOTAL_STEPS, reset=reset)
    common = {"outputs": 1, "loss": "mse", "updates": TOTAL_UPDATES, "units": TOTAL_UNITS, "batch_size": TOTAL_BATCH}
    found = {}
    for name, remove in VARIANTS.items():
        found[name] = _errors(_train(seeds, *data.train, **common, sequences=True, remove=remove), *data.test)
    return found | {"plain": _errors(_train(seeds, *data.train, **common, sequences=True, plain=True), *data.test)}


def _train(
    seeds: Sequence[int],
    x: np.ndarray,
    y: np.ndarray,
    *,
    outputs: int,
    loss: str | keras.losses.Loss,
    updates: int,
    units: int = UNITS,
    batch_size: int = BATCH,
    sequences: bool = False,
    plain: bool = False,
    **variant: Any,
) -> list[keras.Model]:
    """A net a seed: an LSTM, of which ``variant`` says what is different, or a plain RNN; trained side by side."""
    import keras

    from rnncourse.models import LSTMVariantCell

    models = []
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        cell = keras.layers.SimpleRNNCell(units) if plain else LSTMVariantCell(units, **variant)
        recurrent = keras.layers.RNN(cell, return_sequences=sequences)
        models.append(keras.Sequential([keras.Input(x.shape[1:]), recurrent, keras.layers.Dense(outputs)]))
    optimizer = keras.optimizers.Adam(LEARNING_RATE, global_clipnorm=1.0)
    train_replicas(models, x, y, seeds=seeds, loss=loss, optimizer=optimizer, updates=updates, batch_size=batch_size)
    return models


def _errors(models: Sequence[keras.Model], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.array([np.square(model(x).numpy() - y).mean() for model in models])


ADDING = Experiment(
    name="lstm_adding_by_lag",
    question=f"Up to which length does an LSTM learn the adding problem? {UNITS} units and {_NET}; {ADDING_UPDATES} "
    f"updates with batches of {BATCH} from 7,000 sequences; error on 1,500 others. All else is as in adding_by_lag.",
    over={"steps": (20, 40, 80)},
    seeds=tuple(range(5)),
    run=lstm_adding_by_lag,
)
RECALL = Experiment(
    name="recall_by_forget_bias",
    question=f"Does an LSTM learn to recall the first symbol after {LAG} distractors, by the first value of its forget "
    f"bias? {UNITS} units and {_NET}; {RECALL_UPDATES} updates with batches of {BATCH} from 2,800 sequences, one-hot; "
    "scored on 600 others. All else is as in recall_at_lag_80.",
    over={"forget_bias": (0.0, 1.0, 3.0)},
    seeds=tuple(range(5)),
    run=recall_by_forget_bias,
)
TOTAL = Experiment(
    name="total_without_a_gate",
    question="What does an LSTM without one of its gates make of running totals, without resets and with them? Beside "
    f"it a SimpleRNN. {TOTAL_UNITS} units and {_NET}; {TOTAL_UPDATES} updates with batches of {TOTAL_BATCH} from 7,000 "
    f"sequences of {TOTAL_STEPS} steps; error on 1,500 others.",
    over={"reset": (0.0, 0.1)},
    seeds=tuple(range(5)),
    run=total_without_a_gate,
)
