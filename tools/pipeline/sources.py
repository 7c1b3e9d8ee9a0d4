"""Sources: the jupytext files that are edited by hand, and where the notebook of each is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The checkout that this file belongs to."""

_ALONE = re.compile(r"^# rnncourse: serial[^\S\n]*\n", re.MULTILINE)
_FIRST_CELL = re.compile(r"^# %%", re.MULTILINE)


@dataclass(frozen=True)
class Source:
    """One hand-edited file, ``notebooks/src/NN_topic.py`` or ``notebooks/exercises/src/NN_topic.py``.

    Attributes:
        path: the file itself.
    """

    path: Path

    @property
    def is_lesson(self) -> bool:
        """True for a lesson, False for exercises."""
        return self.path.parents[1].name != "exercises"

    @property
    def name(self) -> str:
        """What it is called everywhere: "01_topic" for a lesson, "exercises/01_topic" for its exercises."""
        return self.path.stem if self.is_lesson else f"exercises/{self.path.stem}"

    @property
    def notebook(self) -> Path:
        """Where its executed notebook is kept; the folder is also where the notebook's kernel runs."""
        return self.path.parents[1] / f"{self.path.stem}.ipynb"

    @property
    def runs_alone(self) -> bool:
        """True where the line ``# rnncourse: serial`` above the first cell says that the notebook measures time."""
        return _ALONE.search(self._split()[0]) is not None

    def text(self) -> str:
        """The file without the line that is for the pipeline, so that it does not become a cell."""
        head, cells = self._split()
        return _ALONE.sub("", head) + cells

    def _split(self) -> tuple[str, str]:
        text = self.path.read_text(encoding="utf-8")
        first = _FIRST_CELL.search(text)
        start = first.start() if first else len(text)
        return text[:start], text[start:]


def find_sources(root: Path) -> list[Source]:
    """Every source below ``root``: the lessons in order, then the exercises in order."""
    folders = (root / "notebooks" / "src", root / "notebooks" / "exercises" / "src")
    return [Source(path) for folder in folders for path in sorted(folder.glob("[0-9][0-9]_*.py"))]


def find_notebooks(root: Path) -> list[Path]:
    """Every kept notebook below ``root``, whether or not it has a source."""
    folders = (root / "notebooks", root / "notebooks" / "exercises")
    return [path for folder in folders for path in sorted(folder.glob("*.ipynb"))]


def select(sources: list[Source], wanted: list[str]) -> list[Source]:
    """The sources that a person named; all of them when none is named.

    Args:
        sources: from ``find_sources``.
        wanted: "01" or "01_topic" for a lesson, "exercises/01" or "exercises/01_topic" for exercises.

    Raises:
        ValueError: a name fits no source; the message lists those there are.
    """
    for name in wanted:
        if not any(_fits(source, name) for source in sources):
            known = ", ".join(source.name for source in sources) or "none"
            raise ValueError(f"no source is called {name!r}; there are: {known}")
    return [source for source in sources if not wanted or any(_fits(source, name) for name in wanted)]


def _fits(source: Source, name: str) -> bool:
    return source.name == name or source.name.rpartition("_")[0] == name or source.name.startswith(f"{name}_")
