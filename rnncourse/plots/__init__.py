"""Figures: arrays in, an axes out; one palette for all lessons."""

from rnncourse.plots.charts import bars, lines
from rnncourse.plots.pictures import continuation, course_map, text_to_loss
from rnncourse.plots.sequences import characters, heat, padding, piano_roll, pixels, series, window
from rnncourse.plots.style import PALETTE, use_style

__all__ = [
    "PALETTE",
    "bars",
    "characters",
    "continuation",
    "course_map",
    "heat",
    "lines",
    "padding",
    "piano_roll",
    "pixels",
    "series",
    "text_to_loss",
    "use_style",
    "window",
]
