"""Exercises of lesson 15, regularisation and tuning.

The references go number by number or epoch by epoch; the worked answers in the notebook take whole arrays or keep a
few numbers while they go on.
"""

from rnncourse.exercises.lesson_15.dropout import DROPOUT
from rnncourse.exercises.lesson_15.schedule import SCHEDULE
from rnncourse.exercises.lesson_15.stopping import EARLY_STOPPING

EXERCISES = (DROPOUT, EARLY_STOPPING, SCHEDULE)
