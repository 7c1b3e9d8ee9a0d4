"""08.4: the naive and the seasonal naive forecast, and their errors."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.mistakes import where_it_fits

Forecasts = tuple[np.ndarray, np.ndarray, np.ndarray]
Back = Callable[[int, int, int], int]
"""How many steps before its target a forecast was measured, of horizon, period, and the target's place from first."""
Error = Callable[[np.ndarray], float]


def _record(
    rng: np.random.Generator, *, period: int = 0, horizon: int = 0, values: int = 0, spare: int | None = None
) -> Inputs:
    """A record with a season; the horizon is longer than a period in about a half of the inputs.

    ``spare``: values before the first that any forecast needs, a season or more when left out; ``values``: to be
    forecast.
    """
    period = period or int(rng.integers(2, 5))
    horizon = horizon or int(rng.integers(2, 7))
    spare = period + int(rng.integers(0, 2)) if spare is None else spare
    first = max(horizon, period * math.ceil(horizon / period)) + spare
    values = values or int(rng.integers(4, 6))
    season = rng.permutation(np.arange(period)) * 2.0
    places = np.arange(first + values)
    series = np.round(season[places % period] + 0.1 * places + rng.normal(0, 0.8, places.size), 1)
    return {"series": series, "first": first, "period": period, "horizon": horizon}


def _target_by_target(series: np.ndarray, first: int, period: int, horizon: int) -> Forecasts:
    naive, seasonal, errors = [], [], []
    for target in range(first, len(series)):
        known = [float(value) for value in series[: target - horizon + 1]]
        same_phase = [place for place in range(len(known)) if (target - place) % period == 0]
        naive.append(known[-1])
        seasonal.append(known[same_phase[-1]])
    for forecasts in (naive, seasonal):
        squares = [(said - float(true)) ** 2 for said, true in zip(forecasts, series[first:], strict=True)]
        errors.append(math.sqrt(math.fsum(squares) / len(squares)))
    return np.array(naive), np.array(seasonal), np.array(errors)


def _root_mean_square(off: np.ndarray) -> float:
    return float(np.sqrt(np.mean(off**2)))


def _same_phase(horizon: int, period: int, i: int) -> int:
    return period * math.ceil(horizon / period)


def _last_known(horizon: int, period: int, i: int) -> int:
    return horizon


def _forecast(
    *,
    naive: Back = _last_known,
    seasonal: Back = _same_phase,
    error: Error = _root_mean_square,
    order: slice = slice(None),
) -> Callable[..., Forecasts | None]:
    """``order``: of the two forecasts in ``rmse``."""

    @where_it_fits
    def forecast(series: np.ndarray, first: int, period: int, horizon: int) -> Forecasts:
        targets = np.arange(first, len(series))
        said = [series[[t - back(horizon, period, i) for i, t in enumerate(targets)]] for back in (naive, seasonal)]
        errors = np.array([error(each - series[first:]) for each in said])
        return said[0], said[1], errors[order]

    return forecast


def _seasonal(*backs: Back) -> tuple[Callable[..., Forecasts | None], ...]:
    return tuple(_forecast(seasonal=back) for back in backs)


def _naive(*backs: Back, beside: tuple[Back, ...] = ()) -> tuple[Callable[..., Forecasts | None], ...]:
    """``beside``: seasonal forecasts that go wrong together with these."""
    return tuple(_forecast(naive=back, seasonal=seasonal) for back in backs for seasonal in (_same_phase, *beside))


def _errors(*ways: Error) -> tuple[Callable[..., Forecasts | None], ...]:
    return tuple(_forecast(error=way) for way in ways)


def _from_the_first_origin(horizon: int, period: int, i: int) -> int:
    """All from what is known when the first one is made."""
    return period * math.ceil((horizon + i) / period)


def _exchanged(**case: np.ndarray | int) -> Forecasts:
    naive, seasonal, errors = _target_by_target(**case)
    return seasonal, naive, errors[::-1]


def _of_all_values(**case: np.ndarray | int) -> Forecasts:
    """Errors of both forecasts, over both at once."""
    naive, seasonal, _ = _target_by_target(**case)
    off = np.array([naive, seasonal]) - case["series"][case["first"] :]
    return naive, seasonal, np.full(2, _root_mean_square(off))


def _explain(series: np.ndarray, first: int, period: int, horizon: int) -> str:
    place = first - period * math.ceil(horizon / period)
    return (
        f"For the first target of this input, place {first}, the last known place is {first - horizon}, and the latest "
        f"of its season is {place}."
    )


SEASONS = Exercise(
    id="08.4",
    title="As last season",
    function="rules_of_thumb",
    inputs=_record,
    edges=(
        partial(_record, period=3, horizon=1),
        partial(_record, period=2, horizon=2),
        partial(_record, period=1, horizon=3),
        partial(_record, period=4, horizon=5, values=1, spare=0),
    ),
    reference=_target_by_target,
    returns={"naive": ("target",), "seasonal": ("target",), "rmse": ("rule",)},
    mistakes={
        (
            "Your seasonal forecast takes the value one period before the target, however far ahead that lies. Where "
            "the horizon is longer than the period, that value is not known yet: it leaks the future. How many whole "
            "periods must you go back?"
        ): _seasonal(lambda horizon, period, i: period),
        (
            "Your seasonal forecast goes back from the last known value by one period, not from the target. That is "
            "another place of the season, unless the horizon is a whole number of periods. From where is a season "
            "counted?"
        ): _seasonal(
            lambda horizon, period, i: horizon + period,
            lambda horizon, period, i: horizon + period - 1,
        ),
        (
            "Your seasonal forecast goes one period too far back where the horizon is a whole number of periods, or "
            "everywhere. The *latest* value of that place in the season is asked for. What does 4 // 2 + 1 give?"
        ): _seasonal(
            lambda horizon, period, i: period * (horizon // period + 1),
            lambda horizon, period, i: period * (math.ceil(horizon / period) + 1),
        ),
        (
            "Your seasonal forecast goes too few periods back: horizon // period is rounded down, and the value lies "
            "after the last known one. In which direction must be rounded?"
        ): _seasonal(
            lambda horizon, period, i: period * max(1, horizon // period),
            lambda horizon, period, i: period * (horizon // period),
        ),
        (
            "Your seasonal forecast is one step beside its season, before or after. Twelve months before May is May. "
            "How far from the target must its place be?"
        ): _seasonal(
            lambda horizon, period, i: period * math.ceil(horizon / period) + 1,
            lambda horizon, period, i: period * math.ceil(horizon / period) - 1,
        ),
        (
            "Your seasonal forecast goes as many periods back as the horizon has steps. A horizon of 3 months with a "
            "period of 12 needs one year. How many periods cover the horizon?"
        ): _seasonal(lambda horizon, period, i: period * horizon),
        (
            "All your seasonal forecasts are made at once, from what is known before the first of them: the last "
            "season is repeated. Here each target has its own past, up to horizon steps before it."
        ): _seasonal(_from_the_first_origin),
        (
            "Your naive forecast takes the value just before the target. With a horizon above 1 nobody knows that one "
            "yet: it leaks the future. Which is the last that is known?"
        ): _naive(lambda horizon, period, i: 1, beside=(lambda horizon, period, i: period,)),
        (
            "Your naive forecast lies one step beside the last known value, before or after. The horizon is counted "
            "from the last known value to the target: with 1 they are neighbours."
        ): _naive(lambda horizon, period, i: horizon + 1, lambda horizon, period, i: horizon - 1),
        (
            "Your naive forecast is the same for all targets: that from the first one's past. Each target has its own "
            "past, up to horizon steps before it."
        ): _naive(lambda horizon, period, i: horizon + i, beside=(_from_the_first_origin,)),
        ("The two forecasts are exchanged. Which of them knows nothing of a season?"): _exchanged,
        ("The forecasts are right, but the two errors are exchanged: naive comes first."): _forecast(
            order=slice(None, None, -1)
        ),
        (
            "The forecasts are right, but the root is missing. A mean square of temperatures is in squared degrees."
        ): _errors(lambda off: float(np.mean(off**2))),
        (
            "The forecasts are right, but the errors are mean sizes, without squares. Both are in use, under different "
            "names: MAE and RMSE. In which one does a large miss count more?"
        ): _errors(lambda off: float(np.mean(np.abs(off)))),
        (
            "The forecasts are right, but the errors are means with their signs, in which a miss above and one below "
            "make up for each other. What takes the sign away?"
        ): _errors(
            lambda off: float(np.mean(off)),
            lambda off: float(-np.mean(off)),
            lambda off: float(abs(np.mean(off))),
            lambda off: float(np.sqrt(np.mean(off) ** 2)),
        ),
        (
            "The forecasts are right, but their errors are summed where a mean is meant, or averaged after the root. A "
            "long test would look worse than a short one. In which order come square, mean and root?"
        ): _errors(
            lambda off: float(np.sqrt(np.sum(off**2))),
            lambda off: float(np.sum(off**2)),
            lambda off: float(np.sqrt(np.sum(off**2)) / len(off)),
        ),
        (
            "The forecasts are right, but the errors are standard deviations of the misses: that forgives a rule that "
            "is always too low. From which number are misses counted?"
        ): _errors(lambda off: float(np.std(off))),
        (
            "The forecasts are right, but both errors are one and the same, taken over both rules. Which rule is "
            "better could not be seen. Along which axis is the mean?"
        ): _of_all_values,
    },
    explanation="""\
A forecast may use what is known when it is made, so every target has its own past: up to `horizon` steps before it.
Naive takes the last of that. Seasonal naive goes back from the *target* by whole periods, as few as lead into the
past: `period * ceil(horizon / period)`; in whole numbers, `-(-horizon // period) * period`. With a horizon up to a
period this is last season's value, beyond it that would lie in the future. Both need no training, and either can be
hard to beat: naive where a record wanders, seasonal where it repeats. Their errors belong beside every network's.""",
    explain=_explain,
)
