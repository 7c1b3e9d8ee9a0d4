"""Run a submission in the sandbox and bring back what its functions returned.

Cells run in their order. One that takes too long, ends the process or takes too much is left out of a second start, so
that it costs its author what it would have cost in Jupyter and not the exercises beside it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from rnncourse.classroom.conversation import Asked, Attempt, Conversation
from rnncourse.classroom.sandbox import Limits
from rnncourse.exercises.exercise import Outcome

_STARTS = 8


def attempt(
    cells: Sequence[tuple[int, str]], asked: Sequence[Asked], limits: Limits | None = None, *, unsafe: bool = False
) -> Attempt:
    """Run the cells, then each exercise's function on its inputs, in a fresh process without network or files.

    Args:
        cells: number and source of each code cell.
        asked: the exercises.
        limits: what the submission may take.
        unsafe: run it without a sandbox, as the user who calls this: it then can read, write and send whatever that
            user can. Time and memory stay limited.

    Returns:
        Attempt. Whatever the submission did, there is an entry for each exercise.

    Raises:
        SandboxError: there is no working sandbox; nothing was run.
    """
    limits = limits or Limits()
    found, left_out, started = Attempt(), set(), time.monotonic()
    reason: str | None = None
    for _ in range(_STARTS):
        waiting = [exercise for exercise in asked if exercise.id not in found.outcomes]
        over = started + limits.total_seconds
        left = [cell for cell in cells if cell[0] not in left_out]
        talk = Conversation(left, waiting, limits, over, found, unsafe=unsafe)
        reason = talk.hold()
        if reason is None:
            break
        if talk.exercise is not None:
            found.flags.append(f"{talk.exercise.id}: the function {reason}")
            _fill(found, talk.exercise, reason)
        elif talk.cell is not None:
            found.flags.append(f"cell {talk.cell} {reason}; it was left out")
            left_out.add(talk.cell)
        else:
            found.flags.append(f"the submission {reason}")
            break
        if time.monotonic() > over:
            break
    for exercise in asked:
        if exercise.id not in found.outcomes:
            _fill(found, exercise, "could not be run, since the notebook " + (reason or "ended before it"))
    found.seconds = time.monotonic() - started
    return found


def check_sandbox() -> None:
    """Make sure that a sandbox can be had.

    Raises:
        SandboxError: it cannot; the message says why, and what helps.
    """
    attempt([], [])


def _fill(found: Attempt, exercise: Asked, reason: str) -> None:
    """Outcomes for the inputs that have none."""
    outcomes = found.outcomes.setdefault(exercise.id, [])
    if outcomes is not None:
        outcomes += [Outcome(error=reason)] * (len(exercise.cases) - len(outcomes))
