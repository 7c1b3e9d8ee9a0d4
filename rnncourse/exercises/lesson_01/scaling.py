"""01.3: features are standardised, and the test part stays unseen."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs

Parts = tuple[np.ndarray, np.ndarray]


def _two_parts(rng: np.random.Generator, *, tests: int = 0, constant: float | None = None) -> Inputs:
    """Features of different size, a test part that has drifted, and one feature that is constant in training.

    Unless ``constant`` says otherwise it is constant at a whole number, so that its standard deviation is exactly 0.
    """
    steps, trains, place = 2, int(rng.integers(3, 5)), int(rng.integers(0, 3))  # 6 or 8 values of 0.1: mean not 0.1
    size, level = rng.permutation([1.0, 5.0, 20.0]), rng.integers(-9, 10, 3)
    train = np.round(level + size * rng.normal(size=(trains, steps, 3)), 1)
    test = np.round(level + size * (2 + rng.normal(size=(tests or int(rng.integers(2, 4)), steps, 3))), 1)
    train[..., place] = constant or level[place]
    return {"train": train, "test": test}


def _standardise(train: np.ndarray, test: np.ndarray) -> Parts:
    scaled = train.copy(), test.copy()
    for feature in range(train.shape[-1]):
        values = [float(step[feature]) for sequence in train for step in sequence]
        mean = sum(values) / len(values)
        std = (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5
        for part in scaled:
            part[..., feature] = (part[..., feature] - mean) / (1.0 if max(values) == min(values) else std)
    return scaled


def _deviation(
    source: np.ndarray, *, axis: int | tuple[int, ...] | None = (0, 1), ddof: int = 0, guard: str = "constant"
) -> np.ndarray:
    """The standard deviation; ``guard`` says when 1 takes its place: "constant", "zero" (as computed), or "never"."""
    std = source.std(axis, ddof=ddof)
    flat = {"constant": source.max(axis) == source.min(axis), "zero": std == 0, "never": np.zeros(std.shape, bool)}
    return np.where(flat[guard], 1.0, std)


def _scaled(
    train: np.ndarray,
    test: np.ndarray,
    *,
    source: np.ndarray | None = None,
    axis: int | tuple[int, ...] | None = (0, 1),
    ddof: int = 0,
    power: int = 1,
    epsilon: float = 0.0,
    guard: str = "constant",
) -> Parts:
    """Mean and deviation come from ``source``, else train; what divides is deviation to the ``power`` + ``epsilon``."""
    source = train if source is None else source
    mean, std = source.mean(axis), _deviation(source, axis=axis, ddof=ddof, guard=guard)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (train - mean) / (std**power + epsilon), (test - mean) / (std**power + epsilon)


def _each_by_itself(train: np.ndarray, test: np.ndarray, *, guard: str) -> Parts:
    return _scaled(train, train, guard=guard)[0], _scaled(test, test, guard=guard)[0]


def _test_as_it_came(train: np.ndarray, test: np.ndarray, *, guard: str) -> Parts:
    return _scaled(train, train, guard=guard)[0], test


def _test_deviation(train: np.ndarray, test: np.ndarray, *, guard: str) -> Parts:
    with np.errstate(divide="ignore", invalid="ignore"):
        shifted = (test - train.mean((0, 1))) / _deviation(test, guard=guard)
    return _scaled(train, train, guard=guard)[0], shifted


def _to_unit_range(train: np.ndarray, test: np.ndarray, *, guard: str) -> Parts:
    low, width = train.min((0, 1)), np.ptp(train, axis=(0, 1))
    width = np.where(width > 0, width, 1.0) if guard == "constant" else width
    with np.errstate(divide="ignore", invalid="ignore"):
        return (train - low) / width, (test - low) / width


def _without_brackets(train: np.ndarray, test: np.ndarray, *, guard: str) -> Parts:
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = train.mean((0, 1)) / _deviation(train, guard=guard)
    return train - shift, test - shift


def _guarded_or_not(function: Callable[..., Parts], **options: object) -> tuple[Callable[..., Parts], ...]:
    """The same mistake from those who thought of a constant feature and from those who did not."""
    return tuple(partial(function, guard=guard, **options) for guard in ("constant", "never"))


SCALE = Exercise(
    id="01.3",
    title="Scaling without a leak",
    function="scale",
    inputs=_two_parts,
    edges=(partial(_two_parts, tests=1), partial(_two_parts, constant=0.1)),
    reference=_standardise,
    returns={"train": ("sequence", "step", "feature"), "test": ("sequence", "step", "feature")},
    mistakes={
        (
            "Mean and standard deviation come from train and test together. The model is then trained with knowledge "
            "of the test part, and its score flatters it most where a series drifts. Which of the two parts may you "
            "look at?"
        ): lambda train, test: _scaled(train, test, source=np.concatenate([train, test])),
        (
            "Each part is scaled by its own mean and standard deviation. The same temperature then means one number "
            "in training and another in the test, and a drift between them vanishes. How many means should there be "
            "for a feature?"
        ): _guarded_or_not(_each_by_itself),
        (
            "The test part has the training part's mean taken away, but is divided by its own standard deviation. Both "
            "numbers belong to the scale that the model is trained on. Where does each of yours come from?"
        ): _guarded_or_not(_test_deviation),
        (
            "All features share one mean and one standard deviation, so the feature with the largest numbers drowns "
            "the others. Look at the shape of your mean: it should be (features,)."
        ): partial(_scaled, axis=None),
        (
            "The mean is taken away but the values are not divided by the standard deviation. Features of different "
            "size stay of different size. What is the standard deviation of your result?"
        ): partial(_scaled, power=0),
        (
            "Only the mean is divided by the standard deviation, not the values: features of different size stay of "
            "different size. Python divides before it subtracts. Where do brackets belong?"
        ): _guarded_or_not(_without_brackets),
        (
            "Each step has a mean and a standard deviation of its own. That wipes out what is common to a step, such "
            "as a rise from first to last. Average over sequences and steps: one number for a feature."
        ): _guarded_or_not(_scaled, axis=0),
        (
            "The standard deviation divides by n − 1, as pandas does, where the task asks for n, as NumPy does. With "
            "much data it hardly matters; here it shows. Look for ddof."
        ): _guarded_or_not(_scaled, ddof=1),
        (
            "You scale to the range from 0 to 1 by minimum and maximum. That can be right, but one outlier then "
            "squeezes all other values together. The task asks for mean and standard deviation."
        ): _guarded_or_not(_to_unit_range),
        (
            "Right but for a feature that is constant in training: its standard deviation is 0, and dividing by it "
            "gives NaN or infinity. One NaN spreads through every later state and through the loss. See what the task "
            "does there."
        ): partial(_scaled, guard="never"),
        (
            "Right but for a feature that is constant in training: you divide by a tiny number in place of 0, so a "
            "small drift in the test part becomes millions. See what the task divides by there."
        ): tuple(partial(_scaled, guard="never", epsilon=10.0**-digits) for digits in range(5, 17)),
        (
            "Right but for a constant feature such as 0.1: computers round its mean, so its standard deviation is "
            "about 1e-17 and not 0, and noise is blown up. What else tells you that all values are equal?"
        ): partial(_scaled, guard="zero"),
        (
            "Training is scaled but the test part is returned as it came. The model meets numbers of another size "
            "than it was trained on. The test part goes through the same step with the same two numbers."
        ): _guarded_or_not(_test_as_it_came),
        (
            "The values are divided by the variance, not by the standard deviation, its square root: features with "
            "large numbers end up smallest. What is the unit of a variance?"
        ): _guarded_or_not(_scaled, power=2),
    },
    explanation="""\
Whatever is computed from data before training is part of training, a mean included. So both numbers come from
`train` alone, one pair for each feature, over all sequences and steps (axes 0 and 1), and the same pair scales both
parts. The scaled test part need not have mean 0: where it does not, the series has drifted, and the model should
see that. A feature that is constant in training has standard deviation 0; dividing by 1 leaves it 0 there and keeps
the test part finite. Whether it is constant is read from its maximum and minimum: a computed standard deviation need
not be exactly 0, since the mean of many 0.1 is rounded.""",
)
