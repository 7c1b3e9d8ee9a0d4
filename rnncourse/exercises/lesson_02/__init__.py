"""Exercises of lesson 02, the recurrent cell.

The references are loops that follow the words of the task; the worked answers in the notebook use whole arrays.
"""

from rnncourse.exercises.lesson_02.one_step import STEP
from rnncourse.exercises.lesson_02.orthogonal import ORTHOGONAL
from rnncourse.exercises.lesson_02.parameters import PARAMETERS
from rnncourse.exercises.lesson_02.shapes import SHAPES
from rnncourse.exercises.lesson_02.stack import STACK

EXERCISES = (STEP, PARAMETERS, SHAPES, ORTHOGONAL, STACK)
