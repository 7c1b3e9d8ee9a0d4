"""Measure the tables in data/results/ anew: those of all experiments, or of the ones named.

    .venv/bin/python tools/run_experiments.py                   every experiment; as make experiments
    .venv/bin/python tools/run_experiments.py adding_by_lag     one of them

A table is written when all its cells are measured; an interrupt leaves the old one as it is.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import pandas as pd

from rnncourse.measure.experiments import EXPERIMENTS, Experiment, write

ONE_THREAD = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
RESULTS = Path(__file__).resolve().parent.parent / "data" / "results"


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Measure the kept tables of experiments anew.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(EXPERIMENTS)}")
    parser.add_argument("--to", type=Path, default=RESULTS, help="another folder than data/results")
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.names) - set(EXPERIMENTS)):
        parser.error(f"there is no experiment {', '.join(unknown)}; there are {', '.join(EXPERIMENTS)}")
    for name in options.names or EXPERIMENTS:
        print(name)
        print(f"  {write(EXPERIMENTS[name], measure(EXPERIMENTS[name]), options.to)}")


def measure(experiment: Experiment) -> pd.DataFrame:
    """The table of an experiment; prints each cell's medians and seconds on the way."""
    parts = []
    for cell in experiment.cells():
        started = time.perf_counter()
        parts.append(experiment.measure(cell))
        medians = parts[-1].drop(columns=[*cell, "seed"]).median()
        found = ", ".join(f"{column} {value:.3g}" for column, value in medians.items())
        where = ", ".join(f"{key} {value}" for key, value in cell.items())
        print(f"  {where}: median {found}  ({time.perf_counter() - started:.0f} s)", flush=True)
    return pd.concat(parts, ignore_index=True)


if __name__ == "__main__":
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))  # TensorFlow is not loaded yet
    main()
