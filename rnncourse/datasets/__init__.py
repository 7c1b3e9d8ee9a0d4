"""Data sets: real ones from what is installed or shipped, generated ones, your own, and public ones to fetch.

Each function returns a :class:`Dataset`: ``train``, ``validation`` and ``test``, each ``(x, y)``, and ``about``.
Nothing is downloaded but by :func:`fetch`.
"""

from rnncourse.datasets._dataset import About, Dataset, SeriesDataset, TextDataset, windowed_splits, windows
from rnncourse.datasets._tasks import TaskDataset
from rnncourse.datasets._vocabulary import Vocabulary
from rnncourse.datasets.adding import adding
from rnncourse.datasets.chorales import chorales
from rnncourse.datasets.ciphers import CipherDataset, ciphers
from rnncourse.datasets.code_tags import TaggingDataset, code_tags
from rnncourse.datasets.dates import DateDataset, dates
from rnncourse.datasets.digit_captions import CaptionDataset, digit_captions
from rnncourse.datasets.digits import digits
from rnncourse.datasets.melodies import MelodyDataset, melodies
from rnncourse.datasets.memory import copying, recall_first
from rnncourse.datasets.order import order_only
from rnncourse.datasets.own_audio import AudioDataset, audio_from_folder
from rnncourse.datasets.own_series import series_from_csv
from rnncourse.datasets.own_text import text_from_file
from rnncourse.datasets.pendulum import pendulum
from rnncourse.datasets.public import PUBLIC, PublicFile, cache_path, fetch
from rnncourse.datasets.python_labels import LabelledText, label_python, python_labels
from rnncourse.datasets.python_source import python_source
from rnncourse.datasets.python_tags import tag_python
from rnncourse.datasets.reviews import HandReviews, ReviewDataset, reviews, reviews_by_hand
from rnncourse.datasets.running_total import running_total
from rnncourse.datasets.series import co2, eeg, el_nino, google_prices, sunspots
from rnncourse.datasets.speech import SpeechDataset, spoken_digits
from rnncourse.datasets.temporal_order import temporal_order

__all__ = [
    "PUBLIC",
    "About",
    "AudioDataset",
    "CaptionDataset",
    "CipherDataset",
    "Dataset",
    "DateDataset",
    "HandReviews",
    "LabelledText",
    "MelodyDataset",
    "PublicFile",
    "ReviewDataset",
    "SeriesDataset",
    "SpeechDataset",
    "TaggingDataset",
    "TaskDataset",
    "TextDataset",
    "Vocabulary",
    "adding",
    "audio_from_folder",
    "cache_path",
    "chorales",
    "ciphers",
    "co2",
    "code_tags",
    "copying",
    "dates",
    "digit_captions",
    "digits",
    "eeg",
    "el_nino",
    "fetch",
    "google_prices",
    "label_python",
    "melodies",
    "order_only",
    "pendulum",
    "python_labels",
    "python_source",
    "recall_first",
    "reviews",
    "reviews_by_hand",
    "running_total",
    "series_from_csv",
    "spoken_digits",
    "sunspots",
    "tag_python",
    "temporal_order",
    "text_from_file",
    "windowed_splits",
    "windows",
]
