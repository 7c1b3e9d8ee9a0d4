"""Whether this machine can run the lessons: the Python, the packages, the machine, and what is missing."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Literal

from rnncourse._runtime import course_folder

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

PROGRAMS = {
    "chromium": ("chromium", "pictures of the lessons, by tools/preview.py"),
    "espeak-ng": ("espeak-ng", "making the spoken digits anew"),
    "bwrap": ("bubblewrap", "grading submissions in a sandbox, on Linux"),
}
"""System programs that no lesson needs: the Debian package of each, and what it is for."""

_START = "import rnncourse, keras, tensorflow; print(float(keras.ops.sum(keras.ops.ones(3))))"


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes:
        kind: "ok"; "note": something is missing that no lesson needs; "problem": a lesson could not run.
        subject: str, what was looked at.
        found: str, what was found, and for a note or a problem what to do.
    """

    kind: Literal["ok", "note", "problem"]
    subject: str
    found: str


def examine() -> Iterator[Finding]:
    """Look at everything, the quick things first.

    Yields:
        Finding: one line of the report at a time; the last takes the seconds that TensorFlow needs to start.
    """
    packages = list(_packages())
    yield from packages
    yield from _course_files()
    yield from _machine()
    yield from _programs()
    if any(finding.kind == "problem" and finding.subject in ("keras", "numpy", "tensorflow") for finding in packages):
        yield Finding("problem", "TensorFlow starts", "not tried: mend the packages above first")
    else:
        yield _tensorflow_starts()


def _packages() -> Iterator[Finding]:
    """Python and the package's own dependencies against the ranges its metadata states, then what opens the lessons."""
    try:
        from packaging.requirements import Requirement
        from packaging.specifiers import SpecifierSet

        about = metadata.metadata("rnncourse")
    except ImportError as error:  # PackageNotFoundError is one
        missing = error.name or "rnncourse"
        yield Finding("problem", missing, "not installed: run 'make lab', or 'pip install -e .' in the course's folder")
        return
    python, wanted = platform.python_version(), SpecifierSet(about["Requires-Python"])
    if wanted.contains(python, prereleases=True):
        yield Finding("ok", "Python", python)
    else:
        yield Finding("problem", "Python", f"{python}, needs {wanted}: make the environment with another Python")
    for requirement in map(Requirement, metadata.requires("rnncourse") or []):
        marker = requirement.marker
        extras = [extra for extra in ("", "lab") if marker is None or marker.evaluate({"extra": extra})]
        if extras:
            yield _package(requirement.name, requirement.specifier, lesson_imports="" in extras)


def _package(name: str, wanted: SpecifierSet, *, lesson_imports: bool) -> Finding:
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        version = "missing"
    else:
        if wanted.contains(version, prereleases=True):
            return Finding("ok", name, version)
    advice = f"{version}, needs {wanted}: pip install '{name}{wanted}'"
    if lesson_imports:
        return Finding("problem", name, advice)
    return Finding("note", name, f"{advice}, unless another program opens the notebooks")


def _course_files() -> Iterator[Finding]:
    for name in ("data", "exercises"):
        try:
            course_folder(name)
        except FileNotFoundError as error:
            yield Finding("problem", f"the course's {name}", str(error))


def _machine() -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Finding("ok", "cores", f"{cores}")
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:  # not on Windows
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
        enough = memory >= 4
        yield Finding(
            "ok" if enough else "note", "memory", f"{memory:.1f} GB" + ("" if enough else ": close other programs")
        )
    yield Finding("ok", "free disk", f"{shutil.disk_usage('.').free / 2**30:.1f} GB")


def _programs() -> Iterator[Finding]:
    for program, (package, use) in PROGRAMS.items():
        path = shutil.which(program)
        advice = f"missing; only for {use}: sudo apt install {package}"
        yield Finding("ok", program, path) if path else Finding("note", program, advice)


def _tensorflow_starts() -> Finding:
    """Import TensorFlow and compute with it, in a process of its own: a broken library may end the process."""
    subject, start = "TensorFlow starts", time.perf_counter()
    if os.environ["KERAS_BACKEND"] != "tensorflow":  # importing rnncourse has set it where it was unset
        return Finding("problem", subject, f"but Keras would use {os.environ['KERAS_BACKEND']}: unset KERAS_BACKEND")
    try:
        done = subprocess.run([sys.executable, "-c", _START], capture_output=True, text=True, timeout=180)
    except subprocess.TimeoutExpired:
        return Finding("problem", subject, "no answer within 180 s")
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}, on a processor without AVX?"]
        return Finding("problem", subject, f"{said[-1]}: try 'pip install --force-reinstall tensorflow'")
    return Finding("ok", subject, f"in {time.perf_counter() - start:.1f} s")
