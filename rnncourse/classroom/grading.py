"""Grade one submission: its functions run in the sandbox, their results are judged here."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from rnncourse.classroom.assignment import Assignment
from rnncourse.classroom.attempt import Asked, attempt
from rnncourse.classroom.sandbox import Limits
from rnncourse.classroom.submission import NotANotebook, read_submission
from rnncourse.exercises import Exercise, Outcome, cases, diagnose, get
from rnncourse.exercises.exercise import Inputs


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What one exercise earned.

    Attributes:
        id: str, such as "04.2".
        title: str, of the exercise.
        points, most: float, earned and possible.
        status: as in :class:`rnncourse.exercises.Report`.
        message: str, what was found, for the student.
    """

    id: str
    title: str
    points: float
    most: float
    status: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Grade:
    """What a submission earned.

    Attributes:
        student, assignment: str.
        digest: str, sha256 of the file that was graded.
        marks: one an exercise.
        flags: what an instructor should know, in words; the student is not told.
        seconds: float, in the sandbox.
    """

    student: str
    assignment: str
    digest: str
    marks: list[Mark]
    flags: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def points(self) -> float:
        return sum(mark.points for mark in self.marks)

    @property
    def most(self) -> float:
        return sum(mark.most for mark in self.marks)

    def as_data(self) -> dict[str, Any]:
        """For JSON; :meth:`from_data` makes the grade of it again."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Grade:
        return cls(**data | {"marks": [Mark(**mark) for mark in data["marks"]]})


def number_of(secret: bytes, student: str, what: str) -> int:
    """A number below 2³² that decides something for a student: always the same, another for every student.

    Args:
        secret: the course's, so that nobody can know the number before.
        student: str.
        what: str, which thing it decides; the inputs of an assignment's checks are drawn from that of its name.
    """
    drawn = hmac.digest(secret, f"{what}\n{student}".encode(), hashlib.sha256)
    return int.from_bytes(drawn[:4], "big")


def grade(
    content: bytes,
    assignment: Assignment,
    *,
    student: str,
    secret: bytes,
    limits: Limits | None = None,
    unsafe: bool = False,
) -> Grade:
    """Grade a notebook.

    Args:
        content: what the student handed in, from :func:`rnncourse.classroom.submission.contents`.
        assignment: what it answers.
        student: str, whose it is.
        secret: the course's.
        limits: what it may take.
        unsafe: without a sandbox, see :func:`rnncourse.classroom.attempt.attempt`.

    Returns:
        Grade. What cannot be read earns nothing and carries a flag.

    Raises:
        SandboxError: there is no working sandbox; nothing was graded.
    """
    digest = hashlib.sha256(content).hexdigest()
    about = {"student": student, "assignment": assignment.name, "digest": digest}
    try:
        submission = read_submission(content, assignment)
    except NotANotebook as error:
        marks = [
            _mark(e, assignment, "error", f"✘ {e.id} {e.function}: your file could not be read: {error}.")
            for e in assignment.exercises
        ]
        return Grade(**about, marks=marks, flags=[_printable(f"the file could not be read: {error}")])
    seed = number_of(secret, student, assignment.name)
    drawn = {e.id: cases(e, seed=seed) for e in assignment.exercises}
    asked = [Asked(e.id, e.function, drawn[e.id]) for e in assignment.exercises]
    found = attempt(submission.cells, asked, limits, unsafe=unsafe)
    marks = [_judged(e, assignment, drawn[e.id], found.outcomes[e.id]) for e in assignment.exercises]
    copied = [flag for mark in marks for flag in _copied(mark, assignment, drawn[mark.id], found.outcomes[mark.id])]
    flags = [_printable(flag) for flag in (*copied, *submission.flags, *found.flags)]
    return Grade(**about, marks=marks, flags=flags, seconds=round(found.seconds, 2))


def _judged(exercise: Exercise, assignment: Assignment, drawn: list, outcomes: list[Outcome] | None) -> Mark:
    if outcomes is None:
        text = f"○ {exercise.id} {exercise.function}: there is no function of this name in your notebook."
        return _mark(exercise, assignment, "not attempted", text)
    report = diagnose(exercise, drawn, outcomes)
    return _mark(exercise, assignment, report.status, report.message)


def _copied(mark: Mark, given: Assignment, drawn: list[Inputs], outcomes: list[Outcome] | None) -> Iterator[str]:
    """Whether a wrong answer is right for a form of the exercise that other students have."""
    if not given.forms or not outcomes or mark.status in ("passed", "not attempted"):
        return
    asked = given.exercise(mark.id)
    for name in ("", *asked.variants):
        if name != asked.variant and diagnose(get(mark.id, name), drawn, outcomes):
            form, own = (repr(word) if word else "ordinary" for word in (name, asked.variant))
            yield f"{mark.id}: right for the {form} form that others have; this student's is the {own} one"


def _mark(exercise: Exercise, assignment: Assignment, status: str, message: str) -> Mark:
    most = assignment.points[exercise.id]
    points = most if status == "passed" else 0.0
    return Mark(
        id=exercise.id, title=exercise.title, points=points, most=most, status=status, message=_printable(message)
    )


def _printable(text: str) -> str:
    """Without the control characters of a submission, which could move what a terminal shows."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)
