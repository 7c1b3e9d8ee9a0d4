"""19.2: the weights of one unit that counts modulo 2, set by hand."""

from __future__ import annotations

from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise
from rnncourse.exercises.lesson_12.counting import roles
from rnncourse.exercises.lesson_19.flipping import Weights, by_states, wire


def _row_by_row(tokens: int, counted: int, reset: int) -> Weights:
    rows = [
        [20.0, 0.5] if token == counted else [10.0, 0.0] if token == reset else [0.0, 0.0] for token in range(tokens)
    ]
    return np.array(rows), np.array([-10.0, 0.0])


def _explain(tokens: int, counted: int, reset: int) -> str:
    return f"Here token {counted} flips the state and token {reset} clears it; any other leaves it as it is."


PARITY = Exercise(
    id="19.2",
    title="Odd or even",
    function="parity",
    inputs=roles,
    edges=(partial(roles, tokens=2), partial(roles, tokens=12)),
    reference=_row_by_row,
    returns={"kernel": ("token", "column"), "bias": ("column",)},
    compare=by_states,
    mistakes={
        (
            "When the counted token comes, your gate is 1: what is kept is 1 − z = 0, and the state is what h̃ says, "
            "whatever it was. A flip needs the old state with the *other sign*. How far must z go for that?"
        ): tuple(partial(wire, at_counted=0.0, candidate=candidate) for candidate in (0.5, 1.0)),
        (
            "The state goes to and fro between 0 and 2, or −1, or ½: with z = 2 it becomes −h + 2 h̃. It should be 1 − "
            "h. How large is h̃ then?"
        ): (partial(wire, candidate=1.0), partial(wire, candidate=-0.5), partial(wire, candidate=0.25)),
        (
            "The state is 0 at all times. It begins there, and −0 is 0: a change of sign alone does not flip 0 to 1, "
            "and a gate that is shut lets nothing in. What must be added at the counted token?"
        ): (
            partial(wire, candidate=0.0),
            partial(wire, at_counted=-1.0),
            partial(wire, at_rest=1.0, at_counted=-1.0),
            lambda tokens, counted, reset: (np.zeros((tokens, 2)), np.array([-10.0, 0.5])),
            lambda tokens, counted, reset: (np.zeros((tokens, 2)), np.zeros(2)),
        ),
        (
            "The reset does nothing: the state stays as it was, and so does the count. There h̃ should take the place "
            "of the old state. Which z keeps nothing of it?"
        ): (
            partial(wire, at_reset=-1.0),
            partial(wire, at_reset=-1.0, candidate_bias=0.5, candidate_at_reset=0.5),
        ),
        (
            "The reset turns the state round where it should clear it: z is 2 there. Which z keeps nothing of the old "
            "state, and which score has the sigmoid ½?"
        ): (
            partial(wire, at_reset=1.0),
            partial(wire, at_reset=1.0, candidate_bias=0.5, candidate_at_reset=0.5),
        ),
        (
            "After the reset the state is ½, or 1, not 0: h̃ has a bias, or a row of the kernel, that writes there as "
            "well. At which tokens should h̃ be other than 0?"
        ): (
            partial(wire, candidate_bias=0.5, candidate_at_reset=0.5),
            partial(wire, candidate_at_reset=1.0),
        ),
        (
            "The gate is 1 when nothing is to happen: its score is 0 there, and 2 σ(0) = 1 keeps nothing. What is the "
            "score at a token whose row is zero, and which array sets it?"
        ): (
            partial(wire, at_rest=0.0),
            partial(wire, at_rest=0.0, candidate_bias=0.5, candidate_at_reset=0.5),
        ),
        (
            "Every token turns the state round, also those that have nothing to say: z is 2 at rest. In this cell a "
            "gate *keeps* where z is 0, the opposite of Keras' GRU. Which sign must the bias have?"
        ): (
            partial(wire, at_rest=1.0),
            partial(wire, at_rest=1.0, candidate_bias=0.5),
            partial(wire, at_rest=1.0, candidate_bias=0.5, candidate_at_reset=0.5),
        ),
        (
            "The two tokens have changed places: yours flips at the one that should reset. Which row of the kernel "
            "belongs to which?"
        ): lambda tokens, counted, reset: wire(tokens, counted=reset, reset=counted),
        (
            "What your unit does would fit if the candidate's column came first. Here it is z, then h̃. Which column is "
            "the gate's?"
        ): partial(wire, swapped=True),
        (
            "Your gate goes only halfway: at rest a part of the state is lost at each step, and a flip is not a whole "
            "one. 2 σ(−1) is 0.54, 2 σ(−10) is 0.0001. How far from 0 should a score be?"
        ): tuple(partial(wire, strength=strength) for strength in (0.5, 1.0, 2.0, 3.0, 4.0)),
        (
            "The gate flips by a share only: at the counted token its score is near 0, or not as far above as it is "
            "below at rest. Kernel and bias are *added*. What is left of your row after the bias?"
        ): (
            partial(wire, at_counted=0.1),
            partial(wire, at_counted=0.2),
        ),
    },
    explanation="""\
The gate has three places to be: z = 0 keeps, z = 1 puts h̃ in place of the state, z = 2 turns the state round. With
h̃ = ½ the last is −h + 1: 0 becomes 1 and 1 becomes 0. So the bias is −10, the counted row (20, ½), the reset row
(10, 0), which makes its score exactly 0. With a gate of σ alone, what is kept lies between 0 and 1, and nothing turns
round: while one token comes again and again the state moves *towards* its h̃ and comes to rest there, and odd and even
cannot be told apart (Sarrof et al. 2024; Grazzi et al. 2024). A cell that bends its state by a tanh can do it as well,
but no scan can run that. The check compares states, not weights, and allows them to be 0.05 off.""",
    explain=_explain,
)
