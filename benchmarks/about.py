"""What every benchmark says of itself: threads, versions, load. Import it before NumPy, PyTorch and TensorFlow."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path

THREADS = 2
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ[_name] = str(THREADS)  # read once, when the libraries are first imported

import rnncourse  # noqa: E402, F401  before Keras, so that TensorFlow starts quietly

QUIET = 0.5  # load average before the start; threads that wait for each other lose far more than the share they give up
LOAD = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def conditions(*, load: bool = True) -> str:
    """Cores, threads, load and versions, in two lines; without ``load`` where it says nothing about the measuring."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = []
    for package in ("numpy", "torch", "keras", "tensorflow"):
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"{package} missing")
    return (
        f"{cores} cores, {THREADS} threads for each{f', load average {LOAD:.1f} before the start' if load else ''}\n"
        f"Python {platform.python_version()}, {', '.join(versions)} (without oneDNN, as in the course)"
    )


def keep(name: str, text: str, *, complete: bool) -> str:
    """Keep a table beside the benchmarks when it is whole and the machine was quiet; says in a line what was done."""
    path = Path(__file__).parent / name
    if not complete:
        return f"not kept in benchmarks/{name}: not everything was measured"
    if LOAD > QUIET:
        return f"not kept in benchmarks/{name}: something else was running"
    path.write_text(text, encoding="utf-8")
    return f"kept in benchmarks/{name}"
