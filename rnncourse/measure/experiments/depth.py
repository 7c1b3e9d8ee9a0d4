"""What depth gives to a stack of LSTMs with no more weights than one layer, with residual connections and without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rnncourse._checks import check_whole
from rnncourse.measure.experiments.experiment import Experiment
from rnncourse.measure.experiments.nets import fitted, squared_errors

if TYPE_CHECKING:
    import keras

AHEAD = 4
STEPS = 12
WARM = 2
EXAMPLES = 10_000
BATCH = 64
UPDATES = 1500
UNITS = {1: 32, 2: 18, 3: 14, 6: 9}
"""By depth, the units of a layer: as many as fit into the 4,385 weights of one layer of 32, its read-out included."""

_MEAN, _DEVIATION = 0.257, 0.721  # of x, over a long time
_SETTLE = 100


def henon(examples: int, *, seed: int, steps: int = STEPS, ahead: int = AHEAD) -> tuple[np.ndarray, np.ndarray]:
    """Series of the Hénon map, x_{t+1} = 1 − 1.4 x_t² + 0.3 x_{t−1}, and what each value has become some steps later.

    The map is chaotic: small errors grow by about half at a step. The forecast over ``ahead`` steps is the map applied
    ``ahead`` times (Hénon 1976).

    Args:
        examples: int ≥ 1, n series, each from a random start after 100 steps.
        seed: int ≥ 0 of the random generator.
        steps: int ≥ 1, T, the length of a series.
        ahead: int ≥ 1, how many steps later the target lies.

    Returns:
        x: (n, T, 1) and y: (n, T, 1), float32; y is x ``ahead`` steps later; of mean 0 and variance 1 in the long run.

    Raises:
        ValueError: an argument is outside its range.
    """
    for name, value, least in (("examples", examples, 1), ("seed", seed, 0), ("steps", steps, 1), ("ahead", ahead, 1)):
        check_whole(name, value, least=least)
    before, now = np.random.default_rng(seed).uniform(-0.1, 0.1, size=(2, examples))
    seen = []
    for _ in range(_SETTLE + steps + ahead):
        before, now = now, 1 - 1.4 * now**2 + 0.3 * before
        seen.append(now)
    series = ((np.stack(seen[_SETTLE:], axis=1) - _MEAN) / _DEVIATION).astype(np.float32)[..., np.newaxis]
    return series[:, :steps], series[:, ahead:]


def stack(depth: int, units: int, *, residual: bool) -> keras.Model:
    """LSTMs upon each other and a read-out at every step from number ``WARM`` on, counted from 0.

    Args:
        depth: int ≥ 1, layers.
        units: int ≥ 1, of each layer.
        residual: bool, whether each layer but the first adds its outputs to its inputs (Wu et al. 2016) instead of
            replacing them.

    Returns:
        keras.Model, not compiled: (B, ``STEPS``, 1) to (B, ``STEPS`` − ``WARM``, 1).
    """
    import keras

    inputs = keras.Input((STEPS, 1))
    h = keras.layers.LSTM(units, return_sequences=True)(inputs)
    for _ in range(depth - 1):
        above = keras.layers.LSTM(units, return_sequences=True)(h)
        h = keras.layers.Add()([h, above]) if residual else above
    return keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Cropping1D((WARM, 0))(h)))


def henon_by_depth(seeds: Sequence[int], *, depth: int, learning_rate: float) -> dict[str, np.ndarray]:
    """Test error of the forecast of the Hénon map after ``UPDATES`` updates, by depth at equal numbers of weights.

    Args:
        seeds: R ints ≥ 0, of the initial weights and the order of examples; the data are the same for all.
        depth: int, a key of ``UNITS``.
        learning_rate: float > 0, Adam's at the start; it falls along a cosine to 0.

    Returns:
        "plain" and "residual": (R,) mean squared error on 1,000 other series, where the mean scores 1. With one layer
        there is nothing to add, and they are the same.
    """
    errors = {"plain": _errors(seeds, depth, learning_rate, residual=False)}
    return errors | {"residual": _errors(seeds, depth, learning_rate, residual=True) if depth > 1 else errors["plain"]}


def _errors(seeds: Sequence[int], depth: int, learning_rate: float, *, residual: bool) -> np.ndarray:
    import keras

    (x, y), (x_test, y_test) = henon(EXAMPLES, seed=0), henon(1000, seed=1)
    models = fitted(
        seeds,
        x,
        y[:, WARM:],
        build=lambda: stack(depth, UNITS[depth], residual=residual),
        loss="mse",
        learning_rate=keras.optimizers.schedules.CosineDecay(learning_rate, UPDATES),
        updates=UPDATES,
        batch_size=BATCH,
    )
    return squared_errors(models, x_test, y_test[:, WARM:])


HENON = Experiment(
    name="henon_by_depth",
    question=f"Does depth help a forecast {AHEAD} steps ahead of the Hénon map, if it costs no weights? Stacks of "
    f"LSTMs with at most the 4,385 weights of one layer of {UNITS[1]} units, whose layers replace what they read "
    f"(plain) or add to it (residual); {UPDATES} updates with batches of {BATCH} from {EXAMPLES:,} series of {STEPS} "
    "steps; Adam, its rate falling along a cosine to 0, global norm clipped at 1; error on 1,000 other series.",
    over={"depth": tuple(UNITS), "learning_rate": (0.01, 0.03, 0.06)},
    seeds=tuple(range(5)),
    run=henon_by_depth,
)
