"""02.5: one step upwards through a stack of recurrent layers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_02.cell import state, step, values, weights
from rnncourse.exercises.mistakes import where_it_fits

Layer = Callable[[np.ndarray, np.ndarray, int], np.ndarray]
"""What layer i makes of what it reads and of its old state, both (batch, units)."""


def _stack(rng: np.random.Generator, *, batch: int = 0, units: int = 2, layers: int = 0, first: bool = False) -> Inputs:
    """As many features as units, so that any layer can read what any other should."""
    batch, layers = batch or int(rng.integers(1, 4)), layers or int(rng.integers(2, 4))
    drawn = [weights(rng, units, units) for _ in range(layers)]
    states = np.zeros((layers, batch, units)) if first else state(rng, layers, batch, units)
    return {
        "x_t": values(rng, batch, units),
        "states": states,
        "kernels": np.array([layer["kernel"] for layer in drawn]),
        "recurrent_kernels": np.array([layer["recurrent_kernel"] for layer in drawn]),
        "biases": np.array([layer["bias"] for layer in drawn]),
    }


def _upwards(
    x_t: np.ndarray, states: np.ndarray, kernels: np.ndarray, recurrent_kernels: np.ndarray, biases: np.ndarray
) -> np.ndarray:
    new, read = [], x_t
    for layer in range(len(states)):
        read = step(read, states[layer], kernels[layer], recurrent_kernels[layer], biases[layer])
        new.append(read)
    return np.array(new)


def _walk(walk: Callable[[np.ndarray, np.ndarray, Layer], list[np.ndarray]]) -> Callable[..., np.ndarray | None]:
    """A wrong way through the stack: ``walk`` gets the input, the old states and the layers, returns new states."""

    @where_it_fits
    def wrong(
        x_t: np.ndarray, states: np.ndarray, kernels: np.ndarray, recurrent_kernels: np.ndarray, biases: np.ndarray
    ) -> np.ndarray:
        def layer(read: np.ndarray, h: np.ndarray, i: int) -> np.ndarray:
            return np.tanh(read @ kernels[i] + h @ recurrent_kernels[i] + biases[i])

        return np.array(walk(x_t, states, layer))

    return wrong


def _pile(
    x_t: np.ndarray,
    states: np.ndarray,
    layer: Layer,
    *,
    reads: Callable[[np.ndarray, list[np.ndarray], int], np.ndarray] = lambda x, new, i: new[-1] if i else x,
    remembers: Callable[[np.ndarray, list[np.ndarray], int], np.ndarray] = lambda states, new, i: states[i],
    is_layer: Callable[[int], int] = lambda i: i,
) -> list[np.ndarray]:
    """Layer after layer; what layer i reads, which old state it has, and whose weights it uses."""
    new: list[np.ndarray] = []
    for i in range(len(states)):
        new.append(layer(reads(x_t, new, i), remembers(states, new, i), is_layer(i)))
    return new


def _backwards(x_t: np.ndarray, states: np.ndarray, layer: Layer) -> list[np.ndarray]:
    new = []
    for i in reversed(range(len(states))):
        x_t = layer(x_t, states[i], i)
        new.append(x_t)
    return new[::-1]


def _delayed(x_t: np.ndarray, states: np.ndarray, layer: Layer) -> list[np.ndarray]:
    return [layer(states[i - 1] if i else x_t, states[i], i) for i in range(len(states))]


STACK = Exercise(
    id="02.5",
    title="One step up a stack",
    function="stack_step",
    inputs=_stack,
    edges=(
        partial(_stack, layers=1),
        partial(_stack, batch=1, units=1, layers=2),
        partial(_stack, batch=2, units=3, layers=2),
        partial(_stack, layers=2, first=True),
        partial(_stack, layers=4),
    ),
    reference=_upwards,
    returns={"states": ("layer", "sequence", "unit")},
    mistakes={
        (
            "Every layer reads x_t. These are then several cells side by side, none of which builds on another. In a "
            "stack only the lowest layer reads the input. What does the next one read?"
        ): _walk(partial(_pile, reads=lambda x, new, i: x)),
        (
            "A layer reads the old state of the layer below, not the new one. The input then climbs one layer a step: "
            "with three layers the top hears of it two steps late. In which order must the layers be worked out?"
        ): _walk(_delayed),
        (
            "There is one state for the whole stack: each layer takes over the new state from below as its own past. "
            "But the memory of a layer is its own. How many old states were you given, and which belongs to which "
            "layer?"
        ): (
            _walk(partial(_pile, remembers=lambda states, new, i: new[-1] if i else states[0])),
            _walk(
                partial(
                    _pile,
                    reads=lambda x, new, i: x,
                    remembers=lambda states, new, i: new[-1] if i else states[0],
                )
            ),
        ),
        (
            "Every layer begins from the old state of the first layer. Each has a memory of its own in states[i]. What "
            "happens to the others in your code?"
        ): _walk(partial(_pile, remembers=lambda states, new, i: states[0])),
        (
            "Every layer uses the weights of the first. Weights are shared over time, not over layers: each layer of a "
            "stack learns its own. Which index is missing?"
        ): _walk(partial(_pile, is_layer=lambda i: 0)),
        (
            "Every layer uses the weights of the last one. In Python −1 is a valid index, so nothing warns you. Which "
            "index belongs there?"
        ): _walk(partial(_pile, is_layer=lambda i: -1)),
        (
            "Only the lowest layer remembers: above it the old states do not count, as if those were dense layers. "
            "Each layer of the stack is a recurrent cell with a state of its own."
        ): _walk(partial(_pile, remembers=lambda states, new, i: states[i] * (i == 0))),
        (
            "None of the old states counts: every layer starts from zero. Then the stack has no memory, whatever its "
            "depth. Which argument did you not use?"
        ): _walk(partial(_pile, remembers=lambda states, new, i: 0 * states[i])),
        (
            "The input enters at the top: you go through the layers from the last to the first. Index 0 is the layer "
            "that stands next to the input."
        ): _walk(_backwards),
        (
            "The new states are right but in the order from top to bottom. At the next step each layer would get "
            "another one's memory. Which layer is index 0?"
        ): _walk(lambda x, states, layer: _pile(x, states, layer)[::-1]),
        (
            "Only the new state of the top layer comes back. It is what a read-out needs; but at the next step every "
            "layer needs its own state again. What would the lower layers begin with?"
        ): (
            _walk(lambda x, states, layer: _pile(x, states, layer)[-1]),
            _walk(lambda x, states, layer: _pile(x, states, layer)[-1:]),
        ),
        (
            "Only the new state of the lowest layer is new; the others come back as they were. Does a return, or a "
            "name that is set anew, end your loop too early?"
        ): _walk(lambda x, states, layer: [layer(x, states[0], 0), *states[1:]]),
        (
            "The old states come back unchanged. In Python a name in a loop is only a name: giving h a new value does "
            "not change the array it was taken from. Where do your new states go?"
        ): _walk(lambda x, states, layer: list(states)),
        (
            "A layer above the first reads x_t in addition to the state below it. Such shortcuts exist, but this stack "
            "has none: a layer reads one thing from below, and its own past."
        ): _walk(partial(_pile, reads=lambda x, new, i: new[-1] + x if i else x)),
        (
            "In a layer above the first, the state from below and the layer's own past have changed kernels. What "
            "comes from below meets kernels[i], what comes from the past meets recurrent_kernels[i]."
        ): _walk(
            lambda x, states, layer: _pile(
                x,
                states,
                lambda read, h, i: layer(h, read, i) if i else layer(read, h, i),
            )
        ),
    },
    explanation="""\
A stack has two directions. Upwards, within a step: each layer reads the *new* state of the one below. Sideways, from
step to step: each layer reads its *own* old state. So two names are needed, one for what goes up and one for what
stays, and the whole memory of the network is the states of all layers, not of the top alone. A read-out y = h W_y +
b_y reads the top one. Whoever carries a state from one call to the next must carry all of them.""",
)
