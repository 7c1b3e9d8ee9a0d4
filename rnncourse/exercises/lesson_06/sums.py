"""Training a linear cell with one unit to add up its inputs, one sequence an update: as given, and repaired."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from rnncourse.exercises.exercise import Inputs

Pair = tuple[float, float]
"""A number for the weight of the input, and one for the weight of the state before."""
Repair = Callable[[Pair, float], Pair | None]
"""The gradient that is used, of the one that was found and ``max_norm``; None: the update is left out."""
Move = Callable[[Pair, Pair, float, float, float], Pair]
"""The new velocity, of the old one, the gradient, the learning rate, the momentum and ``max_norm``."""
LeftOut = Callable[[Pair, Pair, float], tuple[Pair, Pair]]
"""Weights and velocity after an update that is left out, of those before and the momentum."""


def times(pair: Pair, factor: float) -> Pair:
    return pair[0] * factor, pair[1] * factor


def plus(pair: Pair, other: Pair) -> Pair:
    return pair[0] + other[0], pair[1] + other[1]


def finite(pair: Pair) -> bool:
    return math.isfinite(pair[0]) and math.isfinite(pair[1])


def shortened(gradient: Pair, max_norm: float) -> Pair:
    norm = math.hypot(*gradient)
    return times(gradient, max_norm / norm) if norm > max_norm else gradient


def clip_or_leave_out(gradient: Pair, max_norm: float) -> Pair | None:
    """The repair that the task asks for."""
    return shortened(gradient, max_norm) if finite(gradient) else None


def with_momentum(velocity: Pair, gradient: Pair, rate: float, momentum: float, max_norm: float) -> Pair:
    return plus(times(velocity, momentum), times(gradient, -rate))


def loss_and_gradient(inputs: list[float], target: float, weights: Pair) -> tuple[float, Pair]:
    """Of (h_T − target)² with h_t = u x_t + w h_{t−1} and h_0 = 0."""
    states = [0.0]
    for value in inputs:
        states.append(weights[0] * value + weights[1] * states[-1])
    off = states[-1] - target
    gradient, d_h = (0.0, 0.0), 2 * off
    for value, before in zip(reversed(inputs), reversed(states[:-1]), strict=True):
        gradient = plus(gradient, (d_h * value, d_h * before))
        d_h = d_h * weights[1]
    return off * off, gradient


def train(
    x: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray,
    learning_rate: float,
    momentum: float,
    updates: int,
    max_norm: float,
    *,
    repair: Repair = clip_or_leave_out,
    move: Move = with_momentum,
    left_out: LeftOut = lambda weights, velocity, momentum: (weights, velocity),
    settle: Callable[[Pair, float], Pair] = lambda weights, max_norm: weights,
    stop: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """The weights (2,) after all updates, and the losses (updates,).

    ``left_out``: what an update that is left out still does; ``settle``: the weights after an update; ``stop``: whether
    training ends at the first update that is left out.
    """
    sequences = list(zip(x.tolist(), y.tolist(), strict=True))
    now, velocity, losses = (float(weights[0]), float(weights[1])), (0.0, 0.0), []
    for k in range(updates):
        loss, gradient = loss_and_gradient(*sequences[k % len(sequences)], now)
        losses.append(loss)
        used = repair(gradient, max_norm)
        if used is None:
            now, velocity = left_out(now, velocity, momentum)
            if stop:
                break
        else:
            velocity = move(velocity, used, learning_rate, momentum, max_norm)
            now = settle(plus(now, velocity), max_norm)
    return np.array(now), np.array(losses)


def mean_loss(case: Inputs, weights: np.ndarray) -> float:
    """Over the sequences that are numbers, for these weights."""
    pair = (float(weights[0]), float(weights[1]))
    losses = [loss_and_gradient(*each, pair)[0] for each in zip(case["x"].tolist(), case["y"].tolist(), strict=True)]
    return float(np.mean([loss for loss, inputs in zip(losses, case["x"], strict=True) if np.isfinite(inputs).all()]))


def diverging(rng: np.random.Generator, *, sequences: int = 4, bad: int | None = None, by: float = np.nan) -> Inputs:
    """A run that diverges as given, and that the repair brings to a tenth of its loss or less.

    ``bad``: the sequence in which a value is ``by``, which is no number; −1 for none, drawn when left out.
    """
    while True:
        x = np.round(rng.uniform(0.1, 1.0, (sequences, 4)), 1)
        drawn = int(rng.choice([-1, *range(sequences)])) if bad is None else bad
        case = {
            "x": x,
            "y": np.round(x.sum(axis=1), 1),
            "weights": np.round(rng.uniform([0.5, 1.2], [1.5, 1.7]), 1),
            "learning_rate": 0.05,
            "momentum": float(rng.choice([0.7, 0.8])),
            "updates": int(rng.integers(18, 25)),
            "max_norm": float(rng.choice([0.2, 0.3])),
        }
        if _shows(case):
            if drawn >= 0:
                x[drawn, int(rng.integers(4))] = by
            if drawn < 0 or _shows(case, diverges=False):
                return case


def _shows(case: Inputs, *, diverges: bool = True) -> bool:
    """Whether the run diverges as given, is repaired by the repair, and does not depend on rounding."""
    start = mean_loss(case, case["weights"])
    weights, losses = train(**case)
    if not mean_loss(case, weights) < 0.1 * start:
        return False
    _, moved = train(**{**case, "weights": case["weights"] * (1 + 1e-6)})
    known = np.isfinite(losses)
    if np.max(np.abs(moved[known] - losses[known]) / (losses[known] + 0.1)) > 1e-4:
        return False
    given, _ = train(**case, repair=lambda gradient, max_norm: gradient)
    return not diverges or not finite((given[0], given[1])) or mean_loss(case, given) > 100 * start
