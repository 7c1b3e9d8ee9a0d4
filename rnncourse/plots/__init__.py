"""Figures: arrays in, an axes out; one palette for all lessons."""

from rnncourse.plots.architectures import architectures
from rnncourse.plots.charts import bars, intervals, lines, stems
from rnncourse.plots.code import code
from rnncourse.plots.descent import clipping, loss_relief, loss_surface
from rnncourse.plots.gradients import gradient_norms, spectrum
from rnncourse.plots.graphs import recurrent_cell
from rnncourse.plots.pictures import continuation, course_map, text_to_loss
from rnncourse.plots.sequences import characters, heat, padding, piano_roll, pixels, series, window
from rnncourse.plots.states import phase_portrait, points, trajectories
from rnncourse.plots.style import PALETTE, WEIGHTS, use_style
from rnncourse.plots.tables import solved, table
from rnncourse.plots.transformer import transformer_block
from rnncourse.plots.translation import encoder_decoder
from rnncourse.plots.unrolling import reachable, streamed, unrolled
from rnncourse.plots.words import words

__all__ = [
    "PALETTE",
    "WEIGHTS",
    "architectures",
    "bars",
    "characters",
    "clipping",
    "code",
    "continuation",
    "course_map",
    "encoder_decoder",
    "gradient_norms",
    "heat",
    "intervals",
    "lines",
    "loss_relief",
    "loss_surface",
    "padding",
    "phase_portrait",
    "piano_roll",
    "pixels",
    "points",
    "reachable",
    "recurrent_cell",
    "series",
    "solved",
    "spectrum",
    "stems",
    "streamed",
    "table",
    "text_to_loss",
    "trajectories",
    "transformer_block",
    "unrolled",
    "use_style",
    "window",
    "words",
]
