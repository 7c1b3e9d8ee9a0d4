"""18.1: how many bytes a network must keep of what it has read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_18.architectures import CONVOLUTION, GRU, LSTM, TRANSFORMER, told

Sizes = tuple[np.ndarray, int]
Kept = Callable[..., float]
"""Numbers that the architecture of this place keeps, of the place and the arguments but ``bits`` and ``room``."""


def _model(
    rng: np.random.Generator,
    *,
    layers: int = 0,
    context: int = 0,
    kernel_size: int = 0,
    bits: int = 0,
    room: int | None = None,
    tokens: int = 0,
) -> Inputs:
    """``tokens``: the room is that of a cache for so many."""
    heads = int(rng.choice([2, 4, 8]))
    case = {
        "units": heads * int(rng.integers(3, 9)),
        "layers": layers or int(rng.integers(2, 6)),
        "context": context or int(rng.integers(20, 400)),
        "heads": heads,
        "kernel_size": kernel_size or int(rng.integers(3, 8)),
        "bits": bits or int(rng.choice([8, 16, 32, 64])),
        "room": int(rng.integers(20_000, 200_000)) if room is None else room,
    }
    if tokens:
        case["room"] = tokens * 2 * case["layers"] * case["units"] * case["bits"] // 8
    return case


def _numbers(place: int, units: int, layers: int, context: int, heads: int, kernel_size: int) -> int:
    """Layer by layer."""
    total = 0
    for _ in range(layers):
        if place == CONVOLUTION:
            total += sum(units for _ in range(kernel_size - 1))
        elif place == TRANSFORMER:
            total += sum(units // heads for _ in range(context) for _ in range(heads) for _ in ("key", "value"))
        else:
            total += 2 * units if place == LSTM else units
    return total


def _simply(place: int, units: int, layers: int, context: int, heads: int, kernel_size: int) -> int:
    return layers * units * (1, 2, 1, kernel_size - 1, 2 * context)[place]


def _in_bytes(numbers: float, bits: int) -> int:
    return int(numbers * bits // 8)


def _sizes(
    units: int,
    layers: int,
    context: int,
    heads: int,
    kernel_size: int,
    bits: int,
    room: int,
    *,
    kept: Kept = _simply,
    in_bytes: Callable[[float, int], int] = _in_bytes,
    longest: Callable[[int, int], int] = lambda room, token: room // token,
) -> Sizes:
    """``longest``: of the room and the bytes that a token takes in the cache."""
    sizes = [in_bytes(kept(place, units, layers, context, heads, kernel_size), bits) for place in range(5)]
    token = in_bytes(kept(TRANSFORMER, units, layers, 1, heads, kernel_size), bits)
    return np.array(sizes), int(longest(room, max(1, token)))


def _token_by_token(**case: int) -> Sizes:
    sizes, _ = _sizes(**case, kept=_numbers)
    token, longest = int(_sizes(**case | {"context": 1}, kept=_numbers)[0][TRANSFORMER]), 0
    while (longest + 1) * token <= case["room"]:
        longest += 1
    return sizes, longest


def _keeping(*kept: Kept) -> tuple[Callable[..., Sizes], ...]:
    return tuple(partial(_sizes, kept=each) for each in kept)


def _of(architecture: int, *times: Callable[..., float]) -> tuple[Callable[..., Sizes], ...]:
    """One architecture keeps something else: numbers of a layer, of the arguments as in ``Kept``."""

    def kept(place: int, units: int, layers: int, *rest: int, each: Callable) -> float:
        if place == architecture:
            return layers * each(units, *rest)
        return _simply(place, units, layers, *rest)

    return _keeping(*(partial(kept, each=each) for each in times))


def _explain(units: int, layers: int, context: int, heads: int, kernel_size: int, bits: int, room: int) -> str:
    numbers = (_simply(place, units, 1, context, heads, kernel_size) for place in range(5))
    return f"In a layer {told(numbers)} numbers of {bits} bits."


STATE_BYTES = Exercise(
    id="18.1",
    title="What must be kept",
    function="state_bytes",
    inputs=_model,
    edges=(
        partial(_model, layers=1),
        partial(_model, context=1),
        partial(_model, kernel_size=1),
        partial(_model, tokens=37),
        partial(_model, layers=3, bits=32, room=50),
    ),
    reference=_token_by_token,
    returns={"sizes": ("architecture",), "longest": ()},
    mistakes={
        (
            "Your LSTM keeps one vector. The next step needs two: h, which the gates read, and the cell state c. What "
            "does scratch.LSTM hand on as its final state?"
        ): _of(LSTM, lambda units, context, heads, kernel_size: units),
        (
            "Your GRU keeps more than one vector, or your LSTM more than two. Gates and candidate are made anew at "
            "each step and thrown away. What does a step need of the step before?"
        ): (
            *_of(GRU, *(lambda units, context, heads, kernel_size, n=n: n * units for n in (2, 3))),
            *_of(LSTM, *(lambda units, context, heads, kernel_size, n=n: n * units for n in (3, 4))),
        ),
        (
            "LSTM and GRU have changed places: the order is simple cell, LSTM, GRU, convolution, Transformer. Which of "
            "the two has a cell state?"
        ): lambda **case: (_sizes(**case)[0][[0, 2, 1, 3, 4]], _sizes(**case)[1]),
        (
            "Your recurrent networks keep the states of all tokens. Training does, for the way back; whoever only "
            "reads on needs the last one. What does step t + 1 read?"
        ): (
            _keeping(
                lambda place, units, layers, context, heads, kernel_size: (
                    _simply(place, units, layers, context, heads, kernel_size) * (context if place < CONVOLUTION else 1)
                )
            )[0]
        ),
        (
            "Your cache holds the keys, or the values, but not both. A query finds by the one and takes the other. How "
            "many vectors of each token are wanted again?"
        ): _of(TRANSFORMER, lambda units, context, heads, kernel_size: context * units),
        (
            "Your cache holds the queries as well. A query is used at its own step and never again. What do later "
            "tokens look at?"
        ): _of(TRANSFORMER, lambda units, context, heads, kernel_size: 3 * context * units),
        (
            "Your heads have as many columns as the whole layer, each of them. They share them out: units / heads "
            "each. What does that make for all heads together?"
        ): _of(TRANSFORMER, lambda units, context, heads, kernel_size: 2 * context * units * heads),
        (
            "You count one head alone, or divide by the number of heads. Every head has keys of its own, of units / "
            "heads numbers. How many do all of them have together?"
        ): _of(
            TRANSFORMER,
            lambda units, context, heads, kernel_size: 2 * context * (units // heads),
            lambda units, context, heads, kernel_size: 2 * context / heads,
        ),
        (
            "Your cache does not grow with the text. Each new token may look at all those before it, so that nothing "
            "of them can go. By which argument is it multiplied?"
        ): _of(TRANSFORMER, lambda units, context, heads, kernel_size: 2 * units),
        (
            "Your cache holds a score for each pair of tokens. The scores of a step are used at once; what is kept are "
            "the vectors they come from. How does that grow with the text?"
        ): _of(
            TRANSFORMER,
            lambda units, context, heads, kernel_size: context**2,
            lambda units, context, heads, kernel_size: context**2 * heads,
            lambda units, context, heads, kernel_size: 2 * context**2 * units,
            lambda units, context, heads, kernel_size: 2 * context * units + heads * context**2,
        ),
        (
            "Your convolution keeps as many inputs as its kernel is wide. One of them is the new one, which need not "
            "be kept from before. How many are old?"
        ): _of(CONVOLUTION, lambda units, context, heads, kernel_size: kernel_size * units),
        (
            "Your convolution keeps the whole text, or a single input. It sees the last kernel_size inputs and no "
            "other. How many of them are old?"
        ): _of(
            CONVOLUTION,
            lambda units, context, heads, kernel_size: context * units,
            lambda units, context, heads, kernel_size: units,
            lambda units, context, heads, kernel_size: (kernel_size - 1) * context * units,
        ),
        (
            "You count weights, not what is kept of the text. Weights are there before the first token, and are the "
            "same for every text. What differs from text to text?"
        ): _of(
            CONVOLUTION,
            lambda units, context, heads, kernel_size: kernel_size * units * units,
            lambda units, context, heads, kernel_size: (kernel_size - 1) * units * units,
        ),
        (
            "Only one layer is counted. Each has a state, or a cache, of its own, which the next token finds again. "
            "Which argument did you not use?"
        ): _keeping(
            lambda place, units, layers, context, heads, kernel_size: _simply(
                place, units, 1, context, heads, kernel_size
            )
        ),
        (
            "These are numbers, or bits, but not bytes. A byte has 8 bits, so a number of 16 bits takes 2 of them. How "
            "do you get from one to the other?"
        ): (
            partial(_sizes, in_bytes=lambda numbers, bits: int(numbers)),
            partial(_sizes, in_bytes=lambda numbers, bits: int(numbers * bits)),
            partial(_sizes, in_bytes=lambda numbers, bits: int(numbers * bits * 8)),
        ),
        (
            "Every number has 4 bytes, or 8, in your count, whatever `bits` says. Half as many bits hold twice the "
            "text in the same room. Which argument did you not use?"
        ): tuple(partial(_sizes, in_bytes=lambda numbers, bits, size=size: int(size * numbers)) for size in (4, 8)),
        (
            "The sizes are right, but longest is one too large: that cache takes more than the room. If you search, do "
            "you return the first that does not fit, or the last that does?"
        ): (
            partial(_sizes, longest=lambda room, token: room // token + 1),
            partial(_sizes, longest=lambda room, token: -(-room // token)),
        ),
        (
            "The sizes are right, but longest is one too small: another token would fit. Where does your search end?"
        ): partial(_sizes, longest=lambda room, token: max(0, room // token - 1)),
        (
            "The sizes are right, but longest is for a token that takes less or more: not all layers, one vector and "
            "not two, or bits in place of bytes. Can you divide by your own count for a context of 1?"
        ): (
            lambda **case: (_sizes(**case)[0], _sizes(**case | {"layers": 1})[1]),
            lambda **case: (_sizes(**case)[0], _sizes(**case)[1] // 8),
            lambda **case: (_sizes(**case)[0], _sizes(**case | {"room": 2 * case["room"]})[1]),
            lambda **case: (_sizes(**case)[0], case["room"] // (2 * case["units"] * case["layers"])),
        ),
        (
            "Right but where the room is taken to the last byte: exactly the room is allowed. Which sign compares the "
            "two?"
        ): partial(_sizes, longest=lambda room, token: (room - 1) // token),
    },
    explanation="""\
A recurrent layer keeps what it hands to the next step: H numbers, an LSTM 2 H; a convolution of width k the k − 1
inputs that its kernel will cover once more. None of that knows how long the text is. A Transformer keeps a key and a
value of every token: 2 · n · H numbers a layer, whatever the number of heads, since they share out the H columns. So
after n tokens its cache is n times the state of an LSTM of the same width, and the longest text is what the memory
allows. That is why such models keep their caches in 16 or 8 bits, let heads share keys (Shazeer 2019), or look back
only so far. The price of the other side: all that an RNN knows of the text has to fit into its H numbers.""",
    explain=_explain,
)
