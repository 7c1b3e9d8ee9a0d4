"""The files that a learning platform hands over, and what their names say: who, when, which of several."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath

MOST_BYTES = 100 << 20
_CANVAS = re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d+)_\d+_(?P<file>.+)", re.IGNORECASE)
_MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_file_?")
_AGAIN = re.compile(r"-(\d+)(?=\.ipynb$)")
_JUNK = ("__MACOSX", ".ipynb_checkpoints", ".DS_Store", "Thumbs.db")


@dataclass(frozen=True)
class File:
    """A file that somebody handed in.

    Attributes:
        place: str, where it lay, in the folder or the archive.
        keys: what may name its author, the surest first: an id, a name.
        late: bool, the platform says so.
        again: int ≥ 0, how often it was handed in before, as far as its name says.
        when: the time it was last changed, or None.
        size: int, bytes.
        read: gives its bytes.
    """

    place: str
    keys: tuple[str, ...]
    late: bool
    again: int
    when: datetime | None
    size: int
    read: Callable[[], bytes]


def files(source: Path) -> Iterator[File]:
    """Every file of a folder or a zip archive, in the order of their places.

    Understood are Canvas' ``name_id_id_file.ipynb`` (``name_LATE_id_id_file.ipynb``; ``file-1.ipynb`` for a second
    one), Moodle's ``Name_id_assignsubmission_file/file.ipynb``, and ``id/file.ipynb`` or ``id.ipynb``.

    Args:
        source: the folder or the archive.

    Raises:
        ValueError: it is neither.
    """
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            if path.is_file() and not path.is_symlink():
                about, place = path.stat(), path.relative_to(source).as_posix()
                yield from _file(place, datetime.fromtimestamp(about.st_mtime, UTC), about.st_size, path.read_bytes)
    elif zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as archive:
            for entry in sorted(archive.infolist(), key=lambda entry: entry.filename):
                if not entry.is_dir():
                    yield from _file(entry.filename, _when(entry), entry.file_size, partial(_member, source, entry))
    else:
        raise ValueError(f"source must be a folder or a zip archive of submissions, received {source}")


def _member(source: Path, entry: zipfile.ZipInfo) -> bytes:
    with zipfile.ZipFile(source) as archive:
        return archive.read(entry)


def _when(entry: zipfile.ZipInfo) -> datetime | None:
    try:
        return datetime(*entry.date_time).astimezone(UTC) if entry.date_time[0] > 1980 else None
    except ValueError:  # no date at all
        return None


def _file(place: str, when: datetime | None, size: int, read: Callable[[], bytes]) -> Iterator[File]:
    parts = PurePosixPath(place.replace("\\", "/")).parts
    if any(part in _JUNK or part.startswith("._") for part in parts):
        return
    late, again, keys = False, _AGAIN.search(parts[-1]), ()
    moodle = next((found for part in parts[:-1] if (found := _MOODLE.fullmatch(part))), None)
    if moodle:
        keys = (moodle["id"], moodle["name"])
    elif canvas := _CANVAS.fullmatch(parts[-1]):
        keys, late = (canvas["id"], canvas["name"]), bool(canvas["late"])
    elif len(parts) > 1:
        keys = (parts[-2],)
    else:
        keys = (PurePosixPath(parts[-1]).stem,)
    yield File(place, keys, late, int(again[1]) if again else 0, when, size, read)
