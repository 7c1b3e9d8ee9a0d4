"""The ``rnncourse`` command."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from rnncourse.classroom.commands import app as classroom

_PACKAGE = Path(__file__).resolve().parent
_NOTEBOOKS = _PACKAGE.parent / "notebooks"

app = typer.Typer(
    help="The course on recurrent networks: open it, look at it, practise.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
data = typer.Typer(help="Public data sets, which no lesson needs. Each is downloaded once.", no_args_is_help=True)
app.add_typer(data, name="data")
app.add_typer(classroom, name="classroom")


def _stop(message: object) -> NoReturn:
    typer.echo(f"rnncourse: {message}", err=True)
    raise typer.Exit(1)


@contextmanager
def _one_line(*errors: type[Exception]) -> Iterator[None]:
    """Turn what a user can cause into one line and exit code 1."""
    try:
        yield
    except errors as error:
        _stop(error)


def _table(*rows: tuple[object, ...]) -> str:
    """Columns as wide as their widest entry, numbers to the right; the last one is wrapped where the terminal ends."""
    texts = [[str(entry) for entry in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    numbers = [isinstance(entry, int | float) for entry in rows[-1]]
    before_last = sum(width + 2 for width in widths[:-1])
    wrap = textwrap.TextWrapper(max(_columns(), before_last + 20), subsequent_indent=" " * before_last)
    return "\n".join(
        wrap.fill(
            "  ".join(
                text.rjust(width) if number else text.ljust(width)
                for text, width, number in zip(row, widths, numbers, strict=True)
            )
        )
        for row in texts
    )


def _columns() -> int:
    """The terminal's width; where the output goes elsewhere, more than any line has."""
    return shutil.get_terminal_size((10_000, 24)).columns


def _filled(text: str) -> str:
    """Paragraphs of Markdown, their lines as long as the terminal has room; lists, tables and code stay as they are."""
    return "\n\n".join(
        paragraph
        if re.search(r"^(\s|```|[|>]|[-*] |\d+\. )", paragraph, re.MULTILINE)
        else textwrap.fill(paragraph, min(_columns(), 110), break_long_words=False, break_on_hyphens=False)
        for paragraph in text.strip().split("\n\n")
    )


@app.command()
def doctor() -> None:
    """Tell what this machine has and lacks. Exit code 1 when a lesson could not run."""
    from rnncourse.doctor import examine

    marks = {"ok": "✔", "note": "–", "problem": "✘"}
    problems = 0
    for finding in examine():
        typer.echo(f"{marks[finding.kind]} {finding.subject:<20} {finding.found}")
        problems += finding.kind == "problem"
    if problems:
        _stop(f"{problems} of these would keep a lesson from running: see the lines with ✘")
    typer.echo("The lessons can run here.")


@app.command()
def lessons() -> None:
    """List the lessons. Minutes to read, seconds to run, claims that are measured."""
    with _one_line(FileNotFoundError):
        built = _built()
    rows = [
        (name, lesson["title"], lesson["minutes"], lesson["seconds"], lesson["claims"])
        for name, lesson in sorted(built.items())
        if not name.startswith("exercises/")
    ]
    typer.echo(_table(("notebook", "title", "minutes", "seconds", "claims"), *rows))


def _built() -> dict[str, Any]:
    """What the last build measured, from inside the installed package, else from the checkout."""
    packaged, checkout = _PACKAGE / "_built.json", _NOTEBOOKS / "built.json"
    for path in (packaged, checkout):
        if path.is_file():
            return json.loads(path.read_text(encoding="utf-8"))
    raise FileNotFoundError(
        f"what the last build measured is neither at {packaged} nor at {checkout}: run 'make notebooks'"
    )


@data.command("list")
def data_list() -> None:
    """List the public data sets, and which are here."""
    from rnncourse.datasets.public import PUBLIC, cache_path

    rows = [
        (f.name, round(f.bytes / 1e6, 1), "yes" if cache_path(f.name).is_file() else "", f.what)
        for f in PUBLIC.values()
    ]
    typer.echo(_table(("name", "MB", "here", "what"), *rows))


@data.command("fetch")
def data_fetch(name: Annotated[str, typer.Argument(help="One of the names that `rnncourse data list` shows.")]) -> None:
    """Download a public data set unless it is here. Prints where it lies and how to read it."""
    from rnncourse.datasets.public import PUBLIC, fetch

    with _one_line(ValueError, OSError):
        typer.echo(fetch(name))
    typer.echo(f"read it with  {PUBLIC[name].load}", err=True)


@app.command()
def exercise(
    lesson: Annotated[str, typer.Argument(help="The number of the lesson, such as 01.")],
    to: Annotated[Path, typer.Option(help="The folder to write to.")] = Path("."),
) -> None:
    """Write a fresh copy of a lesson's exercises. A notebook that is there stays as it is."""
    from rnncourse.exercises.copies import exercise_notebook, fresh_copy

    with _one_line(ValueError, OSError):
        notebook = exercise_notebook(lesson)
        path = fresh_copy(notebook, to)
    typer.echo(f"{path}" + (f"  ({notebook.name} is taken and stays as it is)" if path.name != notebook.name else ""))


@app.command()
def solution(
    id: Annotated[str, typer.Argument(help="The exercise, such as 01.2.")],
    variant: Annotated[
        str, typer.Option(help="The form that your notebook has, as its check names it.", show_default=False)
    ] = "",
) -> None:
    """Show a worked answer and why it is right."""
    from rnncourse import exercises

    with _one_line(ValueError, LookupError):
        exercise, answer = exercises.get(id, variant), exercises.solution(id, variant)
    typer.echo(f"{exercise.id}  {exercise.title}\n\n{answer}\n\n{_filled(exercise.explanation)}")


@app.command()
def write(
    file: Annotated[
        Path | None, typer.Argument(help="A text to learn from; without one, Python's standard library.")
    ] = None,
    minutes: Annotated[float, typer.Option(help="How long to train.")] = 3.0,
    steps: Annotated[
        int | None, typer.Option(help="How many updates instead: the same result on every run.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the first weights and of what is drawn.")] = 0,
    save: Annotated[Path | None, typer.Option(help="Keep the model in this file, which must not be there.")] = None,
    load: Annotated[Path | None, typer.Option(help="Write with a model that was kept; nothing is trained.")] = None,
    prompt: Annotated[str | None, typer.Option(help="What to continue; without one, a line of the text.")] = None,
    temperature: Annotated[float, typer.Option(help="Below 1 bolder, above 1 wilder, 0 the likeliest.")] = 0.8,
    length: Annotated[int, typer.Option(help="Characters of a sample.")] = 300,
    samples: Annotated[int, typer.Option(help="How many to write.")] = 3,
) -> None:
    """Train a small network on a text of yours, character by character, and let it write. Ctrl-C ends the training."""
    from rnncourse import writer
    from rnncourse.models.text_model import TextModel, check_free
    from rnncourse.models.text_training import check_text, train_text

    if file is not None and load is not None:
        _stop("give a FILE to learn from or --load, not both")
    with _one_line(ValueError, OSError):
        if save is not None:
            check_free(save)
        if load is not None:
            model, text = TextModel.load(load), ""
        else:
            text = writer.read(file)
            check_text(text)
            if unknown := sorted(set(prompt or "") - set(text)):
                raise ValueError(f"--prompt must hold characters of the text, received {unknown[0]!r}")
            typer.echo(f"{len(text):,} characters, {len(set(text))} different ones", err=True)
            model = train_text(text, minutes, steps, seed)
            if not model.history["updates"]:
                _stop("ended before anything was learned")
            typer.echo(writer.learned(model.history), err=True)
        if save is not None:
            typer.echo(f"kept in {model.save(save)}", err=True)
        start = prompt or writer.first_line(text, model.vocabulary)
        for k in range(samples):
            typer.echo(f"{start}{model.write(start, length, temperature, seed=seed + k)}")
            typer.echo("―" * min(_columns(), 60))


@app.command()
def lab(
    folder: Annotated[
        Path | None,
        typer.Option("--to", envvar="RNNCOURSE_WORK", help="The folder of your copies; work/ in the course's folder."),
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", envvar="NO_BROWSER", help="Only print the address.")
    ] = False,
) -> None:
    """Open JupyterLab at lesson 00. First copies what is new into your folder."""
    from rnncourse.exercises.copies import bring_new

    start = "00_start_here.ipynb"
    if not (_NOTEBOOKS / start).is_file():
        _stop(f"the lessons are not at {_NOTEBOOKS}: this command works in a checkout of the course")
    folder = (folder or _NOTEBOOKS.parent / "work").resolve()
    with _one_line(OSError):
        brought = bring_new(_NOTEBOOKS, folder)
    if brought.new:
        names = ", ".join(path.with_suffix("").as_posix() for path in brought.new)
        typer.echo(f"{len(brought.new)} new in {folder}" + (f": {names}" if len(brought.new) <= 5 else ""))
    for mine, newer in brought.beside.items():
        typer.echo(f"{mine} has changed in the course: the new version is {newer}, yours stays as it is")

    port, token = _free_port(), secrets.token_hex(16)
    typer.echo(f"JupyterLab: http://127.0.0.1:{port}/lab/tree/{start}?token={token}  (Ctrl-C ends it)")
    sys.stdout.flush()
    command = [sys.executable, "-m", "jupyterlab", str(folder / start), "--Application.log_level=ERROR"]
    command += [f"--ServerApp.root_dir={folder}", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
    command += ["--ServerApp.port_retries=0", "--ServerApp.answer_yes=True"]
    command += ["--no-browser"] if no_browser else []
    command += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []  # in a container
    environment = {
        **os.environ,
        "JUPYTER_TOKEN": token,  # not on the command line, which every user of the machine can read
        "JUPYTER_CONFIG_PATH": _before("JUPYTER_CONFIG_PATH", _PACKAGE / "_lab"),  # no instructor's menus, no news
        "PATH": _before("PATH", Path(sys.executable).parent),  # the command rnncourse works in JupyterLab's terminals
    }
    if os.name == "nt":  # where exec would leave the terminal at once
        raise typer.Exit(subprocess.run(command, env=environment).returncode)
    os.execve(sys.executable, command, environment)


def _before(variable: str, folder: Path) -> str:
    """The value of a path variable with a folder put in front."""
    return os.pathsep.join(filter(None, [str(folder), os.environ.get(variable)]))


def _free_port(preferred: int = 8888) -> int:
    """A free port on localhost, the preferred one if it can be had."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            if os.name != "nt":  # the port that an ended JupyterLab used a moment ago is free
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    _stop("no port is free on localhost")
