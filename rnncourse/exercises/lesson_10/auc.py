"""10.1: the AUC of every unit, with ties."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_10.areas import areas, pair_by_pair, steps_with_labels
from rnncourse.exercises.plain_data import show

Measure = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _steps(rng: np.random.Generator, *, units: int = 2, **options: int) -> Inputs:
    """Seven or eight steps; there is a tie across labels in at least one unit, and no AUC is exactly a half."""
    while True:
        case = steps_with_labels(rng, int(rng.integers(7, 9)), units, **options)
        tied = areas(**case, ties=1.0) > areas(**case, ties=0.0)
        if tied.any() and (areas(**case) != 0.5).all():
            return case


def _one_value(rng: np.random.Generator) -> Inputs:
    """A unit that always has the same value, beside another."""
    case = _steps(rng)
    return {**case, "states": case["states"] * np.array([0.0, 1.0]) + np.array([0.3, 0.0])}


def _no_ties(rng: np.random.Generator) -> Inputs:
    case = steps_with_labels(rng, 6, 2)
    return {**case, "states": rng.permuted(np.arange(-6, 6).reshape(2, 6).T / 10, axis=0)}


def _two_steps(rng: np.random.Generator) -> Inputs:
    return {"states": np.round(rng.uniform(-1, 1, (2, 3)), 1), "labels": rng.permutation([True, False])}


def _apart(rng: np.random.Generator) -> Inputs:
    """One unit orders all pairs rightly, the other none."""
    case = steps_with_labels(rng, 6, 2, positive=3)
    order = np.argsort(np.argsort(case["labels"], kind="stable"))
    return {**case, "states": np.stack([order / 10, -order / 10], axis=1) + 0.0}


def _unit_by_unit(measure: Measure) -> Measure:
    return lambda states, labels: np.array([measure(values, labels) for values in states.T], dtype=float)


def _ranks(values: np.ndarray) -> np.ndarray:
    """From 1 on; equal values in the order in which they come."""
    return 1.0 + np.argsort(np.argsort(values, kind="stable"), kind="stable")


def _shared_ranks(values: np.ndarray) -> np.ndarray:
    """From 1 on; equal values have the mean of their ranks."""
    return 0.5 + ((values[:, np.newaxis] > values).sum(axis=1) + 0.5 * (values[:, np.newaxis] == values).sum(axis=1))


def _by_rank_sum(ranks: Callable[[np.ndarray], np.ndarray], first: float = 1.0, offset: bool = True) -> Measure:
    """The sum of the positive steps' ranks, less the least that it can be; ``first``: the rank counted as the first."""

    def measure(values: np.ndarray, labels: np.ndarray) -> float:
        positive, negative = labels.sum(), (~labels).sum()
        least = positive * (positive - 1) / 2 + first * positive if offset else 0.0
        return (ranks(values)[labels].sum() - least) / (positive * negative)

    return _unit_by_unit(measure)


def _accuracy(values: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean((values > 0) == labels))


def _best_accuracy(values: np.ndarray, labels: np.ndarray) -> float:
    return max(float(np.mean((values >= limit) == labels)) for limit in [*values, np.inf])


def _correlation(values: np.ndarray, labels: np.ndarray) -> float:
    with np.errstate(all="ignore"):
        return float(np.corrcoef(values, labels)[0, 1])


def _average_precision(values: np.ndarray, labels: np.ndarray) -> float:
    ranked = labels[np.argsort(-values, kind="stable")]
    return float((np.cumsum(ranked) / np.arange(1, len(ranked) + 1))[ranked].mean())


def _area_without_corner(values: np.ndarray, labels: np.ndarray) -> float:
    """The area under the curve from the first threshold on, which is the largest value."""
    limits = np.unique(values)[::-1]
    high, false = ((values[which] >= limits[:, np.newaxis]).mean(axis=1) for which in (labels, ~labels))
    return float(np.sum(np.diff(false) * (high[1:] + high[:-1]) / 2))


def _against_places(values: np.ndarray, labels: np.ndarray, *, ties: float) -> float:
    apart = values[labels][:, np.newaxis] - values[1 - labels]
    return float(((apart > 0) + ties * (apart == 0)).mean())


def _means_apart(values: np.ndarray, labels: np.ndarray) -> float:
    return float(values[labels].mean() - values[~labels].mean())


def _explain(states: np.ndarray, labels: np.ndarray) -> str:
    with_label, without = (sorted(states[which, 0].tolist(), reverse=True) for which in (labels, ~labels))
    return f"In this input unit 0 has the values {show(with_label)} where the label is True, else {show(without)}."


AUC = Exercise(
    id="10.1",
    title="The AUC of every unit",
    function="auc",
    inputs=_steps,
    edges=(_one_value, _no_ties, _two_steps, _apart, partial(_steps, units=1, positive=1)),
    reference=pair_by_pair,
    returns={"auc": ("unit",)},
    mistakes={
        (
            "Ties count as won. A unit with the same value at every step would have an AUC of 1, as if it knew the "
            "label perfectly. What does somebody earn who flips a coin?"
        ): (partial(areas, ties=1.0),),
        (
            "Ties count as lost. A unit with the same value at every step would have an AUC of 0, worse than chance, "
            "though it says nothing. What does somebody earn who flips a coin?"
        ): partial(areas, ties=0.0),
        (
            "Reversed: you count the pairs in which the step *without* the label has the larger value. A good detector "
            "comes out near 0. Which of the two should lie higher?"
        ): (
            partial(areas, reverse=True),
            partial(areas, reverse=True, ties=1.0),
            partial(areas, reverse=True, ties=0.0),
        ),
        (
            "A unit below 0.5 is turned round, so that no result is below 0.5. Then a unit that says nothing looks "
            "better than chance by luck alone. The task asks for the share of pairs as it is."
        ): lambda states, labels: np.maximum(areas(states, labels), 1 - areas(states, labels)),
        (
            "That is the accuracy at the threshold 0. A unit may know the label perfectly and change from 0.2 to 0.6: "
            "at 0 one sees nothing of it. The AUC has no threshold: what does it compare instead?"
        ): (
            _unit_by_unit(_accuracy),
            _unit_by_unit(lambda values, labels: np.mean((values >= 0) == labels)),
        ),
        (
            "That is the accuracy at the best threshold, or at the mean. It depends on how frequent the label is: "
            "always saying no is right 95 times in 100 for a rare one. What do pairs of one step of either label do?"
        ): (
            _unit_by_unit(_best_accuracy),
            _unit_by_unit(lambda values, labels: np.mean((values > values.mean()) == labels)),
        ),
        (
            "That is a correlation with the label. It depends on how far values lie apart: one far outlier rules it. "
            "The AUC only asks which of two values is the larger. How many pairs are there to ask?"
        ): (_unit_by_unit(_correlation), _unit_by_unit(lambda values, labels: abs(_correlation(values, labels)))),
        (
            "That is how far the means lie apart. A unit with large values seems better than one with small values "
            "that orders every pair. What is there to count in place of measuring?"
        ): _unit_by_unit(_means_apart),
        (
            "Equal values got different ranks, by the order in which they come: argsort knows no ties. So the result "
            "depends on the order of the steps. What rank do two have that share the places 3 and 4?"
        ): (
            _by_rank_sum(_ranks),
            _by_rank_sum(lambda values: 1.0 + np.argsort(np.argsort(values))),
            lambda states, labels: _by_rank_sum(_ranks)(states[::-1], labels[::-1]),
        ),
        (
            "Your rank sums are off by one rank each: the least sum that P positive steps can have is 1 + 2 + … + P "
            "when ranks begin with 1, and 0 + 1 + … + (P − 1) when they begin with 0. Which do you have?"
        ): (
            _by_rank_sum(_shared_ranks, first=0.0),
            _by_rank_sum(lambda values: _shared_ranks(values) - 1, first=1.0),
            _by_rank_sum(_ranks, first=0.0),
            _by_rank_sum(lambda values: _ranks(values) - 1, first=1.0),
        ),
        (
            "The sum of the ranks is taken as it is. Even the worst unit has a sum, the smallest that is possible, and "
            "that one must give an AUC of 0. What must be taken away before you divide?"
        ): (
            _by_rank_sum(_shared_ranks, offset=False),
            _by_rank_sum(_ranks, offset=False),
            _by_rank_sum(lambda values: _shared_ranks(values) - 1, offset=False),
            _by_rank_sum(lambda values: _ranks(values) - 1, offset=False),
        ),
        (
            "You divide by all pairs of steps. But a pair in which both have the label, or neither, says nothing and "
            "is not counted above. How many pairs are there with one of either?"
        ): (
            lambda states, labels: areas(states, labels, pairs=len(labels) ** 2),
            lambda states, labels: areas(states, labels, pairs=len(labels) * (len(labels) - 1) // 2),
            lambda states, labels: areas(states, labels, pairs=len(labels) * (len(labels) - 1)),
        ),
        (
            "Your curve does not begin at (0, 0), where the threshold is so high that nothing lies above it. Then the "
            "area below its first piece is missing. Which point belongs in front of the others?"
        ): _unit_by_unit(_area_without_corner),
        (
            "With 1 − labels you do not turn truth values round: that makes whole numbers, which NumPy takes for "
            "places, 0 and 1. So your second group holds two steps, again and again. How is a mask of truths turned?"
        ): tuple(_unit_by_unit(partial(_against_places, ties=ties)) for ties in (0.0, 0.5, 1.0)),
        (
            "The pairs that are ordered rightly are counted, but not divided. A longer text would have a larger "
            "result. How many pairs are there?"
        ): lambda states, labels: areas(states, labels, pairs=1),
        (
            "That is the average precision, the area under another curve. It falls with rare labels, and chance is not "
            "0.5 there. Which pairs does the AUC count?"
        ): _unit_by_unit(_average_precision),
        (
            "All units are thrown into one: every entry is the same, or there is only one. Each unit has an AUC of its "
            "own. Along which axis of states do the units stand?"
        ): (
            lambda states, labels: np.full(states.shape[1], areas(states, labels).mean()),
            lambda states, labels: areas(states, labels).mean(keepdims=True),
            lambda states, labels: float(areas(states, labels).mean()),
        ),
    },
    explanation="""\
`states[labels][:, None] - states[~labels]` compares each step that has the label with each that has not, for all units
at once; the share of positive differences, and half the share of zeros, is the AUC (Hanley & McNeil 1982). It needs no
threshold, and the frequency of the label does not matter: 0.5 is chance whatever it is. A unit with 0.1 is as good a
detector as one with 0.9; it says no where the other says yes. For many steps, pairs are too many: the sum of the
positive steps' ranks (`scipy.stats.rankdata` shares ranks among ties), less P (P + 1) / 2, is the same count.""",
    explain=_explain,
)
