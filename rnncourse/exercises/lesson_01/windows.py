"""01.2: a series becomes windows and the values to forecast."""

from __future__ import annotations

from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs


def _series(rng: np.random.Generator, *, steps: int = 0, horizon: int = 0, count: int = 0) -> Inputs:
    """A series without repeated values, with room for ``count`` windows; what is 0 is drawn."""
    steps, horizon = steps or int(rng.integers(2, 5)), horizon or int(rng.integers(1, 4))
    length = (count or int(rng.integers(6, 10))) + steps + horizon - 1
    return {"series": rng.permutation(np.arange(40.0))[:length] / 2, "steps": steps, "horizon": horizon}


def _cut(
    series: np.ndarray, steps: int, horizon: int, *, ahead: int | None = None, lost: int = 0, stride: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """``ahead``: how far the target lies from the window's last value; ``lost``: how many windows are missing."""
    ahead = horizon if ahead is None else ahead
    starts = range(0, len(series) - steps - horizon + 1 - lost, stride)
    x = [series[i : i + steps] for i in starts]
    y = [series[i + steps - 1 + ahead] for i in starts]
    return np.reshape(np.array(x, dtype=float), (-1, steps, 1)), np.reshape(np.array(y, dtype=float), (-1, 1))


def _early(lost: int, series: np.ndarray, steps: int, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    return _cut(series, steps, horizon, ahead=horizon - 1, lost=lost)


def _late(lost: int, series: np.ndarray, steps: int, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    return _cut(series, steps, horizon, ahead=horizon + 1, lost=lost)


def _next(lost: int, series: np.ndarray, steps: int, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    return _cut(series, steps, horizon, ahead=1, lost=lost)


def _from_start(lost: int, series: np.ndarray, steps: int, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    return _cut(series, steps, horizon, ahead=horizon - steps + 1, lost=lost)


def _all_targets(lost: int, series: np.ndarray, steps: int, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    parts = [_cut(series, steps, horizon, ahead=ahead, lost=lost) for ahead in range(1, horizon + 1)]
    return parts[0][0], np.hstack([y for _, y in parts])


WINDOWS = Exercise(
    id="01.2",
    title="Windows and targets",
    function="windows",
    inputs=_series,
    edges=tuple(partial(_series, **case) for case in ({"horizon": 1}, {"horizon": 3}, {"steps": 1}, {"count": 1})),
    reference=_cut,
    returns={"x": ("window", "step", "feature"), "y": ("window", "feature")},
    mistakes={
        (
            "The target lies one step too early; with horizon 1 it is the window's own last value. A model then "
            "scores perfectly by copying what it was given: that is a leak, not a forecast. At which index does the "
            "window end, and which is the first one after it?"
        ): tuple(partial(_early, lost) for lost in (0, -1, 1)),
        (
            "The target lies one step too far, and the last window is missing for it. The model would be trained for "
            "another horizon than the one you report. Write down the indices of the first window and of its target "
            "for horizon 1."
        ): tuple(partial(_late, lost) for lost in (1, 2)),
        (
            "The target is always the value right after the window, whatever horizon says. The next step is far "
            "easier to forecast than the one asked for. Where does horizon enter the target's index?"
        ): (
            *(partial(_next, lost) for lost in (0, 1)),
            lambda **case: _cut(**case | {"horizon": 1}),
            lambda **case: _cut(**case | {"horizon": 1}, lost=1),
        ),
        (
            "The target is counted from the window's first value, not from its last, so it may lie inside the window: "
            "that is a leak. At which index does window i end?"
        ): tuple(partial(_from_start, lost) for lost in (0, 1)),
        (
            "The last window is missing. Its target is the last value of the series, so it exists. Count: how many "
            "starts leave room for steps values and for a target horizon steps later? A range does not include its "
            "end."
        ): partial(_cut, lost=1),
        (
            "The windows do not overlap: each begins where the one before ended. The values are right, but most "
            "examples are thrown away. The next window begins one step later."
        ): lambda **case: _cut(**case, stride=case["steps"]),
        (
            "In y stands every value after the window up to the horizon. That is the target of a model that forecasts "
            "several steps at once; here each window has one, horizon steps later: y is (n, 1)."
        ): (
            *(partial(_all_targets, lost) for lost in (0, 1)),
            lambda **case: (_cut(**case)[0], _all_targets(0, **case)[1][..., np.newaxis]),
        ),
        (
            "The values are right but the axis of features is missing: x must be (n, steps, 1) and y (n, 1). A "
            "recurrent layer expects (batch, time, features) even when there is one feature."
        ): (
            lambda **case: tuple(part[..., 0] for part in _cut(**case)),
            lambda **case: (_cut(**case)[0][..., 0], _cut(**case)[1]),
        ),
        (
            "The values are right, and so is x, but y has the shape (n,) in place of (n, 1). A model with one output "
            "predicts (n, 1), and NumPy makes (n, 1) minus (n,) a table (n, n): a wrong error without a warning."
        ): lambda **case: (_cut(**case)[0], _cut(**case)[1][..., 0]),
        (
            "Time and features have changed places in x: a recurrent layer would see one step with many features, and "
            "have nothing to carry from step to step. The order is (batch, time, features)."
        ): lambda **case: (_cut(**case)[0].swapaxes(1, 2), _cut(**case)[1]),
    },
    explanation="""\
Window i ends at index i + steps − 1, and its target lies `horizon` steps later, at i + steps − 1 + horizon. The
last target is the last value, which leaves len(series) − steps − horizon + 1 windows. Check such code at its two
ends: the first window's target by hand, and that the last target is `series[-1]`. `sliding_window_view` cuts the
windows without a loop; those at its end that have no target are dropped. It copies nothing: what it gives is a
read-only view of the series. Copy it before you change a value in place.""",
)
