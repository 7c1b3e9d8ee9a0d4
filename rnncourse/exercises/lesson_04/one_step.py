"""04.1: the gradient goes back through one step of a tanh RNN."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs, Variant
from rnncourse.exercises.formulas import Formula, worked_out
from rnncourse.exercises.lesson_04.arrays import numbers
from rnncourse.exercises.plain_data import show

Gradients = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _step(rng: np.random.Generator, *, examples: int = 0, units: int = 0, saturated: bool = False) -> Inputs:
    """One step with a bias of its own; ``saturated``: the first unit is at 1, where tanh is flat."""
    examples, units = examples or int(rng.integers(2, 4)), units or int(rng.integers(2, 4))
    features = 5 - units
    x, h_before = numbers(rng, examples, features), numbers(rng, examples, units)
    kernel, recurrent_kernel, bias = numbers(rng, features, units), numbers(rng, units, units), numbers(rng, units)
    h = np.round(np.tanh(x @ kernel + h_before @ recurrent_kernel + bias), 3)
    if saturated:
        h[:, 0] = 1.0
    return {
        "d_h": numbers(rng, examples, units),
        "h": h,
        "h_before": h_before,
        "x": x,
        "kernel": kernel,
        "recurrent_kernel": recurrent_kernel,
    }


def _step_back(
    d_h: np.ndarray,
    h: np.ndarray,
    h_before: np.ndarray,
    x: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
) -> Gradients:
    d_kernel, d_recurrent_kernel = np.zeros(kernel.shape), np.zeros(recurrent_kernel.shape)
    d_bias = np.zeros(h.shape[1])
    d_x, passed_back = [], []
    for example in range(len(x)):
        d_a = d_h[example] * (1 - h[example] ** 2)
        d_kernel += np.outer(x[example], d_a)
        d_recurrent_kernel += np.outer(h_before[example], d_a)
        d_bias += d_a
        d_x.append(kernel @ d_a)
        passed_back.append(recurrent_kernel @ d_a)
    return d_kernel, d_recurrent_kernel, d_bias, np.array(d_x), np.array(passed_back)


_RIGHT: dict[str, Formula] = {
    "d_a": lambda s: s.d_h * (1 - s.h**2),
    "d_kernel": lambda s: s.x.T @ s.d_a,
    "d_recurrent_kernel": lambda s: s.h_before.T @ s.d_a,
    "d_bias": lambda s: s.d_a.sum(axis=0),
    "d_x": lambda s: s.d_a @ s.kernel.T,
    "passed_back": lambda s: s.d_a @ s.recurrent_kernel.T,
}
"""Each part of the result, from the names of the arguments and of the parts before it."""
_SKIPS_TANH: dict[str, Formula] = {
    "d_kernel": lambda s: s.x.T @ s.d_h,
    "d_recurrent_kernel": lambda s: s.h_before.T @ s.d_h,
    "d_bias": lambda s: s.d_h.sum(axis=0),
    "d_x": lambda s: s.d_h @ s.kernel.T,
    "passed_back": lambda s: s.d_h @ s.recurrent_kernel.T,
}
"""The same from dL/dh_t in place of dL/da_t."""


def _with(**changes: Formula) -> Callable[..., Gradients]:
    """The step back with some formulas changed."""

    def step_back(**case: np.ndarray) -> Gradients:
        known = worked_out(_RIGHT | changes, case)
        return known.d_kernel, known.d_recurrent_kernel, known.d_bias, known.d_x, known.passed_back

    return step_back


def _skipping_tanh(*names: str) -> Callable[..., Gradients]:
    return _with(**{name: _SKIPS_TANH[name] for name in names})


def _explain(**case: np.ndarray) -> str:
    d_a = case["d_h"] * (1 - case["h"] ** 2)
    return f"All five parts are made of dL/da_t, for this input {show(d_a)}."


STEP_BACK = Exercise(
    id="04.1",
    title="One step back",
    function="step_back",
    inputs=_step,
    edges=(
        lambda rng: _step(rng, examples=1),
        lambda rng: _step(rng, units=1),
        lambda rng: _step(rng, saturated=True),
    ),
    reference=_step_back,
    returns={
        "d_kernel": ("feature", "unit"),
        "d_recurrent_kernel": ("unit before", "unit"),
        "d_bias": ("unit",),
        "d_x": ("example", "feature"),
        "passed_back": ("example", "unit before"),
    },
    mistakes={
        (
            "The tanh is left out on the way back: dL/da_t is taken to be dL/dh_t. Where tanh is flat, a change of "
            "a_t hardly moves h_t, and the gradient has to shrink there. Which factor does the chain rule put between "
            "the two?"
        ): _with(d_a=lambda s: s.d_h),
        (
            "The slope is 1 − tanh(h_t)²: tanh is taken of what is its result already. The slope of tanh at a_t is "
            "1 − tanh(a_t)². Which of the arguments is tanh(a_t)?"
        ): _with(d_a=lambda s: s.d_h * (1 - np.tanh(s.h) ** 2)),
        (
            "The slope is h_t (1 − h_t): that of the sigmoid. It comes out negative wherever h_t is, though tanh only "
            "ever rises. What is the derivative of tanh, written with its own value?"
        ): _with(d_a=lambda s: s.d_h * s.h * (1 - s.h)),
        (
            "The slope is 1 − h_t: a state of −0.9 would give 1.9, but tanh is nowhere steeper than 1, and as steep at "
            "−0.9 as at 0.9. What makes both signs alike?"
        ): _with(d_a=lambda s: s.d_h * (1 - s.h)),
        (
            "The slope is taken at h_{t−1}. The tanh of this step made h_t, so that is where its slope is read; the "
            "slope at h_{t−1} belongs to the step before. Which state do you square?"
        ): _with(d_a=lambda s: s.d_h * (1 - s.h_before**2)),
        (
            "The slope is taken at a state that you compute again from x_t and h_{t−1}, without the bias, which is not "
            "among the arguments. The forward pass has kept the right one for you. Which argument is it?"
        ): _with(d_a=lambda s: s.d_h * (1 - np.tanh(s.x @ s.kernel + s.h_before @ s.recurrent_kernel) ** 2)),
        (
            "The three weight gradients are right, but the gradient of x_t or of h_{t−1} starts from dL/dh_t, as if "
            "there were no tanh. Weights, input and earlier state all reach the loss through a_t. From which gradient "
            "must all five parts start?"
        ): (_skipping_tanh("passed_back"), _skipping_tanh("d_x"), _skipping_tanh("d_x", "passed_back")),
        (
            "The gradients of x_t and h_{t−1} go through tanh, but not all weight gradients do: at least one is built "
            "from dL/dh_t. Kernel, recurrent kernel and bias all act inside the tanh. Compare your three lines."
        ): tuple(
            _skipping_tanh(*names)
            for names in (
                ("d_kernel", "d_recurrent_kernel", "d_bias"),
                ("d_kernel",),
                ("d_recurrent_kernel",),
                ("d_bias",),
                ("d_kernel", "d_recurrent_kernel"),
            )
        ),
        (
            "In passed_back the slope comes after the recurrent kernel. Going forward, W_h comes first and tanh last, "
            "so going back tanh comes first: the slope of unit j weights what unit j sends back. In which order do you "
            "undo the two?"
        ): _with(passed_back=lambda s: (s.d_h @ s.recurrent_kernel.T) * (1 - s.h**2)),
        (
            "In passed_back the gradient goes through the recurrent kernel in the forward direction. W_h[i, j] leads "
            "from unit i of h_{t−1} to unit j of h_t; going back, what arrives at j must reach i. W_h is square, so "
            "NumPy does not complain. How must it be turned?"
        ): _with(passed_back=lambda s: s.d_a @ s.recurrent_kernel),
        (
            "For d_recurrent_kernel you use h_t. In the forward pass W_h met h_{t−1}: had that been 0, no change of "
            "W_h could be felt at this step. Both states have the same shape, so nothing complains. Which one stands "
            "to the left of W_h in a_t?"
        ): _with(d_recurrent_kernel=lambda s: s.h.T @ s.d_a),
        (
            "The gradient of the recurrent kernel is transposed. A gradient has the layout of its weight: row i, "
            "column j belongs to W_h[i, j], from unit i before to unit j now. The matrix is square and hides it. Which "
            "of your two factors must come first?"
        ): (
            _with(d_recurrent_kernel=lambda s: s.d_a.T @ s.h_before),
            _with(d_recurrent_kernel=lambda s: s.d_a.T @ s.h_before, d_kernel=lambda s: s.d_a.T @ s.x),
        ),
        (
            "The weight gradients are B times too small: they are averaged over the examples. When the loss is a mean, "
            "its 1/B has already arrived with dL/dh_t, and dividing again counts it twice. What happens to the shares "
            "of several examples in one weight?"
        ): _with(
            d_kernel=lambda s: s.x.T @ s.d_a / len(s.x),
            d_recurrent_kernel=lambda s: s.h_before.T @ s.d_a / len(s.x),
            d_bias=lambda s: s.d_a.mean(axis=0),
        ),
        (
            "Only d_bias is averaged over the examples, the kernels' gradients are sums. The matrix products add up "
            "the examples without being asked. What must the bias do to agree with them?"
        ): _with(d_bias=lambda s: s.d_a.mean(axis=0)),
        (
            "The result has a row of d_bias for each example. There is one bias for all of them, of shape (H,), and "
            "each example pulls at it: their shares add up. Over which axis?"
        ): _with(d_bias=lambda s: s.d_a),
        (
            "In d_bias the units are added up. Every unit has a bias of its own, and all examples share it: what is to "
            "remain is one number for each unit. Which axis must go?"
        ): (_with(d_bias=lambda s: s.d_a.sum(axis=1)), _with(d_bias=lambda s: s.d_a.sum())),
    },
    explanation="""\
Every argument acts on the loss through a_t = x_t W_x + h_{t−1} W_h + b, so the step back begins with dL/da_t =
dL/dh_t ⊙ (1 − h_t²); from there it is the backward pass of a dense layer, done twice. Shapes decide most of it: a
gradient has the shape of its weight, and only one order of the two factors gives (D, H). W_h is square, so there
shapes cannot help: think of W_h[i, j] as the wire from unit i before to unit j now, which the gradient walks from j
to i. `passed_back` is what this step sends to h_{t−1}; it becomes the total dL/dh_{t−1} once ∂L/∂h_{t−1}, what the
loss at step t − 1 itself says, is added.""",
    explain=_explain,
    variants={
        "units_first": Variant(
            arguments={"kernel": np.transpose, "recurrent_kernel": np.transpose},
            results={"d_kernel": np.transpose, "d_recurrent_kernel": np.transpose},
            returns={
                "d_kernel": ("unit", "feature"),
                "d_recurrent_kernel": ("unit", "unit before"),
                "d_bias": ("unit",),
                "d_x": ("example", "feature"),
                "passed_back": ("example", "unit before"),
            },
            text={
                "`kernel`, `recurrent_kernel`: $W_x$, shape (D, H), and $W_h$, shape (H, H).": "`kernel`, "
                "`recurrent_kernel`: $W_x$, shape (H, D), and $W_h$, shape (H, H), with a row for each unit, as in "
                "PyTorch. So here $a_t = x_t W_x^\\top + h_{t-1} W_h^\\top + b$.",
                "d_kernel` (D, H)": "d_kernel` (H, D)",
                "d_kernel (D, H)": "d_kernel (H, D)",
                "x.T @ d_a, h_before.T @ d_a": "d_a.T @ x, d_a.T @ h_before",
                "d_a @ kernel.T, d_a @ recurrent_kernel.T": "d_a @ kernel, d_a @ recurrent_kernel",
                "W_h[i, j]": "W_h[j, i]",
                "row i, column j": "row j, column i",
                "How must it be turned?": "Which way round does it stand already?",
                "a_t = x_t W_x + h_{t−1} W_h + b": "a_t = x_t W_xᵀ + h_{t−1} W_hᵀ + b",
                "factors gives (D, H)": "factors gives (H, D)",
            },
        ),
    },
)
