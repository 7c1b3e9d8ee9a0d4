"""What experiments with one recurrent layer share: several seeds trained side by side, and their scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rnncourse.datasets import recall_first
from rnncourse.measure.replicas import train_replicas

if TYPE_CHECKING:
    import keras

MAX_NORM = 1.0


def trained(
    seeds: Sequence[int],
    x: np.ndarray,
    y: np.ndarray,
    *,
    layer: Callable[[], keras.Layer],
    outputs: int,
    loss: str | keras.losses.Loss,
    learning_rate: float,
    updates: int,
    batch_size: int,
) -> list[keras.Model]:
    """A net a seed: a recurrent layer and a Dense read-out, trained with Adam, the global norm clipped at 1.

    Args:
        seeds: R ints ≥ 0, of the initial weights and the order of examples.
        x: (n, T, D) inputs.
        y: (n, …) targets.
        layer: builds the recurrent layer, anew for each net.
        outputs: int ≥ 1, units of the read-out.
        loss, updates, batch_size: as for :func:`rnncourse.measure.train_replicas`.
        learning_rate: float > 0, of Adam.

    Returns:
        R models.
    """
    import keras

    def build() -> keras.Model:
        return keras.Sequential([keras.Input(x.shape[1:]), layer(), keras.layers.Dense(outputs)])

    common = {"loss": loss, "learning_rate": learning_rate, "updates": updates, "batch_size": batch_size}
    return fitted(seeds, x, y, build=build, **common)


def fitted(
    seeds: Sequence[int],
    x: np.ndarray,
    y: np.ndarray,
    *,
    build: Callable[[], keras.Model],
    learning_rate: float | keras.optimizers.schedules.LearningRateSchedule,
    **options: Any,
) -> list[keras.Model]:
    """A net a seed of any architecture, trained with Adam, the global norm clipped at 1.

    Args:
        seeds, x, y: as for :func:`trained`.
        build: builds a net, anew for each seed.
        learning_rate: float > 0, or a schedule; of Adam.
        options: of :func:`rnncourse.measure.train_replicas`: loss, updates, batch_size.

    Returns:
        R models.
    """
    import keras

    models = []
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        models.append(build())
    optimizer = keras.optimizers.Adam(learning_rate, global_clipnorm=MAX_NORM)
    train_replicas(models, x, y, seeds=seeds, optimizer=optimizer, **options)
    return models


def recalled(
    seeds: Sequence[int], *, lag: int, filler: str = "distractors", layer: Callable[[], keras.Layer], **options: Any
) -> dict[str, np.ndarray]:
    """How well nets name the first of many symbols at the last, which they read one-hot.

    Args:
        seeds: as for :func:`trained`; the data are the same for all.
        lag: int ≥ 1, fillers between the symbol and the answer.
        filler: "blank" or "distractors", as :func:`rnncourse.datasets.recall_first` has them.
        layer, options: of :func:`trained`: learning_rate, updates, batch_size.

    Returns:
        As of :func:`classified`, on the test split; a guess has an accuracy of 1/8 and a cross-entropy of ln 8.
    """
    import keras

    data = recall_first(steps=lag + 1, filler=filler)
    one_hot = np.eye(9 if filler == "blank" else 16, dtype=np.float32)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    (x, y), (x_test, y_test) = data.train, data.test
    models = trained(seeds, one_hot[x], y, layer=layer, outputs=8, loss=loss, **options)
    return classified(models, one_hot[x_test], y_test)


def squared_errors(models: Sequence[keras.Model], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The mean squared error of each model, (R,)."""
    return np.array([np.square(model(x).numpy() - y).mean() for model in models])


def classified(models: Sequence[keras.Model], x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    """Of each model "accuracy" and "cross_entropy" in nats, (R,) each, for y (n,) whole numbers."""
    from scipy.special import log_softmax

    scores = [model(x).numpy().astype(np.float64) for model in models]  # a loss of 1e-9 is no zero
    return {
        "accuracy": np.array([(score.argmax(axis=1) == y).mean() for score in scores]),
        "cross_entropy": np.array([-log_softmax(score, axis=1)[np.arange(len(y)), y].mean() for score in scores]),
    }
