"""08.1: three ways to make one vector of the states of a padded sequence."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from itertools import product

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs, Variant
from rnncourse.exercises.lesson_08.masks import states_and_mask
from rnncourse.exercises.mistakes import where_it_fits

Pooled = tuple[np.ndarray, np.ndarray, np.ndarray]
Pool = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""One vector a row (B, H), of states (B, T, H) and mask (B, T)."""


def _padded(rng: np.random.Generator, *, mask: list[list[bool]] | None = None, units: int = 3) -> Inputs:
    states, real = states_and_mask(rng, mask=mask, units=units)
    return {"states": states, "mask": real}


def _row_by_row(states: np.ndarray, mask: np.ndarray) -> Pooled:
    last, mean, largest = (np.zeros((len(states), states.shape[2])) for _ in range(3))
    for row in range(len(states)):
        steps = [t for t in range(states.shape[1]) if mask[row, t]]
        for unit in range(states.shape[2]):
            values = [float(states[row, t, unit]) for t in steps]
            if values:
                last[row, unit], mean[row, unit] = values[-1], math.fsum(values) / len(values)
                largest[row, unit] = max(values)
    return last, mean, largest


def _last(states: np.ndarray, mask: np.ndarray) -> np.ndarray:
    place = mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1)
    return states[np.arange(len(states)), place] * mask.any(axis=1, keepdims=True)


def _mean(states: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return (states * mask[..., np.newaxis]).sum(axis=1) / np.maximum(mask.sum(axis=1, keepdims=True), 1)


def _largest(states: np.ndarray, mask: np.ndarray) -> np.ndarray:
    found = np.where(mask[..., np.newaxis], states, -np.inf).max(axis=1)
    return np.where(mask.any(axis=1, keepdims=True), found, 0.0)


def _pooled(
    *,
    last: Pool = _last,
    mean: Pool = _mean,
    largest: Pool = _largest,
    real: Callable[[np.ndarray], np.ndarray] = lambda mask: mask,
) -> Callable[..., Pooled | None]:
    @where_it_fits
    def pool(states: np.ndarray, mask: np.ndarray) -> Pooled:
        which = real(mask)
        with np.errstate(divide="ignore", invalid="ignore"):
            return last(states, which), mean(states, which), largest(states, which)

    return pool


def _at(places: Callable[[np.ndarray], np.ndarray]) -> Pool:
    """The state at a place in each row, of the mask; places beyond the last are the last."""
    return lambda states, mask: states[np.arange(len(states)), np.minimum(places(mask), mask.shape[1] - 1)]


def _sum_over(count: Callable[[np.ndarray], np.ndarray]) -> Pool:
    """The sum of the real states, divided by what is counted of the mask."""
    return lambda states, mask: (states * mask[..., np.newaxis]).sum(axis=1) / count(mask)


def _over_all_steps(states: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return (states * mask[..., np.newaxis]).mean(axis=1)


def _zero_at_padding(states: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return (states * mask[..., np.newaxis]).max(axis=1)


def _with_others_wrong(last: Pool) -> tuple[Callable[..., Pooled | None], ...]:
    """A wrong last, alone and beside what goes wrong together with it."""
    others = product((_mean, _over_all_steps), (_largest, _zero_at_padding))
    return tuple(_pooled(last=last, mean=mean, largest=largest) for mean, largest in others)


def _of_real_ones(states: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The mean as most write it: 0 / 0 where no step is real."""
    return (states * mask[..., np.newaxis]).sum(axis=1) / mask.sum(axis=1, keepdims=True)


def _of_minus_infinity(states: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return np.where(mask[..., np.newaxis], states, -np.inf).max(axis=1)


def _of_a_low_number(states: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return np.where(mask[..., np.newaxis], states, -1e9).max(axis=1)


def _last_column_where_none(states: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return _at(lambda mask: mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1))(states, mask)


def _first_column_where_none(states: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return _at(lambda mask: (np.arange(mask.shape[1]) * mask).max(axis=1))(states, mask)


def _wrong_where_none() -> tuple[Callable[..., Pooled | None], ...]:
    """Right but for a row without a real step: in all three results, or in one of them."""
    last, largest = (_last_column_where_none, _first_column_where_none), (_of_minus_infinity, _of_a_low_number)
    return (
        *(_pooled(last=one, mean=_of_real_ones, largest=other) for one, other in product(last, largest)),
        *(_pooled(last=one) for one in last),
        *(_pooled(largest=one) for one in largest),
        _pooled(mean=_of_real_ones),
    )


def _explain(states: np.ndarray, mask: np.ndarray) -> str:
    steps = [np.flatnonzero(row).tolist() for row in mask]
    zeros = "" if all(steps) else " A row without any gives zeros."
    return f"The real steps of this input's rows are {steps}.{zeros}"


POOLING = Exercise(
    id="08.1",
    title="What the answer is read from",
    function="pooled",
    inputs=_padded,
    edges=(
        partial(_padded, mask=[[True, True, True], [True, True, True]], units=2),
        partial(_padded, mask=[[True, True, False], [True, False, False]], units=2),
        partial(_padded, mask=[[True, False], [False, False], [False, True]], units=3),
        partial(_padded, mask=[[False, True, False, True, False]], units=1),
    ),
    reference=_row_by_row,
    returns={"last": ("row", "unit"), "mean": ("row", "unit"), "largest": ("row", "unit")},
    mistakes={
        (
            "The mask does not count: padded states are read like any other. More padding would change your answers, "
            "which is the test of the lesson. Which argument did you not use?"
        ): _pooled(real=np.ones_like),
        (
            "The mask is the wrong way round: you read the padding. True means: this step is real. Which of the two do "
            "you want?"
        ): _pooled(real=lambda mask: ~mask),
        (
            "You read the mask's axes the wrong way round: mask[t] is a row, not a step. With as many rows as steps "
            "nothing warns you. How do you take the mask of row b?"
        ): _pooled(real=lambda mask: mask.T),
        (
            "The states are pooled over the rows of the batch, not over the steps of each row: what one review gets "
            "depends on the others. Which axis of (B, T, H) is time?"
        ): (
            _pooled(
                mean=lambda states, mask: (
                    (states * mask[..., np.newaxis]).sum(axis=0) / mask.sum(axis=0)[:, np.newaxis]
                ),
                largest=lambda states, mask: np.where(mask[..., np.newaxis], states, -np.inf).max(axis=0),
            ),
            _pooled(
                mean=lambda states, mask: (
                    (states * mask[..., np.newaxis]).sum(axis=0) / mask.sum(axis=1, keepdims=True)
                ),
                largest=lambda states, mask: np.where(mask[..., np.newaxis], states, -np.inf).max(axis=0),
            ),
            _pooled(
                mean=lambda states, mask: (
                    (states * mask[..., np.newaxis]).sum(axis=0) / mask.sum(axis=1, keepdims=True)
                ),
            ),
            _pooled(largest=lambda states, mask: np.where(mask[..., np.newaxis], states, -np.inf).max(axis=0)),
        ),
        (
            "Your last is the state of the last column, padding or not. Without a mask in the layer that state has "
            "read the padding as well. Which is the last column that is real, in each row?"
        ): _with_others_wrong(lambda states, mask: states[:, -1]),
        (
            "Your last counts the real steps and goes that far from the left. That is right for padding at the end "
            "alone; here it may stand in front, or in between. At which place is the mask True for the last time?"
        ): _with_others_wrong(_at(lambda mask: mask.sum(axis=1) - 1)),
        (
            "Your last lies one step beyond the last that is real, or counts the real steps without taking 1 away. "
            "Steps are counted from 0: which is the last of three?"
        ): (
            _pooled(last=_at(lambda mask: mask.sum(axis=1))),
            _pooled(last=_at(lambda mask: mask.shape[1] - mask[:, ::-1].argmax(axis=1))),
        ),
        (
            "Your last is the first real step of each row. The place of the first True is found from the left; from "
            "which side is the last one found?"
        ): _pooled(last=_at(lambda mask: mask.argmax(axis=1))),
        (
            "Your mean divides by all T steps. Then a short review has a small vector only because its batch is long. "
            "By how many steps must each row be divided?"
        ): (_pooled(mean=_over_all_steps), _pooled(mean=_over_all_steps, largest=_zero_at_padding)),
        (
            "Your mean adds up the padded steps as well. They do not hold zeros: a recurrent layer repeats its state "
            "there. What must they be multiplied by before the sum?"
        ): (
            _pooled(mean=lambda states, mask: states.sum(axis=1) / mask.sum(axis=1, keepdims=True)),
            _pooled(mean=lambda states, mask: states.mean(axis=1)),
        ),
        (
            "Your mean divides every row by the same count: that of all real steps of the batch, of the first row or "
            "of the longest. Which axis does the count of each row run along, and where does NumPy put it beside (B, "
            "H)?"
        ): (
            _pooled(mean=_sum_over(lambda mask: mask.sum())),
            _pooled(mean=_sum_over(lambda mask: mask[0].sum())),
            _pooled(mean=_sum_over(lambda mask: mask.sum(axis=1).max())),
        ),
        (
            "Your mean divides unit j by the count of row j: NumPy lays an array of shape (B,) along the units of (B, "
            "H). With as many units as rows nothing warns you. Which second axis lets each row have its own count?"
        ): _pooled(mean=_sum_over(lambda mask: mask.sum(axis=1))),
        (
            "Your mean is a sum: it is divided by nothing. The longer a review, the larger its vector, and the "
            "read-out has never seen such. What is missing?"
        ): _pooled(mean=_sum_over(lambda mask: 1)),
        (
            "Your largest takes padded states into account. They are no part of the row, however large. Which number, "
            "put in their place, never wins?"
        ): _pooled(largest=lambda states, mask: states.max(axis=1)),
        (
            "Your largest is 0 where all real states of a unit are below 0: you put zeros into the padding, and zero "
            "is the largest of them. Which number never wins?"
        ): (
            _pooled(largest=_zero_at_padding),
            _pooled(largest=lambda states, mask: np.maximum(_largest(states, mask), 0)),
        ),
        (
            "Your largest is the largest in size, with or without its sign. A state of −0.9 says as much as one of "
            "0.9, but the task asks for the maximum."
        ): (
            _pooled(largest=lambda states, mask: np.abs(states * mask[..., np.newaxis]).max(axis=1)),
            _pooled(
                largest=lambda states, mask: np.take_along_axis(
                    states, np.abs(states * mask[..., np.newaxis]).argmax(axis=1)[:, np.newaxis], axis=1
                )[:, 0]
            ),
        ),
        ("Your mean and your largest have changed places. In which order does the task want the three?"): _pooled(
            mean=_largest, largest=_mean
        ),
        (
            "Right but for a row without a real step: it gives NaN, minus infinity, or a state of the padding. One "
            "such row makes the loss of its whole batch useless. What does the task want there?"
        ): _wrong_where_none(),
    },
    explanation="""\
Each of the three needs the mask in another way. The mean multiplies by it, and divides by how many steps are real,
with an axis kept, (B, 1), so that each row meets its own count. The maximum puts −∞ where there is padding: zero
would win against states below 0. The last is found from behind, in the mask turned round; counting the real steps
finds it only if all padding stands at the end. What stands in the padding must not matter, and it is not zero: a
recurrent layer in Keras repeats its state there. The test costs one line: pad more, and no answer may change.""",
    explain=_explain,
    variants={
        "true_is_padding": Variant(
            arguments={"mask": np.logical_not},
            text={
                "array of truth values, shape (B, T).": "array of truth values, shape (B, T), True at *padding*.",
                "| real | True | False | True | False | | | |": "| mask | False | True | False | True | | | |",
                "np.array([[True, False, True, False]])": "np.array([[False, True, False, True]])",
                "### BEGIN SOLUTION": "### BEGIN SOLUTION\n    mask = ~mask  # True where a step is real",
                "True means: this step is real.": "Here True means: this step is padding.",
                "is the mask True for the last time": "is the mask False for the last time",
                "The place of the first True": "The place of the first False",
                "Each of the three needs the mask in another way.": "Each of the three needs the opposite of the mask, "
                "True where a step is real, in another way.",
            },
        ),
    },
)
