"""The tables that a run of the benchmarks ends with."""

from __future__ import annotations

import about
import pytest
import tables

_MEASURED = pytest.StashKey[tables.Measured]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_MEASURED] = tables.Measured()
    config.option.benchmark_quiet = True  # its own table has a row a visit; ours puts the visits together


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> tables.Measured:
    """Where a test puts what it has measured."""
    return request.config.stash[_MEASURED]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    measured = config.stash[_MEASURED]
    text = f"{about.conditions()}\n\n{tables.of_rivals(measured)}\n\n{tables.of_growth(measured)}\n"
    terminalreporter.section("scratch beside its rivals")
    terminalreporter.write(text)
    terminalreporter.write_line(about.keep("scratch.txt", text, complete=measured.complete))
