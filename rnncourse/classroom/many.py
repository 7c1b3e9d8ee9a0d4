"""Grade all submissions of an assignment; what is graded is kept at once, so that a run can end at any time."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from contextlib import nullcontext
from pathlib import Path

import rnncourse
from rnncourse.classroom.assignment import Assignment
from rnncourse.classroom.course import Course
from rnncourse.classroom.grading import Grade, grade
from rnncourse.classroom.sandbox import Limits
from rnncourse.classroom.submission import contents
from rnncourse.classroom.variants import given_to


def kept(course: Course, name: str) -> dict[str, Grade]:
    """The grades of an assignment that are there, by the student's id."""
    found = {}
    for path in sorted((course.grades / name).glob("*.json")):
        found[path.stem] = Grade.from_data(json.loads(path.read_text(encoding="utf-8"))["grade"])
    return found


def kept_grade(course: Course, given: Assignment, student: str, content: bytes) -> Grade | None:
    """The grade that exactly this content got from this version and form of the exercises, or None."""
    path = _path(course, given.name, student)
    if not path.is_file():
        return None
    data = json.loads(path.read_text(encoding="utf-8"))
    grade = Grade.from_data(data["grade"])
    same = grade.digest == hashlib.sha256(content).hexdigest() and data["exercises"] == version(given)
    return grade if same else None


def grade_all(
    course: Course,
    name: str,
    *,
    executor: Executor | None = None,
    force: bool = False,
    limits: Limits | None = None,
    unsafe: bool = False,
    grader: Callable[..., Grade] = grade,
    seen: Callable[[Grade, bool], None] = lambda grade, fresh: None,
) -> list[Grade]:
    """Grade what was collected and has no grade yet.

    A submission is graded again when it or the exercises changed. Grades are files of their own, written in one go: a
    run that is killed goes on where it was.

    Args:
        course: the course.
        name: the assignment.
        executor: any ``concurrent.futures.Executor``, for one that of a ``dask.distributed`` client; left open. None
            takes as many threads as there are cores: what takes time are the sandboxes, processes of their own.
        force: grade again what has its grade.
        limits: what a submission may take.
        unsafe: without a sandbox, see :func:`rnncourse.classroom.attempt.attempt`.
        grader: grades one, as :func:`rnncourse.classroom.grading.grade`.
        seen: called with each grade as it comes, and whether it was given now.

    Returns:
        The grades, in the order of students.

    Raises:
        ValueError: no such assignment.
        SandboxError: there is no working sandbox; nothing more was graded.
    """
    secret, found = course.secret, {}
    waiting: dict[str, tuple[bytes, Assignment]] = {}
    for student, path in course.submissions(name).items():
        content = contents(path)
        given = given_to(course, name, student)
        before = None if force else kept_grade(course, given, student, content)
        if before is None:
            waiting[student] = content, given
        else:
            found[student] = before
            seen(before, False)
    with ThreadPoolExecutor(os.cpu_count()) if executor is None else nullcontext(executor) as pool:
        futures: dict[Future, str] = {
            pool.submit(grader, content, given, student=student, secret=secret, limits=limits, unsafe=unsafe): student
            for student, (content, given) in waiting.items()
        }
        try:
            for future in as_completed(futures):
                student = futures[future]
                found[student] = future.result()
                keep(course, waiting[student][1], found[student])
                seen(found[student], True)
        finally:
            for future in futures:
                future.cancel()
    return [found[student] for student in sorted(found)]


def version(given: Assignment) -> str:
    """Of an assignment's exercises: what tells and judges them, as a fingerprint."""
    package = Path(rnncourse.__file__).parent / "exercises"
    parts = [*sorted(package.glob("*.py")), *sorted((package / f"lesson_{given.name}").glob("*.py")), given.notebook]
    forms = json.dumps(sorted(given.forms.items())).encode()
    return hashlib.sha256(b"".join([*(path.read_bytes() for path in parts), forms])).hexdigest()


def _path(course: Course, name: str, student: str) -> Path:
    return course.grades / name / f"{student}.json"


def keep(course: Course, given: Assignment, found: Grade) -> None:
    """Write a grade to ``grades/NAME/STUDENT.json``: all of it or, whatever happens meanwhile, nothing."""
    target = _path(course, given.name, found.student)
    target.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"exercises": version(given), "grade": found.as_data()}, ensure_ascii=False, indent=1)
    descriptor, path = tempfile.mkstemp(dir=target.parent, prefix=".")
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(path, target)
    except BaseException:
        Path(path).unlink(missing_ok=True)
        raise


def flagged_first(grades: list[Grade]) -> Iterator[Grade]:
    """Those that an instructor should look at before the others."""
    yield from sorted(grades, key=lambda found: (not found.flags, found.student))
