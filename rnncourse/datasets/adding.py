"""The adding problem: two marked numbers of a long sequence, and their sum."""

from __future__ import annotations

import numpy as np

from rnncourse.datasets._dataset import About
from rnncourse.datasets._tasks import LICENCE, SPLIT, TaskDataset, check_task, three_splits


def adding(*, steps: int = 50, examples: int = 10_000, seed: int = 0) -> TaskDataset:
    """Random numbers, two of them marked: the target is the sum of the marked ones.

    The form of Le, Jaitly & Hinton (2015): numbers from the uniform distribution on [0, 1], a second channel that is 1
    at two steps and 0 elsewhere, the plain sum as target. They leave open where the marks stand; here one stands at a
    random step of the first half and one at a random step of the second, as Arjovsky, Shah & Bengio (2016) place them,
    so that longer sequences do have longer lags. The task goes back to Hochreiter & Schmidhuber (1997), whose numbers
    lie in [−1, 1] and whose target is scaled.

    Args:
        steps: int ≥ 2, the length T of a sequence; with an odd T the second half is the longer one.
        examples: int ≥ 20, sequences in the three splits together.
        seed: int ≥ 0 of the random generator.

    Returns:
        TaskDataset: x (n, steps, 2) float32, channel 0 a number in [0, 1), channel 1 the mark, 0 or 1; y (n, 1) float32
        in [0, 2). Scored by mean squared error; ``baselines``: "mean" 1/6, of the constant answer 1, and
        "second number" 1/12, of the number marked last plus 0.5, which needs memory of the second half only.

    Raises:
        ValueError: an argument is outside its range.
    """
    check_task(steps=(steps, 2), examples=(examples, 20), seed=(seed, 0))
    rng = np.random.default_rng(seed)
    x = np.zeros((examples, steps, 2), dtype=np.float32)
    x[..., 0] = rng.random((examples, steps), dtype=np.float32)
    rows = np.arange(examples)
    x[rows, rng.integers(0, steps // 2, examples), 1] = 1
    x[rows, rng.integers(steps // 2, steps, examples), 1] = 1
    y = (x[..., 0] * x[..., 1]).sum(axis=1, keepdims=True)  # (n, steps) → (n, 1)
    return TaskDataset(
        **three_splits(x, y),
        score="mean squared error",
        baselines={"mean": 1 / 6, "second number": 1 / 12},
        about=About(
            source=f"the adding problem (Le, Jaitly & Hinton 2015), one mark in each half, generated with seed {seed}",
            licence=LICENCE,
            shapes=f"x (sequences, {steps} steps, 2 features), y (sequences, 1), float32",
            units="x: a number in [0, 1) and its mark, 0 or 1; y: the sum of the two marked numbers",
            split=SPLIT,
        ),
    )
