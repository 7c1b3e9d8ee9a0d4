"""04.3: each loss goes back through a fixed number of steps, and no further."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_04.arrays import sequences, state_before

WeightGradients = tuple[np.ndarray, np.ndarray, np.ndarray]
_HALF_WAY = 2, 3
"""Few enough steps to cut something off, and more than the single one with which nothing flows back."""


def _window(rng: np.random.Generator, *, steps: int = 0, length: int = 0, examples: int = 0) -> Inputs:
    """Sequences of ``length`` steps, and how many of them a loss may reach; what is 0 is drawn."""
    length = length or int(rng.integers(4, 6))
    return sequences(rng, steps=length, examples=examples or 2, features=1) | {
        "steps": steps or int(rng.choice(_HALF_WAY))
    }


def _truncated(
    d_outputs: np.ndarray,
    states: np.ndarray,
    initial_state: np.ndarray,
    x: np.ndarray,
    recurrent_kernel: np.ndarray,
    steps: int,
    *,
    earliest: Callable[[int, int, int], int] = lambda t, k, length: max(0, t - k + 1),
    losses: Callable[[int, int], Iterable[int]] = lambda length, k: range(length),
    share: Callable[[int, int, int], bool] = lambda s, t, first: True,
    before: Callable[..., np.ndarray] = lambda states, initial_state, s, first: state_before(states, initial_state, s),
    joins: bool = False,
) -> WeightGradients:
    """Loss by loss; Williams and Peng (1990) with k₁ = 1 and k₂ = steps.

    ``earliest``: the last step that the loss at t reaches on its way back; ``losses``: which losses count; ``share``:
    whether the share of step s counts for the loss at t; ``joins``: whether the losses met on the way join in.
    """
    length, units = states.shape[1:]
    d_kernel, d_recurrent_kernel = np.zeros((x.shape[2], units)), np.zeros((units, units))
    d_bias = np.zeros(units)
    for t in losses(length, steps):
        d_h, first = d_outputs[:, t], earliest(t, steps, length)
        for s in range(t, first - 1, -1):
            d_a = d_h * (1 - states[:, s] ** 2)
            if share(s, t, first):
                d_kernel += x[:, s].T @ d_a
                d_recurrent_kernel += before(states, initial_state, s, first).T @ d_a
                d_bias += d_a.sum(axis=0)
            d_h = d_a @ recurrent_kernel.T
            if joins and s > 0:
                d_h = d_h + d_outputs[:, s - 1]
    return d_kernel, d_recurrent_kernel, d_bias


def _mean(count: Callable[..., int], **case: np.ndarray) -> WeightGradients:
    return tuple(part / count(**case) for part in _truncated(**case))


def _explain(states: np.ndarray, steps: int, **rest: np.ndarray) -> str:
    last = states.shape[1] - 1
    reached = [str(s) for s in range(last, max(-1, last - steps), -1)]
    return (
        f"With steps = {steps}, the loss at step {last} acts on the weights through step{'s' * (len(reached) > 1)} "
        f"{', '.join(reached)} and no other, and the loss at step 0 through step 0 alone."
    )


TRUNCATED_BACKWARD = Exercise(
    id="04.3",
    title="Truncated backpropagation",
    function="truncated_backward",
    inputs=_window,
    edges=(
        partial(_window, steps=1),
        partial(_window, steps=4, length=4),
        partial(_window, steps=9, length=3),
        partial(_window, length=1),
        partial(_window, examples=1),
    ),
    reference=_truncated,
    returns={"d_kernel": ("feature", "unit"), "d_recurrent_kernel": ("unit before", "unit"), "d_bias": ("unit",)},
    mistakes={
        (
            "Each loss is cut off one step too early: it goes through steps − 1 of them. The step at which the loss "
            "stands is the first that counts; with steps=1 that one must be left. What does your range end with, and "
            "does it include it?"
        ): partial(_truncated, earliest=lambda t, k, length: max(0, t - k + 2)),
        (
            "Each loss is cut off one step too late: it goes through steps + 1 of them. Passing the gradient back k "
            "times touches k + 1 steps, since its own step comes before the first passing. With steps=1, which steps "
            "may the loss at t reach?"
        ): partial(_truncated, earliest=lambda t, k, length: max(0, t - k)),
        (
            "The sequence is cut into blocks, counted from its start, and no gradient crosses from one into another. "
            "The first loss of each block then reaches one step only. That is k₁ = k₂, cheap and common, but here "
            "k₁ = 1: every loss has a window of its own. Where does the window of the loss at t begin?"
        ): partial(_truncated, earliest=lambda t, k, length: t - t % k),
        (
            "The sequence is cut into blocks, counted from its end, and no gradient crosses from one into another. The "
            "first loss of each block reaches one step only. Here the window slides along: every loss has its own. "
            "Where does the one of the loss at t begin?"
        ): partial(_truncated, earliest=lambda t, k, length: max(0, length - k * (1 + (length - 1 - t) // k))),
        (
            "Only the losses of the last k steps count, as if the way back began once, at the end, and stopped for "
            "good after k steps. All earlier losses are lost, and with them most of what there is to learn. At how "
            "many steps does a way back begin?"
        ): partial(_truncated, earliest=lambda t, k, length: max(0, length - k)),
        (
            "Only the loss at the last step is sent back, through the right number of steps. Every step of the "
            "sequence has a loss in d_outputs. At how many steps does a way back begin?"
        ): partial(_truncated, losses=lambda length, k: [length - 1]),
        (
            "Losses near the start are left out: those that have fewer than k steps behind them. They have a gradient, "
            "too, and reach back to step 0. At which t does your loop begin, and what happens to a window that would "
            "begin before step 0?"
        ): partial(_truncated, losses=lambda length, k: range(k - 1, length)),
        (
            "Nothing is cut off: this is the full gradient, every loss goes back to step 0. Truncation saves time and "
            "memory because old steps can be forgotten. Where in your loops does the argument steps appear?"
        ): partial(_truncated, earliest=lambda t, k, length: 0),
        (
            "Losses count several times: on the way back from t, those of the earlier steps join in, although each of "
            "them has a way back of its own. With every loss sent off by itself, what must the way of the loss at t "
            "carry when it passes step t − 1?"
        ): partial(_truncated, joins=True),
        (
            "Each loss leaves its share at one step only, the farthest that it reaches. It acts on the weights at "
            "every step it passes, as the weights are used at each of them. Which of your lines belong inside the "
            "inner loop?"
        ): partial(_truncated, share=lambda s, t, first: s == first),
        (
            "Each loss leaves its share at its own step only: the gradient is sent back, but changes nothing there. "
            "This is the gradient for steps=1, whatever steps is. Which of your lines belong inside the inner loop?"
        ): partial(_truncated, share=lambda s, t, first: s == t),
        (
            "At the far end of each window the state before is taken to be zero. Truncation cuts the way *back*; the "
            "forward pass was never cut, and the state that entered the window is what it was. Which state did W_h "
            "meet there?"
        ): partial(
            _truncated,
            before=lambda states, initial_state, s, first: (
                state_before(states, initial_state, s) * (s > first or s == 0)
            ),
        ),
        (
            "At the far end of each window the state before is taken to be initial_state. That stood before step 0 "
            "only; the forward pass ran through. Which state did W_h meet at the first step of a later window?"
        ): partial(
            _truncated,
            before=lambda states, initial_state, s, first: (
                initial_state if s == first else state_before(states, initial_state, s)
            ),
        ),
        (
            "The gradients are divided by the number of steps that a loss reaches. Truncation leaves shares out, it "
            "does not average those that stay: a weight collects the sum. Where does the division come from?"
        ): partial(_mean, lambda steps, **case: steps),
        (
            "The gradients are divided by T, the number of losses. When the loss is a mean over steps, its 1/T has "
            "already arrived with d_outputs. What becomes of the shares of many losses in one weight?"
        ): partial(_mean, lambda states, **case: states.shape[1]),
    },
    explanation="""\
Truncated backpropagation (Williams and Peng 1990) sends the loss at step t back through steps t, t − 1, …, t − k₂ +
1, every k₁ steps; here k₁ = 1 and k₂ = `steps`. Written loss by loss that is a loop in a loop. The worked answer
sends all losses back at once: it holds, for every step, what the loss j steps later says there, adds the shares of
all steps, and moves everything one step back, `steps` times. With `steps=1` nothing goes through W_hᵀ at all; with
`steps` ≥ T it is the full gradient. Cutting the sequence into blocks is cheaper, but a loss at the start of a block
hears of one step only. What is cut is the way back alone: states carry information from before the window, as the
forward pass found it.""",
    explain=_explain,
)
