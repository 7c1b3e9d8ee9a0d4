"""What an LSTM learns that a plain RNN does not: over which lag, from which forget bias, and with which gates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from rnncourse.datasets import adding, running_total
from rnncourse.measure.experiments.experiment import Experiment
from rnncourse.measure.experiments.lags import ADDING_UPDATES, BATCH, RECALL_UPDATES, UNITS
from rnncourse.measure.experiments.nets import recalled, squared_errors, trained

if TYPE_CHECKING:
    import keras

LAG = 80
LEARNING_RATE = 3e-3
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
    common = {"learning_rate": LEARNING_RATE, "updates": ADDING_UPDATES, "batch_size": BATCH}
    models = trained(seeds, *data.train, layer=_lstm(UNITS), outputs=1, loss="mse", **common)
    return {"mse": squared_errors(models, *data.test)}


def recall_by_forget_bias(seeds: Sequence[int], *, forget_bias: float) -> dict[str, np.ndarray]:
    """Test accuracy of recalling one of eight symbols over ``LAG`` distractors, after ``RECALL_UPDATES`` updates.

    Args:
        seeds: R ints ≥ 0, of the initial weights and the order of examples; the data are the same for all.
        forget_bias: float, the first value of the forget gate's bias.

    Returns:
        "accuracy" (R,) on the test split, where a guess scores 1/8, and "cross_entropy" (R,) in nats, ln 8 for a guess.
    """
    common = {"learning_rate": LEARNING_RATE, "updates": RECALL_UPDATES, "batch_size": BATCH}
    return recalled(seeds, lag=LAG, layer=_lstm(UNITS, forget_bias=forget_bias), **common)


def total_without_a_gate(seeds: Sequence[int], *, reset: float) -> dict[str, np.ndarray]:
    """Test error on running totals of ``TOTAL_STEPS`` steps after ``TOTAL_UPDATES`` updates, by what is missing.

    Args:
        seeds: R ints ≥ 0, of the initial weights and the order of examples; the data are the same for all.
        reset: float, the probability of a reset at each step, as for :func:`rnncourse.datasets.running_total`.

    Returns:
        For each key of ``VARIANTS``, and "plain" for a SimpleRNN: (R,) mean squared error on the test split.
    """
    import keras

    data = running_total(steps=TOTAL_STEPS, reset=reset)
    layers = {name: _lstm(TOTAL_UNITS, sequences=True, remove=remove) for name, remove in VARIANTS.items()}
    layers["plain"] = partial(keras.layers.SimpleRNN, TOTAL_UNITS, return_sequences=True)
    common = {"learning_rate": LEARNING_RATE, "updates": TOTAL_UPDATES, "batch_size": TOTAL_BATCH}
    return {
        name: squared_errors(trained(seeds, *data.train, layer=layer, outputs=1, loss="mse", **common), *data.test)
        for name, layer in layers.items()
    }


def _lstm(units: int, *, sequences: bool = False, **variant: Any) -> Callable[[], keras.Layer]:
    """Builds an LSTM, of which ``variant`` says what is different."""
    import keras

    from rnncourse.models import LSTMVariantCell

    return lambda: keras.layers.RNN(LSTMVariantCell(units, **variant), return_sequences=sequences)


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
