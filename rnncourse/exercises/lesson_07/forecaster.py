"""07.3: the forecasts of one rule, with the truth to read and with its own forecasts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.mistakes import where_it_fits
from rnncourse.exercises.plain_data import show

Pair = tuple[np.ndarray, np.ndarray]
Rule = Callable[[np.ndarray, np.ndarray, float], np.ndarray]
"""Forecasts (N,), of windows (N, k), weights (k,) and bias."""
Move = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""The next window (N, k), of a window (N, k) and the forecast that was made from it (N,)."""


def _series(
    rng: np.random.Generator, *, series: int = 3, weights: int = 3, spare: int | None = None, ahead: int = 0
) -> Inputs:
    """``spare``: known days before the first window, 1 or 2 when left out."""
    spare = int(rng.integers(1, 3)) if spare is None else spare
    ahead, known = ahead or int(rng.integers(3, 5)), weights + spare
    sizes = rng.permutation(np.arange(2, 10))[:weights] / 10
    return {
        "series": np.round(rng.normal(size=(series, known + ahead)), 1),
        "known": known,
        "weights": rng.choice([-1, 1], weights) * sizes,
        "bias": float(rng.choice([-1, 1]) * rng.integers(2, 9) / 10),
    }


def _day_by_day(series: np.ndarray, known: int, weights: np.ndarray, bias: float) -> Pair:
    one, free = [], []
    for row in series.tolist():
        own = row[:known]
        for day in range(known, len(row)):
            for forecasts, values in ((one, row), (free, own)):
                total = bias
                for back in range(1, len(weights) + 1):
                    total += float(weights[-back]) * values[day - back]
                forecasts.append(total)
            own.append(free[-1])
    shape = len(series), series.shape[1] - known
    return np.reshape(one, shape), np.reshape(free, shape)


def _rule(window: np.ndarray, weights: np.ndarray, bias: float) -> np.ndarray:
    return window @ weights + bias


def _pushed(window: np.ndarray, new: np.ndarray) -> np.ndarray:
    """The oldest value falls out, the new one comes behind the others."""
    return np.concatenate([window[:, 1:], new[:, np.newaxis]], axis=1)


def _one(
    series: np.ndarray, known: int, weights: np.ndarray, bias: float, *, rule: Rule = _rule, moved: int = 0
) -> np.ndarray:
    """With the truth to read; ``moved``: by how many days all windows are too late."""
    days = range(known + moved, series.shape[1] + moved)
    return np.stack([rule(series[:, day - len(weights) : day], weights, bias) for day in days], axis=1)


def _free(
    series: np.ndarray,
    known: int,
    weights: np.ndarray,
    bias: float,
    *,
    rule: Rule = _rule,
    move: Move = _pushed,
    first: Callable[[np.ndarray, int, int], np.ndarray] = lambda series, known, k: series[:, known - k : known],
    truths: int = 0,
) -> np.ndarray:
    """``first``: the first window, of series, known and k; ``truths``: after how many days its own forecasts begin."""
    window, forecasts = first(series, known, len(weights)), []
    for day in range(known, series.shape[1]):
        forecasts.append(rule(window, weights, bias))
        window = move(window, series[:, day] if day - known < truths else forecasts[-1])
    return np.stack(forecasts, axis=1)


def _both(
    *, one: Callable[..., np.ndarray] = _one, free: Callable[..., np.ndarray] = _free
) -> Callable[..., Pair | None]:
    @where_it_fits
    def wrong(**case: np.ndarray | float) -> Pair:
        return one(**case), free(**case)

    return wrong


def _by(rule: Rule) -> tuple[Callable[..., Pair | None], ...]:
    """Another rule, in both forecasts or in free running alone."""
    one, free = partial(_one, rule=rule), partial(_free, rule=rule)
    return _both(one=one, free=free), _both(free=free), _both(one=one)


def _moved_by(*moves: Move) -> tuple[Callable[..., Pair | None], ...]:
    return tuple(_both(free=partial(_free, move=move)) for move in moves)


def _stands_still(series: np.ndarray, known: int, weights: np.ndarray, bias: float) -> np.ndarray:
    return _free(series, known, weights, bias, move=lambda window, new: window)


def _first_days(series: np.ndarray, known: int, weights: np.ndarray, bias: float) -> np.ndarray:
    """With the truth to read, from the series' first window on."""
    return _one(series, len(weights), weights, bias)[:, : series.shape[1] - known]


def _turned(forecasts: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """The day as the first axis."""
    return lambda **case: forecasts(**case).T


def _from_day_k(series: np.ndarray, known: int, weights: np.ndarray, bias: float) -> np.ndarray:
    """With the truth to read, for all days that have k days before them."""
    return _one(series, len(weights), weights, bias)


def _behind_the_known(forecasts: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """The known days in front of the forecasts."""
    return lambda **case: np.concatenate([case["series"][:, : case["known"]], forecasts(**case)], axis=1)


def _along_the_series(window: np.ndarray, weights: np.ndarray, bias: float) -> np.ndarray:
    return weights @ window + bias


def _explain(series: np.ndarray, known: int, weights: np.ndarray, bias: float) -> str:
    window = [round(float(value), 3) for value in series[0, known - len(weights) : known]]
    first = float(series[0, known - len(weights) : known] @ weights + bias)
    return f"In this input's series 0 the first window is {window}, and both forecasts from it are {show(first)}."


FORECASTER = Exercise(
    id="07.3",
    title="Read the truth, or your own",
    function="one_and_free",
    inputs=_series,
    edges=(
        partial(_series, series=2, weights=1),
        partial(_series, series=4, weights=2, ahead=1),
        partial(_series, series=1, weights=3, spare=0, ahead=5),
        partial(_series, series=2, weights=2, spare=0, ahead=6),
    ),
    reference=_day_by_day,
    returns={"one": ("series", "day ahead"), "free": ("series", "day ahead")},
    mistakes={
        (
            "Your free reads the truth, like one: that is teacher forcing, and nobody knows those values when it "
            "counts. What is the newest value of your window on the second day ahead?"
        ): _both(free=_one),
        (
            "Your one reads its own forecasts, like free. The error of one step can only be seen when every window "
            "holds true values. Are both worked out in the same array?"
        ): _both(one=_free),
        ("The two are exchanged: the first must read the truth, the second its own forecasts."): _both(
            one=_free, free=_one
        ),
        (
            "Your window stands still: every day gets the forecast of the first day. What must happen to the window "
            "before the next day?"
        ): (_both(free=_stands_still), _both(one=_stands_still, free=_stands_still), _both(one=_stands_still)),
        (
            "Your free reads one true value too many: that of the first day ahead, which is not known. From which day "
            "on must it read its own forecasts?"
        ): _both(free=partial(_free, truths=1)),
        (
            "The window ends a day late: it holds the very value that is to be forecast. Such a forecast would be "
            "excellent, and useless. What is the last known day, counted from 0?"
        ): (
            _both(
                one=partial(_one, moved=1),
                free=partial(_free, first=lambda series, known, k: series[:, known - k + 1 : known + 1]),
            ),
            _both(free=partial(_free, first=lambda series, known, k: series[:, known - k + 1 : known + 1])),
        ),
        (
            "The window ends a day early: your first forecast is that of the last known day, and all the others are a "
            "day late. Which days does a slice with known at its end take?"
        ): (
            _both(
                one=partial(_one, moved=-1),
                free=partial(_free, first=lambda series, known, k: series[:, known - k - 1 : known - 1]),
            ),
            _both(one=partial(_one, moved=-1)),
            _both(free=partial(_free, first=lambda series, known, k: series[:, known - k - 1 : known - 1])),
        ),
        (
            "The first window stands at the beginning of the series. The forecasts begin after the known days, so the "
            "first window holds the *last* k of those. Where does it begin?"
        ): (
            _both(free=partial(_free, first=lambda series, known, k: series[:, :k])),
            _both(one=_first_days, free=partial(_free, first=lambda series, known, k: series[:, :k])),
            _both(one=_first_days),
        ),
        (
            "The weights are read the wrong way round: yours meets the newest value with the first one. Which of them "
            "belongs to the newest?"
        ): _by(lambda window, weights, bias: window @ weights[::-1] + bias),
        (
            "The bias is missing. Reading its own forecasts, the rule makes that error again and again. Which argument "
            "did you not use, or not everywhere?"
        ): _by(lambda window, weights, bias: window @ weights),
        (
            "The rule runs along the series, not along the days of one of them. With as many series as weights nothing "
            "warns you. Which axis of a window (N, k) do the weights belong to?"
        ): _by(_along_the_series),
        (
            "In free running a new forecast is put in front of the window, where the oldest value should stand. Time "
            "then runs both ways. On which side is the newest?"
        ): _moved_by(
            lambda window, new: np.concatenate([new[:, np.newaxis], window[:, :-1]], axis=1),
            lambda window, new: np.concatenate([new[:, np.newaxis], window[:, 1:]], axis=1),
        ),
        (
            "In free running a new forecast overwrites the newest value, and the oldest ones stay for ever. Which "
            "value must fall out of the window?"
        ): _moved_by(lambda window, new: np.concatenate([window[:, :-1], new[:, np.newaxis]], axis=1)),
        (
            "There are columns for days that are known, in one or in free. They are to stand side by side, day by day, "
            "from known on. Which columns belong there?"
        ): (
            _both(free=_behind_the_known(_free)),
            _both(one=_behind_the_known(_one), free=_behind_the_known(_free)),
            _both(one=_from_day_k),
            _both(one=_from_day_k, free=_behind_the_known(_free)),
        ),
        (
            "The axes are exchanged: days come first and series second. A list with an entry for each day has the day "
            "as its first axis. Along which axis must it be put together?"
        ): (
            _both(one=_turned(_one), free=_turned(_free)),
            _both(one=_turned(_one)),
            _both(free=_turned(_free)),
        ),
        (
            "In free running the first window holds zeros in place of what is known. Which k values are known when the "
            "first forecast is made?"
        ): _both(free=partial(_free, first=lambda series, known, k: np.zeros((len(series), k)))),
    },
    explanation="""\
It is the same rule in the same loop; only what enters the window differs. With the truth to read all days can be done
at once, since nothing waits for a forecast. In free running each forecast waits for the one before: the oldest value
falls out, the own forecast comes in behind the others. On the first day both are equal. From then on free carries its
errors along: those that it made, worked on by the rule. So a rule that is best at one step need not be best at twenty,
and the error of one step does not say which. `one` is how a forecaster is trained, `free` is how it is used.""",
    explain=_explain,
)
