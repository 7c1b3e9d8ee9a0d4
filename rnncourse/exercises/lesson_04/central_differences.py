"""04.4: a gradient is checked against central differences."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_04.arrays import numbers

Checked = tuple[np.ndarray, float]
Loss = Callable[[np.ndarray], float]


def _suspect(
    rng: np.random.Generator, *, units: int = 2, eps: float = 0.0, gradient: Callable[..., np.ndarray] | None = None
) -> Inputs:
    """A gradient that is off by about a third, and a large eps, so that a poor difference shows."""
    steps = int(rng.integers(2, 5))
    case = {
        "recurrent_kernel": numbers(rng, units, units),
        "inputs": numbers(rng, 2, steps, units),
        "target": numbers(rng, 2, units),
        "eps": eps or float(rng.choice([0.05, 0.1, 0.2])),
    }
    right = _differences(_loss(case["inputs"], case["target"]), case["recurrent_kernel"], 1e-4)
    if gradient is None:
        wrong = np.round(right * rng.choice([0.6, 0.8, 1.3, 1.5], right.shape) + 0.1 * numbers(rng, *right.shape), 3)
    else:
        wrong = gradient(right)
    return {"gradient": wrong} | case


def _loss(inputs: np.ndarray, target: np.ndarray) -> Loss:
    """Half the squared distance of the last state from ``target``, as a function of the recurrent kernel."""

    def loss(recurrent_kernel: np.ndarray) -> float:
        h = np.zeros(target.shape)
        for t in range(inputs.shape[1]):
            h = np.tanh(inputs[:, t] + h @ recurrent_kernel)
        return float(0.5 * np.sum((h - target) ** 2))

    return loss


def _moved(recurrent_kernel: np.ndarray, i: int, j: int, by: float) -> np.ndarray:
    moved = recurrent_kernel.copy()
    moved[i, j] += by
    return moved


def _differences(loss: Loss, recurrent_kernel: np.ndarray, eps: float) -> np.ndarray:
    units = range(len(recurrent_kernel))
    above = [[loss(_moved(recurrent_kernel, i, j, eps)) for j in units] for i in units]
    below = [[loss(_moved(recurrent_kernel, i, j, -eps)) for j in units] for i in units]
    return (np.array(above) - np.array(below)) / (2 * eps)


def _forward(loss: Loss, recurrent_kernel: np.ndarray, eps: float) -> np.ndarray:
    units, here = range(len(recurrent_kernel)), loss(recurrent_kernel)
    return np.array([[loss(_moved(recurrent_kernel, i, j, eps)) - here for j in units] for i in units]) / eps


def _never_put_back(loss: Loss, recurrent_kernel: np.ndarray, eps: float, *, copies: int) -> np.ndarray:
    """Every weight stays where it was moved to last, in the one copy, or in those for w + ε and w − ε."""
    above, numeric = recurrent_kernel.copy(), np.zeros(recurrent_kernel.shape)
    below = above if copies == 1 else above.copy()
    for i, j in np.ndindex(*numeric.shape):
        above[i, j] += eps
        higher = loss(above)
        below[i, j] -= eps if copies == 2 else 2 * eps
        numeric[i, j] = (higher - loss(below)) / (2 * eps)
    return numeric


def _all_at_once(loss: Loss, recurrent_kernel: np.ndarray, eps: float) -> np.ndarray:
    slope = (loss(recurrent_kernel + eps) - loss(recurrent_kernel - eps)) / (2 * eps)
    return np.full(recurrent_kernel.shape, slope)


def _norm(values: np.ndarray) -> float:
    return np.sqrt(np.sum(values**2))


def _relative(gradient: np.ndarray, numeric: np.ndarray) -> float:
    return _norm(gradient - numeric) / _norm(numeric)


def _lengths_apart(gradient: np.ndarray, numeric: np.ndarray) -> float:
    return (_norm(gradient) - _norm(numeric)) / _norm(numeric)


def _check(
    gradient: np.ndarray,
    recurrent_kernel: np.ndarray,
    inputs: np.ndarray,
    target: np.ndarray,
    eps: float,
    *,
    differences: Callable[..., np.ndarray] = _differences,
    error: Callable[[np.ndarray, np.ndarray], float] = _relative,
) -> Checked:
    numeric = differences(_loss(inputs, target), recurrent_kernel, eps)
    with np.errstate(divide="ignore", invalid="ignore"):
        return numeric, float(error(gradient, numeric))


def _changed(change: Callable[[np.ndarray, float], np.ndarray]) -> Callable[..., Checked]:
    """``change`` makes something else of the right differences and eps."""
    return partial(_check, differences=lambda loss, kernel, eps: change(_differences(loss, kernel, eps), eps))


_SCALES: tuple[Callable[[np.ndarray, np.ndarray], np.ndarray], ...] = (
    lambda gradient, numeric: np.abs(numeric),
    lambda gradient, numeric: np.abs(gradient),
    lambda gradient, numeric: np.abs(gradient) + np.abs(numeric),
    lambda gradient, numeric: np.maximum(np.abs(gradient), np.abs(numeric)),
)
"""What people divide an entry's difference by."""


def _entrywise(
    pick: Callable[[np.ndarray], float], scale: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> Callable[..., Checked]:
    """Each entry's own relative error, then ``pick`` of them."""
    return partial(_check, error=lambda gradient, numeric: pick(np.abs(gradient - numeric) / scale(gradient, numeric)))


def _explain(recurrent_kernel: np.ndarray, inputs: np.ndarray, target: np.ndarray, eps: float, **rest: object) -> str:
    above, below = (_loss(inputs, target)(_moved(recurrent_kernel, 0, 0, by)) for by in (eps, -eps))
    return f"With recurrent_kernel[0, 0] moved by +eps this input's loss is {above:.7g}, by −eps it is {below:.7g}."


CHECK_GRADIENT = Exercise(
    id="04.4",
    title="A gradient check",
    function="check_gradient",
    inputs=_suspect,
    edges=(
        partial(_suspect, units=1),
        partial(_suspect, eps=1e-5),
        partial(_suspect, gradient=np.zeros_like),
        partial(_suspect, units=3, gradient=lambda right: np.round(right, 3)),
    ),
    reference=_check,
    returns={"numeric": ("unit before", "unit"), "error": ()},
    mistakes={
        (
            "You compare L(w + ε) with the loss at w itself: a forward difference. Its error shrinks with ε, that of a "
            "central one with ε². At ε = 1e-5 that is about five right digits against ten. On which sides of w do "
            "the two losses lie?"
        ): partial(_check, differences=_forward),
        (
            "You compare the loss at w itself with L(w − ε): a backward difference. Its error shrinks with ε, that of "
            "a central one with ε². On which sides of w do the two losses lie?"
        ): partial(_check, differences=lambda loss, kernel, eps: _forward(loss, kernel, -eps)),
        (
            "The numeric gradient is twice too large, so a right gradient looks wrong by a half. From w − ε to w + ε, "
            "how far is it?"
        ): _changed(lambda numeric, eps: 2 * numeric),
        (
            "The numeric gradient is a difference of losses, not yet a slope: it shrinks when ε does. What must the "
            "difference be divided by?"
        ): (_changed(lambda numeric, eps: 2 * eps * numeric), _changed(lambda numeric, eps: eps * numeric)),
        (
            "The numeric gradient is ε² times what it should be. Python reads a / 2 * eps as (a / 2) · ε, so the ε "
            "multiplies. Where do brackets belong?"
        ): _changed(lambda numeric, eps: eps**2 * numeric),
        (
            "Your two losses lie ε apart, at w + ε and at w, but you divide by 2ε. A weight that was raised by ε and "
            "lowered by ε is back at w, not below it. At which two values of the weight do you ask for the loss?"
        ): partial(_check, differences=lambda loss, kernel, eps: _forward(loss, kernel, eps) / 2),
        (
            "The numeric gradient has the wrong sign: it points downhill. A gradient says by how much the loss grows "
            "when the weight does. Which of the two losses comes first?"
        ): _changed(lambda numeric, eps: -numeric),
        (
            "A weight that was moved is not put back, so from the second on each slope is measured at another kernel "
            "than the one you were given. The first entry is right, which hides it. In what state must the kernel be "
            "when the next weight has its turn?"
        ): tuple(partial(_check, differences=partial(_never_put_back, copies=copies)) for copies in (1, 2)),
        (
            "All weights are moved at once. That gives one number, the sum of all slopes, in which errors can cancel. "
            "A check must tell the weights apart. How many weights may differ between two losses?"
        ): partial(_check, differences=_all_at_once),
        (
            "The numeric gradient is 0 everywhere: both losses come from one and the same kernel. In NumPy b = a gives "
            "a second name, not a second array. Are your two kernels two?"
        ): _changed(lambda numeric, eps: 0 * numeric),
        (
            "The numeric gradient is transposed: entry [i, j] must be the slope for recurrent_kernel[i, j]. Compare "
            "the indices of the weight that you move with those of the entry that you fill."
        ): _changed(lambda numeric, eps: numeric.T),
        (
            "The numeric gradient is right, but the error is divided entry by entry. An entry near 0 then decides "
            "alone, and a good gradient fails for rounding in a number that hardly matters. Two norms are asked for: "
            "of what?"
        ): tuple(_entrywise(pick, scale) for pick in (np.max, np.mean, _norm) for scale in _SCALES),
        (
            "The numeric gradient is right, but the error is the bare length of the difference. Is 0.001 small? For a "
            "gradient of length 0.001 it is everything. What is it to be relative to?"
        ): partial(_check, error=lambda gradient, numeric: _norm(gradient - numeric)),
        (
            "The numeric gradient is right, but the error is relative to the gradient under test. Were that all zeros, "
            "you would divide by 0; were it far too large, the error would look smaller. Which of the two do you "
            "trust?"
        ): partial(_check, error=lambda gradient, numeric: _norm(gradient - numeric) / _norm(gradient)),
        (
            "The numeric gradient is right, but the error is relative to both gradients, by the sum or the larger of "
            "their lengths. Some books define it so; a gradient of zeros and a far too long one then look alike. The "
            "task names one of the two. Which?"
        ): tuple(
            partial(
                _check,
                error=lambda gradient, numeric, both=both: (
                    _norm(gradient - numeric) / both(_norm(gradient), _norm(numeric))
                ),
            )
            for both in (max, operator.add)
        ),
        (
            "The numeric gradient is right, but the error compares the two lengths. A gradient may be as long as it "
            "should be and point elsewhere. Which comes first, the difference or the norm?"
        ): tuple(
            partial(_check, error=lambda gradient, numeric, sign=sign: sign(_lengths_apart(gradient, numeric)))
            for sign in (operator.abs, operator.pos, operator.neg)
        ),
        (
            "The numeric gradient is right, but the error is the square of what is asked for: 1e-3 would read 1e-6, "
            "and a bug would pass. What is missing between a sum of squares and a norm?"
        ): partial(_check, error=lambda gradient, numeric: _relative(gradient, numeric) ** 2),
        (
            "The numeric gradient is right, but the error uses the largest entries in place of norms. That can be "
            "right elsewhere; the task asks for lengths, to which every entry adds."
        ): partial(
            _check, error=lambda gradient, numeric: np.max(np.abs(gradient - numeric)) / np.max(np.abs(numeric))
        ),
    },
    explanation="""\
The slope of the loss along one weight lies between two losses, a little above and a little below it: (L(w + ε) −
L(w − ε)) / 2ε. The errors of order ε cancel, so what stays is of order ε²; a one-sided difference keeps the former.
Each weight is moved alone and put back, on a copy, and in float64: a small ε makes the two losses nearly equal, and
float32 has no digits left for their difference. One number for the whole gradient, the length of the difference
relative to the length of the trusted gradient, does not stumble over entries near zero. The price is two forward
passes for each weight, which is why it checks a backward pass on a small net and does not replace it.""",
    explain=_explain,
)
