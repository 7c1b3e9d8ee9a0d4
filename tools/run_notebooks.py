"""Run every kept notebook again, cell by cell, and compare its outputs with the kept ones.

    .venv/bin/python tools/run_notebooks.py                 every notebook
    .venv/bin/python tools/run_notebooks.py 01 --lax        lesson 01, its outputs not compared

Outputs are compared on the Python that the notebooks are built with and with the seed that they are built with;
elsewhere, and with --lax, a notebook passes when it runs and its claims hold.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from unittest.mock import patch

import pytest
from pipeline import record
from pipeline.execute import SECONDS_PER_CELL, WORKERS, kernel_environment
from pipeline.sources import ROOT, Source, find_sources, select

REFERENCE_PYTHON = (3, 11)
SANITIZE = ROOT / "tests" / "nbval_sanitize.cfg"
_TWO_AT_A_TIME = ["-n", str(WORKERS), "--dist", "loadfile", "--no-loadscope-reorder"]


class Durations:
    """A pytest plugin that adds up the seconds of each notebook's cells."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid.partition("::")[0]] += report.duration


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    options = _parser().parse_args(arguments)
    try:
        chosen = select(find_sources(options.root), options.names)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    missing = [source.name for source in chosen if not source.notebook.exists()]
    if missing or not chosen:
        print(f"not built: {', '.join(missing) or 'any notebook'}; run make notebooks", file=sys.stderr)
        return 1
    return run(options.root, chosen, lax=options.lax or is_elsewhere())


def is_elsewhere() -> bool:
    """True where outputs may rightly differ from the kept ones: on another Python, or with another seed."""
    return sys.version_info[:2] != REFERENCE_PYTHON or os.environ.get("RNNCOURSE_SEED", "0").strip() not in ("", "0")


def run(root: Path, chosen: list[Source], *, lax: bool) -> int:
    """Test notebooks two at a time, longest first; then, one by one, those that measure time.

    Args:
        root: the checkout.
        chosen: sources with a kept notebook, at least one.
        lax: do not compare outputs.

    Returns:
        0 when every cell passed, else pytest's exit code.
    """
    recorded = record.load(root)
    longest_first = sorted(chosen, key=lambda source: -recorded.get(source.name, {}).get("seconds", 0))
    durations = Durations()
    codes = []
    with tempfile.TemporaryDirectory() as ipython, patch.dict(os.environ, kernel_environment(ipython), clear=True):
        for alone in (False, True):
            paths = [str(source.notebook) for source in longest_first if source.runs_alone == alone]
            if paths:
                spread = [] if alone else _TWO_AT_A_TIME
                codes.append(int(pytest.main([*_nbval(lax), *spread, *paths], plugins=[durations])))
    for name, seconds in durations.seconds.most_common(5):
        print(f"{seconds:6.1f} s  {name}")
    return max(codes)


def _nbval(lax: bool) -> list[str]:
    return [
        "--nbval-lax" if lax else "--nbval",
        "--nbval-current-env",
        f"--nbval-sanitize-with={SANITIZE}",
        f"--nbval-cell-timeout={SECONDS_PER_CELL}",
        "--quiet",
        "-pno:cacheprovider",
        "-Wignore:Module already imported:pytest.PytestAssertRewriteWarning",  # anyio, by the import of ipykernel
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Run every kept notebook again and compare its outputs.")
    parser.add_argument("names", nargs="*", metavar="NN", help="a lesson (01) or its exercises (exercises/01)")
    parser.add_argument("--lax", action="store_true", help="run the cells, do not compare outputs")
    parser.add_argument("--root", type=Path, default=ROOT, help="another checkout")
    return parser


if __name__ == "__main__":
    sys.exit(main())
