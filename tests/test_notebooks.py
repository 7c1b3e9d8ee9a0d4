"""The kept notebooks: as their sources give them, executed, clean, small and in time."""

from __future__ import annotations

import re
import statistics
from pathlib import Path

import build_notebooks
import nbformat
import pytest
from nbformat import NotebookNode
from pipeline import pages, record
from pipeline.execute import IGNORE
from pipeline.notebook import notebook_from_source
from pipeline.sources import ROOT, Source, find_notebooks, find_sources

SOURCES = find_sources(ROOT)
MACHINE = re.compile(r"/home|/root|/tmp|C:\\|site-packages|\bat 0x[0-9a-f]{6,}")
LARGEST = 500_000  # bytes
LONGEST, MEDIAN, TOGETHER = 75, 40, 12 * 60  # seconds


@pytest.fixture(scope="module", params=SOURCES, ids=lambda source: source.name)
def source(request: pytest.FixtureRequest) -> Source:
    return request.param


@pytest.fixture(scope="module")
def kept(source: Source) -> NotebookNode:
    return nbformat.read(source.notebook, as_version=4)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook: NotebookNode) -> list[NotebookNode]:
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def said(output: NotebookNode) -> str:
    """Everything in an output that is text."""
    data = output.get("data", {})
    return "\n".join([output.get("text", ""), *(text for kind, text in data.items() if kind.startswith("text/"))])


def test_every_source_has_a_notebook_and_every_notebook_a_source():
    assert SOURCES, "there are no sources"
    assert {source.notebook for source in SOURCES} == set(find_notebooks(ROOT))


def test_nothing_is_out_of_date():
    assert build_notebooks.stale_notebooks(ROOT, SOURCES) == []


def test_every_cell_is_as_its_source_gives_it(source, kept):
    seconds = record.load(ROOT)[source.name]["seconds"]
    expected = notebook_from_source(source, seconds=seconds)
    assert [(c.cell_type, c.id, c.source) for c in kept.cells] == [
        (c.cell_type, c.id, c.source) for c in expected.cells
    ]
    assert [cell.metadata for cell in kept.cells] == [cell.metadata for cell in expected.cells]
    assert kept.metadata == expected.metadata


def test_every_cell_was_executed_in_order(kept):
    counts = [cell.execution_count for cell in code_cells(kept)]
    assert counts == list(range(1, len(counts) + 1))


def test_outputs_hold_no_error_no_log_line_and_no_path(kept):
    for output in outputs(kept):
        assert output.output_type != "error"
        assert output.get("name") != "stderr", output.text
        assert "WARNING" not in said(output), said(output)
        assert not MACHINE.search(said(output)), said(output)


def test_the_file_is_small(source):
    assert source.notebook.stat().st_size <= LARGEST


def test_most_outputs_are_compared(kept):
    cells = code_cells(kept)
    assert sum(IGNORE in cell.metadata.get("tags", []) for cell in cells) <= len(cells) / 3


def test_pages_show_what_the_notebooks_hold():
    lessons = [source for source in SOURCES if source.is_lesson]
    expected = pages.written_pages(ROOT, lessons, record.load(ROOT))
    assert set(expected) == {ROOT / "notebooks" / "CLAIMS.md", ROOT / "README.md"}
    for path, text in expected.items():
        assert Path(path).read_text(encoding="utf-8") == text


def test_the_lessons_run_in_their_time():
    recorded = record.load(ROOT)
    seconds = {source.name: recorded[source.name]["seconds"] for source in SOURCES if source.is_lesson}
    assert max(seconds.values()) <= LONGEST, seconds
    if len(seconds) >= 5:  # a median of fewer lessons says little about the course
        assert statistics.median(seconds.values()) <= MEDIAN, seconds
    assert sum(seconds.values()) <= TOGETHER, seconds
