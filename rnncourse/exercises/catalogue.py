"""Find an exercise by its id, and its worked answer in the notebook it comes from."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re

from rnncourse._runtime import course_folder
from rnncourse.exercises.exercise import Exercise
from rnncourse.exercises.variants import in_form, reworded

_PACKAGE = __name__.rpartition(".")[0]
_LESSON = re.compile(r"lesson_(\d\d)")
_CELL = re.compile(r"^# %%(?P<options>.*)\n(?P<source>(?:(?!# %%).*\n?)*)", re.MULTILINE)


def all_exercises() -> list[Exercise]:
    """Every exercise of the course, in the order of ids; those of lesson NN stand in ``lesson_NN``."""
    folder = importlib.import_module(_PACKAGE).__path__
    modules = sorted(found.name for found in pkgutil.iter_modules(folder) if _LESSON.fullmatch(found.name))
    return [exercise for module in modules for exercise in importlib.import_module(f"{_PACKAGE}.{module}").EXERCISES]


def get(id: str, variant: str = "") -> Exercise:
    """The exercise with this id.

    Args:
        id: str, such as "01.2".
        variant: str, the name of one of its ``variants``; "" for its ordinary form.

    Returns:
        Exercise: the one whose ``id`` this is.

    Raises:
        ValueError: there is none, or none of this variant; the message lists those there are.
    """
    known = {exercise.id: exercise for exercise in all_exercises()}
    if id not in known:
        raise ValueError(f"id must be one of {', '.join(known)}, received {id!r}")
    return in_form(known[id], variant) if variant else known[id]


def solution(id: str, variant: str = "") -> str:
    """The worked answer to an exercise, from the source of the exercise notebook.

    Args:
        id: str, such as "01.2".
        variant: str, as in :func:`get`.

    Returns:
        str: Python code that defines the function; it uses ``np``.

    Raises:
        ValueError: there is no such exercise or variant.
        LookupError: no notebook source has a cell for it.
    """
    exercise = get(id, variant)
    lesson, _, place = exercise.id.partition(".")
    for path in sorted((course_folder("exercises") / "src").glob(f"{lesson}_*.py")):
        for cell in _CELL.finditer(path.read_text(encoding="utf-8")):
            _, _, metadata = cell["options"].partition("nbgrader=")
            if metadata and json.loads(metadata)["grade_id"] == f"ex{lesson}-{place}":
                lines = reworded(cell["source"].strip(), exercise).splitlines()
                return "\n".join(
                    line for line in lines if line.strip() not in ("### BEGIN SOLUTION", "### END SOLUTION")
                )
    raise LookupError(f"no source of the exercise notebooks has a cell ex{lesson}-{place}")
