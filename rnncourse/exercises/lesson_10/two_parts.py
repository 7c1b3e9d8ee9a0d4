"""Two parts of a text for a probe, and measures by which a unit may be chosen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rnncourse.exercises.exercise import Inputs
from rnncourse.exercises.lesson_10.areas import areas, steps_with_labels

Worth = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""How good each unit is (H,), of states and labels."""
UNITS = 3


def off_chance(states: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How far each unit's AUC lies from chance (H,)."""
    return np.abs(areas(states, labels) - 0.5)


def correlation(states: np.ndarray, labels: np.ndarray) -> np.ndarray:
    centred, label = states - states.mean(axis=0), labels - labels.mean()
    sizes = np.sqrt((centred**2).sum(axis=0) * (label**2).sum())
    return np.divide(label @ centred, sizes, out=np.zeros(len(sizes)), where=sizes > 0)


def apart(states: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return states[labels].mean(axis=0) - states[~labels].mean(axis=0)


def either_way(worth: Worth, middle: float = 0.0) -> Worth:
    return lambda states, labels: np.abs(worth(states, labels) - middle)


def two_parts(rng: np.random.Generator, *, upside_down: bool | None = None, units: int = UNITS) -> Inputs:
    """Two parts of a text; the best unit of the first is not tied, and not the best of the second.

    ``upside_down``: whether the best unit is low where the label is True; drawn, two times of three. Four times of five
    one far value makes correlations choose another unit than the AUC, with their signs or without.
    """
    upside_down = bool(rng.random() < 2 / 3) if upside_down is None else upside_down
    misled = rng.choice(["signed", "unsigned", ""], p=[0.4, 0.4, 0.2]) if units > 1 else ""
    while True:
        first = steps_with_labels(rng, int(rng.integers(6, 9)), units)
        if misled:
            _spoil(rng, **first, signed=misled == "signed")
        found = areas(**first)
        off = np.abs(found - 0.5)
        best = off.argmax()
        wanted = _untied(off) and _untied(found) and (found[best] < 0.5) == upside_down
        if wanted and (not misled or _misleads(**first, signed=misled == "signed")):
            break
    while True:
        second = steps_with_labels(rng, int(rng.integers(6, 9)), units)
        off = off_chance(**second)
        if off[best] > 0.01 and _untied(off) and (units == 1 or off.argmax() != best):
            return _named(first, second)


def _spoil(rng: np.random.Generator, states: np.ndarray, labels: np.ndarray, *, signed: bool) -> None:
    """Give the unit that is best so far one far value, on the wrong side."""
    found = areas(states, labels)
    unit = (found if signed else np.abs(found - 0.5)).argmax()
    step = rng.integers(len(states))
    states[step, unit] = -2.0 if labels[step] == (found[unit] > 0.5) else 2.0


def _untied(values: np.ndarray) -> bool:
    """Whether the largest is ahead of the others."""
    return np.sum(values > values.max() - 0.01) == 1


def _misleads(states: np.ndarray, labels: np.ndarray, *, signed: bool) -> bool:
    """Whether a correlation and the means choose another unit than the AUC."""
    if signed:
        best, worths = areas(states, labels).argmax(), (correlation, apart)
    else:
        best, worths = off_chance(states, labels).argmax(), (either_way(correlation), either_way(apart))
    return all(worth(states, labels).argmax() != best for worth in worths)


def _named(first: Inputs, second: Inputs) -> Inputs:
    return {**first, "new_states": second["states"], "new_labels": second["labels"]}


def perfect(rng: np.random.Generator) -> Inputs:
    """A unit that orders every pair the wrong way round, and is never above 0."""
    while True:
        case, unit = two_parts(rng), int(rng.integers(UNITS))
        for states, labels in (("states", "labels"), ("new_states", "new_labels")):
            case[states][:, unit] = np.where(case[labels], -0.9, -0.4)
        if np.sum(off_chance(case["states"], case["labels"]) == 0.5) == 1:
            return case
