"""An exercise in another form: the same functions, their arguments and results converted, and the text reworded."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from rnncourse.exercises.exercise import Draw, Exercise, Inputs, Variant


def in_form(exercise: Exercise, name: str) -> Exercise:
    """A variant of an exercise, as an exercise.

    Args:
        exercise: the exercise in its ordinary form.
        name: str, of the variant.

    Returns:
        Exercise: with the same id and function; its inputs, reference, mistakes and words are the variant's.

    Raises:
        ValueError: the exercise has no such variant; the message lists those it has.
    """
    if name not in exercise.variants:
        known = ", ".join(map(repr, exercise.variants)) or "none, since the exercise has no variants"
        raise ValueError(f"variant of {exercise.id} must be {known}, received {name!r}")
    form = exercise.variants[name]

    def formed(function: Callable[..., Any], form: Variant = form) -> Callable[..., Any]:
        return lambda **case: _results(function(**_arguments(case, form)), exercise, form)

    def drawn(draw: Draw) -> Draw:
        return lambda rng: _arguments(draw(rng), form)

    others = [other for key, other in exercise.variants.items() if key != name]
    mistakes = {
        _replaced(hint, form.text): tuple(map(formed, wrong)) if isinstance(wrong, tuple) else formed(wrong)
        for hint, wrong in exercise.mistakes.items()
    }
    explain = exercise.explain
    return replace(
        exercise,
        variant=name,
        neighbours=tuple(map(_abroad, (exercise.reference, *(formed(exercise.reference, other) for other in others)))),
        inputs=drawn(exercise.inputs),
        edges=tuple(map(drawn, exercise.edges)),
        reference=formed(exercise.reference),
        returns=form.returns or exercise.returns,
        mistakes=mistakes,
        explanation=_replaced(exercise.explanation, form.text),
        explain=explain and (lambda **case: _replaced(explain(**_arguments(case, form)), form.text)),
    )


def reworded(text: str, exercise: Exercise) -> str:
    """A text on an exercise's ordinary form, such as its cells in the notebook, in the words of the form it has."""
    return _replaced(text, exercise.variants[exercise.variant].text) if exercise.variant else text


def _replaced(text: str, words: Mapping[str, str]) -> str:
    """All at once, the longest first, so that no replacement meets another."""
    pattern = "|".join(re.escape(old) for old in sorted(words, key=len, reverse=True))
    return re.sub(pattern, lambda found: words[found[0]], text)


def _arguments(case: Inputs, form: Variant) -> Inputs:
    return {name: form.arguments[name](value) if name in form.arguments else value for name, value in case.items()}


def _results(result: Any, exercise: Exercise, form: Variant) -> Any:
    """The result in the variant's form; what a wrong answer gives in its place stays as it is."""
    names = list(exercise.returns)
    parts = result if isinstance(result, tuple) else (result,)
    if len(parts) != len(names):
        return result
    try:
        changed = tuple(form.results.get(name, _same)(part) for name, part in zip(names, parts, strict=True))
    except (ValueError, TypeError, AttributeError):
        return result
    return changed if isinstance(result, tuple) else changed[0]


def _abroad(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that meets inputs it was not made for: where it cannot take them, its result is None."""

    def tried(**case: Any) -> Any:
        try:
            with np.errstate(all="ignore"):
                return function(**case)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            return None

    return tried


def _same(value: Any) -> Any:
    return value
