"""What a student is given back, and what a class looks like: pages that open offline."""

from __future__ import annotations

import csv
import io
import json
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rnncourse.classroom.assignment import Assignment
from rnncourse.classroom.by_hand import ByHand, by_hand, corrected
from rnncourse.classroom.course import Course
from rnncourse.classroom.grading import Grade, Mark
from rnncourse.classroom.many import flagged_first
from rnncourse.classroom.page import page, picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STATUSES = {
    "passed": "Passed.",
    "mistake": "Not yet: your results show which mistake it is.",
    "wrong": "Not yet: some results differ.",
    "error": "Not yet: the code does not get to its end.",
    "not attempted": "Not attempted.",
}
_NEXT = {
    "mistake": "Mend that, and run the check in your notebook again.",
    "wrong": "Work the input above through by hand, or print what your function computes on the way to the number that "
    "differs.",
    "error": "Call your function with the input above in your notebook: the same happens there, and you can see where.",
    "not attempted": "The worked example in the task is a good first call to try your function with.",
}

_EXCHANGED = ("timestamp.txt", "submission_secret.txt")
"""What nbgrader's exchange keeps beside a submission, and wants beside its feedback to give it back."""
_NOTHING_RAN = ("your file could not be read", "could not be run")
"""How messages begin that say of every exercise the same, since no function could be tried."""


def heading(given: Assignment) -> str:
    """ "Exercises 04 · …", the title of the notebook."""
    first = json.loads(given.notebook.read_text(encoding="utf-8"))["cells"][0]
    return "".join(first["source"]).splitlines()[0].removeprefix("# ")


def student_page(given: Assignment, grade: Grade, own: ByHand | None = None) -> str:
    """One student's feedback as HTML: for each exercise what passed, the diagnosis, and what to do next.

    It holds the student's own results and the course's hints, no answers; flags are for the instructor alone.

    Args:
        given: the assignment.
        grade: the student's.
        own: what a person gave in place of points, or wrote.
    """
    own = own or ByHand()
    (grade,) = corrected([grade], {grade.student: own})
    said = {found_in(mark) for mark in grade.marks}
    nothing = said.pop() if len(said) == 1 else ""
    return page(
        "feedback",
        heading=heading(given),
        grade=grade,
        own=own,
        nothing=nothing if nothing.startswith(_NOTHING_RAN) else "",
        passed=sum(mark.status == "passed" for mark in grade.marks),
        found_in=found_in,
        words=STATUSES,
        next=_NEXT,
    )


def found_in(mark: Mark) -> str:
    """What was found, without the exercise's name before it and the input below it."""
    return mark.message.splitlines()[0].partition(": ")[2]


def write_feedback(course: Course, given: Assignment, grades: Sequence[Grade]) -> list[Path]:
    """A page for each grade, in ``feedback/STUDENT/NAME/``; those that would not change are not written.

    Returns:
        The pages that are new or changed.
    """
    written, own = [], by_hand(course, given.name)
    for found in grades:
        path = course.folder / "feedback" / found.student / given.name / f"{given.notebook.stem}.html"
        if _changed(path, student_page(given, found, own.get(found.student))):
            written.append(path)
        for name in _EXCHANGED:
            if (kept := course.submitted(found.student, given.name) / name).is_file():
                _changed(path.with_name(name), kept.read_text(encoding="utf-8"))
    return written


def class_page(
    given: Assignment, grades: Sequence[Grade], missing: Sequence[str] = (), names: Mapping[str, str] | None = None
) -> str:
    """The class as HTML: what to look at first, the points, the exercises, the most frequent mistakes.

    Args:
        given: the assignment.
        grades: at least one.
        missing: ids of students who handed in nothing.
        names: students' names by their ids, as far as they are known.
    """
    import matplotlib.pyplot as plt

    from rnncourse import plots

    with plt.rc_context():
        plots.use_style()
        figure = _figure(given, grades)
        image = picture(figure)
        plt.close(figure)
    points = [found.points for found in grades]
    return page(
        "report",
        heading=heading(given),
        grades=list(flagged_first(list(grades))),
        flagged=[found for found in grades if found.flags],
        missing=missing,
        names={student: name for student, name in (names or {}).items() if name},
        mean=statistics.fmean(points),
        median=statistics.median(points),
        most=sum(given.points.values()),
        ids=list(given.points),
        figure=image,
        mistakes=mistakes(grades),
    )


def mistakes(grades: Sequence[Grade], least: int = 2) -> list[tuple[str, int, str]]:
    """Diagnoses that several students got: exercise, number of students, text; the most frequent first."""
    texts = Counter((mark.id, found_in(mark)) for found in grades for mark in found.marks if mark.status == "mistake")
    return [(id, number, text) for (id, text), number in texts.most_common() if number >= least]


def write_report(course: Course, given: Assignment, grades: Sequence[Grade], missing: Sequence[str]) -> list[Path]:
    """The class report as a page and as a table, ``reports/NAME.html`` and ``.csv``; with points given by hand.

    Returns:
        Both paths.
    """
    folder = course.folder / "reports"
    grades = corrected(grades, by_hand(course, given.name))
    names = {student.id: f"{student.first} {student.last}".strip() for student in course.students()}
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(["student", "name", *given.points, "points", "most", "statuses", "flags"])
    for found in flagged_first(list(grades)):
        marks = [mark.points for mark in found.marks]
        who = (found.student, names.get(found.student, ""))
        statuses = "; ".join(f"{mark.id} {mark.status}" for mark in found.marks)
        rows.writerow([*who, *marks, found.points, found.most, statuses, "; ".join(found.flags)])
    pages = {
        folder / f"{given.name}.html": class_page(given, grades, missing, names),
        folder / f"{given.name}.csv": table.getvalue(),
    }
    for path, text in pages.items():
        _changed(path, text)
    return list(pages)


def _changed(path: Path, text: str) -> bool:
    """Write a page of ours where it says something new."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True


def _figure(given: Assignment, grades: Sequence[Grade]) -> Figure:
    import matplotlib.pyplot as plt
    import numpy as np

    from rnncourse.plots import PALETTE

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    points, most = [found.points for found in grades], sum(given.points.values())
    end = max([most, *points])  # beyond what there is to earn, where a person gave extra points
    left.hist(points, bins=np.arange(-0.5, end + 1.5), color=PALETTE["gru"], rwidth=0.85)
    left.set(xlabel=f"points of {most:g}", ylabel="students", title="Points", xlim=(-0.6, end + 0.6))
    left.yaxis.get_major_locator().set_params(integer=True)
    groups = {"passed": ("passed",), "not yet": ("mistake", "wrong", "error"), "not attempted": ("not attempted",)}
    colors = dict(zip(groups, (PALETTE["gru"], PALETTE["baseline"], PALETTE["faint"]), strict=True))
    start = np.zeros(len(given.points))
    for group, statuses in groups.items():
        counts = [sum(f.marks[k].status in statuses for f in grades) for k in range(len(given.points))]
        right.barh(list(given.points), counts, left=start, label=group, color=colors[group])
        start += counts
    right.invert_yaxis()
    right.set(xlabel="students", title="Exercises")
    right.xaxis.get_major_locator().set_params(integer=True)
    right.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=3, frameon=False)
    return figure
