"""06.3: one update of a cell with one unit, near the cliff of its loss, with and without clipping."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.plain_data import show

Step = tuple[np.ndarray, np.ndarray, np.ndarray]
Clip = Callable[[np.ndarray, float], np.ndarray]
Update = Callable[[np.ndarray, np.ndarray, float], np.ndarray]
"""What is returned, of weight and bias (2,), a gradient (2,), and the learning rate."""


def _near(rng: np.random.Generator, *, steps: int = 0) -> Inputs:
    """A gradient that is neither tiny nor along an axis, two of three times longer than ``max_norm``."""
    while True:
        signs, length = rng.choice([-1.0, 1.0], 4), steps or int(rng.integers(3, 6))
        weight, bias, initial_state, target = np.round(signs * rng.uniform([1.2, 0.1, 0.1, 0.2], [4, 1, 1, 0.9]), 1)
        case = {
            "weight": float(weight),
            "bias": float(bias),
            "initial_state": float(initial_state),
            "target": float(target),
            "steps": length,
            "learning_rate": float(rng.choice([0.1, 0.2, 0.4])),
        }
        gradient = _with_the_states(**case, max_norm=1.0)[0]
        norm = math.hypot(*gradient)
        if 0.5 < norm < 60 and np.abs(gradient).min() > 0.2 * norm:
            times = rng.choice([rng.uniform(1.5, 3), rng.uniform(3, 8), rng.uniform(0.2, 0.7)])
            return {**case, "max_norm": float(f"{norm / times:.2g}")}


def _on_the_ridge(rng: np.random.Generator, *, target: float) -> Inputs:
    """The states stay at 0, where the slope is 1 and a nudge grows fourfold at every step."""
    place = {"weight": 4.0, "bias": 0.0, "initial_state": 0.0, "target": target, "steps": 6}
    return {**place, "learning_rate": float(rng.choice([0.1, 0.2])), "max_norm": 1.0}


def _shorten(gradient: np.ndarray, max_norm: float) -> np.ndarray:
    norm = math.hypot(*gradient)
    return gradient * (max_norm / norm) if norm > max_norm else gradient


def _downhill(weights: np.ndarray, gradient: np.ndarray, rate: float) -> np.ndarray:
    return weights - rate * gradient


def _with_the_states(
    weight: float,
    bias: float,
    initial_state: float,
    target: float,
    steps: int,
    learning_rate: float,
    max_norm: float,
) -> Step:
    """Forwards: beside every state its derivatives by weight and bias."""
    h, by_weight, by_bias = initial_state, 0.0, 0.0
    for _ in range(steps):
        before, h = h, math.tanh(weight * h + bias)
        by_weight = (1 - h**2) * (before + weight * by_weight)
        by_bias = (1 - h**2) * (1 + weight * by_bias)
    gradient = 2 * (h - target) * np.array([by_weight, by_bias])
    clipped = gradient * min(1.0, max_norm / max(math.hypot(*gradient), 1e-300))
    weights = np.array([weight, bias])
    return gradient, weights - learning_rate * gradient, weights - learning_rate * clipped


def _step(
    weight: float,
    bias: float,
    initial_state: float,
    target: float,
    steps: int,
    learning_rate: float,
    max_norm: float,
    *,
    error: Callable[[float, float], float] = lambda h, target: 2 * (h - target),
    slope: Callable[[float, float], float] = lambda h, before: 1 - h**2,
    meets: Callable[[float, float], float] = lambda h, before: before,
    through: Callable[[float, float, float], float] = lambda d_h, d_a, weight: d_a * weight,
    back: Callable[[int], range] = lambda steps: range(steps, 0, -1),
    clip: Clip = _shorten,
    plain: Update = _downhill,
    after: Update = _downhill,
) -> Step:
    """``meets``: the state in a step's share of dL/dw; ``through``: dL/dh_{t−1}, of dL/dh_t, dL/da_t and w.

    ``plain`` and ``after``: the updates without and with clipping.
    """
    states = [initial_state]
    for _ in range(steps):
        states.append(math.tanh(weight * states[-1] + bias))
    gradient, d_h = np.zeros(2), error(states[-1], target)
    for t in back(steps):
        d_a = d_h * slope(states[t], states[t - 1])
        gradient += d_a * np.array([meets(states[t], states[t - 1]), 1.0])
        d_h = through(d_h, d_a, weight)
    weights = np.array([weight, bias])
    clipped = after(weights, clip(gradient, max_norm), learning_rate)
    return gradient, plain(weights, gradient, learning_rate), clipped


def _uphill(weights: np.ndarray, gradient: np.ndarray, rate: float) -> np.ndarray:
    return weights + rate * gradient


def _always(gradient: np.ndarray, max_norm: float) -> np.ndarray:
    return gradient * (max_norm / (math.hypot(*gradient) or 1.0))


def _clip_the_step(**case: float) -> Step:
    gradient, plain, _ = _step(**case)
    step = _shorten(case["learning_rate"] * gradient, case["max_norm"])
    return gradient, plain, np.array([case["weight"], case["bias"]]) - step


def _gradient_clipped(**case: float) -> Step:
    gradient, plain, clipped = _step(**case)
    return _shorten(gradient, case["max_norm"]), plain, clipped


def _explain(**case: float) -> str:
    states = [case["initial_state"]]
    for _ in range(case["steps"]):
        states.append(math.tanh(case["weight"] * states[-1] + case["bias"]))
    shown = show([round(state, 4) for state in states])
    return f"The states of this input are {shown}, the first of them given, and the loss is about the last."


STEP_AT_THE_CLIFF = Exercise(
    id="06.3",
    title="A step at the cliff",
    function="step_at_the_cliff",
    inputs=_near,
    edges=(
        partial(_near, steps=1),
        partial(_on_the_ridge, target=1.0),
        partial(_on_the_ridge, target=0.0),
    ),
    reference=_with_the_states,
    returns={"gradient": ("weight or bias",), "plain": ("weight or bias",), "clipped": ("weight or bias",)},
    mistakes={
        (
            "Your gradient is that of the last step alone, ∂ in place of d. But the weight acted at every step before "
            "it, too: the cliff is made of those. What does dL/dh_t send back to the state before?"
        ): partial(_step, back=lambda steps: range(steps, steps - 1, -1)),
        (
            "Your gradient stops one step short: the first step is missing. The weight met the initial state there. "
            "How often was it used in `steps` steps?"
        ): partial(_step, back=lambda steps: range(steps, 1, -1)),
        (
            "The slopes of tanh are missing. Without them nothing ever saturates, and every weight above 1 makes a "
            "cliff. By what is dL/dh_t multiplied on its way to a_t?"
        ): partial(_step, slope=lambda h, before: 1.0),
        (
            "The slope is taken at the state before. The tanh of a step made h_t, and its slope is read there. With "
            "which state does the way back begin?"
        ): partial(_step, slope=lambda h, before: 1 - before**2),
        (
            "You take tanh a second time, in the slope: h_t is the result of a tanh already. Written by its *result* "
            "the slope has no tanh in it. What is it at h = 0.5?"
        ): partial(_step, slope=lambda h, before: 1 - math.tanh(h) ** 2),
        (
            "On the way back from one step to the one before, the weight is missing. It is what makes the gradient "
            "grow or fade. By what was h_{t−1} multiplied on its way to a_t?"
        ): partial(_step, through=lambda d_h, d_a, weight: d_a),
        (
            "What goes back to the state before has not met the slope, only the weight. Both stand between h_{t−1} and "
            "h_t. From which gradient does the way back start, dL/dh_t or dL/da_t?"
        ): partial(_step, through=lambda d_h, d_a, weight: d_h * weight),
        (
            "A step's share of dL/dw is made with h_t, the state that came out. The weight was multiplied by the one "
            "that went in. Which one is that at the first step?"
        ): partial(_step, meets=lambda h, before: h),
        ("Your gradient is half as long as it should be. What is the derivative of (h − target)²?"): partial(
            _step, error=lambda h, target: h - target
        ),
        (
            "Your gradient points the other way. It says where the loss *rises*; the update then goes against it. What "
            "is positive where h lies above the target?"
        ): (
            partial(_step, error=lambda h, target: 2 * (target - h)),
            partial(_step, error=lambda h, target: 2 * (target - h), plain=_uphill, after=_uphill),
        ),
        ("The gradient is right, but the updates go uphill. On which side of the weights does the loss fall?"): partial(
            _step, plain=_uphill, after=_uphill
        ),
        (
            "The gradient is right, but you return how far to go, not where one arrives. What is a step added to?"
        ): partial(
            _step,
            plain=lambda weights, gradient, rate: -rate * gradient,
            after=lambda weights, gradient, rate: -rate * gradient,
        ),
        (
            "The third result is the clipped gradient itself. The task asks for the weight and bias after a step along "
            "it. Which two numbers are still missing?"
        ): partial(_step, after=lambda weights, gradient, rate: gradient),
        (
            "The clipped step is taken without the learning rate. Clipping comes before it, and does not replace it. "
            "By what is a gradient multiplied before it changes a weight?"
        ): partial(_step, after=lambda weights, gradient, rate: weights - gradient),
        (
            "You clip the step, which holds the learning rate already, and not the gradient. With a rate of 0.1 that "
            "lets through a gradient ten times as long. Which of the two is max_norm about?"
        ): _clip_the_step,
        (
            "The last result is clipped by value: weight and bias each by itself. So the step turns aside, just where "
            "direction matters. What do both numbers share in clipping by the norm?"
        ): partial(_step, clip=lambda gradient, limit: np.clip(gradient, -limit, limit)),
        (
            "The clipped step has always the same length, also where the gradient was shorter than max_norm. Then no "
            "step could ever become small. When must nothing be done?"
        ): partial(_step, clip=_always),
        (
            "The updates are right, but the gradient that you return is the clipped one. The task asks for it as it "
            "is. Which of the two did you overwrite?"
        ): _gradient_clipped,
    },
    explanation="""\
Backwards, as in lesson 04: dL/dh_T = 2 (h_T − target); at each step the slope 1 − h_t² leads to dL/da_t, which leaves
dL/da_t · h_{t−1} for the weight and dL/da_t for the bias, and sends dL/da_t · w to the state before. Along T steps
that is a factor w each, as long as the states stay near 0: with w = 4 and six steps the bias has a slope of more than
2000, and next to it, where the states saturate, nearly none. That is the cliff. An update proportional to the slope
leaves the region for good. Clipping keeps its direction and takes its length away: no update is longer than learning
rate · max_norm, whatever the slope (Pascanu et al. 2013).""",
    explain=_explain,
)
