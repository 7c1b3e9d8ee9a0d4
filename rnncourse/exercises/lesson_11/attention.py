"""11.2: attention by dot products, with a mask."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs, Variant
from rnncourse.exercises.lesson_09.temperature import softmax
from rnncourse.exercises.plain_data import show

Attended = tuple[np.ndarray, np.ndarray]
Scores = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Scores (B, S) of the states (B, H) and the memory (B, S, H)."""
Weigh = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Weights (B, S) of the scores and the mask."""


def _decoder(rng: np.random.Generator, *, lengths: tuple[int, ...] = (), units: int = 2, times: float = 1.0) -> Inputs:
    """Numbers with one decimal, none of them 0, at padded positions too; one source drawn is full, the other is not."""
    lengths = lengths or tuple(rng.permutation([int(rng.integers(3, 5)), int(rng.integers(1, 3))]).tolist())
    mask = np.arange(max(lengths)) < np.array(lengths)[:, np.newaxis]
    states, memory = (
        rng.choice([-1, 1], shape) * rng.integers(1, 20, shape) / 10
        for shape in ((len(lengths), units), (*mask.shape, units))
    )
    return {"states": states * times, "memory": memory, "mask": mask}


def _loud_padding(rng: np.random.Generator) -> Inputs:
    """A padded position whose score is higher by thousands than those of the real ones."""
    case = _decoder(rng, lengths=(3, 2))
    case["memory"][1, 2] = 20_000 * np.sign(case["states"][1])
    return case


def _position_by_position(states: np.ndarray, memory: np.ndarray, mask: np.ndarray) -> Attended:
    weights, contexts = np.zeros(mask.shape), np.zeros(states.shape)
    for row in range(len(states)):
        real = [j for j in range(mask.shape[1]) if mask[row, j]]
        scores = [sum(a * b for a, b in zip(states[row].tolist(), memory[row, j].tolist(), strict=True)) for j in real]
        parts = [math.exp(score - max(scores)) for score in scores]
        for j, part in zip(real, parts, strict=True):
            weights[row, j] = part / sum(parts)
            contexts[row] += weights[row, j] * memory[row, j]
    return weights, contexts


def _dot(states: np.ndarray, memory: np.ndarray) -> np.ndarray:
    return np.einsum("bh,bsh->bs", states, memory)


def _shared(parts: np.ndarray) -> np.ndarray:
    return parts / parts.sum(axis=1, keepdims=True)


def _hidden(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return np.where(mask, scores, -np.inf)


def _right(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return softmax(_hidden(scores, mask))


def _mixed(weights: np.ndarray, memory: np.ndarray) -> np.ndarray:
    return np.einsum("bs,bsh->bh", weights, memory)


def _attend(
    states: np.ndarray, memory: np.ndarray, mask: np.ndarray, *, scores: Scores = _dot, weigh: Weigh = _right
) -> Attended:
    with np.errstate(all="ignore"):
        weights = weigh(scores(states, memory), mask)
        return weights, _mixed(weights, memory)


def _weighed(*each: Weigh) -> tuple[Callable[..., Attended], ...]:
    return tuple(partial(_attend, weigh=weigh) for weigh in each)


def _context(*each: Callable[..., np.ndarray]) -> tuple[Callable[..., Attended], ...]:
    """The right weights, and another context, of weights, states, memory and mask."""

    def wrong(
        states: np.ndarray, memory: np.ndarray, mask: np.ndarray, *, change: Callable[..., np.ndarray]
    ) -> Attended:
        weights, _ = _attend(states, memory, mask)
        return weights, change(weights, states, memory, mask)

    return tuple(partial(wrong, change=change) for change in each)


def _cosines(states: np.ndarray, memory: np.ndarray) -> np.ndarray:
    return _dot(states, memory) / np.linalg.norm(states, axis=1, keepdims=True) / np.linalg.norm(memory, axis=2)


def _without_exp(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    real = np.where(mask, scores, 0.0)
    return real / real.sum(axis=1, keepdims=True)


def _hard(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return (np.arange(mask.shape[1]) == _hidden(scores, mask).argmax(axis=1)[:, np.newaxis]).astype(float)


def _all_with_all(states: np.ndarray, memory: np.ndarray, mask: np.ndarray) -> Attended:
    scores = np.where(mask, states @ memory.swapaxes(1, 2), -np.inf)  # (B, B, S)
    weights = softmax(scores, axis=-1)
    return weights, weights @ memory


def _explain(states: np.ndarray, memory: np.ndarray, mask: np.ndarray) -> str:
    scores = [row[real].round(3).tolist() for row, real in zip(_dot(states, memory), mask, strict=True)]
    return f"The scores at the real positions of this input are {show(scores)}."


ATTENTION = Exercise(
    id="11.2",
    title="Attention with a mask",
    function="attend",
    inputs=_decoder,
    edges=(
        partial(_decoder, lengths=(3, 2), times=5000.0),
        _loud_padding,
        partial(_decoder, lengths=(3, 3)),
        partial(_decoder, lengths=(1,)),
        partial(_decoder, lengths=(4, 2, 3), units=1),
    ),
    reference=_position_by_position,
    returns={"weights": ("row", "position"), "context": ("row", "unit")},
    mistakes={
        (
            "There is no mask: padded positions get weight as well. What the encoder holds there comes from no token, "
            "and it takes weight away from those that are real. Which argument did you not use?"
        ): _weighed(lambda scores, mask: softmax(scores)),
        (
            "The mask comes after the softmax: padding has no weight any more, but it has taken its share before, and "
            "the rest no longer sums to 1. What must the scores be there *before* the softmax?"
        ): _weighed(lambda scores, mask: softmax(scores) * mask),
        (
            "At padded positions you make the score 0 before the softmax. But exp(0) is 1: the padding has as much "
            "weight as a token with the score 0, more than one with −1. Which score has the exponential 0?"
        ): _weighed(
            lambda scores, mask: softmax(scores * mask),
            lambda scores, mask: softmax(scores * mask) * mask,
        ),
        (
            "The mask is added to the scores, as 0 and 1, or something small is taken away from padded ones. That "
            "makes padding less likely, not impossible. How low must a score be to get no weight at all?"
        ): _weighed(
            lambda scores, mask: softmax(scores + mask),
            lambda scores, mask: softmax(np.where(mask, scores, scores - 1)),
            lambda scores, mask: softmax(np.where(mask, scores, -1.0)),
            lambda scores, mask: softmax(np.where(mask, scores, scores - 10)),
        ),
        (
            "The mask is turned round: the padding gets all the weight and the tokens get none. True stands for a "
            "position that is real."
        ): _weighed(
            lambda scores, mask: softmax(np.where(mask, -1e9, scores)),
            lambda scores, mask: softmax(np.where(mask, -np.inf, scores)),
            lambda scores, mask: softmax(scores) * ~mask,
        ),
        (
            "The weights sum to 1 along the wrong axis: over the rows of the batch. Each row has a source of its own. "
            "Over which axis do the positions of one source lie?"
        ): _weighed(
            lambda scores, mask: softmax(_hidden(scores, mask), axis=0),
            lambda scores, mask: softmax(scores, axis=0),
        ),
        (
            "The weights of the whole batch sum to 1, not those of each row. np.sum and np.max take everything unless "
            "you say which axis. Which axis holds the positions of one source?"
        ): _weighed(
            lambda scores, mask: softmax(_hidden(scores, mask), axis=None),
            lambda scores, mask: softmax(scores, axis=None) * mask,
        ),
        (
            "The scores are divided by their sum, without an exponential. Scores may be negative, and then so are such "
            "weights; where they cancel you divide by 0. What makes positive numbers of any numbers?"
        ): _weighed(_without_exp),
        (
            "The exponentials are not divided by their sum: the weights of a row do not sum to 1, so the context grows "
            "with the length of the source. What is missing?"
        ): _weighed(
            lambda scores, mask: np.exp(_hidden(scores, mask)),
            lambda scores, mask: np.exp(_hidden(scores, mask) - _hidden(scores, mask).max(axis=1, keepdims=True)),
        ),
        (
            "The scores themselves come back as weights. They may be negative or above 1. Two steps lie between scores "
            "and weights: which?"
        ): _weighed(
            lambda scores, mask: scores,
            lambda scores, mask: np.where(mask, scores, 0.0),
            _hidden,
        ),
        (
            "All the weight lies on the best position. That is no longer smooth: nothing could be learned of where to "
            "look, since a small change of a score changes nothing. What does the softmax do that argmax does not?"
        ): _weighed(_hard),
        (
            "All real positions have the same weight. The state of the decoder has no say, so that every step gets the "
            "same context. With what is it to be compared?"
        ): _weighed(lambda scores, mask: mask / mask.sum(axis=1, keepdims=True)),
        (
            "The scores are divided by the root of the number of units, as in the Transformer. The task has the plain "
            "dot product, as in Luong et al. (2015)."
        ): partial(_attend, scores=lambda states, memory: _dot(states, memory) / math.sqrt(states.shape[1])),
        (
            "Your scores are cosines: the lengths are divided away. Then the network cannot say how sure it is by the "
            "length of its state. The task has the plain dot product."
        ): partial(_attend, scores=_cosines),
        (
            "The scores are not products of state and memory: they come from the memory or the state alone, or from "
            "their distance. What is to be large where the two point the same way?"
        ): (
            partial(_attend, scores=lambda states, memory: memory.sum(axis=2)),
            partial(_attend, scores=lambda states, memory: (memory**2).sum(axis=2)),
            partial(_attend, scores=lambda states, memory: (memory + states[:, np.newaxis]).sum(axis=2)),
            partial(_attend, scores=lambda states, memory: -((memory - states[:, np.newaxis]) ** 2).sum(axis=2)),
            partial(_attend, scores=lambda states, memory: -_dot(states, memory)),
        ),
        (
            "The weights are right, but the context does not use them: it is a mean or a sum of the memory, or one of "
            "its vectors. Of which positions does the decoder want to know more, and by how much?"
        ): _context(
            lambda weights, states, memory, mask: memory.mean(axis=1),
            lambda weights, states, memory, mask: memory.sum(axis=1),
            lambda weights, states, memory, mask: _mixed(mask / mask.sum(axis=1, keepdims=True), memory),
            lambda weights, states, memory, mask: _mixed(mask, memory),
            lambda weights, states, memory, mask: memory[:, -1],
            lambda weights, states, memory, mask: memory[np.arange(len(mask)), weights.argmax(axis=1)],
        ),
        (
            "The weights are right, and so is their mean of the memory, but then you divide by the number of "
            "positions. The weights sum to 1 already: a weighted *sum* is the mean."
        ): _context(
            lambda weights, states, memory, mask: _mixed(weights, memory) / mask.sum(axis=1, keepdims=True),
            lambda weights, states, memory, mask: _mixed(weights, memory) / mask.shape[1],
        ),
        (
            "The state is part of your context, added or laid beside it. The network needs both, but a later step puts "
            "them together. What is the context made of alone?"
        ): _context(
            lambda weights, states, memory, mask: _mixed(weights, memory) + states,
            lambda weights, states, memory, mask: np.concatenate([_mixed(weights, memory), states], axis=1),
            lambda weights, states, memory, mask: np.concatenate([states, _mixed(weights, memory)], axis=1),
        ),
        (
            "The weights are right, but the context is not summed: there is a vector for each position still. Over "
            "which axis do they become one?"
        ): _context(lambda weights, states, memory, mask: weights[..., np.newaxis] * memory),
        (
            "Every row meets the memory of every row: the product of whole arrays gives one table more than there "
            "should be. Row b of the states belongs to row b of the memory alone. Which axis do the two share?"
        ): (
            _all_with_all,
            *_context(lambda weights, states, memory, mask: weights @ memory),
        ),
        ("The two results have changed places. Which does the task want first, the weights or the context?"): (
            lambda **case: _attend(**case)[::-1]
        ),
        (
            "Right, but not where scores are large: exp overflows from 710 on, and inf / inf is NaN. The softmax does "
            "not change when a number is taken from a whole row. Which one leaves nothing above 0?"
        ): _weighed(
            lambda scores, mask: _shared(np.exp(_hidden(scores, mask))),
            lambda scores, mask: _shared(np.exp(scores) * mask),
        ),
        (
            "Right, but where a padded position has by far the highest score: after a softmax over all positions the "
            "real ones have 0, and 0 / 0 is NaN. When must the padding be out of the comparison?"
        ): _weighed(lambda scores, mask: _shared(softmax(scores) * mask)),
    },
    explanation="""\
`np.einsum("bh,bsh->bs", states, memory)` compares each state with each vector of its own memory; −∞ at padded positions
makes their exponential exactly 0, and the others share the 1 among themselves. Multiplying the *exponentials* by the
mask and dividing by what is left is the same; multiplying scores is not, nor is multiplying the finished weights. A
large negative number does as well as −∞, and is safer where a whole row is padding: there −∞ would give 0 / 0. The
context is the weighted mean of the memory. No weight has a length in its shape: sources may be of any length.""",
    explain=_explain,
    variants={
        "true_is_padding": Variant(
            arguments={"mask": np.logical_not},
            text={
                "True for real positions, False for padding": "True for padding, False for real positions",
                "np.array([[True, True, False]])": "np.array([[False, False, True]])",
                "np.where(mask, scores, -np.inf)": "np.where(mask, -np.inf, scores)",
                "True stands for a position that is real.": "Here True stands for padding.",
                "*exponentials* by the\nmask": "*exponentials* by the\nopposite of the mask",
            },
        ),
    },
)
