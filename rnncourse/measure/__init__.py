"""Measuring: claims, baselines that could have won, and the gradient microscope.

The microscope needs TensorFlow, and its parts are imported on first use.
"""

from __future__ import annotations

import importlib
from typing import Any

from rnncourse.measure import baselines
from rnncourse.measure.claims import ClaimError, claim
from rnncourse.measure.experiments import EXPERIMENTS, results, spot_check
from rnncourse.measure.intervals import prediction_interval, summarise
from rnncourse.measure.microscope.kernels import largest_singular_value, spectral_radius
from rnncourse.measure.repeat import repeat
from rnncourse.measure.replicas import Replicas, train_replicas

_MICROSCOPE = {
    "GradientRecorder": "recording",
    "StopOnNaN": "stopping",
    "gradient_norms": "gradients",
    "jacobian_spectrum": "jacobians",
    "jacobians": "jacobians",
    "saliency": "gradients",
    "state_gradients": "gradients",
    "step_jacobians": "jacobians",
}

__all__ = [
    "EXPERIMENTS",
    "ClaimError",
    "Replicas",
    "baselines",
    "claim",
    "largest_singular_value",
    "prediction_interval",
    "repeat",
    "results",
    "spectral_radius",
    "spot_check",
    "summarise",
    "train_replicas",
    *_MICROSCOPE,
]


def __getattr__(name: str) -> Any:
    if name in _MICROSCOPE:
        return getattr(importlib.import_module(f"{__name__}.microscope.{_MICROSCOPE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
