"""Training a language model: from a text or a list of sentences to batches, and one update after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from rnncourse._checks import check_whole
from rnncourse.scratch.language_model import LanguageModel
from rnncourse.scratch.optimizers import Adam, Optimizer, clip_by_global_norm

Batch = tuple[np.ndarray, np.ndarray, np.ndarray | None, bool]
"""Inputs, targets and mask, (B, T) each, and whether the state starts from zero."""


def train(
    model: LanguageModel,
    data: str | np.ndarray | Sequence[str] | Sequence[Sequence[str]],
    *,
    steps: int = 200,
    batch_size: int | None = None,
    chunk: int | None = None,
    optimizer: Optimizer | None = None,
    clip: float | None = 1.0,
    seed: int = 0,
) -> np.ndarray:
    """Train a language model by backpropagation through time.

    **One text** is cut into ``batch_size`` streams of equal length that are read side by side, ``chunk`` tokens an
    update. The state is carried from chunk to chunk and the gradient is not: truncated backpropagation. A stream that
    has been read starts again from its beginning and from a zero state; its last chunk is as long as what is left.

    **A list of sentences** is read ``batch_size`` sentences an update, each from a zero state and in full. Shorter ones
    are padded at the end, which neither the loss nor a gradient sees.

    Args:
        model: what is trained; its weights are changed in place.
        data: one text: a str, or ids (n,) of its tokens. Or a list of sentences, each a str or a list of tokens.
        steps: int ≥ 1, how many updates.
        batch_size: int ≥ 1, streams of a text (None: 1) or sentences an update (None: all of them). The order of
            sentences is drawn anew each time all have been read.
        chunk: int ≥ 1, tokens of a text that an update reads in each stream. None reads the whole stream at once.
        optimizer: :class:`Adam` or :class:`Adagrad`; None is ``Adam(0.01)``. Pass the same one again to go on where an
            earlier call stopped.
        clip: float > 0, the largest global norm of the gradients that is let through; None lets every norm through.
        seed: int ≥ 0, for the order of sentences.

    Returns:
        losses: (steps,), nats a token, each of its own batch before the update.

    Raises:
        ValueError: a token that is not in the vocabulary, a text that is too short for its streams and chunks, a
            sentence of less than two tokens, or an argument outside its range.
    """
    check_whole("steps", steps, least=1)
    check_whole("seed", seed, least=0)
    for name, value in (("batch_size", batch_size), ("chunk", chunk)):
        if value is not None:
            check_whole(name, value, least=1)
    optimizer = Adam(0.01) if optimizer is None else optimizer
    if not isinstance(optimizer, Optimizer):
        raise ValueError(f"optimizer must be an optimiser of scratch, such as Adam(0.01), received {optimizer!r}")
    if isinstance(data, str | np.ndarray):
        batches = _text_batches(model, data, batch_size or 1, chunk)
    elif chunk is None:
        batches = _sentence_batches(model, data, batch_size, np.random.default_rng(seed))
    else:
        raise ValueError(f"chunk must be None for a list of sentences, which are read in full, received {chunk}")

    losses = np.empty(steps)
    state = None
    for step, (inputs, targets, mask, fresh) in zip(range(steps), batches, strict=False):
        losses[step], gradients, state = model.loss_and_gradients(
            inputs, targets, state=None if fresh else state, mask=mask
        )
        if clip is not None:
            gradients, _ = clip_by_global_norm(gradients, clip)
        optimizer.update(model.weights, gradients)
    return losses


def _text_batches(model: LanguageModel, text: str | np.ndarray, batch_size: int, chunk: int | None) -> Iterator[Batch]:
    """Chunk after chunk of a text, in streams side by side, without end."""
    ids = model.encode(text) if isinstance(text, str) else text
    needed = batch_size * (chunk or 1) + 1
    if np.ndim(ids) != 1 or len(ids) < needed:
        raise ValueError(
            f"data must be one text of at least batch_size × chunk + 1 = {needed} tokens, received shape "
            f"{np.shape(ids)}"
        )
    length = (len(ids) - 1) // batch_size
    inputs = ids[: batch_size * length].reshape(batch_size, length)
    targets = ids[1 : batch_size * length + 1].reshape(batch_size, length)
    return _chunks(inputs, targets, chunk or length)


def _chunks(inputs: np.ndarray, targets: np.ndarray, chunk: int) -> Iterator[Batch]:
    while True:
        for start in range(0, inputs.shape[1], chunk):
            part = slice(start, start + chunk)
            yield inputs[:, part], targets[:, part], None, start == 0


def _sentence_batches(
    model: LanguageModel, sentences: Sequence, batch_size: int | None, rng: np.random.Generator
) -> Iterator[Batch]:
    """Padded batches of sentences without end; every sentence once before any comes again."""
    wrong = [sentence for sentence in sentences if not isinstance(sentence, str | Sequence)]
    if wrong:
        raise ValueError(f"data must be a text, an array of ids, or a list of sentences, received {wrong[0]!r} in it")
    encoded = [model.encode(sentence) for sentence in sentences]
    short = [sentence for sentence, ids in zip(sentences, encoded, strict=True) if len(ids) < 2]
    if short or not encoded:
        received = repr(short[0]) if short else "no sentence"
        raise ValueError(f"data must be a list of sentences of at least 2 tokens, received {received}")
    lengths = np.array([len(ids) for ids in encoded])
    padded = np.zeros((len(encoded), lengths.max()), dtype=np.int64)
    mask = np.arange(lengths.max()) < lengths[:, np.newaxis]
    padded[mask] = np.concatenate(encoded)
    return _shuffled(padded, mask, batch_size or len(encoded), rng)


def _shuffled(padded: np.ndarray, mask: np.ndarray, batch_size: int, rng: np.random.Generator) -> Iterator[Batch]:
    while True:
        order = rng.permutation(len(padded))
        for start in range(0, len(padded), batch_size):
            rows = order[start : start + batch_size]
            used = slice(None, mask[rows].sum(axis=1).max())
            tokens = padded[rows, used]
            yield tokens[:, :-1], tokens[:, 1:], mask[rows, used][:, 1:], True
