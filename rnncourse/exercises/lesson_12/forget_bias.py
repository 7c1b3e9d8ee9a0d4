"""12.4: the forget bias with which a share of the state outlives a lag."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_12.cell import Pair, sigmoid

Needed = Callable[[float, int], float]
"""A bias, of share and lag."""
Kept = Callable[[float, int], float]
"""A share, of bias and lag."""


def _lags(rng: np.random.Generator, *, lags: tuple[int, ...] = (), share: float = 0.0) -> Inputs:
    """Lags in any order, and a bias near which each share is neither 0 nor 1 to all digits that count."""
    drawn = rng.choice([2, 3, 5, 8, 12, 20, 30, 50, 80, 100, 150], 4, replace=False)
    return {
        "lags": np.array(lags or np.concatenate([drawn[:3], rng.choice([2, 3, 4], 1)])),
        "share": share or float(rng.choice([0.1, 0.2, 0.3, 0.6, 0.7, 0.8, 0.9])),
        "bias": float(rng.choice([0.5, 0.8, 1.0, 1.5, 2.0, 2.5])),
    }


def _root(share: float, lag: int) -> float:
    return share ** (1 / lag)


def _logit(gate: float) -> float:
    return math.log(gate / (1 - gate)) if 0 < gate < 1 else math.inf


def _by_bisection(share: float, lag: int) -> float:
    low, high = -50.0, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        enough = lag * -math.log1p(math.exp(-middle)) >= math.log(share)
        low, high = (low, middle) if enough else (middle, high)
    return (low + high) / 2


def _step_by_step(bias: float, lag: int) -> float:
    kept = 1.0
    for _ in range(lag):
        kept *= 1 / (1 + math.exp(-bias))
    return kept


def _biases(
    lags: np.ndarray, share: float, bias: float, *, needed: Needed = _by_bisection, kept: Kept = _step_by_step
) -> Pair:
    each = [int(lag) for lag in lags]
    return np.array([needed(share, lag) for lag in each]), np.array([kept(bias, lag) for lag in each])


def _right_otherwise(needed: Needed | None = None, kept: Kept | None = None) -> Callable[..., Pair]:
    return partial(_biases, needed=needed or _by_bisection, kept=kept or _step_by_step)


def _of_one_lag(longest: bool) -> Callable[..., Pair]:
    """One bias for all lags."""

    def biases(lags: np.ndarray, share: float, bias: float) -> Pair:
        needed, kept = _biases(lags, share, bias)
        return np.full(len(lags), needed.max() if longest else needed.min()), kept

    return biases


def _gate(bias: float) -> float:
    return float(sigmoid(np.float64(bias)))


def _power(bias: float, lag: int) -> float:
    try:
        return bias**lag
    except OverflowError:
        return math.inf


def _explain(lags: np.ndarray, share: float, bias: float) -> str:
    lag = int(lags[0])
    return (
        f"To keep {share:g} over lag {lag}, the gate must stand at {_root(share, lag):.6g} at every step; a bias of "
        f"{bias:g} has it at {_gate(bias):.6g}."
    )


FORGET_BIAS = Exercise(
    id="12.4",
    title="How long a gate remembers",
    function="forget_bias",
    inputs=_lags,
    edges=(
        partial(_lags, lags=(1, 2)),
        partial(_lags, lags=(1, 10, 100), share=0.5),
        partial(_lags, lags=(1000, 20, 10_000), share=0.9),
        partial(_lags, lags=(7,)),
    ),
    reference=_biases,
    returns={"needed": ("lag",), "kept": ("lag",)},
    mistakes={
        (
            "What you call needed is where the gate must stand, not its bias: the logit is missing. A gate is the "
            "sigmoid of its bias. Which function takes a number between 0 and 1 back to where the sigmoid had it from?"
        ): _right_otherwise(_root),
        (
            "Your needed is the bias with which the share is kept over a *single* step, whatever the lag. The gate "
            "multiplies at each step, so it must stand nearer to 1 the longer the lag. What becomes of f after T steps?"
        ): _right_otherwise(lambda share, lag: _logit(share)),
        (
            "You raise the share to the power of the lag. From f^T = p follows f by the other operation. What undoes "
            "a power of T?"
        ): _right_otherwise(lambda share, lag: _logit(share**lag)),
        (
            "You divide the share, or what is lost, by the lag, as if the same amount were lost at each step. A gate "
            "takes the same *share* each time. What undoes a product of T equal factors?"
        ): (
            _right_otherwise(lambda share, lag: _logit(1 - (1 - share) / lag)),
            _right_otherwise(lambda share, lag: _logit(share / lag)),
        ),
        (
            "You multiply or divide the bias for one step by the lag. The sigmoid is not a straight line. Find first "
            "where the gate must stand, then the bias that puts it there. Which comes first, root or logit?"
        ): (
            _right_otherwise(lambda share, lag: _logit(share) * lag),
            _right_otherwise(lambda share, lag: _logit(share) / lag),
        ),
        (
            "The sign of needed is wrong: it puts the gate as near to 0 as it should be to 1. The logit of f is the "
            "logarithm of f / (1 − f). Which of the two stands above?"
        ): _right_otherwise(lambda share, lag: -_logit(_root(share, lag))),
        (
            "Your needed is log(f) alone, below 0 for every gate. The sigmoid is no exponential: the logit compares f "
            "with what is missing to 1. By what must f be divided?"
        ): _right_otherwise(lambda share, lag: math.log(share) / lag),
        (
            "The logarithm in your needed has the wrong base. The sigmoid is made of e. Which NumPy function is the "
            "natural logarithm?"
        ): (
            _right_otherwise(lambda share, lag: _logit(_root(share, lag)) / math.log(10)),
            _right_otherwise(lambda share, lag: _logit(_root(share, lag)) / math.log(2)),
        ),
        (
            "You undo a tanh. Gates are sigmoids; the tanh runs from −1 to 1 and is twice as steep. What is the "
            "inverse of σ?"
        ): _right_otherwise(lambda share, lag: _logit((1 + _root(share, lag)) / 2) / 2),
        (
            "Your needed is log(T − 1), or log(T), for every share. It puts the gate at about 1 − 1/T, a good rule "
            "(Tallec and Ollivier 2018), with which 37 % outlive the lag. Here the share is given: which argument did "
            "you not use?"
        ): (
            _right_otherwise(lambda share, lag: math.log(max(lag - 1, 1e-9))),
            _right_otherwise(lambda share, lag: math.log(lag)),
        ),
        (
            "Your needed is for one step more, or one step less. Over a lag of T the gate multiplies T times. With a "
            "lag of 1, which power is it?"
        ): (
            _right_otherwise(lambda share, lag: _by_bisection(share, lag + 1)),
            _right_otherwise(lambda share, lag: _by_bisection(share, max(1, lag - 1))),
        ),
        (
            "You give every lag the same bias, that of one of them. Each lag needs its own. Which of your numbers "
            "should be an array?"
        ): (_of_one_lag(True), _of_one_lag(False)),
        (
            "The biases are right, but kept is where the gate stands: what one step leaves. How often does the gate "
            "multiply on the way?"
        ): _right_otherwise(kept=lambda bias, lag: _gate(bias)),
        (
            "The biases are right, but kept multiplies gate and lag, or bias and lag. The state is multiplied by the "
            "gate once at each step. What is a product of T equal factors?"
        ): (
            _right_otherwise(kept=lambda bias, lag: _gate(bias) * lag),
            _right_otherwise(kept=lambda bias, lag: _gate(bias) / lag),
            _right_otherwise(kept=lambda bias, lag: _gate(bias * lag)),
            _right_otherwise(kept=lambda bias, lag: _gate(bias / lag)),
        ),
        (
            "The biases are right, but kept takes the bias itself to a power. The bias is a score, of any size; the "
            "gate is made of it. What stands between the two?"
        ): _right_otherwise(kept=_power),
        (
            "The biases are right, but kept is the share that is lost, or what is left if the *closed* part of the "
            "gate multiplied. An open gate keeps. Is your number 1 where the gate is?"
        ): (
            _right_otherwise(kept=lambda bias, lag: 1 - _step_by_step(bias, lag)),
            _right_otherwise(kept=lambda bias, lag: (1 - _gate(bias)) ** lag),
        ),
        (
            "The biases are right, but kept is for one step more, or one step less. Over a lag of T the gate "
            "multiplies T times. With a lag of 1, which power is it?"
        ): (
            _right_otherwise(kept=lambda bias, lag: _step_by_step(bias, lag + 1)),
            _right_otherwise(kept=lambda bias, lag: _step_by_step(bias, lag - 1)),
        ),
    },
    explanation="""\
With nothing written, c_T = f^T c_0 for a gate that stands at f. So f = p^(1/T), and the bias is its logit,
log(f / (1 − f)). In the other direction σ(b)^T. The numbers are worth knowing: Keras' first bias of 1 has the gate at
0.73, and after 20 steps 0.2 % of the state is left, and of the gradient, which is multiplied by the same f. To keep
half over 100 steps takes a bias of about 5. For long lags b ≈ log T + a number that depends on p alone: ten times
the lag costs 2.3 more. That is why Tallec and Ollivier (2018) draw biases as the logarithm of lags, and why a forget
bias that is set once before training decides which lags can be learned at all.""",
    explain=_explain,
)
