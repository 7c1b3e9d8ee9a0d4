"""A process that reads the environment and nothing else, writes to a folder of its own in memory, and reaches nobody.

Bubblewrap gives it name spaces of its own for files, processes, network, hostname and shared memory. What bounds it:
the limits below, which the process sets for itself before any foreign code runs, the size of its folder, and a watch
from outside on its memory and its time (:mod:`rnncourse.classroom.attempt`).
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import rnncourse
from rnncourse._runtime import course_folder

_COURSE = Path("/course")
_HIDDEN = ("exercises/lesson_*", "_exercises", "classroom/*")
"""Of the package, what tells answers or how they are judged."""
_SHOWN = ("classroom/worker.py", "classroom/codec.py")
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/etc/fonts")
_NOBODY = 61_000  # the user that root's sandboxes run as: a process limit does not bind root
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


class SandboxError(RuntimeError):
    """There is no working sandbox here; nothing was graded."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much a submission may take.

    Attributes:
        start_seconds, cell_seconds, exercise_seconds, total_seconds: float > 0: until the sandbox stands, for one cell,
            for one exercise's inputs together, and for all of a submission.
        memory: int, bytes that all its processes may have together, and the address space of each.
        processes: int ≥ 1, processes and threads at once.
        file_bytes, folder_bytes: int, the largest file, and all files together.
        message_bytes: int, what may come out.
    """

    start_seconds: float = 60.0
    cell_seconds: float = 30.0
    exercise_seconds: float = 30.0
    total_seconds: float = 180.0
    memory: int = 4 << 30
    processes: int = 64
    file_bytes: int = 100 << 20
    folder_bytes: int = 200 << 20
    message_bytes: int = 32 << 20


def command(limits: Limits, *, unsafe: bool = False) -> list[str]:
    """The command that starts :mod:`rnncourse.classroom.worker` inside.

    Args:
        limits: of which the size of the folder is set here.
        unsafe: start it without a sandbox.

    Raises:
        SandboxError: bubblewrap is not installed.
    """
    worker = [sys.executable, "-m", "rnncourse.classroom.worker"]
    if unsafe:
        return [*worker, "0"]
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise SandboxError("bubblewrap is missing: on Debian and Ubuntu 'apt-get install bubblewrap' installs it")
    root = os.geteuid() == 0
    options = ["--die-with-parent", "--new-session", "--clearenv"]
    if root:  # no user name space, so that the worker can change to another user
        options += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
        options += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        options += ["--unshare-all"]
    for name, value in _environment().items():
        options += ["--setenv", name, value]
    options += ["--proc", "/proc", "--dev", "/dev", "--size", str(limits.folder_bytes), "--perms", "1777"]
    options += ["--tmpfs", "/tmp", "--dir", "/tmp/work", "--chmod", "1777", "/tmp/work", "--chdir", "/tmp/work"]
    options += [*_files(), "--hostname", "sandbox"] if not root else [*_files()]
    user = str(_NOBODY if root else 0)
    return [bwrap, *options, *worker, user]


def _files() -> Iterator[str]:
    """What can be read inside."""
    for path in _SYSTEM:
        if os.path.islink(path):
            yield from ("--symlink", os.readlink(path), path)
        elif os.path.exists(path):
            yield from ("--ro-bind", path, path)
    package = Path(rnncourse.__file__).resolve().parent
    for prefix in sorted({os.path.realpath(sys.base_prefix), os.path.realpath(sys.prefix)}):
        if not prefix.startswith("/usr"):
            yield from _parents(Path(prefix))
            yield from ("--ro-bind", prefix, prefix)
    yield from _parents(_COURSE / "rnncourse")
    if str(package).startswith(os.path.realpath(sys.prefix)):  # installed among the others, answers included
        yield from ("--tmpfs", str(package))
    yield from ("--ro-bind", str(package), str(_COURSE / "rnncourse"))
    for pattern in _HIDDEN:
        for path in sorted(package.glob(pattern)):
            place = _COURSE / "rnncourse" / path.relative_to(package)
            if path.is_dir():
                yield from ("--tmpfs", str(place))
            elif str(path.relative_to(package)) not in _SHOWN:
                yield from ("--ro-bind", os.devnull, str(place))
    yield from ("--ro-bind", str(course_folder("data")), str(_COURSE / "data"))
    yield from ("--remount-ro", "/")


def _parents(path: Path) -> Iterator[str]:
    """The folders on the way, for everybody to pass through; bubblewrap would make them for their owner alone."""
    for folder in reversed(path.parents[:-1]):
        yield from ("--perms", "0755", "--dir", str(folder))


def _environment() -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": str(_COURSE),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": "/tmp/work",
        "TMPDIR": "/tmp",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": "/tmp/work",
        "IPYTHONDIR": "/tmp/work",
        **dict.fromkeys(_THREADS, "1"),
    }
