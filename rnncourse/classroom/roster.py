"""Who takes the course: a CSV of students."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

_ID = re.compile(r"[^\s/\\+]+")  # it names folders; nbgrader gives + a meaning
_NAMES = {
    "id": ("id", "student", "student_id", "username", "user", "login", "sis user id", "sis login id"),
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
        path: comma or semicolon between columns, the first row names them. One is the id ("id", "student", "username",
            …); "first_name", "last_name" and "email" are taken where they are there, other columns are not.

    Raises:
        ValueError: there is no column of ids, an id cannot name a folder, or it is there twice.
        OSError: the file cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"roster must be text in UTF-8, {path.name} is not") from None
    first = text.partition("\n")[0]
    rows = list(csv.reader(text.splitlines(), delimiter=";" if first.count(";") > first.count(",") else ","))
    heads = [head.strip().lower() for head in rows[0]] if rows else []
    places = {field: next((heads.index(n) for n in names if n in heads), None) for field, names in _NAMES.items()}
    if places["id"] is None:
        raise ValueError(
            f"roster must have a column 'id', received the columns {', '.join(map(repr, heads)) or 'none'}"
        )
    students: dict[str, Student] = {}
    for number, row in enumerate(rows[1:], 2):
        if not any(entry.strip() for entry in row):
            continue
        student = Student(
            **{
                field: row[place].strip() if place is not None and place < len(row) else ""
                for field, place in places.items()
            }
        )
        check_id(student.id, f"row {number} of the roster")
        if student.id in students:
            raise ValueError(f"roster must name each student once, row {number} repeats {student.id!r}")
        students[student.id] = student
    return list(students.values())


def check_id(id: str, where: str) -> None:
    """Raise ValueError unless an id can name a folder."""
    if not _ID.fullmatch(id) or id.startswith("."):
        raise ValueError(f"{where}: an id must name a folder, without spaces, slashes or plus signs, received {id!r}")
