"""Exercises of lesson 19, the new recurrences.

The references go step by step and unit by unit; the worked answers in the notebook take whole arrays.
"""

from rnncourse.exercises.lesson_19.blocked import BLOCKED
from rnncourse.exercises.lesson_19.minimal import MINIMAL
from rnncourse.exercises.lesson_19.operator import OPERATOR
from rnncourse.exercises.lesson_19.parity import PARITY

EXERCISES = (OPERATOR, PARITY, BLOCKED, MINIMAL)
