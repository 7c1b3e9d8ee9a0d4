"""What a recurrent kernel alone says about the gradients: its spectral radius and its largest singular value."""

from __future__ import annotations

from typing import Any

import numpy as np


def spectral_radius(kernel: Any) -> float | np.ndarray:
    """The largest absolute eigenvalue ρ of a recurrent kernel: powers of the kernel grow as ρ^k for large k.

    For a kernel that is not normal they may grow first even if ρ < 1, since only σ₁ bounds each single step.

    Args:
        kernel: W_h (H, H); or kernels side by side (H, n · H), as ``recurrent_kernel`` of an LSTM (4 gates in Keras'
            order i, f, c̃, o) or a GRU (3: z, r, h̃). An array, or a Keras or TensorFlow variable.

    Returns:
        float ≥ 0 for (H, H); for several gates (n,), one for each.

    Raises:
        ValueError: a shape other than these, NaN or infinity.
    """
    return _per_gate(kernel, lambda gates: np.abs(np.linalg.eigvals(gates)).max(axis=-1))


def largest_singular_value(kernel: Any) -> float | np.ndarray:
    """The largest singular value σ₁ of a recurrent kernel: no vector grows by more than this factor in one product.

    With γ the largest slope of the activation (1 for tanh and ReLU, 1/4 for the sigmoid), σ₁ < 1/γ suffices for the
    gradient of a SimpleRNN to vanish: ‖∂h_t/∂h_{t−k}‖ ≤ (γσ₁)^k (Pascanu et al. 2013). σ₁ > 1/γ is necessary for it to
    explode, not sufficient.

    Args:
        kernel: as for ``spectral_radius``.

    Returns:
        float ≥ 0 for (H, H); for several gates (n,), one for each.

    Raises:
        ValueError: a shape other than these, NaN or infinity.
    """
    return _per_gate(kernel, lambda gates: np.linalg.norm(gates, ord=2, axis=(-2, -1)))


def _per_gate(kernel: Any, measure: Any) -> float | np.ndarray:
    kernel = np.asarray(kernel.numpy() if hasattr(kernel, "numpy") else kernel, dtype=np.float64)
    if kernel.ndim != 2 or not kernel.size or kernel.shape[1] % kernel.shape[0]:
        raise ValueError(
            f"kernel must have shape (units, units), or (units, n · units) for n gates, received shape {kernel.shape}"
        )
    if not np.isfinite(kernel).all():
        raise ValueError("kernel must hold finite numbers, received NaN or infinity")
    gates = np.stack(np.split(kernel, kernel.shape[1] // kernel.shape[0], axis=1))
    values = measure(gates)
    return float(values[0]) if len(values) == 1 else values
