"""The record of what was built: ``notebooks/built.json``.

An entry for each notebook, by name ("01_topic", "exercises/01_topic"):

- ``source``: sha256 of what its source becomes (``notebook.fingerprint``), so that a build knows what changed;
- ``notebook``: sha256 of the kept notebook, so that a build knows what was edited by hand;
- ``seconds``: how long it ran, a multiple of 5;
- ``title``, ``minutes``, ``claims``: what lists of lessons show.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from pipeline.notebook import in_fives

Record = dict[str, dict[str, Any]]


def load(root: Path) -> Record:
    """The record of a checkout; empty where nothing was built yet."""
    path = root / "notebooks" / "built.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def save(root: Path, record: Record) -> None:
    """Write the record in one step, so that a build that is stopped leaves a whole one."""
    text = json.dumps(dict(sorted(record.items())), indent=1, ensure_ascii=False)
    write(root / "notebooks" / "built.json", f"{text}\n".encode())


def write(path: Path, content: bytes) -> None:
    """Replace a file in one step."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    os.replace(part, path)


def sha256(path: Path) -> str:
    """The checksum of a file, 64 hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def steady_seconds(measured: float, recorded: int | None) -> int:
    """The seconds to record: a multiple of 5 that a rebuild on the same machine gives again.

    Args:
        measured: float ≥ 0, what the run took now.
        recorded: what an earlier run was recorded with; it stays unless the new run differs by over 5 s and by over
            half, which a busy machine alone can cause.
    """
    if recorded is not None and abs(measured - recorded) <= max(5, recorded / 2):
        return recorded
    return in_fives(measured)
