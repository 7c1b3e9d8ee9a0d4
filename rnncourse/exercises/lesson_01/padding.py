"""01.4: sequences of different lengths become one array and a mask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs, Variant

PaddedAndMask = tuple[np.ndarray, np.ndarray]


def _sequences(rng: np.random.Generator, *, lengths: Sequence[int] = ()) -> Inputs:
    """Sequences of different lengths; in the longest, one real step is all zeros and another has one zero."""
    features = int(rng.integers(2, 4))
    lengths = lengths or [int(n) for n in rng.permutation([1, 3, int(rng.integers(2, 5))])]
    sequences = [rng.integers(1, 10, (n, features)) * 0.5 for n in lengths]
    longest = max(sequences, key=len)
    silent, partly = rng.permutation(len(longest))[:2]
    longest[silent] = longest[partly, 0] = 0.0
    return {"sequences": sequences}


def _padded(
    sequences: list[np.ndarray], *, steps: int | None = None, left: bool = False, fill: float | None = 0.0
) -> PaddedAndMask:
    """Step by step; ``fill``: what stands in the padding, None to repeat the last step."""
    steps = steps or max(len(sequence) for sequence in sequences)
    rows, mask = [], []
    for sequence in sequences:
        kept = list(sequence[:steps])
        filler = sequence[-1] if fill is None else np.full(sequence[0].shape, fill)
        padding, real = [filler] * (steps - len(kept)), [True] * len(kept)
        rows.append(padding + kept if left else kept + padding)
        mask.append([False] * len(padding) + real if left else real + [False] * len(padding))
    return np.array(rows, dtype=float), np.array(mask)


def _with_mask(change: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Callable[..., PaddedAndMask]:
    """Right padding; the mask is what ``change`` makes of padding and mask."""

    def pad(sequences: list[np.ndarray]) -> PaddedAndMask:
        padded, mask = _padded(sequences)
        return padded, change(padded, mask)

    return pad


PAD = Exercise(
    id="01.4",
    title="Padding and a mask",
    function="pad",
    inputs=_sequences,
    edges=tuple(partial(_sequences, lengths=lengths) for lengths in ((3, 3), (4,), (1, 1, 5))),
    reference=_padded,
    returns={"padded": ("sequence", "step", "feature"), "mask": ("sequence", "step")},
    mistakes={
        (
            "The padding stands in front of the sequences. Padding on the left can be right, but then it must be so "
            "everywhere; this task asks for it on the right, after the real steps. Where does your slice begin?"
        ): partial(_padded, left=True),
        (
            "The mask is the wrong way round: it is True at the padding. Keras would skip every real step and read "
            "the padding. True means: this step is real."
        ): _with_mask(lambda padded, mask: ~mask),
        (
            "Every sequence is cut to the shortest one, and what came after is lost. Padding exists so that nothing "
            "has to be thrown away. Which length must the time axis have?"
        ): lambda sequences: _padded(sequences, steps=min(len(sequence) for sequence in sequences)),
        (
            "The mask is worked out from the values, so a real step whose features are all zero counts as padding. "
            "Silence in speech and an empty row of pixels are real. What else tells you how long a sequence is?"
        ): _with_mask(lambda padded, mask: padded.any(axis=-1)),
        (
            "The mask is worked out from the values, and a step counts as real only when none of its features is "
            "zero. A single 0.0 among the features hides a whole step. What else tells you how long a sequence is?"
        ): _with_mask(lambda padded, mask: padded.all(axis=-1)),
        (
            "The mask has an axis of features, one truth value for every number. A layer skips whole steps, so it "
            "needs one for each step, shape (B, T), and the lengths tell which, not the values."
        ): (
            _with_mask(lambda padded, mask: padded != 0),
            _with_mask(lambda padded, mask: np.broadcast_to(mask[..., np.newaxis], padded.shape)),
        ),
        (
            "The mask is one step short: the last real step of every sequence counts as padding, and the model never "
            "sees how a sequence ends. Steps are counted from 0: which is the last one of a sequence of 3?"
        ): _with_mask(lambda padded, mask: np.pad(mask[:, 1:], ((0, 0), (0, 1)))),
        (
            "The padding holds another value than 0, such as −1. The mask already says what is padding; whatever "
            "forgets the mask would take the value for a measurement. See what the task puts there."
        ): (partial(_padded, fill=-1.0), partial(_padded, fill=np.nan)),
        (
            "The padding repeats the last step instead of zeros. Whatever forgets the mask takes it for a series that "
            "came to rest. Start from an array that already holds what padding should be."
        ): partial(_padded, fill=None),
        (
            "The mask is True everywhere, padding included: the model is told to read the padding as data. Which "
            "steps of a row did you copy from its sequence?"
        ): _with_mask(lambda padded, mask: np.ones_like(mask)),
    },
    explanation="""\
A batch is one array, so its time axis is as long as the longest sequence, and the rest is filled up. What is real
cannot be read from the values, since a real step may be all zeros; it follows from the lengths. Comparing the step
numbers (1, T) with the lengths (B, 1) gives the whole mask (B, T) at once. Padding stands on the right, so that
step t is the t-th step of every sequence.""",
    variants={
        "true_is_padding": Variant(
            results={"mask": np.logical_not},
            text={
                "True where a step is real": "True where a step is *padding*, False where it is real",
                "which steps are real, shape (B, T), bool": "which steps are padding, shape (B, T), bool",
                "[[True, True], [True, False]]": "[[False, False], [False, True]]",
                "return padded, mask": "return padded, ~mask",
                "it is True at the padding. Keras would skip every real step and read the padding. True means: this "
                "step is real.": "it is True at the real steps. Keras has it so, but here, as in some other libraries, "
                "True means: this step is padding.",
                "The mask is True everywhere": "The mask is False everywhere",
            },
        ),
    },
)
