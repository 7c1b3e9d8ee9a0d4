"""14.1: how far beyond its own step each output of a forecaster reads."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs

Network = dict[str, Any]
Reach = np.ndarray
"""Which input moves which output, (T outputs, T inputs, D features)."""
_KINDS = {"causal": 0.1, "centred": 0.15, "shifted": 0.45, "both ways": 0.15, "normalised": 0.15}
_HALF = 2
"""Taps on either side of the present step."""


def _forecaster(rng: np.random.Generator, *, kind: str = "", steps: int = 0, zeros: bool | None = None) -> Inputs:
    """A forecaster and a batch; taps and memories are not negative, so that no two ways to an output cancel.

    ``zeros``: all of the batch is 0, or none; left out, one or two steps are, the last one among them or not. What else
    is left out is drawn.
    """
    kind, steps = kind or str(rng.choice(list(_KINDS), p=list(_KINDS.values()))), steps or int(rng.integers(4, 7))
    taps = rng.integers(1, 5, (2 * _HALF + 1, 2)) / 10
    taps[_HALF + 1 :] *= kind == "centred"
    if kind == "shifted":
        taps[_HALF + int(rng.choice([1, 2, 2])), 1] = 0.3
    network = {
        "taps": taps,
        "forwards": float(rng.choice([0.0, 0.6, 0.8])),
        "backwards": float(rng.choice([0.6, 0.8])) if kind == "both ways" else 0.0,
        "level": float(kind == "normalised"),
    }
    x = rng.choice([-1, 1], (int(rng.integers(1, 3)), steps, 2)) * rng.integers(1, 10, (steps, 2)) / 10
    if zeros is None:
        x[:, rng.choice([steps - 1, int(rng.integers(0, steps))], 1 + rng.integers(0, 2))] = 0
    return {"network": network, "x": x * 0 if zeros else x}


def forecast(network: Network, x: np.ndarray) -> np.ndarray:
    """What the network says at each step (B, T), without the rounding that the notebook's adds."""
    steps = x.shape[1]
    x = x - network["level"] * x.mean(axis=1, keepdims=True)
    padded = np.pad(x, ((0, 0), (_HALF, _HALF), (0, 0)))
    local = sum(padded[:, k : k + steps] @ tap for k, tap in enumerate(network["taps"]))
    y = np.zeros(local.shape)
    for order, memory in ((range(steps), network["forwards"]), (reversed(range(steps)), network["backwards"])):
        h = np.zeros(len(x))
        for t in order:
            h = np.tanh(local[:, t] + memory * h)
            y[:, t] += h
    return y


def reach(network: Network, steps: int) -> Reach:
    """By the network's parts, without running it."""
    local = np.zeros((steps, steps, 2), dtype=bool)
    for t in range(steps):
        for s in range(steps):
            if abs(s - t) <= _HALF:
                local[t, s] = network["taps"][s - t + _HALF] != 0
            if network["level"]:
                local[t, s] = True
    found = local.copy()
    for t in range(steps):
        for r in range(steps):
            if (r < t and network["forwards"]) or (r > t and network["backwards"]):
                found[t] |= local[r]
    return found


def _latest(moves: np.ndarray) -> np.ndarray:
    """Steps from each output to the latest input that moves it, of (T outputs, T inputs); 0 where none is later."""
    return np.array([max([s - t for s in range(t, len(moves)) if moves[t, s]], default=0) for t in range(len(moves))])


def _look_ahead(network: Network, x: np.ndarray) -> np.ndarray:
    return _latest(reach(network, x.shape[1]).any(axis=2))


def _seen_by(change: Callable[[Reach, np.ndarray], np.ndarray]) -> Callable[..., np.ndarray]:
    """The right reading of what a wrong probe sees: (T, T), of the reach and x."""
    return lambda network, x: _latest(change(reach(network, x.shape[1]), x))


def _read_as(change: Callable[[np.ndarray], np.ndarray]) -> Callable[..., np.ndarray]:
    """A wrong reading, of what a right probe sees."""
    return lambda network, x: np.asarray(change(reach(network, x.shape[1]).any(axis=2)), dtype=int)


def _places(moves: np.ndarray, choose: Callable[[list[int], int], int]) -> list[int]:
    """A number for each output, chosen from the places of all inputs that move it, and its own."""
    return [choose(np.flatnonzero(row).tolist(), t) for t, row in enumerate(moves)]


def _to_the_end(moves: np.ndarray) -> np.ndarray:
    return np.arange(len(moves))[::-1]


def _never_undone(network: Network, x: np.ndarray) -> np.ndarray:
    """1 is added to step after step; a level of the whole series no longer moves when it was added to all of them."""
    ahead = _to_the_end(x[0])
    return np.maximum(ahead - 1, 0) if network["level"] else ahead


def _explain(network: Network, x: np.ndarray) -> str:
    moves = reach(network, x.shape[1]).any(axis=2)
    each = [", ".join(map(str, np.flatnonzero(row))) for row in moves[[0, -1]]]
    return f"Output 0 moves with the inputs of the steps {each[0]}, output {len(moves) - 1} with {each[1]}."


LOOK_AHEAD = Exercise(
    id="14.1",
    title="Find the leak",
    function="look_ahead",
    inputs=_forecaster,
    edges=(
        partial(_forecaster, kind="both ways", steps=1),
        partial(_forecaster, kind="centred", steps=2),
        partial(_forecaster, kind="both ways", steps=4, zeros=True),
        partial(_forecaster, kind="normalised", steps=5, zeros=True),
        partial(_forecaster, kind="causal", zeros=False),
        partial(_forecaster, kind="shifted", zeros=True),
    ),
    reference=_look_ahead,
    returns={"ahead": ("output",)},
    mistakes={
        (
            "Every output seems to read to the end. Two calls on the same x differ by 1e-9 here; NaN as a probe goes "
            "through a weight of 0; and a change that is not undone stays for the next step. Which of the three is it?"
        ): (_read_as(_to_the_end), _never_undone),
        (
            "No output ever seems to read ahead. Is what you compare with computed before the change, and on an array "
            "of its own? `probe = x` is no copy. Is the change large enough, and is it made at later steps?"
        ): _read_as(lambda moves: np.zeros(len(moves))),
        (
            "You probe by setting steps to 0, or by turning their sign. Where x is 0 that changes nothing, and the "
            "leak stays hidden. Which change alters every value?"
        ): _seen_by(lambda found, x: found.any(axis=2) & (x != 0).any(axis=(0, 2))),
        (
            "You change one feature alone. In some of these networks the other one is the leak: the target itself got "
            "into the inputs. Which index is fixed that should be all features?"
        ): _seen_by(lambda found, x: found[:, :, 0]),
        (
            "You say *whether* an output reads ahead, not how far. All later inputs changed at once cannot tell that. "
            "How many must you change at a time?"
        ): (
            _read_as(lambda moves: _latest(moves) > 0),
            _read_as(lambda moves: _to_the_end(moves) * (_latest(moves) > 0)),
        ),
        (
            "You take the *first* later step that moves an output. A target that slipped in by two steps leaks from "
            "the second. Which of all the steps is asked for?"
        ): _read_as(lambda moves: _places(moves, lambda read, t: min([s - t for s in read if s > t], default=0))),
        (
            "You count the later steps that move an output. Between the output and the last of them there may be one "
            "that does not. Is a count a distance?"
        ): _read_as(lambda moves: _places(moves, lambda read, t: sum(s > t for s in read))),
        (
            "Your numbers are places, not distances: the latest step itself, counted from 0. How far is that from the "
            "output's own step?"
        ): _read_as(lambda moves: _latest(moves) + np.arange(len(moves))),
        (
            "One too many everywhere: a network that reads no later than its own step looks 0 steps ahead. From which "
            "step do you count?"
        ): _read_as(lambda moves: _latest(moves) + 1),
        (
            "One too few wherever a network looks ahead. Reading step t + 1 is looking one step ahead. From which step "
            "do you count?"
        ): _read_as(lambda moves: np.maximum(_latest(moves) - 1, 0)),
        (
            "Every output gets the same number. Near the end less of the future is left, and the first step may see "
            "more than all others. Is your maximum taken over the outputs as well?"
        ): (
            _read_as(lambda moves: np.full(len(moves), _latest(moves).max())),
            _read_as(lambda moves: np.full(len(moves), _latest(moves)[0])),
        ),
        (
            "Inputs and outputs have changed places: your entry t says how far input t reaches *back*. Which of the "
            "two steps is the probe, and which one moved?"
        ): _read_as(lambda moves: _latest(moves[::-1, ::-1].T)[::-1]),
        (
            "You count the past as well: your number is the farthest input on either side. A forecast may read all of "
            "its past. On which side of t lies a leak?"
        ): _read_as(lambda moves: _places(moves, lambda read, t: max(abs(s - t) for s in read))),
        (
            "You say how far each output reads into the *past*. That is its memory, and no leak. Which steps come "
            "after t?"
        ): _read_as(lambda moves: _places(moves, lambda read, t: t - min(read))),
    },
    explanation="""\
Change one step of a copy, all of its features, by a number that is never 0; compare with what the model said before,
with a tolerance, since sums on several cores or on a GPU round a little differently each time; note which outputs
before that step moved. T calls find any leak, and no name, no drawing and no score would: a bidirectional layer, a
centred average, a scaler that was fitted on the whole series and a target that slipped into the inputs all show as
entries above 0. A forecaster of x_{t+1} may have none. A tagger may have as many as it likes, because its sentence is
there when it is asked.""",
    explain=_explain,
)
