"""What a character model is made of, and how it is trained."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
    embedding_dim: int = 512
    streams: int = 64
    steps: int = 64
    learning_rate: float = 0.005
    warm_up: float = 0.02
    max_norm: float = 1.0
    averaging: float = 0.99
    dropped_weights: float = 0.0
    dropped_outputs: float = 0.0

    @property
    def options(self) -> dict[str, Any]:
        """The arguments of :func:`many_to_many`."""
        return {"cell": "gru", "units": self.units, "depth": self.depth, "embedding_dim": self.embedding_dim}


SPEEDS = {256: 60_000, 384: 36_000}  # units: characters a second, about, on two cores
WIDE_FROM = 4_000_000  # characters: with fewer a small network gets further
OUTPUTS_A_PASS, WEIGHTS_A_PASS = 0.05, 0.017  # what is dropped, for each pass over the text
DROPPED_AT_MOST = 0.5


def recipe_for(length: int, minutes: float, steps: int | None = None) -> Recipe:
    """The best that was found for a text of this length and for this time.

    The more often a training will pass over the text, the more is dropped: with few passes dropping costs, with many it
    is what keeps the network from learning the text by heart.

    Args:
        length: int ≥ 1, characters of the text.
        minutes: float > 0, the time; on two cores as the course was written on.
        steps: int ≥ 1, how many updates instead of ``minutes``.
    """
    wide, small = Recipe(), Recipe(units=256, steps=32, learning_rate=0.006)
    for recipe in (wide, small):
        read = 60 * minutes * SPEEDS[recipe.units] if steps is None else steps * recipe.streams * recipe.steps
        if read >= WIDE_FROM:
            break
    passes = read / length
    outputs, weights = (min(DROPPED_AT_MOST, share * passes) for share in (OUTPUTS_A_PASS, WEIGHTS_A_PASS))
    return replace(recipe, dropped_outputs=outputs, dropped_weights=weights)
