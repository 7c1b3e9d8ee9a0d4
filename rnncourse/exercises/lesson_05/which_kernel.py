"""05.4: one of several kernels made a curve of gradient norms; which one?"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise
from rnncourse.exercises.lesson_05.decoys import at_each_lag, largest_factor, mean_factor, measured
from rnncourse.exercises.lesson_05.sizes import frobenius, largest_singular_value, spectral_radius
from rnncourse.exercises.plain_data import show

Curve = Callable[[np.ndarray, np.ndarray, int], np.ndarray]
"""A number for each lag 0 … n − 1, of a kernel, the gradient at lag 0, and n."""
Misfit = Callable[[np.ndarray, np.ndarray], float]
"""How far a kernel's curve lies from the one measured."""

_RELATIVE: tuple[Misfit, ...] = (
    largest_factor,
    lambda curve, norms: float(np.sum(_log_ratio(curve, norms) ** 2)),
    lambda curve, norms: float(np.sum((curve / norms - 1) ** 2)),
)
"""Ways to compare that all find the right kernel, and may differ in what they make of a wrong curve."""


def _log_ratio(curve: np.ndarray, norms: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(np.abs(curve) / norms)


def _nearest(
    kernels: np.ndarray,
    d_last: np.ndarray,
    norms: np.ndarray,
    *,
    curve: Curve = at_each_lag,
    misfit: Misfit = largest_factor,
) -> int:
    off = [misfit(curve(kernel, d_last, len(norms)), norms) for kernel in kernels]
    return int(np.argmin(off))


def _by_curve(*curves: Curve) -> tuple[Callable[..., int], ...]:
    """Wrong curves, each compared in every way that would do for right ones."""
    return tuple(partial(_nearest, curve=curve, misfit=misfit) for curve in curves for misfit in _RELATIVE)


def _by_number(size: Callable[[np.ndarray], float], number: Callable[[np.ndarray], float]) -> Callable[..., int]:
    """A single number of a kernel, compared with a single number of the curve."""
    return partial(
        _nearest,
        curve=lambda kernel, d_last, lags: size(kernel),
        misfit=lambda size, norms: abs(size - number(norms)),
    )


def _powers_of(size: Callable[[np.ndarray], float]) -> Curve:
    return lambda kernel, d_last, lags: np.linalg.norm(d_last) * size(kernel) ** np.arange(lags)


def _norm_of_power(norm: Callable[[np.ndarray], float]) -> Curve:
    return lambda kernel, d_last, lags: np.array([norm(np.linalg.matrix_power(kernel, k)) for k in range(lags)])


def _entrywise_power(kernel: np.ndarray, d_last: np.ndarray, lags: int) -> np.ndarray:
    return np.array([np.linalg.norm(d_last @ (kernel**k).T if k else d_last) for k in range(lags)])


def _explain(kernels: np.ndarray, d_last: np.ndarray, norms: np.ndarray) -> str:
    curve = [float(f"{norm:.3g}") for norm in at_each_lag(kernels[0], d_last, 4)]
    return f"For this input the gradient that goes back through kernel 0 has the lengths {show(curve)} at lags 0 to 3."


WHICH_KERNEL = Exercise(
    id="05.4",
    title="Which kernel was it?",
    function="which_kernel",
    inputs=measured,
    edges=(
        partial(measured, decoys=0),
        partial(measured, decoys=1),
        partial(measured, decoys=4, growth=3),
    ),
    reference=_nearest,
    returns={"place": ()},
    mistakes={
        (
            "Your answer goes with the last point of the curve alone. Kernels can meet there and differ everywhere "
            "before: one point of a curve is one number. At how many lags must the right kernel agree?"
        ): (
            partial(_nearest, misfit=lambda curve, norms: abs(curve[-1] - norms[-1])),
            partial(_nearest, misfit=lambda curve, norms: abs(curve[-1] / norms[-1] - 1)),
        ),
        (
            "Your answer goes with the spectral radius, by its powers or by the mean factor from lag to lag. That is "
            "one number, a straight line on a log scale; a measured curve bends as long as several directions take "
            "part. What does each kernel make of this very gradient?"
        ): (
            _by_number(spectral_radius, mean_factor),
            _by_number(spectral_radius, lambda norms: float(np.mean(norms[1:] / norms[:-1]))),
            *_by_curve(
                _powers_of(spectral_radius), lambda kernel, d_last, lags: spectral_radius(kernel) ** np.arange(lags)
            ),
        ),
        (
            "Your answer goes with the powers of σ₁. They are a bound: the curve of the right kernel lies below it, "
            "perhaps far below. What does each kernel make of this very gradient, lag by lag?"
        ): (
            *_by_curve(
                _powers_of(largest_singular_value),
                lambda kernel, d_last, lags: largest_singular_value(kernel) ** np.arange(lags),
            ),
            _by_number(largest_singular_value, mean_factor),
        ),
        (
            "Your answer goes with the norms of the powers of each kernel. They say what the kernel does to the worst "
            "gradient, or to all of them together; this curve belongs to one. Which argument did you not use?"
        ): _by_curve(_norm_of_power(largest_singular_value), _norm_of_power(frobenius)),
        (
            "You go through the kernels the wrong way round, so you find the one whose transpose is right. Forwards it "
            "is h W_h; on the way back what arrives at unit j goes to every unit i by W_h[i, j]. Is that d W_h?"
        ): _by_curve(lambda kernel, d_last, lags: at_each_lag(kernel.T, d_last, lags)),
        (
            "Your answer goes with the small lags, where the norms are large: you compare those alone, or differences "
            "that are not relative. 0.004 against 0.002 is a factor of 2, and counts nothing beside 5 % of 1. On which "
            "scale does the lesson draw such curves?"
        ): (
            partial(_nearest, misfit=lambda curve, norms: float(np.sum((curve - norms) ** 2))),
            partial(_nearest, misfit=lambda curve, norms: float(np.abs(curve - norms).sum())),
            partial(_nearest, misfit=lambda curve, norms: float(np.abs(curve - norms).max())),
            partial(_nearest, misfit=lambda curve, norms: abs(curve[1] - norms[1])),
        ),
        (
            "The powers are taken entry by entry: with ** NumPy raises each number of the kernel by itself. Two steps "
            "back are two products with the matrix. How do you multiply by it k times?"
        ): _by_curve(_entrywise_power),
        (
            "Your curves are one lag ahead: their first value has met the kernel already. At lag 0 the gradient is the "
            "one that is given. How many products belong to the first entry of norms?"
        ): _by_curve(lambda kernel, d_last, lags: at_each_lag(kernel, d_last, lags + 1)[1:]),
        (
            "You found the right kernel, but you count from 1. In Python the first one stands at place 0."
        ): lambda **case: _nearest(**case) + 1,
    },
    explanation="""\
With all slopes 1, the gradient at lag k is `d_last` times W_hᵀ, k times. So each kernel has a curve of its own, made
without any training, and the right one agrees at every lag, up to the error of measurement. Compare factors, not
differences: `abs(log(curve / norms))`, or `curve / norms`, since a gradient that has faded to 0.004 is as much a
measurement as one of 1. Neither ρ nor σ₁ makes the curve: kernels with the same eigenvalues and the same singular
values (a kernel and its transpose have both) differ in what they do to *this* gradient. ρ rules at large lags and σ₁
bounds every step; in between, the curve depends on how the gradient lies to the kernel's directions.""",
    explain=_explain,
)
