"""A curve of gradient norms, and kernels of which one made it; the others are like that one in a single respect."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from operator import mul

import numpy as np

from rnncourse.exercises.exercise import Inputs
from rnncourse.exercises.lesson_05.sizes import spectral_radius

_LAGS, _NOISE, _TRIES = 8, 0.05, 200
_APART = np.log(1.34)
_NOT_RELATIVE: tuple[Callable[[np.ndarray], float], ...] = (
    lambda off: float(np.abs(off).sum()),
    lambda off: float(np.sum(off**2)),
    lambda off: float(np.abs(off).max()),
)


def at_each_lag(kernel: np.ndarray, d_last: np.ndarray, lags: int) -> np.ndarray:
    """‖d_last (W_hᵀ)^k‖ for the lags k = 0 … lags − 1; shape (lags,)."""
    rows, d_h, norms = kernel.tolist(), d_last.tolist(), []  # plain numbers: for two units ten times as fast as arrays
    for _ in range(lags):
        norms.append(math.hypot(*d_h))
        d_h = [sum(map(mul, row, d_h)) for row in rows]
    return np.array(norms)


def largest_factor(curve: np.ndarray, norms: np.ndarray) -> float:
    """The logarithm of the largest factor by which two curves differ at a lag; infinite where one is 0."""
    with np.errstate(divide="ignore"):
        return float(np.abs(np.log(np.abs(curve) / norms)).max())


def mean_factor(norms: np.ndarray) -> float:
    """By what a curve is multiplied from lag to lag, as if that were always the same."""
    return float((norms[-1] / norms[0]) ** (1 / (len(norms) - 1)))


def measured(rng: np.random.Generator, *, growth: int = 1, decoys: int | None = None) -> Inputs:
    """Draw ``kernels`` in any order, ``d_last`` and ``norms``, the curve of one of the kernels.

    The gradient fades fast at first and slowly in the end, and the curve is up to 5 % off. ``decoys``: how many of the
    four are kept, 2 to 4 when left out: one with another slow part, which lies nearer when differences are not
    relative; the transposed kernel, but for a hundredth; one with the same last point; one whose spectral radius is
    the curve's mean factor from lag to lag. ``growth``: a whole number by which all kernels are multiplied.
    """
    while (drawn := _draw(rng)) is None:
        pass
    kernels, d_last, norms = drawn
    decoys = int(rng.integers(2, 5)) if decoys is None else decoys
    kept = rng.permutation([0, *(1 + rng.permutation(4)[:decoys])])
    norms = _four_digits(norms * growth ** np.arange(_LAGS))
    return {"kernels": growth * kernels[kept], "d_last": d_last, "norms": norms}


def _draw(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """The right kernel first; None where the numbers drawn do not tell the decoys apart."""
    angle, turn = rng.uniform(0, 2 * np.pi), rng.choice([-1, 1]) * rng.uniform(0.6, 1.2)
    rows = np.array([[np.cos(a), np.sin(a)] for a in (angle, angle + turn)])
    fast, slow, other = rng.uniform([0.4, 0.75, 0.55], [0.5, 0.85, 0.7])
    d_last = np.round(rows[0] + rng.choice([-1, 1]) * rng.uniform(0.025, 0.05) * rows[1], 2)
    kernel, alike = (np.round((np.linalg.inv(rows) @ np.diag([fast, last]) @ rows).T, 2) for last in (slow, other))
    curve, near = (at_each_lag(each, d_last, _LAGS) for each in (kernel, alike))
    noise = np.sign(near - curve) * rng.uniform(0.8, 1, _LAGS) * _NOISE
    norms = curve * (1 + noise)
    misleading = all(far(near - norms) < 0.9 * far(curve - norms) for far in _NOT_RELATIVE)
    if not misleading or not _differs(alike, d_last, norms):
        return None

    kernels = [kernel, alike]
    for candidates in (_turned(kernel), _same_end(rng, d_last, norms), _same_factor(rng, norms)):
        kernels.append(next((found for found in candidates if _differs(found, d_last, norms)), None))
        if kernels[-1] is None:
            return None
    return (np.array(kernels), d_last, norms) if _misleads(kernels, d_last, norms) else None


def _four_digits(values: np.ndarray) -> np.ndarray:
    return np.array([float(f"{value:.4g}") for value in values])


def _differs(kernel: np.ndarray, d_last: np.ndarray, norms: np.ndarray) -> bool:
    """Whether a kernel is more than a quarter off at some lag, and farther off over all lags than noise can be."""
    with np.errstate(divide="ignore"):
        off = np.abs(np.log(at_each_lag(kernel, d_last, _LAGS) / norms))
    return bool(off.max() > _APART and off.sum() > 1.5 * _LAGS * _NOISE)


def _turned(kernel: np.ndarray) -> Iterator[np.ndarray]:
    """The transposed kernel, with an entry moved by a hundredth: no two kernels have the very same σ₁ or ρ."""
    for i, j in np.ndindex(*kernel.shape):
        for by in (-0.01, 0.01):
            turned = kernel.T.copy()
            turned[i, j] = round(turned[i, j] + by, 2)
            yield turned


def _same_end(rng: np.random.Generator, d_last: np.ndarray, norms: np.ndarray) -> Iterator[np.ndarray]:
    for found in rng.normal(size=(_TRIES, 2, 2)):
        end = at_each_lag(found, d_last, _LAGS)[-1]
        found = np.round(found * (norms[-1] / end) ** (1 / (_LAGS - 1)), 2)
        if abs(at_each_lag(found, d_last, _LAGS)[-1] / norms[-1] - 1) < _NOISE / 4:
            yield found


def _same_factor(rng: np.random.Generator, norms: np.ndarray) -> Iterator[np.ndarray]:
    for found in rng.normal(size=(_TRIES, 2, 2)):
        found = np.round(found * mean_factor(norms) / spectral_radius(found), 2)
        if abs(spectral_radius(found) - mean_factor(norms)) < 0.005:
            yield found


def _misleads(kernels: list[np.ndarray], d_last: np.ndarray, norms: np.ndarray) -> bool:
    """Whether the decoys take in whoever reads the kernel the wrong way round, the last point or the radius alone."""
    the_wrong_way = [largest_factor(at_each_lag(kernel.T, d_last, _LAGS), norms) for kernel in kernels]
    end = [abs(np.log(at_each_lag(kernel, d_last, _LAGS)[-1] / norms[-1])) for kernel in kernels]
    factor = [abs(spectral_radius(kernel) - mean_factor(norms)) for kernel in kernels]
    return all(2 * of.pop(decoy) < min(of) for decoy, of in ((2, the_wrong_way), (3, end), (4, factor)))
