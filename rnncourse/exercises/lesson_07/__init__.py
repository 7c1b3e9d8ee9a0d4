"""Exercises of lesson 07, one-to-one and one-to-many.

The references go id by id, row by row and day by day; the worked answers in the notebook take whole arrays where they
can.
"""

from rnncourse.exercises.lesson_07.forecaster import FORECASTER
from rnncourse.exercises.lesson_07.measures import MEASURES
from rnncourse.exercises.lesson_07.shift import SHIFT
from rnncourse.exercises.lesson_07.writer import WRITER

EXERCISES = (SHIFT, WRITER, FORECASTER, MEASURES)
