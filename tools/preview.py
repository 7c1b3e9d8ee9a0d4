"""Look at a built notebook as a student sees it, equations included, without a network.

.venv/bin/python tools/preview.py 01                  one picture of the whole page, in build/preview/
.venv/bin/python tools/preview.py 01 --pages          pictures of a readable height, 01_topic-1.png, …
.venv/bin/python tools/preview.py exercises/01 --html
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import jupyter_server_mathjax
from nbconvert import HTMLExporter
from pipeline.browser import BrowserMissingError, Page
from pipeline.sources import ROOT, find_sources, select

PAGE_HEIGHT = 1600  # pixels
_NOTHING = "data:text/javascript,"
_MATHJAX = Path(jupyter_server_mathjax.__file__).parent / "static" / "MathJax.js"
_MATHJAX_SETTINGS = """
<script type="text/x-mathjax-config">
MathJax.Hub.Config({
  jax: ["input/TeX", "output/HTML-CSS"],
  menuSettings: {assistiveMML: false},
  "HTML-CSS": {availableFonts: [], webFont: "STIX-Web", imageFont: null}
});
</script>
"""
_OPEN_ANSWERS = "document.querySelectorAll('details').forEach(answer => { answer.open = true })"
_TYPESET = "new Promise(done => MathJax.Hub.Queue(() => done(document.documentElement.scrollHeight)))"


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    options = _parser().parse_args(arguments)
    try:
        notebook = find_notebook(options.notebook, options.root)
        folder = options.to or options.root / "build" / "preview"
        written = [write_html(notebook, folder)]
        if not options.html:
            height = PAGE_HEIGHT if options.pages else None
            written = photograph(written[0], width=options.width, page_height=height, open_answers=options.answers)
    except (ValueError, FileNotFoundError, BrowserMissingError) as error:
        print(error, file=sys.stderr)
        return 1
    for path in written:
        print(path)
    return 0


def find_notebook(wanted: str, root: Path) -> Path:
    """The built notebook that a person named.

    Args:
        wanted: "01", "exercises/01", or the path of a notebook.

    Raises:
        ValueError: no source has that name.
        FileNotFoundError: the notebook is not built.
    """
    path = Path(wanted) if wanted.endswith(".ipynb") else select(find_sources(root), [wanted])[0].notebook
    if not path.exists():
        raise FileNotFoundError(f"{path} is not built: run make notebooks")
    return path


def write_html(notebook: Path, folder: Path) -> Path:
    """Write a notebook as one HTML page that needs no network; returns its path.

    Equations are set by the MathJax that comes with Jupyter; what a page would fetch for diagrams and widgets is left
    out.
    """
    exporter = HTMLExporter(
        mathjax_url=f"{_MATHJAX.as_uri()}?config=TeX-AMS-MML_HTMLorMML-full",
        require_js_url=_NOTHING,
        jquery_url=_NOTHING,
        mermaid_js_url=_NOTHING,
        mermaid_layout_elk_js_url=_NOTHING,
    )
    page, _ = exporter.from_filename(str(notebook))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{_flat_name(notebook)}.html"
    path.write_text(page.replace("<head>", f"<head>{_MATHJAX_SETTINGS}", 1), encoding="utf-8")
    return path


def photograph(html: Path, *, width: int, page_height: int | None, open_answers: bool = False) -> list[Path]:
    """Photograph a page from top to bottom once its equations are set.

    Args:
        html: the page, from ``write_html``.
        width: pixels.
        page_height: pixels of each picture; None for one picture of the whole page.
        open_answers: show what ``<details>`` hide.

    Returns:
        The PNG files, beside the page.

    Raises:
        BrowserMissingError: no Chromium is installed.
    """
    with Page(html.resolve().as_uri(), width=width) as page:
        if open_answers:
            page.evaluate(_OPEN_ANSWERS)
        height = page.evaluate(_TYPESET)
        step = page_height or height
        tops = range(0, height, step)
        pictures = [html.with_name(f"{html.stem}-{i}.png") for i in range(1, len(tops) + 1)]
        if page_height is None:
            pictures = [html.with_suffix(".png")]
        for picture, top in zip(pictures, tops, strict=True):
            picture.write_bytes(page.screenshot(top=top, height=min(step, height - top)))
    return pictures


def _flat_name(notebook: Path) -> str:
    """A file name that keeps a lesson and its exercises apart."""
    return f"exercises_{notebook.stem}" if notebook.resolve().parent.name == "exercises" else notebook.stem


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Render a built notebook as a student sees it.")
    parser.add_argument("notebook", help="a lesson (01), its exercises (exercises/01), or a notebook's path")
    parser.add_argument("--html", action="store_true", help="write the page, take no picture")
    parser.add_argument("--pages", action="store_true", help=f"pictures of {PAGE_HEIGHT} pixels instead of one")
    parser.add_argument("--answers", action="store_true", help="open every answer that waits for a click")
    parser.add_argument("--width", type=int, default=1200, help="of the window, in pixels (default: 1200)")
    parser.add_argument("--to", type=Path, help="folder to write to (default: build/preview)")
    parser.add_argument("--root", type=Path, default=ROOT, help="another checkout")
    return parser


if __name__ == "__main__":
    sys.exit(main())
