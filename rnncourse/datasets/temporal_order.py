"""The temporal order task: which two of X and Y came, far apart among distracting symbols, and in which order."""

from __future__ import annotations

import numpy as np

from rnncourse.datasets._dataset import About
from rnncourse.datasets._tasks import LICENCE, SPLIT, TaskDataset, check_task, distinct, three_splits

X, Y, DISTRACTORS, START, END = 0, 1, 4, 6, 7  # distractors have the ids 2 … 5
CLASSES = ("XX", "XY", "YX", "YY")


def temporal_order(*, steps: int = 100, examples: int = 4000, seed: int = 0) -> TaskDataset:
    """X or Y at two steps far apart among distracting symbols: the class says which two, and in which order.

    Task 6a of Hochreiter & Schmidhuber (1997): a sequence begins with E, ends with the trigger B, and holds X or Y at a
    random step from T/10 to T/5 and again at a random step from T/2 to 3T/5; every other step is one of four
    distracting symbols. Their lengths vary from 100 to 110; here every sequence has T = ``steps`` steps.

    Args:
        steps: int ≥ 10, the length T of a sequence.
        examples: int ≥ 20, sequences in the three splits together.
        seed: int ≥ 0 of the random generator.

    Returns:
        TaskDataset: x (n, steps) int32 ids: 0 is X, 1 is Y, 2 … 5 distract, 6 is E, 7 is B; y (n,) int64: 0 for XX, 1
        for XY, 2 for YX, 3 for YY. No sequence occurs twice. Scored by accuracy; ``baselines``: "guess" 1/4, "bag" 3/4,
        of counting X and Y, which cannot tell XY from YX.

    Raises:
        ValueError: an argument is outside its range.
    """
    check_task(steps=(steps, 10), examples=(examples, 20), seed=(seed, 0))
    rng = np.random.default_rng(seed)
    places = (steps // 10, steps // 5), (steps // 2, 3 * steps // 5)

    def draw(count: int) -> np.ndarray:
        x = rng.integers(2, 2 + DISTRACTORS, size=(count, steps), dtype=np.int32)
        x[:, 0], x[:, -1] = START, END
        for first, last in places:
            x[np.arange(count), rng.integers(first, last + 1, size=count)] = rng.integers(X, Y + 1, size=count)
        return x

    available = len(CLASSES) * DISTRACTORS ** (steps - 4)  # for one pair of places, and there are more
    x = distinct(rng, examples, draw, available=available, of=f"steps {steps}")
    found = x[x <= Y].reshape(-1, 2)  # row by row, so each sequence gives its two in order of time
    return TaskDataset(
        **three_splits(x, (2 * found[:, 0] + found[:, 1]).astype(np.int64)),
        score="accuracy",
        baselines={"guess": 1 / 4, "bag": 3 / 4},
        about=About(
            source=f"task 6a of Hochreiter & Schmidhuber (1997) at one length, generated with seed {seed}",
            licence=LICENCE,
            shapes=f"x (sequences, {steps} steps), int32; y (sequences,), int64",
            units="x: ids, 0 = X, 1 = Y, 2 … 5 distract, 6 = E, the start, 7 = B, the end; y: 0 = XX, 1 = XY, 2 = YX, "
            "3 = YY",
            split=f"{SPLIT}; no sequence occurs twice",
        ),
    )
