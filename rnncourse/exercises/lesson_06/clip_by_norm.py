"""06.1: clipping by the global norm, from scratch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_06.clippings import (
    Clip,
    Gradients,
    by_value,
    by_variable,
    end_to_end,
    global_norm,
    gradients,
    named,
    shortened,
)
from rnncourse.exercises.plain_data import show

Clipped = tuple[np.ndarray, np.ndarray, np.ndarray, float]
Norm = Callable[[Gradients], float]


def _long_or_short(rng: np.random.Generator, *, times: float = 0.0, **options: float) -> Inputs:
    """Gradients that are ``times`` as long as ``max_norm``; drawn: two of three are longer, up to five times."""
    found = gradients(rng, **options)
    times = times or float(rng.choice([rng.uniform(1.5, 2.5), rng.uniform(2.5, 5.0), rng.uniform(0.2, 0.7)]))
    return {**named(found), "max_norm": float(f"{(global_norm(found) / times or 1.0):.2g}")}


def _three_four_five(rng: np.random.Generator) -> Inputs:
    """Exactly as long as ``max_norm``."""
    found = np.array([[3.0, 0.0]]), np.array([[0.0, -4.0], [0.0, 0.0]]), np.zeros(2)
    return {**named(found), "max_norm": 5.0}


def _zero(rng: np.random.Generator) -> Inputs:
    first, second, third = (0.0 * array for array in gradients(rng))
    return {**named((first, second, third)), "max_norm": 1.0}


def _entry_by_entry(
    d_kernel: np.ndarray, d_recurrent_kernel: np.ndarray, d_bias: np.ndarray, max_norm: float
) -> Clipped:
    squares = 0.0
    for array in (d_kernel, d_recurrent_kernel, d_bias):
        for entry in array.flat:
            squares += float(entry) ** 2
    norm = squares**0.5
    factor = 1.0 if norm <= max_norm else max_norm / norm
    return d_kernel * factor, d_recurrent_kernel * factor, d_bias * factor, norm


def _clip(
    d_kernel: np.ndarray,
    d_recurrent_kernel: np.ndarray,
    d_bias: np.ndarray,
    max_norm: float,
    *,
    measure: Norm = global_norm,
    clip: Clip | None = None,
    report: Norm | None = None,
) -> Clipped:
    """``measure``: the norm; ``clip``: what is done instead; ``report``: the norm returned, when it is another."""
    found = (d_kernel, d_recurrent_kernel, d_bias)
    first, second, third = shortened(found, max_norm, by=measure(found)) if clip is None else clip(found, max_norm)
    return first, second, third, float((report or measure)(found))


def _by(*norms: Norm) -> tuple[Callable[..., Clipped], ...]:
    """Another norm, returned or not."""
    return tuple(partial(_clip, measure=norm, report=report) for norm in norms for report in (norm, global_norm))


def _instead(*clips: Clip) -> tuple[Callable[..., Clipped], ...]:
    return tuple(partial(_clip, clip=clip) for clip in clips)


def _times(factor: Callable[[float, float], float], *, only_above: bool = True) -> Clip:
    """All arrays times a factor, of their norm and the limit."""

    def clip(found: Gradients, limit: float) -> Gradients:
        norm = global_norm(found)
        by = factor(norm, limit) if norm > limit or (norm > 0 and not only_above) else 1.0
        first, second, third = (array * by for array in found)
        return first, second, third

    return clip


def _long_ones_only(found: Gradients, limit: float) -> Gradients:
    factor = min(1.0, limit / (global_norm(found) or 1.0))
    first, second, third = (array * (factor if np.linalg.norm(array) > limit else 1.0) for array in found)
    return first, second, third


def _without_bias(found: Gradients, limit: float) -> Gradients:
    first, second, _ = shortened(found, limit)
    return first, second, found[2]


def _bias_forgotten(found: Gradients, limit: float) -> Gradients:
    first, second = shortened(found[:2], limit)
    return first, second, found[2]


def _largest_norm(found: Gradients) -> float:
    return max(float(np.linalg.norm(array)) for array in found)


def _norm_after(**case: np.ndarray | float) -> Clipped:
    first, second, third, _ = _clip(**case)
    return first, second, third, global_norm((first, second, third))


def _explain(d_kernel: np.ndarray, d_recurrent_kernel: np.ndarray, d_bias: np.ndarray, max_norm: float) -> str:
    found = (d_kernel, d_recurrent_kernel, d_bias)
    squares = [round(float(np.sum(array**2)), 3) for array in found]
    return (
        f"The sums of the squares of this input's three gradients are {show(squares)}, so their global norm is "
        f"{show(global_norm(found))}."
    )


CLIP_BY_NORM = Exercise(
    id="06.1",
    title="Clip by the global norm",
    function="clip_by_global_norm",
    inputs=_long_or_short,
    edges=(
        _three_four_five,
        _zero,
        partial(_long_or_short, features=1, units=1, times=2.0),
        partial(_long_or_short, times=3000.0, scale=1000.0),
    ),
    reference=_entry_by_entry,
    returns={
        "clipped_kernel": ("feature", "unit"),
        "clipped_recurrent_kernel": ("unit before", "unit"),
        "clipped_bias": ("unit",),
        "norm": (),
    },
    mistakes={
        (
            "The norm is right, but you clip by value: every entry is cut by itself. Large entries lose much and small "
            "ones nothing, so the update points elsewhere. By what must *all* entries be multiplied alike?"
        ): _instead(
            by_value,
            lambda found, limit: by_value(found, limit) if global_norm(found) > limit else found,
        ),
        (
            "Each array is clipped by its own norm, as Keras' clipnorm does. Then a long one shrinks and a short one "
            "does not, and their proportions change. Which norm is common to all three?"
        ): (*_instead(by_variable), partial(_clip, clip=by_variable, report=_largest_norm)),
        (
            "Gradients that are short already are made longer: all come out with the length max_norm. Near a minimum "
            "the steps could then never become small. When must nothing be done?"
        ): _instead(_times(lambda norm, limit: limit / norm, only_above=False)),
        (
            "Your norm is the sum of all squares: the root is missing. A gradient ten times as long counts a hundred "
            "times, so yours is shortened far too much. What makes a length of a sum of squares?"
        ): _by(lambda found: global_norm(found) ** 2),
        (
            "The norms of the three arrays are added up. Lengths at right angles do not add: 3 and 4 make 5, not 7. "
            "What may be added before the root is taken?"
        ): _by(lambda found: sum(float(np.linalg.norm(array)) for array in found)),
        (
            "Your norm is that of the longest array alone. The three make one long vector together, which is longer "
            "than any of them. What is the length of (3, 4)?"
        ): _by(_largest_norm),
        (
            "Your norm is the size of the largest entry. That keeps the direction, too, but it is not the length: many "
            "middling entries make a long gradient. What do all entries add to the length?"
        ): _by(lambda found: float(np.abs(end_to_end(found)).max())),
        (
            "Your norm adds up the sizes of the entries. That is a norm, ‖·‖₁, but not the one that is meant, ‖·‖₂. "
            "How does each entry enter there?"
        ): _by(lambda found: float(np.abs(end_to_end(found)).sum())),
        (
            "Your norm takes the mean of the squares, or of the three norms. A length grows with the number of "
            "entries; with a mean, a larger net would be let through with a longer gradient. What should stand in "
            "place of the mean?"
        ): _by(
            lambda found: float(np.sqrt(np.mean(end_to_end(found) ** 2))),
            lambda found: float(np.mean([np.linalg.norm(array) for array in found])),
        ),
        (
            "The clipped gradients are right, but the norm is that of after clipping. One that is never above max_norm "
            "hides every spike. Which norm tells how the run is doing?"
        ): _norm_after,
        (
            "Long gradients come out with the length 1, whatever max_norm is. Dividing by the norm makes a unit "
            "vector. By what must it be multiplied?"
        ): _instead(
            _times(lambda norm, limit: 1 / norm),
            _times(lambda norm, limit: 1 / norm, only_above=False),
        ),
        (
            "Long gradients come out longer still: your factor is upside down. It must be below 1 where the norm is "
            "above max_norm."
        ): _instead(_times(lambda norm, limit: norm / limit)),
        (
            "The factor is right, but only arrays that are too long by themselves are multiplied by it. Then the "
            "proportions change, and the sum may still be too long. To which of the three does the factor belong?"
        ): _instead(_long_ones_only),
        (
            "The bias is left as it was, or out of the norm. It is a weight like any other, and where it was left out "
            "the whole is not of the length max_norm. How many gradients does a cell have?"
        ): (
            *_instead(_without_bias),
            *_by(lambda found: global_norm(found[:2])),
            partial(_clip, measure=lambda found: global_norm(found[:2]), clip=_bias_forgotten),
        ),
        (
            "A gradient that is too long is thrown away: all its entries become 0. Its direction is good, only its "
            "length is not. What can be kept of it?"
        ): _instead(_times(lambda norm, limit: 0.0)),
    },
    explanation="""\
Laid end to end, all gradients are one vector, and its length is the root of the sum of *all* squares. Where that is
above `max_norm`, one factor, `max_norm / norm`, shortens all arrays alike: the step points where it did and is only
shorter (Pascanu et al. 2013). Below, nothing happens, not even rounding. `min(1, max_norm / norm)` says both in one
line, but divides by 0 where the gradient is 0. The norm is returned as it was, since it is what one watches: at a
cliff of the loss it is a thousand times the usual, for one update. Keras calls the three options `clipvalue`,
`clipnorm` (each array by itself) and `global_clipnorm` (this one).""",
    explain=_explain,
)
