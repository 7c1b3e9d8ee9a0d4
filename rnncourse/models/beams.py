"""Beam search: several hypotheses at once, compared by their probability for each token."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rnncourse._checks import check_whole
from rnncourse.models import stepping
from rnncourse.models.tokens import END, PAD, START
from rnncourse.models.writing import carried, never, run


@dataclass(frozen=True)
class Beams:
    """What beam search found for a batch, the best first.

    Attributes:
        ids: (B, width, length) int32, each up to and with the end 2, then padding 0.
        log_probabilities: (B, width) float32, ln p(ids | source), in nats.
        scores: (B, width) float32, ``log_probabilities`` / (tokens, the end included) ** ``length_penalty``, falling;
            minus infinity where there are fewer than ``width`` rows of tokens at all.
    """

    ids: np.ndarray
    log_probabilities: np.ndarray
    scores: np.ndarray


def beam_search(model: keras.Model, source: Any, width: int = 4, *, length: int, length_penalty: float = 1.0) -> Beams:
    """Let a decoder write ``width`` hypotheses side by side.

    At each step every open hypothesis is continued by every token, and the likeliest are kept. A hypothesis that ends
    is kept for good, and leaves one place less to the open ones (Sutskever et al. 2014); with ``width`` 1 that is
    ``greedy``. The search ends when all have ended or ``length`` is reached, and ranks them by log-probability divided
    by a power of the length (Wu et al. 2016 have a variant), so that a short one does not win for being short. One that
    is still open then counts as it stands.

    The encoder runs once and the loop is compiled, at the first call for a model and a width.

    Args:
        model, source, length: as for ``greedy``.
        width: int ≥ 1, hypotheses.
        length_penalty: float ≥ 0, the power: 1 compares the mean for a token, 0 the probability of the whole.

    Returns:
        Beams: the ``width`` best, ranked; the best are ``.ids[:, 0]``.

    Raises:
        ValueError: an argument is outside its range, or a model that does not write step by step.
    """
    check_whole("width", width, least=1)
    if not 0 <= length_penalty < math.inf:
        raise ValueError(f"length_penalty must be a number from 0 up, received {length_penalty!r}")

    def make(encoder: keras.Model, decoder: keras.Model) -> Callable:
        return _loop(encoder, decoder, int(width))

    return Beams(*run(model, ("beams", int(width)), make, source, length, float(length_penalty)))


def _loop(encoder: keras.Model, decoder: keras.Model, width: int) -> Callable:
    def search(inputs: list[tf.Tensor], length: tf.Tensor, length_penalty: tf.Tensor) -> list[tf.Tensor]:
        memory = carried(encoder(inputs, training=False), width)
        batch = tf.shape(inputs[0])[0]
        start = tf.fill([batch * width], START)
        states = stepping.initial_states(decoder, start, memory(), steps=length)
        first = tf.one_hot([0], width, on_value=0.0, off_value=-np.inf)  # all hypotheses are one until they differ
        log_p = tf.repeat(first, batch, axis=0)  # (B, W)
        ids = tf.zeros([batch, width, length], tf.int32)
        counts = tf.zeros([batch, width], tf.int32)
        ended = tf.zeros([batch, width], bool)

        def body(t: tf.Tensor, last: tf.Tensor, states: list, log_p: Any, ids: Any, counts: Any, ended: Any) -> tuple:
            scores, states = stepping.step(decoder, last, states, memory())  # (B · W, V)
            vocab = scores.shape[-1]
            total = log_p[..., None] + tf.reshape(
                tf.nn.log_softmax(scores + never(vocab)), [batch, width, vocab]
            )  # (B, W, V)
            stays = tf.one_hot(
                [[PAD]], vocab, on_value=0.0, off_value=-np.inf
            )  # an ended one goes on with padding only
            total = tf.where(ended[..., None], log_p[..., None] + stays, total)
            rank = tf.where(ended[..., None] & (stays == 0), np.inf, total)
            best = tf.math.top_k(tf.reshape(rank, [batch, width * vocab]), width).indices  # (B, W)
            parent, token = best // vocab, best % vocab
            log_p = tf.gather(tf.reshape(total, [batch, width * vocab]), best, batch_dims=1)
            ids, counts, ended = (tf.gather(a, parent, batch_dims=1) for a in (ids, counts, ended))
            ids = tf.where(tf.range(length) == t, token[..., None], ids)
            counts += tf.cast(~ended, tf.int32)
            ended |= (token == END) & (log_p > -np.inf)
            rows = tf.reshape(parent + width * tf.range(batch)[:, None], [-1])
            states = tf.nest.map_structure(lambda a: tf.gather(a, rows), states)
            return t + 1, tf.reshape(token, [-1]), states, log_p, ids, counts, ended

        def going(t: tf.Tensor, *values: Any) -> tf.Tensor:
            return (t < length) & ~tf.reduce_all(values[-1])

        values = (tf.constant(0), start, states, log_p, ids, counts, ended)
        *_, log_p, ids, counts, _ = tf.while_loop(going, body, values)
        scores = log_p / tf.cast(counts, tf.float32) ** length_penalty
        order = tf.argsort(scores, direction="DESCENDING", stable=True)
        return [tf.gather(a, order, batch_dims=1) for a in (ids, log_p, scores)]

    return search
