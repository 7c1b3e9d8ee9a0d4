"""15.1: dropout with a mask that is the same at every step of a sequence."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_02.cell import state
from rnncourse.exercises.mistakes import where_it_fits

Outputs = tuple[np.ndarray, np.ndarray]
Numbers = Callable[[np.random.Generator, np.ndarray], np.ndarray]
"""Random numbers that can be laid against x (B, T, D), of a generator and x."""


def _batch(rng: np.random.Generator, *, shape: tuple[int, int, int] = (3, 3, 3), rate: float | None = None) -> Inputs:
    """No input is 0; all sizes are equal, so that a mask along a wrong axis fits as well."""
    rate = float(rng.choice([0.2, 0.3, 0.4, 0.6, 0.7])) if rate is None else rate
    return {"x": state(rng, *shape), "rate": rate, "seed": int(rng.integers(0, 1000))}


def _number_by_number(x: np.ndarray, rate: float, seed: int) -> Outputs:
    rng, training = np.random.default_rng(seed), np.zeros(x.shape)
    for row in range(x.shape[0]):
        for feature in range(x.shape[2]):
            if rng.random() >= rate:
                for step in range(x.shape[1]):
                    training[row, step, feature] = x[row, step, feature] / (1 - rate)
    return training, np.array(x)


def _row_and_feature(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    return rng.random((len(x), 1, x.shape[2]))


def _dropped(
    x: np.ndarray,
    rate: float,
    seed: int,
    *,
    numbers: Numbers = _row_and_feature,
    kept: Callable[[np.ndarray, float], np.ndarray] = lambda numbers, rate: numbers >= rate,
    scale: Callable[[np.ndarray, float], np.ndarray | float] = lambda mask, rate: 1 / (1 - rate),
    test: Callable[[np.ndarray, np.ndarray, float], np.ndarray] = lambda x, training, rate: x,
) -> Outputs:
    """``scale``: the factor in training, of mask and rate; ``test``: the second result, of x and the first."""
    with np.errstate(divide="ignore", invalid="ignore"):
        mask = kept(numbers(np.random.default_rng(seed), x), rate)
        training = x * mask * scale(mask, rate)
        return training, test(x, training, rate)


def _masked_by(*numbers: Numbers) -> tuple[Callable[..., Outputs | None], ...]:
    return tuple(where_it_fits(partial(_dropped, numbers=each)) for each in numbers)


def _scaled_by(*scale: Callable[[np.ndarray, float], np.ndarray | float]) -> tuple[Callable[..., Outputs], ...]:
    return tuple(partial(_dropped, scale=each) for each in scale)


def _tested_by(*test: Callable[[np.ndarray, np.ndarray, float], np.ndarray]) -> tuple[Callable[..., Outputs], ...]:
    return tuple(partial(_dropped, test=each) for each in test)


def _each_step_anew(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    return np.stack([rng.random((len(x), x.shape[2])) for _ in range(x.shape[1])], axis=1)


def _explain(x: np.ndarray, rate: float, seed: int) -> str:
    numbers = np.random.default_rng(seed).random((len(x), x.shape[2]))[0]
    kept = np.flatnonzero(numbers >= rate).tolist()
    return f"Row 0 has the numbers {numbers.round(3).tolist()}, so it keeps the features {kept}, at all of its steps."


DROPOUT = Exercise(
    id="15.1",
    title="One mask for a sequence",
    function="dropped",
    inputs=_batch,
    edges=(
        partial(_batch, rate=0.0),
        partial(_batch, rate=0.9),
        partial(_batch, shape=(2, 1, 3)),
        partial(_batch, shape=(1, 4, 2)),
        partial(_batch, shape=(2, 3, 4), rate=0.5),
    ),
    reference=_number_by_number,
    returns={"training": ("row", "step", "feature"), "test": ("row", "step", "feature")},
    mistakes={
        (
            "Every step has a mask of its own. What a state needs over many steps is then cut at one of them almost "
            "surely. Which axis of x needs no random number?"
        ): _masked_by(lambda rng, x: rng.random(x.shape), _each_step_anew),
        (
            "All rows have the same mask. Then a whole batch learns without the same features. Each sequence needs a "
            "mask of its own. How many random numbers are that?"
        ): _masked_by(
            lambda rng, x: rng.random(x.shape[2]),
        ),
        (
            "Your mask has the shape (B, D), and NumPy lays that along (T, D): row b of it became step b of every "
            "sequence. With as many rows as steps nothing warns you. Where is the axis of length 1 missing?"
        ): _masked_by(lambda rng, x: rng.random((len(x), x.shape[2]))),
        (
            "Your mask drops whole steps, with all of their features. The features should drop, and at every step the "
            "same ones. Which two axes of x get random numbers?"
        ): _masked_by(lambda rng, x: rng.random((len(x), x.shape[1], 1))),
        (
            "A row is kept whole or dropped whole: there is one number for a sequence. There should be one for each of "
            "its features."
        ): _masked_by(lambda rng, x: rng.random((len(x), 1, 1))),
        (
            "Your mask may be as good, but its numbers were drawn in another order, column by column. The task draws "
            "them row by row. Which comes first in the shape, B or D?"
        ): _masked_by(lambda rng, x: rng.random((x.shape[2], len(x))).T[:, np.newaxis]),
        (
            "What is kept is not scaled up. On average the next layer then gets less in training than at test time. By "
            "which share is it less?"
        ): _scaled_by(lambda mask, rate: 1.0),
        (
            "What is kept is scaled by the wrong number. A share of 1 − rate is kept; to have the same mean as x, it "
            "must be divided by something. By what?"
        ): _scaled_by(
            lambda mask, rate: 1 / rate if rate else 0.0,
            lambda mask, rate: 1 - rate,
            lambda mask, rate: 1 + rate,
            lambda mask, rate: rate,
        ),
        (
            "You scale by the share that happened to be kept. A row that kept much then looks like one that kept "
            "little, and one that kept nothing gives NaN. Which number is known beforehand?"
        ): _scaled_by(
            lambda mask, rate: 1 / mask.mean(),
            lambda mask, rate: 1 / mask.mean(axis=(1, 2), keepdims=True),
        ),
        (
            "You keep what should be dropped. `rate` is the share that is *dropped*: at a rate of 0.2 most features "
            "stay. Which side of `rate` do you keep?"
        ): tuple(
            partial(_dropped, kept=lambda numbers, rate: numbers < rate, scale=scale)
            for scale in (lambda mask, rate: 1 / (1 - rate), lambda mask, rate: 1 / rate if rate else 0.0)
        ),
        (
            "You keep as many, but not the same ones: where the number is below 1 − rate. The task keeps where it is "
            "at least `rate`."
        ): partial(_dropped, kept=lambda numbers, rate: numbers < 1 - rate),
        (
            "Training is right, but at test time you drop as well. Then the same sequence gets another answer each "
            "time. What should dropout do when nothing is learned?"
        ): _tested_by(
            lambda x, training, rate: training,
            lambda x, training, rate: training * (1 - rate),
        ),
        (
            "Training is right, but at test time you scale as well. What is kept in training was scaled up already, so "
            "that nothing need be done later. Which of the two would do alone?"
        ): _tested_by(
            lambda x, training, rate: x * (1 - rate),
            lambda x, training, rate: x / (1 - rate),
        ),
        (
            "You scale down at test time, as in the first papers on dropout, in place of scaling up in training. The "
            "mean agrees as well, but the task, like Keras, wants the work done in training."
        ): partial(_dropped, scale=lambda mask, rate: 1.0, test=lambda x, training, rate: x * (1 - rate)),
        ("The two results have changed places: training comes first, then test."): lambda **case: _dropped(**case)[
            ::-1
        ],
    },
    explanation="""\
One number for each row and feature, shape (B, 1, D): the axis of length 1 lays the same mask along all steps. With a
fresh mask at each step a unit survives T steps with probability (1 − rate)^T, which is about 1 in 1000 for a rate of
0.3 and 20 steps: nothing that has to be remembered gets through. With one mask it is dropped for the whole sequence
or not at all, and the sequence is read by a smaller network that keeps its memory (Gal and Ghahramani 2016). Keras'
`dropout=` and `recurrent_dropout=` do that; a `Dropout` layer between two recurrent layers draws anew at each step,
unless it is given `noise_shape=(B, 1, D)`.""",
    explain=_explain,
)
