"""A lesson's exercises as an assignment: which functions, for how many points, in which notebook."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rnncourse._runtime import course_folder
from rnncourse.exercises import Exercise, get
from rnncourse.exercises.variants import reworded

_HEADING = re.compile(r"## (\d\d\.\d+) ·")
_CELL = re.compile(r"ex(\d\d)-(\d+)(?:-check)?")


@dataclass(frozen=True)
class Assignment:
    """What is handed out and graded together.

    Attributes:
        name: str, the lesson's number, "04".
        notebook: the student's notebook, without answers.
        points: the points of each exercise by its id.
        cells: by grade_id, the source of each cell that nbgrader knows, as it was handed out.
        forms: by the exercise's id, the name of the variant that is asked for, "" for the ordinary form; empty where
            all students have the ordinary forms.
    """

    name: str
    notebook: Path
    points: dict[str, float]
    cells: dict[str, str]
    forms: Mapping[str, str] = field(default_factory=dict)

    @property
    def exercises(self) -> list[Exercise]:
        """In the order of the notebook."""
        return [self.exercise(id) for id in self.points]

    def exercise(self, id: str) -> Exercise:
        """The exercise in the form that is asked for."""
        return get(id, self.forms.get(id, ""))

    def worded(self, id: str, source: str) -> str:
        """A cell on an exercise in the form that is asked for: its task, its answer, its check."""
        exercise = self.exercise(id)
        if not exercise.variant:
            return source
        call = f'check("{id}", {exercise.function}'
        return reworded(source, exercise).replace(f"{call})", f'{call}, variant="{exercise.variant}")')

    @property
    def source(self) -> Path:
        """The notebook with its answers, as text that jupytext reads."""
        return self.notebook.parent / "src" / f"{self.notebook.stem}.py"

    def worded_notebook(self, notebook: dict[str, Any]) -> dict[str, Any]:
        """A notebook of this assignment, as JSON has it, with the cells on each exercise :meth:`worded`."""
        id, cells = "", []
        for cell in notebook["cells"]:
            source = "".join(cell["source"])
            heading = _HEADING.match(source)
            id = heading[1] if heading else exercise_of(cell["metadata"].get("nbgrader", {}).get("grade_id", "")) or id
            cells.append({**cell, "source": self.worded(id, source) if id else source})
        return {**notebook, "cells": cells}


def assignments() -> dict[str, Path]:
    """The student's notebooks by the number of their lesson."""
    return {path.name[:2]: path for path in sorted(course_folder("exercises").glob("[0-9][0-9]_*.ipynb"))}


def exercise_of(grade_id: str) -> str:
    """ "04.2" for nbgrader's cells "ex04-2" and "ex04-2-check"; "" for others."""
    found = _CELL.fullmatch(grade_id)
    return f"{found[1]}.{found[2]}" if found else ""


def assignment(name: str, forms: Mapping[str, str] | None = None) -> Assignment:
    """The assignment of a lesson.

    Args:
        name: str, the lesson's number, such as "04".
        forms: by the exercise's id, the name of a variant; all in their ordinary form where it is left out.

    Raises:
        ValueError: no lesson of that number has exercises.
    """
    known = assignments()
    if name not in known:
        raise ValueError(f"the assignment must be one of {', '.join(known)}, received {name!r}")
    notebook = json.loads(known[name].read_text(encoding="utf-8"))
    cells, points = {}, {}
    given = Assignment(name=name, notebook=known[name], points=points, cells=cells, forms=forms or {})
    for cell in notebook["cells"]:
        about = cell["metadata"].get("nbgrader")
        if about:
            id = exercise_of(about["grade_id"])
            cells[about["grade_id"]] = given.worded(id, "".join(cell["source"]))
            if about["grade"]:
                points[id] = float(about["points"])
    return given
