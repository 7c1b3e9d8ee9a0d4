"""How much of a training is over."""

from __future__ import annotations

import math
import time

from rnncourse._checks import check_whole


class Clock:
    """How much of the training is over, by time or by updates.

    Args:
        minutes: float > 0, the time for all of it.
        steps: int ≥ 1, the updates instead; None goes by time.

    Attributes:
        updates: int, how many there have been.
        begun: float, seconds that were over when the updates could start.
    """

    def __init__(self, minutes: float, steps: int | None) -> None:
        if not 0 < minutes < math.inf:
            raise ValueError(f"minutes must be a number above 0, received {minutes!r}")
        if steps is not None:
            check_whole("steps", steps, least=1)
        self._started, self._seconds, self._steps = time.perf_counter(), 60 * minutes, steps
        self.begun = 0.0
        self.updates = 0

    def begin(self) -> None:
        """Count what is done from now on: the updates can start."""
        self.begun = self.seconds()

    def seconds(self) -> float:
        """Since the start."""
        return time.perf_counter() - self._started

    def done(self) -> float:
        """The share of the updates that is over; 1 and more when there is to be no further update."""
        if self._steps is not None:
            return self.updates / self._steps
        left = self._seconds - self.begun
        return (self.seconds() - self.begun) / left if left > 0 else 1.0

    def reserve(self, seconds: float) -> None:
        """Leave so much time for what comes after the last update."""
        self._seconds -= seconds
