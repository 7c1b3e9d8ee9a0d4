"""06.2: which of three clippings keeps the direction of a gradient."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_06.clippings import (
    Clip,
    Gradients,
    by_global_norm,
    by_value,
    by_variable,
    end_to_end,
    global_norm,
    gradients,
    named,
)
from rnncourse.exercises.plain_data import show

Alike = Callable[[Gradients, Gradients], float]
"""How far two gradients agree in direction, of the clipped one and the one given."""


def _clippable(rng: np.random.Generator, *, share: float = 0.0, **options: float) -> Inputs:
    """``share``: the limit as a share of the largest entry, 0.3 to 0.8 when left out, so that every way clips."""
    found = gradients(rng, **options)
    share = share or rng.uniform(0.3, 0.8)
    return {**named(found), "limit": float(f"{share * np.abs(end_to_end(found)).max():.2g}")}


def _one_by_one(d_kernel: np.ndarray, d_recurrent_kernel: np.ndarray, d_bias: np.ndarray, limit: float) -> np.ndarray:
    found = [d_kernel, d_recurrent_kernel, d_bias]
    given = [float(entry) for array in found for entry in array.flat]
    length = sum(entry**2 for entry in given) ** 0.5
    own = [sum(float(entry) ** 2 for entry in array.flat) ** 0.5 for array in found]
    clipped = (
        [max(-limit, min(limit, entry)) for entry in given],
        [
            float(entry) * (limit / norm if norm > limit else 1.0)
            for array, norm in zip(found, own, strict=True)
            for entry in array.flat
        ],
        [entry * (limit / length if length > limit else 1.0) for entry in given],
    )
    cosines = []
    for other in clipped:
        dot = sum(a * b for a, b in zip(given, other, strict=True))
        cosines.append(dot / length / sum(entry**2 for entry in other) ** 0.5)
    return np.array(cosines)


def _cosine(clipped: Gradients, given: Gradients) -> float:
    return _dot(clipped, given) / (global_norm(clipped) or 1.0) / global_norm(given)


def _cosines(
    d_kernel: np.ndarray,
    d_recurrent_kernel: np.ndarray,
    d_bias: np.ndarray,
    limit: float,
    *,
    clips: tuple[Clip, Clip, Clip] = (by_value, by_variable, by_global_norm),
    alike: Alike = _cosine,
) -> np.ndarray:
    found = (d_kernel, d_recurrent_kernel, d_bias)
    return np.array([alike(clip(found, limit), found) for clip in clips])


def _by(*alike: Alike) -> tuple[Callable[..., np.ndarray], ...]:
    return tuple(partial(_cosines, alike=each) for each in alike)


def _with(
    *, value: Clip = by_value, variable: Clip = by_variable, whole: Clip = by_global_norm
) -> Callable[..., np.ndarray]:
    """Other clippings, the rest right."""
    return partial(_cosines, clips=(value, variable, whole))


def _each(change: Callable[[np.ndarray, float], np.ndarray]) -> Clip:
    """Every array by itself, changed by what the array and the limit make of it."""

    def clip(found: Gradients, limit: float) -> Gradients:
        first, second, third = (change(array, limit) for array in found)
        return first, second, third

    return clip


def _mean_over_arrays(clipped: Gradients, given: Gradients) -> float:
    """The cosine array by array, averaged; an array of zeros counts as unchanged."""
    each = [
        float(np.sum(one * other)) / (np.linalg.norm(one) * np.linalg.norm(other)) if np.any(one) else 1.0
        for one, other in zip(clipped, given, strict=True)
    ]
    return float(np.mean(each))


def _angle(clipped: Gradients, given: Gradients) -> float:
    return float(np.arccos(min(1.0, _cosine(clipped, given))))


def _dot(clipped: Gradients, given: Gradients) -> float:
    return float(end_to_end(clipped) @ end_to_end(given))


def _explain(d_kernel: np.ndarray, d_recurrent_kernel: np.ndarray, d_bias: np.ndarray, limit: float) -> str:
    found = (d_kernel, d_recurrent_kernel, d_bias)
    lengths = [round(global_norm(clip(found, limit)), 3) for clip in (by_value, by_variable, by_global_norm)]
    return f"This input's gradient is {global_norm(found):.4g} long; the three clippings make it {show(lengths)} long."


DIRECTIONS = Exercise(
    id="06.2",
    title="Which clipping keeps the direction?",
    function="cosines",
    inputs=_clippable,
    edges=(
        partial(_clippable, share=100.0),
        partial(_clippable, share=0.01),
        partial(_clippable, bias=0.0),
        partial(_clippable, features=1, units=1),
    ),
    reference=_one_by_one,
    returns={"cosines": ("clipping",)},
    mistakes={
        (
            "The first two have changed places: by value is not by variable. The one cuts entries, the other shortens "
            "arrays. Which of them comes first?"
        ): partial(_cosines, clips=(by_variable, by_value, by_global_norm)),
        (
            "The three stand in the opposite order: your first is 1, and that is the global norm's. Which comes first "
            "in the task?"
        ): partial(_cosines, clips=(by_global_norm, by_variable, by_value)),
        (
            "The cosine is taken array by array and then averaged. Clipping by variable seems to keep the direction "
            "then, since each array keeps its own; what changes are the proportions between them. How many vectors is "
            "a gradient?"
        ): _by(_mean_over_arrays),
        (
            "You return products, not cosines: they are large for long gradients, whatever their direction. By which "
            "two lengths must a product be divided?"
        ): _by(
            _dot,
            lambda clipped, given: _dot(clipped, given) / global_norm(given),
            lambda clipped, given: _dot(clipped, given) / (global_norm(clipped) or 1.0),
        ),
        (
            "You divide by the length of the given gradient twice. The clipped one has a length of its own, and it is "
            "shorter. Which two vectors meet in the cosine?"
        ): _by(lambda clipped, given: _dot(clipped, given) / global_norm(given) ** 2),
        (
            "You divide by squared lengths. The cosine of a vector with itself must be 1: try it with (3, 4). Which "
            "power of the length do you need?"
        ): _by(lambda clipped, given: _dot(clipped, given) / (global_norm(clipped) * global_norm(given) or 1.0) ** 2),
        (
            "You return angles, or how far the cosine is from 1. The task asks for the cosine itself, which is 1 where "
            "the direction is kept."
        ): _by(
            _angle,
            lambda clipped, given: float(np.degrees(_angle(clipped, given))),
            lambda clipped, given: 1 - _cosine(clipped, given),
        ),
        (
            "You return how much shorter the gradient became, not where it points. A ratio of lengths says nothing "
            "about direction. What does the dot product add?"
        ): _by(lambda clipped, given: global_norm(clipped) / global_norm(given)),
        (
            "Your clipping by value cuts large entries alone; a very negative one stays as it was. Cutting goes to "
            "both sides. Which values must an entry stay between?"
        ): (
            _with(value=_each(np.minimum)),
            _with(value=_each(lambda array, limit: np.maximum(array, -limit))),
        ),
        (
            "Your clipping by value makes ±limit of every entry, also of those that were smaller. Only what lies "
            "outside is cut. What stays as it is?"
        ): _with(value=_each(lambda array, limit: limit * np.sign(array))),
        (
            "Your clipping by value sets what is too large to 0. It should be cut to the limit, with its sign. What "
            "does np.clip make of 5 with the limits −1 and 1?"
        ): _with(value=_each(lambda array, limit: np.where(np.abs(array) > limit, 0.0, array))),
        (
            "Your clipping by value cuts the whole array by its own norm, or multiplies it: the first cosine is then "
            "that of another clipping. In clipping by value no entry knows of the others. What happens to each?"
        ): (
            _with(value=by_variable),
            _with(value=_each(lambda array, limit: array * min(1.0, limit / (np.abs(array).max() or 1.0)))),
            _with(value=by_global_norm),
        ),
        (
            "Your clipping by variable makes short arrays longer: all come out with the length limit. A gradient that "
            "is short enough is left alone. What does Keras' clipnorm do with it?"
        ): _with(variable=_each(lambda array, limit: limit * array / (np.linalg.norm(array) or 1.0))),
        (
            "Your clipping by variable uses one factor for all three arrays, so the second cosine is 1. Each array has "
            "a norm of its own, and is shortened when *that* is above the limit. How many factors are there?"
        ): _with(variable=by_global_norm),
        (
            "Your clipping by global norm shortens each array by its own norm, so the third cosine equals the second. "
            "One norm belongs to all three. What is the third cosine then, whatever the gradient?"
        ): _with(whole=by_variable),
    },
    explanation="""\
The cosine of two vectors is their dot product divided by both lengths: 1 where they point the same way. A gradient is
one vector, made of the entries of all arrays. The global norm multiplies it by one number, so the third cosine is
always 1. Clipping by variable (`clipnorm` in Keras) keeps the direction within each array and changes the proportions
between them: the longest array loses most. Clipping by value (`clipvalue`) changes them entry by entry; with a tiny
limit only signs are left. All three keep the cosine above 0, so a small enough step still goes downhill, and all
three can train. But only the global norm says: the same step, shorter.""",
    explain=_explain,
)
