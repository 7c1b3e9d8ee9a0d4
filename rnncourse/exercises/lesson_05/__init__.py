"""Exercises of lesson 05, vanishing gradients.

A lag is a number of steps back from the step whose loss is meant: lag k is step T − 1 − k when the loss stands at the
last of T steps. σ₁ is the largest singular value of a recurrent kernel, ρ its spectral radius, γ the largest slope of
the activation.
"""

from rnncourse.exercises.lesson_05.gradient_by_lag import GRADIENT_BY_LAG
from rnncourse.exercises.lesson_05.rescaled import RESCALED
from rnncourse.exercises.lesson_05.solved import SOLVED
from rnncourse.exercises.lesson_05.vanishing_lag import VANISHING_LAG
from rnncourse.exercises.lesson_05.which_kernel import WHICH_KERNEL

EXERCISES = (RESCALED, VANISHING_LAG, GRADIENT_BY_LAG, WHICH_KERNEL, SOLVED)
