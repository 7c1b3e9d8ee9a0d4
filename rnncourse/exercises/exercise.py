"""What an exercise and its variants are, what running a function on one input gives, and what a check reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from rnncourse.exercises.plain_data import Difference, first_difference

Inputs = dict[str, Any]
"""The keyword arguments of one call: plain data by the name of the argument."""
Draw = Callable[[np.random.Generator], Inputs]
Status = Literal["passed", "not attempted", "mistake", "wrong", "error"]


@dataclass(frozen=True, kw_only=True)
class Variant:
    """The same exercise under another convention, such as another order of axes: what a neighbour's answer fails.

    Attributes:
        text: what is said otherwise: {words of the task, of the worked answer or of hints: what stands in their place}.
        arguments, results: of what has another form, by its name: the function that makes it of the ordinary form, and
            the ordinary form of it again.
        returns: as in :class:`Exercise`, where axes have other names; else empty.
    """

    text: Mapping[str, str]
    arguments: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    results: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    returns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """A function to write, as data: inputs to draw, the right answer, and the wrong answers that people give.

    Attributes:
        id: str, the lesson, a point, the place in the lesson: "01.2".
        title: str, a few words.
        function: str, the name of the function that the student writes; it takes ``inputs`` as keyword arguments.
        inputs: draws one ordinary input; small, so that it can be shown.
        edges: each draws one edge case; every check takes all of them.
        reference: takes an input, returns the right result; plain data, as are all results.
        returns: the name of each part of the result, with the name of each of its axes, to say where results differ. A
            result that is a tuple has a name for each entry, any other has one name.
        mistakes: hint to a wrong implementation that never raises, or to a tuple of them that the hint fits alike. The
            hint says what the result shows, why that matters and where to look; it does not give the code.
        explanation: str, Markdown for those who learn alone, shown with the solution.
        explain: takes an input, returns a sentence on how its right result comes about; said where a result is wrong
            in a way that is not listed.
        compare: takes the expected and the received result, returns their first difference or None.
        variants: other forms of the exercise by their names; each is an exercise of its own, which
            :func:`rnncourse.exercises.get` gives.
        variant: str, the name of the form that this is; "" for the ordinary one.
        neighbours: of a variant, the right answers to the other forms; they are wrong here.
    """

    id: str
    title: str
    function: str
    inputs: Draw
    edges: tuple[Draw, ...] = ()
    reference: Callable[..., Any]
    returns: Mapping[str, tuple[str, ...]]
    mistakes: Mapping[str, Callable[..., Any] | tuple[Callable[..., Any], ...]]
    explanation: str
    explain: Callable[..., str] | None = None
    compare: Callable[[Any, Any], Difference | None] = first_difference
    variants: Mapping[str, Variant] = field(default_factory=dict)
    variant: str = ""
    neighbours: tuple[Callable[..., Any], ...] = ()

    def wrong_answers(self) -> Iterator[tuple[str, Callable[..., Any]]]:
        """Each wrong implementation that is listed, and its hint before it."""
        for hint, wrong in self.mistakes.items():
            for function in wrong if isinstance(wrong, tuple) else (wrong,):
                yield hint, function

    def describe(self, difference: Difference) -> str:
        """Say where two results differ: ``x[2, 0, 0] (window 2, step 0, feature 0): expected …, received …``."""
        path, axes = difference.path, ()
        names = list(self.returns)
        if len(names) == 1:
            name, axes = names[0], self.returns[names[0]]
        elif path and type(path[0]) is int:
            name, axes, path = names[path[0]], self.returns[names[path[0]]], path[1:]
        else:
            name = "the result"
        place = name + "".join(f"[{key!r}]" for key in path)
        if difference.index:
            place += f"[{', '.join(map(str, difference.index))}]"
            if len(axes) == len(difference.index):
                place += f" ({', '.join(f'{a} {i}' for a, i in zip(axes, difference.index, strict=True))})"
        return f"{place}: {difference.text}"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of running a function on one input, as data: it can leave a sandbox.

    Attributes:
        value: plain data, what the function returned; None when one of the next three is set.
        stub: bool, nothing was written yet: the function raised ``NotImplementedError`` itself or returned ``...``.
        error: str, the exception, its line and its message; "" when there was none.
        not_plain: str, what the function returned when that is not plain data; "" when it is.
        changed: names of the inputs that the function changed.
        printed: str, the first 2000 characters of what the function printed.
    """

    value: Any = None
    stub: bool = False
    error: str = ""
    not_plain: str = ""
    changed: tuple[str, ...] = ()
    printed: str = ""


@dataclass(frozen=True, kw_only=True, repr=False)
class Report:
    """What a check found; true when the exercise is passed.

    Attributes:
        id: str, the exercise.
        status: "passed"; "not attempted"; "mistake": a known one, the message is its hint; "wrong": another difference;
            "error": the function raised.
        message: str, one line for the student; where an input is shown, a second with it, and then what it printed.
        seed: int, draws the same inputs again; None when they were not drawn here.
    """

    id: str
    status: Status
    message: str = field(compare=False)
    seed: int | None = field(default=None, compare=False)

    def __bool__(self) -> bool:
        return self.status == "passed"

    def __str__(self) -> str:
        return self.message

    def __repr__(self) -> str:
        return f"Report({self.id}, {self.status})"

    def _ipython_display_(self) -> None:
        """Show nothing: ``check`` has printed the message, and it is often the last line of a cell."""
