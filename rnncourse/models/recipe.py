"""What a character model is made of, and how it is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Recipe:
    """What :func:`train_text` can do in more than one way; ``benchmarks/train_text.txt`` compares some.

    Attributes:
        units: int ≥ 1, of each GRU.
        depth: int ≥ 1, GRUs above each other.
        embedding_dim: int ≥ 1.
        streams: int ≥ 2, even: rows of a batch, each with a state that is carried on.
        steps: int ≥ 1, how far an update's gradient goes back.
        learning_rate: float > 0, the highest; it rises to that at first, and falls to 0 with a cosine.
        warm_up: float in (0, 1), the share of the training in which it rises.
        max_norm: float > 0, to which the gradients are clipped, all together.
        averaging: float in [0, 1), how much of the averaged weights stays at each update; less at first.
        dropped_weights, dropped_outputs: float in [0, 1), as for :class:`FastNetwork`.
    """

    units: int = 384
    depth: int = 1
    embedding_dim: int = 128
    streams: int = 128
    steps: int = 64
    learning_rate: float = 0.004
    warm_up: float = 0.02
    max_norm: float = 1.0
    averaging: float = 0.99
    dropped_weights: float = 0.0
    dropped_outputs: float = 0.1

    @property
    def options(self) -> dict[str, Any]:
        """The arguments of :func:`many_to_many`."""
        return {"cell": "gru", "units": self.units, "depth": self.depth, "embedding_dim": self.embedding_dim}


RECIPE = Recipe()
