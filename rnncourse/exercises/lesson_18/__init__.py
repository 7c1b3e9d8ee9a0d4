"""Exercises of lesson 18, RNN, LSTM, GRU or Transformer.

The references count layer by layer and head by head, and compare run by run; the worked answers in the notebook use
formulas and whole arrays.
"""

from rnncourse.exercises.lesson_18.fair import FAIR
from rnncourse.exercises.lesson_18.multiply_adds import MULTIPLY_ADDS
from rnncourse.exercises.lesson_18.state_bytes import STATE_BYTES

EXERCISES = (STATE_BYTES, MULTIPLY_ADDS, FAIR)
