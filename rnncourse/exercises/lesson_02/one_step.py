"""02.1: one step of the recurrent cell, for a batch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs, Variant
from rnncourse.exercises.lesson_02.cell import state, step, values, weights
from rnncourse.exercises.mistakes import where_it_fits

Formula = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def _one_step(rng: np.random.Generator, *, sizes: tuple[int, int, int] | None = None, first: bool = False) -> Inputs:
    """Equal numbers of sequences, features and units, so that a wrong layout gives wrong numbers and no exception."""
    batch, features, units = sizes or (int(rng.integers(2, 4)),) * 3
    h = np.zeros((batch, units)) if first else state(rng, batch, units)
    return {"x_t": values(rng, batch, features), "h": h} | weights(rng, features, units)


def _large(rng: np.random.Generator) -> Inputs:
    """Two opposite inputs in the ten thousands: each unit gets a large sum of either sign."""
    return _one_step(rng, sizes=(2, 2, 2)) | {"x_t": 20000.0 * np.array([[1, -1], [-1, 1]])}


def _cell(formula: Formula) -> Callable[..., np.ndarray | None]:
    """A wrong cell, written in short names: inputs x, state h, kernel w, recurrent kernel u, bias b."""

    @where_it_fits
    def wrong(
        x_t: np.ndarray, h: np.ndarray, kernel: np.ndarray, recurrent_kernel: np.ndarray, bias: np.ndarray
    ) -> np.ndarray:
        return formula(x_t, h, kernel, recurrent_kernel, bias)

    return wrong


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(z / 2)


def _tanh_by_exponentials(z: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):
        return (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))


def _tanh_by_one_exponential(z: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):
        return (np.exp(2 * z) - 1) / (np.exp(2 * z) + 1)


STEP = Exercise(
    id="02.1",
    title="One step of the cell",
    function="step",
    inputs=_one_step,
    edges=(
        partial(_one_step, sizes=(1, 3, 2)),
        partial(_one_step, sizes=(3, 1, 2)),
        partial(_one_step, sizes=(2, 3, 1)),
        partial(_one_step, sizes=(2, 2, 2), first=True),
        _large,
    ),
    reference=step,
    returns={"h": ("sequence", "unit")},
    mistakes={
        (
            "The recurrent kernel is transposed. It is square, so nothing warns you, but each unit then uses the "
            "weights that lead out of it in place of those that lead into it. Here a state is a row: on which side of "
            "W_h does it stand?"
        ): _cell(lambda x, h, w, u, b: np.tanh(x @ w + h @ u.T + b)),
        (
            "The kernel is transposed. With as many features as units nothing warns you; with other numbers it could "
            "not even be multiplied. Which axis of W_x has the length of x_t, and which that of the state?"
        ): _cell(lambda x, h, w, u, b: np.tanh(x @ w.T + h @ u + b)),
        (
            "Both kernels are transposed. That is how PyTorch stores them. In Keras' layout, used here, a kernel has a "
            "row for each feature and a column for each unit, so that a row of features times the kernel gives a row "
            "of units."
        ): _cell(lambda x, h, w, u, b: np.tanh(x @ w.T + h @ u.T + b)),
        (
            "The kernels stand on the left of what they multiply, as in books that write vectors as columns. In a "
            "batch each row is a sequence, and your product adds up values of different sequences. What does a row of "
            "the result belong to?"
        ): (
            _cell(lambda x, h, w, u, b: np.tanh(w @ x + u @ h + b)),
            _cell(lambda x, h, w, u, b: np.tanh(w.T @ x + u.T @ h + b)),
            _cell(lambda x, h, w, u, b: np.tanh(w @ x + u @ h + b[:, np.newaxis])),
        ),
        (
            "The sign * multiplies number by number, and so each unit sees one feature alone. A kernel connects every "
            "feature with every unit: that is a matrix product, a sum of products. Which operator is that in Python?"
        ): (
            _cell(lambda x, h, w, u, b: np.tanh(x * w + h * u + b)),
            _cell(lambda x, h, w, u, b: np.tanh(x @ w + h * u + b)),
        ),
        (
            "The old state does not count: what you wrote is a dense layer, f(x W + b). Its answer at a step is the "
            "same whatever came before, so it has no memory. Which argument did you not use?"
        ): _cell(lambda x, h, w, u, b: np.tanh(x @ w + b)),
        (
            "The old state is added as it is, without its kernel. Then each unit hears only its own past, and nobody "
            "can learn what to make of it. What stands behind h in the formula?"
        ): _cell(lambda x, h, w, u, b: np.tanh(x @ w + h + b)),
        (
            "The old state is added outside the tanh. The new state may then leave the range from −1 to 1 and grow "
            "from step to step. Where does the bracket of the tanh close?"
        ): (
            _cell(lambda x, h, w, u, b: np.tanh(x @ w + b) + h @ u),
            _cell(lambda x, h, w, u, b: np.tanh(x @ w) + h @ u + b),
        ),
        (
            "Input and old state each pass a tanh of their own and are added afterwards. The result may reach ±2, and "
            "neither can hold the other back, as they could inside one tanh. How many tanh does the formula have?"
        ): (
            _cell(lambda x, h, w, u, b: np.tanh(x @ w) + np.tanh(h @ u) + b),
            _cell(lambda x, h, w, u, b: np.tanh(x @ w + b) + np.tanh(h @ u)),
            _cell(lambda x, h, w, u, b: np.tanh(x @ w + b) + np.tanh(h @ u + b)),
        ),
        (
            "The bias is added after the tanh. It then shifts the result beyond ±1; inside, it moves the point around "
            "which a unit switches. What does the tanh apply to?"
        ): _cell(lambda x, h, w, u, b: np.tanh(x @ w + h @ u) + b),
        (
            "The result of the tanh is added to the old state. That is a residual connection, an idea of its own, but "
            "then a state can grow without bound. The cell replaces its state."
        ): _cell(lambda x, h, w, u, b: h + np.tanh(x @ w + h @ u + b)),
        (
            "The tanh is missing: this is a linear cell. Many such steps in a row are together again one linear map, "
            "and a state can grow without bound. Which function does the formula begin with?"
        ): _cell(lambda x, h, w, u, b: x @ w + h @ u + b),
        (
            "The bias is missing. With an input and a state of zero every unit would then stay at zero for ever. What "
            "did you not add?"
        ): _cell(lambda x, h, w, u, b: np.tanh(x @ w + h @ u)),
        (
            "The bias is counted twice, once with the input and once with the state. PyTorch keeps two biases, but "
            "they are two different arrays; here there is one. How often does b stand in the formula?"
        ): _cell(lambda x, h, w, u, b: np.tanh(x @ w + b + h @ u + b)),
        (
            "The two kernels have changed places: the input meets W_h and the state W_x. With as many features as "
            "units the shapes fit, and nothing warns you. What does each of the two multiply?"
        ): _cell(lambda x, h, w, u, b: np.tanh(x @ u + h @ w + b)),
        (
            "Input and state are added and then share one kernel. They mean different things, so each has weights of "
            "its own: W_x reads the features, W_h the units. How many matrix products does the formula have?"
        ): (
            _cell(lambda x, h, w, u, b: np.tanh((x + h) @ w + b)),
            _cell(lambda x, h, w, u, b: np.tanh((x + h) @ u + b)),
            _cell(lambda x, h, w, u, b: np.tanh(x @ w + h @ w + b)),
        ),
        (
            "The result lies between 0 and 1: you use the sigmoid. This cell's state may be negative, which takes a "
            "function with values from −1 to 1. Which one does the task name?"
        ): _cell(lambda x, h, w, u, b: _sigmoid(x @ w + h @ u + b)),
        (
            "Nothing in the result is negative: you use ReLU. There are such cells, and their state can grow without "
            "bound. Which function does the task name?"
        ): _cell(lambda x, h, w, u, b: np.maximum(x @ w + h @ u + b, 0)),
        (
            "Right but for large inputs, where NaN appears: you work out tanh from exponentials, and infinity divided "
            "by infinity has no value. One NaN spoils every later state. Does NumPy have the function itself?"
        ): (
            _cell(lambda x, h, w, u, b: _tanh_by_exponentials(x @ w + h @ u + b)),
            _cell(lambda x, h, w, u, b: _tanh_by_one_exponential(x @ w + h @ u + b)),
        ),
    },
    explanation="""\
Two matrix products and one bias, added up, then one tanh over the sum. Rows are sequences, so the data stands on the
left: (B, D) times (D, H) and (B, H) times (H, H) both give (B, H), and the bias (H,) is added to every row. The
checks use equal sizes on purpose: with B = D = H a transposed or swapped kernel gives wrong numbers without a
warning, as it may in your own network. Test such code with three different sizes, and with numbers that are not
symmetric.""",
    variants={
        "units_first": Variant(
            arguments={"kernel": np.transpose, "recurrent_kernel": np.transpose},
            text={
                r"x_t W_x + h_{t-1} W_h + b": r"x_t W_x^\top + h_{t-1} W_h^\top + b",
                "$W_x$, shape (D, H)": "$W_x$, shape (H, D), a row for each unit, as PyTorch stores it",
                "`recurrent_kernel` is $W_h$, shape (H, H)": "so is `recurrent_kernel`, $W_h$, shape (H, H)",
                "np.array([[0.5], [0.25]])": "np.array([[0.5, 0.25]])",
                "x_t @ kernel + h @ recurrent_kernel": "x_t @ kernel.T + h @ recurrent_kernel.T",
                "The recurrent kernel is transposed.": "The recurrent kernel is the wrong way round.",
                "Here a state is a row: on which side of W_h does it stand?": "Here W_h has a row for each unit that "
                "it writes, and a state is a row: which of its axes must meet the state?",
                "The kernel is transposed.": "The kernel is the wrong way round.",
                "Both kernels are transposed. That is how PyTorch stores them. In Keras' layout, used here, a kernel "
                "has a row for each feature and a column for each unit, so that a row of features times the kernel "
                "gives a row of units.": "Both kernels are the wrong way round. In Keras' layout they could be "
                "multiplied as they stand; in PyTorch's, used here, a kernel has a row for each unit and a column for "
                "each feature. What must be done to it, so that a row of features times it gives a row of units?",
                "Two matrix products and one bias": "Two matrix products, each with a transposed kernel, and one bias",
            },
        ),
    },
)
