"""Pictures of one or two handwritten digits, and what they show in words."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from rnncourse.datasets._dataset import About
from rnncourse.datasets._tasks import TaskDataset, check_task
from rnncourse.datasets._vocabulary import Vocabulary
from rnncourse.datasets.digits import digits

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
CELL = 8  # pixels of a digit, each way

# A picture has the quarters 0 1 above 2 3. A single digit may stand in each, a pair in two neighbours.
_PLACES = ("at the top left", "at the top right", "at the bottom left", "at the bottom right")
_PAIRS = {(0, 1): "left of", (2, 3): "left of", (0, 2): "above", (1, 3): "above"}


@dataclass(frozen=True, kw_only=True, repr=False)
class CaptionDataset(TaskDataset):
    """Pictures with captions, character by character.

    Attributes:
        vocabulary: Vocabulary of the captions.
        captions: dict from "train", "validation" and "test" to a tuple of n str, what ``y`` spells.
    """

    vocabulary: Vocabulary
    captions: dict[str, tuple[str, ...]]


def digit_captions(*, examples: int = 8_000, seed: int = 0) -> CaptionDataset:
    """One handwritten digit or two on a picture, and a caption: "a three at the top left", "an eight above a two".

    Half the pictures hold one digit, in one of four quarters. The other half hold two, side by side or one above the
    other, in two neighbouring quarters; their caption names the left or upper one first. Every digit is as likely as
    any other.

    Args:
        examples: int ≥ 20, pictures in the three splits together.
        seed: int ≥ 0 of the random generator, which puts digits together; which digits belong to which split does not
            depend on it.

    Returns:
        CaptionDataset: x (n, 16, 16) float32, 0 (paper) to 16 (ink); y (n, 30) int32 ids of characters: 1, the caption,
        2, then 0. There are 240 captions. Scored by the share of captions that are right to the last character;
        ``baselines``: "most frequent" 1/80, of one caption for every picture, and "places alone" 0.055, of a model that
        sees where ink is but cannot tell the digits apart.

    Raises:
        ValueError: an argument is outside its range.

    Source: the pictures of :func:`digits`, in its splits.
    """
    check_task(examples=(examples, 20), seed=(seed, 0))
    rng = np.random.default_rng(seed)
    source = digits()
    first, second = round(0.70 * examples), round(0.85 * examples)
    vocabulary = Vocabulary.of(sorted(set().union(*_all_captions())))
    steps = 2 + max(map(len, _all_captions()))
    sizes = {"train": first, "validation": second - first, "test": examples - second}
    drawn = {name: _draw(rng, *getattr(source, name), size) for name, size in sizes.items()}
    return CaptionDataset(
        **{name: (x, vocabulary.encode(captions, steps=steps)) for name, (x, captions) in drawn.items()},
        captions={name: captions for name, (_, captions) in drawn.items()},
        vocabulary=vocabulary,
        score="accuracy of whole captions",
        baselines={"most frequent": 1 / 80, "places alone": (1 / 10 + 1 / 100) / 2},
        about=About(
            source=f"composed with seed {seed} from {source.about.source}",
            licence=source.about.licence,
            shapes=f"x (pictures, {2 * CELL} rows, {2 * CELL} pixels), float32; y (pictures, {steps} steps), int32",
            units="x: ink, 0 to 16; y: ids of characters, 0 padding, 1 start, 2 end",
            split="70/15/15 %; the digits are split first, then put together, so no picture of a digit stands in two "
            "splits; every split draws from the same captions",
        ),
    )


def _all_captions() -> list[str]:
    single = [f"{_named(digit)} {place}" for digit, place in product(range(10), _PLACES)]
    pairs = product(range(10), ("left of", "above"), range(10))
    return single + [f"{_named(one)} {relation} {_named(other)}" for one, relation, other in pairs]


def _named(digit: int) -> str:
    return f"{'an' if digit == 8 else 'a'} {WORDS[digit]}"


def _draw(
    rng: np.random.Generator, images: np.ndarray, labels: np.ndarray, count: int
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Pictures (count, 16, 16) of digits from one split, and their captions."""
    by_digit = [images[labels == digit] for digit in range(10)]
    pairs = list(_PAIRS)
    x = np.zeros((count, 2 * CELL, 2 * CELL), dtype=np.float32)
    captions = []
    for picture in x:
        shown = rng.integers(10, size=2)
        if rng.random() < 0.5:
            cells = [rng.integers(4)]
            captions.append(f"{_named(shown[0])} {_PLACES[cells[0]]}")
        else:
            cells = pairs[rng.integers(len(pairs))]
            captions.append(f"{_named(shown[0])} {_PAIRS[cells]} {_named(shown[1])}")
        for digit, cell in zip(shown, cells, strict=False):
            row, column = CELL * (cell // 2), CELL * (cell % 2)
            picture[row : row + CELL, column : column + CELL] = rng.choice(by_digit[digit])
    return x, tuple(captions)
