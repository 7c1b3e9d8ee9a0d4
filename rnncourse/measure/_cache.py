"""Finished runs of an experiment on disk, so that they need not be made again."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rnncourse._worker import Outcome
from rnncourse.measure._fingerprint import fingerprint, versions


class Cache:
    """A folder with one small file for each finished run.

    A run is found again when the experiment's :func:`fingerprint`, its arguments, its seed and the versions are the
    same. Failed runs are not kept.
    """

    def __init__(self, folder: str | os.PathLike, experiment: Callable) -> None:
        """Make the folder where it is missing.

        Raises:
            ValueError: ``folder`` is a file, or the experiment refers to something whose content cannot be told.
        """
        self._folder = Path(folder).expanduser()
        if self._folder.exists() and not self._folder.is_dir():
            raise ValueError(f"cache must be a folder, received a file: {folder}")
        self._name = re.sub(r"\W+", "_", getattr(experiment, "__name__", type(experiment).__name__)).strip("_")
        self._experiment = fingerprint(experiment)
        self._folder.mkdir(parents=True, exist_ok=True)

    def find(self, arguments: Mapping[str, Any]) -> Outcome | None:
        """The outcome of the run with these arguments, or None; a file that cannot be read counts as missing."""
        try:
            kept = json.loads(self._path(arguments).read_text(encoding="utf-8"))
            return Outcome(results=kept["results"], seconds=kept["seconds"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, arguments: Mapping[str, Any], outcome: Outcome) -> None:
        """Write a finished run at once; the file is there in full or not at all."""
        if outcome.error is not None:
            return
        record = {
            "experiment": self._name,
            "arguments": {name: repr(value) for name, value in arguments.items()},
            "versions": versions(),
            "results": outcome.results,
            "seconds": outcome.seconds,
        }
        handle, partial = tempfile.mkstemp(dir=self._folder, suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(record, file, indent=1)
            os.replace(partial, self._path(arguments))
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise

    def _path(self, arguments: Mapping[str, Any]) -> Path:
        key = fingerprint((self._experiment, dict(sorted(arguments.items())), versions()))
        return self._folder / f"{self._name}-{key[:32]}.json"
