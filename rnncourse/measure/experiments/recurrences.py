"""What recurrences whose gates do not see the state can learn: recalling over a lag, and parity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from rnncourse.measure.experiments.experiment import Experiment
from rnncourse.measure.experiments.nets import fitted, recalled

if TYPE_CHECKING:
    import keras

UNITS, BATCH, UPDATES, LEARNING_RATE = 32, 128, 1000, 3e-3
KEPT = 4.0
"""First bias of gates that begin by keeping: σ(4) = 0.982."""

PARITY_UNITS, PARITY_BATCH, PARITY_UPDATES = 16, 64, 2000
TRAINED_STEPS, TESTED_STEPS, LAST = 20, 100, 20
PARITY_NETS = ("GRU", "minGRU", "minGRU, 2 layers", "minLSTM", "LRU", "minGRU, signed", "minLSTM, signed")
RECALL_NETS = ("GRU", "GRU, keeping", "minGRU", "minGRU, keeping", "minLSTM", "minLSTM, keeping", "LRU")


def parity(sequences: int, steps: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Random bits, and at every step whether the number of ones so far is odd.

    Args:
        sequences, steps: ints ≥ 1.
        seed: int ≥ 0 of the random generator.

    Returns:
        x (sequences, steps, 2) one-hot, column 1 for a one; y (sequences, steps, 1), 0 or 1; float32.
    """
    bits = np.random.default_rng(seed).integers(0, 2, size=(sequences, steps))
    return np.eye(2, dtype=np.float32)[bits], (np.cumsum(bits, axis=1) % 2).astype(np.float32)[..., np.newaxis]


def parity_by_net(seeds: Sequence[int], *, net: str, learning_rate: float) -> dict[str, np.ndarray]:
    """How well nets follow the parity of ``TRAINED_STEPS`` bits, and of more bits than they were trained on.

    Args:
        seeds: R ints ≥ 0, of the initial weights and the order of examples; the data are the same for all.
        net: str, one of ``PARITY_NETS``.
        learning_rate: float > 0, of Adam.

    Returns:
        "accuracy" (R,) at the steps trained on and "beyond" (R,) at the last ``LAST`` of ``TESTED_STEPS`` steps, of
        unseen sequences; a guess scores 1/2.
    """
    import keras

    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    common = {"learning_rate": learning_rate, "updates": PARITY_UPDATES, "batch_size": PARITY_BATCH}

    def build() -> keras.Model:  # of any number of steps
        return keras.Sequential(
            [keras.Input((None, 2)), _stack(net, PARITY_UNITS, sequences=True), keras.layers.Dense(1)]
        )

    models = fitted(seeds, *parity(8000, TRAINED_STEPS), build=build, loss=loss, **common)
    found: dict[str, list[float]] = {"accuracy": [], "beyond": []}
    x, y = parity(500, TESTED_STEPS, seed=1)
    for model in models:
        right = (model(x).numpy() > 0) == (y > 0.5)
        found["accuracy"].append(right[:, :TRAINED_STEPS].mean())
        found["beyond"].append(right[:, -LAST:].mean())
    return {name: np.array(values) for name, values in found.items()}


def recall_by_net(seeds: Sequence[int], *, lag: int, net: str) -> dict[str, np.ndarray]:
    """Test accuracy of recalling one of eight symbols over ``lag`` distractors, after ``UPDATES`` updates.

    Args:
        seeds: R ints ≥ 0, of the initial weights and the order of examples; the data are the same for all.
        lag: int ≥ 1, distractors between the symbol and the answer.
        net: str, one of ``RECALL_NETS``.

    Returns:
        "accuracy" (R,) on the test split, where a guess scores 1/8, and "cross_entropy" (R,) in nats, ln 8 for a guess.
    """
    common = {"learning_rate": LEARNING_RATE, "updates": UPDATES, "batch_size": BATCH}
    return recalled(seeds, lag=lag, layer=partial(_stack, net, UNITS), **common)


def _stack(net: str, units: int, *, sequences: bool = False) -> keras.Layer:
    """The recurrent part of a net: one layer, or two."""
    import keras

    name, _, option = net.partition(", ")
    layer = _kinds(option)[name]
    if option == "2 layers":
        return keras.Sequential([layer(units, return_sequences=True), layer(units, return_sequences=sequences)])
    return layer(units, return_sequences=sequences)


def _kinds(option: str) -> dict[str, Callable[..., keras.Layer]]:
    """By name, what builds a layer."""
    import keras

    from rnncourse.models import LRU, MinGRU, MinLSTM

    keeping, signed = (KEPT if option == "keeping" else 0.0), option == "signed"

    def gru(units: int, **options: Any) -> keras.Layer:
        def bias(shape: tuple[int, int], dtype: Any = None) -> Any:
            first = np.zeros(shape)
            first[0, :units] = keeping  # z, which keeps
            return keras.ops.convert_to_tensor(first, dtype)

        return keras.layers.GRU(units, bias_initializer=bias, **options)

    return {
        "GRU": gru,
        "minGRU": partial(MinGRU, keep_bias=keeping, signed=signed),
        "minLSTM": partial(MinLSTM, keep_bias=keeping, signed=signed),
        "LRU": partial(LRU, activation="gelu"),
    }


PARITY = Experiment(
    name="parity_by_net",
    question=f"Which nets learn the parity of random bits, with a label at every step? {PARITY_UNITS} units and a "
    f"Dense read-out; {PARITY_UPDATES} updates with batches of {PARITY_BATCH} from 8,000 sequences of {TRAINED_STEPS} "
    f"bits, one-hot; Adam, global norm clipped at 1; scored on 500 others, at their first {TRAINED_STEPS} and at the "
    f"last {LAST} of {TESTED_STEPS} steps.",
    over={"net": PARITY_NETS, "learning_rate": (0.01, 0.03)},
    seeds=tuple(range(5)),
    run=parity_by_net,
)
RECALL = Experiment(
    name="recall_by_net",
    question=f"Which nets learn to recall the first symbol over how many distractors? {UNITS} units and a Dense "
    f"read-out of the last state; 'keeping': the gates that keep begin at a bias of {KEPT:g}; Adam at {LEARNING_RATE}, "
    f"global norm clipped at 1; {UPDATES} updates with batches of {BATCH} from 2,800 sequences, one-hot; scored on 600 "
    "others.",
    over={"lag": (20, 80), "net": RECALL_NETS},
    seeds=tuple(range(5)),
    run=recall_by_net,
)
