"""How large a matrix is: the two numbers that the lesson needs, and those that are taken for them."""

from __future__ import annotations

import numpy as np


def largest_singular_value(kernel: np.ndarray) -> float:
    """σ₁ of an array (H, H): the most by which one product can stretch a vector."""
    return float(np.linalg.svd(kernel, compute_uv=False)[0])


def smallest_singular_value(kernel: np.ndarray) -> float:
    """The least by which one product can stretch a vector, of an array (H, H)."""
    return float(np.linalg.svd(kernel, compute_uv=False)[-1])


def spectral_radius(kernel: np.ndarray) -> float:
    """ρ of an array (H, H): the largest size of an eigenvalue."""
    return float(np.abs(np.linalg.eigvals(kernel)).max())


def largest_real_part(kernel: np.ndarray) -> float:
    """Of the eigenvalues of an array (H, H); may be negative."""
    return float(np.linalg.eigvals(kernel).real.max())


def frobenius(kernel: np.ndarray) -> float:
    """The root of the sum of all squared entries of an array (H, H)."""
    return float(np.sqrt(np.sum(kernel**2)))
