"""03.5: which inputs reach which outputs of a stack, and how long the chain of dependent steps is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs

Layer = dict[str, Any]
Layers = list[Layer]
Answer = tuple[np.ndarray, int]
Sources = Callable[[Layer, int, int], tuple[list[int], list[int]]]


def _stack(rng: np.random.Generator, *, steps: int = 0, kinds: tuple[str, ...] = ()) -> Inputs:
    """Two convolutions of different width, and up to two recurrent layers of either direction, in any order."""
    if not kinds:
        forwards, back = "recurrent", "backwards"
        several = [(), (), (forwards,), (back,), (forwards,) * 2, (back,) * 2, (forwards, back), (back, forwards)]
        chosen = [*several[int(rng.integers(0, len(several)))], "convolution", "convolution"]
        kinds = tuple(chosen[i] for i in rng.permutation(len(chosen)))
    widths = iter(rng.permutation([2, 3]).tolist() * 2)
    layers = [{"kind": kind, "width": next(widths)} if kind == "convolution" else {"kind": kind} for kind in kinds]
    return {"steps": steps or int(rng.integers(5, 8)), "layers": layers}


def _sources(layer: Layer, t: int, steps: int) -> tuple[list[int], list[int]]:
    """What step t of a layer waits for: steps of what lies below it, and steps of the layer itself."""
    if layer["kind"] == "convolution":
        return [s for s in range(t - layer["width"] + 1, t + 1) if s >= 0], []
    before = t - 1 if layer["kind"] == "recurrent" else t + 1
    return [t], [before] if 0 <= before < steps else []


def _behind_and_depth(steps: int, layers: Layers, *, sources: Sources = _sources) -> tuple[list[set[int]], list[int]]:
    """Step by step through each layer: the inputs behind each output, and how long the chain is that ends there."""
    behind, depth = [{t} for t in range(steps)], [0] * steps
    for layer in layers:
        below_behind, below_depth = behind, depth
        behind, depth = [set() for _ in range(steps)], [0] * steps
        for t in range(steps) if layer["kind"] != "backwards" else reversed(range(steps)):
            below, own = sources(layer, t, steps)
            behind[t] = set().union(*(below_behind[s] for s in below), *(behind[s] for s in own))
            depth[t] = 1 + max([below_depth[s] for s in below] + [depth[s] for s in own])
    return behind, depth


def _dependencies(steps: int, layers: Layers, *, sources: Sources = _sources) -> Answer:
    behind, depth = _behind_and_depth(steps, layers, sources=sources)
    return np.array([[s in inputs for s in range(steps)] for inputs in behind]), max(depth)


def _reach(reach: Callable[[int, Layers], np.ndarray]) -> Callable[..., Answer]:
    """The right chain beside a wrong reach."""
    return lambda steps, layers: (reach(steps, layers), _dependencies(steps, layers)[1])


def _chain(chain: Callable[[int, Layers], int]) -> Callable[..., Answer]:
    """The right reach beside a wrong chain."""
    return lambda steps, layers: (_dependencies(steps, layers)[0], chain(steps, layers))


def _together(combine: np.ufunc) -> Callable[..., Answer]:
    """The reach of each layer by itself, put together place by place."""
    return _reach(lambda steps, layers: combine.reduce([_dependencies(steps, [layer])[0] for layer in layers]))


def _read_as(change: Callable[[Layer], Layer]) -> Callable[[int, Layers], Answer]:
    """Each layer taken for another one."""
    return lambda steps, layers: _dependencies(steps, [change(layer) for layer in layers])


def _renamed(old: str, new: str) -> Callable[[Layer], Layer]:
    return lambda layer: layer | {"kind": new} if layer["kind"] == old else layer


def _widened(by: int) -> Callable[[Layer], Layer]:
    return lambda layer: layer | {"width": layer["width"] + by} if layer["kind"] == "convolution" else layer


def _no_chain(steps: int, layers: Layers) -> np.ndarray:
    """A state knows its own input and that of the step before, and nothing behind it."""
    total = np.eye(steps, dtype=int)
    for layer in layers:
        reads = np.zeros((steps, steps), dtype=int)
        for t in range(steps):
            below, own = _sources(layer, t, steps)
            reads[t, below + own] = 1
        total = reads @ total
    return total > 0


def _centred(layer: Layer, t: int, steps: int) -> tuple[list[int], list[int]]:
    if layer["kind"] != "convolution":
        return _sources(layer, t, steps)
    first = t - (layer["width"] - 1) // 2
    return [s for s in range(first, first + layer["width"]) if 0 <= s < steps], []


def _both_ways(steps: int, layers: Layers) -> np.ndarray:
    everything = any(layer["kind"] == "backwards" for layer in layers)
    return _dependencies(steps, layers)[0] | everything


def _recurrent(layers: Layers) -> int:
    return sum(layer["kind"] != "convolution" for layer in layers)


def _one_by_one(steps: int, layers: Layers) -> int:
    return steps * _recurrent(layers) + len(layers) - _recurrent(layers)


def _overlapping(steps: int, layers: Layers) -> int:
    return len(layers) + (steps - 1 if _recurrent(layers) else 0)


def _explain(steps: int, layers: Layers) -> str:
    reach, chain = _dependencies(steps, layers)
    first, last = (", ".join(map(str, np.flatnonzero(row))) for row in reach[[0, -1]])
    return (
        f"Here output 0 depends on inputs {first}; output {steps - 1} on {last}; the longest chain has {chain} steps."
    )


DEPENDENCIES = Exercise(
    id="03.5",
    title="What waits for what",
    function="dependencies",
    inputs=_stack,
    edges=(
        partial(_stack, kinds=("recurrent", "backwards")),
        partial(_stack, kinds=("backwards", "convolution", "backwards")),
        partial(_stack, kinds=("recurrent", "recurrent", "recurrent")),
        partial(_stack, kinds=("convolution",)),
        partial(_stack, steps=1, kinds=("recurrent", "convolution")),
    ),
    reference=_dependencies,
    returns={"reach": ("output", "input"), "chain": ()},
    mistakes={
        (
            "Rows and columns of reach have changed places: a causal layer then seems to know the future. Row t "
            "belongs to an output, column s to an input. In which half of the table must a recurrent layer's True "
            "stand?"
        ): _reach(lambda steps, layers: _dependencies(steps, layers)[0].T),
        (
            "You put the layers' own reaches together with 'or'. But what a layer reads has read something itself: two "
            "convolutions of width 3 reach 4 steps back, not 2. How do you follow a path through two layers?"
        ): _together(np.logical_or),
        (
            "You put the layers' own reaches together with 'and'. An input need not be read by every layer directly: "
            "it travels, upwards and along the states. How do you follow a path through two layers?"
        ): _together(np.logical_and),
        (
            "Only the last layer counts for reach. Its inputs are outputs of the layer below, which have read more. Is "
            "your result carried on from layer to layer, or made anew?"
        ): (
            _reach(lambda steps, layers: _dependencies(steps, layers[-1:])[0]),
            lambda steps, layers: _dependencies(steps, layers[-1:]),
        ),
        (
            "Only the first layer counts for reach. Those above it read further. Does a return end your loop in its "
            "first round?"
        ): (
            _reach(lambda steps, layers: _dependencies(steps, layers[:1])[0]),
            lambda steps, layers: _dependencies(steps, layers[:1]),
        ),
        (
            "The diagonal of reach is False, as if a step did not see its own input. Each of the three layers reads "
            "the present step, too. Does your range end one too early?"
        ): _reach(lambda steps, layers: _dependencies(steps, layers)[0] & ~np.eye(steps, dtype=bool)),
        (
            "A recurrent layer reaches back one step in your table. Its state was made from the state before, and that "
            "one from the one before it: the past arrives hand to hand. How far back does that go?"
        ): _reach(_no_chain),
        (
            "Your convolution is centred and looks into the future. That is Keras' padding 'same'; here it is causal, "
            "so its last tap lies on the present step. Which steps does width 3 read at t?"
        ): _reach(lambda steps, layers: _dependencies(steps, layers, sources=_centred)[0]),
        (
            "A convolution reads one step too many. Its width counts the present step as well: width 1 reads nothing "
            "but the present. Which steps does width 3 read at t?"
        ): _read_as(_widened(1)),
        (
            "A convolution reads one step too few. Its width counts all the steps it reads, the present one included. "
            "Which steps does width 3 read at t?"
        ): _read_as(_widened(-1)),
        (
            "A convolution reaches all of the past in your table. It has no state: it sees as many steps as its width "
            "and not one more. Only a recurrent layer hands the past on."
        ): _reach(lambda steps, layers: _read_as(_renamed("convolution", "recurrent"))(steps, layers)[0]),
        (
            "A layer that reads backwards is treated like one that reads forwards. It begins at the last step, so its "
            "state at t knows what comes after t. Where do its True stand in the table?"
        ): (
            _read_as(_renamed("backwards", "recurrent")),
            _reach(lambda steps, layers: _read_as(_renamed("backwards", "recurrent"))(steps, layers)[0]),
        ),
        (
            "A layer that reads backwards sees everything in your table. That would be a bidirectional layer, two in "
            "one; this one alone knows step t and what comes after it."
        ): _reach(_both_ways),
        (
            "The chain counts every recurrent layer in full, one after the other. But the second layer need not wait "
            "until the first has finished: it can begin when the first has made its first step. Draw two layers on a "
            "grid."
        ): _chain(_one_by_one),
        (
            "The chain is right as long as all recurrent layers read in one direction. One that reads the other way "
            "begins where the one below ends, so it has to wait for all of it. Draw the two on a grid."
        ): _chain(_overlapping),
        (
            "The chain has as many steps as the sequence, whatever the layers. Every layer on the way adds something, "
            "and where nothing is recurrent no step waits for its neighbour. Follow the longest path, box by box."
        ): (
            _chain(lambda steps, layers: steps),
            _chain(lambda steps, layers: steps if _recurrent(layers) else len(layers)),
            _chain(lambda steps, layers: steps if _recurrent(layers) else 1),
        ),
        (
            "The chain counts the layers alone, as if a recurrent layer made all its steps at once. Each of its states "
            "needs the one before. Which boxes lie on the longest path?"
        ): _chain(lambda steps, layers: len(layers)),
        (
            "The chain counts a convolution as if its steps waited for each other. They do not: with the layer below "
            "at hand, all of them can be made at the same time. On which steps of its own layer does one depend?"
        ): (
            _chain(lambda steps, layers: steps * len(layers)),
            _chain(lambda steps, layers: _read_as(_renamed("convolution", "recurrent"))(steps, layers)[1]),
        ),
        (
            "The chain is one too short: you count the arrows between steps, not the steps that must be made. A single "
            "convolution is a chain of one."
        ): _chain(lambda steps, layers: _dependencies(steps, layers)[1] - 1),
        (
            "The chain is one too long: the inputs are given, nobody has to work them out. A single convolution is a "
            "chain of one."
        ): _chain(lambda steps, layers: _dependencies(steps, layers)[1] + 1),
        (
            "The chain is the one that ends at the last step. A layer that reads backwards finishes at step 0, so "
            "there it may be longer. Over which steps must you take the maximum?"
        ): _chain(lambda steps, layers: _behind_and_depth(steps, layers)[1][-1]),
    },
    explanation="""\
Both answers follow one walk through the grid of layers and steps. What is behind a box is what is behind all the
boxes that it reads; how deep it lies is one more than the deepest of them. Reach is causality: below the diagonal
lies the past. The chain is what limits speed on a machine that can do everything else at once: 1 for a convolution, T
for a recurrent layer, T + L − 1 for L of them in one direction, since they overlap like a wave, and 2T for one
forwards and one backwards on top of it. So a convolution is quick and sees a window; a recurrent layer sees all of
the past and pays for it in steps.""",
    explain=_explain,
)
