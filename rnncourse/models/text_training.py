"""A text in, a trained character model out, in the time that is given."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

import keras
import tensorflow as tf

from rnncourse._checks import check_whole
from rnncourse.models.clock import Clock
from rnncourse.models.recipe import Recipe, recipe_for
from rnncourse.models.text_model import TextModel
from rnncourse.models.trainer import Trainer

LEAST = 1_000


def train_text(text: str, minutes: float = 3.0, steps: int | None = None, seed: int = 0) -> TextModel:
    """Train a character model on a text.

    A GRU, trained by truncated backpropagation through time with the state carried along parallel streams (Williams &
    Peng 1990), Adam, a learning rate that falls to 0 when the time is over, dropout, and an average over the weights of
    the last updates. The last tenth of the text is held out; the weights that predict it best are kept. Ctrl-C ends the
    training early and keeps what has been learned so far.

    Two teams of streams are computed at the same time. They share two cores best when an operation takes one thread:
    where TensorFlow has not started yet, and nothing was said about its threads, this sets it so for the process.

    Args:
        text: str, at least 1,000 characters; its different characters are the vocabulary.
        minutes: float > 0, the time for all of it.
        steps: int ≥ 1, how many updates to make, instead of what fits into ``minutes``: the same on every run.
        seed: int ≥ 0, of the first weights, of dropout, and of the places where the text is cut.

    Returns:
        TextModel, with the history of its training.

    Raises:
        ValueError: an argument outside its range, or a text that is too short.
    """
    clock = Clock(minutes, steps)
    check_text(text)
    check_whole("seed", seed, least=0)
    if not (tf.config.threading.get_intra_op_parallelism_threads() or os.environ.get("TF_NUM_INTRAOP_THREADS")):
        with suppress(RuntimeError):  # it has started
            tf.config.threading.set_intra_op_parallelism_threads(1)
    return train(text, clock, seed, recipe_for(len(text), minutes, steps))


def train(text: str, clock: Clock, seed: int, recipe: Recipe) -> TextModel:
    """What :func:`train_text` does, for any recipe."""
    keras.utils.set_random_seed(seed)
    found = TextModel("".join(sorted(set(text))), recipe.options)
    ids = found.encode(text)
    held_out = len(ids) // 10
    trainer = Trainer(found.model, ids[:-held_out], ids[-held_out:], seed, recipe)
    trainer.run(clock)
    found.history = trainer.history
    return found


def check_text(text: Any) -> None:
    """Raise ValueError unless it is a text that is long enough to train on."""
    if not isinstance(text, str) or len(text) < LEAST:
        received = f"{len(text)} characters" if isinstance(text, str) else type(text).__name__
        raise ValueError(f"text must be a str of at least {LEAST:,} characters, received {received}")
