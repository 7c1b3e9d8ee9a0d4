"""``rnncourse classroom``: what an instructor types. Each command says what it did and what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rnncourse.classroom.course import Course

app = typer.Typer(help="Hand exercises out, collect, grade and give back.", no_args_is_help=True)


def _number(name: str | None) -> str | None:
    """ "04" for "4"."""
    return name and name.rjust(2, "0")


_Name = Annotated[str, typer.Argument(metavar="LESSON", help="The number of the lesson, such as 04.", callback=_number)]
_Course = Annotated[Path, typer.Option("--course", help="The course's folder.")]
_Force = Annotated[bool, typer.Option("--force", help="Also replace what is there.")]
_HERE = Path(".")


@contextmanager
def _said() -> Iterator[None]:
    """What an instructor can cause or mend is one line and exit code 1."""
    from rnncourse.classroom.sandbox import SandboxError

    try:
        yield
    except (ValueError, OSError, SandboxError) as error:
        typer.echo(f"rnncourse: {error}", err=True)
        raise typer.Exit(1) from None


def _done(*lines: str, following: str = "") -> None:
    for line in lines:
        typer.echo(line)
    if following:
        typer.echo(f"Next: {following}")


def _open(folder: Path) -> Course:
    from rnncourse.classroom.course import open_course

    return open_course(folder)


@app.command()
def create(
    folder: Annotated[Path, typer.Argument(help="A new folder, or a course that is to get what is new.")],
    roster: Annotated[Path | None, typer.Option(help="CSV with a column id; first_name, last_name, email.")] = None,
) -> None:
    """Make an nbgrader course of all exercises. What is there stays as it is."""
    from rnncourse.classroom.course import create as make

    with _said():
        course, done = make(folder, roster)
        students = len(course.students())
    _done(
        *(f"made {what}" for what in done) if done else ("nothing was missing",),
        f"{students} students in all" if students else "no students yet: --roster adds them, before you collect",
        following=f"cd {course.folder} && rnncourse classroom assign 01",
    )


@app.command()
def assign(
    name: _Name,
    course: _Course = _HERE,
    variants: Annotated[
        bool, typer.Option("--variants", help="A notebook for each student, who get exercises in different forms.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="With --variants, though it was handed out without.")] = False,
) -> None:
    """Make the notebook for students, without answers: one for all, or with --variants one for each."""
    from rnncourse.classroom import variants as forms
    from rnncourse.classroom.assignment import assignment
    from rnncourse.classroom.book import assign as make

    with _said():
        found = _open(course)
        if variants:
            forms.turn_on(found, name, force=force)
        fresh = make(found, name)
        differ = forms.is_on(found, name)
        written = forms.hand_out(found, name) if differ else []
    path = next((found.folder / "release" / name).glob("*.ipynb"))
    points = sum(assignment(name).points.values())
    lines = [
        f"made {path}: no line of an answer is in it" if fresh else f"{path} was made before",
        f"it is worth {points:g} points",
    ]
    how = "hand it out"
    if differ:
        lines.append(f"{len(written)} new notebooks in {found.folder / 'handout' / name}, a folder for each student")
        how = "give each student the notebook in the folder of that id"
    _done(*lines, following=f"{how}; later  rnncourse classroom collect FOLDER_OR_ZIP --lesson {name}")


@app.command()
def collect(
    source: Annotated[Path, typer.Argument(help="A folder or a zip of submissions, as Canvas or Moodle give it.")],
    lesson: Annotated[
        str | None, typer.Option(help="Which assignment; else what most of the files answer.", callback=_number)
    ] = None,
    due: Annotated[
        datetime | None, typer.Option(help="Later files are reported as late: 2026-11-30, or 2026-11-30T23:59.")
    ] = None,
    course: _Course = _HERE,
    force: _Force = False,
) -> None:
    """Take submissions in. Every file is reported; nothing is lost, nothing overwritten."""
    from rnncourse.classroom.collect import collect as take
    from rnncourse.classroom.collect import most_frequent

    with _said():
        found = _open(course)
        name = lesson or most_frequent(source)
        if due and due.time() == time.min:  # of a day without a time all is in time
            due += timedelta(days=1)
        entries = take(found, name, source, due=due and due.astimezone(), force=force)
    for entry in sorted(entries, key=lambda entry: entry.status == "kept aside"):  # what is to be looked at comes last
        note = f": {entry.note}" if entry.note else ""
        typer.echo(f"{entry.status:<10}  {entry.student or '?':<12}  {entry.place}{note}")
    counts = {s: sum(e.status == s for e in entries) for s in ("collected", "unchanged", "kept aside")}
    _done(
        f"lesson {name}: " + ", ".join(f"{number} {status}" for status, number in counts.items()),
        following=f"rnncourse classroom grade {name}",
    )


@app.command()
def grade(
    name: _Name,
    course: _Course = _HERE,
    force: Annotated[bool, typer.Option("--force", help="Grade again what has its grade.")] = False,
    unsafe: Annotated[
        bool, typer.Option("--unsafe", help="No sandbox: submissions can read, change and send all that you can.")
    ] = False,
) -> None:
    """Run submissions in the sandbox, judge what they return, write the gradebook."""
    from tqdm.auto import tqdm

    from rnncourse._runtime import is_quiet
    from rnncourse.classroom import book
    from rnncourse.classroom.assignment import assignment
    from rnncourse.classroom.attempt import check_sandbox
    from rnncourse.classroom.feedback import write_report
    from rnncourse.classroom.many import grade_all

    with _said():
        found, given = _open(course), assignment(name)
        if unsafe:
            typer.echo(
                "No sandbox: what these notebooks do, they do as you, with your files and your network.", err=True
            )
        else:
            check_sandbox()
        book.check_assigned(found, given)
        submissions, fresh = found.submissions(name), []
        if not submissions:
            raise ValueError(f"nothing was collected for {name}: run 'rnncourse classroom collect' first")
        with tqdm(total=len(submissions), unit="student", disable=is_quiet(), leave=False) as bar:

            def seen(one: Any, is_fresh: bool) -> None:
                bar.update()
                if is_fresh:
                    fresh.append(one.student)

            grades = grade_all(found, name, force=force, unsafe=unsafe, seen=seen)
        book.record(found, given, grades)
        refused = book.autograded(found, name, sorted(submissions), fresh)
        missing = [student.id for student in found.students() if student.id not in submissions]
        page, _ = write_report(found, given, grades, missing)
    flagged = [one for one in grades if one.flags]
    _done(
        f"{len(fresh)} graded, {len(grades) - len(fresh)} had their grade, {len(missing)} handed in nothing",
        *(f"look at {one.student}: {'; '.join(one.flags)}" for one in flagged),
        *(f"nbgrader makes no copy of {student}'s notebook; the grade stands" for student in refused),
        f"class report: {page}",
        following=f"rnncourse classroom feedback {name}",
    )


@app.command()
def feedback(name: _Name, course: _Course = _HERE) -> None:
    """Write a page for each student, which opens offline."""
    from rnncourse.classroom.assignment import assignment
    from rnncourse.classroom.feedback import write_feedback
    from rnncourse.classroom.many import kept

    with _said():
        found, given = _open(course), assignment(name)
        grades = list(kept(found, name).values())
        if not grades:
            raise ValueError(f"nothing of {name} is graded: run 'rnncourse classroom grade {name}' first")
        pages = write_feedback(found, given, grades)
    _done(
        f"{len(pages)} pages written, {len(grades) - len(pages)} were up to date, in {found.folder / 'feedback'}",
        following="rnncourse classroom export grades.csv",
    )


@app.command()
def export(
    to: Annotated[Path | None, typer.Argument(help="A CSV of all grades.")] = None,
    into: Annotated[Path | None, typer.Option(help="A gradebook CSV of Canvas or Moodle, to fill in.")] = None,
    lesson: Annotated[str | None, typer.Option(help="With --into: the assignment.", callback=_number)] = None,
    column: Annotated[str | None, typer.Option(help="With --into: the heading of its column.")] = None,
    course: _Course = _HERE,
    force: _Force = False,
) -> None:
    """Write grades: all to a CSV, or one assignment's into a platform's gradebook."""
    from rnncourse.classroom.assignment import assignments
    from rnncourse.classroom.export import fill, standing, table, write_new
    from rnncourse.classroom.many import kept
    from rnncourse.classroom.tables import text_of

    with _said():
        found = _open(course)
        grades = {name: kept(found, name) for name in assignments()}
        grades = {name: given for name, given in grades.items() if given}
        if not grades:
            raise ValueError("nothing is graded yet: run 'rnncourse classroom grade' first")
        if into is None:
            if to is None:
                raise ValueError("say where to: a file for all grades, or --into with a platform's gradebook")
            changed = write_new(to, table(found, grades), force=force)
            _done(f"{to}: grades of {', '.join(grades)}" if changed else f"{to} was up to date")
            return
        name = lesson or (next(iter(grades)) if len(grades) == 1 else "")
        if name not in grades:
            raise ValueError(f"--lesson must be one of {', '.join(grades)}, received {name or 'none'}")
        target = to or into.with_name(f"{into.stem}_{name}{into.suffix}")
        given = standing(found, name, grades[name])
        text, unplaced = fill(text_of(into.read_bytes(), into.name), name, given, column=column)
        write_new(target, text, force=force)
    _done(
        f"{target}: {len(grades[name]) - len(unplaced)} grades of {name}; {into} is as it was",
        *(f"no row for {student}" for student in unplaced),
        following="import it on the platform",
    )
