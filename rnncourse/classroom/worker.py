"""What runs inside the sandbox: a submission's cells, then each exercise's function on its inputs.

Everything that leaves is a line of JSON on a channel of its own. The submission runs in this very process and could
write there, too: what comes out says what the student's function *returned*, never whether that is right.
"""

from __future__ import annotations

import io
import json
import os
import resource
import sys
from typing import Any


def main() -> None:
    """Read the task from standard input, bound this process, run."""
    user = int(sys.argv[1])
    task = json.load(sys.stdin.buffer)
    channel = _leave_streams()
    _bound(task["limits"], user)
    _run(task, channel)


def _leave_streams() -> int:
    """A copy of standard output for messages; the streams themselves lead nowhere from here on."""
    channel, nowhere = os.dup(1), os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(nowhere, stream)
    return channel


def _bound(limits: dict[str, int], user: int) -> None:
    """Set limits that a user cannot raise, and become a user."""
    for name, most in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_NPROC, limits["processes"]),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(name)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(name, (most, most))
    if user:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)


def _run(task: dict[str, Any], channel: int) -> None:
    import numpy as np
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    import rnncourse.exercises
    from rnncourse.classroom import codec
    from rnncourse.exercises import checking, plain_data

    def say(**message: Any) -> None:
        line = json.dumps(message, allow_nan=False).encode() + b"\n"
        while line:
            line = line[os.write(channel, line) :]

    rnncourse.exercises.check = lambda *_, **__: None  # its answers are not here
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    shell.showtraceback = shell.showsyntaxerror = shell.enable_gui = lambda *_, **__: None
    untouched = [(module, dict(vars(module))) for module in (np, codec, checking, plain_data)]
    say(hello=True)
    os.dup2(os.open(os.devnull, os.O_RDWR), 2)
    sys.stdout = sys.stderr = _Nowhere()
    for place, source in task["cells"]:
        say(at="cell", place=place)
        found = shell.run_cell(source, silent=True)
        error = found.error_before_exec or found.error_in_exec
        if error is not None:
            say(failed=place, error=f"{type(error).__name__}: {str(error)[:200]}")
    for module, values in untouched:  # what a notebook changes there is not its answers' fault
        vars(module).update(values)
    for asked in task["exercises"]:
        say(at="exercise", id=asked["id"])
        function = shell.user_ns.get(asked["function"])
        if not callable(function):
            say(missing=asked["id"])
            continue
        for case in asked["cases"]:
            outcome = checking.run(function, codec.decode(case))
            try:
                value = codec.encode(outcome.value)
            except (ValueError, RecursionError, MemoryError):  # made to look plain
                value = None
            say(
                value=value,
                stub=outcome.stub,
                error=outcome.error,
                not_plain=outcome.not_plain,
                changed=list(outcome.changed),
                printed=outcome.printed,
            )
    say(end=True)
    os._exit(0)  # whatever was started and would not end


class _Nowhere(io.TextIOBase):
    """Takes any text and keeps none."""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return len(text)


if __name__ == "__main__":
    main()
