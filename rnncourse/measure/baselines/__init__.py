"""Baselines: what a network has to beat before its result means anything; no gradient descent in any of them."""

from rnncourse.measure.baselines.forecasts import drift, naive, seasonal_naive
from rnncourse.measure.baselines.ngram import ngram

__all__ = ["drift", "naive", "ngram", "seasonal_naive"]
