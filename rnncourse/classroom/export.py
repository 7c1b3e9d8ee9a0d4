"""Grades as a table, and into the table that a learning platform exported."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from rnncourse.classroom.by_hand import by_hand, corrected
from rnncourse.classroom.course import Course
from rnncourse.classroom.grading import Grade
from rnncourse.classroom.tables import MARK, delimiter, rows_of

_EXCUSED = "EX"
"""What Canvas writes in place of points for a student who is excused."""
_ID_COLUMNS = ("sis user id", "sis login id", "id", "id number", "username", "student id", "email address")


def standing(course: Course, name: str, grades: Mapping[str, Grade]) -> dict[str, Grade]:
    """The grades of an assignment, by student, with the points that a person gave by hand."""
    return {grade.student: grade for grade in corrected(grades.values(), by_hand(course, name))}


def table(course: Course, grades: Mapping[str, Mapping[str, Grade]]) -> str:
    """All grades as CSV, a row for each student of the course, an empty field where nothing was handed in.

    Args:
        course: the course.
        grades: by assignment, by student; points given by hand take their place.
    """
    grades = {name: standing(course, name, given) for name, given in grades.items()}
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["id", "first_name", "last_name", "email", *grades, "total"])
    for student in course.students():
        points = [found[student.id].points if student.id in found else "" for found in grades.values()]
        total = sum(point for point in points if point != "")
        rows.writerow([student.id, student.first, student.last, student.email, *points, total])
    return out.getvalue()


def fill(text: str, name: str, grades: Mapping[str, Grade], *, column: str | None = None) -> tuple[str, list[str]]:
    """A platform's gradebook with the points of an assignment in its column; everything else stays as it is.

    Args:
        text: the CSV that Canvas or Moodle exported; its columns are divided by commas, semicolons or tabs.
        name: the assignment, "04".
        grades: by student's id; who is excused ("EX") stays so.
        column: the heading of its column, or how it begins; None takes the one column that has the assignment's number
            as a word.

    Returns:
        The CSV, and the ids of the graded students that have no row in it.

    Raises:
        ValueError: no such column, or several; no column of ids.
    """
    rows = rows_of(text)
    if not rows:
        raise ValueError("the gradebook must be a CSV with a row of headings, received an empty file")
    heads = [head.strip() for head in rows[0]]
    place = _column(heads, name, column)
    keys = [k for id in _ID_COLUMNS for k, head in enumerate(heads) if head.lower() == id]
    if not keys:
        raise ValueError(f"the gradebook must have a column of ids, one of {', '.join(_ID_COLUMNS)}")
    placed: set[str] = set()
    for row in rows[1:]:
        row += [""] * (len(heads) - len(row))
        student = next((row[k].strip() for k in keys if row[k].strip() in grades), None)
        if student is not None:
            placed.add(student)
            if row[place].strip() != _EXCUSED:
                row[place] = f"{grades[student].points:g}"
    out, end = io.StringIO(newline=""), "\r\n" if "\r\n" in text else "\n"
    csv.writer(out, delimiter=delimiter(text), lineterminator=end).writerows(rows)
    return MARK * text.startswith(MARK) + out.getvalue(), sorted(set(grades) - placed)


def _column(heads: Sequence[str], name: str, column: str | None) -> int:
    if column is not None:
        found = [k for k, head in enumerate(heads) if head == column] or [
            k for k, head in enumerate(heads) if head.startswith(column)
        ]
        wanted = f"beginning with {column!r}"
    else:
        number = re.compile(rf"(?<!\d)0?{int(name)}(?!\d)")
        found = [k for k, head in enumerate(heads) if number.search(re.sub(r"\(\d+\)\s*$", "", head))]
        wanted = f"with the number {name} in its heading"
    if len(found) != 1:
        which = ", ".join(repr(heads[k]) for k in found) or "none"
        raise ValueError(f"the gradebook must have one column {wanted}, received {which}; --column names it")
    return found[0]


def write_new(path: Path, text: str, *, force: bool) -> bool:
    """Write a file; whether anything changed.

    Raises:
        ValueError: another content is there, and ``force`` is not given.
    """
    if path.exists():
        if path.read_bytes() == text.encode():
            return False
        if not force:
            raise ValueError(f"{path} is there and holds something else; --force overwrites it")
    path.write_bytes(text.encode())
    return True
