"""Exercises of lesson 16, seven mistakes.

The references read a loop's description, or go run by run and step by step; the worked answers in the notebook probe,
and take whole arrays. ``curves`` makes the runs that are diagnosed.
"""

from rnncourse.exercises.lesson_16.diagnosis import DIAGNOSIS
from rnncourse.exercises.lesson_16.masked_loss import MASKED_LOSS
from rnncourse.exercises.lesson_16.resets import RESETS

EXERCISES = (RESETS, DIAGNOSIS, MASKED_LOSS)
