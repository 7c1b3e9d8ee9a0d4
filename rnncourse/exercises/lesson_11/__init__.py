"""Exercises of lesson 11, the encoder–decoder.

The references go token by token and position by position; the worked answers in the notebook use whole arrays.
"""

from rnncourse.exercises.lesson_11.attention import ATTENTION
from rnncourse.exercises.lesson_11.beam_search import BEAM_SEARCH
from rnncourse.exercises.lesson_11.reversed_sources import REVERSED

EXERCISES = (REVERSED, ATTENTION, BEAM_SEARCH)
