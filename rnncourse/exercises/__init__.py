"""The student's side: exercises, and a check that says which mistake was made."""

from rnncourse.exercises.catalogue import all_exercises, get, solution
from rnncourse.exercises.checking import cases, check, run
from rnncourse.exercises.diagnosis import diagnose
from rnncourse.exercises.exercise import Exercise, Outcome, Report

__all__ = [
    "Exercise",
    "Outcome",
    "Report",
    "all_exercises",
    "cases",
    "check",
    "diagnose",
    "get",
    "run",
    "solution",
]
