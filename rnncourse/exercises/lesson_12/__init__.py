"""Exercises of lesson 12, the LSTM.

The references go number by number; the worked answers in the notebook take whole arrays. ``cell`` and ``wiring`` hold
the step and the hand-set weights of which the wrong answers are changes.
"""

from rnncourse.exercises.lesson_12.by_hand import BY_HAND
from rnncourse.exercises.lesson_12.conversion import CONVERSION
from rnncourse.exercises.lesson_12.derivative import DERIVATIVE
from rnncourse.exercises.lesson_12.forget_bias import FORGET_BIAS
from rnncourse.exercises.lesson_12.step import STEP

EXERCISES = (STEP, BY_HAND, DERIVATIVE, FORGET_BIAS, CONVERSION)
