"""Exercises of lesson 09, language models.

The references go character by character or token by token; the worked answers in the notebook use whole arrays.
"""

from rnncourse.exercises.lesson_09.nucleus import NUCLEUS
from rnncourse.exercises.lesson_09.perplexity import PERPLEXITY
from rnncourse.exercises.lesson_09.streams import STREAMS
from rnncourse.exercises.lesson_09.temperature import TEMPERATURE

EXERCISES = (PERPLEXITY, TEMPERATURE, NUCLEUS, STREAMS)
