"""A lesson's exercises as an assignment: which functions, for how many points, in which notebook."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from rnncourse._runtime import course_folder
from rnncourse.exercises import Exercise, get

_CHECK = re.compile(r"ex(\d\d)-(\d+)-check")


@dataclass(frozen=True)
class Assignment:
    """What is handed out and graded together.

    Attributes:
        name: str, the lesson's number, "04".
        notebook: the student's notebook, without answers.
        points: the points of each exercise by its id.
        cells: by grade_id, the source of each cell that nbgrader knows, as it was handed out.
    """

    name: str
    notebook: Path
    points: dict[str, float]
    cells: dict[str, str]

    @property
    def exercises(self) -> list[Exercise]:
        """In the order of the notebook."""
        return [get(id) for id in self.points]

    @property
    def source(self) -> Path:
        """The notebook with its answers, as text that jupytext reads."""
        return self.notebook.parent / "src" / f"{self.notebook.stem}.py"


def assignments() -> dict[str, Path]:
    """The student's notebooks by the number of their lesson."""
    return {path.name[:2]: path for path in sorted(course_folder("exercises").glob("[0-9][0-9]_*.ipynb"))}


def assignment(name: str) -> Assignment:
    """The assignment of a lesson.

    Args:
        name: str, the lesson's number, such as "04".

    Raises:
        ValueError: no lesson of that number has exercises.
    """
    known = assignments()
    if name not in known:
        raise ValueError(f"the assignment must be one of {', '.join(known)}, received {name!r}")
    notebook = json.loads(known[name].read_text(encoding="utf-8"))
    cells, points = {}, {}
    for cell in notebook["cells"]:
        about = cell["metadata"].get("nbgrader")
        if about:
            cells[about["grade_id"]] = "".join(cell["source"])
            if about["grade"]:
                lesson, place = _CHECK.fullmatch(about["grade_id"]).groups()
                points[f"{lesson}.{place}"] = float(about["points"])
    return Assignment(name=name, notebook=known[name], points=points, cells=cells)
