"""12.1: one step of the LSTM, for a batch."""

from __future__ import annotations

from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs, Variant
from rnncourse.exercises.lesson_12.blocks import WEIGHTS, swapped
from rnncourse.exercises.lesson_12.cell import (
    in_order,
    lstm_inputs,
    lstm_step,
    lstm_with,
    sigmoid,
    sigmoid_by_exponentials,
    transposed_block_by_block,
)
from rnncourse.exercises.plain_data import show


def _step(rng: np.random.Generator, *, sizes: tuple[int, int, int] = (2, 2, 2), first: bool = False) -> Inputs:
    """As many sequences as features and units, so that a wrong layout gives wrong numbers and no exception."""
    batch, features, units = sizes
    return lstm_inputs(rng, batch=batch, features=features, units=units, first=first)


def _large(rng: np.random.Generator) -> Inputs:
    """Two opposite inputs in the ten thousands: every score is large, of either sign."""
    return _step(rng) | {"x_t": 20000.0 * np.array([[1, -1], [-1, 1]])}


def _explain(**case: np.ndarray) -> str:
    a = case["x_t"] @ case["kernel"] + case["h"] @ case["recurrent_kernel"] + case["bias"]
    i, f, c_tilde, o = np.split(a[0], 4)
    parts = {"i": sigmoid(i), "f": sigmoid(f), "c̃": np.tanh(c_tilde), "o": sigmoid(o)}
    told = ", ".join(f"{name} = {show(np.round(part, 3).tolist())}" for name, part in parts.items())
    return f"The first sequence of this input has {told}."


STEP = Exercise(
    id="12.1",
    title="One step of the LSTM",
    function="lstm_step",
    inputs=_step,
    edges=(
        partial(_step, sizes=(1, 3, 2)),
        partial(_step, sizes=(3, 1, 2)),
        partial(_step, sizes=(2, 3, 1)),
        partial(_step, first=True),
        _large,
    ),
    reference=lstm_step,
    returns={"h": ("sequence", "unit"), "c": ("sequence", "unit")},
    mistakes={
        (
            "Forget gate and input gate have changed places: what should be kept is multiplied by i, what should be "
            "written by f. Either the two blocks are taken in the wrong order, or the line for c has them the wrong "
            "way round. Which of the two stands beside the old c?"
        ): in_order(1, 0, 2, 3),
        (
            "The last two blocks have changed places: the candidate is made of o's scores and the output gate of the "
            "candidate's. Other libraries and courses keep i, f, o, c̃. In which order does Keras?"
        ): in_order(0, 1, 3, 2),
        (
            "The blocks are taken in another order than Keras'. TensorFlow's first cells had i, c̃, f, o, and ONNX has "
            "i, o, f, c̃. Which block comes second here?"
        ): (in_order(0, 2, 1, 3), in_order(0, 2, 3, 1), in_order(1, 2, 0, 3), in_order(1, 3, 0, 2)),
        (
            "You take every fourth column, as if the four scores of a unit stood side by side. The *gates* stand side "
            "by side: first the column of i for all units, then those of f. How long is a block?"
        ): lstm_with(blocks=lambda s: [s.a[:, gate::4] for gate in range(4)]),
        (
            "The tanh around c is missing in h. A cell state may grow without bound, and the output would grow with "
            "it; the tanh keeps h between −1 and 1. Which c does it apply to?"
        ): lstm_with(new_h=lambda s: s.o * s.new_c),
        (
            "The tanh squeezes the cell state itself, so it is squeezed again at every step: what was to be added to "
            "without loss fades like the state of a plain cell. Where does the tanh stand, in c or in h?"
        ): (
            lstm_with(new_c=lambda s: np.tanh(s.f * s.c + s.i * s.c_tilde)),
            lstm_with(new_c=lambda s: np.tanh(s.f * s.c + s.i * s.c_tilde), new_h=lambda s: s.o * s.new_c),
            lstm_with(new_h=lambda s: s.o * np.tanh(s.new_c), result=lambda s: (s.new_h, np.tanh(s.new_c))),
        ),
        (
            "The output gate closes on the cell state, not on what is shown of it. What is hidden for one step would "
            "be lost for good. The gate o stands in the line for h; what of it may come back into c?"
        ): (
            lstm_with(result=lambda s: (s.new_h, s.o * s.new_c)),
            lstm_with(new_c=lambda s: s.o * (s.f * s.c + s.i * s.c_tilde), new_h=lambda s: np.tanh(s.new_c)),
        ),
        (
            "In h the tanh is around everything: tanh(o · c). A half open gate should halve what is shown; inside, it "
            "halves c, and a large c is shown nearly whole. What does o multiply?"
        ): lstm_with(new_h=lambda s: np.tanh(s.o * s.new_c)),
        (
            "The gates read c where they should read h. Cells with *peepholes* let them see both, with weights of "
            "their own (Gers and Schmidhuber 2000); Keras' cell has none. What does the recurrent kernel multiply?"
        ): lstm_with(a=lambda s: s.x_t @ s.kernel + s.c @ s.recurrent_kernel + s.bias),
        (
            "The gates read tanh(c) of the step before, as if nothing stood between it and h. They read h, which the "
            "output gate has already let through. Which argument is it?"
        ): lstm_with(a=lambda s: s.x_t @ s.kernel + np.tanh(s.c) @ s.recurrent_kernel + s.bias),
        (
            "The output shows the old cell state. What is written at this step can be seen at this step, too. Which of "
            "the two c's do you put into the tanh?"
        ): lstm_with(new_h=lambda s: s.o * np.tanh(s.c)),
        (
            "The forget gate multiplies the old h, and c is never read. So the memory would go through the output gate "
            "and its tanh at each step. What is it that the cell keeps?"
        ): lstm_with(new_c=lambda s: s.f * s.h + s.i * s.c_tilde),
        (
            "The candidate has passed a sigmoid, so nothing negative can ever be written and c only grows. It is not a "
            "gate, but a value. Which function gives values of both signs?"
        ): lstm_with(c_tilde=lambda s: sigmoid(s.blocks[2])),
        (
            "The candidate is written as it is, without its tanh. One large input could then fill the memory. What "
            "stands around x W_c + h U_c + b_c?"
        ): lstm_with(c_tilde=lambda s: s.blocks[2]),
        (
            "Your gates have passed a tanh. A gate at −1 would turn the sign of what it lets through; open and closed "
            "are 1 and 0. Which function lies between these?"
        ): lstm_with(
            i=lambda s: np.tanh(s.blocks[0]), f=lambda s: np.tanh(s.blocks[1]), o=lambda s: np.tanh(s.blocks[3])
        ),
        (
            "The old cell state is multiplied by 1 − f. The name misleads: an open forget gate, f = 1, *keeps* all. "
            "What does the formula for c put beside the old one?"
        ): lstm_with(new_c=lambda s: (1 - s.f) * s.c + s.i * s.c_tilde),
        (
            "What is kept and what is written add up to 1: you have coupled the two gates, 1 − i in place of f or "
            "1 − f in place of i. A GRU does so. An LSTM may keep all *and* write; how many gates does the line for c "
            "have?"
        ): (
            lstm_with(new_c=lambda s: (1 - s.i) * s.c + s.i * s.c_tilde),
            lstm_with(new_c=lambda s: s.f * s.c + (1 - s.f) * s.c_tilde),
        ),
        (
            "The forget gate is not used: the old c is kept whole. That is the cell of 1997, which cannot begin anew. "
            "What multiplies the old c?"
        ): lstm_with(new_c=lambda s: s.c + s.i * s.c_tilde),
        ("The input gate is not used: each candidate is written whole, wanted or not. What multiplies c̃?"): lstm_with(
            new_c=lambda s: s.f * s.c + s.c_tilde
        ),
        (
            "The old cell state is not used: c is nothing but what is written now, so that nothing is remembered. "
            "Which two things does the line for c add?"
        ): lstm_with(new_c=lambda s: s.i * s.c_tilde),
        (
            "The output gate is not used: h is tanh(c), always shown whole. Which of the four blocks have you not used?"
        ): lstm_with(new_h=lambda s: np.tanh(s.new_c)),
        (
            "The results have changed places: c comes first. Both have the same shape, so whoever takes them apart "
            "gets no error. Which order does the task name?"
        ): lstm_with(result=lambda s: (s.new_c, s.new_h)),
        (
            "You add 1 to the forget gate's scores. That is how Keras *begins*, b_f starts at 1, but here it stands in "
            "the bias already, with whatever training made of it. How often is it to be added?"
        ): lstm_with(f=lambda s: sigmoid(s.blocks[1] + 1)),
        (
            "The bias is missing, and with it all that decides whether a gate stands open when nothing comes in. Which "
            "argument did you not use?"
        ): lstm_with(a=lambda s: s.x_t @ s.kernel + s.h @ s.recurrent_kernel),
        (
            "The old h is not used: the gates see the input alone. Then the network cannot decide by what it knows. "
            "Which argument is missing in the scores?"
        ): lstm_with(a=lambda s: s.x_t @ s.kernel + s.bias),
        (
            "Each block of the recurrent kernel is transposed. The blocks are square, so nothing warns you. A state is "
            "a row here, and stands on which side?"
        ): lstm_with(a=transposed_block_by_block),
        (
            "Right but for large inputs, where NaN appears: the sigmoid divides infinity by infinity. Dividing 1 by "
            "1 + exp(−a) has no such place, nor has (1 + tanh(a / 2)) / 2. Which form do you use?"
        ): lstm_with(
            **{
                gate: lambda s, place=place: sigmoid_by_exponentials(s.blocks[place])
                for gate, place in zip("ifo", (0, 1, 3), strict=True)
            }
        ),
    },
    explanation="""\
One product for all four blocks, (B, D) times (D, 4H) and (B, H) times (H, 4H), then `np.split` in Keras' order i, f,
c̃, o. Three sigmoids decide, one tanh makes the value. The line for c is the LSTM: a sum, with a factor between 0 and
1 at either term, and no weight and no squeezing on the way from the old c to the new. The tanh stands outside it, in
what is *shown*. Swapping i and f, or c̃ and o, changes no shape and raises no error. It even trains: only the names
are wrong, until weights come from elsewhere. So compare with another implementation, on numbers that all differ.""",
    explain=_explain,
    variants={
        "i_f_o_c": Variant(
            arguments=dict.fromkeys(WEIGHTS, partial(swapped, blocks=4, pair=(2, 3))),
            text={
                "The weights as above.": "The weights as above, but with their blocks in the order **i, f, o, c̃**.",
                "np.array([[0.0, 2.0, 1.0, 0.0]])": "np.array([[0.0, 2.0, 0.0, 1.0]])",
                "a_i, a_f, a_c, a_o = ": "a_i, a_f, a_o, a_c = ",
                "Other libraries and courses keep i, f, o, c̃. In which order does Keras?": "Keras keeps i, f, c̃, o. "
                "Which order does your notebook name?",
                "in another order than Keras'.": "in another order than that of your notebook.",
                "in Keras' order i, f,\nc̃, o": "in the order i, f,\no, c̃",
            },
        ),
        "i_c_f_o": Variant(
            arguments=dict.fromkeys(WEIGHTS, partial(swapped, blocks=4, pair=(1, 2))),
            text={
                "The weights as above.": "The weights as above, but with their blocks in the order **i, c̃, f, o**, as "
                "TensorFlow's first cells had them.",
                "np.array([[0.0, 2.0, 1.0, 0.0]])": "np.array([[0.0, 1.0, 2.0, 0.0]])",
                "a_i, a_f, a_c, a_o = ": "a_i, a_c, a_f, a_o = ",
                "The last two blocks have changed places": "Candidate and output gate have changed places",
                "Other libraries and courses keep i, f, o, c̃. In which order does Keras?": "Which order does your "
                "notebook name?",
                "in another order than Keras'. TensorFlow's first cells had i, c̃, f, o, and": "in another order than "
                "that of your notebook. Keras has i, f, c̃, o,",
                "then those of f.": "then those of c̃.",
                "in Keras' order i, f,\nc̃, o": "in the order i, c̃,\nf, o",
            },
        ),
    },
)
