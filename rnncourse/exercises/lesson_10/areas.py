"""The area under the ROC curve (AUC) of single units."""

from __future__ import annotations

import numpy as np

from rnncourse.exercises.exercise import Inputs


def areas(
    states: np.ndarray, labels: np.ndarray, *, ties: float = 0.5, reverse: bool = False, pairs: int = 0
) -> np.ndarray:
    """(H,): for each unit the share of pairs, one step of either label, that it orders rightly.

    ``ties``: what a pair with equal values counts; ``reverse``: a pair is right when the step without the label has
    the larger value; ``pairs``: by what the sum is divided, the number of pairs when left out.
    """
    above = states[labels][:, np.newaxis] - states[~labels]  # (P, N, H)
    won = (above < 0 if reverse else above > 0) + ties * (above == 0)
    return won.sum(axis=(0, 1)) / (pairs or above.shape[0] * above.shape[1])


def pair_by_pair(states: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The same (H,), one pair after the other."""
    found = []
    for values in states.T.tolist():
        right = total = 0.0
        for value, label in zip(values, labels.tolist(), strict=True):
            for other, other_label in zip(values, labels.tolist(), strict=True):
                if label and not other_label:
                    right += 1.0 if value > other else 0.5 if value == other else 0.0
                    total += 1
        found.append(right / total)
    return np.array(found)


def steps_with_labels(rng: np.random.Generator, steps: int, units: int, *, positive: int = 0) -> Inputs:
    """``states`` (steps, units) with one decimal, some of them equal; ``labels`` (steps,), True ``positive`` times.

    How far a unit's values lie apart for the two labels, and in which direction, differs from unit to unit.
    """
    positive = positive or int(rng.integers(2, steps - 1))
    labels = rng.permutation(np.arange(steps) < positive)
    states = rng.uniform(-0.6, 0.6, (steps, units)) + np.outer(labels - 0.5, rng.uniform(-0.8, 0.8, units))
    return {"states": np.round(states + rng.uniform(-0.5, 0.5, units), 1).clip(-0.9, 0.9) + 0.0, "labels": labels}
