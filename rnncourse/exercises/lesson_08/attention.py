"""08.2: attention pooling, the weights and what they make of the states."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_08.attending import (
    Pair,
    attend_by,
    everywhere,
    exp_of_minus_infinity,
    hidden_in_place_of_states,
    largest_of_all,
    largest_of_the_array,
    over_everything,
    over_rows,
    plain_exp,
    pooled_by,
    score_steps,
    scored_by,
    weighed_by,
    weighted_sum,
)
from rnncourse.exercises.lesson_08.masks import states_and_mask


def _attention(
    rng: np.random.Generator,
    *,
    mask: list[list[bool]] | None = None,
    units: int = 3,
    hidden: int = 3,
    scale: float = 1.0,
    padding_wins: bool = False,
) -> Inputs:
    """``scale``: of the scores; ``padding_wins``: a padded step has a far larger score than any real one of its row.

    Where ``scale`` is not 1, the largest scores are far from 0, and from each other.
    """
    while True:
        states, real = states_and_mask(rng, mask=mask, units=units)
        case = {
            "states": states,
            "mask": real,
            "kernel": np.round(2 * rng.normal(size=(units, hidden)), 1),
            "bias": np.round(rng.normal(size=hidden), 1),
            "score_kernel": scale * rng.choice([-1, 1], hidden) * rng.integers(5, 25, hidden) / 10,
        }
        scores = score_steps(states, *list(case.values())[2:])
        at_real = np.sort(np.where(real, scores, -np.inf), axis=1)
        if scale == 1.0:
            return case
        # Far apart: otherwise the few digits of a float32 would show in the weights.
        apart = (at_real[:, -1] - at_real[:, -2] > 30).all() and np.abs(at_real[:, -1]).min() > 800
        apart = apart and np.ptp(at_real[:, -1]) > 800
        if apart and padding_wins == bool((np.where(real, -np.inf, scores).max(axis=1) > at_real[:, -1] + 800).any()):
            return case


def _step_by_step(
    states: np.ndarray, mask: np.ndarray, kernel: np.ndarray, bias: np.ndarray, score_kernel: np.ndarray
) -> Pair:
    weights, pooled = np.zeros(mask.shape), np.zeros((len(states), states.shape[2]))
    for row in range(len(states)):
        scores = {}
        for t in range(states.shape[1]):
            if mask[row, t]:
                before = [float(states[row, t] @ kernel[:, unit] + bias[unit]) for unit in range(len(bias))]
                scores[t] = sum(float(v) * math.tanh(a) for v, a in zip(score_kernel, before, strict=True))
        highest = max(scores.values())
        total = sum(math.exp(score - highest) for score in scores.values())
        for t, score in scores.items():
            weights[row, t] = math.exp(score - highest) / total
            pooled[row] += weights[row, t] * states[row, t]
    return weights, pooled


def _explain(
    states: np.ndarray, mask: np.ndarray, kernel: np.ndarray, bias: np.ndarray, score_kernel: np.ndarray
) -> str:
    scores = np.round(score_steps(states, kernel, bias, score_kernel), 2).tolist()
    steps = [np.flatnonzero(row).tolist() for row in mask]
    return f"The scores of this input are {scores}, and the real steps of its rows {steps}."


ATTENTION = Exercise(
    id="08.2",
    title="Attention pooling",
    function="attention_pooling",
    inputs=_attention,
    edges=(
        partial(_attention, mask=[[True, True, False], [True, False, False]], units=2, hidden=3),
        partial(_attention, mask=[[True, True, True]], units=3, hidden=2),
        partial(_attention, mask=[[True, True, True], [False, True, True]], units=2, hidden=2, scale=600.0),
        partial(
            _attention,
            mask=[[True, False, True], [True, True, False]],
            units=2,
            hidden=2,
            scale=600.0,
            padding_wins=True,
        ),
    ),
    reference=_step_by_step,
    returns={"weights": ("row", "step"), "pooled": ("row", "unit")},
    mistakes={
        (
            "The mask does not count: padded steps get weight, too. Then more padding changes the answer. Which "
            "argument did you not use?"
        ): weighed_by(everywhere),
        (
            "The mask comes after the softmax: padded weights are 0, but what they had taken is lost, and the others "
            "no longer sum to 1. What must a score at padding be, so that the softmax itself makes 0 of it?"
        ): weighed_by(lambda scores, mask: everywhere(scores, mask) * mask),
        (
            "At padding you set the *score* to 0. The softmax makes exp(0) = 1 of it, which is more than a score below "
            "0 gets. Which score makes a weight of 0?"
        ): weighed_by(
            lambda scores, mask: everywhere(scores * mask, mask),
            lambda scores, mask: everywhere(scores * mask, mask) * mask,
        ),
        (
            "The states of padded steps become 0, but they keep their weight: a step of zeros has a score, too. What "
            "is to be masked, states or scores?"
        ): attend_by(
            weigh=everywhere,
            pool=lambda states, weights, mask: ((weights * mask)[..., np.newaxis] * states).sum(axis=1),
        ),
        (
            "The mask is the wrong way round: all the weight lies on the padding. True means: this step is real."
        ): attend_by(real=lambda mask: ~mask),
        (
            "The mask's axes are exchanged: step t of row b asks the mask of row t at step b. With as many rows as "
            "steps nothing warns you. How do you take the mask of row b?"
        ): attend_by(real=lambda mask: mask.T),
        (
            "The softmax runs over the rows: at each step the reviews of a batch share one unit of weight. With as "
            "many rows as steps nothing warns you. Which axis must sum to 1?"
        ): weighed_by(over_rows),
        (
            "The softmax runs over the whole array: all rows together share one unit of weight. Which axis did you not "
            "name?"
        ): weighed_by(over_everything),
        (
            "The weights are not divided by their sum. They must sum to 1 in each row, or a long review has a larger "
            "vector than a short one."
        ): weighed_by(
            lambda scores, mask: np.exp(scores) * mask,
            lambda scores, mask: np.exp(scores - np.where(mask, scores, -np.inf).max(axis=1, keepdims=True)) * mask,
        ),
        (
            "The exponentials of column j are divided by the sum of row j: NumPy lays an array of shape (B,) along the "
            "steps of (B, T). With as many rows as steps nothing warns you. Which option of sum keeps the axis?"
        ): weighed_by(
            lambda scores, mask: np.exp(scores) * mask / (np.exp(scores) * mask).sum(axis=1),
        ),
        (
            "The scores are divided by their sum without exp. Scores may be below 0, and such weights are no weights. "
            "What makes a positive number of any score?"
        ): weighed_by(lambda scores, mask: scores * mask / (scores * mask).sum(axis=1, keepdims=True)),
        (
            "Each step gets its weight by itself, from a sigmoid. Then they do not sum to 1, and steps need not "
            "compete. Which function sees all steps of a row?"
        ): weighed_by(lambda scores, mask: mask / (1 + np.exp(-scores))),
        (
            "All the weight lies on the step with the largest score. That is a maximum, and no gradient flows through "
            "the choice. What makes it soft?"
        ): weighed_by(
            lambda scores, mask: (
                (np.where(mask, scores, -np.inf).argmax(axis=1)[:, np.newaxis] == np.arange(mask.shape[1])) * 1.0
            )
        ),
        (
            "The tanh is missing. Then W and v would be one matrix, and a score could be any sum of units. Where does "
            "it stand in the formula?"
        ): scored_by(lambda states, kernel, bias, v: (states @ kernel + bias) @ v),
        (
            "The tanh comes last, around the whole score. Then no score is beyond −1 and 1, and no step can get more "
            "than e² times the weight of another. What is inside its brackets?"
        ): scored_by(
            lambda states, kernel, bias, v: np.tanh((states @ kernel + bias) @ v),
            lambda states, kernel, bias, v: np.tanh(np.tanh(states @ kernel + bias) @ v),
        ),
        (
            "The bias is missing, or stands outside the tanh. There it would move all scores alike, and the softmax "
            "would not notice. Where does it stand in the formula?"
        ): scored_by(
            lambda states, kernel, bias, v: np.tanh(states @ kernel) @ v,
            lambda states, kernel, bias, v: (np.tanh(states @ kernel) + bias) @ v,
        ),
        (
            "The kernel is the wrong way round: its columns meet the states' units. With as many hidden units as units "
            "nothing warns you. Which of its axes runs along the units of h?"
        ): scored_by(lambda states, kernel, bias, v: np.tanh(states @ kernel.T + bias) @ v),
        (
            "The weights are right, but they weigh what is inside the tanh, not the states. The hidden layer only "
            "finds out where to look. What stands behind the sum in the formula?"
        ): hidden_in_place_of_states,
        (
            "The weights are right, but the pooled vector is divided once more, by the number of steps. Weights that "
            "sum to 1 make a mean already. Sum or mean?"
        ): pooled_by(
            lambda states, weights, mask: weighted_sum(states, weights, mask) / mask.shape[1],
            lambda states, weights, mask: weighted_sum(states, weights, mask) / mask.sum(axis=1, keepdims=True),
        ),
        (
            "The weights are right, but the pooled vector does not use them: it is the plain mean or sum of the "
            "states. What is each state multiplied by?"
        ): pooled_by(
            lambda states, weights, mask: states.mean(axis=1),
            lambda states, weights, mask: states.sum(axis=1),
            lambda states, weights, mask: (
                (states * mask[..., np.newaxis]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
            ),
            lambda states, weights, mask: (states * mask[..., np.newaxis]).sum(axis=1),
        ),
        (
            "The weights are right, but the pooled vector sums over the rows or gives weight j to unit j. With sizes "
            "that are equal nothing warns you. Which axis do weights (B, T) and states (B, T, H) sum along, and which "
            "one is new?"
        ): pooled_by(
            lambda states, weights, mask: (weights[..., np.newaxis] * states).sum(axis=0),
            lambda states, weights, mask: (weights[:, np.newaxis] * states).sum(axis=1),
            lambda states, weights, mask: (weights * states).sum(axis=1),
            lambda states, weights, mask: (weights[:, np.newaxis] * states).sum(axis=2),
        ),
        (
            "The weights are right, but the pooled array has an axis too many: with @ the weights of each row meet the "
            "states of every row. Each row is to meet its own. What does an axis of length 1 behind the weights do?"
        ): pooled_by(lambda states, weights, mask: weights @ states),
        (
            "The pooled vector is right, but you return the scores, or their exponentials, as weights. Where must the "
            "weights of a row sum to 1?"
        ): (
            attend_by(put_out=lambda weights, scores: scores),
            attend_by(put_out=lambda weights, scores: np.exp(scores)),
            attend_by(put_out=lambda weights, scores: np.where(weights > 0, scores, -np.inf)),
        ),
        (
            "Right but for large scores: exp(800) is infinite and exp(−800) is 0, and ∞/∞ and 0/0 are NaN. A softmax "
            "does not change when the same number is taken from all scores of a row. Which number makes the largest "
            "exp 1?"
        ): weighed_by(plain_exp, exp_of_minus_infinity),
        (
            "Right but for large scores: what you take away is the largest of padding, too, or of all rows, and where "
            "it is far above the others, exp makes 0 of all real steps of a row. Of which scores is the largest to be "
            "taken?"
        ): weighed_by(
            largest_of_all,
            largest_of_the_array,
            lambda scores, mask: plain_exp(scores - scores.max(), mask),
        ),
    },
    explanation="""\
A score for each step, `np.tanh(states @ kernel + bias) @ score_kernel`, shape (B, T); then −∞ where the mask is False;
then a softmax along time. In this order padding gets exactly 0, and the real steps share a whole unit of weight. After
the softmax it is too late, unless one divides again. Taking the largest *real* score away first changes nothing in
exact numbers and saves the others from overflow, as in every library. The weights, with an axis for the units,
multiply the states; their sum is a mean in which some steps count more: `last` and `mean` are two special cases of
it.""",
    explain=_explain,
)
