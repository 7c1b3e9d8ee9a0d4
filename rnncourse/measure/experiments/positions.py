"""What a Transformer block needs to find the symbol some steps ago, and what it can do beyond its training's length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rnncourse._checks import check_whole
from rnncourse.measure.experiments.experiment import Experiment
from rnncourse.measure.experiments.nets import fitted

if TYPE_CHECKING:
    import keras

SYMBOLS = 8
BACK = 3
STEPS = 24
BEYOND = 96
UNITS = 32
EXAMPLES = 4096
TESTED = 256
BATCH = 64
UPDATES = 500
LEARNING_RATE = 0.003
SPAN = 12
"""Accuracies are means over so many places."""


def steps_ago(examples: int, steps: int, *, seed: int, back: int = BACK) -> tuple[np.ndarray, np.ndarray]:
    """Random symbols, and at each step the one that stood some steps ago.

    Args:
        examples: int ≥ 1, n.
        steps: int ≥ 1, T.
        seed: int ≥ 0 of the random generator.
        back: int ≥ 1, how many steps ago.

    Returns:
        x (n, T) int32, 0 to ``SYMBOLS`` − 1; y (n, T) int32, −1 where nothing stood so long ago.

    Raises:
        ValueError: an argument is outside its range.
    """
    for name, value, least in (("examples", examples, 1), ("steps", steps, 1), ("seed", seed, 0), ("back", back, 1)):
        check_whole(name, value, least=least)
    x = np.random.default_rng(seed).integers(0, SYMBOLS, (examples, steps + back)).astype(np.int32)
    y = x[:, :steps].copy()
    y[:, :back] = -1
    return x[:, back:], y


def network(positions: str) -> keras.Model:
    """One causal Transformer block, with positions of a kind; or one GRU layer.

    Args:
        positions: "none", "sinusoidal", "learned" (``BEYOND`` of them), "rotary", or "gru" for the GRU.

    Returns:
        keras.Model, not compiled: (B, T) ids to (B, T, ``SYMBOLS``) scores. Symbols start as vectors of length about
        √``UNITS``, as large as sines and cosines.
    """
    import keras

    from rnncourse import models

    added: dict[str, Any] = {
        "sinusoidal": models.SinusoidalPositions,
        "learned": lambda: models.LearnedPositions(BEYOND),
    }
    ids = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(SYMBOLS, UNITS, embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0))(ids)
    if positions in added:
        x = added[positions]()(x)
    if positions == "gru":
        x = keras.layers.GRU(UNITS, return_sequences=True)(x)
    else:
        x = models.TransformerBlock(2, hidden=2 * UNITS, causal=True, rotary=positions == "rotary")(x)
    return keras.Model(ids, keras.layers.Dense(SYMBOLS)(x))


def _loss(y: Any, scores: Any) -> Any:
    """Cross-entropy (B, T − ``BACK``) of the steps that have an answer."""
    import keras

    return keras.losses.sparse_categorical_crossentropy(y[:, BACK:], scores[:, BACK:], from_logits=True)


def steps_ago_by_positions(seeds: Sequence[int], *, positions: str) -> dict[str, np.ndarray]:
    """How often the symbol ``BACK`` steps ago is found, by place in the sequence.

    Args:
        seeds: R ints ≥ 0, of the initial weights and the order of examples; the data are the same for all.
        positions: as for :func:`network`.

    Returns:
        "cross_entropy": (R,) nats, on other sequences of the training's length; "to_12", "to_24" … "to_96": (R,) shares
        right among places 1 to 12, 13 to 24 …, on sequences of ``BEYOND`` steps.
    """
    x, y = steps_ago(EXAMPLES, STEPS, seed=17)
    options = {"learning_rate": LEARNING_RATE, "loss": _loss, "updates": UPDATES, "batch_size": BATCH}
    trained = fitted(seeds, x, y, build=lambda: network(positions), **options)
    x, y = steps_ago(TESTED, BEYOND, seed=18)
    right, losses = [], []
    for model in trained:
        losses.append(float(np.mean(_loss(y[:, :STEPS], model(x[:, :STEPS])))))
        right.append((model(x).numpy().argmax(axis=-1) == y).mean(axis=0))
    found = {"cross_entropy": np.array(losses)}
    for start in range(0, BEYOND, SPAN):
        first = max(start, BACK)
        found[f"to_{start + SPAN}"] = np.array([places[first : start + SPAN].mean() for places in right])
    return found


POSITIONS = Experiment(
    name="steps_ago_by_positions",
    question=f"How often does one causal Transformer block of {UNITS} units, or a GRU of {UNITS}, find the symbol that "
    f"stood {BACK} steps ago, among {SYMBOLS}, after {UPDATES} updates on sequences of {STEPS} steps, by place in "
    f"sequences of {BEYOND}? Chance is {1 / SYMBOLS:.3f}.",
    over={"positions": ("none", "sinusoidal", "learned", "rotary", "gru")},
    seeds=(0, 1, 2, 3, 4),
    run=steps_ago_by_positions,
)
