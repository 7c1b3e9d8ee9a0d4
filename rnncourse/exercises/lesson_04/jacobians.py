"""04.6: ∂ is one step, d is the whole way: the total Jacobian is a product of one-step Jacobians."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_04.arrays import numbers

Jacobians = tuple[np.ndarray, np.ndarray]
OneStep = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def _way(rng: np.random.Generator, *, units: int = 0, apart: int | None = None) -> Inputs:
    """The states of one sequence, and two of its steps, ``apart`` steps from each other or 2 to 3."""
    units, apart = units or int(rng.integers(2, 4)), int(rng.integers(2, 4)) if apart is None else apart
    inputs, recurrent_kernel = numbers(rng, 6, units), numbers(rng, units, units)
    states, h = [], numbers(rng, units)
    for step in inputs:
        h = np.tanh(step + h @ recurrent_kernel)
        states.append(h)
    s = int(rng.integers(1, 6 - apart))
    return {"states": np.round(states, 3), "recurrent_kernel": recurrent_kernel, "s": s, "t": s + apart}


def _entry_by_entry(states: np.ndarray, recurrent_kernel: np.ndarray, s: int, t: int) -> Jacobians:
    units = states.shape[1]
    one_step, total = np.zeros((t - s, units, units)), np.eye(units)
    for r in range(s + 1, t + 1):
        for i in range(units):
            for j in range(units):
                one_step[r - s - 1, i, j] = (1 - states[r, i] ** 2) * recurrent_kernel[j, i]
        total = one_step[r - s - 1] @ total
    return one_step, total


def _right(h: np.ndarray, h_before: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    return np.diag(1 - h**2) @ kernel.T


def _product(factors: np.ndarray) -> np.ndarray:
    """The factors multiplied with the latest on the left; (n, H, H) → (H, H)."""
    return reduce(lambda product, factor: factor @ product, factors, np.eye(factors.shape[-1]))


def _chain(
    states: np.ndarray,
    recurrent_kernel: np.ndarray,
    s: int,
    t: int,
    *,
    factor: OneStep = _right,
    total: Callable[[np.ndarray], np.ndarray] = _product,
    steps: Callable[[int, int], range] = lambda s, t: range(s + 1, t + 1),
) -> Jacobians:
    """``factor``: ∂h_r/∂h_{r−1} from h_r, h_{r−1} and W_h; ``total``: from all factors; ``steps``: the r of both."""
    units = states.shape[1]
    factors = [factor(states[r], states[r - 1], recurrent_kernel) for r in steps(s, t)]
    one_step = np.reshape(factors, (-1, units, units))
    return one_step, total(one_step)


def _total_over(steps: Callable[[int, int], range]) -> Callable[..., Jacobians]:
    """The right one-step Jacobians, but a total over other steps."""
    return lambda **case: (_chain(**case)[0], _chain(**case, steps=steps)[1])


def _power(factors: np.ndarray) -> np.ndarray:
    return np.linalg.matrix_power(factors[-1] if len(factors) else np.eye(factors.shape[-1]), len(factors))


def _explain(states: np.ndarray, recurrent_kernel: np.ndarray, s: int, t: int) -> str:
    factors = [f"∂h_{r}/∂h_{r - 1}" for r in range(t, s, -1)]
    if not factors:
        return f"From h_{s} to h_{t} there is no step, so there is no factor."
    return f"Here dh_{t}/dh_{s} = {' · '.join(factors)}."


CHAIN = Exercise(
    id="04.6",
    title="One step and all the way",
    function="chain",
    inputs=_way,
    edges=(
        partial(_way, apart=0),
        partial(_way, apart=1),
        partial(_way, apart=4),
        partial(_way, units=1),
    ),
    reference=_entry_by_entry,
    returns={"one_step": ("factor", "unit after", "unit before"), "total": ("unit after", "unit before")},
    mistakes={
        (
            "The one-step Jacobians are right, but they are multiplied in the order of time. A nudge of h_s meets the "
            "Jacobian of step s + 1 first, and what acts first stands next to it, on the right. Which factor must "
            "stand leftmost?"
        ): partial(_chain, total=lambda factors: _product(factors[::-1])),
        (
            "The one-step Jacobians are transposed: yours have a row for each unit *before*. Both layouts exist, and "
            "each has its own order of the product; here row i belongs to unit i of the later state. What does "
            "entry [0, 1] say in words?"
        ): (
            partial(_chain, factor=lambda h, before, kernel: kernel * (1 - h**2)),
            partial(_chain, factor=lambda h, before, kernel: kernel * (1 - h**2), total=lambda f: _product(f[::-1])),
            lambda **case: (_chain(**case)[0].swapaxes(1, 2), _chain(**case)[1]),
        ),
        (
            "In the one-step Jacobians the recurrent kernel is not transposed, though the slopes stand where they "
            "should. h_{t−1} W_h sums over the rows of W_h, so unit j before reaches unit i after by W_h[j, i]. Which "
            "of its two indices is the row of your Jacobian?"
        ): partial(_chain, factor=lambda h, before, kernel: np.diag(1 - h**2) @ kernel),
        (
            "The slopes stand on the wrong side: each column of the one-step Jacobians is multiplied by one, where it "
            "should be each row. tanh acts on the unit after, that is on the row. NumPy's * goes along the last axis, "
            "the columns. How do you make it go along the rows?"
        ): (
            partial(_chain, factor=lambda h, before, kernel: kernel.T * (1 - h**2)),
            partial(_chain, factor=lambda h, before, kernel: kernel.T * (1 - h**2), total=lambda f: _product(f[::-1])),
        ),
        (
            "The slopes are those of the states before, h_s to h_{t−1}. The way from h_{r−1} to h_r goes through the "
            "tanh that made h_r, and its slope is read there. With which state must your slopes begin, and with which "
            "end?"
        ): partial(_chain, factor=lambda h, before, kernel: np.diag(1 - before**2) @ kernel.T),
        (
            "The slope of tanh is missing: every one-step Jacobian is the transposed recurrent kernel, whatever the "
            "state. That is right for a linear cell only. By what does tanh multiply what comes through W_h?"
        ): partial(_chain, factor=lambda h, before, kernel: kernel.T),
        (
            "There is one factor too many at the early end: the step that leads *to* h_s. It is over when h_s is "
            "nudged. How many steps lie between s and t?"
        ): (partial(_chain, steps=lambda s, t: range(s, t + 1)), _total_over(lambda s, t: range(s, t + 1))),
        (
            "The last factor is missing, the step that leads to h_t. A range does not include its end. How many steps "
            "lie between s and t?"
        ): (partial(_chain, steps=lambda s, t: range(s + 1, t)), _total_over(lambda s, t: range(s + 1, t))),
        (
            "The one-step Jacobians are right, but the total is their sum. Several ways at the same time would add up; "
            "here there is one way, through all the steps, one after the other. What does the chain rule do with them?"
        ): partial(_chain, total=lambda factors: factors.sum(axis=0)),
        (
            "The one-step Jacobians are right, but they are multiplied entry by entry. Unit j may reach unit i over "
            "any unit in between, and all those ways add up. Which product of matrices does that?"
        ): partial(_chain, total=lambda factors: np.prod(factors, axis=0)),
        (
            "The one-step Jacobians are right, but the total is a power of the last one. The recurrent kernel is the "
            "same at each step, the slopes are not: the states differ. Which factors does the product need?"
        ): partial(_chain, total=_power),
        (
            "The total is right, but the one-step Jacobians are listed latest first. The first of them must be "
            "∂h_{s+1}/∂h_s. In which order do you collect them?"
        ): lambda **case: (_chain(**case)[0][::-1], _chain(**case)[1]),
    },
    explanation="""\
∂h_t/∂h_{t−1} is one step with all else that enters it held. Its entry [i, j] is (1 − h_t[i]²) · W_h[j, i], as a matrix
diag(1 − h_t²) W_hᵀ: the slopes multiply rows. dh_t/dh_s is the total along the whole way, the product ∂h_t/∂h_{t−1}
· … · ∂h_{s+1}/∂h_s with the latest on the left, and the identity when t = s, since a state moves itself by just as
much. A gradient is a row and goes through it from the left: dL/dh_t · dh_t/dh_s is what h_t sends back to h_s, and
multiplying a row by one factor after the other, as a backward pass does, costs H² a step instead of H³. The slopes
are at most 1, and W_h is the same each time: whether such a product fades or explodes is lesson 05.""",
    explain=_explain,
)
