"""04.5: a backward pass was carried over to a leaky RNN, and one thing was forgotten."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_04.arrays import from_the_last_step, numbers, size, state_before
from rnncourse.exercises.plain_data import show

Gradients = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _leaky(rng: np.random.Generator, *, examples: int = 0, steps: int = 0, rate: float = 0.0) -> Inputs:
    """A forward pass of a leaky RNN with a bias of its own; what is 0 is drawn."""
    (examples, steps), units = size(rng, examples, steps), 2
    rate = rate or float(rng.choice([0.2, 0.3, 0.4, 0.6, 0.7]))  # not 0.5, which is 1 − 0.5
    x, recurrent_kernel = numbers(rng, examples, steps, 3), numbers(rng, units, units)
    initial_state, kernel, bias = numbers(rng, examples, units), numbers(rng, 3, units), numbers(rng, units)
    states, candidates, h = [], [], initial_state
    for t in range(steps):
        candidates.append(np.tanh(x[:, t] @ kernel + h @ recurrent_kernel + bias))
        h = (1 - rate) * h + rate * candidates[-1]
        states.append(h)
    return {
        "d_outputs": numbers(rng, examples, steps, units),
        "states": np.round(np.stack(states, axis=1), 2),
        "candidates": np.round(np.stack(candidates, axis=1), 2),
        "initial_state": initial_state,
        "x": x,
        "recurrent_kernel": recurrent_kernel,
        "rate": rate,
    }


def _both_ways_back(
    d_outputs: np.ndarray,
    states: np.ndarray,
    candidates: np.ndarray,
    initial_state: np.ndarray,
    x: np.ndarray,
    recurrent_kernel: np.ndarray,
    rate: float,
) -> Gradients:
    """Example by example: h_{t−1} reaches h_t straight and through the candidate."""
    examples, steps, units = states.shape
    d_states, d_kernel = np.zeros(states.shape), np.zeros((x.shape[2], units))
    d_recurrent_kernel, d_bias = np.zeros((units, units)), np.zeros(units)
    for example in range(examples):
        straight = through_candidate = np.zeros(units)
        for t in range(steps - 1, -1, -1):
            d_h = d_outputs[example, t] + straight + through_candidate
            d_candidate = rate * d_h
            d_a = d_candidate * (1 - candidates[example, t] ** 2)
            before = initial_state[example] if t == 0 else states[example, t - 1]
            d_states[example, t] = d_h
            d_kernel += np.outer(x[example, t], d_a)
            d_recurrent_kernel += np.outer(before, d_a)
            d_bias += d_a
            straight, through_candidate = (1 - rate) * d_h, recurrent_kernel @ d_a
    return d_states, d_kernel, d_recurrent_kernel, d_bias


def _mended(
    d_outputs: np.ndarray,
    states: np.ndarray,
    candidates: np.ndarray,
    initial_state: np.ndarray,
    x: np.ndarray,
    recurrent_kernel: np.ndarray,
    rate: float,
    *,
    later: Callable[..., np.ndarray] = lambda d_h, d_a, kernel, rate: d_a @ kernel.T + (1 - rate) * d_h,
    gate: Callable[..., np.ndarray] = lambda d_h, g, h, rate: rate * d_h * (1 - g**2),
    before: Callable[..., np.ndarray] = state_before,
) -> Gradients:
    """The given code with the lines that people change while they look for the bug as options."""
    d_states, from_later = np.zeros(states.shape), np.zeros(initial_state.shape)
    d_kernel = d_recurrent_kernel = d_bias = 0.0
    for t in reversed(range(x.shape[1])):
        d_h = d_outputs[:, t] + from_later
        d_a = gate(d_h, candidates[:, t], states[:, t], rate)
        d_states[:, t] = d_h
        d_kernel = d_kernel + x[:, t].T @ d_a
        d_recurrent_kernel = d_recurrent_kernel + before(states, initial_state, t).T @ d_a
        d_bias = d_bias + d_a.sum(axis=0)
        from_later = later(d_h, d_a, recurrent_kernel, rate)
    return d_states, d_kernel, d_recurrent_kernel, d_bias


_forgetful = partial(_mended, later=lambda d_h, d_a, kernel, rate: d_a @ kernel.T)
"""As given, with its bug."""


def _explain(**case: np.ndarray) -> str:
    d_states, *_ = _both_ways_back(**case)
    last = d_states.shape[1] - 1
    text = f"For this input the total dL/dh_t of example 0 is {show(d_states[0, last])} at t = {last}, the last step"
    return text + (f", and {show(d_states[0, last - 1])} at t = {last - 1}." if last else ".")


LEAKY_BACKWARD = Exercise(
    id="04.5",
    title="Find the bug",
    function="leaky_backward",
    inputs=_leaky,
    edges=(
        partial(_leaky, steps=1),
        partial(_leaky, rate=1.0),
        partial(_leaky, examples=1),
    ),
    reference=_both_ways_back,
    compare=from_the_last_step,
    returns={
        "d_states": ("example", "step", "unit"),
        "d_kernel": ("feature", "unit"),
        "d_recurrent_kernel": ("unit before", "unit"),
        "d_bias": ("unit",),
    },
    mistakes={
        (
            "The bug is still there: these are the gradients of the function as it was given. They are right with a "
            "single step, and with rate 1 at any length. So what is lost is lost between two steps, and only where "
            "something of the old state is kept. By which ways does h_{t−1} reach h_t?"
        ): _forgetful,
        (
            "You found the second way back, but it carries the factor rate. What is kept of h_{t−1} in h_t is not the "
            "share that the candidate gets. Read the equation of the step again: what stands before h_{t−1}?"
        ): partial(_mended, later=lambda d_h, d_a, kernel, rate: d_a @ kernel.T + rate * d_h),
        (
            "You found the second way back, but the whole dL/dh_t goes along it, as if the old state were kept in "
            "full. With rate 1 nothing may come back that way. Which factor does h_{t−1} have in h_t?"
        ): partial(_mended, later=lambda d_h, d_a, kernel, rate: d_a @ kernel.T + d_h),
        (
            "You found the second way back, but it starts from dL/da_t. That is the gradient behind tanh; the straight "
            "way from h_{t−1} to h_t never meets it. From which gradient must this way start?"
        ): partial(_mended, later=lambda d_h, d_a, kernel, rate: d_a @ kernel.T + (1 - rate) * d_a),
        (
            "What goes through the recurrent kernel is scaled by 1 − rate, but there is still one way back, not two. "
            "dL/da_t already holds the factor of its way. Which way from h_{t−1} to h_t does not go through W_h?"
        ): partial(_mended, later=lambda d_h, d_a, kernel, rate: (1 - rate) * (d_a @ kernel.T)),
        (
            "You found the second way back, but 1 − rate stands on the first, which goes through the recurrent kernel. "
            "That way has its factor already: rate, in dL/da_t. Read the equation of the step again: which of its two "
            "terms is multiplied by 1 − α?"
        ): (
            partial(_mended, later=lambda d_h, d_a, kernel, rate: (1 - rate) * (d_a @ kernel.T) + d_h),
            partial(_mended, later=lambda d_h, d_a, kernel, rate: (1 - rate) * (d_a @ kernel.T) + rate * d_h),
            partial(_mended, later=lambda d_h, d_a, kernel, rate: (1 - rate) * (d_a @ kernel.T + d_h)),
        ),
        (
            "The straight way back is there, but the one through the recurrent kernel is gone. h_{t−1} acts on h_t "
            "twice, and the two gradients add up. What did the given line do right?"
        ): partial(_mended, later=lambda d_h, d_a, kernel, rate: (1 - rate) * d_h),
        (
            "The straight way back is there, but the other now carries rate twice: once in dL/da_t and once behind "
            "W_h. Along one way each factor counts once. Where does the chain rule meet it?"
        ): partial(_mended, later=lambda d_h, d_a, kernel, rate: rate * (d_a @ kernel.T) + (1 - rate) * d_h),
        (
            "The straight way back is there, but it goes through the recurrent kernel as well. Unit i keeps its own "
            "old value and no one else's. Which sum of yours is multiplied by W_hᵀ that should not be?"
        ): partial(_mended, later=lambda d_h, d_a, kernel, rate: (d_a + (1 - rate) * d_h) @ kernel.T),
        (
            "You changed a line that was right: the slope is now taken at h_t. In a leaky cell h_t is no tanh of "
            "anything, it is a mixture; the tanh made the candidate. Put the slope back. What is lost between two "
            "steps?"
        ): tuple(
            partial(function, gate=lambda d_h, g, h, rate: rate * d_h * (1 - h**2))
            for function in (_forgetful, _mended)
        ),
        (
            "You changed a line that was right: rate is gone from dL/da_t. Only that share of the candidate enters "
            "h_t, so only that share of the gradient reaches a_t. With a single step the given function was right: "
            "where can its bug not be?"
        ): tuple(
            partial(function, gate=lambda d_h, g, h, rate: d_h * (1 - g**2)) for function in (_forgetful, _mended)
        ),
        (
            "You changed a line that was right: in dL/da_t stands 1 − rate. That is the factor of the old state, not "
            "of the candidate. With a single step the given function was right: where can its bug not be?"
        ): tuple(
            partial(function, gate=lambda d_h, g, h, rate: (1 - rate) * d_h * (1 - g**2))
            for function in (_forgetful, _mended)
        ),
        (
            "You changed a line that was right: d_recurrent_kernel now pairs dL/da_t with h_t. W_h was multiplied by "
            "the state before. With a single step the given function was right: where can its bug not be?"
        ): tuple(
            partial(function, before=lambda states, initial_state, t: states[:, t])
            for function in (_forgetful, _mended)
        ),
        (
            "You changed something that was right: the recurrent kernel on the way back is no longer transposed. What "
            "arrives at unit j must reach the units i that feed it by W_h[i, j]. Turn it back. Which way from h_{t−1} "
            "to h_t does not go through W_h?"
        ): (
            partial(_mended, later=lambda d_h, d_a, kernel, rate: d_a @ kernel),
            partial(_mended, later=lambda d_h, d_a, kernel, rate: d_a @ kernel + (1 - rate) * d_h),
        ),
    },
    explanation="""\
`from_later = d_a @ recurrent_kernel.T` was right for the plain cell, where h_{t−1} reaches h_t through a_t alone.
The leaky cell has a second, straight way: (1 − rate) · h_{t−1} stands in h_t itself. Gradients of several ways add
up, so `(1 - rate) * d_h` is missing. Such a bug raises no error, changes no shape, and need not keep a loss from
falling. It is found by halving: right with one step, so the lines within a step are right; wrong with two, so it is
what passes between them; right with rate = 1, so it is what the leak adds. A gradient check of a tiny net can ask
all three questions. The straight way has no W_h and no tanh in it: part 4 builds gated cells around that.""",
    explain=_explain,
)
