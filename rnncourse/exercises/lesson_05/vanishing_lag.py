"""05.2: the lag from which on the bound (γσ₁)^k says that nothing comes back."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_05.sizes import (
    frobenius,
    largest_real_part,
    largest_singular_value,
    smallest_singular_value,
    spectral_radius,
)

Size = Callable[[np.ndarray], float]
_NEVER = -1


def _fading(rng: np.random.Generator) -> Inputs:
    """A kernel whose bound fades, with and without the slope, and is not so near the limit that rounding decides."""
    while True:
        n, slope = int(rng.integers(2, 4)), float(rng.choice([0.25, 0.5, 0.8]))
        limit = float(rng.choice([1e-3, 1e-4, 1e-6, 1e-8]))
        kernel = rng.normal(size=(n, n))
        kernel = np.round(kernel * rng.uniform(0.5, 0.95) / largest_singular_value(kernel), 2)
        lag = math.log(limit) / math.log(slope * largest_singular_value(kernel))
        if np.abs(kernel).min() > 0 and 0.05 < lag % 1 < 0.95:
            return {"recurrent_kernel": kernel, "slope": slope, "limit": limit}


def _given(rng: np.random.Generator, *, kernel: list[list[float]], slope: float = 1.0) -> Inputs:
    return {"recurrent_kernel": np.array(kernel), "slope": slope, "limit": 1e-6}


def _step_by_step(bound: float, limit: float) -> int:
    """The first lag at which ``bound`` multiplied by itself that often is below the limit."""
    if bound >= 1:
        return _NEVER
    lag, product = 0, 1.0
    while product >= limit:
        lag, product = lag + 1, product * bound
    return lag


def _lag(
    recurrent_kernel: np.ndarray,
    slope: float,
    limit: float,
    *,
    size: Size = largest_singular_value,
    bound: Callable[[float, float], float] = lambda size, slope: slope * size,
    lag: Callable[[float, float], int] = _step_by_step,
) -> int:
    return lag(bound(size(recurrent_kernel), slope), limit)


def _moved(by: int) -> Callable[[float, float], int]:
    """The right lag and ``by``, where there is one."""

    def lag(bound: float, limit: float) -> int:
        right = _step_by_step(bound, limit)
        return right if right == _NEVER else right + by

    return lag


def _from_logarithms(formula: Callable[[float, float], float]) -> Callable[[float, float], int]:
    """``formula``, of the bound and the limit, rounded up; −1 where there is no lag, 1 for a bound of 0."""

    def lag(bound: float, limit: float) -> int:
        if bound >= 1 or bound == 0:
            return _step_by_step(bound, limit)
        return math.ceil(formula(bound, limit))

    return lag


def _nearest(bound: float, limit: float) -> int:
    return round(math.log(limit) / math.log(bound))


def _slope_once(recurrent_kernel: np.ndarray, slope: float, limit: float) -> int:
    return _step_by_step(largest_singular_value(recurrent_kernel), limit / slope)


def _grows_like_any_other(bound: float, limit: float) -> int:
    if bound == 1 or bound == 0:
        return _step_by_step(bound, limit)
    return math.ceil(math.log(limit) / math.log(bound))


def _nothing_at_once(bound: float, limit: float) -> int:
    return 0 if bound == 0 else _step_by_step(bound, limit)


def _explain(recurrent_kernel: np.ndarray, slope: float, limit: float) -> str:
    sigma = largest_singular_value(recurrent_kernel)
    bound = slope * sigma
    text = f"For this kernel σ₁ = {sigma:.4g} and γσ₁ = {bound:.4g}"
    if bound >= 1:
        return f"{text}, whose powers never get below 1."
    lag = _step_by_step(bound, limit)
    return f"{text}: the bound is {bound ** (lag - 1):.2g} at lag {lag - 1} and {bound**lag:.2g} at lag {lag}."


VANISHING_LAG = Exercise(
    id="05.2",
    title="Where the bound has vanished",
    function="vanishing_lag",
    inputs=_fading,
    edges=(
        partial(_given, kernel=[[-0.5]]),
        partial(_given, kernel=[[0.9, 2.0], [0.0, 0.9]]),
        partial(_given, kernel=[[-1.0]]),
        partial(_given, kernel=[[0.0, 0.0], [0.0, 0.0]]),
        partial(_given, kernel=[[1e-7, 0.0], [0.0, 1e-8]], slope=0.25),
    ),
    reference=_lag,
    returns={"lag": ()},
    mistakes={
        (
            "Your lag goes with the eigenvalues. They say how powers of a kernel behave in the end, but the bound must "
            "hold for every gradient at every lag, and before the end a kernel may stretch more. Which value is the "
            "most by which one product stretches a vector?"
        ): (
            partial(_lag, size=spectral_radius),
            partial(_lag, size=lambda kernel: abs(largest_real_part(kernel))),
        ),
        (
            "Your lag goes with the Frobenius norm, the root of all squared entries: what np.linalg.norm gives when "
            "nothing else is said. It is a bound as well, but a looser one, so you wait too long. Which norm is the "
            "tightest for a single step?"
        ): partial(_lag, size=frobenius),
        (
            "Your lag goes with the smallest singular value: with the gradient that fades fastest. A bound must cover "
            "the one that fades most slowly. In which order does NumPy list the singular values?"
        ): partial(_lag, size=smallest_singular_value),
        (
            "Your lag goes with σ₁²: the eigenvalues of WᵀW are squares of singular values. What must be done to them "
            "first?"
        ): partial(_lag, size=lambda kernel: largest_singular_value(kernel) ** 2),
        (
            "Your lag goes with the largest entry of the kernel. Several entries of moderate size stretch a vector "
            "further than one alone, so this bounds nothing. Which norm of a matrix does?"
        ): (
            partial(_lag, size=lambda kernel: float(np.abs(kernel).max())),
            partial(_lag, size=lambda kernel: float(kernel.max())),
        ),
        (
            "The slope of the activation is missing. Every step back multiplies by the slopes, too, each of them at "
            "most γ: a sigmoid, with γ = 0.25, forgets far sooner than the kernel alone. Which argument did you not "
            "use?"
        ): partial(_lag, bound=lambda size, slope: size),
        (
            "The slope counts once, not once for each step: you have γ · σ₁^k. Between lag 0 and lag k there are k "
            "activations. What does the exponent k apply to?"
        ): _slope_once,
        (
            "You divide σ₁ by the slope where both must be multiplied. 1/γ is what σ₁ is compared with; the bound "
            "itself is a product. Does a flat activation, with a small slope, make the gradient larger or smaller?"
        ): partial(_lag, bound=lambda size, slope: size / slope),
        (
            "One too large. At your lag the bound is below the limit, but at the lag before it was so already. If you "
            "loop, is the counter raised once more after the bound is small enough; if you use logarithms, do you "
            "round up and add 1?"
        ): partial(_lag, lag=_moved(1)),
        (
            "One too small: at your lag the bound is still at or above the limit. If you use logarithms, which way "
            "must the quotient be rounded; if you loop, does the counter start at the lag of the first product?"
        ): partial(_lag, lag=_moved(-1)),
        (
            "Rounded to the nearest whole number, so that sometimes the bound is still above the limit at your lag. "
            "Below the limit it is only from a whole lag on. Which way must the quotient be rounded?"
        ): partial(_lag, lag=_from_logarithms(_nearest)),
        (
            "The two logarithms have different bases. Any base gives the same quotient as long as it is the same above "
            "and below; np.log is the natural one. Check the names of both functions."
        ): (
            partial(_lag, lag=_from_logarithms(lambda bound, limit: math.log10(limit) / math.log(bound))),
            partial(_lag, lag=_from_logarithms(lambda bound, limit: math.log(limit) / math.log10(bound))),
        ),
        (
            "The logarithms are subtracted, or the quotient is taken before the logarithm. From (γσ₁)^k = limit "
            "follows k · log(γσ₁) = log(limit). What do you do to both sides to have k alone?"
        ): (
            partial(_lag, lag=_from_logarithms(lambda bound, limit: math.log(limit) - math.log(bound))),
            partial(_lag, lag=_from_logarithms(lambda bound, limit: -math.log(limit) + math.log(bound))),
        ),
        (
            "Your lag is upside down: the logarithm of γσ₁ divided by that of the limit. A bound near 1 takes many "
            "steps to fade, and yours gives hardly any. Which of the two logarithms belongs below?"
        ): partial(_lag, lag=_from_logarithms(lambda bound, limit: math.log(bound) / math.log(limit))),
        (
            "Right where the bound fades. Where γσ₁ is above 1, it grows, and the formula gives a lag of 0 or less: "
            "the place where the bound *was* so small, in a past that does not exist. What does the task want for "
            "never?"
        ): partial(_lag, lag=_grows_like_any_other),
        (
            "Right but for a kernel of zeros. At lag 0 the gradient has not been multiplied by anything, so the bound "
            "is 1 whatever the kernel. At which lag can it first be small?"
        ): partial(_lag, lag=_nothing_at_once),
        (
            "Right where the bound fades, but where it never does your answer is not −1. A kernel with γσ₁ ≥ 1 needs "
            "an answer that cannot be taken for a lag. What does the task say?"
        ): tuple(
            partial(_lag, lag=lambda bound, limit, never=never: never if bound >= 1 else _step_by_step(bound, limit))
            for never in (0, math.inf)
        ),
    },
    explanation="""\
One step back multiplies a gradient by the slopes, each at most γ, and by the kernel, which stretches by at most σ₁.
So ‖∂h_t/∂h_{t−k}‖ ≤ (γσ₁)^k (Pascanu et al. 2013), and k > log(limit) / log(γσ₁) makes it smaller than the limit; the
division turns the sign round, since both logarithms are negative. Below 1 the bound *suffices* for the gradient to
vanish. At or above 1 it says nothing: −1 does not mean that the gradient survives. It may still fade, by saturation
or because ρ is below 1, and a kernel such as [[0.9, 2], [0, 0.9]] does both, growing first. With a sigmoid γ is 0.25,
so σ₁ would have to reach 4 before a gradient could live: one reason why the states of recurrent networks use tanh.""",
    explain=_explain,
)
