"""Say what a function does wrong, from its results alone.

Nothing of the student's is called: every value is rebuilt as plain data before it is compared.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rnncourse.exercises.exercise import Exercise, Inputs, Outcome, Report, Status
from rnncourse.exercises.plain_data import Difference, NotPlainError, plain, show

_MARKS: dict[Status, str] = {"passed": "✔", "not attempted": "○", "mistake": "✘", "wrong": "✘", "error": "✘"}
_NEIGHBOURS = (
    "This is right for another form of the exercise. Yours differs from the lesson's, or from your neighbours', in a "
    "convention that the task names. Read it word by word: what does it say of the arguments and of the result?"
)
_PLAIN_DATA = "Return NumPy arrays, numbers, text, or lists, tuples and dicts of these; np.asarray makes an array"
_NOTHING_PLAIN = object()
"""Stands for the result of an input that gave none, or none that is plain data; equal to no result."""
_MOST_LINES, _LONGEST_LINE = 8, 100


@dataclass(frozen=True)
class _Verdict:
    """What a report says.

    Attributes:
        status: as in the report.
        text: str, for the student.
        at: int, the place of the input behind it; None when there is none.
        brief: bool, the text says enough: the input is shown only when the function printed something for it.
    """

    status: Status
    text: str
    at: int | None = None
    brief: bool = True


def diagnose(
    exercise: Exercise, cases: Sequence[Inputs], outcomes: Sequence[Outcome], *, seed: int | None = None
) -> Report:
    """Compare outcomes with the reference: right, a listed mistake, or where they first differ.

    The ordinary inputs come first; edge cases decide only when every ordinary input is right, and the message says so.
    A listed mistake is named when its results equal the student's on *all* ordinary inputs, and, where those are
    right, on all edge cases; of several such mistakes, the one that agrees on the most edge cases. When there is none,
    the shortest input that fails is shown.

    Args:
        exercise: the exercise.
        cases: the inputs as :func:`rnncourse.exercises.cases` draws them, the edge cases first.
        outcomes: what :func:`rnncourse.exercises.run` gave for each.
        seed: int ≥ 0, kept in the report.

    Returns:
        Report: the status, and a message for the student.

    Raises:
        ValueError: no ordinary input, or not as many outcomes as inputs.
    """
    edges = len(exercise.edges)
    if len(cases) <= edges:
        raise ValueError(f"cases must be {edges} edge cases and at least 1 ordinary input, received {len(cases)}")
    if len(outcomes) != len(cases):
        raise ValueError(f"outcomes must be one for each of the {len(cases)} cases, received {len(outcomes)}")
    verdict = _judge(exercise, cases, outcomes)
    message = f"{_MARKS[verdict.status]} {exercise.id} {exercise.function}: {verdict.text}"
    if verdict.at is not None:
        printed = list(_printed(outcomes[verdict.at]))
        if printed or not verdict.brief:
            arguments = ", ".join(f"{name}={show(value)}" for name, value in cases[verdict.at].items())
            message = "\n".join([message, f"  Input: {exercise.function}({arguments})", *printed])
    return Report(id=exercise.id, status=verdict.status, message=message, seed=seed)


def _judge(exercise: Exercise, cases: Sequence[Inputs], outcomes: Sequence[Outcome]) -> _Verdict:
    if all(outcome.stub for outcome in outcomes):
        return _Verdict("not attempted", "not attempted yet")
    values, faults = _without_results(outcomes)
    differences = [
        None if value is _NOTHING_PLAIN else _difference(exercise, exercise.reference, case, value)
        for case, value in zip(cases, values, strict=True)
    ]
    edges = range(len(exercise.edges))
    ordinary = range(len(edges), len(cases))
    fails = [bool(fault or difference) for fault, difference in zip(faults, differences, strict=True)]
    only_edges = not any(fails[i] for i in ordinary)
    failing = [i for i in (edges if only_edges else ordinary) if fails[i]]
    changing = next((i for i, outcome in enumerate(outcomes) if outcome.changed), None)
    advice = ""
    if changing is not None:
        name = outcomes[changing].changed[0]
        advice = f" It changes its input {name}: whoever called it still needs that. Work on a copy."
    if not failing:
        if changing is not None:
            return _Verdict("mistake", f"The results are right.{advice}", changing)
        return _Verdict("passed", f"passed on {len(cases)} inputs")

    def shortest(places: Sequence[int]) -> int:
        return min(places, key=lambda i: len(repr(cases[i])))

    after = ""
    if only_edges:
        after = " Only this edge case fails." if len(failing) == 1 else " Only edge cases fail, this one among them."
    if faulty := [i for i in failing if faults[i]]:
        at = shortest(faulty)
        status, text = faults[at]
        return _Verdict(status, text + (f".{after}" if after else ""), at, brief=False)
    if all(values[i] is None for i in failing):
        always = all(values[i] is None for i in ordinary)
        text = f"returns None. Is the line with return missing?{after}"
        return _Verdict("wrong", text, shortest(failing), brief=always)
    hint = _known_mistake(exercise, cases, values, ordinary, edges, edges_decide=only_edges)
    at = shortest(failing)
    if hint is not None:
        return _Verdict("mistake", hint, at)
    because = f" {exercise.explain(**copy.deepcopy(cases[at]))}" if exercise.explain else ""
    text = f"{exercise.describe(differences[at])}.{because}{advice}{after}"
    return _Verdict("wrong", text, at, brief=False)


def _without_results(outcomes: Sequence[Outcome]) -> tuple[list[Any], list[tuple[Status, str] | None]]:
    """The values as plain data, and for each input that gave none the status and the reason."""
    values, faults = [], []
    for outcome in outcomes:
        value, fault = _NOTHING_PLAIN, None
        if outcome.stub or outcome.error:
            fault = ("error", outcome.error or "is not written yet for this input")
        else:
            try:
                value = plain(outcome.value)
                refused = outcome.not_plain
            except NotPlainError as error:
                refused = str(error)
            if refused:
                value, fault = _NOTHING_PLAIN, ("wrong", f"returns {refused}. {_PLAIN_DATA}")
        values.append(value)
        faults.append(fault)
    return values, faults


def _known_mistake(
    exercise: Exercise,
    cases: Sequence[Inputs],
    values: Sequence[Any],
    ordinary: Sequence[int],
    edges: Sequence[int],
    *,
    edges_decide: bool,
) -> str | None:
    """The hint of the listed mistake that explains the values, None when there is none."""
    found, most = None, -1
    for hint, mistake in (*exercise.wrong_answers(), *((_NEIGHBOURS, right) for right in exercise.neighbours)):

        def agrees(i: int, mistake: Callable[..., Any] = mistake) -> bool:
            return values[i] is not _NOTHING_PLAIN and not _difference(exercise, mistake, cases[i], values[i])

        if all(agrees(i) for i in ordinary):
            alike = sum(agrees(i) for i in edges)
            if alike > most and (alike == len(edges) or not edges_decide):
                found, most = hint, alike
    return found


def _difference(exercise: Exercise, function: Callable[..., Any], case: Inputs, value: Any) -> Difference | None:
    """Where a value first differs from what ``function``, one of ours, gives for this input."""
    return exercise.compare(plain(function(**copy.deepcopy(case))), value)


def _printed(outcome: Outcome) -> Iterator[str]:
    """What the function printed, as lines to stand below its input."""
    lines = outcome.printed.splitlines()
    if lines:
        yield "  Printed:"
    for line in lines[:_MOST_LINES]:
        yield "    " + (line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + "…")
    if len(lines) > _MOST_LINES:
        yield "    …"
