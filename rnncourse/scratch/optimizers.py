"""How gradients move weights: Adam, Adagrad, and clipping by the global norm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real

import numpy as np


class Optimizer:
    """What optimisers share: a learning rate, a count of the updates, and a memory for each weight.

    One optimiser belongs to one list of weights: its memory is made at the first update and has their shapes.

    Args:
        learning_rate: float > 0.

    Raises:
        ValueError: an argument is outside its range.
    """

    def __init__(self, learning_rate: float) -> None:
        _check_number("learning_rate", learning_rate, above=0.0)
        self.learning_rate = float(learning_rate)
        self.updates = 0
        self._memory: list[tuple[np.ndarray, ...]] = []

    def update(self, weights: Sequence[np.ndarray], gradients: Sequence[np.ndarray]) -> None:
        """Move the weights, in place, one step down their gradients.

        Args:
            weights: arrays of any shapes, floats; they are changed.
            gradients: dL/dw for each of them, in the same order and of the same shapes.

        Raises:
            ValueError: the shapes differ, or are not those of the first update.
        """
        shapes = [weight.shape for weight in weights]
        received = [np.shape(gradient) for gradient in gradients]
        if received != shapes:
            raise ValueError(f"gradients must have the shapes of the weights, {shapes}, received {received}")
        if not self.updates:
            self._memory = [self._start(weight) for weight in weights]
        remembered = [memory[0].shape for memory in self._memory]
        if remembered != shapes:
            raise ValueError(f"weights must have the shapes of the first update, {remembered}, received {shapes}")
        self.updates += 1
        for weight, gradient, memory in zip(weights, gradients, self._memory, strict=True):
            self._move(weight, np.asarray(gradient, dtype=weight.dtype), *memory)

    def _start(self, weight: np.ndarray) -> tuple[np.ndarray, ...]:
        """The memory of a weight before its first update."""
        raise NotImplementedError

    def _move(self, weight: np.ndarray, gradient: np.ndarray, *memory: np.ndarray) -> None:
        """Change a weight and its memory in place."""
        raise NotImplementedError


class Adagrad(Optimizer):
    """Each weight's step shrinks with the squares of all gradients it has seen.

    ``a ← a + g²``, then ``w ← w − η g / √(a + ε)`` (Duchi et al. 2011), with Keras' defaults. Keras differs from the
    paper in two places: ``a`` starts at 0.1 and not at 0, which tames the first steps, and ε stands inside the root.

    Args:
        learning_rate: η, float > 0.
        initial_accumulator: what ``a`` starts from, float ≥ 0.
        epsilon: ε, float > 0.

    Raises:
        ValueError: an argument is outside its range.
    """

    def __init__(
        self, learning_rate: float = 0.001, *, initial_accumulator: float = 0.1, epsilon: float = 1e-7
    ) -> None:
        super().__init__(learning_rate)
        _check_number("initial_accumulator", initial_accumulator, least=0.0)
        _check_number("epsilon", epsilon, above=0.0)
        self.initial_accumulator, self.epsilon = float(initial_accumulator), float(epsilon)

    def _start(self, weight: np.ndarray) -> tuple[np.ndarray, ...]:
        return (np.full_like(weight, self.initial_accumulator),)

    def _move(self, weight: np.ndarray, gradient: np.ndarray, *memory: np.ndarray) -> None:
        (accumulator,) = memory
        accumulator += gradient * gradient
        weight -= self.learning_rate * gradient / np.sqrt(accumulator + self.epsilon)


class Adam(Optimizer):
    """Steps along a running mean of the gradients, each weight's scaled by the running mean of their squares.

    ``m ← β₁ m + (1 − β₁) g``, ``v ← β₂ v + (1 − β₂) g²``, then ``w ← w − η √(1 − β₂ᵗ)/(1 − β₁ᵗ) · m / (√v + ε)`` in
    update t (Kingma & Ba 2015). Keras' form and the faster one of the paper: ε is added to √v before its correction for
    the start from 0. The paper's Algorithm 1 adds ε after it, which with the same ε shortens the first steps less.

    Args:
        learning_rate: η, float > 0.
        beta_1: β₁, float in [0, 1), how much of the mean of the gradients is kept.
        beta_2: β₂, float in [0, 1), how much of the mean of their squares is kept.
        epsilon: ε, float > 0.

    Raises:
        ValueError: an argument is outside its range.
    """

    def __init__(
        self, learning_rate: float = 0.001, *, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7
    ) -> None:
        super().__init__(learning_rate)
        _check_number("beta_1", beta_1, least=0.0, below=1.0)
        _check_number("beta_2", beta_2, least=0.0, below=1.0)
        _check_number("epsilon", epsilon, above=0.0)
        self.beta_1, self.beta_2, self.epsilon = float(beta_1), float(beta_2), float(epsilon)

    def _start(self, weight: np.ndarray) -> tuple[np.ndarray, ...]:
        return np.zeros_like(weight), np.zeros_like(weight)

    def _move(self, weight: np.ndarray, gradient: np.ndarray, *memory: np.ndarray) -> None:
        mean, square = memory
        mean += (1.0 - self.beta_1) * (gradient - mean)
        square += (1.0 - self.beta_2) * (gradient * gradient - square)
        correction = math.sqrt(1.0 - self.beta_2**self.updates) / (1.0 - self.beta_1**self.updates)
        weight -= self.learning_rate * correction * mean / (np.sqrt(square) + self.epsilon)


def clip_by_global_norm(gradients: Sequence[np.ndarray], max_norm: float) -> tuple[list[np.ndarray], float]:
    """Shorten all gradients by one factor when they are too long together, which keeps their common direction.

    The global norm is the length of all gradients laid end to end (Pascanu et al. 2013). A norm that is infinite or
    not a number leaves no direction to keep: every gradient then becomes NaN, so that the update cannot pass for a
    good one.

    Args:
        gradients: arrays of any shapes; they are not changed.
        max_norm: float > 0, the largest global norm that is let through.

    Returns:
        clipped: new arrays of the same shapes and dtypes, equal to the gradients where their norm is at most
            ``max_norm``; norm: float, the global norm before clipping.

    Raises:
        ValueError: ``max_norm`` is not above 0.
    """
    _check_number("max_norm", max_norm, above=0.0)
    gradients = [np.asarray(gradient) for gradient in gradients]
    norm = math.sqrt(sum(float(np.square(gradient, dtype=np.float64).sum()) for gradient in gradients))
    scale = min(1.0, float(max_norm) / norm) if norm > 0.0 else 1.0
    if not math.isfinite(norm):
        scale = math.nan
    return [gradient * scale for gradient in gradients], norm


def _check_number(
    name: str, value: float, *, above: float = -math.inf, least: float = -math.inf, below: float = math.inf
) -> None:
    """Raise ValueError unless ``value`` is a finite number inside the bounds that are given."""
    number = isinstance(value, Real) and not isinstance(value, bool)
    if not (number and math.isfinite(value) and above < value < below and value >= least):
        bounds = [
            text
            for bound, text in ((above, f"above {above:g}"), (least, f"from {least:g} up"), (below, f"below {below:g}"))
            if math.isfinite(bound)
        ]
        raise ValueError(f"{name} must be a number {' and '.join(bounds)}, received {value!r}")
