"""Exercises of lesson 04, backpropagation through time.

The references go example by example and step by step, as the words of the task do; the worked answers in the notebook
use whole arrays. In all of them ``d_outputs`` is ∂L/∂h_t, what the loss at step t says with the later states held, and
``d_h`` or ``d_states`` is dL/dh_t, the total through time.
"""

from rnncourse.exercises.lesson_04.all_steps import BACKWARD
from rnncourse.exercises.lesson_04.central_differences import CHECK_GRADIENT
from rnncourse.exercises.lesson_04.jacobians import CHAIN
from rnncourse.exercises.lesson_04.one_step import STEP_BACK
from rnncourse.exercises.lesson_04.planted_bug import LEAKY_BACKWARD
from rnncourse.exercises.lesson_04.truncated import TRUNCATED_BACKWARD

EXERCISES = (STEP_BACK, BACKWARD, TRUNCATED_BACKWARD, CHECK_GRADIENT, LEAKY_BACKWARD, CHAIN)
