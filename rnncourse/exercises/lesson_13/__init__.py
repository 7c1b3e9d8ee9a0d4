"""Exercises of lesson 13, the GRU, and which cell to choose.

The references go number by number; the worked answers in the notebook take whole arrays.
"""

from rnncourse.exercises.lesson_13.conversion import CONVERSION
from rnncourse.exercises.lesson_13.counts import COUNTS
from rnncourse.exercises.lesson_13.step import STEP
from rnncourse.exercises.lesson_13.verdicts import VERDICTS

EXERCISES = (STEP, COUNTS, CONVERSION, VERDICTS)
