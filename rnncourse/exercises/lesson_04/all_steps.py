"""04.2: backpropagation through all steps of a tanh RNN."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise
from rnncourse.exercises.lesson_04.arrays import from_the_last_step, sequences, state_before
from rnncourse.exercises.plain_data import show

Gradients = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _example_by_example(
    d_outputs: np.ndarray,
    states: np.ndarray,
    initial_state: np.ndarray,
    x: np.ndarray,
    recurrent_kernel: np.ndarray,
) -> Gradients:
    examples, steps, units = states.shape
    d_states, d_kernel = np.zeros(states.shape), np.zeros((x.shape[2], units))
    d_recurrent_kernel, d_bias = np.zeros((units, units)), np.zeros(units)
    for example in range(examples):
        from_later = np.zeros(units)
        for t in range(steps - 1, -1, -1):
            d_states[example, t] = d_outputs[example, t] + from_later
            d_a = d_states[example, t] * (1 - states[example, t] ** 2)
            before = initial_state[example] if t == 0 else states[example, t - 1]
            d_kernel += np.outer(x[example, t], d_a)
            d_recurrent_kernel += np.outer(before, d_a)
            d_bias += d_a
            from_later = recurrent_kernel @ d_a
    return d_states, d_kernel, d_recurrent_kernel, d_bias


def _backward(
    d_outputs: np.ndarray,
    states: np.ndarray,
    initial_state: np.ndarray,
    x: np.ndarray,
    recurrent_kernel: np.ndarray,
    *,
    forward_in_time: bool = False,
    total: Callable[..., np.ndarray] = lambda own, later, last: own + later,
    slope: Callable[[np.ndarray], np.ndarray] = lambda h: 1 - h**2,
    passed: Callable[..., np.ndarray] = lambda d_h, d_a, kernel, later: d_a @ kernel.T,
    before: Callable[..., np.ndarray] = state_before,
    gather: Callable[[np.ndarray], np.ndarray] = lambda shares: shares.sum(axis=0),
) -> Gradients:
    """Step by step over whole batches, with the places at which people go wrong as options.

    ``total``: from ∂L/∂h_t and what the later step sent to dL/dh_t; ``passed``: what goes to the step before;
    ``before``: h_{t−1}; ``gather``: from the shares of the steps, (T, …), to the gradient of a weight.
    """
    steps = range(states.shape[1]) if forward_in_time else range(states.shape[1])[::-1]
    later, d_states = np.zeros(initial_state.shape), np.zeros(states.shape)
    shares = []
    for t in steps:
        d_h = total(d_outputs[:, t], later, t == steps[0])
        d_a = d_h * slope(states[:, t])
        d_states[:, t] = d_h
        shares.append((x[:, t].T @ d_a, before(states, initial_state, t).T @ d_a, d_a.sum(axis=0)))
        later = passed(d_h, d_a, recurrent_kernel, later)
    return d_states, *(gather(np.array(parts)) for parts in zip(*shares, strict=True))


def _then(change: Callable[..., Gradients]) -> Callable[..., Gradients]:
    """The right gradients, changed at the end: ``change`` takes them, and the input by name."""
    return lambda **case: change(*_example_by_example(**case), **case)


def _last_step_only(**case: np.ndarray) -> Gradients:
    """What a return inside the loop gives."""
    d_states, *weights = _backward(**case, gather=lambda shares: shares[0])
    d_states[:, :-1] = 0.0
    return d_states, *weights


def _explain(d_outputs: np.ndarray, states: np.ndarray, **rest: np.ndarray) -> str:
    d_states, *_ = _example_by_example(d_outputs, states, **rest)
    last = states.shape[1] - 1
    text = f"For this input the total dL/dh_t of example 0 is {show(d_states[0, last])} at t = {last}, the last step"
    return text + (f", and {show(d_states[0, last - 1])} at t = {last - 1}." if last else ".")


BACKWARD = Exercise(
    id="04.2",
    title="All steps back",
    function="backward",
    inputs=sequences,
    edges=(
        partial(sequences, steps=1),
        partial(sequences, examples=1),
        partial(sequences, last_only=True),
    ),
    reference=_example_by_example,
    compare=from_the_last_step,
    returns={
        "d_states": ("example", "step", "unit"),
        "d_kernel": ("feature", "unit"),
        "d_recurrent_kernel": ("unit before", "unit"),
        "d_bias": ("unit",),
    },
    mistakes={
        (
            "The states' gradients are right, but each weight gradient holds the share of step 0 alone: every step "
            "replaces what the later steps had left. The same weights are used at all T steps, so T shares act on the "
            "loss. What must happen to them?"
        ): partial(_backward, gather=lambda shares: shares[-1]),
        (
            "The states' gradients are right, but each weight gradient holds the share of the last step alone. The "
            "same weights are used at all T steps. Where in your loop, or after it, do the other steps come in?"
        ): partial(_backward, gather=lambda shares: shares[0]),
        (
            "Only the last step is filled in, the states' gradients of all others are 0. A return inside a loop ends "
            "the function in the loop's first round. How far is yours indented?"
        ): _last_step_only,
        (
            "No step hears of the later ones: dL/dh_t is d_outputs alone, which is the partial ∂L/∂h_t. But h_t also "
            "acts on every later loss through h_{t+1}. That way round is what backpropagation through time adds. What "
            "does step t + 1 send to step t?"
        ): partial(_backward, total=lambda own, later, last: own),
        (
            "Only the loss at the last step counts: from there the gradient is passed back, but ∂L/∂h_t of the earlier "
            "steps never joins it. Every step with an output has a loss of its own. Which two ways lead from h_t to "
            "the loss?"
        ): partial(_backward, total=lambda own, later, last: own if last else later),
        (
            "The states' gradients are right, but d_recurrent_kernel pairs the gradient of step t with h_t. In a_t the "
            "recurrent kernel met the state before. It is an index one too large. What stands there at t = 0?"
        ): partial(_backward, before=lambda states, initial_state, t: states[:, t]),
        (
            "Only d_recurrent_kernel is wrong, and only by the share of step 0: it is missing, as if the initial state "
            "were zero. Here it is not. A carried state is as much an input to W_h as any other. Which state comes "
            "before step 0?"
        ): partial(
            _backward,
            before=lambda states, initial_state, t: states[:, t - 1] if t else np.zeros(initial_state.shape),
        ),
        (
            "Only d_recurrent_kernel is wrong, and only by the share of step 0: there you use the state of the *last* "
            "step. An index of t − 1 is −1 at t = 0, and NumPy counts that from the end without a word. Which state "
            "comes before step 0?"
        ): partial(_backward, before=lambda states, initial_state, t: states[:, t - 1]),
        (
            "The weight gradients are T times too small: the steps are averaged. When the loss is a mean over steps, "
            "its 1/T has already arrived with d_outputs. A weight that is used T times collects T shares. What is the "
            "rule for a variable that is used more than once?"
        ): partial(_backward, gather=lambda shares: shares.mean(axis=0)),
        (
            "The weight gradients are B times too small: the examples are averaged, though d_outputs has brought the "
            "factor of the loss with it, 1/B for a mean. How do the shares of the examples meet in one weight?"
        ): _then(lambda d_states, *weights, **case: (d_states, *(part / len(case["x"]) for part in weights))),
        (
            "At no step does the gradient pass through tanh: dL/dh_t is used where dL/da_t belongs. Nothing makes it "
            "shrink where a unit is saturated, and the error grows with every step back. What must happen between the "
            "state and the weights?"
        ): partial(_backward, slope=np.ones_like),
        (
            "The slope is 1 − tanh(h_t)²: tanh is applied a second time. It is always too steep, and the error grows "
            "with every step back. What is 1 − tanh(a_t)² when tanh(a_t) is already stored?"
        ): partial(_backward, slope=lambda h: 1 - np.tanh(h) ** 2),
        (
            "The shares of the weights are built with the slope of tanh, but what goes to the step before is dL/dh_t "
            "times the recurrent kernel: on its way back the gradient goes around tanh. Which of the two, dL/dh_t or "
            "dL/da_t, stands right behind W_h?"
        ): partial(_backward, passed=lambda d_h, d_a, kernel, later: d_h @ kernel.T),
        (
            "The gradient goes back through the recurrent kernel as it is, the direction of the forward pass. What "
            "arrives at unit j must reach the units i that feed it by W_h[i, j]. With one step nothing shows; with two "
            "it does. How is a matrix product undone in the chain rule?"
        ): partial(_backward, passed=lambda d_h, d_a, kernel, later: d_a @ kernel),
        (
            "The gradient of the recurrent kernel is transposed; everything else is right. It is square, so its shape "
            "cannot warn you: row i, column j must belong to the wire from unit i before to unit j now. Which factor "
            "of the product has the units before?"
        ): _then(lambda d_states, kernel, recurrent, bias, **case: (d_states, kernel, recurrent.T, bias)),
        (
            "The loop runs from the first step to the last, so the gradient flows with time: early losses reach later "
            "states, as if the future caused the past. In which direction did the forward pass go, and in which must "
            "the way back?"
        ): partial(_backward, forward_in_time=True),
        (
            "What is sent back piles up: what step t + 2 sent is added once more to what step t + 1 sends. It is "
            "already inside dL/dh_{t+1}, and came through W_h and tanh. How long is what a step has sent still needed?"
        ): partial(_backward, passed=lambda d_h, d_a, kernel, later: later + d_a @ kernel.T),
        (
            "The weights are right, but d_states holds dL/da_t, the gradient before tanh. The task asks for the total "
            "gradient of the state itself. At which point of your loop do you store it?"
        ): _then(lambda d_states, *weights, **case: (d_states * (1 - case["states"] ** 2), *weights)),
        (
            "The weights are right, but d_states holds only what the later steps send, without the ∂L/∂h_t of the "
            "step itself; at the last step it is 0. The total is the sum of both. At which point of your loop do you "
            "store it?"
        ): _then(lambda d_states, *weights, **case: (d_states - case["d_outputs"], *weights)),
        (
            "The weights are right, but d_states runs backwards: entry 0 belongs to the last step. A list that is "
            "filled on the way back is in the order of the way back. What must be done with it at the end?"
        ): _then(lambda d_states, *weights, **case: (d_states[:, ::-1], *weights)),
    },
    explanation="""\
Two ways lead from h_t to the loss: its own output, ∂L/∂h_t, and h_{t+1}. Their sum is the total dL/dh_t = ∂L/∂h_t +
(dL/dh_{t+1} ⊙ (1 − h_{t+1}²)) W_hᵀ, so the loop must begin at the last step, which has no later one. The weights
are shared by all steps, and a variable that is used T times gets the sum of T shares: the loop finds dL/da_t for
each step, and one product over examples and steps adds up what belongs to a weight. W_h meets the state *before*,
so its product pairs dL/da_t with the states moved by one, the initial state in front. Written with `t − 1` as an
index, step 0 silently reads the last state. Nothing is averaged here: the loss has put its 1/B or 1/T into
`d_outputs`.""",
    explain=_explain,
)
