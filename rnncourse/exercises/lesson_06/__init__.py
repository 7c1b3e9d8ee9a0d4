"""Exercises of lesson 06, exploding gradients.

The references go entry by entry, forwards through the steps, or from the end of a record; the worked answers in the
notebook use whole arrays and go backwards.
"""

from rnncourse.exercises.lesson_06.broken_run import WHAT_BROKE_IT
from rnncourse.exercises.lesson_06.cliff import STEP_AT_THE_CLIFF
from rnncourse.exercises.lesson_06.clip_by_norm import CLIP_BY_NORM
from rnncourse.exercises.lesson_06.directions import DIRECTIONS
from rnncourse.exercises.lesson_06.repair import REPAIRED

EXERCISES = (CLIP_BY_NORM, DIRECTIONS, STEP_AT_THE_CLIFF, WHAT_BROKE_IT, REPAIRED)
