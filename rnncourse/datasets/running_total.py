"""The running total: what to add, when to begin anew and when to answer all come with the numbers."""

from __future__ import annotations

import numpy as np

from rnncourse.datasets._dataset import About
from rnncourse.datasets._tasks import LICENCE, SPLIT, TaskDataset, check_task, three_splits

MARK, ASK = 0.25, 0.25


def running_total(*, steps: int = 40, reset: float = 0.1, examples: int = 10_000, seed: int = 0) -> TaskDataset:
    """Random numbers, of which the marked ones are summed; a reset begins at 0 again, and the sum is due where asked.

    At each step, independently, the number is marked with probability ``MARK``, the total is reset with probability
    ``reset``, and it is asked for with probability ``ASK``. A reset comes before the number of its step is added, the
    question after it. The target is the total where it is asked for and 0 elsewhere: a cell has to write some numbers
    and not others, to forget, and to keep to itself what it knows. The adding problem asks for the first of these only.

    Args:
        steps: int ≥ 1, the length of a sequence.
        reset: float, 0 ≤ ``reset`` < 1; with 0 nothing ever has to be forgotten.
        examples: int ≥ 20, sequences in the three splits together.
        seed: int ≥ 0 of the random generator.

    Returns:
        TaskDataset: x (n, steps, 4) float32: a number in [0, 1), and mark, reset and question, each 0 or 1; y (n,
        steps, 1) float32. Scored by mean squared error over all steps; ``baselines``: "zero", of always 0; "mean", of
        the mean total where it is asked for; "without resets", of the sum of all marked numbers where it is asked for;
        "always answering", of the right total at every step.

    Raises:
        ValueError: an argument is outside its range.
    """
    check_task(steps=(steps, 1), examples=(examples, 20), seed=(seed, 0))
    if not 0 <= reset < 1:
        raise ValueError(f"reset must be a probability from 0 up and below 1, received {reset}")
    rng = np.random.default_rng(seed)
    number = rng.random((examples, steps), dtype=np.float32)
    mark, restart, asked = (rng.random((examples, steps)) < share for share in (MARK, reset, ASK))
    total, y = np.zeros(examples, np.float32), np.zeros((examples, steps, 1), np.float32)
    for t in range(steps):
        total = ~restart[:, t] * total + mark[:, t] * number[:, t]
        y[:, t, 0] = asked[:, t] * total
    return TaskDataset(
        **three_splits(np.stack([number, mark, restart, asked], axis=-1).astype(np.float32), y),
        score="mean squared error",
        baselines=_baselines(steps, reset),
        about=About(
            source=f"running totals with resets (probability {reset:g} at each step), generated with seed {seed}",
            licence=LICENCE,
            shapes=f"x (sequences, {steps} steps, 4 features), y (sequences, {steps} steps, 1), float32",
            units="x: a number in [0, 1), its mark, a reset, a question, each 0 or 1; y: the sum of the numbers marked "
            "since the last reset where it is asked for, else 0",
            split=SPLIT,
        ),
    )


def _baselines(steps: int, reset: float) -> dict[str, float]:
    """The expected scores, from the moments of the total S and of D, what resets have taken from it, step by step."""
    s = ss = d = ds = dd = 0.0  # E S, E S², E D, E D S, E D²
    moments = []
    for _ in range(steps):
        dd, d, ds = (
            dd + 2 * reset * ds + reset * ss,
            d + reset * s,
            (1 - reset) * ds + MARK / 2 * (d + reset * s),
        )
        s, ss = (1 - reset) * s + MARK / 2, (1 - reset) * (ss + MARK * s) + MARK / 3
        moments.append((s, ss, dd))
    s, ss, dd = np.mean(moments, axis=0)
    return {
        "zero": float(ASK * ss),
        "mean": float(ASK * (ss - s**2)),
        "without resets": float(ASK * dd),
        "always answering": float((1 - ASK) * ss),
    }
