"""06.5: a training loop that diverges, and that a broken sequence stops for good; two things are missing."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_06.sums import (
    Pair,
    diverging,
    finite,
    loss_and_gradient,
    mean_loss,
    plus,
    shortened,
    times,
    train,
    with_momentum,
)

Trained = tuple[np.ndarray, np.ndarray]


def _one_update(rng: np.random.Generator) -> Inputs:
    return {**diverging(rng, bad=-1), "updates": 1}


def _tame(rng: np.random.Generator) -> Inputs:
    """Nothing is ever too long, and every number is one."""
    return {**diverging(rng, bad=-1), "weights": np.array([0.9, 1.0]), "learning_rate": 0.01, "max_norm": 50.0}


def _unless_broken(change: Callable[[Pair, float], Pair | None]) -> Callable[..., Trained]:
    """What is done with a gradient that consists of numbers; others are left out, as they should be."""
    return partial(train, repair=lambda gradient, max_norm: change(gradient, max_norm) if finite(gradient) else None)


def _by_value(gradient: Pair, max_norm: float) -> Pair:
    return max(-max_norm, min(max_norm, gradient[0])), max(-max_norm, min(max_norm, gradient[1]))


def _by_the_square(gradient: Pair, max_norm: float) -> Pair:
    square = gradient[0] * gradient[0] + gradient[1] * gradient[1]
    return times(gradient, max_norm / square) if square > max_norm else gradient


def _numbers_or_0(gradient: Pair, max_norm: float) -> Pair:
    return shortened(gradient, max_norm) if finite(gradient) else (0.0, 0.0)


def _velocity_clipped(velocity: Pair, gradient: Pair, rate: float, momentum: float, max_norm: float) -> Pair:
    return shortened(with_momentum(velocity, gradient, rate, momentum, max_norm), max_norm)


def _step_clipped(velocity: Pair, gradient: Pair, rate: float, momentum: float, max_norm: float) -> Pair:
    return plus(times(velocity, momentum), shortened(times(gradient, -rate), max_norm))


def _moving_instead(move: Callable[..., Pair]) -> Callable[..., Trained]:
    """No clipping of the gradient, but another rule for the velocity."""
    return partial(train, repair=lambda gradient, _: gradient if finite(gradient) else None, move=move)


def _recorded(change: Callable[[np.ndarray], np.ndarray]) -> Callable[..., Trained]:
    """Right weights, and losses of which something else is made."""

    def wrong(**case: np.ndarray) -> Trained:
        weights, losses = train(**case)
        return weights, change(losses)

    return wrong


def _without_the_broken(x: np.ndarray, y: np.ndarray, **case: np.ndarray) -> Trained:
    good = np.isfinite(x).all(axis=1)
    return train(x[good], y[good], **case)


def _explain(**case: np.ndarray) -> str:
    sequences = list(zip(case["x"].tolist(), case["y"].tolist(), strict=True))
    pair = (float(case["weights"][0]), float(case["weights"][1]))
    norms = [round(math.hypot(*loss_and_gradient(*each, pair)[1]), 3) for each in sequences]
    after = mean_loss(case, train(**case)[0])
    return (
        f"With the given weights, the gradients of this input's sequences are {norms} long. After the updates, the "
        f"right weights have a mean loss of {after:.3g} instead of {mean_loss(case, case['weights']):.3g}."
    )


REPAIRED = Exercise(
    id="06.5",
    title="Repair a diverging run",
    function="repaired_training",
    inputs=diverging,
    edges=(
        partial(diverging, bad=0),
        partial(diverging, bad=2, by=np.inf),
        partial(diverging, sequences=1, bad=-1),
        _one_update,
        _tame,
    ),
    reference=train,
    returns={"weights": ("input or state",), "losses": ("update",)},
    mistakes={
        (
            "These are the results of the loop as it was given. Gradients that are too long still pass, and so do "
            "those that are no numbers. After which line do you know the gradient, and before which must it be mended?"
        ): partial(train, repair=lambda gradient, max_norm: gradient),
        (
            "Clipping works, but a broken sequence still ruins the weights: NaN times a small factor is NaN, and from "
            "the weights it never goes away. No clipping cures that. What must happen with such an update?"
        ): partial(train, repair=shortened),
        (
            "Broken sequences are left out, but the run still diverges: gradients that are numbers pass however long "
            "they are. Which argument did you not use?"
        ): _unless_broken(lambda gradient, max_norm: gradient),
        (
            "You clip by value, each of the two numbers by itself. It may train as well, but the step turns aside. The "
            "task asks for the norm. What do both numbers share there?"
        ): _unless_broken(_by_value),
        (
            "All gradients are brought to the length max_norm, the short ones, too. Near the goal the steps should "
            "become small. When must nothing be done?"
        ): _unless_broken(lambda gradient, max_norm: times(gradient, max_norm / (math.hypot(*gradient) or 1.0))),
        (
            "The gradient is divided by its squared length: the root is missing. The longer it was, the shorter it now "
            "is. What makes a length of a sum of squares?"
        ): _unless_broken(_by_the_square),
        (
            "Updates with a long gradient are left out altogether. Where all gradients are long, nothing is ever "
            "learned; a long gradient has a good direction. What can be kept of it?"
        ): _unless_broken(lambda gradient, limit: gradient if math.hypot(*gradient) <= limit else None),
        (
            "You clip what is added to the weights, not the gradient: the velocity, or the gradient times the learning "
            "rate. With a rate of 0.05 that lets a gradient twenty times as long pass. Which of these is max_norm "
            "about?"
        ): (_moving_instead(_velocity_clipped), _moving_instead(_step_clipped)),
        (
            "You keep the weights within bounds, where the gradient should be. Weights may go where the loss is small; "
            "only how far one update takes them is to be limited."
        ): (
            partial(train, repair=lambda gradient, _: gradient if finite(gradient) else None, settle=_by_value),
            partial(train, repair=lambda gradient, _: gradient if finite(gradient) else None, settle=shortened),
        ),
        (
            "The momentum is gone: every update starts from rest. The loop as given is right in that. Which velocity "
            "must the new one be made of?"
        ): partial(train, move=lambda velocity, gradient, rate, momentum, _: times(gradient, -rate)),
        (
            "At a broken sequence the weights still move, by the momentum, as if its gradient were 0. The task leaves "
            "such an update out altogether: weights and velocity stay as they are. Which lines must not run?"
        ): (
            partial(train, repair=_numbers_or_0),
            partial(train, left_out=lambda weights, velocity, momentum: (weights, times(velocity, momentum))),
            partial(train, left_out=lambda weights, velocity, momentum: (plus(weights, velocity), velocity)),
        ),
        (
            "At a broken sequence the velocity is lost: the next update starts from rest. That one sequence is at "
            "fault, not those before it. What must stay as it is, besides the weights?"
        ): partial(train, left_out=lambda weights, velocity, momentum: (weights, (0.0, 0.0))),
        (
            "Training ends at the first broken sequence. The others are good, and there are updates left. What comes "
            "next in the loop?"
        ): partial(train, stop=True),
        (
            "The weights are right, but the losses of broken sequences are left out, or replaced. The record should "
            "show what was measured, NaN included: that is how one finds the sequence. When is the loss noted?"
        ): (
            _recorded(lambda losses: losses[np.isfinite(losses)]),
            _recorded(lambda losses: np.where(np.isfinite(losses), losses, 0.0)),
        ),
        (
            "You take the broken sequences out before training, so that the others come round sooner. In a real run "
            "nobody knows them beforehand. At which moment does the loop find out?"
        ): _without_the_broken,
    },
    explanation="""\
Two lines are missing before the velocity. `if not np.isfinite(norm): continue` leaves out an update whose gradient is
no number (a loss that is none tells it, too); the momentum, too, must not see it, for NaN in the velocity comes back
with every later update. And `if norm > max_norm: gradient = gradient * max_norm / norm` limits how far an update
goes. The two do not replace each other: clipping cannot mend NaN, and leaving out NaN comes too late for weights that
are already useless. With both, the weights go to 1 and 1, where u x_t + w h_{t−1} adds up; as given, a weight above 1
meets itself T times and the run is lost within a few updates. A lower learning rate would do, too, but makes all
updates small because of a few.""",
    explain=_explain,
)
