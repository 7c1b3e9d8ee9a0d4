"""13.1: one step of the GRU, for a batch."""

from __future__ import annotations

from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs, Variant
from rnncourse.exercises.lesson_12.blocks import WEIGHTS, swapped
from rnncourse.exercises.lesson_12.cell import sigmoid, sigmoid_by_exponentials
from rnncourse.exercises.lesson_13.cell import gru_inputs, gru_step, gru_with, in_order, side_by_side, with_biases
from rnncourse.exercises.plain_data import show


def _step(rng: np.random.Generator, *, sizes: tuple[int, int, int] = (2, 2, 2), first: bool = False) -> Inputs:
    """As many sequences as features and units, so that a wrong layout gives wrong numbers and no exception."""
    batch, features, units = sizes
    return gru_inputs(rng, batch=batch, features=features, units=units, first=first)


def _large(rng: np.random.Generator) -> Inputs:
    """Two opposite inputs in the ten thousands: every score is large, of either sign."""
    return _step(rng) | {"x_t": 20000.0 * np.array([[1, -1], [-1, 1]])}


def _z_negated(array: np.ndarray) -> np.ndarray:
    """Another sign for the block of z: its gate is 1 − z."""
    z, r, candidate = side_by_side(array)
    return np.concatenate([-z, r, candidate], axis=-1)


def _explain(x_t: np.ndarray, h: np.ndarray, kernel: np.ndarray, recurrent_kernel: np.ndarray, bias: np.ndarray) -> str:
    read, recalled = side_by_side(x_t[0] @ kernel + bias[0]), side_by_side(h[0] @ recurrent_kernel + bias[1])
    z, r = (sigmoid(one + other) for one, other in zip(read[:2], recalled[:2], strict=True))
    parts = {"z": z, "r": r, "h̃": np.tanh(read[2] + r * recalled[2])}
    told = ", ".join(f"{name} = {show(np.round(part, 3).tolist())}" for name, part in parts.items())
    return f"The first sequence of this input has {told}."


STEP = Exercise(
    id="13.1",
    title="One step of the GRU",
    function="gru_step",
    inputs=_step,
    edges=(
        partial(_step, sizes=(1, 3, 2)),
        partial(_step, sizes=(3, 1, 2)),
        partial(_step, sizes=(2, 3, 1)),
        partial(_step, first=True),
        _large,
    ),
    reference=gru_step,
    returns={"h": ("sequence", "unit")},
    mistakes={
        (
            "Your z writes where Keras' z keeps: the old state is multiplied by 1 − z. Some papers have it so (Chung "
            "et al. 2014), and a net trained from the start works either way. Weights from elsewhere do not. What does "
            "z multiply in this formula?"
        ): gru_with(new=lambda s: (1 - s.z) * s.h + s.z * s.h_tilde),
        (
            "The reset gate stands before the product with U_h, on h, as in most papers. Here it stands *after* "
            "it (`reset_after=True`, Keras' default): it scales what the product gives. What is multiplied by r?"
        ): (
            gru_with(recalled=lambda s: (s.r * s.h) @ s.U[2] + s.b_h[2]),
            gru_with(recalled=lambda s: (s.r * s.h) @ s.U[2]),
        ),
        (
            "The reset gate is used twice, on h before the product and on what comes after it. One place is enough. "
            "Which one does the formula have?"
        ): gru_with(recalled=lambda s: s.r * ((s.r * s.h) @ s.U[2] + s.b_h[2])),
        (
            "The recurrent bias of the candidate stands outside the bracket: r should scale it together with the "
            "product. That is why a GRU has two biases at all. Where does the bracket close?"
        ): gru_with(recalled=lambda s: s.r * (s.h @ s.U[2]) + s.b_h[2]),
        (
            "The reset gate scales everything inside the tanh, the input too. A shut reset gate should forget the old "
            "state and read on. What does the bracket behind r hold?"
        ): gru_with(h_tilde=lambda s: np.tanh(s.r * (s.read + s.h @ s.U[2] + s.b_h[2]))),
        (
            "Reset and update gate have changed places. PyTorch keeps them as r, z, h̃, Keras as z, r, h̃, and all "
            "shapes are the same. Which block is first?"
        ): in_order(1, 0, 2),
        (
            "The blocks are taken in another order than Keras': the candidate's is not the last. Where does h̃ find "
            "its weights?"
        ): (in_order(0, 2, 1), in_order(1, 2, 0), in_order(2, 0, 1), in_order(2, 1, 0)),
        (
            "You take every third column, as if the three scores of a unit stood side by side. The *gates* stand side "
            "by side: first the columns of z for all units. How long is a block?"
        ): gru_with(cut=lambda s: lambda array: [array[..., gate::3] for gate in range(3)]),
        (
            "The recurrent bias is missing: bias has two rows, and the second one goes with the state. Which row did "
            "you not use?"
        ): with_biases(lambda bias: bias * np.array([[1], [0]])),
        (
            "The second row of bias is used in the candidate, but not in the gates. z and r add both of theirs. How "
            "many terms does the score of a gate have?"
        ): gru_with(
            score_z=lambda s: s.x_t @ s.W[0] + s.b[0] + s.h @ s.U[0],
            score_r=lambda s: s.x_t @ s.W[1] + s.b[1] + s.h @ s.U[1],
        ),
        (
            "The second row of bias is used in the gates, but not in the candidate. There r multiplies it, together "
            "with the product of h and U_h. What does the bracket behind r hold?"
        ): gru_with(recalled=lambda s: s.r * (s.h @ s.U[2])),
        ("The first row of bias is missing, that of the input. Which row did you not use?"): with_biases(
            lambda bias: bias * np.array([[0], [1]])
        ),
        (
            "Both biases are missing. Then an empty input and a state of zeros can open or shut nothing. Which "
            "argument did you not use?"
        ): with_biases(np.zeros_like),
        (
            "The two rows of bias have changed places. In the gates nobody can tell, since both are added, but in the "
            "candidate one of them is scaled by r. Which row goes with the input?"
        ): with_biases(lambda bias: bias[::-1]),
        (
            "The reset gate is not used. It decides how much of the old state the candidate may know. What does r "
            "multiply?"
        ): gru_with(recalled=lambda s: s.h @ s.U[2] + s.b_h[2]),
        (
            "Your reset gate is 1 − r. The name misleads: an open one, r = 1, lets the old state through to the "
            "candidate. What does the formula put there?"
        ): gru_with(recalled=lambda s: (1 - s.r) * (s.h @ s.U[2] + s.b_h[2])),
        (
            "The update gate is not used: the candidate is the new state, and nothing is kept. Which two things does "
            "the last line mix?"
        ): gru_with(new=lambda s: s.h_tilde),
        (
            "Old state and candidate do not share: z h + h̃, or both whole. One gate has two jobs in a GRU: what is "
            "kept and what is written add up to 1. What stands before h̃?"
        ): (gru_with(new=lambda s: s.z * s.h + s.h_tilde), gru_with(new=lambda s: s.h + (1 - s.z) * s.h_tilde)),
        (
            "Old state and candidate are both multiplied by z. What is kept and what is written should add up to 1. "
            "What stands before h̃?"
        ): gru_with(new=lambda s: s.z * s.h + s.z * s.h_tilde),
        (
            "The new state passes one more tanh. The candidate has had its own; a second one squeezes the state that "
            "should be kept, at every step. Which function stands in the last line?"
        ): gru_with(new=lambda s: np.tanh(s.z * s.h + (1 - s.z) * s.h_tilde)),
        (
            "The candidate has passed a sigmoid, so the state can never be negative. It is not a gate, but a value. "
            "Which function gives values of both signs?"
        ): gru_with(h_tilde=lambda s: sigmoid(s.read + s.recalled)),
        (
            "The candidate is used as it is, without its tanh, so that the state may leave the range from −1 to 1. "
            "What stands around the sum in the line for h̃?"
        ): gru_with(h_tilde=lambda s: s.read + s.recalled),
        (
            "Your gates have passed a tanh. Open and closed are 1 and 0, and 1 − z must lie between them as well. "
            "Which function does?"
        ): gru_with(z=lambda s: np.tanh(s.score_z), r=lambda s: np.tanh(s.score_r)),
        (
            "The gates do not read the old state: their scores know the input alone. What should be kept depends on "
            "what is there. Which argument is missing in them?"
        ): gru_with(
            score_z=lambda s: s.x_t @ s.W[0] + s.b[0] + s.b_h[0], score_r=lambda s: s.x_t @ s.W[1] + s.b[1] + s.b_h[1]
        ),
        (
            "Each block of the recurrent kernel is transposed. The blocks are square, so nothing warns you. A state is "
            "a row here, and on which side does it stand?"
        ): gru_with(U=lambda s: [block.T for block in side_by_side(s.recurrent_kernel)]),
        (
            "Right but for large inputs, where NaN appears: the sigmoid divides infinity by infinity. Neither 1 / (1 + "
            "exp(−a)) nor (1 + tanh(a / 2)) / 2 does. Which form do you use?"
        ): gru_with(z=lambda s: sigmoid_by_exponentials(s.score_z), r=lambda s: sigmoid_by_exponentials(s.score_r)),
    },
    explanation="""\
Two products, one for the input and one for the state, each with its own bias, and kept apart: the gates need only
their sum, but in the candidate r comes between them. That is `reset_after=True`. With the gate *before* the product,
(r ⊙ h) U_h, the big product could not be made until r is known; after it, all three blocks are one product, which is
what GPU libraries compute. The two versions are not the same function, and no weights turn one into the other. The
last line is an average of old and new, so a state that begins between −1 and 1 stays there. In a GRU h is memory and
output in one: what it keeps, it shows.""",
    explain=_explain,
    variants={
        "r_z_h": Variant(
            arguments=dict.fromkeys(WEIGHTS, partial(swapped, blocks=3, pair=(0, 1))),
            text={
                "The weights as above.": "The weights as above, but with their blocks in the order **r, z, h̃**, as "
                "PyTorch keeps them.",
                "as Keras has it:": "as Keras and PyTorch have it:",
                "the kernel is 2, 0, 1,": "the kernel is 0, 2, 1,",
                "np.array([[2.0, 0.0, 1.0]])": "np.array([[0.0, 2.0, 1.0]])",
                "x_z, x_r, x_h = ": "x_r, x_z, x_h = ",
                "h_z, h_r, h_h = ": "h_r, h_z, h_h = ",
                "in another order than Keras'": "in another order than here",
                "first the columns of z for all units": "first the columns of r for all units",
            },
        ),
        "z_writes": Variant(
            arguments=dict.fromkeys(WEIGHTS, _z_negated),
            text={
                "as Keras has it:": "with an update gate that *writes* (Chung et al. 2014), where Keras' keeps:",
                r"h_t = z \odot h_{t-1} + (1 - z) \odot \tilde h": r"h_t = (1 - z) \odot h_{t-1} + z \odot \tilde h",
                "0.881 · 0.5 + 0.119 · 0.964 = 0.555": "0.119 · 0.5 + 0.881 · 0.964 = 0.909",
                "[[0.555]]": "[[0.909]]",
                "z * h + (1 - z) * h_tilde": "(1 - z) * h + z * h_tilde",
                "Your z writes where Keras' z keeps: the old state is multiplied by 1 − z. Some papers have it so "
                "(Chung et al. 2014), and a net": "Your z keeps, as Keras' z does: the old state is multiplied by z. "
                "Here it writes, and a net",
                "z h + h̃, or both whole": "(1 − z) h + h̃, or both whole",
                "are both multiplied by z.": "are both multiplied by 1 − z.",
            },
        ),
    },
)
