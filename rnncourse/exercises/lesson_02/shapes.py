"""02.3: the shapes that come out of a stack of recurrent layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs

Shapes = tuple[np.ndarray, np.ndarray]


def _sizes(rng: np.random.Generator, *, layers: int = 0, ones: bool = False, every: bool | None = None) -> Inputs:
    """Distinct sizes, so that no two can be confused."""
    layers = layers or int(rng.integers(2, 4))
    batch, steps, features, *units = (int(n) for n in rng.permutation(np.arange(2, 12))[: 3 + layers])
    every = bool(rng.integers(0, 2)) if every is None else every
    batch, steps = (1, 1) if ones else (batch, steps)
    return {"batch": batch, "steps": steps, "features": features, "units": units, "return_sequences": every}


def _shapes(batch: int, steps: int, features: int, units: list[int], return_sequences: bool) -> Shapes:
    output = [batch]
    if return_sequences:
        output.append(steps)
    output.append(units[-1])
    return np.array(output), np.array([[batch, size] for size in units])


def _with_output(shape: Callable[..., Sequence[int]]) -> Callable[..., Shapes]:
    """Right states; the output's shape is what ``shape`` makes of the input."""
    return lambda **case: (np.array(shape(**case)), _shapes(**case)[1])


def _with_states(shapes: Callable[..., Sequence[Sequence[int]]]) -> Callable[..., Shapes]:
    """Right output; the states' shapes are what ``shapes`` makes of the input."""
    return lambda **case: (_shapes(**case)[0], np.array(shapes(**case)))


def _last_axis(**case: object) -> Callable[[int], list[int]]:
    """Makes the output's shape with another last axis."""
    return lambda size: [*_shapes(**case)[0][:-1].tolist(), size]


def _explain(batch: int, steps: int, features: int, units: list[int], return_sequences: bool) -> str:
    output, states = _shapes(batch, steps, features, units, return_sequences)
    gives = f"the last layer's {'states of all steps' if return_sequences else 'last state'}"
    listed = ", ".join(str(tuple(shape)) for shape in states.tolist())
    return f"This stack puts out {gives}, shape {tuple(output.tolist())}; its final states have shape {listed}."


SHAPES = Exercise(
    id="02.3",
    title="Which shapes come out",
    function="shapes",
    inputs=_sizes,
    edges=(
        partial(_sizes, layers=1, every=True),
        partial(_sizes, layers=1, every=False),
        partial(_sizes, layers=2, ones=True, every=True),
        partial(_sizes, layers=2, ones=True, every=False),
    ),
    reference=_shapes,
    returns={"output": ("axis",), "states": ("layer", "axis")},
    mistakes={
        (
            "The flag works the wrong way round: with return_sequences you leave the time axis out, and without it you "
            "keep it. Say aloud what the name of the flag promises."
        ): lambda **case: _shapes(**case | {"return_sequences": not case["return_sequences"]}),
        (
            "The output always has a time axis. Without return_sequences a layer gives its last state alone, and a "
            "dense layer behind it answers once for each sequence. Which argument decides?"
        ): lambda **case: _shapes(**case | {"return_sequences": True}),
        (
            "The output never has a time axis. With return_sequences a layer gives its state at every step, which is "
            "what a further layer, or an answer at every step, needs. Which argument decides?"
        ): lambda **case: _shapes(**case | {"return_sequences": False}),
        (
            "Without return_sequences you keep a time axis of length 1. Keras drops the axis: the result is a matrix "
            "with a row for each sequence. How many axes does one state of a batch have?"
        ): _with_output(
            lambda **case: [
                case["batch"],
                case["steps"] if case["return_sequences"] else 1,
                case["units"][-1],
            ]
        ),
        (
            "The last axis of the output still counts the features. They went into the first layer; what comes out are "
            "states, and a state has one number for each unit. Units of which layer?"
        ): _with_output(lambda **case: _last_axis(**case)(case["features"])),
        (
            "The last axis of the output counts the units of the first layer. The layers stand on top of each other. "
            "Which one speaks last?"
        ): _with_output(lambda **case: _last_axis(**case)(case["units"][0])),
        (
            "The last axis of the output counts the units of all layers together, as if their states were joined. In a "
            "stack each layer reads the one below it, and only the top one is put out."
        ): _with_output(lambda **case: _last_axis(**case)(sum(case["units"]))),
        (
            "Time stands before the batch in the output. Some libraries do it so; Keras keeps (batch, time, features) "
            "from end to end. If both axes happen to be equal, such a mix-up gives no error at all."
        ): _with_output(
            lambda **case: (
                [case["steps"], case["batch"], case["units"][-1]] if case["return_sequences"] else _shapes(**case)[0]
            )
        ),
        (
            "The output has no batch axis. A layer reads a whole batch at once and keeps the sequences apart, from the "
            "input to the output. What does the first axis count?"
        ): _with_output(lambda **case: _shapes(**case)[0][1:]),
        (
            "There is a single final state. Each layer has a memory of its own, so a stack has as many final states as "
            "layers, and whoever wants to go on later needs them all."
        ): (
            _with_states(lambda **case: [[case["batch"], case["units"][-1]]]),
            _with_states(lambda **case: [case["batch"], case["units"][-1]]),
        ),
        (
            "Every final state has as many units as the last layer. Each layer keeps its own state, as wide as it is "
            "itself. What is the size of the memory of layer i?"
        ): _with_states(lambda **case: [[case["batch"], case["units"][-1]] for _ in case["units"]]),
        (
            "The final states are as wide as what each layer reads. A state is what a layer makes: one number for each "
            "of its own units. Look at the two axes of a kernel, (what it reads, what it makes)."
        ): _with_states(
            lambda **case: [[case["batch"], size] for size in [case["features"], *case["units"]][: len(case["units"])]]
        ),
        (
            "The final states have a time axis. A final state is the state after the last step, one moment and not a "
            "series. Which axes remain?"
        ): _with_states(lambda **case: [[case["batch"], case["steps"], size] for size in case["units"]]),
        (
            "The final states count steps where they should count sequences. Every sequence of the batch ends in a "
            "state of its own. What is the first axis of everything in Keras?"
        ): _with_states(lambda **case: [[case["steps"], size] for size in case["units"]]),
        (
            "The final states have no batch axis, as if the batch had one memory in common. Each sequence has its own, "
            "or they would disturb each other."
        ): (
            _with_states(lambda **case: [[size] for size in case["units"]]),
            _with_states(lambda **case: case["units"]),
        ),
        (
            "The axes of the final states have changed places: units come first. In a batch a row is a sequence, so "
            "the batch axis comes first in states, too."
        ): _with_states(lambda **case: [[size, case["batch"]] for size in case["units"]]),
        (
            "The final states are in the order from the top to the bottom of the stack. Keras lists what layers give "
            "in the order in which data passes them. Which layer does it meet first?"
        ): _with_states(lambda **case: [[case["batch"], size] for size in case["units"][::-1]]),
    },
    explanation="""\
Three questions give every shape. Is it a state of one moment or of all? One moment: (batch, units); all: (batch,
time, units). Whose units? Those of the layer that made it. How many final states? One a layer, since each has a
memory of its own, whatever the flag says. Inside a stack every layer but the last must give all its steps, because
the next one needs a sequence to read: in Keras that is `return_sequences=True`, and an error that asks for 3
dimensions and found 2 often means that it was forgotten.""",
    explain=_explain,
)
