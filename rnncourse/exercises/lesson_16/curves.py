"""Runs of a known disease, from a generator: losses and gradient norms that keep away from every threshold.

Losses are in multiples of a baseline. Thresholds: 2 and 0.9 baselines, a norm of 10 medians, a median norm of 0.01,
validation of 1.2 times its lowest, a fall by 0.1 over the last two epochs.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Curves = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Training loss, validation loss and gradient norm after each of E epochs."""
Maker = Callable[[np.random.Generator], Curves]
EPOCHS = 6


def _noise(rng: np.random.Generator, size: float = 0.003) -> np.ndarray:
    return rng.uniform(1 - size, 1 + size, EPOCHS)


def _norms(rng: np.random.Generator, scale: float = 1.0) -> np.ndarray:
    """The first is the longest, and one of the others far shorter than the one after it."""
    norms, short = scale * rng.uniform(0.8, 1.2, EPOCHS), int(rng.integers(2, EPOCHS - 1))
    norms[[0, short, short + 1]] *= np.array([5.0, 0.2, 3.0])
    return norms


def _learned(rng: np.random.Generator) -> np.ndarray:
    """Down from above the baseline, then nearly level."""
    level = rng.uniform(0.2, 0.5)
    return np.array([rng.uniform(1.2, 1.6), 0.75, *level * np.array([1.25, 1.04, 1.02, 1.0])]) * _noise(rng)


def _level(rng: np.random.Generator) -> np.ndarray:
    """Down to the baseline and no further: the mean was learned."""
    return np.array([rng.uniform(1.3, 1.8), 1.1, 1.0, 1.0, 1.0, 1.0]) * _noise(rng, 0.03)


def healthy(rng: np.random.Generator) -> Curves:
    training = _learned(rng)
    return training, training * rng.uniform(1.25, 1.5) * _noise(rng), _norms(rng)


def healthy_with_long_gradients(rng: np.random.Generator) -> Curves:
    training, validation, norms = healthy(rng)
    return training, validation, 20 * norms


def unfinished(rng: np.random.Generator) -> Curves:
    """The last two epochs bring 8 % each: too little to be seen in one of them."""
    falls = np.array([1.0, *[rng.uniform(0.72, 0.8)] * (EPOCHS - 3), 0.92, 0.92])
    training = rng.uniform(1.1, 1.4) * np.cumprod(falls) * _noise(rng)
    return training, training * rng.uniform(1.02, 1.2) * _noise(rng), _norms(rng)


def memorises(rng: np.random.Generator, *, end: float = 0.8) -> Curves:
    """Validation turns and rises, but stays below the baseline."""
    rise = np.array([1.3, 0.8, 0.55, 0.65, 0.75, end])
    return _learned(rng), rise * _noise(rng, 0.02), _norms(rng)


def memorises_on(rng: np.random.Generator) -> Curves:
    """Validation rises above the baseline, training falls to the end."""
    training, validation, norms = memorises(rng, end=1.1)
    return training * np.array([1, 1, 1, 0.8, 0.6, 0.4]), validation, norms


def only_in_training(rng: np.random.Generator) -> Curves:
    """Validation never comes below the baseline."""
    return _learned(rng), _level(rng), _norms(rng)


def no_gradient(rng: np.random.Generator) -> Curves:
    """There was some at first, while the mean was learned."""
    return _level(rng), _level(rng), _norms(rng, 0.003)


def no_gradient_at_all(rng: np.random.Generator) -> Curves:
    return _level(rng), _level(rng), _norms(rng, 0.001)


def no_progress(rng: np.random.Generator) -> Curves:
    return _level(rng), _level(rng), _norms(rng, rng.choice([0.1, 1.0]))


def no_progress_at_rest(rng: np.random.Generator) -> Curves:
    """In the end the gradient is short."""
    training, validation, norms = no_progress(rng)
    norms[-1] = 0.005
    return training, validation, norms


def spiked(rng: np.random.Generator, run: Maker) -> Curves:
    """One gradient far longer than usual, in a run that is otherwise of another kind."""
    training, validation, norms = run(rng)
    at = int(rng.choice([1, 1, 2, 4]))
    norms[at] = np.inf
    norms[at] = np.median(norms) * rng.uniform(15, 40)
    if at == 1:  # before any loss that a sign asks for
        training[at], validation[at] = rng.uniform(2.5, 4, 2)
    return training, validation, norms


def spiked_healthy(rng: np.random.Generator) -> Curves:
    training, validation, norms = spiked(rng, healthy)
    return training, validation, norms / 10


def spiked_memorises(rng: np.random.Generator) -> Curves:
    return spiked(rng, memorises)


def spiked_no_progress(rng: np.random.Generator) -> Curves:
    return spiked(rng, no_progress)


def spiked_unfinished(rng: np.random.Generator) -> Curves:
    return spiked(rng, unfinished)


def grows(rng: np.random.Generator) -> Curves:
    """From some epoch on all three grow."""
    training, validation, norms = healthy(rng)
    start = int(rng.integers(3, EPOCHS - 1))
    climb = 3.0 ** np.arange(1, EPOCHS - start + 1)
    training[start:], validation[start:], norms[start:] = climb, 1.1 * climb, 20 * climb
    return training, validation, norms


def drifts(rng: np.random.Generator) -> Curves:
    """The losses grow; the gradients look as ever, since they were noted after clipping."""
    training, validation, _ = grows(rng)
    return training, validation, _norms(rng)


def ends_in(rng: np.random.Generator, value: float) -> Curves:
    curves = grows(rng)
    for curve in curves:
        curve[-1] = value
    return curves


def ends_in_nan(rng: np.random.Generator) -> Curves:
    return ends_in(rng, np.nan)


def ends_in_infinity(rng: np.random.Generator) -> Curves:
    return ends_in(rng, np.inf)


KINDS: dict[str, tuple[Maker, ...]] = {
    "diverged": (grows, drifts, drifts, ends_in_nan, ends_in_nan, ends_in_infinity),
    "unclipped": (spiked_healthy, spiked_healthy, spiked_memorises, spiked_no_progress, spiked_unfinished),
    "no gradient": (no_gradient, no_gradient_at_all),
    "no progress": (no_progress, no_progress_at_rest),
    "memorises": (memorises, memorises_on, only_in_training),
    "unfinished": (unfinished,),
    "healthy": (healthy, healthy_with_long_gradients),
}
