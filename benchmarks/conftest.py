"""Equal threads for every rival, and the tables that a run ends with."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path

THREADS = 2
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ[_name] = str(THREADS)  # read once, when NumPy, PyTorch and TensorFlow are first imported

import pytest  # noqa: E402
import tables  # noqa: E402

KEPT = Path(__file__).parent / "scratch.txt"
QUIET = 0.5  # load average before the start; threads that wait for each other lose far more than the share they give up
_MEASURED = pytest.StashKey[tables.Measured]()
_LOAD = pytest.StashKey[float]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_MEASURED] = tables.Measured()
    config.stash[_LOAD] = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    config.option.benchmark_quiet = True  # its own table has a row a visit; ours puts the visits together


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> tables.Measured:
    """Where a test puts what it has measured."""
    return request.config.stash[_MEASURED]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    measured, load = config.stash[_MEASURED], config.stash[_LOAD]
    text = f"{_about(load)}\n\n{tables.of_rivals(measured)}\n\n{tables.of_growth(measured)}\n"
    terminalreporter.section("scratch beside its rivals")
    terminalreporter.write(text)
    if not measured.complete:
        terminalreporter.write_line(f"not kept in benchmarks/{KEPT.name}: not everything was measured")
    elif load > QUIET:
        terminalreporter.write_line(f"not kept in benchmarks/{KEPT.name}: something else was running")
    else:
        KEPT.write_text(text, encoding="utf-8")
        terminalreporter.write_line(f"kept in benchmarks/{KEPT.name}")


def _about(load: float) -> str:
    """What was measured with."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = []
    for package in ("numpy", "torch", "keras", "tensorflow"):
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"{package} missing")
    return (
        f"{cores} cores, {THREADS} threads for each, load average {load:.1f} before the start\n"
        f"Python {platform.python_version()}, {', '.join(versions)} (without oneDNN, as in the course)"
    )
