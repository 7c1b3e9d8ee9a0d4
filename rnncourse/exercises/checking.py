"""Check a student's function: draw inputs, run it on each, diagnose the results.

The student's function is only *run* (:func:`run`). What comes before and after, :func:`cases` and ``diagnose``, works
on data, so that the middle part can happen in a sandbox.
"""

from __future__ import annotations

import contextlib
import copy
import io
import linecache
import secrets
import textwrap
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from rnncourse._checks import check_whole
from rnncourse.exercises.catalogue import get
from rnncourse.exercises.diagnosis import diagnose
from rnncourse.exercises.exercise import Exercise, Inputs, Outcome, Report
from rnncourse.exercises.plain_data import NotPlainError, first_difference, plain

_WIDTH = 88  # what JupyterLab shows in a line of output beside its file browser
_MOST_PRINTED = 2000


def check(
    id: str, function: Callable[..., Any], *, variant: str = "", seed: int | None = None, count: int = 20
) -> Report:
    """Run a student's function on fresh inputs and print what was found.

    Inputs come from the operating system's entropy, not from ``RNNCOURSE_SEED``: a function that fits one set of inputs
    by luck meets another the next time. What is printed for a stub and for a right answer does not depend on them: what
    the function prints itself is kept back, and shown for the one input that the report shows.

    Args:
        id: str, the exercise, such as "01.2".
        function: the student's function; it is called with keyword arguments and may not change them.
        variant: str, the name of the form that your notebook has the exercise in; "" for the ordinary one.
        seed: int ≥ 0, to draw the inputs of an earlier report again (``report.seed``); fresh when left out.
        count: int, how many inputs, edge cases included.

    Returns:
        Report: true when every result is right. A notebook shows nothing for it, since the message was printed.

    Raises:
        ValueError: there is no such exercise or variant, ``function`` cannot be called, ``seed`` is no whole number
            from 0 up, or ``count`` leaves no room for an ordinary input beside the edge cases.
    """
    exercise = get(id, variant)
    if not callable(function):
        raise ValueError(
            f"function must be the function itself, {exercise.function} without (…), received {function!r}"
        )
    seed = secrets.randbits(32) if seed is None else seed
    drawn = cases(exercise, seed=seed, count=count)
    report = diagnose(exercise, drawn, [run(function, case) for case in drawn], seed=seed)
    print(wrapped(report.message))
    return report


def wrapped(message: str) -> str:
    """A report's message in lines that fit; the inputs below it stay, since breaking code could break a string."""
    text, *shown = message.splitlines()
    filled = textwrap.fill(text, _WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return "\n".join([filled, *shown])


def cases(exercise: Exercise, *, seed: int, count: int = 20) -> list[Inputs]:
    """Draw inputs: every edge case of the exercise, then ordinary ones.

    Args:
        exercise: the exercise.
        seed: int ≥ 0; the same seed draws the same inputs.
        count: int, how many in all; more than there are edge cases.

    Returns:
        list of dict: the arguments of each call, plain data by name.

    Raises:
        ValueError: ``seed`` is no whole number from 0 up, or ``count`` leaves no room for an ordinary input.
    """
    check_whole("seed", seed, least=0)
    check_whole("count", count, least=len(exercise.edges) + 1)
    rng = np.random.default_rng(seed)
    return [draw(rng) for draw in (*exercise.edges, *[exercise.inputs] * (count - len(exercise.edges)))]


def run(function: Callable[..., Any], case: Inputs) -> Outcome:
    """Call a function on a copy of one input; an exception becomes part of the outcome, Ctrl-C goes through.

    A function that returns ``...`` or itself raises ``NotImplementedError`` is a stub. One that returns None is not: it
    may have printed its result and returned nothing. What it prints becomes part of the outcome, too.

    Args:
        function: anything that can be called with the keyword arguments of ``case``.
        case: plain data by the name of the argument; it is not changed.

    Returns:
        Outcome: the result as plain data, or why there is none; which arguments the function changed; what it printed.
    """
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        outcome = _call(function, case)
    return replace(outcome, printed=printed.getvalue()[:_MOST_PRINTED])


def _call(function: Callable[..., Any], case: Inputs) -> Outcome:
    given = copy.deepcopy(case)
    try:
        returned = function(**given)
    except (Exception, SystemExit) as error:
        frames = traceback.extract_tb(error.__traceback__)[1:]  # without this function's own
        own = [frame for frame in frames if frame.filename == frames[0].filename]  # in the student's cell or file
        if isinstance(error, NotImplementedError) and own and own[-1] is frames[-1]:
            return Outcome(stub=True)
        return Outcome(error=_describe(error, own))
    if returned is Ellipsis:
        return Outcome(stub=True)
    changed = _changed(case, given)
    try:
        return Outcome(value=plain(returned), changed=changed)
    except NotPlainError as error:
        return Outcome(not_plain=str(error), changed=changed)
    except MemoryError:
        return Outcome(not_plain="more data than fits into memory", changed=changed)


def _changed(before: Inputs, after: Inputs) -> tuple[str, ...]:
    """The names of the inputs that are no longer what they were."""

    def same(name: str) -> bool:
        try:
            return first_difference(before[name], plain(after[name]), rtol=0, atol=0) is None
        except NotPlainError:
            return False

    return tuple(name for name in before if not same(name))


def _describe(error: BaseException, own: Sequence[traceback.FrameSummary]) -> str:
    """One line: the exception, the student's line where it arose, and the first line of its message."""
    where = ""
    if own:
        code = linecache.getline(own[-1].filename, own[-1].lineno).strip()
        where = f" in line {own[-1].lineno}" + (f" ({code})" if 0 < len(code) <= 80 else "")
    message = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}{where}" + (f": {textwrap.shorten(message, 200)}" if message else "")
