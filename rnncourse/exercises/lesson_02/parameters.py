"""02.2: how many parameters a stack of recurrent layers has."""

from __future__ import annotations

from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs


def _sizes(rng: np.random.Generator, *, layers: int = 0, steps: int = 0, smallest: bool = False) -> Inputs:
    """Distinct sizes, so that no two can be confused; unless ``layers`` says otherwise 2 or 3 layers."""
    layers = layers or int(rng.integers(2, 4))
    drawn = [int(n) for n in rng.permutation(np.arange(2, 12))]
    units, features, outputs = [1] * layers if smallest else drawn[:layers], drawn[-1], drawn[-2]
    return {"steps": steps or drawn[-3], "features": features, "units": units, "outputs": 1 if smallest else outputs}


def _kernels(
    features: int,
    units: list[int],
    *,
    bias: float = 1,
    recurrent: str = "all to all",
    below: str = "layer",
) -> list[int]:
    """The parameters of each layer.

    ``bias``: how many a unit has; ``recurrent``: "all to all", "own" (of each unit to itself), "inputs" or "none";
    ``below``: what a later layer reads, the "layer" below it, the "features" again, or its own "units".
    """
    counts = []
    for layer, size in enumerate(units):
        inputs = features
        if layer > 0:
            inputs = {"layer": units[layer - 1], "features": features, "units": size}[below]
        back = {"all to all": size * size, "own": size, "inputs": inputs * size, "none": 0}[recurrent]
        counts.append(int(inputs * size + back + bias * size))
    return counts


def _count(
    steps: int,
    features: int,
    units: list[int],
    outputs: int,
    *,
    read_bias: int = 1,
    reads: str = "last",
    **options: object,
) -> int:
    """``reads``: what the read-out sees, the "last" layer's state, "all" layers', "every step", or "nothing"."""
    seen = {"last": units[-1], "all": sum(units), "every step": steps * units[-1]}.get(reads, 0)
    read_out = 0 if reads == "nothing" else (seen + read_bias) * outputs
    return sum(_kernels(features, units, **options)) + read_out


def _parameters(steps: int, features: int, units: list[int], outputs: int) -> int:
    total, inputs = 0, features
    for size in units:
        for _ in range(size):
            total += inputs + size + 1
        inputs = size
    for _ in range(outputs):
        total += inputs + 1
    return total


def _times_steps(steps: int, features: int, units: list[int], outputs: int, *, read_out_too: bool) -> int:
    layers, read_out = sum(_kernels(features, units)), (units[-1] + 1) * outputs
    return steps * (layers + read_out) if read_out_too else steps * layers + read_out


def _bias_of_a_layer(steps: int, features: int, units: list[int], outputs: int, *, read_bias: int) -> int:
    """One bias for each layer, and ``read_bias`` in the read-out."""
    return sum(_kernels(features, units, bias=0)) + len(units) + units[-1] * outputs + read_bias


def _recurrent_read_out(steps: int, features: int, units: list[int], outputs: int) -> int:
    return sum(_kernels(features, [*units, outputs]))


def _first_layer(steps: int, features: int, units: list[int], outputs: int, *, read_out: bool) -> int:
    return _kernels(features, units)[0] + (units[-1] + 1) * outputs * read_out


def _explain(steps: int, features: int, units: list[int], outputs: int) -> str:
    parts = [
        f"layer {i + 1} has {inputs}·{size} + {size}·{size} + {size} = {inputs * size + size * size + size}"
        for i, (inputs, size) in enumerate(zip([features, *units], units, strict=False))
    ]
    parts.append(f"the read-out {units[-1]}·{outputs} + {outputs} = {units[-1] * outputs + outputs}")
    return f"Here {', '.join(parts)}."


PARAMETERS = Exercise(
    id="02.2",
    title="Counting parameters",
    function="parameters",
    inputs=_sizes,
    edges=(
        partial(_sizes, layers=1),
        partial(_sizes, layers=4),
        partial(_sizes, steps=1),
        partial(_sizes, layers=2, smallest=True),
    ),
    reference=_parameters,
    returns={"parameters": ()},
    mistakes={
        (
            "You multiply by the number of steps. A recurrent layer uses the same weights at every step: that is why "
            "one model reads sequences of any length. Whose parameters grow with the length?"
        ): (partial(_times_steps, read_out_too=True), partial(_times_steps, read_out_too=False)),
        (
            "The biases of the recurrent layers are missing, but that of the read-out is counted. Each unit has one. "
            "Write down what goes into the sum of a single unit."
        ): partial(_count, bias=0),
        (
            "The bias of the read-out is missing. A dense layer adds one number to each of its outputs. What does y = "
            "h W_y + b_y hold besides the matrix?"
        ): partial(_count, read_bias=0),
        (
            "All biases are missing, in the layers and in the read-out. They are few, but they are trained like any "
            "other weight. Which letter of the formulas did you not count?"
        ): partial(_count, bias=0, read_bias=0),
        (
            "You count one bias for a layer. Each unit, and each output, has a bias of its own: b is a vector. How "
            "long must it be to be added to the state?"
        ): (
            partial(_bias_of_a_layer, read_bias=0),
            partial(_bias_of_a_layer, read_bias=1),
            lambda **case: _bias_of_a_layer(**case, read_bias=case["outputs"]),
        ),
        (
            "You count two biases for each unit. PyTorch has two, one for the input and one for the state; they are "
            "simply added, so one does the same. Keras' simple cell has one."
        ): partial(_count, bias=2),
        (
            "The recurrent kernels are missing. Without them these are dense layers, which forget each step at once. "
            "From where to where do the weights W_h lead, and how many are they?"
        ): partial(_count, recurrent="none"),
        (
            "You count one recurrent weight for a unit, as if each unit heard only its own past. In this cell every "
            "unit hears every unit of its layer. Which shape must W_h have, to make a state out of a state?"
        ): partial(_count, recurrent="own"),
        (
            "You count the recurrent kernel as large as the kernel that reads the input. It reads the layer's own "
            "state, not the input. How many numbers does it read, and how many does it make?"
        ): partial(_count, recurrent="inputs"),
        (
            "Every layer reads the features in your count. In a stack only the first one does; the next reads what the "
            "one below it puts out. How many numbers are that at a step?"
        ): partial(_count, below="features"),
        (
            "A later layer's kernel is counted as if it read as many numbers as it has units. It reads the layer "
            "below, which may be larger or smaller. Follow one step upwards: how many numbers leave each layer?"
        ): partial(_count, below="units"),
        (
            "The read-out is missing. The state is the network's memory, not its answer: a dense layer makes outputs "
            "of it. What does it read, and how many numbers does it give?"
        ): partial(_count, reads="nothing"),
        (
            "Your read-out reads the states of all layers. In a plain stack it sees only the last one; what the others "
            "know reaches it through that. Which state stands at the top?"
        ): partial(_count, reads="all"),
        (
            "Your read-out reads the states of all steps, as behind a Flatten. It would grow with the length, and the "
            "model could read one length alone. Here it reads one state, the last."
        ): partial(_count, reads="every step"),
        (
            "Your read-out has recurrent weights, too. It is a dense layer: it answers from the present state and "
            "keeps nothing for the next step. Which of the three arrays of a cell does it lack?"
        ): _recurrent_read_out,
        (
            "Only the first layer is counted. If there is a loop over the layers, does it add up, and does a return or "
            "an = end it too early?"
        ): (partial(_first_layer, read_out=False), partial(_first_layer, read_out=True)),
    },
    explanation="""\
A layer of H units that reads D numbers has a kernel (D, H), a recurrent kernel (H, H) and a bias (H,): H · (D + H +
1) parameters. The next layer reads H numbers, whatever the first one read. The read-out is an ordinary dense layer on
the last layer's state. `steps` does not occur: the weights are shared over time, which is what lets a recurrent
network read sequences of any length. `model.count_params()` should give the same number; if it does not, the model is
not the one you have in mind.""",
    explain=_explain,
)
