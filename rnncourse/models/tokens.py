"""The rows of ids that a decoder learns from and writes."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnncourse.datasets import Vocabulary

PAD, START, END = Vocabulary.pad, Vocabulary.start, Vocabulary.end


def teacher_forcing(rows: Any) -> tuple[np.ndarray, np.ndarray]:
    """What a decoder reads and what it is to write: each token beside the one before it.

    Such a row holds the start's id 1, the tokens, the end's id 2, and padding, 0. The end itself is never read, since
    writing stops there: it becomes padding in the inputs, so that exactly the steps with a target count in the loss.

    Args:
        rows: (B, T + 1) whole numbers.

    Returns:
        inputs and targets, each (B, T), int32: [1, 5, 6, 2, 0] gives [1, 5, 6, 0] and [5, 6, 2, 0].

    Raises:
        ValueError: not rows of whole numbers, or a row that does not begin with 1.
    """
    rows = np.asarray(rows)
    if rows.ndim != 2 or rows.shape[1] < 2 or rows.dtype.kind not in "iu":
        raise ValueError(f"rows must be whole numbers (B, T + 1), received shape {rows.shape} of {rows.dtype}")
    if (rows[:, 0] != START).any():
        first = rows[rows[:, 0] != START, 0][0]
        raise ValueError(f"rows must begin with the start's id {START}, received one that begins with {first}")
    rows = rows.astype(np.int32)
    return np.where(rows[:, :-1] == END, PAD, rows[:, :-1]), rows[:, 1:]
