"""10.2: the best unit of a network, chosen on one part of a text and scored on another."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_10.areas import areas, pair_by_pair
from rnncourse.exercises.lesson_10.two_parts import (
    Worth,
    apart,
    correlation,
    either_way,
    off_chance,
    perfect,
    two_parts,
)
from rnncourse.exercises.plain_data import show

Probed = tuple[int, float]


def _turns(rng: np.random.Generator) -> Inputs:
    """On the second part the best unit goes the other way, so that its AUC there is below a half."""
    while True:
        case = two_parts(rng)
        if _two_splits(**case)[1] < 0.45:
            return case


def _step_by_step(states: np.ndarray, labels: np.ndarray, new_states: np.ndarray, new_labels: np.ndarray) -> Probed:
    found = pair_by_pair(states, labels).tolist()
    unit = max(range(len(found)), key=lambda each: max(found[each], 1 - found[each]))
    new = float(pair_by_pair(new_states, new_labels)[unit])
    return unit, new if found[unit] >= 0.5 else 1 - new


def _two_splits(
    states: np.ndarray,
    labels: np.ndarray,
    new_states: np.ndarray,
    new_labels: np.ndarray,
    *,
    worth: Worth = off_chance,
    turn: bool = True,
    measure: Worth = areas,
) -> Probed:
    """``worth``: the choice; ``turn``: whether a unit that is upside down is turned; ``measure``: the score."""
    unit = int(np.argmax(worth(states, labels)))
    new = float(measure(new_states, new_labels)[unit])
    return unit, 1 - new if turn and areas(states, labels)[unit] < 0.5 else new


def _chosen_by(*worths: Worth, turn: bool = True) -> tuple[Callable[..., Probed], ...]:
    return tuple(partial(_two_splits, worth=worth, turn=turn) for worth in worths)


def _upwards(new: float) -> float:
    return max(new, 1 - new)


def _on_the_new_part(
    *, turn: Callable[[float], float] = lambda new: new, signed: bool = False
) -> Callable[..., Probed]:
    """Chosen and scored on the second part."""

    def wrong(states: np.ndarray, labels: np.ndarray, new_states: np.ndarray, new_labels: np.ndarray) -> Probed:
        new = areas(new_states, new_labels)
        unit = int(np.argmax(new if signed else np.abs(new - 0.5)))
        return unit, turn(float(new[unit]))

    return wrong


def _of_all(
    states: np.ndarray, labels: np.ndarray, new_states: np.ndarray, new_labels: np.ndarray, *, score: str
) -> Probed:
    """Chosen on both parts together; scored there, or on the second part."""
    all_states, all_labels = np.concatenate([states, new_states]), np.concatenate([labels, new_labels])
    together = areas(all_states, all_labels)
    unit = int(np.argmax(np.abs(together - 0.5)))
    found = float((together if score == "all" else areas(new_states, new_labels))[unit])
    return unit, 1 - found if together[unit] < 0.5 else found


def _on_the_first_part(
    states: np.ndarray, labels: np.ndarray, new_states: np.ndarray, new_labels: np.ndarray
) -> Probed:
    return _two_splits(states, labels, states, labels)


def _turned_by_luck(**case: np.ndarray) -> Probed:
    unit, new = _two_splits(**case)
    return unit, _upwards(new)


def _best_score(signed: bool) -> Callable[..., Probed]:
    """The right unit, with the best score that any unit has on the second part."""

    def wrong(**case: np.ndarray) -> Probed:
        new = areas(case["new_states"], case["new_labels"])
        return _two_splits(**case)[0], float(new.max() if signed else np.maximum(new, 1 - new).max())

    return wrong


def _accuracy(states: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return np.mean((states > 0) == labels[:, np.newaxis], axis=0)


def _with_ties(
    states: np.ndarray, labels: np.ndarray, new_states: np.ndarray, new_labels: np.ndarray, *, ties: float
) -> Probed:
    found = areas(states, labels, ties=ties)
    unit = int(np.argmax(np.abs(found - 0.5)))
    new = float(areas(new_states, new_labels, ties=ties)[unit])
    return unit, 1 - new if found[unit] < 0.5 else new


def _explain(states: np.ndarray, labels: np.ndarray, new_states: np.ndarray, new_labels: np.ndarray) -> str:
    first, second = (show(areas(*part).round(3).tolist()) for part in ((states, labels), (new_states, new_labels)))
    return f"The units of this input have the AUCs {first} on the first part, {second} on the second."


PROBE = Exercise(
    id="10.2",
    title="The best unit, honestly",
    function="best_unit",
    inputs=two_parts,
    edges=(
        _turns,
        perfect,
        partial(two_parts, units=1, upside_down=True),
        partial(two_parts, upside_down=False),
    ),
    reference=_step_by_step,
    returns={"unit": (), "auc": ()},
    mistakes={
        (
            "The unit is chosen on the part on which it is scored. The best of many on any part owes something to "
            "luck, and you report that luck as knowledge. Which part may have a say in the choice?"
        ): (
            _on_the_new_part(),
            _on_the_new_part(turn=_upwards),
            _on_the_new_part(signed=True),
        ),
        (
            "Both parts together choose the unit. Then the score is no longer about a text that had no say, and it "
            "flatters. Which part must stay out of the choice?"
        ): (partial(_of_all, score="all"), partial(_of_all, score="new")),
        (
            "The unit is right, but the score is that of the part on which it was chosen. There it is the best of all "
            "units, by luck among other things. On which part does nobody know beforehand who will win?"
        ): (
            _on_the_first_part,
            lambda **case: (
                _two_splits(**case)[0],
                float(areas(case["states"], case["labels"])[_two_splits(**case)[0]]),
            ),
        ),
        (
            "You take the highest AUC. A unit that is low exactly where the label is True knows it just as well, and "
            "has an AUC near 0. How far from which number is a unit that says nothing?"
        ): _chosen_by(areas, turn=False),
        (
            "The unit is right, but it is upside down: low where the label is True. So its AUC on the new part must be "
            "turned round as well, or a good detector seems worse than chance. Which way did it go on the first part?"
        ): _chosen_by(off_chance, turn=False),
        (
            "The score is turned round whenever it is below 0.5 on the new part. Which way a unit goes was decided on "
            "the first part; if you choose again, no unit can ever fail. When may it be turned?"
        ): _turned_by_luck,
        (
            "You turn the score round of a unit that goes the right way, and leave the others as they are. Which AUC "
            "on the first part says that a unit is upside down?"
        ): lambda **case: (_two_splits(**case)[0], 1 - _two_splits(**case)[1]),
        (
            "The unit is right, but the score is that of another unit: the best one of the new part. How does the unit "
            "that you chose do there?"
        ): (_best_score(signed=True), _best_score(signed=False)),
        (
            "The unit is chosen by its accuracy at the threshold 0. Units have no reason to change their sign where "
            "the label does: one that goes from 0.2 to 0.6 knows it perfectly. Which measure has no threshold?"
        ): (
            *_chosen_by(_accuracy, either_way(_accuracy, 0.5)),
            *_chosen_by(_accuracy, either_way(_accuracy, 0.5), turn=False),
        ),
        (
            "The unit is chosen by its correlation with the label, or by how far its means lie apart. A few large "
            "values rule those, and the score asks about order alone. Choose by the measure you report."
        ): (
            *_chosen_by(correlation, either_way(correlation), apart, either_way(apart)),
            *_chosen_by(correlation, apart, turn=False),
        ),
        (
            "The unit is right, but the score is an accuracy at the threshold 0. The AUC needs no threshold: it is the "
            "share of pairs that are ordered rightly. Which pairs?"
        ): (
            partial(_two_splits, measure=_accuracy),
            partial(_two_splits, measure=_accuracy, turn=False),
        ),
        (
            "The unit is the *worst* one, that nearest to chance, or the one with the lowest AUC. From which end is "
            "yours sorted?"
        ): (
            *_chosen_by(lambda states, labels: -off_chance(states, labels)),
            *_chosen_by(lambda states, labels: -off_chance(states, labels), turn=False),
            *_chosen_by(lambda states, labels: -areas(states, labels)),
            *_chosen_by(lambda states, labels: -areas(states, labels), turn=False),
        ),
        (
            "You found the right unit and its score, but you count from 1. The first column of states is unit 0."
        ): lambda **case: (_two_splits(**case)[0] + 1, _two_splits(**case)[1]),
        (
            "Right, except for ties: a pair of equal values counts a half, neither nothing nor all. Your AUC gives "
            "another share."
        ): (partial(_with_ties, ties=0.0), partial(_with_ties, ties=1.0)),
    },
    explanation="""\
Three decisions, all on the first part: the measure, the unit, and which way it goes. The second part then has one
number to give, and may be unkind: below 0.5 means that what was found did not hold. Choosing and scoring on the same
steps flatters, the more units there are: of 256 units that know nothing, the best has an AUC of about 0.6 on 200
steps, by luck alone. |AUC − 0.5| treats a unit that is low in a string like one that is high in it; the network's next
layer can use both. One question is left, and needs a control: does an untrained network have such a unit, too?""",
    explain=_explain,
)
