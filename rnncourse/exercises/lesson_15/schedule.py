"""15.3: a learning rate that warms up and then follows half a cosine."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs

Rate = Callable[[int, int, float, float], float]
"""The rate of an update of the warm-up, of its place, the warm-up's length, peak and floor."""


def _plan(
    rng: np.random.Generator, *, steps: int = 0, warm_up: int | None = None, floor: float | None = None
) -> Inputs:
    """A warm-up of at least 3 of at least 8 updates, unless said otherwise; what is left out is drawn."""
    return {
        "steps": steps or int(rng.integers(8, 15)),
        "warm_up": int(rng.integers(3, 6)) if warm_up is None else warm_up,
        "peak": float(rng.choice([0.2, 0.5, 1.0, 3.0])),
        "floor": float(rng.choice([0.01, 0.02, 0.05])) if floor is None else floor,
    }


def _one_by_one(steps: int, warm_up: int, peak: float, floor: float) -> np.ndarray:
    rates = []
    for t in range(steps):
        if t < warm_up:
            rates.append(peak * (t + 1) / warm_up)
        else:
            angle = math.pi * (t - warm_up) / (steps - warm_up)
            rates.append(floor + (peak - floor) * (1 + math.cos(angle)) / 2)
    return np.array(rates)


def _share(p: float) -> float:
    return (1 + math.cos(math.pi * p)) / 2


def _rates(
    steps: int,
    warm_up: int,
    peak: float,
    floor: float,
    *,
    rising: Rate = lambda t, warm_up, peak, floor: peak * (t + 1) / warm_up,
    gone: Callable[[int, int, int], float] = lambda t, warm_up, steps: (t - warm_up) / (steps - warm_up),
    falling: Callable[[float, float, float], float] = lambda p, peak, floor: floor + (peak - floor) * _share(p),
) -> np.ndarray:
    """``gone``: which share of the descent lies behind; ``falling``: the rate there."""
    return np.array(
        [
            float(rising(t, warm_up, peak, floor) if t < warm_up else falling(gone(t, warm_up, steps), peak, floor))
            for t in range(steps)
        ]
    )


def _by(name: str, *options: Callable[..., float]) -> tuple[Callable[..., np.ndarray], ...]:
    return tuple(partial(_rates, **{name: option}) for option in options)


def _explain(steps: int, warm_up: int, peak: float, floor: float) -> str:
    begins = f"Update {warm_up} is the first after the warm-up, and its rate is {peak:g}"
    half = warm_up + (steps - warm_up) // 2
    value = _one_by_one(steps, warm_up, peak, floor)[half]
    return f"{begins}; update {half} has gone {half - warm_up} of {steps - warm_up} parts down, to {value:.6g}."


SCHEDULE = Exercise(
    id="15.3",
    title="Warm up, then cool down",
    function="learning_rates",
    inputs=_plan,
    edges=(
        partial(_plan, warm_up=0),
        partial(_plan, steps=6, warm_up=5),
        partial(_plan, steps=8, warm_up=1),
        partial(_plan, floor=0.0),
        partial(_plan, steps=1, warm_up=0),
    ),
    reference=_one_by_one,
    returns={"rates": ("update",)},
    mistakes={
        (
            "The first update has a rate of 0, so it does nothing. The warm-up reaches its peak with its *last* "
            "update. Which update is t = 0?"
        ): _by(
            "rising",
            lambda t, warm_up, peak, floor: peak * t / warm_up,
            lambda t, warm_up, peak, floor: peak * t / max(warm_up - 1, 1),
        ),
        (
            "The warm-up reaches its peak too late or too early. Update warm_up − 1 has the whole peak. Into how many "
            "equal parts is the rise cut?"
        ): _by(
            "rising",
            lambda t, warm_up, peak, floor: peak * (t + 1) / (warm_up + 1),
            lambda t, warm_up, peak, floor: min(peak, peak * (t + 1) / max(warm_up - 1, 1)),
        ),
        (
            "Your warm-up starts from the floor. In this task it rises in equal parts from 0; the floor is where the "
            "descent ends."
        ): _by(
            "rising",
            lambda t, warm_up, peak, floor: floor + (peak - floor) * (t + 1) / warm_up,
            lambda t, warm_up, peak, floor: floor + (peak - floor) * t / warm_up,
            lambda t, warm_up, peak, floor: floor + (peak - floor) * t / max(warm_up - 1, 1),
        ),
        (
            "There is no warm-up: the first updates have the whole peak, or the floor. Adam's averages are still empty "
            "then, and an LSTM's gates undecided. Which argument says how long it lasts?"
        ): _by(
            "rising",
            lambda t, warm_up, peak, floor: peak,
            lambda t, warm_up, peak, floor: floor,
        ),
        (
            "Your cosine runs over all updates, the warm-up included, so the rate drops or jumps where the warm-up "
            "ends. How many updates are left then, and how many of them are gone at t?"
        ): _by(
            "gone",
            lambda t, warm_up, steps: t / steps,
            lambda t, warm_up, steps: (t - warm_up) / steps,
            lambda t, warm_up, steps: t / max(steps - 1, 1),
            lambda t, warm_up, steps: t / (steps - warm_up),
        ),
        (
            "Your last update has the floor itself. Here the floor would come *after* the last one, so that no update "
            "is wasted if the floor is 0. By how many parts is the descent divided?"
        ): _by("gone", lambda t, warm_up, steps: (t - warm_up) / max(steps - warm_up - 1, 1)),
        (
            "The descent begins one update late or early. Update number warm_up still has the whole peak. What is its "
            "share of the way?"
        ): _by(
            "gone",
            lambda t, warm_up, steps: (t - warm_up + 1) / (steps - warm_up),
            lambda t, warm_up, steps: (t - warm_up + 1) / (steps - warm_up + 1),
        ),
        (
            "Your cosine runs through a whole period, down and up again, or through a quarter. From 1 to −1 it takes "
            "half a period. Which angle is that, in radians?"
        ): _by(
            "falling",
            lambda p, peak, floor: floor + (peak - floor) * _share(2 * p),
            lambda p, peak, floor: floor + (peak - floor) * _share(p / 2),
            lambda p, peak, floor: floor + (peak - floor) * math.cos(math.pi * p / 2),
        ),
        (
            "Your angle is in degrees, where cos wants radians: the rate hardly moves. What is half a period in "
            "radians?"
        ): _by("falling", lambda p, peak, floor: floor + (peak - floor) * (1 + math.cos(180 * p)) / 2),
        (
            "The cosine itself is your share: it runs from 1 to −1, and a learning rate below 0 climbs. Which two "
            "steps make a number between 1 and 0 of it?"
        ): _by(
            "falling",
            lambda p, peak, floor: floor + (peak - floor) * math.cos(math.pi * p),
            lambda p, peak, floor: max(floor, floor + (peak - floor) * math.cos(math.pi * p)),
        ),
        (
            "The floor is added on top, so the descent begins above the peak. How much is left between peak and floor "
            "for the cosine to share out?"
        ): _by("falling", lambda p, peak, floor: floor + peak * _share(p)),
        (
            "The floor cuts your curve off, or is missing: the descent is the one to 0. It should come down *to* the "
            "floor in one smooth curve. Which interval does the cosine share out?"
        ): _by(
            "falling",
            lambda p, peak, floor: max(floor, peak * _share(p)),
            lambda p, peak, floor: peak * _share(p),
        ),
        (
            "Your descent is a straight line. The cosine stays near the peak at first and near the floor at last. "
            "Which function did you leave out?"
        ): _by("falling", lambda p, peak, floor: peak + (floor - peak) * p),
        (
            "Your descent is upside down: it begins at the floor and rises. Which sign has the cosine, and is it a "
            "sine?"
        ): _by(
            "falling",
            lambda p, peak, floor: floor + (peak - floor) * (1 - _share(p)),
            lambda p, peak, floor: floor + (peak - floor) * math.sin(math.pi * p / 2),
            lambda p, peak, floor: floor + (peak - floor) * (1 + math.sin(math.pi * p)) / 2,
        ),
    },
    explanation="""\
Two pieces that meet at the peak: equal parts up, then floor + (peak − floor) · (1 + cos πp) / 2, where p is the share
of the descent that is gone (Loshchilov and Hutter 2017). The ends are where such code goes wrong: t = 0 must not be
wasted on a rate of 0, update warm_up must have the peak, and without a warm-up nothing may be divided by 0. Draw the
array before you train with it. In Keras `CosineDecay(initial_learning_rate, decay_steps, alpha=floor / peak)` is the
descent; its warm-up starts from the initial rate at t = 0.""",
    explain=_explain,
)
