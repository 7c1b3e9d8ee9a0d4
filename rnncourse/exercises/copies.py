"""The student's own copies of lessons and exercises: brought, brought again when they change, and never overwritten."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path

from rnncourse._runtime import course_folder

MANIFEST = ".copies.json"
"""In the student's folder: {a notebook's place: sha256 of the course's version that was brought last}."""


@dataclass(frozen=True)
class Brought:
    """What :func:`bring_new` wrote; every path is relative to the student's folder.

    Attributes:
        new: the notebooks that the student did not have.
        beside: {the student's notebook: the name under which the course's newer version stands beside it}.
    """

    new: list[Path] = field(default_factory=list)
    beside: dict[Path, Path] = field(default_factory=dict)


def bring_new(source: Path, target: Path) -> Brought:
    """Copy the notebooks of the course that a student does not have yet.

    Lessons stand in ``source``, exercises in ``source/exercises``; ``target`` gets the same shape, so that links hold
    between them. No file that is there is ever written to:

    - a notebook that the student does not have is copied, also when an earlier copy was deleted or renamed;
    - a notebook that changed in the course since it was brought comes beside the student's, as ``name.v2.ipynb``,
      ``name.v3.ipynb``, …, once; the same holds for a file of that name which this function did not write.

    Args:
        source: the folder of the course's notebooks.
        target: the student's folder, made when it is missing. Its ``.copies.json`` remembers what was brought; when it
            is lost or damaged, a notebook that differs from the course's counts as one that the course has changed.

    Returns:
        Brought: what was written.

    Raises:
        OSError: ``target`` cannot be written to.
    """
    versions = _read_manifest(target / MANIFEST)
    brought = Brought()
    for notebook in [*sorted(source.glob("*.ipynb")), *sorted(source.glob("exercises/*.ipynb"))]:
        place = notebook.relative_to(source)
        content = notebook.read_bytes()
        version = hashlib.sha256(content).hexdigest()
        if _write_new(target / place, content):
            brought.new.append(place)
        elif versions.get(place.as_posix()) != version:
            for path in chain([target / place], _names(target / place, ".v")):
                if _write_new(path, content):
                    brought.beside[place] = path.relative_to(target)
                    break
                if path.is_file() and path.read_bytes() == content:
                    break
        versions[place.as_posix()] = version
    _write_manifest(target / MANIFEST, versions)
    return brought


def exercise_notebook(lesson: str) -> Path:
    """The course's own exercise notebook of a lesson.

    Args:
        lesson: str, the number of the lesson, ``"01"`` or ``"1"``.

    Returns:
        Path: the notebook, without solutions.

    Raises:
        ValueError: there is no exercise notebook of that number; the message lists those there are.
    """
    notebooks = {
        path.name.partition("_")[0]: path for path in sorted(course_folder("exercises").glob("[0-9]*_*.ipynb"))
    }
    number = lesson.strip().zfill(2)
    if number not in notebooks:
        raise ValueError(f"lesson must be one that has exercises ({', '.join(notebooks)}), received {lesson!r}")
    return notebooks[number]


def fresh_copy(notebook: Path, folder: Path) -> Path:
    """Copy a notebook under a free name.

    Args:
        notebook: what to copy.
        folder: where to write it, made when it is missing.

    Returns:
        Path: ``folder/name.ipynb``; where that is taken, ``name-2.ipynb``, ``name-3.ipynb``, …

    Raises:
        OSError: ``folder`` cannot be written to.
    """
    content, path = notebook.read_bytes(), folder / notebook.name
    return next(path for path in chain([path], _names(path, "-")) if _write_new(path, content))


def _names(path: Path, mark: str) -> Iterator[Path]:
    """``name<mark>2.ipynb``, ``name<mark>3.ipynb``, … for ``name.ipynb``."""
    return (path.with_name(f"{path.stem}{mark}{number}{path.suffix}") for number in count(2))


def _write_new(path: Path, content: bytes) -> bool:
    """Write a file that is not there yet; False, and nothing written, when the name is taken."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        file = path.open("xb")
    except FileExistsError:
        return False
    try:
        with file:
            file.write(content)
    except BaseException:
        path.unlink()
        raise
    return True


def _read_manifest(path: Path) -> dict[str, str]:
    """What was brought so far; nothing when the file is missing, damaged, or holds something else."""
    try:
        versions = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    if not isinstance(versions, dict):
        return {}
    return {place: version for place, version in versions.items() if isinstance(version, str)}


def _write_manifest(path: Path, versions: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    half_written = path.with_name(f"{path.name}.{os.getpid()}")
    half_written.write_text(json.dumps(versions, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    half_written.replace(path)
