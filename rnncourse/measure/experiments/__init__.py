"""Experiments too long for a lesson: each is measured by ``make experiments`` into a small table that is kept.

A lesson reads the table with :func:`results`, and measures one of its cells again with :func:`spot_check`.
"""

from rnncourse.measure.experiments.experiment import Experiment
from rnncourse.measure.experiments.kept import EXPERIMENTS, SpotCheck, results, spot_check, write

__all__ = ["EXPERIMENTS", "Experiment", "SpotCheck", "results", "spot_check", "write"]
