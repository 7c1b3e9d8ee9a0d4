"""Bring what was handed in into the course's folder: reported one by one, nothing lost, nothing overwritten."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from rnncourse.classroom.assignment import Assignment, assignment
from rnncourse.classroom.course import Course
from rnncourse.classroom.incoming import MOST_BYTES, File, files
from rnncourse.classroom.roster import Student

_LESSON = re.compile(r"ex(\d\d)-\d+")
_BY_ID = "; call the file ID.ipynb and collect it again"


@dataclass(frozen=True)
class Collected:
    """What became of one file.

    Attributes:
        place: str, where it lay.
        student: str, whose it is; "" where nobody knows.
        status: "collected", "unchanged" (it is there already), "kept aside" (not graded; see ``note``).
        note: str, what an instructor should know about it; "" for nothing.
        path: where it is now.
    """

    place: str
    student: str
    status: str
    note: str
    path: Path | None


def collect(
    course: Course, name: str, source: Path, *, due: datetime | None = None, force: bool = False
) -> list[Collected]:
    """Take submissions from a folder or an archive into ``submitted/STUDENT/NAME/``.

    What is not to be graded is copied to ``aside/NAME/`` and reported: an earlier version of the same student's, a file
    that is no notebook, one of another assignment, one whose author is not on the roster, and one that differs from
    what was collected before, unless ``force`` is given, which puts the one from before aside.

    Args:
        course: the course.
        name: the assignment, "04".
        source: a folder or a zip archive, see :func:`rnncourse.classroom.incoming.files`.
        due: when it was due, with a time zone; later files are collected and reported as late.
        force: take what differs from what is there.

    Returns:
        One entry a file.

    Raises:
        ValueError: no such assignment; no students; ``source`` is neither, or holds the course.
    """
    given, students = assignment(name), course.students()
    if not students:
        raise ValueError(
            f"the course has no students: 'rnncourse classroom create {course.folder} --roster CSV' adds them"
        )
    if source.resolve() in (course.folder, *course.folder.parents):
        raise ValueError(f"source must be what was handed in, received {source}, which holds the course itself")
    found: list[Collected] = []
    chosen: dict[str, list[File]] = {}
    for file in files(source):
        student, unknown = _author(file.keys, students)
        wrong = _not_to_be_graded(file, given, unknown)
        if wrong:
            found.append(_aside(course, name, file, student, wrong))
        else:
            chosen.setdefault(student, []).append(file)
    for student, several in sorted(chosen.items()):
        *earlier, last = sorted(several, key=lambda file: (file.again, file.when or datetime.min.replace(tzinfo=UTC)))
        found += [_aside(course, name, file, student, "an earlier version") for file in earlier]
        found.append(_submit(course, given, last, student, due, force=force))
    return sorted(found, key=lambda entry: entry.place)


def most_frequent(source: Path) -> str:
    """The lesson whose exercises most files of a folder or an archive hold.

    Raises:
        ValueError: none holds any; ``source`` is neither.
    """
    notebooks = (file for file in files(source) if file.place.lower().endswith(".ipynb") and file.size <= MOST_BYTES)
    counts = Counter(lesson for file in notebooks for lesson in _lessons(file.read()))
    if not counts:
        raise ValueError(f"no file in {source} holds exercises of this course; --lesson says which assignment it is")
    return counts.most_common(1)[0][0]


def _author(keys: Sequence[str], students: Iterable[Student]) -> tuple[str, str]:
    """Whose file it is, by id, else by a name that one student alone has; and if nobody is certain, why."""
    students = list(students)
    ids = {student.id for student in students}
    wanted = {_plain(key) for key in keys}
    named = [student.id for student in students if wanted & set(_names(student))]
    sure = next((key for key in keys if key in ids), "")
    if sure and (len(named) != 1 or named == [sure]):
        return sure, ""
    if sure:
        return "", f"{sure} is the id of one student, the name is that of {named[0]}{_BY_ID}"
    if len(named) == 1:
        return named[0], ""
    if named:
        return "", f"{' and '.join(named)} have the same name{_BY_ID}"
    return "", f"nobody on the roster is {' or '.join(map(repr, keys))}{_BY_ID}"


def _names(student: Student) -> Iterator[str]:
    first, last = _plain(student.first), _plain(student.last)
    if first and last:
        yield from (first + last, last + first)


def _plain(name: str) -> str:
    """Letters and digits alone, without accents: what platforms make of a name."""
    bare = unicodedata.normalize("NFKD", name.lower())
    return "".join(letter for letter in bare if letter.isalnum())


def _not_to_be_graded(file: File, given: Assignment, unknown: str) -> str:
    """Why a file is not graded; "" when it is."""
    if PurePosixPath(file.place).suffix.lower() != ".ipynb":
        return "not a notebook"
    if unknown:
        return unknown
    if file.size > MOST_BYTES:
        return f"{file.size >> 20} MiB, which is too large for a notebook"
    lessons = _lessons(file.read())
    if lessons and given.name not in lessons:
        return f"another assignment: it holds exercises of lesson {', '.join(sorted(lessons))}"
    return ""


def _lessons(content: bytes) -> set[str]:
    """The lessons that a notebook has exercises of; none where it cannot be read: grading will say why."""
    try:
        cells = json.loads(content)["cells"]
        ids = [str(cell["metadata"].get("nbgrader", {}).get("grade_id", "")) for cell in cells]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return set()
    return {found[1] for id in ids if (found := _LESSON.match(id))}


def _submit(
    course: Course, given: Assignment, file: File, student: str, due: datetime | None, *, force: bool
) -> Collected:
    folder = course.submitted(student, given.name)
    target, content = folder / given.notebook.name, file.read()
    late = file.late or (due is not None and file.when is not None and file.when > due)
    notes = ["late"] if late else []
    status = "collected"
    if target.exists():
        before = target.read_bytes()
        if before == content:
            return Collected(file.place, student, "unchanged", ", ".join(notes), target)
        if not force:
            reason = f"differs from what was collected before ({target.relative_to(course.folder)}); --force takes it"
            return _aside(course, given.name, file, student, reason)
        kept = _write_beside(course.folder / "aside" / given.name / student / target.name, before)
        notes.append(f"the one before is now {kept.relative_to(course.folder)}")
    folder.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    if file.when is not None:
        (folder / "timestamp.txt").write_text(f"{file.when:%Y-%m-%d %H:%M:%S} UTC\n", encoding="ascii")
    return Collected(file.place, student, status, ", ".join(notes), target)


def _aside(course: Course, name: str, file: File, student: str, reason: str) -> Collected:
    if file.size > MOST_BYTES:
        return Collected(file.place, student, "kept aside", f"{reason}; it stays where it is", None)
    target = course.folder / "aside" / name / (student or "unknown") / _safe(file.place)
    return Collected(file.place, student, "kept aside", reason, _write_beside(target, file.read()))


def _safe(place: str) -> str:
    """A file name that says where it lay."""
    return re.sub(r"[^\w.() -]+", "_", place.replace("/", " ")).lstrip(".")[-150:] or "file"


def _write_beside(path: Path, content: bytes) -> Path:
    """Write under this name, or the next that is free; where the same content lies, that."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, place = 1, path
    while place.exists() and place.read_bytes() != content:
        number += 1
        place = path.with_name(f"{path.stem}.{number}{path.suffix}")
    if not place.exists():
        place.write_bytes(content)
    return place
