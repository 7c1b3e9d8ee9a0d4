"""The preview of a built notebook: a page without a network, and pictures of it."""

from __future__ import annotations

from pathlib import Path

import matplotlib.image
import nbformat
import preview
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from pipeline.browser import Page

TEXT = (
    "# Equations\n\n$$h_t = \\phi(x_t W_x)$$\n\n<details><summary>Answer</summary>\n\nInside: $h_{t-1}$.\n\n</details>"
)


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """A built exercise notebook."""
    path = tmp_path / "exercises" / "01_small.ipynb"
    path.parent.mkdir()
    nbformat.write(new_notebook(cells=[new_markdown_cell(TEXT), *(new_code_cell("1 + 1") for _ in range(40))]), path)
    return path


def test_a_page_needs_no_network(notebook, tmp_path):
    assert preview.main([str(notebook), "--html", "--to", str(tmp_path)]) == 0
    page = (tmp_path / "exercises_01_small.html").read_text(encoding="utf-8")
    assert 'src="http' not in page and 'import("http' not in page and 'elkUrl = "http' not in page
    assert "MathJax.js?config=" in page


def test_a_picture_without_a_browser_says_what_to_install(notebook, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert preview.main([str(notebook), "--to", str(tmp_path)]) == 1
    assert "apt install chromium" in (error := capsys.readouterr().err) and error.count("\n") == 1
    assert (tmp_path / "exercises_01_small.html").exists()


def test_a_notebook_that_is_not_built_says_so(tmp_path, capsys):
    assert preview.main([str(tmp_path / "02_none.ipynb")]) == 1
    assert "is not built" in capsys.readouterr().err


@pytest.mark.slow
def test_equations_are_set_before_the_picture_is_taken(notebook, tmp_path):
    with Page(preview.write_html(notebook, tmp_path).as_uri(), width=600) as page:
        page.evaluate("new Promise(done => MathJax.Hub.Queue(done))")
        assert page.evaluate("document.querySelectorAll('.MathJax').length") == 2
        assert page.evaluate("document.querySelectorAll('.MathJax_Error').length") == 0


@pytest.mark.slow
def test_pages_together_are_the_whole_picture(notebook, tmp_path):
    html = preview.write_html(notebook, tmp_path)
    (whole,) = preview.photograph(html, width=600, page_height=None)
    pages = preview.photograph(html, width=600, page_height=500)
    heights = [matplotlib.image.imread(page).shape[0] for page in pages]
    assert matplotlib.image.imread(whole).shape[:2] == (sum(heights), 600)
    assert heights[:-1] == [500] * (len(heights) - 1) and len(heights) > 2
