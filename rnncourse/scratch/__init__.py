"""What the student learns to write, in NumPy alone: cells, unrolling, backpropagation through time, training.

Arrays are (batch, time, features). Weights have Keras' layout and gate order, so that they move both ways.
"""

from rnncourse.scratch.bptt import Gradients, backward
from rnncourse.scratch.finite_differences import gradient_check, gradient_errors
from rnncourse.scratch.gru import GRU
from rnncourse.scratch.language_model import LanguageModel
from rnncourse.scratch.losses import softmax_cross_entropy
from rnncourse.scratch.lstm import LSTM
from rnncourse.scratch.optimizers import Adagrad, Adam, clip_by_global_norm
from rnncourse.scratch.simple import SimpleRNN
from rnncourse.scratch.training import train
from rnncourse.scratch.truncated import truncated_backward
from rnncourse.scratch.unroll import Run, forward

__all__ = [
    "GRU",
    "LSTM",
    "Adagrad",
    "Adam",
    "Gradients",
    "LanguageModel",
    "Run",
    "SimpleRNN",
    "backward",
    "clip_by_global_norm",
    "forward",
    "gradient_check",
    "gradient_errors",
    "softmax_cross_entropy",
    "train",
    "truncated_backward",
]
