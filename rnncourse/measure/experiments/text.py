"""How far a small language model of Python code gets, by how long it is trained."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from typing import TYPE_CHECKING

import numpy as np

from rnncourse.datasets import python_source
from rnncourse.measure.experiments.experiment import Experiment

if TYPE_CHECKING:
    import keras

    from rnncourse.models.streams import Piece

CHARACTERS = 6_000_000
NET = {"vocab_size": 98, "outputs": 98, "cell": "gru", "units": 256, "embedding_dim": 32, "mask_zero": False}
STREAMS = 64
STEPS = 64
LEARNING_RATE = 0.01
SCORED = 200_000


def train_writer(seed: int, *, updates: int) -> tuple[keras.Model, float]:
    """A GRU trained on Python's standard library, with the state carried from batch to batch.

    Args:
        seed: int ≥ 0, of the initial weights.
        updates: int ≥ 1, with a batch of ``STREAMS`` rows of ``STEPS`` characters each; the learning rate falls along
            a cosine to 0 at the last.

    Returns:
        The model, stateful with ``STREAMS`` rows, and the seconds that the updates took, compilation left out.
    """
    import keras

    from rnncourse.models import many_to_many
    from rnncourse.models.streams import reset_states

    text = list(_pieces(*python_source(characters=CHARACTERS).train))
    keras.utils.set_random_seed(seed)
    model = many_to_many(**NET, stateful=True, batch_size=STREAMS)
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, updates)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate, global_clipnorm=1.0), loss)
    for update, piece in enumerate(islice(cycle(text), updates)):
        if piece.fresh:
            reset_states(model)
        model.train_on_batch(piece.x, piece.y)
        if update == 0:  # compiled
            started = time.perf_counter()
    return model, time.perf_counter() - started


def loss_on(model: keras.Model, ids: np.ndarray, targets: np.ndarray) -> float:
    """Nats per character of a model of ``train_writer``, its state carried along each stream from zero.

    Args:
        model: stateful, with ``STREAMS`` rows.
        ids: (n,) ids of characters.
        targets: (n,) ids of those that follow.
    """
    from rnncourse.models.streams import reset_states

    reset_states(model)
    x, y = (np.concatenate(rows) for rows in zip(*((p.x, p.y) for p in _pieces(ids, targets)), strict=True))
    return float(model.evaluate(x, y, batch_size=STREAMS, verbose=0))


def python_by_updates(seeds: Sequence[int], *, updates: int) -> dict[str, np.ndarray]:
    """Loss on Python modules that were not in training, and what the training took.

    Args:
        seeds: R ints ≥ 0, of the initial weights; text and order are the same for all.
        updates: int ≥ 1, of :func:`train_writer`.

    Returns:
        "nats" (R,) a character, on the first ``SCORED`` characters of the validation text, and "seconds" (R,).
    """
    x, y = python_source(characters=CHARACTERS).validation
    measured = []
    for seed in seeds:
        model, seconds = train_writer(seed, updates=updates)
        measured.append((loss_on(model, x[:SCORED], y[:SCORED]), seconds))
    nats, seconds = np.array(measured).T
    return {"nats": nats, "seconds": seconds}


def _pieces(ids: np.ndarray, targets: np.ndarray) -> Iterator[Piece]:
    """The pieces of a text of which ``targets`` are the ids one character later."""
    from rnncourse.models.streams import pieces

    return pieces(np.append(ids, targets[-1]), rows=STREAMS, steps=STEPS)


PYTHON = Experiment(
    name="python_by_updates",
    question="How well does a small language model predict the next character of Python code, by how long it is "
    f"trained? A GRU of {NET['units']} units, {STREAMS} streams of {STEPS} steps an update with the state carried; "
    f"Adam at {LEARNING_RATE}, falling along a cosine to 0 at the last update, global norm clipped at 1; trained on "
    f"{CHARACTERS * 8 // 10:,} characters of the standard library, scored on {SCORED:,} of modules left out. The "
    "seconds are those of one machine with one thread.",
    over={"updates": (100, 300, 1000)},
    seeds=tuple(range(5)),
    run=python_by_updates,
)
