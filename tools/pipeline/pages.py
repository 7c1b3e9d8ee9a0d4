"""Pages written from the kept notebooks: ``notebooks/CLAIMS.md`` and the table of lessons in ``README.md``."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from pipeline.notebook import title
from pipeline.record import Record
from pipeline.sources import Source
from rnncourse.measure.claims import CLAIM_LINE

_TABLE = re.compile(r"(?<=<!-- lessons -->\n).*?(?=<!-- /lessons -->)", re.DOTALL)
_QUESTION = re.compile(r"\*\*([^*]+\?)\*\*")

_CLAIMS_HEAD = """\
# Claims

Every result that the lessons state, as their kept outputs show it. `make notebooks` writes this page.
"""


def claims(notebook: NotebookNode) -> list[str]:
    """The ✔ lines of a notebook's outputs, in order."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [match[0] for output in outputs for match in CLAIM_LINE.finditer(output.get("text", ""))]


def question(notebook: NotebookNode) -> str:
    """The question that a lesson answers: the bold one in its first two text cells, "" where there is none."""
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"][:2]
    prose = "\n".join(line for line in "\n".join(texts).splitlines() if not line.startswith("#"))
    found = _QUESTION.search(prose)
    return " ".join(found[1].split()) if found else ""


def claims_page(lessons: list[Source]) -> str:
    """``CLAIMS.md``: the claims of every lesson below its title."""
    parts = [_CLAIMS_HEAD]
    for lesson in lessons:
        notebook = nbformat.read(lesson.notebook, as_version=4)
        lines = [f"- {line}\n" for line in claims(notebook)]
        parts.append(f"\n## [{title(notebook)}]({lesson.notebook.name})\n\n{''.join(lines) or 'None.'}")
    return "".join(parts)


def lessons_table(lessons: list[Source], record: Record) -> str:
    """The README's table: a row for each lesson."""
    rows = ["| lesson | the question it answers | minutes | seconds | claims |", "| --- | --- | --: | --: | --: |"]
    for lesson in lessons:
        entry = record[lesson.name]
        asked = question(nbformat.read(lesson.notebook, as_version=4)).replace("|", r"\|")
        link = f"[{entry['title']}](notebooks/{lesson.notebook.name})"
        rows.append(f"| {link} | {asked} | {entry['minutes']} | {entry['seconds']} | {entry['claims']} |")
    return "\n".join(rows) + "\n"


def written_pages(root: Path, lessons: list[Source], record: Record) -> dict[Path, str]:
    """What the pages must hold: path → text. The README is among them where it has the marks for its table."""
    pages = {root / "notebooks" / "CLAIMS.md": claims_page(lessons)}
    readme = root / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.exists() else ""
    if _TABLE.search(text):
        pages[readme] = _TABLE.sub(lambda _: lessons_table(lessons, record), text)
    return pages
