"""nbgrader's gradebook: an assignment's cells, and the scores of grades."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Container, Iterable
from contextlib import redirect_stderr

from rnncourse.classroom.assignment import Assignment, assignment
from rnncourse.classroom.course import Course
from rnncourse.classroom.grading import Grade


def assign(course: Course, name: str) -> bool:
    """Make the student's notebook from the course's source, and the assignment's cells in the gradebook.

    Args:
        course: the course.
        name: the assignment.

    Returns:
        Whether anything was made: a release that is there stays.

    Raises:
        ValueError: no such assignment; the release would hold a part of an answer; nbgrader refuses the source.
    """
    given = assignment(name)
    release = course.folder / "release" / name / given.notebook.name
    if release.exists():
        return False
    with redirect_stderr(io.StringIO()):
        made = course.nbgrader().generate_assignment(name, force=False, create=True)
    if not made["success"]:
        raise ValueError(f"nbgrader cannot make the release of {name}: {made.get('error') or made.get('log')}")
    told = left_over(release.read_text(encoding="utf-8"), given)
    if told:
        release.rename(release.with_suffix(".refused"))
        raise ValueError(f"the release of {name} holds a line of an answer: {told!r}; it was not handed out")
    return True


def left_over(release: str, given: Assignment) -> str:
    """A line of an answer that a student's notebook holds, whether in a cell, an output or its metadata; else ""."""
    import jupytext

    def lines(cell: dict) -> list[str]:
        inside, found = False, []
        for line in cell["source"].splitlines():
            if "### END SOLUTION" in line:
                inside = False
            if inside and len(line.strip()) > 12:
                found.append(line.strip())
            inside = inside or "### BEGIN SOLUTION" in line
        return found

    source = given.worded_notebook(jupytext.read(given.source, fmt="py:percent"))
    answers = {line for cell in source["cells"] for line in lines(cell)}
    handed_out = given.worded_notebook(json.loads(given.notebook.read_text(encoding="utf-8")))
    open_text = "\n".join(cell["source"] for cell in handed_out["cells"])
    text = json.dumps(json.loads(release), ensure_ascii=False)
    for line in sorted(answers):
        if line not in open_text and json.dumps(line, ensure_ascii=False)[1:-1] in text:
            return line
    return "### BEGIN SOLUTION" if "BEGIN SOLUTION" in text or "END SOLUTION" in text else ""


def record(course: Course, given: Assignment, grades: list[Grade]) -> None:
    """Write scores into the gradebook; a score that a person gave by hand stays.

    Raises:
        ValueError: :func:`assign` was not run for it.
    """
    check_assigned(course, given)
    notebook = given.notebook.stem
    with course.gradebook() as book, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Object of type <Submitted")  # nbgrader's own, harmless
        for found in grades:
            book.update_or_create_student(found.student)
            book.update_or_create_submission(given.name, found.student)
            for mark in found.marks:
                cell = f"ex{mark.id.replace('.', '-')}-check"
                score = book.find_grade(cell, notebook, given.name, found.student)
                look_again = score.needs_manual_grade or score.auto_score != mark.points
                score.needs_manual_grade = score.manual_score is not None and look_again
                score.auto_score = mark.points
        book.db.commit()


def check_assigned(course: Course, given: Assignment) -> None:
    """Raise ValueError unless :func:`assign` was run for an assignment."""
    from nbgrader.api import MissingEntry

    with course.gradebook() as book:
        try:
            book.find_notebook(given.notebook.stem, given.name)
        except MissingEntry:
            raise ValueError(f"{given.name} is not handed out: run 'rnncourse classroom assign {given.name}'") from None


def autograded(course: Course, name: str, students: Iterable[str], fresh: Container[str]) -> list[str]:
    """Let nbgrader make its own copies of graded submissions, which its formgrader shows.

    Args:
        course, name: the assignment.
        students: whose submissions are graded.
        fresh: those of them who got another grade, and so another copy.

    Returns:
        The students whose notebooks nbgrader refuses; their grades stand.
    """
    refused = []
    logging.getLogger("traitlets").setLevel(logging.ERROR)
    api = course.nbgrader()
    for student in students:
        if student not in fresh and (course.folder / "autograded" / student / name).exists():
            continue
        with redirect_stderr(io.StringIO()):
            if not api.autograde(name, student, force=True, create=True)["success"]:
                refused.append(student)
    return refused
