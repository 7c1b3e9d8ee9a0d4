"""19.3: a linear recurrence in blocks that do not wait for each other."""

from __future__ import annotations

from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_04.arrays import numbers
from rnncourse.exercises.lesson_19.scanning import Scanned, by_division, scan_with, walk
from rnncourse.exercises.plain_data import show


def _sequence(
    rng: np.random.Generator, *, steps: int = 0, block: int = 0, units: int = 2, empty: bool = False, zero: bool = False
) -> Inputs:
    """Three blocks, all full, unless said otherwise; ``empty``: the state before is 0; ``zero``: a step forgets all."""
    block = block or int(rng.integers(2, 4))
    steps = steps or 3 * block
    case = {
        "decay": numbers(rng, steps, units),
        "inputs": 10 * numbers(rng, steps, units),
        "initial_state": np.zeros(units) if empty else 10 * numbers(rng, units),
        "block": block,
    }
    if zero:
        case["decay"][1] = 0.0
    return case


def _step_by_step(decay: np.ndarray, inputs: np.ndarray, initial_state: np.ndarray, block: int) -> Scanned:
    products, local, states = (np.zeros(decay.shape) for _ in range(3))
    h = initial_state
    for t in range(len(decay)):
        h = decay[t] * h + inputs[t]
        states[t] = h
        begins = t % block == 0
        products[t] = decay[t] * (1.0 if begins else products[t - 1])
        local[t] = inputs[t] + (0.0 if begins else decay[t] * local[t - 1])
    return products, local, states


def _ones_before(products: np.ndarray) -> np.ndarray:
    return np.concatenate([np.ones_like(products[:1]), products[:-1]])


def _cut_off(**case: object) -> Scanned:
    """Full blocks alone."""
    products, local, states = scan_with()(**case)
    full = len(states) // case["block"] * case["block"]
    return products[:full], local[:full], states[:full]


def _explain(decay: np.ndarray, inputs: np.ndarray, initial_state: np.ndarray, block: int) -> str:
    before = np.concatenate([initial_state[np.newaxis], walk(decay, inputs, initial_state)[block - 1 :: block]])
    before = before[: -(-len(decay) // block)].round(4).tolist()
    return f"The states before the blocks are {show(before)}."


BLOCKED = Exercise(
    id="19.3",
    title="Block by block",
    function="blocked_scan",
    inputs=_sequence,
    edges=(
        partial(_sequence, steps=7, block=3),
        partial(_sequence, steps=4, block=1),
        partial(_sequence, steps=3, block=5),
        partial(_sequence, steps=4, block=2, units=3, empty=True),
        partial(_sequence, steps=6, block=3, zero=True),
    ),
    reference=_step_by_step,
    returns={"products": ("step", "unit"), "local": ("step", "unit"), "states": ("step", "unit")},
    mistakes={
        (
            "The products run on over the ends of the blocks. Each block begins anew, or it would have to wait for the "
            "one before. Of which decays is the product at the first step of a block?"
        ): (
            scan_with(products=lambda s: np.split(np.cumprod(s.decay, axis=0), range(s.block, len(s.decay), s.block))),
            lambda **case: (np.cumprod(case["decay"], axis=0), *scan_with()(**case)[1:]),
        ),
        (
            "Your products leave the own step out: at the first step of a block you have 1. The state before the block "
            "is decayed at that step, too. Where does the product begin and end?"
        ): (
            scan_with(products=lambda s: [_ones_before(np.cumprod(decay, axis=0)) for decay in s.decays]),
            lambda **case: (
                np.concatenate(
                    [
                        _ones_before(np.cumprod(case["decay"][t : t + case["block"]], axis=0))
                        for t in range(0, len(case["decay"]), case["block"])
                    ]
                ),
                *scan_with()(**case)[1:],
            ),
        ),
        (
            "In place of products there are sums of decays, or the decays themselves. A state that keeps a half and "
            "then a half has a quarter. Which function of NumPy multiplies as it goes?"
        ): (
            scan_with(products=lambda s: [np.cumsum(decay, axis=0) for decay in s.decays]),
            scan_with(products=lambda s: s.decays),
        ),
        (
            "Your products multiply along the units, not along time. Units have nothing to do with each other here. "
            "Which axis are the steps?"
        ): scan_with(products=lambda s: [np.cumprod(decay, axis=1) for decay in s.decays]),
        (
            "The states inside a block begin where they will begin in the end, not at 0: so each block waits for the "
            "one before. What can be computed without knowing the state before?"
        ): (
            lambda **case: (
                scan_with()(**case)[0],
                walk(case["decay"], case["inputs"], case["initial_state"]),
                scan_with()(**case)[2],
            ),
            lambda **case: (
                scan_with()(**case)[0],
                walk(case["decay"], case["inputs"]),
                scan_with()(**case)[2],
            ),
        ),
        (
            "Every block begins with the initial state in your local states. It belongs before the whole, and will be "
            "added when it is known. What does a block begin with that knows nothing?"
        ): (
            lambda **case: (
                scan_with()(**case)[0],
                scan_with(
                    local=lambda s: [walk(d, b, s.initial_state) for d, b in zip(s.decays, s.added, strict=True)]
                )(**case)[1],
                scan_with()(**case)[2],
            ),
            scan_with(local=lambda s: [walk(d, b, s.initial_state) for d, b in zip(s.decays, s.added, strict=True)]),
        ),
        (
            "Inside your blocks the inputs are summed without a decay. Each input fades while the later ones come. "
            "Which recurrence does a block run?"
        ): (
            scan_with(local=lambda s: [np.cumsum(added, axis=0) for added in s.added]),
            lambda **case: (
                scan_with()(**case)[0],
                scan_with(local=lambda s: [np.cumsum(added, axis=0) for added in s.added])(**case)[1],
                scan_with()(**case)[2],
            ),
        ),
        (
            "Products and local states are right, but the states are the local ones: what came before a block is "
            "missing. What does a block add of the state before it?"
        ): (
            scan_with(states=lambda s: s.local),
            scan_with(handed=lambda s: lambda products, local, h: 0 * h),
        ),
        (
            "Products and local states are right, but a block hands on its *local* last state: what came before it is "
            "lost at the second step from block to block. What is the state at its end in full?"
        ): scan_with(handed=lambda s: lambda products, local, h: local[-1]),
        (
            "Products and local states are right, but what comes before a block is added whole, at every step. It "
            "fades inside the block. Which array says how much is left of it at each step?"
        ): (
            scan_with(factors=lambda s: [np.ones_like(p) for p in s.products]),
            scan_with(
                factors=lambda s: [np.ones_like(p) for p in s.products],
                handed=lambda s: lambda products, local, h: h + local[-1],
            ),
        ),
        (
            "Products and local states are right, but what comes before a block fades by one step's decay only, or by "
            "that of the whole block at once. Row t of products says how much is left at step t. Which do you take?"
        ): (
            scan_with(factors=lambda s: s.decays),
            scan_with(factors=lambda s: [np.broadcast_to(p[-1], p.shape) for p in s.products]),
            scan_with(factors=lambda s: [np.broadcast_to(p[0], p.shape) for p in s.products]),
        ),
        (
            "Products and local states are right, but the carry from block to block is added without its decay: the "
            "state before a block has faded by the product of all of it when the next one begins. Which row is that?"
        ): (
            scan_with(handed=lambda s: lambda products, local, h: h + local[-1]),
            scan_with(handed=lambda s: lambda products, local, h: products[0] * h + local[-1]),
        ),
        (
            "Products and local states are right, but a block begins with the state at its own end: the carry comes "
            "one block early. Is it noted before or after it is changed?"
        ): scan_with(
            before=lambda s: [
                walk(s.decay, s.inputs, s.initial_state)[min(start + s.block, len(s.decay)) - 1]
                for start in range(0, len(s.decay), s.block)
            ]
        ),
        (
            "Right only where the initial state is 0. Something had been read before this piece began. What does the "
            "first block start from?"
        ): scan_with(start=lambda s: 0 * s.initial_state),
        ("The three results stand in another order: products, local states, states. Which is which?"): (
            lambda **case: scan_with()(**case)[::-1],
            lambda **case: tuple(scan_with()(**case)[place] for place in (1, 0, 2)),
        ),
        (
            "Right where all blocks are full; a shorter last one is left out. A text is seldom a multiple of anything. "
            "Where does the last block end?"
        ): _cut_off,
        (
            "Right but where a decay is 0: a sum of inputs divided by products is elegant, and 0 / 0 is NaN. Already "
            "for a long row of decays below 1 the product is too small to divide by. What needs no division?"
        ): scan_with(
            local=lambda s: [by_division(decay, added) for decay, added in zip(s.decays, s.added, strict=True)]
        ),
    },
    explanation="""\
Every block runs from 0, all of them at once: that is `local`, and beside it the running product of the decays says
how much of an unknown state would be left. The second pass goes over the blocks' *ends* alone, T / size steps one after
the other: h ← product · h + local. The third adds product · h to every step, all at once again. It is 19.1 in a flat
tree of two levels, about three times the work of the loop and far fewer steps that wait. Dividing by the
products would do in one line what two passes do here, and fails as soon as a product is 0, or only very small: after
a hundred decays of 0.1 no number in 32 bits is left to divide by.""",
    explain=_explain,
)
