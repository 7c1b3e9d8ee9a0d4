"""Exercises of lesson 01, sequential data.

The references are loops that follow the words of the task; the worked answers in the notebook use whole arrays.
"""

from rnncourse.exercises.lesson_01.padding import PAD
from rnncourse.exercises.lesson_01.scaling import SCALE
from rnncourse.exercises.lesson_01.text_to_ids import ENCODE
from rnncourse.exercises.lesson_01.waste import WASTED_STEPS
from rnncourse.exercises.lesson_01.windows import WINDOWS

EXERCISES = (ENCODE, WINDOWS, SCALE, PAD, WASTED_STEPS)
