"""Exercises of lesson 10, what cells track, and tagging.

``states`` are those of a network at each step of a text, ``labels`` say of each step whether something holds, such as
being in a string.
"""

from rnncourse.exercises.lesson_10.auc import AUC
from rnncourse.exercises.lesson_10.brackets import BRACKETS
from rnncourse.exercises.lesson_10.probe import PROBE

EXERCISES = (AUC, PROBE, BRACKETS)
