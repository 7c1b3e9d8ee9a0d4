"""Say what a function does wrong, from its results alone.

Nothing of the student's is called: every value is rebuilt as plain data before it is compared.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from rnncourse.exercises.exercise import Exercise, Inputs, Outcome, Report, Status
from rnncourse.exercises.plain_data import Difference, NotPlainError, plain, show

_MARKS: dict[Status, str] = {"passed": "✔", "not attempted": "○", "mistake": "✘", "wrong": "✘", "error": "✘"}
_PLAIN_DATA = "Return NumPy arrays, numbers, text, or lists, tuples and dicts of these; np.asarray makes an array."


def diagnose(
    exercise: Exercise, cases: Sequence[Inputs], outcomes: Sequence[Outcome], *, seed: int | None = None
) -> Report:
    """Compare outcomes with the reference: right, a listed mistake, or where they first differ.

    A listed mistake is named when its results equal the student's on *every* input. Otherwise the shortest input that
    fails is shown.

    Args:
        exercise: the exercise.
        cases: the inputs.
        outcomes: what :func:`rnncourse.exercises.run` gave for each.
        seed: int ≥ 0, kept in the report.

    Returns:
        Report: the status, and a message for the student.

    Raises:
        ValueError: not as many outcomes as inputs, or none.
    """
    if len(cases) != len(outcomes) or not cases:
        raise ValueError(
            f"outcomes must be one for each of the {len(cases)} cases, at least 1, received {len(outcomes)}"
        )
    status, text, failing = _judge(exercise, cases, outcomes)
    message = f"{_MARKS[status]} {exercise.id} {exercise.function}: {text}"
    if failing is not None:
        arguments = ", ".join(f"{name}={show(value)}" for name, value in failing.items())
        message += f"\n  Input: {exercise.function}({arguments})"
    return Report(id=exercise.id, status=status, message=message, seed=seed)


def _judge(
    exercise: Exercise, cases: Sequence[Inputs], outcomes: Sequence[Outcome]
) -> tuple[Status, str, Inputs | None]:
    """The status, what to say, and the input to show."""
    if all(outcome.stub for outcome in outcomes):
        return "not attempted", "not attempted yet", None
    errors = ["is not written yet for this input" if outcome.stub else outcome.error for outcome in outcomes]
    if any(errors):
        at = _shortest(cases, errors)
        return "error", errors[at], cases[at]
    values, refused = _rebuilt(outcomes)
    if any(refused):
        at = _shortest(cases, refused)
        return "wrong", f"returns {refused[at]}. {_PLAIN_DATA}", cases[at]

    changed = next((outcome.changed[0] for outcome in outcomes if outcome.changed), None)
    advice = f" It changes its input {changed}: whoever called it still needs that. Work on a copy." if changed else ""
    differences = _differences(exercise, exercise.reference, cases, values)
    if not any(differences):
        if changed:
            return "mistake", f"The results are right.{advice}", None
        return "passed", f"passed on {len(cases)} inputs", None
    if all(value is None for value in values):
        return "wrong", "returns None. Is the line with return missing?", None
    for hint, mistake in exercise.mistakes.items():
        if not any(_differences(exercise, mistake, cases, values)):
            return "mistake", hint, None
    at = _shortest(cases, differences)
    return "wrong", f"{exercise.describe(differences[at])}.{advice}", cases[at]


def _shortest(cases: Sequence[Inputs], failed: Iterable[Any]) -> int:
    """Which of the failed cases is the shortest to read."""
    return min((i for i, fault in enumerate(failed) if fault), key=lambda i: len(repr(cases[i])))


def _rebuilt(outcomes: Sequence[Outcome]) -> tuple[list[Any], list[str]]:
    """The values as plain data, and for each why it is refused, "" when it is not."""
    values, refused = [], []
    for outcome in outcomes:
        try:
            values.append(plain(outcome.value))
            refused.append(outcome.not_plain)
        except NotPlainError as error:
            values.append(None)
            refused.append(str(error))
    return values, refused


def _differences(
    exercise: Exercise, function: Callable[..., Any], cases: Sequence[Inputs], values: Sequence[Any]
) -> list[Difference | None]:
    """Where each value first differs from what ``function``, one of ours, gives for its input; None where equal."""
    ours = [plain(function(**copy.deepcopy(case))) for case in cases]
    return [exercise.compare(right, value) for right, value in zip(ours, values, strict=True)]
