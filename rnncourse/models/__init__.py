"""Models: one builder for each type of architecture, attention, and writing with a trained model.

All of it needs TensorFlow. Importing this room registers its layers, so that ``keras.saving.load_model`` knows them.
"""

from rnncourse.models.attention import BahdanauAttention, LuongAttention
from rnncourse.models.beams import Beams, beam_search
from rnncourse.models.builders import many_to_many, many_to_one, one_to_one
from rnncourse.models.cells import CELLS, Cell
from rnncourse.models.conditioned import one_to_many
from rnncourse.models.convolution import MaskedConv1D
from rnncourse.models.greedy_search import greedy
from rnncourse.models.layer_norm_cells import LayerNormGRUCell, LayerNormLSTMCell
from rnncourse.models.linear_scan import linear_scan
from rnncourse.models.lru import LRU, LRUCell
from rnncourse.models.lstm_variants import LSTMVariantCell
from rnncourse.models.minimal import MinGRU, MinGRUCell, MinLSTM, MinLSTMCell
from rnncourse.models.parts import attention_weights
from rnncourse.models.pooling import AttentionPooling, LastStep, MaskedMax, MaskedMean
from rnncourse.models.positions import LearnedPositions, SinusoidalPositions
from rnncourse.models.pretrained import pretrained
from rnncourse.models.sampling import sample
from rnncourse.models.self_attention import MultiHeadSelfAttention
from rnncourse.models.text_model import TextModel
from rnncourse.models.text_training import train_text
from rnncourse.models.tokens import teacher_forcing
from rnncourse.models.transformer import TransformerBlock
from rnncourse.models.translation import encoder_decoder

__all__ = [
    "CELLS",
    "LRU",
    "AttentionPooling",
    "BahdanauAttention",
    "Beams",
    "Cell",
    "LRUCell",
    "LSTMVariantCell",
    "LastStep",
    "LayerNormGRUCell",
    "LayerNormLSTMCell",
    "LearnedPositions",
    "LuongAttention",
    "MaskedConv1D",
    "MaskedMax",
    "MaskedMean",
    "MinGRU",
    "MinGRUCell",
    "MinLSTM",
    "MinLSTMCell",
    "MultiHeadSelfAttention",
    "SinusoidalPositions",
    "TextModel",
    "TransformerBlock",
    "attention_weights",
    "beam_search",
    "encoder_decoder",
    "greedy",
    "linear_scan",
    "many_to_many",
    "many_to_one",
    "one_to_many",
    "one_to_one",
    "pretrained",
    "sample",
    "teacher_forcing",
    "train_text",
]
