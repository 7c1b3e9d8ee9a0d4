"""12.3: how c_t moves with c_{t−1}, with h_{t−1} held and in all."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.formulas import Formula, worked_out
from rnncourse.exercises.lesson_04.arrays import numbers
from rnncourse.exercises.lesson_12.cell import Pair
from rnncourse.exercises.plain_data import show


def _gates(
    rng: np.random.Generator, *, units: int = 2, o_before: float | None = None, c_before: float | None = None
) -> Inputs:
    def gate() -> np.ndarray:
        return rng.choice([0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9], units, replace=False)

    case = {"i": gate(), "f": gate(), "c_tilde": numbers(rng, units), "c_before": np.round(2 * numbers(rng, units), 1)}
    case |= {"o_before": gate(), "recurrent_kernel": np.round(3 * numbers(rng, units, 4 * units), 1)}
    if o_before is not None:
        case["o_before"] = np.full(units, o_before)
    if c_before is not None:
        case["c_before"] = np.full(units, c_before)
    return case


def _entry_by_entry(
    i: np.ndarray,
    f: np.ndarray,
    c_tilde: np.ndarray,
    c_before: np.ndarray,
    o_before: np.ndarray,
    recurrent_kernel: np.ndarray,
) -> Pair:
    units = len(f)
    held, total = np.zeros((units, units)), np.zeros((units, units))
    for j in range(units):
        dh_dc = o_before[j] * (1 - np.tanh(c_before[j]) ** 2)
        for k in range(units):
            to_i, to_f, to_c = (recurrent_kernel[j, block * units + k] for block in range(3))
            held[j, k] = f[k] if j == k else 0.0
            dc_dh = to_i * i[k] * (1 - i[k]) * c_tilde[k] + to_f * f[k] * (1 - f[k]) * c_before[k]
            dc_dh += to_c * (1 - c_tilde[k] ** 2) * i[k]
            total[j, k] = held[j, k] + dh_dc * dc_dh
    return held, total


_RIGHT: dict[str, Formula] = {
    "blocks": lambda s: np.split(s.recurrent_kernel, 4, axis=1),
    "by_i": lambda s: s.i * (1 - s.i) * s.c_tilde,
    "by_f": lambda s: s.f * (1 - s.f) * s.c_before,
    "by_c": lambda s: (1 - s.c_tilde**2) * s.i,
    "dc_dh": lambda s: s.blocks[0] * s.by_i + s.blocks[1] * s.by_f + s.blocks[2] * s.by_c,
    "dh_dc": lambda s: s.o_before * (1 - np.tanh(s.c_before) ** 2),
    "detour": lambda s: s.dh_dc[:, np.newaxis] * s.dc_dh,
    "held": lambda s: np.diag(s.f),
    "total": lambda s: s.held + s.detour,
}
"""Each part, from the names of the arguments and of the parts before it; rows are units at t − 1, columns at t."""


def _with(**changes: Formula) -> Callable[..., Pair]:
    def derivatives(**case: np.ndarray) -> Pair:
        known = worked_out(_RIGHT | changes, case)
        return known.held, known.total

    return derivatives


def _without(*blocks: int) -> Callable[..., Pair]:
    """The detour through some of the three blocks is missing."""
    return _with(
        dc_dh=lambda s: sum(
            s.blocks[block] * part for block, part in enumerate((s.by_i, s.by_f, s.by_c)) if block not in blocks
        )
    )


def _explain(**case: np.ndarray) -> str:
    dh_dc = worked_out(_RIGHT, case).dh_dc
    return f"Here ∂h_{{t−1}}/∂c_{{t−1}} is, unit by unit, {show(np.round(dh_dc, 4).tolist())}."


DERIVATIVE = Exercise(
    id="12.3",
    title="One step of the cell state, held and in all",
    function="cell_derivatives",
    inputs=_gates,
    edges=(
        partial(_gates, units=1),
        partial(_gates, o_before=0.0),
        partial(_gates, c_before=0.0),
        partial(_gates, c_before=30.0),
    ),
    reference=_entry_by_entry,
    returns={"held": ("unit before", "unit"), "total": ("unit before", "unit")},
    mistakes={
        (
            "Your total is the derivative with h held. But c_{t−1} also sets h_{t−1}, which the gates of step t read. "
            "Which way from c_{t−1} to c_t have you not gone?"
        ): _with(total=lambda s: s.held),
        (
            "Your total is the detour alone: the straight way, on which f multiplies c_{t−1}, is missing. What becomes "
            "of the ways when there are several?"
        ): _with(total=lambda s: s.detour),
        (
            "In your total f is added to every row, not on the diagonal: NumPy lays a shape (H,) along the rows. On "
            "the straight way each unit hears itself alone. Which function makes a matrix with f on its diagonal?"
        ): _with(total=lambda s: s.f + s.detour),
        (
            "Your held has f in every row, so that each unit would keep the others' states, too. With h held a unit "
            "hears itself alone. Where are the entries of f to stand?"
        ): (
            _with(held=lambda s: np.tile(s.f, (len(s.f), 1)), total=lambda s: np.diag(s.f) + s.detour),
            _with(held=lambda s: np.tile(s.f, (len(s.f), 1))),
        ),
        (
            "Your total is transposed. The task wants a row for each unit at t − 1 and a column for each at t, as the "
            "recurrent kernel has it. Both are H long, so nothing warns you. What does total[0, 1] say?"
        ): _with(total=lambda s: (s.held + s.detour).T),
        (
            "The blocks of the recurrent kernel are transposed, or ∂h/∂c weights the columns. The detour leaves from "
            "unit j at t − 1 and arrives at unit k at t: what belongs to j is one number a row. Which shape lays a "
            "vector along the rows?"
        ): (
            _with(detour=lambda s: s.dh_dc * s.dc_dh),
            _with(blocks=lambda s: [block.T for block in np.split(s.recurrent_kernel, 4, axis=1)]),
        ),
        (
            "On the way from c_{t−1} to h_{t−1} the output gate of the step before is missing. Where it was shut, "
            "nobody saw c_{t−1}, and there is no detour. Which argument did you not use?"
        ): _with(dh_dc=lambda s: 1 - np.tanh(s.c_before) ** 2),
        (
            "On the way from c_{t−1} to h_{t−1} the slope of tanh is missing. A large c is shown as ±1 whatever "
            "becomes of it. What is the derivative of o · tanh(c)?"
        ): (
            _with(dh_dc=lambda s: s.o_before),
            _with(dh_dc=lambda s: s.o_before * np.tanh(s.c_before)),
        ),
        (
            "The slope of tanh at c_{t−1} is taken as 1 − c². That formula wants the *value* of tanh, not its "
            "argument, and c is no state that has passed a tanh. What must be squared?"
        ): _with(dh_dc=lambda s: s.o_before * (1 - s.c_before**2)),
        (
            "The slopes of the gates are missing. Where a sigmoid is wide open or shut, no h can move it. What is the "
            "derivative of σ, written with its own value?"
        ): _with(by_i=lambda s: s.c_tilde, by_f=lambda s: s.c_before),
        (
            "The slope of the candidate is missing, or taken as that of a sigmoid. It is a tanh. What is the "
            "derivative of tanh, written with its own value?"
        ): (_with(by_c=lambda s: s.i), _with(by_c=lambda s: s.c_tilde * (1 - s.c_tilde) * s.i)),
        (
            "The slopes of the gates are taken as those of a tanh, 1 − value². They are sigmoids. What is the "
            "derivative of σ, written with its own value?"
        ): _with(by_i=lambda s: (1 - s.i**2) * s.c_tilde, by_f=lambda s: (1 - s.f**2) * s.c_before),
        (
            "A factor beside one of the slopes is missing or belongs to another. If i moves, c_t moves by the "
            "candidate; if f moves, by the old c; if c̃ moves, by the input gate. Which product rule gives that?"
        ): (
            _with(by_i=lambda s: s.i * (1 - s.i), by_f=lambda s: s.f * (1 - s.f), by_c=lambda s: 1 - s.c_tilde**2),
            _with(by_i=lambda s: s.i * (1 - s.i) * s.c_before, by_f=lambda s: s.f * (1 - s.f) * s.c_tilde),
            _with(by_c=lambda s: 1 - s.c_tilde**2),
            _with(by_i=lambda s: s.i * (1 - s.i)),
            _with(by_f=lambda s: s.f * (1 - s.f)),
        ),
        (
            "Your detour leads through one or two of the three blocks only. h_{t−1} is read by the input gate, by the "
            "forget gate and by the candidate, and each acts on c_t. Which of them is missing?"
        ): tuple(_without(*blocks) for blocks in ((0,), (1,), (2,), (0, 1), (0, 2), (1, 2))),
        (
            "You take the wrong blocks of the recurrent kernel. Keras' order is i, f, c̃, o; the fourth acts on h_t "
            "only, after c_t is made, and has no part here. Which three blocks do you use?"
        ): tuple(
            _with(blocks=lambda s, places=places: [np.split(s.recurrent_kernel, 4, axis=1)[place] for place in places])
            for places in ((1, 0, 2, 3), (0, 1, 3, 2), (0, 2, 1, 3), (0, 2, 3, 1))
        ),
    },
    explanation="""\
With h_{t−1} held, c_t = f ⊙ c_{t−1} + i ⊙ c̃ moves with c_{t−1} by f alone: `np.diag(f)`. When the network runs,
h_{t−1} = o ⊙ tanh(c_{t−1}) moves as well, and with it all that reads h_{t−1}. So d is ∂ plus a detour: the slope from
c to h, one number a row, times what h does to c_t through the input gate, the forget gate and the candidate. The
output gate of step t comes after c_t and has no part. The detour is shut where o_{t−1} is 0 or c_{t−1} so large that
tanh is flat; then ∂ and d agree. A backward pass needs both ways: `d_c * f` is the straight one, and the other comes
back with dL/dh_{t−1}.""",
    explain=_explain,
)
