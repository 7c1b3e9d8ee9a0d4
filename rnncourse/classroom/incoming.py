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
_CANVAS = re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d+)_(?P<upload>\d+)_(?P<file>.+)", re.IGNORECASE)
_MOODLE = re.compile(r"(?P<name>.+?)_\d+_assignsubmission_[a-z]+(_.*)?")
_AGAIN = re.compile(r"-(\d+)(?=\.ipynb$)")
_JUNK = ("__MACOSX", ".ipynb_checkpoints", ".DS_Store", "Thumbs.db")


@dataclass(frozen=True)
class File:
    """A file that somebody handed in.

    Attributes:
        place: str, where it lay, in the folder or the archive.
        keys: what may name its author, the surest first: an id, a name.
        late: bool, the platform says so.
        again: int ≥ 0, of two files of one student the later has the greater, as far as its name says.
        when: the time it was last changed, or None where that is not known.
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

    Understood are Canvas' ``name_id_upload_file.ipynb`` (``name_LATE_id_upload_file.ipynb``), where each upload has a
    greater number than those before it, and the time is that at which the archive was made; Moodle's
    ``Name_number_assignsubmission_file/file.ipynb`` or, where it makes no folders,
    ``Name_number_assignsubmission_file_file.ipynb``, in which the number is that of the submission; and
    ``id/file.ipynb``, also in folders within, or ``id.ipynb``.

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
    late, again, keys = False, 0, (*reversed(parts[:-1]), PurePosixPath(parts[-1]).stem)
    if moodle := next((found for part in parts if (found := _MOODLE.fullmatch(part))), None):
        keys = (moodle["name"],)
    elif canvas := _CANVAS.fullmatch(parts[-1]):
        keys, late, again, when = (canvas["id"], canvas["name"]), bool(canvas["late"]), int(canvas["upload"]), None
    elif found := _AGAIN.search(parts[-1]):
        again = int(found[1])
    yield File(place, keys, late, again, when, size, read)
