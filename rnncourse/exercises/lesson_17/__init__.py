"""Exercises of lesson 17, attention and the Transformer.

The references go head by head and key by key, as formulas read; the worked answers in the notebook take whole arrays.
"""

from rnncourse.exercises.lesson_17.attention import ATTENTION
from rnncourse.exercises.lesson_17.cache import CACHE
from rnncourse.exercises.lesson_17.masks import MASKS
from rnncourse.exercises.lesson_17.positions import POSITIONS

EXERCISES = (ATTENTION, POSITIONS, MASKS, CACHE)
