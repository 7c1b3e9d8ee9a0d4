"""What an experiment is: a question, a grid, seeds, and the function that measures one cell."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """An experiment whose table is kept.

    Attributes:
        name: str, also of its files in ``data/results/``.
        question: str, what the table answers, and under which fixed conditions.
        over: the values of the grid, by name of column; text and numbers.
        seeds: the seeds of the kept table, at least five.
        run: called as ``run(seeds, **cell)``, returns for each result its name and one number a seed, (len(seeds),).
    """

    name: str
    question: str
    over: Mapping[str, tuple[str | int | float, ...]]
    seeds: tuple[int, ...]
    run: Callable[..., Mapping[str, np.ndarray]]

    def cells(self) -> list[dict[str, Any]]:
        """Every combination of the grid's values, the last column running fastest."""
        return [dict(zip(self.over, values, strict=True)) for values in itertools.product(*self.over.values())]

    def measure(self, cell: Mapping[str, Any], seeds: Sequence[int] | None = None) -> pd.DataFrame:
        """Measure one cell.

        Args:
            cell: a value for each column of ``over``.
            seeds: R whole numbers; without them, the seeds of the kept table.

        Returns:
            pandas.DataFrame: R rows; the columns of ``over``, ``seed``, and the results.
        """
        import pandas as pd

        seeds = list(self.seeds if seeds is None else seeds)
        return pd.DataFrame({**dict(cell), "seed": seeds, **self.run(seeds, **cell)})
