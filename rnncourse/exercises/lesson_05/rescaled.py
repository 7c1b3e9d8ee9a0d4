"""05.1: a kernel is scaled to a spectral radius, to a largest singular value, and made orthogonal of that size."""

from __future__ import annotations

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
from rnncourse.exercises.plain_data import show

Kernels = tuple[np.ndarray, np.ndarray, np.ndarray]
Size = Callable[[np.ndarray], float]
Turned = Callable[[np.ndarray, np.ndarray, np.ndarray, float], np.ndarray]
"""A matrix, of the three factors of a singular value decomposition and the target."""


def _kernel(rng: np.random.Generator, *, kernel: np.ndarray | None = None) -> Inputs:
    """A kernel with one decimal, whose two sizes differ clearly and are not 0."""
    drawn = np.zeros((2, 2)) if kernel is None else kernel
    while kernel is None and not _tells(drawn):
        units = int(rng.integers(2, 4))
        drawn = np.round(rng.normal(size=(units, units)), 1)
    return {"recurrent_kernel": drawn, "target": float(rng.choice([0.4, 0.6, 0.8, 0.9, 1.2, 1.5]))}


def _tells(kernel: np.ndarray) -> bool:
    radius, values = spectral_radius(kernel), np.linalg.svd(kernel, compute_uv=False)
    apart = values[0] > 1.2 * radius and frobenius(kernel) > 1.05 * values[0] and values[-1] > 0.1
    return bool(apart and radius > 0.2 and abs(largest_real_part(kernel)) > 0.1)


def _scaled(
    recurrent_kernel: np.ndarray,
    target: float,
    *,
    sizes: tuple[Size, Size] = (spectral_radius, largest_singular_value),
    factor: Callable[[float, float], float] = lambda target, size: target / size if size else 0.0,
    turned: Turned = lambda left, values, right, target: target * left @ right,
) -> Kernels:
    """``factor``: what the kernel is multiplied by, of the target and a size; ``turned``: the third result."""
    by_radius, by_norm = (recurrent_kernel * factor(target, size(recurrent_kernel)) for size in sizes)
    return by_radius, by_norm, turned(*np.linalg.svd(recurrent_kernel), target)


def _by_radius_as(size: Size) -> Callable[..., Kernels]:
    """The first kernel by another size, the others right."""
    return partial(_scaled, sizes=(size, largest_singular_value))


def _by_norm_as(size: Size) -> Callable[..., Kernels]:
    """The second kernel by another size, the others right."""
    return partial(_scaled, sizes=(spectral_radius, size))


def _values_changed(change: Callable[[np.ndarray, float], np.ndarray]) -> Callable[..., Kernels]:
    """The second kernel has the singular values that ``change`` makes of those of the kernel and the target."""

    def wrong(recurrent_kernel: np.ndarray, target: float) -> Kernels:
        left, values, right = np.linalg.svd(recurrent_kernel)
        by_radius, _, orthogonal = _scaled(recurrent_kernel, target)
        return by_radius, left @ np.diag(change(values, target)) @ right, orthogonal

    return wrong


def _columns(recurrent_kernel: np.ndarray, target: float) -> Kernels:
    by_radius, _, orthogonal = _scaled(recurrent_kernel, target)
    return by_radius, target * recurrent_kernel / np.linalg.norm(recurrent_kernel, axis=0), orthogonal


def _by_qr(recurrent_kernel: np.ndarray, target: float, *, signs: bool) -> Kernels:
    q, r = np.linalg.qr(recurrent_kernel)
    return *_scaled(recurrent_kernel, target)[:2], target * q * (np.sign(np.diag(r)) if signs else 1)


def _third_as(*turned: Turned) -> tuple[Callable[..., Kernels], ...]:
    """The third kernel wrong, the others right."""
    return tuple(partial(_scaled, turned=each) for each in turned)


def _by_symmetric_eigenvalues(recurrent_kernel: np.ndarray) -> float:
    return float(np.abs(np.linalg.eigvalsh(recurrent_kernel)).max())


def _explain(recurrent_kernel: np.ndarray, target: float) -> str:
    eigenvalues = np.sort(np.abs(np.linalg.eigvals(recurrent_kernel)))[::-1]
    values = np.linalg.svd(recurrent_kernel, compute_uv=False)
    return (
        f"The eigenvalues of this kernel have the sizes {show(np.round(eigenvalues, 3).tolist())}, its singular values "
        f"are {show(np.round(values, 3).tolist())}."
    )


RESCALED = Exercise(
    id="05.1",
    title="Three ways to scale a kernel",
    function="rescaled",
    inputs=_kernel,
    edges=(
        partial(_kernel, kernel=np.array([[-0.5]])),
        partial(_kernel, kernel=np.array([[0.0, -2.0], [2.0, 0.0]])),
        partial(_kernel, kernel=np.array([[0.5, 0.2], [0.2, -0.9]])),
        partial(_kernel, kernel=np.array([[0.5, 3.0], [0.0, 0.5]])),
    ),
    reference=_scaled,
    returns={
        "by_radius": ("unit before", "unit"),
        "by_norm": ("unit before", "unit"),
        "orthogonal": ("unit before", "unit"),
    },
    mistakes={
        (
            "The first two results have changed places: in by_radius the largest singular value is the target, in "
            "by_norm the largest size of an eigenvalue. Only one of them bounds what a single step can do. Which is "
            "asked for first?"
        ): partial(_scaled, sizes=(largest_singular_value, spectral_radius)),
        (
            "Of the first two only by_radius is right: by_norm is the same matrix, scaled by eigenvalues as well. They "
            "tell what many steps do in the long run. What one step can do at most is told by other values, those of a "
            "decomposition with three factors."
        ): partial(_scaled, sizes=(spectral_radius, spectral_radius)),
        (
            "Of the first two only by_norm is right: by_radius is the same matrix, scaled by the largest singular "
            "value as well. The spectral radius is about vectors that keep their direction: W v = λ v. Which values "
            "are those?"
        ): partial(_scaled, sizes=(largest_singular_value, largest_singular_value)),
        (
            "In by_norm you divide by the length of all entries laid end to end, the Frobenius norm: np.linalg.norm "
            "gives it when nothing else is said. It adds up all singular values squared, so your kernel comes out too "
            "small. Of which single one do you need the size?"
        ): _by_norm_as(frobenius),
        (
            "In by_norm you divide by the smallest singular value. The direction that is stretched least now meets the "
            "target, and all others overshoot. In which order does NumPy list them?"
        ): _by_norm_as(smallest_singular_value),
        (
            "In by_norm you divide by σ₁², not σ₁. The eigenvalues of WᵀW are the squares of the singular values of W. "
            "What is missing between them?"
        ): _by_norm_as(lambda kernel: largest_singular_value(kernel) ** 2),
        (
            "In by_norm you divide by the kernel's largest entry, or by its longest row or column sum. A vector spread "
            "over several units meets many entries at once, so none of these is the most that a step can do. Which "
            "norm of a matrix is?"
        ): (
            _by_norm_as(lambda kernel: float(np.abs(kernel).max())),
            _by_norm_as(lambda kernel: float(kernel.max())),
            _by_norm_as(lambda kernel: float(np.linalg.norm(kernel, 1))),
            _by_norm_as(lambda kernel: float(np.linalg.norm(kernel, np.inf))),
        ),
        (
            "Your by_norm is no multiple of the given kernel: you set or cap its singular values one by one, or scale "
            "its columns one by one. Then the directions change as well. The task wants one number that multiplies "
            "every entry."
        ): (
            _values_changed(lambda values, target: np.full(values.shape, target)),
            _values_changed(lambda values, target: np.minimum(values, target)),
            _columns,
        ),
        (
            "For by_radius you take the largest eigenvalue, not the largest size of one. An eigenvalue of −0.9 shrinks "
            "a vector as little as 0.9 does, and a complex pair turns it, too. What is the size of a complex number?"
        ): (
            _by_radius_as(largest_real_part),
            _by_radius_as(lambda kernel: np.max(np.linalg.eigvals(kernel))),
            _by_radius_as(lambda kernel: float(np.abs(np.max(np.linalg.eigvals(kernel))))),
            _by_radius_as(lambda kernel: abs(largest_real_part(kernel))),
            _by_radius_as(lambda kernel: float(np.abs(np.linalg.eigvals(kernel).real).max())),
        ),
        (
            "For by_radius you take the first eigenvalue in NumPy's list. Singular values come sorted, eigenvalues do "
            "not, so the first may be the smallest. How do you find the largest size?"
        ): _by_radius_as(lambda kernel: float(np.abs(np.linalg.eigvals(kernel)[0]))),
        (
            "For by_radius you take eigenvalues of a symmetric matrix: eigvalsh reads one triangle and takes the other "
            "for its mirror image. A recurrent kernel is hardly ever symmetric. Which function makes no such "
            "assumption?"
        ): _by_radius_as(_by_symmetric_eigenvalues),
        (
            "The first two results are scaled to the size 1, whatever the target. Which argument did you not use?"
        ): partial(_scaled, factor=lambda target, size: 1 / size),
        (
            "You multiply by the kernel's own size where it should be taken out, so a large kernel grows larger still. "
            "Try a kernel of one number: by what do you multiply 0.5 to get 2?"
        ): (
            partial(_scaled, factor=lambda target, size: target * size),
            partial(_scaled, factor=lambda target, size: size / target),
        ),
        (
            "The first two are right, but in orthogonal all singular values are 1, whatever the target. An orthogonal "
            "matrix keeps every length; the task wants each multiplied by the target."
        ): _third_as(lambda left, values, right, target: left @ right),
        (
            "The first two are right, but orthogonal is made with the last factor turned over once too often. NumPy's "
            "svd returns the three factors so that their product is the kernel. Is its last one V, or Vᵀ?"
        ): _third_as(lambda left, values, right, target: target * left @ right.T),
        (
            "The first two are right, but orthogonal is only one of the outer factors, or both in the wrong order. It "
            "has the right singular values, but turns a state otherwise than the kernel does. What is left of the "
            "three factors when the middle one is the identity?"
        ): _third_as(
            lambda left, values, right, target: target * left,
            lambda left, values, right, target: target * right,
            lambda left, values, right, target: target * right @ left,
            lambda left, values, right, target: target * (left @ right).T,
        ),
        (
            "The first two are right, but in orthogonal the singular values still differ from each other: some "
            "directions fade faster than others. Which of the three factors must be replaced, and by what?"
        ): _third_as(
            lambda left, values, right, target: target * left @ np.diag(values) @ right,
            lambda left, values, right, target: target * left @ np.diag(values / values[0]) @ right,
            lambda left, values, right, target: left @ np.diag(np.minimum(values, target)) @ right,
        ),
        (
            "The first two are right, and your third is orthogonal of the right size, but it is Q of the QR "
            "decomposition, as in 02.4. That keeps the direction of the first column; the task keeps the singular "
            "vectors. Which decomposition gives those?"
        ): (partial(_by_qr, signs=True), partial(_by_qr, signs=False)),
    },
    explanation="""\
The spectral radius ρ is the largest size |λ| of an eigenvalue; the largest singular value σ₁ is the most by which one
product can stretch any vector, `np.linalg.norm(kernel, 2)`. Multiplying a kernel by a number multiplies both, so one
division each is enough. ρ ≤ σ₁ always; for kernels that are not normal they may lie far apart. After many steps the
powers of a kernel go like ρ^k, but the first steps may grow by up to σ₁ each: ρ < 1 says that a linear cell forgets
in the end, and only σ₁ < 1 that it does so from the first step on. With all singular values equal there is no doubt
left: `target * U @ Vt` stretches *every* vector by the target, so ρ = σ₁. It is the orthogonal matrix nearest to the
kernel, scaled; so are the lesson's kernels. Echo state networks (Jaeger 2001) are scaled by ρ, the bound needs σ₁.""",
    explain=_explain,
)
