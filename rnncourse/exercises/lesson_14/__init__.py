"""Exercises of lesson 14, stacks and bidirectional layers.

The references read a network's parts or go number by number; the worked answers in the notebook probe, and take whole
arrays.
"""

from rnncourse.exercises.lesson_14.both_ways import BOTH_WAYS
from rnncourse.exercises.lesson_14.counts import COUNTS
from rnncourse.exercises.lesson_14.leak import LOOK_AHEAD

EXERCISES = (LOOK_AHEAD, COUNTS, BOTH_WAYS)
