"""12.2: the weights of a counter and a latch, set by hand."""

from __future__ import annotations

from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise
from rnncourse.exercises.lesson_12.counting import roles
from rnncourse.exercises.lesson_12.wiring import LATCH, Weights, by_outputs, wire


def _one_by_one(tokens: int, counted: int, reset: int) -> Weights:
    """Columns: i i f f c̃ c̃ o o, of the counter and the latch in turn."""
    kernel, bias = np.zeros((tokens, 8)), np.array([-10.0, -10, 10, 10, 0, 0, 10, 10])
    kernel[counted] = [20, 20, 0, -20, 0.1, 10, 0, 0]
    kernel[reset] = [0, 0, -20, -20, 0, 0, 0, 0]
    return kernel, np.zeros((2, 8)), bias


def _swapped_roles(tokens: int, counted: int, reset: int) -> Weights:
    return wire(tokens, counted=reset, reset=counted)


def _every_token(tokens: int, counted: int, reset: int) -> Weights:
    return wire(tokens, counted, reset, always_write=True, candidate_bias=True)


def _explain(tokens: int, counted: int, reset: int) -> str:
    return f"Here token {counted} is counted and token {reset} resets; at any other both cells keep what they have."


BY_HAND = Exercise(
    id="12.2",
    title="A counter and a latch",
    function="by_hand",
    inputs=roles,
    edges=(partial(roles, tokens=2), partial(roles, tokens=12)),
    reference=_one_by_one,
    returns={
        "kernel": ("token", "column"),
        "recurrent_kernel": ("unit before", "column"),
        "bias": ("column",),
    },
    compare=by_outputs,
    mistakes={
        (
            "What your two units do would fit if the four scores of a unit stood side by side. In Keras' layout the "
            "*gates* do: i of both units, then f of both. Which columns are those of the latch?"
        ): partial(wire, by_unit=True),
        (
            "What your units do would fit if the blocks stood in another order. In Keras' layout it is i, f, c̃, o. "
            "Which two columns are those of the candidate?"
        ): tuple(partial(wire, order=order) for order in ("ifoc", "fico", "icfo", "iofc")),
        (
            "Counter and latch have changed places: unit 0 remembers *whether*, unit 1 *how often*. Which of the two "
            "comes first?"
        ): partial(wire, units=(1, 0)),
        (
            "Your latch counts, in steps of 1: when the counted token comes again, another 1 is added to what it "
            "holds. It must be 1 however often the token came. Which gate makes room before something is written?"
        ): partial(wire, latch_forgets=False),
        (
            "Your counter never gets past 0.1: it forgets at the very step at which it adds. That is what the latch "
            "does. How must its forget gate stand when the counted token comes?"
        ): partial(wire, counter_forgets=True),
        (
            "The reset resets nothing, or only one of the units: what they hold stays. Which gate must shut, and in "
            "whose columns, when that token comes?"
        ): (
            partial(wire, resets=()),
            partial(wire, resets=(LATCH,)),
            partial(wire, resets=(0,)),
        ),
        (
            "Your forget gates stand the wrong way round: shut when they should be open. The name misleads, f = 1 "
            "keeps all. Which sign keeps?"
        ): partial(wire, forget_sign=-1.0),
        (
            "Your gates are only half shut or half open: their scores are too small, so that at each step something "
            "gets in, and something is lost. σ(1) is 0.73, σ(10) is 0.99995. How far from 0 should a score be?"
        ): tuple(partial(wire, strength=strength) for strength in (0.5, 1.0, 2.0, 3.0, 4.0)),
        (
            "At the tokens that matter your gates are half open: the weights are as large as the biases, so that each "
            "only cancels its bias, and σ(0) is 0.5. The *sum* of the two must be far from 0. How large must a weight "
            "be against a bias of −10?"
        ): tuple(
            partial(wire, over_bias=1.0, latch_forgets=latch_forgets, candidate=candidate)
            for latch_forgets in (True, False)
            for candidate in ((0.1, 10.0), (0.1, 1.0))
        ),
        (
            "The forget gate is half open when nothing is to happen: its score is 0, and σ(0) = 0.5, so that half of "
            "the memory goes at each step. A sigmoid is shut only far *below* 0. Which array says what it does at a "
            "token whose row is zero?"
        ): partial(wire, forget_bias=0.0),
        (
            "The output gate is half open, or shut: what comes out is half of what should, or nothing. Its score is to "
            "be far above 0 at all times. Which array is added at each step?"
        ): (partial(wire, output_bias=0.0), partial(wire, output_bias=-1.0)),
        (
            "Every token is counted but the reset, or even that. Either the input gate never shuts, or the candidate "
            "is written at tokens that have nothing to say. At which rows of the kernel should something happen?"
        ): (
            _every_token,
            lambda tokens, counted, reset: wire(
                tokens,
                counted,
                reset,
                write_at=[token for token in range(tokens) if token != reset],
                candidate_bias=True,
                latch_forgets=False,
            ),
            partial(wire, always_write=True, candidate_bias=True, latch_forgets=False),
        ),
        (
            "The latch holds 0.76 and shows tanh(0.76) = 0.64: a candidate is tanh of its score, and tanh(1) is not 1. "
            "Which score makes a candidate of 1?"
        ): partial(wire, candidate=(0.1, 1.0)),
        (
            "Your counter adds 1 at each token, not 0.1. Then tanh(c) is near 1 from the second on, and the count "
            "cannot be read. How large must the candidate of unit 0 be?"
        ): (
            partial(wire, candidate=(1.0, 10.0)),
            partial(wire, candidate=(10.0, 10.0)),
            partial(wire, candidate=(1.0, 1.0)),
        ),
        (
            "The latch holds 0.1, a step of the counter. It is to hold 1, so that *yes* and *no* lie far apart. How "
            "large must the candidate of unit 1 be?"
        ): partial(wire, candidate=(0.1, 0.1)),
        (
            "The two tokens have changed places: yours counts the one that should reset. Which row of the kernel "
            "belongs to which?"
        ): _swapped_roles,
        (
            "The recurrent kernel has a part in it: what the units show is fed back into gates or candidate. Here c "
            "remembers by itself, and no gate has to know h. What can the recurrent kernel be?"
        ): (partial(wire, recurrent=1.0), partial(wire, recurrent=10.0)),
    },
    explanation="""\
A gate needs two decisions: what it does at a token that has nothing to say, which the bias sets, and at which tokens
it does the other, which their rows of the kernel set, with twice the size and the other sign. So the gates' biases
are ±10, and two rows of the kernel are not zero. But for the size of what they write, counter and latch differ in one
number: whether the forget gate is open when the counted token comes. Open, the new value is added to the old; shut,
it takes its place. A plain cell has
no such choice, its state is made anew at each step. The check does not compare weights, since many do the job: it
runs an LSTM with yours, and allows its outputs to be 0.03 off, because no gate is ever quite shut.""",
    explain=_explain,
)
