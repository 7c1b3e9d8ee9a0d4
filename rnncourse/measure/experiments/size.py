"""How large a state has to be, and what a larger one costs: bits to remember, and a short record to forecast."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import partial

import numpy as np

from rnncourse._checks import check_whole
from rnncourse.datasets import sunspots, windows
from rnncourse.measure.experiments.experiment import Experiment
from rnncourse.measure.experiments.nets import squared_errors, trained

BITS = 8
BITS_UPDATES = 1500
BITS_RATE = 0.02
BITS_BATCH = 128
YEARS = 11
SUNSPOT_BATCH = 32
SUNSPOT_RATE = 1e-3


def all_bits(count: int = BITS) -> tuple[np.ndarray, np.ndarray]:
    """Every string of bits: read one at a step, and asked for all together after the last.

    Args:
        count: int ≥ 1, k, the bits in a string.

    Returns:
        x: (2^k, k, 1) float32, −1 or 1, a bit a step; y: (2^k, k) float32, 0 or 1.

    Raises:
        ValueError: ``count`` is below 1.
    """
    check_whole("count", count, least=1)
    bits = np.array(list(itertools.product((0, 1), repeat=count)), dtype=np.float32)
    return (2 * bits - 1)[..., np.newaxis], bits


def most_strings(units: int, count: int = BITS) -> float:
    """The largest share of all strings of bits that can be read off a state, each bit by the sign of a weighted sum.

    k weighted sums of a state of H numbers have k hyperplanes where they are 0. These cut the space into at most
    Σ_{i ≤ H} C(k, i) regions (Schläfli; Cover 1965), and within a region all answers are the same.

    Args:
        units: int ≥ 1, H.
        count: int ≥ 1, k.

    Returns:
        float, above 0, at most 1; 1 from ``units`` = ``count`` on.
    """
    return sum(math.comb(count, i) for i in range(min(units, count) + 1)) / 2**count


def bits_by_units(seeds: Sequence[int], *, units: int) -> dict[str, np.ndarray]:
    """How many strings of ``BITS`` bits a GRU can be taught to repeat, by the size of its state.

    Args:
        seeds: R ints ≥ 0, of the initial weights and the order of examples.
        units: int ≥ 1, of the GRU.

    Returns:
        "strings" and "bits": (R,) shares of all strings, and of their bits, that are right. All strings are trained on.
    """
    import keras

    x, y = all_bits()
    models = trained(
        seeds,
        x,
        y,
        layer=partial(keras.layers.GRU, units),
        outputs=BITS,
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        learning_rate=BITS_RATE,
        updates=BITS_UPDATES,
        batch_size=BITS_BATCH,
    )
    right = np.array([(model(x).numpy() > 0) == (y > 0) for model in models])  # (R, 2^k, k)
    return {"strings": right.all(axis=2).mean(axis=1), "bits": right.mean(axis=(1, 2))}


def sunspot_windows() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray], float]:
    """Windows of ``YEARS`` years of sunspots and the year after each, scaled, cut at 70 % of the record.

    Returns:
        train and later: (x (n, ``YEARS``, 1), y (n, 1)) each, float32, of mean 0 and variance 1 in the training years;
        the first windows of ``later`` begin in those years, no target does. And the deviation that was divided by, in
        sunspot numbers.
    """
    values = sunspots().series.to_numpy()
    first = int(0.70 * len(values))
    mean, deviation = values[:first].mean(), values[:first].std()
    scaled = (values - mean) / deviation
    return windows(scaled[:first], YEARS), windows(scaled[first - YEARS :], YEARS), float(deviation)


def sunspots_by_units(seeds: Sequence[int], *, units: int, updates: int) -> dict[str, np.ndarray]:
    """Error of next year's sunspot number, on the years trained on and on later ones, by the size of the state.

    Args:
        seeds: R ints ≥ 0, of the initial weights and the order of examples.
        units: int ≥ 1, of the SimpleRNN.
        updates: int ≥ 1.

    Returns:
        "train" and "later": (R,) root mean squared errors in sunspot numbers.
    """
    import keras

    train, later, deviation = sunspot_windows()
    layer = partial(keras.layers.SimpleRNN, units)
    models = trained(
        seeds,
        *train,
        layer=layer,
        outputs=1,
        loss="mse",
        learning_rate=SUNSPOT_RATE,
        updates=updates,
        batch_size=SUNSPOT_BATCH,
    )
    parts = {"train": train, "later": later}
    return {name: deviation * np.sqrt(squared_errors(models, *part)) for name, part in parts.items()}


BITS_TABLE = Experiment(
    name="bits_by_units",
    question=f"How large must a state be to repeat any string of {BITS} bits? A GRU reads them one by one, a Dense "
    f"read-out of its last state answers all; {BITS_UPDATES} updates with batches of {BITS_BATCH} from all "
    f"{2**BITS} strings; Adam at {BITS_RATE}, global norm clipped at 1; scored on the same strings.",
    over={"units": (2, 4, 6, 8, 12)},
    seeds=tuple(range(5)),
    run=bits_by_units,
)
SUNSPOTS = Experiment(
    name="sunspots_by_units",
    question=f"How large should a state be for next year's sunspot number? A SimpleRNN reads {YEARS} years, a Dense "
    f"read-out answers; trained on the first 70 % of 1700 to 2008 with batches of {SUNSPOT_BATCH}, Adam at "
    f"{SUNSPOT_RATE}, global norm clipped at 1; root mean squared error there and in the years after.",
    over={"units": (2, 4, 16, 64, 256), "updates": (500, 3000)},
    seeds=tuple(range(5)),
    run=sunspots_by_units,
)
