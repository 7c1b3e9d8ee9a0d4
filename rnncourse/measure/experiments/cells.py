"""RNN, LSTM and GRU side by side: four tasks of the course, at equal units and at equal parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from rnncourse.datasets import adding, running_total
from rnncourse.measure.experiments.experiment import Experiment
from rnncourse.measure.experiments.nets import squared_errors, trained
from rnncourse.measure.experiments.splits import HORIZON, WINDOW, Splits, el_nino, el_nino_degrees, parts, python

if TYPE_CHECKING:
    import keras

    Score = Callable[[Sequence[keras.Model], np.ndarray, np.ndarray], np.ndarray]

ADDING_STEPS = 40
TOTAL_STEPS = 30
CHARACTERS, PIECE, SCORED_PIECES = 1_000_000, 64, 800
SYMBOLS, EMBEDDING = 98, 16

BLOCKS = {"simple": (1, 1), "lstm": (4, 1), "gru": (3, 2)}
"""By cell: the blocks of its kernel, and the biases of each block."""

NETS = {
    "LSTM": ("lstm", False),
    "GRU": ("gru", False),
    "wide GRU": ("gru", True),
    "plain": ("simple", False),
    "wide plain": ("simple", True),
}
"""By name: the cell, and whether it has as many parameters as the LSTM (else as many units)."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What the nets learn, for how long, and how they are scored.

    Attributes:
        load: gives train, validation and test as the nets read them.
        score: of models on a split, one number each.
        units: int ≥ 1, H of the LSTM.
        features: int ≥ 1, D, what a cell reads at a step.
        updates, batch_size: int ≥ 1.
        each_step: bool, whether every step has a target.
        ids: bool, whether a step is an id, to be embedded and to be told from ``SYMBOLS``; else numbers in, one out.
    """

    load: Callable[[], Splits]
    score: Score
    units: int
    features: int
    updates: int
    batch_size: int
    each_step: bool = False
    ids: bool = False


def parameters(cell: str, *, features: int, units: int) -> int:
    """How many parameters a recurrent layer of Keras has.

    Args:
        cell: a key of ``BLOCKS``.
        features: int ≥ 1, D, numbers in an input.
        units: int ≥ 0, H, numbers in a state.
    """
    blocks, biases = BLOCKS[cell]
    return blocks * units * (features + units + biases)


def units_of(net: str, task: str) -> int:
    """How many units a net of ``NETS`` has on a task of ``TASKS``: the LSTM's, or the most for as many parameters."""
    (cell, wide), features, units = NETS[net], TASKS[task].features, TASKS[task].units
    budget = parameters("lstm", features=features, units=units)
    while wide and parameters(cell, features=features, units=units + 1) <= budget:
        units += 1
    return units


def cells_compared(seeds: Sequence[int], *, task: str, net: str, learning_rate: float) -> dict[str, np.ndarray]:
    """How well one kind of net learns one task.

    Args:
        seeds: R ints ≥ 0, of the initial weights and the order of examples; the data are the same for all.
        task: str, a key of ``TASKS``.
        net: str, a key of ``NETS``.
        learning_rate: float > 0, of Adam.

    Returns:
        "validation" and "test", (R,) each: mean squared error for "adding" and "running total", root mean squared error
        in °C for "El Niño", nats per character for "Python"; and "units", (R,), all the same.
    """
    import keras

    what, units = TASKS[task], units_of(net, task)
    train, validation, test = what.load()
    models = trained(
        seeds,
        *train,
        layer=_layer(NETS[net][0], units, what),
        outputs=SYMBOLS if what.ids else 1,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True) if what.ids else "mse",
        learning_rate=learning_rate,
        updates=what.updates,
        batch_size=what.batch_size,
    )
    return {
        "units": np.full(len(models), units),
        "validation": what.score(models, *validation),
        "test": what.score(models, *test),
    }


def _layer(cell: str, units: int, task: Task) -> Callable[[], keras.Layer]:
    """Builds the part of a net below its read-out."""
    import keras

    kind = {"simple": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[cell]
    recurrent: Any = partial(kind, units, return_sequences=task.each_step)
    if not task.ids:
        return recurrent
    return lambda: keras.Sequential([keras.layers.Embedding(SYMBOLS, EMBEDDING), recurrent()])


def _adding() -> Splits:
    return parts(adding(steps=ADDING_STEPS))


def _running_total() -> Splits:
    return parts(running_total(steps=TOTAL_STEPS))


def _degrees(models: Sequence[keras.Model], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The root mean squared error of each model in °C, (R,)."""
    return el_nino_degrees() * np.sqrt(squared_errors(models, x, y))


def _python() -> Splits:
    return python(characters=CHARACTERS, steps=PIECE, validation=SCORED_PIECES, test=SCORED_PIECES)


def _nats(models: Sequence[keras.Model], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The mean cross-entropy of each model over all steps, (R,)."""
    import keras

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return np.array([float(loss(y, model(x))) for model in models])


TASKS = {
    "adding": Task(load=_adding, score=squared_errors, units=32, features=2, updates=1000, batch_size=128),
    "running total": Task(
        load=_running_total, score=squared_errors, units=16, features=4, updates=1000, batch_size=64, each_step=True
    ),
    "El Niño": Task(load=el_nino, score=_degrees, units=16, features=1, updates=300, batch_size=64),
    "Python": Task(
        load=_python, score=_nats, units=48, features=EMBEDDING, updates=1000, batch_size=32, each_step=True, ids=True
    ),
}
"""By name, the tasks."""

_QUESTION = (
    "What do a SimpleRNN, an LSTM and a GRU make of {what}, with as many units as the LSTM and, where wide, with as "
    "many parameters in the recurrent layer? Keras' defaults, a Dense read-out; Adam, global norm clipped at 1. {sizes}"
)


def _sizes(*names: str) -> str:
    """How large and how long, task by task."""
    return " ".join(
        f"{name}: an LSTM of {TASKS[name].units} units, {TASKS[name].updates} updates with batches of "
        f"{TASKS[name].batch_size}."
        for name in names
    )


_NUMBERS = ("adding", "running total", "El Niño")

COMPARED = Experiment(
    name="cells_compared",
    question=_QUESTION.format(
        what=f"adding over {ADDING_STEPS} steps and of running totals of {TOTAL_STEPS} steps with resets (mean squared "
        f"errors), and of El Niño, {HORIZON} months ahead from windows of {WINDOW} (root mean squared error in °C)",
        sizes=_sizes(*_NUMBERS),
    ),
    over={"task": _NUMBERS, "net": tuple(NETS), "learning_rate": (0.003, 0.01)},
    seeds=tuple(range(5)),
    run=cells_compared,
)
PYTHON = Experiment(
    name="cells_on_python",
    question=_QUESTION.format(
        what=f"the next character of Python code, in pieces of {PIECE} characters from {CHARACTERS:,}, with an "
        f"Embedding of {EMBEDDING} (nats per character, on {SCORED_PIECES} pieces)",
        sizes=_sizes("Python"),
    ),
    over={"task": ("Python",), "net": tuple(NETS), "learning_rate": (0.01,)},
    seeds=tuple(range(5)),
    run=cells_compared,
)
