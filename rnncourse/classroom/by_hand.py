"""What a person gave in nbgrader's formgrader: points in place of the grader's, and comments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from rnncourse.classroom.assignment import exercise_of
from rnncourse.classroom.course import Course
from rnncourse.classroom.grading import Grade


@dataclass(frozen=True)
class ByHand:
    """For one submission.

    Attributes:
        points: by the exercise's id: what a person gave, extra points included; only where one gave any.
        comments: by the exercise's id: what a person wrote.
    """

    points: dict[str, float] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)


def by_hand(course: Course, name: str) -> dict[str, ByHand]:
    """What the gradebook holds of a person's work on an assignment, by the student's id; most have none."""
    from nbgrader.api import Comment
    from nbgrader.api import Grade as Score

    found: dict[str, ByHand] = {}
    with course.gradebook() as book:
        given = Score.manual_score.isnot(None) | Score.extra_credit.isnot(None)
        for score in book.db.query(Score).filter(given):
            if score.assignment.name == name and score.score is not None:
                found.setdefault(score.student.id, ByHand()).points[exercise_of(score.name)] = score.score
        for comment in book.db.query(Comment).filter(Comment.manual_comment.isnot(None)):
            if comment.assignment.name == name and comment.manual_comment.strip():
                written = found.setdefault(comment.student.id, ByHand()).comments
                written[exercise_of(comment.name)] = comment.manual_comment.strip()
    return found


def corrected(grades: Iterable[Grade], given: Mapping[str, ByHand]) -> list[Grade]:
    """Grades with the points that a person gave in place of the grader's.

    Args:
        grades: as they were graded.
        given: from :func:`by_hand`.
    """
    return [
        replace(grade, marks=[replace(mark, points=own.points.get(mark.id, mark.points)) for mark in grade.marks])
        if (own := given.get(grade.student)) and own.points
        else grade
        for grade in grades
    ]
