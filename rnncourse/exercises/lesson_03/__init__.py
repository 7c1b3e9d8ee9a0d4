"""Exercises of lesson 03, unrolling through time.

The references are loops that follow the words of the task; the worked answers in the notebook use whole arrays.
"""

from rnncourse.exercises.lesson_03.dependencies import DEPENDENCIES
from rnncourse.exercises.lesson_03.masked import MASKED
from rnncourse.exercises.lesson_03.mean_loss import MEAN_LOSS
from rnncourse.exercises.lesson_03.stream import STREAM
from rnncourse.exercises.lesson_03.unrolled import UNROLL

EXERCISES = (UNROLL, MASKED, STREAM, MEAN_LOSS, DEPENDENCIES)
