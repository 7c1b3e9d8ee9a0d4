"""18.2: how many multiplications a token costs, and a whole text."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_18.architectures import CONVOLUTION, TRANSFORMER, told

Work = tuple[np.ndarray, np.ndarray]
Layer = Callable[[int, int, int, int, int, int], float]
"""Multiply-adds of a layer at a token, of the place of the architecture, units, hidden, context, heads, kernel_size."""
Whole = Callable[[Layer, int, int, int, int, int, int], float]
"""Those of a layer for a text, of the layer and the same."""


def _model(
    rng: np.random.Generator, *, layers: int = 0, context: int = 0, heads: int = 0, kernel_size: int = 0
) -> Inputs:
    """The hidden layer is never as wide as usual, four times the units."""
    heads = heads or int(rng.choice([2, 4]))
    units = heads * int(rng.integers(3, 9))
    return {
        "units": units,
        "hidden": units * int(rng.choice([2, 3, 5])) + int(rng.integers(1, units)),
        "layers": layers or int(rng.integers(2, 6)),
        "context": context or int(rng.integers(10, 300)),
        "heads": heads,
        "kernel_size": kernel_size or int(rng.integers(3, 8)),
    }


def _product(rows: int, columns: int) -> int:
    """A row times a matrix."""
    return rows * columns


def _kernel_by_kernel(place: int, units: int, hidden: int, context: int, heads: int, kernel_size: int) -> int:
    square = _product(units, units)
    if place == CONVOLUTION:
        return sum(square for _ in range(kernel_size))
    if place != TRANSFORMER:
        return sum(2 * square for _ in range((1, 4, 3)[place]))
    size, total = units // heads, 0
    for _ in range(heads):
        total += 3 * _product(units, size)  # query, key, value
        total += _product(size, context) + _product(context, size)  # scores, mixing
    return total + square + _product(units, hidden) + _product(hidden, units)


def _token(place: int, units: int, hidden: int, context: int, heads: int, kernel_size: int) -> int:
    seen = 4 * units**2 + 2 * units * context + 2 * units * hidden
    return (2 * units**2, 8 * units**2, 6 * units**2, kernel_size * units**2, seen)[place]


def _added_up(layer: Layer, place: int, units: int, hidden: int, context: int, heads: int, kernel_size: int) -> float:
    """Token n sees n tokens; only a Transformer's work depends on that."""
    if place != TRANSFORMER:
        return context * layer(place, units, hidden, context, heads, kernel_size)
    return sum(layer(place, units, hidden, n, heads, kernel_size) for n in range(1, context + 1))


def _work(
    units: int,
    hidden: int,
    layers: int,
    context: int,
    heads: int,
    kernel_size: int,
    *,
    layer: Layer = _token,
    whole: Whole = _added_up,
) -> Work:
    sizes = (units, hidden, context, heads, kernel_size)
    places = range(5)
    return (
        np.array([int(layers * layer(place, *sizes)) for place in places]),
        np.array([int(layers * whole(layer, place, *sizes)) for place in places]),
    )


def _by_layers(*layer: Layer) -> tuple[Callable[..., Work], ...]:
    return tuple(partial(_work, layer=each) for each in layer)


def _by_blocks(*blocks: float) -> Layer:
    """Squares of the units that the recurrent layers cost."""
    return lambda place, units, *rest: blocks[place] * units**2 if place < CONVOLUTION else _token(place, units, *rest)


def _seen(*part: Callable[[int, int, int, int], float]) -> tuple[Callable[..., Work], ...]:
    """What a Transformer's layer costs, of units, hidden, context and heads."""

    def layer(place: int, *sizes: int, each: Callable) -> float:
        return each(*sizes[:4]) if place == TRANSFORMER else _token(place, *sizes)

    return _by_layers(*(partial(layer, each=each) for each in part))


def _whole_texts(*text: Callable[[int, int, int, int], float]) -> tuple[Callable[..., Work], ...]:
    """What a layer of the Transformer costs for a text, of units, hidden, context and heads."""

    def whole(layer: Layer, place: int, *sizes: int, each: Callable) -> float:
        return each(*sizes[:4]) if place == TRANSFORMER else _added_up(layer, place, *sizes)

    return tuple(partial(_work, whole=partial(whole, each=each)) for each in text)


def _kernels(units: int, hidden: int) -> int:
    return 4 * units**2 + 2 * units * hidden


def _explain(units: int, hidden: int, layers: int, context: int, heads: int, kernel_size: int) -> str:
    costs = told(_token(place, units, hidden, context, heads, kernel_size) for place in range(5))
    return f"A layer costs at the last token: {costs}; of the last, {2 * units * context} are for looking at the cache."


MULTIPLY_ADDS = Exercise(
    id="18.2",
    title="What a token costs",
    function="multiply_adds",
    inputs=_model,
    edges=(
        partial(_model, layers=1),
        partial(_model, context=1),
        partial(_model, heads=1),
        partial(_model, kernel_size=1, context=500),
    ),
    reference=partial(_work, layer=_kernel_by_kernel),
    returns={"token": ("architecture",), "text": ("architecture",)},
    mistakes={
        (
            "Your recurrent layers have one kernel for each block. They have two: one reads the input, the other the "
            "state before. Which is missing?"
        ): _by_layers(_by_blocks(1, 4, 3)),
        (
            "LSTM or GRU have another number of blocks in your count: an LSTM computes i, f, c̃ and o, a GRU z, r and "
            "h̃, each with two kernels. Did you forget the candidate?"
        ): _by_layers(_by_blocks(2, 6, 6), _by_blocks(2, 8, 4), _by_blocks(2, 6, 4), _by_blocks(2, 10, 6)),
        (
            "LSTM and GRU cost the same as the simple cell. Each gate is computed by kernels of its own. How many "
            "scores does each unit have?"
        ): _by_layers(_by_blocks(2, 2, 2)),
        (
            "LSTM and GRU have changed places: the order is simple cell, LSTM, GRU, convolution, Transformer. Which "
            "has one block more?"
        ): lambda **case: tuple(part[[0, 2, 1, 3, 4]] for part in _work(**case)),
        (
            "Gates, biases or activations are counted as well: those are some H of operations beside H². The task "
            "counts products of a row and a matrix, and what attention multiplies. What is left out?"
        ): _by_layers(
            *(
                lambda place, units, *rest, extra=extra: (
                    _token(place, units, *rest) + (extra[place] * units if place < CONVOLUTION else 0)
                )
                for extra in ((1, 4, 3), (1, 4, 6), (0, 3, 3), (1, 7, 6))
            )
        ),
        (
            "Your convolution costs what one step of its kernel costs: as if it were 1 wide. At each token it "
            "multiplies each of the inputs that it covers by a matrix of its own. How many are they?"
        ): _by_layers(
            *(
                lambda place, units, hidden, context, heads, kernel_size, by=by: (
                    by(kernel_size) * units**2
                    if place == CONVOLUTION
                    else _token(place, units, hidden, context, heads, kernel_size)
                )
                for by in (lambda k: 1, lambda k: k - 1)
            )
        ),
        (
            "Your convolution has one number for each input and column. Every unit reads every column of each input: "
            "at each place of the kernel stands a whole matrix. Which shape has it?"
        ): _by_layers(
            lambda place, units, hidden, context, heads, kernel_size: (
                kernel_size * units
                if place == CONVOLUTION
                else _token(place, units, hidden, context, heads, kernel_size)
            )
        ),
        (
            "Your Transformer layer has too few kernels, or one too many: query, key, value, and one that brings the "
            "heads together, each units × units. Which is missing?"
        ): _seen(
            *(
                lambda units, hidden, context, heads, n=n: n * units**2 + 2 * units * context + 2 * units * hidden
                for n in (3, 1, 2, 5, 0)
            )
        ),
        (
            "The two dense layers behind the attention are missing, or one of them: from units to hidden and back. In "
            "most models they cost more than all the rest. Which argument did you not use?"
        ): _seen(
            lambda units, hidden, context, heads: 4 * units**2 + 2 * units * context,
            lambda units, hidden, context, heads: 4 * units**2 + 2 * units * context + units * hidden,
            lambda units, hidden, context, heads: 4 * units**2 + 2 * units * context + hidden**2,
        ),
        (
            "The hidden layer is four times as wide as the rest in your count. That is usual, but here `hidden` says "
            "how wide it is. Which argument did you not use?"
        ): _seen(lambda units, hidden, context, heads: 12 * units**2 + 2 * units * context),
        (
            "Your attention multiplies once for each token that it sees: the scores, or the mixing. Both are products "
            "with as many rows as there are tokens. What happens to the values?"
        ): _seen(lambda units, hidden, context, heads: _kernels(units, hidden) + units * context),
        (
            "Looking at the tokens before costs nothing in your count. It is what grows with the text: a product with "
            "each key and one with each value. By which argument are they multiplied?"
        ): _seen(
            lambda units, hidden, context, heads: _kernels(units, hidden),
            lambda units, hidden, context, heads: _kernels(units, hidden) + 2 * context,
            lambda units, hidden, context, heads: _kernels(units, hidden) + 2 * units,
        ),
        (
            "Every head works with all columns in your count, or only one head works. They share out the units: each "
            "has units / heads columns. What does that make for all of them together?"
        ): _seen(
            lambda units, hidden, context, heads: _kernels(units, hidden) + 2 * units * context * heads,
            lambda units, hidden, context, heads: _kernels(units, hidden) + 2 * units * context // heads,
            lambda units, hidden, context, heads: _kernels(units, hidden) + 2 * heads * context,
            lambda units, hidden, context, heads: (
                (3 * heads + 1) * units**2 + 2 * units * context * heads + 2 * units * hidden
            ),
        ),
        (
            "A token costs as much as a whole text in your count: n queries meet n keys. With a cache there is one new "
            "query. How many products is that?"
        ): _seen(
            lambda units, hidden, context, heads: _kernels(units, hidden) + 2 * units * context**2,
            lambda units, hidden, context, heads: context * _kernels(units, hidden) + 2 * units * context**2,
        ),
        (
            "Only one layer is counted, or one for all and the rest for free. Every layer works at each token. Which "
            "argument did you not use?"
        ): lambda **case: _work(**case | {"layers": 1}),
        (
            "The tokens are right, but in your text every one of them sees the whole of it. Under a causal mask token "
            "n sees n. What is 1 + 2 + … + n?"
        ): _whole_texts(
            lambda units, hidden, context, heads: context * _token(TRANSFORMER, units, hidden, context, heads, 1)
        ),
        (
            "The tokens are right, but in your text you take half of n², or count the pairs without a token and "
            "itself. Token 1 sees one token, token 2 two. What is 1 + 2 + … + n exactly?"
        ): _whole_texts(
            lambda units, hidden, context, heads: context * _kernels(units, hidden) + units * context**2,
            lambda units, hidden, context, heads: context * _kernels(units, hidden) + units * context * (context - 1),
        ),
        (
            "The tokens are right, but in your text the kernels work once, or the looking alone is counted for all. "
            "The kernels work at every token. What is added up from 1 to n?"
        ): _whole_texts(
            lambda units, hidden, context, heads: _kernels(units, hidden) + units * context * (context + 1),
            lambda units, hidden, context, heads: units * context * (context + 1),
            lambda units, hidden, context, heads: context * _kernels(units, hidden) + 2 * units * context,
        ),
        (
            "The tokens are right, but the text is not added up: it costs as much as its last token. Which argument "
            "says how many tokens there are?"
        ): lambda **case: (_work(**case)[0], _work(**case)[0]),
    },
    explanation="""\
A row of H numbers times a matrix (H, M) is H · M multiplications. Blocks have two such matrices: 2 H², 8 H², 6 H². A
convolution has one for each place of its kernel, k H². A Transformer's layer has four of H × H and two of H × F; then
one query meets n keys, H · n for all heads together, and n values are mixed, once more H · n. Over a text of n tokens
these sum to H · n (n + 1): the square for which attention is known. But count it: what grows is more than the
kernels' part only for n > 2 H + F, that is 6 H with the usual F = 4 H. Up to there a Transformer spends most of its
work in its kernels, as an RNN does. What the numbers do not say is what can be done *at once*: an RNN's tokens
must wait for each other, in training too.""",
    explain=_explain,
)
