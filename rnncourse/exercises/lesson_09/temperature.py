"""09.2: scores become probabilities at a temperature."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.plain_data import show

Change = Callable[[np.ndarray, float], np.ndarray]


def _scores(
    rng: np.random.Generator, *, temperature: float | None = None, times: float = 1.0, shape: tuple[int, int] = (2, 4)
) -> Inputs:
    """No two scores of a row are the same; ``times``: what they are multiplied by; a temperature left out is drawn."""
    rows = [rng.choice(np.arange(-30, 41), shape[1], replace=False) / 10 for _ in range(shape[0])]
    drawn = float(rng.choice([0.25, 0.5, 2.0, 4.0]))
    return {"scores": np.array(rows) * times, "temperature": drawn if temperature is None else temperature}


def _token_by_token(scores: np.ndarray, temperature: float) -> np.ndarray:
    rows = []
    for row in scores.tolist():
        best = max(row)
        if temperature == 0:
            parts = [1.0 if score == best else 0.0 for score in row]
        else:
            parts = [math.exp((score - best) / temperature) for score in row]
        rows.append([part / sum(parts) for part in parts])
    return np.array(rows)


def softmax(scores: np.ndarray, axis: int | None = -1) -> np.ndarray:
    """Parts that add up to 1 along an axis; None: all together."""
    parts = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return parts / parts.sum(axis=axis, keepdims=True)


def _instead(*changes: Change) -> tuple[Callable[..., np.ndarray], ...]:
    """Something else for scores and temperature; at a temperature of 0 as it comes."""

    def wrong(scores: np.ndarray, temperature: float, *, change: Change) -> np.ndarray:
        with np.errstate(all="ignore"):
            return change(scores, np.float64(temperature))

    return tuple(partial(wrong, change=change) for change in changes)


def _careful(*changes: Change) -> tuple[Callable[..., np.ndarray], ...]:
    """The same, and the temperature 0 is seen to, or not."""
    seen_to = (
        lambda s, t, change=change: change(s, t) if t > 0 else _token_by_token(s, float(t)) for change in changes
    )
    return (*_instead(*changes), *_instead(*seen_to))


def _plain(values: np.ndarray) -> np.ndarray:
    """Softmax without care for large numbers."""
    parts = np.exp(values)
    return parts / parts.sum(axis=-1, keepdims=True)


def _explain(scores: np.ndarray, temperature: float) -> str:
    if temperature == 0:
        return f"In this input the highest scores of the rows are {show(scores.max(axis=1).tolist())}."
    return f"Divided by the temperature, the first row of this input is {show((scores[0] / temperature).tolist())}."


TEMPERATURE = Exercise(
    id="09.2",
    title="Temperature",
    function="with_temperature",
    inputs=_scores,
    edges=(
        partial(_scores, temperature=0.0),
        partial(_scores, temperature=0.5, times=300.0),
        partial(_scores, temperature=1.0),
        partial(_scores, temperature=2.0, shape=(3, 1)),
    ),
    reference=_token_by_token,
    returns={"probabilities": ("row", "token")},
    mistakes={
        (
            "The temperature comes after the softmax: your rows are probabilities divided by a number. Their "
            "proportions are what they were, and they no longer sum to 1. To what does the temperature apply?"
        ): _careful(lambda s, t: softmax(s) / t, lambda s, t: softmax(s) * t),
        (
            "The temperature has no effect on your rows: they are those of temperature 1. Dividing probabilities and "
            "making them sum to 1 again undoes itself. At which place does it change proportions?"
        ): _careful(lambda s, t: softmax(s)),
        (
            "The softmax is taken twice: probabilities go in as if they were scores. They all lie between 0 and 1, so "
            "the second softmax makes nearly equal what was far apart. What does the softmax need?"
        ): _careful(lambda s, t: softmax(softmax(s) / t), lambda s, t: softmax(softmax(s / t))),
        (
            "You multiply by the temperature. Then a high temperature makes the model bolder and a low one wilder, the "
            "reverse of what is meant. What must become of differences between scores when it is hot?"
        ): _careful(lambda s, t: softmax(s * t)),
        (
            "The exponentials are not divided by their sum: your rows are positive, but they do not sum to 1. What "
            "makes probabilities of positive numbers?"
        ): _careful(lambda s, t: np.exp(s / t), lambda s, t: np.exp((s - s.max(axis=-1, keepdims=True)) / t)),
        (
            "Your softmax runs along the wrong axis: over the rows, for each token. Each row is a prediction of its "
            "own. Along which axis must the probabilities sum to 1?"
        ): _careful(lambda s, t: softmax(s / t, axis=0)),
        (
            "The probabilities of the whole array sum to 1, not those of each row. np.sum and np.max take everything "
            "unless you say which axis. Which axis holds the tokens of one prediction?"
        ): _careful(lambda s, t: softmax(s / t, axis=None)),
        (
            "The exponentials are divided by the temperature, not the scores. A factor in front of all exponentials "
            "changes no proportion, and these do not sum to 1. Should it stand inside the exponential or outside?"
        ): _instead(lambda s, t: np.exp(s) / t),
        (
            "Scores come back: divided, but not yet made into probabilities. Some are negative, and they do not sum to "
            "1. Which function is still missing?"
        ): _careful(lambda s, t: s / t),
        (
            "Probabilities raised to the power of 1/T are the right idea, and they have the right proportions. But "
            "they must be made to sum to 1 again. What is missing after the power?"
        ): _careful(lambda s, t: softmax(s) ** (1 / t)),
        (
            "You raise probabilities to the power of T where 1/T would do. At a high temperature the likeliest token "
            "becomes likelier still. Which of the two makes a row flatter when T is large?"
        ): _careful(lambda s, t: softmax(s) ** t),
        (
            "All the probability is on the token of the highest score. That is temperature 0, always greedy. At other "
            "temperatures every token has a chance. Where does yours enter?"
        ): _instead(lambda s, t: (s == s.max(axis=-1, keepdims=True)).astype(float)),
        (
            "The logarithms of the probabilities come back. They are at most 0 and do not sum to 1. Which function "
            "takes the last step?"
        ): _instead(lambda s, t: np.log(softmax(s / t))),
        (
            "Right, but not where scores are large, nor at temperature 0: exp overflows from 710 on, and inf / inf is "
            "NaN. The softmax does not change when the same number is taken from a whole row. Which number makes it "
            "safe, and what is to come out at 0?"
        ): _instead(lambda s, t: _plain(s / t)),
        (
            "Right, but not where scores are large: exp overflows from 710 on, and inf / inf is NaN. The softmax does "
            "not change when the same number is taken from a whole row. Which number leaves nothing above 0?"
        ): _instead(lambda s, t: _plain(s / t) if t > 0 else _token_by_token(s, 0.0)),
        (
            "Right, but at temperature 0, where you divide by 0 and get NaN. Ever colder, the probability goes to the "
            "token of the highest score. Say that case by itself, before the division."
        ): _instead(lambda s, t: softmax(s / t)),
        (
            "Right, but at temperature 0 you return what temperature 1 gives, or equal probabilities for all. Ever "
            "colder, the probability goes to the token of the highest score: what is the limit?"
        ): _instead(
            lambda s, t: softmax(s / t) if t > 0 else softmax(s),
            lambda s, t: softmax(s / t) if t > 0 else np.full(s.shape, 1 / s.shape[1]),
        ),
    },
    explanation="""\
Scores, not probabilities, are divided by T: `softmax(scores / T)`. Differences between scores shrink when T is above 1,
and the row becomes flatter; below 1 they grow. Raising the probabilities to the power 1/T and making them sum to 1
again is the same, since p is exp(score) up to a factor; dividing probabilities by T is nothing. The largest score of
the row is taken away first: it changes nothing, and no exponential can overflow. T = 0 is the limit, the token of the
highest score, and is said by itself. No temperature changes the order of the tokens.""",
    explain=_explain,
)
