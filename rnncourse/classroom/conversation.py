"""One process in the sandbox: what it is asked, what it answers, and how long anybody listens."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psutil

from rnncourse.classroom.codec import decode, encode
from rnncourse.classroom.sandbox import Limits, SandboxError, command
from rnncourse.exercises.exercise import Inputs, Outcome

_POLL = 0.1  # seconds between two looks at time and memory
_READ = 1 << 16


@dataclass(frozen=True)
class Asked:
    """One exercise, as far as the sandbox has to know it.

    Attributes:
        id: str, such as "04.2".
        function: str, the name under which the submission defines it.
        cases: the inputs.
    """

    id: str
    function: str
    cases: Sequence[Inputs]


@dataclass
class Attempt:
    """What came out.

    Attributes:
        outcomes: for each id one outcome an input; None where the function is not there.
        flags: what an instructor should know, in words.
        seconds: float, in the sandbox.
    """

    outcomes: dict[str, list[Outcome] | None] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Conversation:
    """One process, from its start to its end.

    Attributes:
        cell: int, the cell that ran last; None before the first.
        exercise: the exercise that was asked last.
    """

    def __init__(
        self,
        cells: Sequence[tuple[int, str]],
        asked: Sequence[Asked],
        limits: Limits,
        over: float,
        found: Attempt,
        *,
        unsafe: bool,
    ) -> None:
        self.cells, self.asked = cells, {exercise.id: exercise for exercise in asked}
        self.limits, self.over, self.found, self.unsafe = limits, over, found, unsafe
        self.cell: int | None = None
        self.exercise: Asked | None = None
        self.outcomes: list[Outcome] = []
        self.greeted = self.ended = False
        self.deadline = time.monotonic() + limits.start_seconds

    def hold(self) -> str | None:
        """Run it; why it did not come to its end, in words that fit behind "the function" or "the cell"; else None."""
        task = {
            "limits": {
                "memory": self.limits.memory,
                "file_bytes": self.limits.file_bytes,
                "processes": _processes_of_user() + self.limits.processes,
            },
            "cells": self.cells,
            "exercises": [
                {"id": e.id, "function": e.function, "cases": [encode(case) for case in e.cases]}
                for e in self.asked.values()
            ],
        }
        with (
            tempfile.TemporaryFile() as given,
            tempfile.TemporaryFile() as complaints,
            tempfile.TemporaryDirectory() as folder,
        ):
            given.write(json.dumps(task, allow_nan=False).encode())
            given.seek(0)
            process = subprocess.Popen(
                command(self.limits, unsafe=self.unsafe),
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=complaints,
                start_new_session=True,
                cwd=folder,
            )
            try:
                reason = self._listen(process)
            finally:
                process.kill()  # its whole process name space ends with it
                process.wait()
                process.stdout.close()
            if not self.greeted:
                complaints.seek(0)
                said = complaints.read(2000).decode(errors="replace").strip() or reason
                raise SandboxError(f"the sandbox does not start: {said}{_advice(said)}")
        return reason

    def _listen(self, process: subprocess.Popen) -> str | None:
        received, rest = 0, []  # bytes in all, and the pieces of a line that has not ended
        look = 0.0
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while True:
                for _ in selector.select(_POLL):
                    data = os.read(process.stdout.fileno(), _READ)
                    if not data:
                        return None if self.ended else "ended the process"
                    received += len(data)
                    if received > self.limits.message_bytes:
                        return f"returned more than {self.limits.message_bytes >> 20} MiB"
                    first, *others = data.split(b"\n")
                    rest.append(first)
                    lines = [b"".join(rest), *others[:-1]] if others else []
                    rest = others[-1:] or rest
                    for line in lines:
                        try:
                            self._hear(json.loads(line))
                        except (ValueError, TypeError, KeyError, RecursionError):
                            return "wrote into the channel of the grader"
                    if self.ended:
                        return None
                if (now := time.monotonic()) < look:
                    continue
                if now > min(self.deadline, self.over):
                    return "took too long"
                if _memory(process.pid) > self.limits.memory:
                    return f"took more than {self.limits.memory >> 30} GiB of memory"
                look = now + _POLL

    def _hear(self, message: dict[str, Any]) -> None:
        """Note what a line says; none of it is trusted to be more than what the submission returned."""
        match message:
            case {"hello": True}:
                self.greeted = True
            case {"at": "cell", "place": int(place)}:
                self.cell, self.deadline = place, time.monotonic() + self.limits.cell_seconds
            case {"failed": int(place), "error": str(error)}:
                note = f"cell {place} raised {error[:300]}"
                if note not in self.found.flags:
                    self.found.flags.append(note)
            case {"at": "exercise", "id": str(id)}:
                self.exercise = self.asked[id]
                self.outcomes = self.found.outcomes[id] = []
                self.deadline = time.monotonic() + self.limits.exercise_seconds
            case {"missing": str(id)}:
                self.found.outcomes[self.asked[id].id] = None
            case {"value": value, "stub": bool(stub), "error": str(error), "not_plain": str(not_plain)}:
                if self.exercise is None or len(self.outcomes) >= len(self.exercise.cases):
                    raise ValueError("an outcome that nothing asked for")
                self.outcomes.append(
                    Outcome(
                        value=decode(value),
                        stub=stub,
                        error=error[:500],
                        not_plain=not_plain[:500],
                        changed=tuple(str(name)[:100] for name in message["changed"][:20]),
                        printed=str(message["printed"])[:2000],
                    )
                )
            case {"end": True}:
                if any(len(o) < len(self.asked[id].cases) for id, o in self._own() if o is not None):
                    raise ValueError("an end before the end")
                self.ended = True
            case _:
                raise ValueError("no such message")

    def _own(self) -> Iterator[tuple[str, list[Outcome] | None]]:
        for id in self.asked:
            yield id, self.found.outcomes.get(id, [])


def _advice(said: str) -> str:
    if "user namespace" in said or "uid map" in said or "Operation not permitted" in said:
        return (
            ". The system keeps users from making name spaces of their own; where AppArmor does (Ubuntu from 24.04), a "
            "profile for /usr/bin/bwrap with the rule 'userns,' allows it: docs/instructor.md says how"
        )
    return ""


def _memory(pid: int) -> int:
    """Bytes that a process and its descendants have in memory."""
    total = 0
    with contextlib.suppress(psutil.Error):
        for process in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                total += process.memory_info().rss
    return total


def _processes_of_user() -> int:
    """Threads that the user has already, who shares a limit with the sandbox; none for root's, who become nobody."""
    if os.geteuid() == 0:
        return 0
    count = 0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.uids().real == os.geteuid():
                count += process.num_threads()
    return count
