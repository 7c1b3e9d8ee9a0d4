"""An nbgrader course of this course's exercises: a folder, its configuration, its gradebook."""

from __future__ import annotations

import json
import os
import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnncourse.classroom.assignment import Assignment, assignment, assignments
from rnncourse.classroom.roster import Student, read_roster

if TYPE_CHECKING:
    from nbgrader.api import Gradebook
    from nbgrader.apps import NbGraderAPI

_MARKED = "rnncourse.classroom"
_LINK = re.compile(r"\[([^]]+)\]\(\.\./[^)]+\.ipynb\)")
_CONFIG = f'''"""nbgrader for a course of `{_MARKED}`. Yours to change."""

import os

c = get_config()
c.CourseDirectory.course_id = "rnncourse"
c.CourseDirectory.root = os.path.dirname(os.path.abspath(__file__))

# What students get in place of an answer; the course's check tells by it that nothing was written yet.
c.ClearSolutions.code_stub = {{"python": 'raise NotImplementedError("not attempted")'}}

# nbgrader's own `autograde` runs submissions in the course's sandbox, and takes its grades.
c.Autograde.autograde_preprocessors = [
    "rnncourse.classroom.nbgrader_step.GradeInSandbox",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
'''


@dataclass(frozen=True)
class Course:
    """A course folder.

    Attributes:
        folder: its path, absolute.
    """

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "nbgrader_config.py"

    @property
    def database(self) -> Path:
        return self.folder / "gradebook.db"

    @property
    def grades(self) -> Path:
        """Where the grade of each submission is kept as it was given."""
        return self.folder / "grades"

    @property
    def secret(self) -> bytes:
        """What the inputs of checks are drawn from, with a student's id."""
        return bytes.fromhex((self.folder / "secret").read_text(encoding="ascii").strip())

    def submitted(self, student: str, name: str) -> Path:
        """The folder of what a student handed in."""
        return self.folder / "submitted" / student / name

    def students(self) -> list[Student]:
        """In the order of their ids."""
        with self.gradebook() as book:
            return sorted(
                (Student(s.id, s.first_name or "", s.last_name or "", s.email or "") for s in book.students),
                key=lambda student: student.id,
            )

    def submissions(self, name: str) -> dict[str, Path]:
        """What was handed in for an assignment: the notebook by the student's id."""
        given = assignment(name)
        found = (self.folder / "submitted").glob(f"*/{name}/{given.notebook.name}")
        return {path.parts[-3]: path for path in sorted(found)}

    @contextmanager
    def gradebook(self) -> Iterator[Gradebook]:
        """nbgrader's database of this course."""
        from nbgrader.api import Gradebook

        _show_programs()
        with Gradebook(f"sqlite:///{self.database}", "rnncourse") as book:
            yield book

    def nbgrader(self) -> NbGraderAPI:
        """nbgrader's own commands, on this course."""
        from nbgrader.apps import NbGraderAPI
        from traitlets.config import Config, PyFileConfigLoader

        _show_programs()
        config: Config = PyFileConfigLoader(self.config.name, path=str(self.folder)).load_config()
        return NbGraderAPI(config=config)


def open_course(folder: Path) -> Course:
    """The course in a folder that :func:`create` made.

    Raises:
        ValueError: it is none.
    """
    course = Course(Path(folder).resolve())
    missing = [p.name for p in (course.config, course.database, course.folder / "secret") if not p.is_file()]
    if missing:
        raise ValueError(
            f"folder must be a course that 'rnncourse classroom create' made; in {folder} there is no {missing[0]}"
        )
    return course


def create(folder: Path, roster: Path | None = None) -> tuple[Course, list[str]]:
    """Make a course, or add to one what it lacks. Nothing that is there is changed.

    Args:
        folder: made where it is missing.
        roster: CSV of the students, see :func:`read_roster`.

    Returns:
        The course, and what was done, in words; nothing where all was there.

    Raises:
        ValueError: the roster cannot be read; the folder holds something else, or lies inside another course.
        OSError: the folder cannot be written to.
    """
    students = read_roster(roster) if roster is not None else []
    course, done = Course(Path(folder).resolve()), []
    if course.folder.exists() and any(course.folder.iterdir()) and not course.config.exists():
        raise ValueError(f"folder must be new, empty, or a course; {folder} holds other files")
    if outer := next((path for path in course.folder.parents if Course(path).config.exists()), None):
        raise ValueError(f"folder must not lie inside a course, {outer} is one; '.' in it adds what it lacks")
    course.folder.mkdir(parents=True, exist_ok=True)
    if write_new(course.config, _CONFIG):
        done.append("nbgrader_config.py")
    if write_new(course.folder / "secret", secrets.token_hex(32), mode=0o600):
        done.append("secret, which students' inputs are drawn from: keep it, and keep it to yourself")
    given = [assignment(name) for name in assignments()]
    new = [g.name for g in given if write_new(course.folder / "source" / g.name / g.notebook.name, _source(g))]
    if new:
        done.append(f"source/ with the assignments {', '.join(new)}")
    new_book = not course.database.exists()
    with course.gradebook() as book:
        known = {entry.name for entry in book.assignments}
        for one in given:
            if one.name not in known:
                book.add_assignment(one.name)
        ids = {entry.id for entry in book.students}
        fresh = [student for student in students if student.id not in ids]
        for student in fresh:
            book.add_student(student.id, first_name=student.first, last_name=student.last, email=student.email)
    if new_book:
        done.append("gradebook.db")
    if fresh:
        done.append(f"{len(fresh)} student{'s' * (len(fresh) > 1)}")
    return course, done


def _show_programs() -> None:
    """nbgrader calls ``alembic`` by name: the environment's programs must be on the path, even if it is not active."""
    here, paths = str(Path(sys.executable).parent), os.environ.get("PATH", "").split(os.pathsep)
    if here not in paths:
        os.environ["PATH"] = os.pathsep.join([here, *paths])


def _source(given: Assignment) -> str:
    """nbgrader's source notebook: what students get, with the answers marked.

    It stands alone: without links to lessons, and without the last cell, which is for those who learn by themselves.
    """
    import jupytext

    answers = {
        cell.metadata["nbgrader"]["grade_id"]: cell.source
        for cell in jupytext.read(given.source, fmt="py:percent").cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }
    notebook: dict[str, Any] = json.loads(given.notebook.read_text(encoding="utf-8"))
    notebook["cells"] = [cell for cell in notebook["cells"] if "rnncourse solution" not in "".join(cell["source"])]
    for cell in notebook["cells"]:
        id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        cell["source"] = answers[id] if id in answers else _LINK.sub(r"\1", "".join(cell["source"]))
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def write_new(path: Path, text: str, *, mode: int = 0o644) -> bool:
    """Write a file that is not there; whether it was written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True
