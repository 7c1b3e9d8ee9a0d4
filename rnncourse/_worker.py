"""One run of an experiment, here or in another process.

Imports the standard library alone: in a fresh process the number of threads has to be set before NumPy and TensorFlow
are loaded.
"""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_ONE_THREAD = (
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one run.

    Attributes:
        results: dict of Python numbers by name; empty when the run failed.
        seconds: float, how long it took; NaN when it was never started.
        error: str, the kind of the exception and its message, or None.
        trace: str, the traceback, or None.
    """

    results: dict[str, int | float]
    seconds: float
    error: str | None = None
    trace: str | None = None


def run_here(experiment: Callable, arguments: Mapping[str, Any]) -> Outcome:
    """Call ``experiment(**arguments)``; an exception becomes part of the outcome."""
    started = time.perf_counter()
    try:
        results = _numbers(experiment(**arguments))
    except Exception as error:
        return failed(error, time.perf_counter() - started)
    return Outcome(results=results, seconds=time.perf_counter() - started)


def run_pickled(experiment: bytes, arguments: bytes, home: int) -> Outcome:
    """Call a function that travelled by cloudpickle, in a process other than ``home`` with one thread for each library.

    Args:
        experiment: the function, pickled by cloudpickle, so that it may have been defined in a notebook.
        arguments: dict of its keyword arguments, pickled in the same way.
        home: int, the id of the process that asks.
    """
    if os.getpid() != home:
        os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    import cloudpickle

    try:
        call, named = cloudpickle.loads(experiment), cloudpickle.loads(arguments)
    except Exception as error:  # for one, a module that is not installed where the worker runs
        return failed(error)
    return run_here(call, named)


def failed(error: BaseException, seconds: float = float("nan")) -> Outcome:
    """The outcome of a run that ended in ``error``."""
    text = f"{type(error).__name__}: {error}".rstrip(": ")
    return Outcome(results={}, seconds=seconds, error=text, trace="".join(traceback.format_exception(error)))


def _numbers(returned: Any) -> dict[str, int | float]:
    import numpy as np

    named = returned if isinstance(returned, Mapping) else {"result": returned}
    numbers = {}
    for name, value in named.items():
        array = np.asarray(value)
        if not isinstance(name, str) or array.size != 1 or array.dtype.kind not in "biuf":
            raise ValueError(
                "an experiment must return a number or a dict of numbers by name, received "
                + (f"{type(returned).__name__}" if named is not returned else f"{name!r}: {type(value).__name__}")
            )
        numbers[name] = array.item()
    return numbers
