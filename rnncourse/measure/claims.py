"""Claims: sentences with a number, printed when they hold and raised when they do not."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

CLAIM_LINE = re.compile(r"^✔ (?P<statement>.+?) — measured: (?P<measured>.+)$", re.MULTILINE)
"""How a claim that holds stands in a notebook's output."""


class ClaimError(AssertionError):
    """A stated result was not measured."""


def claim(statement: str, holds: Any, measured: str) -> None:
    """State a result, with the number that shows it.

    Prints ``✔ statement — measured: …``. A claim is compared with something that could have won, and its margin is wide
    enough for seeds nobody has tried.

    Args:
        statement: str, one line, a sentence that is true or false.
        holds: one truth value: a bool, or a NumPy or Keras value of one element.
        measured: str, one line with the number that was measured, and beside it what it is compared with.

    Raises:
        ClaimError: ``holds`` is false; the message is the statement and what was measured.
        ValueError: ``statement`` or ``measured`` is empty or has several lines, ``measured`` has no number, or
            ``holds`` is not one truth value.
    """
    for name, text in (("statement", statement), ("measured", measured)):
        if not isinstance(text, str) or not text.strip() or "\n" in text:
            raise ValueError(f"{name} must be one line of text, received {text!r}")
    if not re.search(r"\d", measured):
        raise ValueError(f"measured must contain the number that was measured, received {measured!r}")
    truth = np.asarray(holds)
    if truth.size != 1 or truth.dtype != bool:
        raise ValueError(f"holds must be one truth value, received {truth.dtype} of shape {truth.shape}")
    line = f"{statement} — measured: {measured}"
    if not truth.item():
        raise ClaimError(f"✘ {line}")
    print(f"✔ {line}")
