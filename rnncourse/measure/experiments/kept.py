"""The kept tables of experiments: writing them, reading them, and measuring one cell again."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rnncourse._runtime import base_seed, course_folder
from rnncourse.measure._fingerprint import versions
from rnncourse.measure.experiments import (
    cells,
    depth,
    gates,
    lags,
    positions,
    pretraining,
    recurrences,
    regularised,
    showdown,
    size,
    text,
)
from rnncourse.measure.experiments.experiment import Experiment
from rnncourse.measure.intervals import prediction_interval

if TYPE_CHECKING:
    import pandas as pd

EXPERIMENTS: dict[str, Experiment] = {
    experiment.name: experiment
    for experiment in (
        *(lags.ADDING, lags.RECALL, text.PYTHON),
        *(gates.ADDING, gates.RECALL, gates.TOTAL),
        *(cells.COMPARED, cells.PYTHON),
        *(depth.HENON, size.BITS_TABLE, size.SUNSPOTS),
        *(regularised.REGULARISED, regularised.TRIED, regularised.REPEATED, pretraining.PRETRAINED),
        positions.POSITIONS,
        *(recurrences.PARITY, recurrences.RECALL),
        *(showdown.SHOWDOWN, showdown.BY_SECONDS, showdown.BY_EXAMPLES),
    )
}
"""Every experiment whose table is kept, by name."""

_FRESH = 1000  # seeds from here on are in no kept table


def results(name: str) -> pd.DataFrame:
    """The kept table of an experiment.

    Args:
        name: str, a key of ``EXPERIMENTS``.

    Returns:
        pandas.DataFrame: one row a run: the columns of the grid, ``seed``, and the results. ``attrs`` holds what the
        file beside it says: the question, the versions, the class of machine.

    Raises:
        ValueError: there is no such experiment.
        FileNotFoundError: it has not been measured yet.
    """
    import pandas as pd

    path = course_folder("data") / "results" / f"{_known(name).name}.csv"
    if not path.exists():
        raise FileNotFoundError(f"the table {name} has not been measured yet: run make experiments")
    table = pd.read_csv(path)
    table.attrs = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return table


def write(experiment: Experiment, table: pd.DataFrame, folder: Path) -> Path:
    """Keep a table: ``NAME.csv`` with one row a run, and ``NAME.json`` with the conditions it was measured under.

    Args:
        experiment: what was measured.
        table: the rows of all its cells, as :meth:`Experiment.measure` gives them.
        folder: where to write; made if it is missing.

    Returns:
        The path of the CSV file. No file holds a time, a name of a machine, or a path.
    """
    folder.mkdir(parents=True, exist_ok=True)
    conditions = {
        "question": experiment.question,
        "over": {name: list(values) for name, values in experiment.over.items()},
        "seeds": list(experiment.seeds),
        "versions": versions() | {"rnncourse": versions()["rnncourse"].split()[0]},
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
    }
    path = folder / f"{experiment.name}.csv"
    table.to_csv(path, index=False, float_format="%.5g", lineterminator="\n")
    path.with_suffix(".json").write_text(json.dumps(conditions, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


@dataclass(frozen=True, kw_only=True)
class SpotCheck:
    """One cell of a kept table, measured again with a seed that the table does not have.

    Attributes:
        cell: dict, the values of the grid's columns.
        column: str, which result.
        seed: int, of the new run.
        value: float, what the new run gave.
        low, high: floats, where it falls with the probability asked for if nothing has changed.
        kept: tuple of floats, the values of the table.
        level: float, the probability.
    """

    cell: dict[str, Any]
    column: str
    seed: int
    value: float
    low: float
    high: float
    kept: tuple[float, ...]
    level: float

    @property
    def agrees(self) -> bool:
        """True when the new value lies in the interval; a NaN never does."""
        return bool(self.low <= self.value <= self.high)

    def __str__(self) -> str:
        cell = ", ".join(f"{name} {value}" for name, value in self.cell.items())
        return (
            f"{self.column} {self.value:.2g} at {cell}, seed {self.seed}; {100 * self.level:g} % prediction interval "
            f"{self.low:.2g} … {self.high:.2g} from {len(self.kept)} seeds"
        )


def spot_check(
    name: str,
    column: str,
    *,
    where: Mapping[str, Collection[Any]] | None = None,
    log: bool = False,
    level: float = 0.999,
) -> SpotCheck:
    """Measure one cell of a kept table again, here and now.

    ``RNNCOURSE_SEED`` chooses the cell and gives the new run its seed, 1000 more, which no kept table has.

    Args:
        name: str, a key of ``EXPERIMENTS``.
        column: str, the result to look at. An accuracy that is the same for every seed has no interval: take the
            cross-entropy.
        where: values allowed, by column of the grid; without it every cell can be drawn.
        log: bool, True where results are positive and spread over powers of ten: the interval is that of log values.
        level: float between 0 and 1, how likely the new value lies in the interval if nothing has changed.

    Returns:
        SpotCheck: for a claim, its ``agrees`` and its ``str``.

    Raises:
        ValueError: no such experiment, column or cell; a logarithm of a value that is not positive; or values from
            which no interval follows.
        FileNotFoundError: the experiment has not been measured yet.

    Example:
        >>> check = measure.spot_check("adding_by_lag", "mse", log=True)
        >>> claim("A cell of the table, measured again, falls where the table says", check.agrees, str(check))
    """
    experiment, table = _known(name), results(name)
    if column not in table.columns or column in (*experiment.over, "seed"):
        raise ValueError(f"column must name a result of {name}, received {column!r}")
    where = dict(where or {})
    if unknown := sorted(where.keys() - experiment.over.keys()):
        raise ValueError(f"where must name columns of the grid ({', '.join(experiment.over)}), received {unknown}")
    cells = [cell for cell in experiment.cells() if all(cell[key] in allowed for key, allowed in where.items())]
    if not cells:
        raise ValueError(f"where must leave a cell to draw, received {where}")
    cell = cells[np.random.default_rng(base_seed()).integers(len(cells))]
    same = np.logical_and.reduce([table[key] == value for key, value in cell.items()])
    kept = table.loc[same, column].to_numpy(float)
    if log and not (kept > 0).all():
        raise ValueError(f"log must be False where a value is not positive, received {kept.tolist()}")
    low, high = prediction_interval(np.log(kept) if log else kept, level)
    seed = _FRESH + base_seed()
    value = float(experiment.measure(cell, [seed])[column].iloc[0])
    return SpotCheck(
        cell=cell,
        column=column,
        seed=seed,
        value=value,
        kept=tuple(kept.tolist()),
        level=level,
        low=float(np.exp(low)) if log else low,
        high=float(np.exp(high)) if log else high,
    )


def _known(name: str) -> Experiment:
    if name not in EXPERIMENTS:
        raise ValueError(f"name must be one of {', '.join(EXPERIMENTS)}, received {name!r}")
    return EXPERIMENTS[name]
