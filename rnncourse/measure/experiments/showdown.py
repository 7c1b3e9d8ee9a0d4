"""RNN, LSTM, GRU, Transformer and convolution on five tasks: at equal parameters, and at equal seconds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from rnncourse.measure.experiments.cells import parameters
from rnncourse.measure.experiments.experiment import Experiment
from rnncourse.measure.experiments.showdown_tasks import REVIEWS, TASKS, Task, loss
from rnncourse.measure.experiments.showdown_training import Program, rates_of
from rnncourse.measure.replicas import order_of

if TYPE_CHECKING:
    import keras

EMBEDDING = 16
KERNEL_SIZE = 5
BLOCKS = 2
LEARNING_RATES = (0.003, 0.01)
TRIALS = 2
ARCHITECTURES = ("simple", "lstm", "gru", "transformer", "conv")
RATES = {
    "translation": {"simple": 0.01, "lstm": 0.01, "gru": 0.01, "transformer": 0.01, "conv": 0.01},
    "recall 40": {"simple": 0.003, "lstm": 0.01, "gru": 0.003, "transformer": 0.01, "conv": 0.01},
    "sentiment": {"simple": 0.003, "lstm": 0.01, "gru": 0.01, "transformer": 0.003, "conv": 0.01},
    "Python": {"simple": 0.01, "lstm": 0.01, "gru": 0.01, "transformer": 0.01, "conv": 0.01},
    "forecasting": {"simple": 0.01, "lstm": 0.01, "gru": 0.01, "transformer": 0.01, "conv": 0.01},
}
"""By task and architecture, the better of ``LEARNING_RATES``, as the table showdown has it."""
UPDATES = {
    "translation": {"simple": 400, "lstm": 500, "gru": 350, "transformer": 150, "conv": 250},
    "recall 40": {"simple": 500, "lstm": 400, "gru": 400, "transformer": 150, "conv": 250},
    "sentiment": {"simple": 400, "lstm": 300, "gru": 300, "transformer": 100, "conv": 150},
    "Python": {"simple": 500, "lstm": 500, "gru": 450, "transformer": 250, "conv": 350},
    "forecasting": {"simple": 350, "lstm": 200, "gru": 200, "transformer": 50, "conv": 150},
}
"""By task and architecture, the updates that take the seconds that the LSTM takes."""


def depth_of(architecture: str, task: Task) -> int:
    """1 for a recurrent layer, ``BLOCKS`` of the Transformer, and of a convolution the fewest that reach across T."""
    if architecture == "transformer":
        return BLOCKS
    depth = 1
    while architecture == "conv" and 1 + (KERNEL_SIZE - 1) * (2**depth - 1) < task.steps:
        depth += 1
    return depth


def parameters_of(architecture: str, task: Task, units: int) -> int:
    """How many parameters a net has between its Embedding, which is the same for all, and its answers."""
    features = 1 if task.vocab_size is None else EMBEDDING
    read_out = task.outputs * (units + 1)
    depth = depth_of(architecture, task)
    if architecture == "conv":
        return units * (KERNEL_SIZE * (features + (depth - 1) * units) + depth) + read_out
    if architecture == "transformer":
        projection = 0 if features == units else units * (features + 1)
        return projection + depth * (12 * units**2 + 13 * units) + 2 * units + read_out
    return parameters(architecture, features=features, units=units) + read_out


def units_of(architecture: str, task: Task) -> int:
    """The units of the Transformer, or those that bring another net nearest to its parameters."""
    if architecture == "transformer":
        return task.width
    budget = parameters_of("transformer", task, task.width)
    return min(range(1, 500), key=lambda units: abs(parameters_of(architecture, task, units) - budget))


def net(architecture: str, task: Task) -> keras.Model:
    """A net that is not trained: (B, T) ids or (B, T, 1) numbers to (B, outputs), or (B, T, outputs) at each step."""
    from rnncourse.models import many_to_many, many_to_one

    build = many_to_many if task.each_step else many_to_one
    sizes = {"units": units_of(architecture, task), "depth": depth_of(architecture, task), "outputs": task.outputs}
    if task.vocab_size is None:
        return build(features=1, cell=architecture, **sizes)
    read = {"vocab_size": task.vocab_size, "embedding_dim": EMBEDDING, "mask_zero": task.padded}
    return build(cell=architecture, **read, **sizes)


def fought(
    seeds: Sequence[int],
    *,
    task: str,
    architecture: str,
    learning_rate: float,
    updates: int,
    examples: int | None = None,
) -> dict[str, np.ndarray]:
    """How well one architecture learns one task.

    Args:
        seeds: R ints ≥ 0, of the initial weights, the examples and their order.
        task: str, a key of ``TASKS``.
        architecture: str, one of ``ARCHITECTURES``.
        learning_rate: float > 0, the highest: it rises for a twentieth of the updates, then falls along a cosine.
        updates: int, a multiple of 50.
        examples: int ≥ 1, how many of the training examples each net may see; None for all.

    Returns:
        (R,) each: "validation" and "test", the loss; "score", the task's, on test data; "seconds" of the processor.
    """
    what, program, seen = TASKS[task], _program(task, architecture), []
    (x, _), (_, y_validation), (_, y_test) = what.load()
    for seed in seeds:
        chosen = np.random.default_rng([seed, 18]).permutation(len(x))[:examples]
        order = order_of(seed, chosen, updates, what.batch_size)
        answers, seconds = program.train(_start(task, architecture, seed), order, rates_of(learning_rate, updates))
        validation, test = np.split(answers, [len(y_validation)])
        seen.append((loss(y_validation, validation), loss(y_test, test), what.score(test, y_test), seconds))
    return dict(zip(("validation", "test", "score", "seconds"), np.array(seen, dtype=float).T, strict=True))


@cache
def _program(task: str, architecture: str) -> Program:
    (x, y), (asked, _), (asked_later, _) = TASKS[task].load()
    asked = np.concatenate([asked, asked_later])
    return Program(net(architecture, TASKS[task]), loss, x, y, asked, xla=architecture != "conv")


@cache
def _start(task: str, architecture: str, seed: int) -> list[np.ndarray]:
    """The initial values of a net's variables."""
    import keras

    keras.utils.set_random_seed(seed)
    return [variable.numpy() for variable in net(architecture, TASKS[task]).variables]


def showdown(seeds: Sequence[int], *, task: str, architecture: str) -> dict[str, np.ndarray]:
    """:func:`fought` for the updates of the task, at the better of ``LEARNING_RATES``.

    The rate is chosen by the validation loss of the first ``TRIALS`` seeds; the other seeds are trained at that rate.

    Returns:
        (R,) each, as of :func:`fought`, and "learning_rate".
    """
    what = {"task": task, "architecture": architecture, "updates": TASKS[task].updates}
    trials = {rate: fought(seeds[:TRIALS], learning_rate=rate, **what) for rate in LEARNING_RATES}
    best = min(trials, key=lambda rate: trials[rate]["validation"].mean())
    parts = [trials[best], *([fought(seeds[TRIALS:], learning_rate=best, **what)] if len(seeds) > TRIALS else [])]
    found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return {"learning_rate": np.full(len(seeds), best), **found}


def showdown_by_seconds(seeds: Sequence[int], *, task: str, architecture: str) -> dict[str, np.ndarray]:
    """:func:`fought` at the rate of ``RATES``, for as many updates as fit into the seconds of the LSTM."""
    rate, updates = RATES[task][architecture], UPDATES[task][architecture]
    return fought(seeds, task=task, architecture=architecture, learning_rate=rate, updates=updates)


def sentiment_by_examples(seeds: Sequence[int], *, architecture: str, examples: int) -> dict[str, np.ndarray]:
    """:func:`fought` on so many reviews, at the rate of ``RATES`` and for the updates of the task."""
    task = "sentiment"
    rate, updates = RATES[task][architecture], TASKS[task].updates
    found = fought(seeds, task=task, architecture=architecture, learning_rate=rate, updates=updates, examples=examples)
    return {name: values for name, values in found.items() if name != "seconds"}


_NETS = (
    f"Two Transformer blocks, and a SimpleRNN, LSTM, GRU and causal dilated convolution (kernel {KERNEL_SIZE}, as many "
    f"layers as reach across the sequence) with as many parameters; an Embedding of {EMBEDDING}, the same for all. "
    "Adam, the rate rising for a twentieth of the updates and falling to 0 along a cosine, the global norm clipped at "
    "1, batches of 64."
)
_TASKS = " ".join(f"{name}: {task.wanted}, {task.updates} updates." for name, task in TASKS.items())
SHOWDOWN = Experiment(
    name="showdown",
    question="Which architecture learns what, at equal parameters and updates? "
    f"{_NETS} The rate is the better of {LEARNING_RATES} by the validation loss of the first {TRIALS} seeds. "
    f"{_TASKS} Seconds are those of one machine's processor, one thread.",
    over={"task": tuple(TASKS), "architecture": ARCHITECTURES},
    seeds=tuple(range(5)),
    run=showdown,
)
BY_SECONDS = Experiment(
    name="showdown_by_seconds",
    question="Which architecture learns what, at equal parameters and seconds? As the table showdown, at the rates "
    "chosen there, with as many updates as fit into the seconds that the LSTM took there.",
    over={"task": tuple(UPDATES), "architecture": ARCHITECTURES},
    seeds=tuple(range(5)),
    run=showdown_by_seconds,
)
BY_EXAMPLES = Experiment(
    name="sentiment_by_examples",
    question="How well does each architecture tell praise from blame, by the number of reviews it learns from? As the "
    "table showdown, at the rates chosen there; other reviews for each seed.",
    over={"architecture": ARCHITECTURES, "examples": (100, 1000, REVIEWS)},
    seeds=tuple(range(5)),
    run=sentiment_by_examples,
)
