"""Read a notebook that somebody handed in: its code, and what about it an instructor should know."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from rnncourse.classroom.assignment import Assignment, exercise_of

MOST_BYTES = 20 << 20
_MOST_CELLS, _MOST_CODE = 1000, 2 << 20


class NotANotebook(ValueError):
    """The file cannot be read as a notebook; the message says why, to be followed up by a person."""


@dataclass(frozen=True)
class Submission:
    """What of a notebook is run.

    Attributes:
        cells: number, counted from 1, and source of each code cell, without the checks as they were handed out.
        flags: what differs from what was handed out, in words.
    """

    cells: list[tuple[int, str]]
    flags: list[str] = field(default_factory=list)


def contents(path: Path) -> bytes:
    """Of a file, no more than it takes to see that it is too large."""
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def read_submission(content: bytes, assignment: Assignment) -> Submission:
    """The code of a notebook.

    The cells' metadata only serve to tell what was changed. Points, checks and inputs are the course's own, so nothing
    of that can be gained or lost by editing.

    Args:
        content: the file's, from :func:`contents`; of any version of the format.
        assignment: what it answers.

    Raises:
        NotANotebook: too large, no JSON, no notebook.
    """
    if len(content) > MOST_BYTES:
        raise NotANotebook(f"more than {MOST_BYTES >> 20} MiB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of cells without ids, which are of no account here
            notebook = nbformat.reads(content.decode(), as_version=4)
    except RecursionError as error:
        raise NotANotebook("nested deeper than a notebook") from error
    except Exception as error:  # nbformat raises whatever the file makes it raise
        raise NotANotebook(f"not a notebook: {str(error)[:200]}") from error
    cells = [(n, _source(c), _grade_id(c)) for n, c in enumerate(notebook.get("cells", []), 1) if _is_code(c)]
    if len(cells) > _MOST_CELLS or sum(len(source) for _, source, _ in cells) > _MOST_CODE:
        raise NotANotebook(f"more than {_MOST_CELLS} cells or {_MOST_CODE >> 20} MiB of code")
    handed_out = {source.strip() for id, source in assignment.cells.items() if id.endswith("-check")}
    run = [(number, source) for number, source, _ in cells if source.strip() not in handed_out]
    return Submission(run, [*_kernel(notebook), *_changes(notebook, cells, assignment)])


def _is_code(cell: Any) -> bool:
    return isinstance(cell, dict) and cell.get("cell_type") == "code"


def _source(cell: Any) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else ""


def _about(cell: Any) -> dict[str, Any]:
    """nbgrader's metadata of a cell."""
    metadata = cell.get("metadata")
    about = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return about if isinstance(about, dict) else {}


def _grade_id(cell: Any) -> str:
    return str(_about(cell).get("grade_id", ""))


def _kernel(notebook: Any) -> list[str]:
    metadata = notebook.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    spec, language = metadata.get("kernelspec"), metadata.get("language_info")
    names = [
        str(part.get(key))
        for part, key in ((spec, "language"), (language, "name"))
        if isinstance(part, dict) and part.get(key)
    ]
    return [
        f"the notebook says it is written in {name[:40]}; it was run as Python"
        for name in names[:1]
        if name != "python"
    ]


def _changes(notebook: Any, cells: list[tuple[int, str, str]], assignment: Assignment) -> list[str]:
    """What was done to the cells that belong to the grader; none of it changes a grade."""
    flags, seen = [], Counter(id for _, _, id in cells if id)
    for id, source in assignment.cells.items():
        if not seen[id]:
            flags.append(f"cell {id} is missing")
        elif seen[id] > 1:
            flags.append(f"cell {id} is there {seen[id]} times")
        elif id.endswith("-check") and source.strip() not in {s.strip() for _, s, other in cells if other == id}:
            flags.append(f"check {id} was changed; the course's own was used")
    for cell in notebook.get("cells", []):
        if not _is_code(cell):
            continue
        about = _about(cell)
        id, graded = _grade_id(cell), bool(about.get("grade"))
        if graded and id not in assignment.cells:
            flags.append(f"a graded cell {id[:40]!r} was added; it counts for nothing")
        elif graded and about.get("points") != assignment.points.get(exercise_of(id)):
            flags.append(f"the points of {id} were changed; the course's own were used")
    return list(dict.fromkeys(flags))
