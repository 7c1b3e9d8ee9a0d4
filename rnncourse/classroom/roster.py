"""Who takes the course: a CSV of students."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from rnncourse.classroom.tables import rows_of, text_of

_ID = re.compile(r"[^\s/\\+]+")  # it names folders; nbgrader gives + a meaning
_NAMES = {
    "id": (
        *("id", "student_id", "student id", "id number", "username", "user", "login"),
        *("sis user id", "sis login id", "student"),
    ),
    "first": ("first_name", "first name", "firstname", "first"),
    "last": ("last_name", "last name", "lastname", "last", "surname"),
    "email": ("email", "e-mail", "email address", "mail"),
}


@dataclass(frozen=True)
class Student:
    """One student.

    Attributes:
        id: str, names folders: no spaces, slashes or plus signs, not "." at the beginning.
        first, last, email: str, "" where unknown.
    """

    id: str
    first: str = ""
    last: str = ""
    email: str = ""


def read_roster(path: Path) -> list[Student]:
    """The students of a CSV file.

    Args:
        path: as UTF-8, or as Excel's "Unicode text"; a comma, semicolon or tab between columns; the first row names
            them. One is the id ("id", "student id", "username", …); "first_name", "last_name" and "email" are taken
            where they are there, other columns are not. A gradebook that Canvas exported is such a file: its ids are
            those in the names of submissions, and its names are written "Last, First".

    Raises:
        ValueError: there is no column of ids, an id cannot name a folder, or it is there twice.
        OSError: the file cannot be read.
    """
    rows = rows_of(text_of(path.read_bytes(), path.name))
    heads = [head.strip().lower() for head in rows[0]] if rows else []
    places = {field: next((heads.index(n) for n in names if n in heads), None) for field, names in _NAMES.items()}
    if places["id"] is None:
        raise ValueError(
            f"roster must have a column 'id', received the columns {', '.join(map(repr, heads)) or 'none'}"
        )
    canvas = heads.index("student") if heads[:1] == ["student"] and places["id"] != 0 else None
    students: dict[str, Student] = {}
    for number, row in enumerate(rows[1:], 2):
        row += [""] * (len(heads) - len(row))
        found = {field: "" if place is None else row[place].strip() for field, place in places.items()}
        if not any(entry.strip() for entry in row) or (canvas is not None and not found["id"]):
            continue  # below its headings Canvas writes a row of points without an id
        if canvas is not None and not found["first"] and not found["last"]:
            found["last"], _, found["first"] = (part.strip() for part in row[canvas].partition(","))
        student = Student(**found)
        check_id(student.id, f"row {number} of the roster")
        if student.id in students:
            raise ValueError(f"roster must name each student once, row {number} repeats {student.id!r}")
        students[student.id] = student
    return list(students.values())


def check_id(id: str, where: str) -> None:
    """Raise ValueError unless an id can name a folder."""
    if not _ID.fullmatch(id) or id.startswith("."):
        raise ValueError(f"{where}: an id must name a folder, without spaces, slashes or plus signs, received {id!r}")
