"""Exercises of lesson 08, many-to-one.

The references go row by row, text by text and target by target; the worked answers in the notebook take whole arrays
where they can.
"""

from rnncourse.exercises.lesson_08.attention import ATTENTION
from rnncourse.exercises.lesson_08.bags import BAGS
from rnncourse.exercises.lesson_08.pooling import POOLING
from rnncourse.exercises.lesson_08.seasons import SEASONS
from rnncourse.exercises.lesson_08.twins import TWINS

EXERCISES = (POOLING, ATTENTION, BAGS, SEASONS, TWINS)
