"""Another form of exercises for every student, from the same source: who has which, and the notebooks to hand out."""

from __future__ import annotations

import json
from pathlib import Path

from rnncourse.classroom.assignment import Assignment, assignment
from rnncourse.classroom.book import left_over
from rnncourse.classroom.course import Course, write_new
from rnncourse.classroom.grading import number_of
from rnncourse.classroom.tables import delimiter, rows_of, text_of
from rnncourse.exercises import all_exercises

_ORDINARY = "ordinary"


def turn_on(course: Course, name: str, *, force: bool = False) -> None:
    """Give the students of an assignment different forms from now on; to be called before it is handed out.

    Args:
        course: the course.
        name: the assignment.
        force: also when it was handed out before, the same to all.

    Raises:
        ValueError: no exercise of the assignment has another form, or it was handed out before.
    """
    given = assignment(name)
    if not any(exercise.variants for exercise in given.exercises):
        known = sorted({exercise.id[:2] for exercise in all_exercises() if exercise.variants})
        raise ValueError(f"no exercise of {name} has variants, those of {', '.join(known)} have")
    if is_on(course, name):
        return
    if (course.folder / "release" / name).exists() and not force:
        raise ValueError(f"{name} was made without variants: --force gives students different forms all the same")
    write_new(_table(course, name), ",".join(["student", *given.points]) + "\n")


def is_on(course: Course, name: str) -> bool:
    """Whether the students of an assignment have different forms."""
    return _table(course, name).is_file()


def given_to(course: Course, name: str, student: str) -> Assignment:
    """The assignment as one student has it: in the forms of ``variants/NAME.csv``; without that file, as all have it.

    A student who is not in the file has the forms that :func:`hand_out` would give.
    """
    if not is_on(course, name):
        return assignment(name)
    row = _rows(_table(course, name)).get(student)
    return assignment(name, _drawn(course, name, student) if row is None else row)


def hand_out(course: Course, name: str) -> list[Path]:
    """Write each student's notebook, ``handout/NAME/STUDENT/…``, where it is not there yet.

    Args:
        course: the course.
        name: an assignment that has its release, and whose students have different forms.

    Returns:
        The notebooks that are new.

    Raises:
        ValueError: a notebook would hold a line of an answer.
    """
    table, written = _table(course, name), []
    known = _rows(table)
    for student in course.students():
        given = given_to(course, name, student.id)
        if student.id not in known:
            _append(table, student.id, *(form or _ORDINARY for form in given.forms.values()))
        release = (course.folder / "release" / name / given.notebook.name).read_text(encoding="utf-8")
        text = json.dumps(given.worded_notebook(json.loads(release)), ensure_ascii=False, indent=1) + "\n"
        if told := left_over(text, given):
            raise ValueError(f"the notebook of {student.id} would hold a line of an answer: {told!r}")
        path = course.folder / "handout" / name / student.id / given.notebook.name
        if write_new(path, text):
            written.append(path)
    return written


def _table(course: Course, name: str) -> Path:
    return course.folder / "variants" / f"{name}.csv"


def _rows(table: Path) -> dict[str, dict[str, str]]:
    """The forms of each student who has a row, "" for an ordinary one; a spreadsheet makes 4.1 of 04.1."""
    (_, *ids), *rows = rows_of(text_of(table.read_bytes(), table.name))
    return {
        student: {id.rjust(4, "0"): "" if form == _ORDINARY else form for id, form in zip(ids, forms, strict=True)}
        for student, *forms in filter(None, rows)
    }


def _append(table: Path, *entries: str) -> None:
    """Add a row in the way in which the table is written."""
    text = text_of(table.read_bytes(), table.name)
    end = "" if text.endswith("\n") else "\n"
    table.write_text(f"{text}{end}{delimiter(text).join(entries)}\n", encoding="utf-8")


def _drawn(course: Course, name: str, student: str) -> dict[str, str]:
    """One of the forms of each exercise, each as likely as the others; always the same for a student of a course."""
    forms = {}
    for exercise in assignment(name).exercises:
        choices = ["", *exercise.variants]
        forms[exercise.id] = choices[number_of(course.secret, student, f"form of {exercise.id}") % len(choices)]
    return forms
