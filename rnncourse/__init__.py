"""rnncourse: a course on recurrent networks that measures every result it states.

The rooms are imported on first use, so that ``import rnncourse`` stays quick and does not load TensorFlow. Import it
before Keras: it also keeps TensorFlow's start-up quiet.
"""

from __future__ import annotations

import importlib
from types import ModuleType

from rnncourse._runtime import progress, quiet_tensorflow, seed

__version__ = "0.1.0"
__all__ = ["datasets", "exercises", "measure", "models", "plots", "progress", "scratch", "seed"]

_ROOMS = frozenset({"datasets", "exercises", "measure", "models", "plots", "scratch"})

quiet_tensorflow()


def __getattr__(name: str) -> ModuleType:
    if name in _ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
