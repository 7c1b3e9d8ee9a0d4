"""Exercises of lesson 01, sequential data.

The references are loops that follow the words of the task; the worked answers in the notebook use whole arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs

UNKNOWN = "\ufffd"


# ── 01.1 encode ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _text(rng: np.random.Generator, *, text: str | None = None) -> Inputs:
    """Each text has listed characters, listed ones in the other case, and unlisted ones."""
    letters = rng.permutation(list("abcdefghij"))
    listed, unlisted = letters[:5], [*letters[5:], " ", "ß", "7"]
    drawn = rng.permutation([*rng.choice(listed, 4), rng.choice(listed).upper(), *rng.choice(unlisted, 2)])
    return {"text": "".join(drawn) if text is None else text, "vocabulary": [UNKNOWN, *map(str, listed)]}


def _ids(text: str, vocabulary: list[str], *, unknown: int | None = 0, shift: int = 0) -> np.ndarray:
    ids = [vocabulary.index(c) + shift if c in vocabulary else unknown for c in text]
    return np.array([i for i in ids if i is not None], dtype=int)


ENCODE = Exercise(
    id="01.1",
    title="Text to ids",
    function="encode",
    inputs=_text,
    edges=(partial(_text, text=""), partial(_text, text="é"), partial(_text, text="\n")),
    reference=_ids,
    returns={"ids": ("character",)},
    mistakes={
        (
            "There are fewer ids than characters: characters that are not in the vocabulary are left out. Every later "
            "character then moves to an earlier step, and targets no longer line up. An unknown character keeps its "
            "place. Which id is reserved for it?"
        ): partial(_ids, unknown=None),
        (
            "Every listed character's id is one too large, as if counting began at 1. An Embedding of len(vocabulary) "
            "rows has no row for the largest id. Which id does the second entry of the vocabulary have?"
        ): partial(_ids, shift=1),
        (
            "Unknown characters get −1. Used as an index, −1 silently means the last entry, so every unknown "
            "character would be taken for a real one. Look at what the task reserves for them."
        ): partial(_ids, unknown=-1),
        (
            "Unknown characters get len(vocabulary), an id past the end: the table of vectors has no such row. The "
            "vocabulary already holds an entry for them; look at its first one."
        ): lambda **case: _ids(**case, unknown=len(case["vocabulary"])),
        (
            "The ids come from the characters of this text, sorted, not from the vocabulary. The same letter then has "
            "another id in the next text, and nothing that was learned carries over. Which argument did you not use?"
        ): lambda text, vocabulary: _ids(text, sorted(set(text))),
        (
            "The ids number the characters in the order in which this text first uses them. In the next text the same "
            "letter has another number. An id is a place in the vocabulary, which is the same for all texts."
        ): lambda text, vocabulary: _ids(text, list(dict.fromkeys(text))),
        (
            "The ids are the characters' Unicode code points. They run past a million, and a table of vectors would "
            "need a row for each. An id is a place in the vocabulary."
        ): lambda text, vocabulary: np.array([ord(c) for c in text], dtype=int),
        (
            "Capital letters get the id of the small letter. For the model the two are different characters, and this "
            "vocabulary lists only one of them: the other is unknown."
        ): lambda text, vocabulary: _ids(text.lower(), vocabulary),
        (
            "Right but for the empty text: there you return an array of floats, NumPy's choice for an empty list, and "
            "floats cannot index an Embedding. Say which dtype you want."
        ): lambda text, vocabulary: _ids(text, vocabulary) if text else np.array([]),
    },
    explanation="""\
An id is a place in the vocabulary, and the vocabulary is fixed once, from the training text. A dictionary from
character to place finds each id in one step, where `vocabulary.index` searches the whole list for every character.
Id 0 is kept for what was never seen, so that a character nobody thought of still has a row in the `Embedding` and
takes up one step. The `dtype` is stated because NumPy makes an empty list into floats.""",
)


# ── 01.2 windows ─────────────────────────────────────────────────────────────────────────────────────────────────────
def _series(rng: np.random.Generator, *, steps: int = 0, horizon: int = 0, count: int = 0) -> Inputs:
    """A series without repeated values, with room for ``count`` windows; what is 0 is drawn."""
    steps, horizon = steps or int(rng.integers(2, 5)), horizon or int(rng.integers(1, 4))
    length = (count or int(rng.integers(6, 10))) + steps + horizon - 1
    return {"series": rng.permutation(np.arange(40.0))[:length] / 2, "steps": steps, "horizon": horizon}


def _cut(
    series: np.ndarray, steps: int, horizon: int, *, late: int = 0, lost: int = 0, stride: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """``late``: how many steps too late the target is taken; ``lost``: windows missing at the end."""
    starts = range(0, len(series) - steps - horizon + 1 - lost, stride)
    x = [series[i : i + steps] for i in starts]
    y = [series[i + steps - 1 + horizon + late] for i in starts]
    return np.reshape(np.array(x, dtype=float), (-1, steps, 1)), np.reshape(np.array(y, dtype=float), (-1, 1))


WINDOWS = Exercise(
    id="01.2",
    title="Windows and targets",
    function="windows",
    inputs=_series,
    edges=tuple(partial(_series, **case) for case in ({"horizon": 1}, {"horizon": 3}, {"steps": 1}, {"count": 1})),
    reference=_cut,
    returns={"x": ("window", "step", "feature"), "y": ("window", "feature")},
    mistakes={
        (
            "The target lies one step too early; with horizon 1 it is the window's own last value. A model then "
            "scores perfectly by copying what it was given: that is a leak, not a forecast. At which index does the "
            "window end, and which is the first one after it?"
        ): partial(_cut, late=-1),
        (
            "The target lies one step too far, and the last window is missing for it. The model would be trained for "
            "another horizon than the one you report. Write down the indices of the first window and of its target "
            "for horizon 1."
        ): partial(_cut, late=1, lost=1),
        (
            "The target is always the value right after the window, whatever horizon says. The next step is far "
            "easier to forecast than the one asked for. Where does horizon enter the target's index?"
        ): lambda **case: _cut(**case | {"horizon": 1}),
        (
            "The last window is missing. Its target is the last value of the series, so it exists. Count: how many "
            "starts leave room for steps values and for a target horizon steps later? A range does not include its "
            "end."
        ): partial(_cut, lost=1),
        (
            "The windows do not overlap: each begins where the one before ended. The values are right, but most "
            "examples are thrown away. The next window begins one step later."
        ): lambda **case: _cut(**case, stride=case["steps"]),
        (
            "The values are right but the axis of features is missing: x must be (n, steps, 1) and y (n, 1). A "
            "recurrent layer expects (batch, time, features) even when there is one feature."
        ): lambda **case: tuple(part[..., 0] for part in _cut(**case)),
        (
            "Time and features have changed places in x: a recurrent layer would see one step with many features, and "
            "have nothing to carry from step to step. The order is (batch, time, features)."
        ): lambda **case: (_cut(**case)[0].swapaxes(1, 2), _cut(**case)[1]),
    },
    explanation="""\
Window i ends at index i + steps − 1, and its target lies `horizon` steps later, at i + steps − 1 + horizon. The
last target is the last value, which leaves len(series) − steps − horizon + 1 windows. Check such code at its two
ends: the first window's target by hand, and that the last target is `series[-1]`. `sliding_window_view` cuts the
windows without a loop; the windows at its end that have no target are dropped.""",
)


# ── 01.3 scale ───────────────────────────────────────────────────────────────────────────────────────────────────────
def _two_parts(rng: np.random.Generator, *, tests: int = 0) -> Inputs:
    """Features of different size, a test part that has drifted, and one feature that is constant in training."""
    steps, constant = int(rng.integers(2, 4)), int(rng.integers(0, 3))
    size, level = rng.permutation([1.0, 5.0, 20.0]), rng.integers(-9, 10, 3)
    train = np.round(level + size * rng.normal(size=(int(rng.integers(3, 5)), steps, 3)), 1)
    test = np.round(level + size * (2 + rng.normal(size=(tests or int(rng.integers(2, 4)), steps, 3))), 1)
    train[..., constant] = level[constant]  # a whole number, so that its standard deviation is exactly 0
    return {"train": train, "test": test}


def _standardise(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scaled = train.copy(), test.copy()
    for feature in range(train.shape[-1]):
        values = [float(step[feature]) for sequence in train for step in sequence]
        mean = sum(values) / len(values)
        std = (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5
        for part in scaled:
            part[..., feature] = (part[..., feature] - mean) / (std if std > 0 else 1.0)
    return scaled


def _scaled(
    train: np.ndarray,
    test: np.ndarray,
    *,
    source: np.ndarray | None = None,
    axis: int | tuple[int, ...] | None = (0, 1),
    ddof: int = 0,
    power: int = 1,
    guarded: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    """``source``: what mean and deviation come from, else train; ``power``: of the deviation in the denominator."""
    source = train if source is None else source
    mean, std = source.mean(axis), source.std(axis, ddof=ddof)
    std = np.where(std > 0, std, 1.0) if guarded else std
    with np.errstate(divide="ignore", invalid="ignore"):
        return (train - mean) / std**power, (test - mean) / std**power


SCALE = Exercise(
    id="01.3",
    title="Scaling without a leak",
    function="scale",
    inputs=_two_parts,
    edges=(partial(_two_parts, tests=1),),
    reference=_standardise,
    returns={"train": ("sequence", "step", "feature"), "test": ("sequence", "step", "feature")},
    mistakes={
        (
            "Mean and standard deviation come from train and test together. The model is then trained with knowledge "
            "of the test part, and its score flatters it most where a series drifts. Which of the two parts may you "
            "look at?"
        ): lambda train, test: _scaled(train, test, source=np.concatenate([train, test])),
        (
            "Each part is scaled by its own mean and standard deviation. The same temperature then means one number "
            "in training and another in the test, and a drift between them vanishes. How many means should there be "
            "for a feature?"
        ): lambda train, test: (_scaled(train, train)[0], _scaled(test, test)[0]),
        (
            "All features share one mean and one standard deviation, so the feature with the largest numbers drowns "
            "the others. Look at the shape of your mean: it should be (features,)."
        ): partial(_scaled, axis=None),
        (
            "The mean is taken away but the values are not divided by the standard deviation. Features of different "
            "size stay of different size. What is the standard deviation of your result?"
        ): partial(_scaled, power=0),
        (
            "Each step has a mean and a standard deviation of its own. That wipes out what is common to a step, such "
            "as a rise from first to last. Average over sequences and steps: one number for a feature."
        ): partial(_scaled, axis=0),
        (
            "The standard deviation divides by n − 1, as pandas does, where the task asks for n, as NumPy does. With "
            "much data it hardly matters; here it shows. Look for ddof."
        ): partial(_scaled, ddof=1),
        (
            "Right but for a feature that is constant in training: its standard deviation is 0, and dividing by it "
            "gives NaN or infinity. One NaN spreads through every later state and through the loss. See what the task "
            "does there."
        ): partial(_scaled, guarded=False),
        (
            "Training is scaled but the test part is returned as it came. The model meets numbers of another size "
            "than it was trained on. The test part goes through the same step with the same two numbers."
        ): lambda train, test: (_scaled(train, test)[0], test),
        (
            "The values are divided by the variance, not by the standard deviation, its square root: features with "
            "large numbers end up smallest. What is the unit of a variance?"
        ): partial(_scaled, power=2),
    },
    explanation="""\
Whatever is computed from data before training is part of training, a mean included. So both numbers come from
`train` alone, one pair for each feature, over all sequences and steps (axes 0 and 1), and the same pair scales both
parts. The scaled test part need not have mean 0: where it does not, the series has drifted, and the model should
see that. A feature that is constant in training has standard deviation 0; dividing by 1 leaves it 0 there and keeps
the test part finite.""",
)


# ── 01.4 pad ─────────────────────────────────────────────────────────────────────────────────────────────────────────
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
    sequences: list[np.ndarray], *, steps: int | None = None, left: bool = False, fill: str = "zeros"
) -> tuple[np.ndarray, np.ndarray]:
    """Step by step; ``fill`` is "zeros", or "last" to repeat the last step."""
    steps = steps or max(len(sequence) for sequence in sequences)
    rows, mask = [], []
    for sequence in sequences:
        kept = list(sequence[:steps])
        filler = np.zeros_like(sequence[0]) if fill == "zeros" else sequence[-1]
        padding, real = [filler] * (steps - len(kept)), [True] * len(kept)
        rows.append(padding + kept if left else kept + padding)
        mask.append([False] * len(padding) + real if left else real + [False] * len(padding))
    return np.array(rows, dtype=float), np.array(mask)


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
        ): lambda sequences: (_padded(sequences)[0], ~_padded(sequences)[1]),
        (
            "Every sequence is cut to the shortest one, and what came after is lost. Padding exists so that nothing "
            "has to be thrown away. Which length must the time axis have?"
        ): lambda sequences: _padded(sequences, steps=min(len(sequence) for sequence in sequences)),
        (
            "The mask is worked out from the values, so a real step whose features are all zero counts as padding. "
            "Silence in speech and an empty row of pixels are real. What else tells you how long a sequence is?"
        ): lambda sequences: (_padded(sequences)[0], _padded(sequences)[0].any(axis=-1)),
        (
            "The mask is worked out from the values, and a step counts as real only when none of its features is "
            "zero. A single 0.0 among the features hides a whole step. What else tells you how long a sequence is?"
        ): lambda sequences: (_padded(sequences)[0], _padded(sequences)[0].all(axis=-1)),
        (
            "The padding repeats the last step instead of zeros. Whatever forgets the mask takes it for a series that "
            "came to rest. Start from an array that already holds what padding should be."
        ): partial(_padded, fill="last"),
        (
            "The mask is True everywhere, padding included: the model is told to read the padding as data. Which "
            "steps of a row did you copy from its sequence?"
        ): lambda sequences: (_padded(sequences)[0], np.ones(_padded(sequences)[0].shape[:2], dtype=bool)),
    },
    explanation="""\
A batch is one array, so its time axis is as long as the longest sequence, and the rest is filled up. What is real
cannot be read from the values, since a real step may be all zeros; it follows from the lengths. Comparing the step
numbers (1, T) with the lengths (B, 1) gives the whole mask (B, T) at once. Padding stands on the right, so that
step t is the t-th step of every sequence.""",
)


# ── 01.5 wasted_steps ────────────────────────────────────────────────────────────────────────────────────────────────
def _lengths(rng: np.random.Generator, *, batch_size: int = 0, bucketed: bool | None = None, count: int = 0) -> Inputs:
    """Distinct lengths in any order; unless ``count`` says otherwise the last batch is not full."""
    batch_size = batch_size or int(rng.integers(3, 5))
    count = count or 2 * batch_size + int(rng.integers(1, max(2, batch_size)))
    bucketed = bool(rng.integers(0, 2)) if bucketed is None else bucketed
    return {"lengths": rng.permutation(np.arange(1, 30))[:count], "batch_size": batch_size, "bucketed": bucketed}


def _waste(
    lengths: Sequence[int], batch_size: int, bucketed: bool, *, whole: bool = False, last: str = "smaller"
) -> int:
    """``whole``: count real steps too; ``last``: an incomplete batch is "smaller", "dropped" or "full"."""
    order = sorted(int(n) for n in lengths) if bucketed else [int(n) for n in lengths]
    total = 0
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        if last == "dropped" and len(batch) < batch_size:
            continue
        rows = batch_size if last == "full" else len(batch)
        total += rows * max(batch) - (0 if whole else sum(batch))
    return total


WASTED_STEPS = Exercise(
    id="01.5",
    title="What bucketing saves",
    function="wasted_steps",
    inputs=_lengths,
    edges=(
        partial(_lengths, bucketed=True),
        partial(_lengths, bucketed=False),
        partial(_lengths, batch_size=1),
        partial(_lengths, batch_size=8, count=5),
        partial(_lengths, batch_size=3, count=9),
    ),
    reference=_waste,
    returns={"wasted": ()},
    mistakes={
        (
            "Every sequence is padded to the longest of all. One long sequence then makes every batch long, and "
            "sorting could save nothing. Each batch is padded only to its own longest."
        ): lambda lengths, batch_size, bucketed: len(lengths) * int(max(lengths)) - int(sum(lengths)),
        (
            "You count every step of the padded batches, the real ones too. Wasted are only those that were added. "
            "What must be taken away from each batch's rows × steps?"
        ): partial(_waste, whole=True),
        (
            "Whether bucketed is set or not, the sequences stay in the order they came in. Bucketing puts similar "
            "lengths into one batch. What has to happen before the batches are cut?"
        ): lambda **case: _waste(**case | {"bucketed": False}),
        (
            "The lengths are sorted even when bucketed is False. Then there is nothing to compare bucketing with. "
            "Which argument decides?"
        ): lambda **case: _waste(**case | {"bucketed": True}),
        (
            "The last batch is left out when it is not full. Keras trains on it too, so its padding counts. Try 5 "
            "sequences in batches of 2 by hand."
        ): partial(_waste, last="dropped"),
        (
            "The last batch is counted as if it were full. It has fewer rows, and rows that do not exist waste "
            "nothing. How many rows does your slice really have?"
        ): partial(_waste, last="full"),
        (
            "Bucketing sorts the longest first. The batch that is not full then holds the shortest sequences, so the "
            "sum differs from the order in the task: shortest first."
        ): lambda lengths, batch_size, bucketed: _waste(
            sorted(map(int, lengths), reverse=True) if bucketed else lengths, batch_size, False
        ),
    },
    explanation="""\
A batch of b sequences padded to its longest costs b · max(lengths) steps, of which sum(lengths) are real; the rest
is work that the mask throws away. Sorted by length, neighbours are alike and little is added. Training keeps the
buckets but shuffles their order between epochs: a model that always meets short sequences first learns something
about the order, too.""",
)

EXERCISES = (ENCODE, WINDOWS, SCALE, PAD, WASTED_STEPS)
