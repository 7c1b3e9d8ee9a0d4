"""Baselines: what a network has to beat before its result means anything; none of them is a network."""

from rnncourse.measure.baselines.classify import BagOfWords, bag_of_words, majority
from rnncourse.measure.baselines.forecasts import drift, naive, seasonal_naive
from rnncourse.measure.baselines.ngram import ngram
from rnncourse.measure.baselines.smoothing import holt_winters

__all__ = [
    "BagOfWords",
    "bag_of_words",
    "drift",
    "holt_winters",
    "majority",
    "naive",
    "ngram",
    "seasonal_naive",
]
