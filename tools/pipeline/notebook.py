"""From a source to its notebook, not yet executed: the same source always gives the same cells, ids and metadata."""

from __future__ import annotations

import hashlib
import re
from collections import Counter

import jupytext
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from pipeline.sources import Source

INSTALL_SOURCE = "rnncourse"  # what pip installs on Colab and Binder: set it to the address the course is published at

SETUP = f"""\
try:
    import rnncourse
except ModuleNotFoundError:  # on Colab and Binder: install the course first
    %pip install --quiet {INSTALL_SOURCE}
    import rnncourse"""

METADATA = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"}}

STUB = 'raise NotImplementedError("not attempted")'
"""What stands in a student's notebook where the source has a solution."""

WORDS_PER_MINUTE = 200  # a little slower than plain prose (238, Brysbaert 2019)
SECONDS_PER_CODE_LINE = 5  # most lines repeat a form the reader has met


def notebook_from_source(source: Source, *, seconds: int) -> NotebookNode:
    """The notebook of a source, without outputs.

    Args:
        source: a lesson, or exercises; the solutions of exercises are taken out.
        seconds: int ≥ 5, what ``{{seconds}}`` in the text becomes: the notebook's recorded run time.

    Raises:
        ValueError: the source has no title cell to begin with, a solution does not end or stands in a cell that is not
            marked as one, or two cells share a ``grade_id``.
    """
    notebook = jupytext.reads(source.text(), fmt="py:percent")
    if not notebook.cells or not notebook.cells[0].source.startswith("# "):
        raise ValueError(f"{source.name} must begin with a markdown cell that holds its title")
    if not source.is_lesson:
        notebook = _without_solutions(notebook, source.name)
    notebook.cells.insert(1, new_code_cell(SETUP, metadata={"tags": ["setup"]}))
    facts = {"minutes": reading_minutes(notebook), "seconds": seconds}
    _name_cells(notebook, source.name)
    for cell in notebook.cells:
        cell.metadata.pop("lines_to_next_cell", None)
        if cell.cell_type == "markdown":
            cell.source = _filled(cell.source, facts)
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def title(notebook: NotebookNode) -> str:
    """The heading of the first cell."""
    return notebook.cells[0].source.splitlines()[0].removeprefix("# ").strip()


def reading_minutes(notebook: NotebookNode) -> int:
    """Minutes to read a notebook, from its words of prose and lines of code; a multiple of 5, at least 5."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    words = len(re.sub(r"<[^>]*>", " ", text).split())
    lines = sum(bool(line.strip()) for line in code.splitlines())
    return in_fives(words / WORDS_PER_MINUTE + lines * SECONDS_PER_CODE_LINE / 60)


def in_fives(value: float) -> int:
    """Round to a multiple of 5, at least 5."""
    return max(5, 5 * round(value / 5))


def to_bytes(notebook: NotebookNode) -> bytes:
    """The notebook as it stands on disk."""
    return f"{nbformat.writes(notebook).rstrip()}\n".encode()


def fingerprint(source: Source) -> str:
    """sha256 of what a source becomes, whatever its recorded seconds: it changes when there is something to rebuild."""
    return hashlib.sha256(to_bytes(notebook_from_source(source, seconds=0))).hexdigest()


def _without_solutions(notebook: NotebookNode, name: str) -> NotebookNode:
    from nbgrader.preprocessors import ClearSolutions  # half a second that lessons need not wait for

    try:
        return ClearSolutions(code_stub={"python": STUB}).preprocess(notebook, {})[0]
    except RuntimeError as error:
        raise ValueError(f"{name} must mark its solutions as nbgrader does: {error}") from error


def _name_cells(notebook: NotebookNode, name: str) -> None:
    """Give each cell an id that stays when other cells change: its ``grade_id``, else a hash of what it holds."""
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        content = f"{cell.cell_type}\n{cell.source}"
        seen[content] += 1
        digest = hashlib.sha256(f"{content}\n{seen[content]}".encode()).hexdigest()[:12]
        cell.id = cell.metadata.get("nbgrader", {}).get("grade_id", digest)
    twice = [cell_id for cell_id, count in Counter(cell.id for cell in notebook.cells).items() if count > 1]
    if twice:
        raise ValueError(f"{name} must give each grade_id once, received twice: {', '.join(twice)}")


def _filled(text: str, facts: dict[str, int]) -> str:
    for name, value in facts.items():
        text = text.replace(f"{{{{{name}}}}}", str(value))
    return text
