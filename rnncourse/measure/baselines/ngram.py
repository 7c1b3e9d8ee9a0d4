"""The n-gram language model: what a table of counts knows about the next token."""

from __future__ import annotations

import numpy as np

from rnncourse._checks import check_whole


def ngram(train: np.ndarray, test: np.ndarray, *, vocab_size: int, order: int = 3) -> float:
    """Cross-entropy of an interpolated n-gram, estimated on ``train`` and measured on ``test``.

    Every order is mixed with the one below it as Witten & Bell (1991) do,
    ``P_n(w | c) = (count(c w) + kinds(c) · P_{n−1}(w | c′)) / (count(c) + kinds(c))``, where ``kinds(c)`` is the number
    of different tokens seen after the context ``c`` and ``c′`` is ``c`` without its oldest token; order 0 is uniform.

    Args:
        train: (n,) ids from 0 to ``vocab_size − 1``.
        test: (m,) ids; the first ``order − 1`` of them are context only.
        vocab_size: int ≥ 1, the number of tokens there are.
        order: int ≥ 1: 1 looks at no context, 2 at the previous token, 3 at the previous two.

    Returns:
        float: mean of −ln P over the tokens of ``test``, in nats per token.

    Raises:
        ValueError: ids of another rank or outside the vocabulary, a text shorter than ``order``, an ``order`` below 1,
            or contexts too many to number (``vocab_size ** order`` above 2⁶²).
    """
    check_whole("order", order, least=1)
    if vocab_size < 1 or vocab_size**order > 2**62:
        raise ValueError(f"vocab_size ** order must lie in 1 … 2**62, received {vocab_size} ** {order}")
    train, test = (_ids(name, ids, vocab_size, order) for name, ids in (("train", train), ("test", test)))
    probability = np.full(len(test) - order + 1, 1 / vocab_size)
    for n in range(1, order + 1):
        grams, counts = np.unique(_numbers(train, n, vocab_size), return_counts=True)
        contexts, first = np.unique(grams // vocab_size, return_index=True)  # grams are sorted, so contexts are runs
        kinds = np.diff(np.append(first, len(grams)))
        totals = np.add.reduceat(counts, first)
        asked = _numbers(test, n, vocab_size)[order - n :]
        seen = _look_up(grams, counts, asked)
        total, kind = (_look_up(contexts, table, asked // vocab_size) for table in (totals, kinds))
        known = total > 0
        probability[known] = ((seen + kind * probability) / np.maximum(total + kind, 1))[known]
    return float(-np.log(probability).mean())


def _numbers(ids: np.ndarray, n: int, vocab_size: int) -> np.ndarray:
    """(len(ids) − n + 1,): every run of ``n`` tokens as one number in base ``vocab_size``, the newest token last."""
    number = np.zeros(len(ids) - n + 1, dtype=np.int64)
    for start in range(n):
        number = number * vocab_size + ids[start : start + len(number)]
    return number


def _look_up(keys: np.ndarray, values: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """The value of each asked key, 0 where the sorted ``keys`` do not have it."""
    place = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
    return np.where(keys[place] == asked, values[place], 0)


def _ids(name: str, ids: np.ndarray, vocab_size: int, order: int) -> np.ndarray:
    ids = np.asarray(ids)
    if ids.ndim != 1 or len(ids) < order:
        raise ValueError(f"{name} must have shape (n,) with n ≥ order = {order}, received shape {ids.shape}")
    if not np.issubdtype(ids.dtype, np.integer) or ids.min() < 0 or ids.max() >= vocab_size:
        raise ValueError(f"{name} must hold ids from 0 to {vocab_size - 1}, received {ids.min()} … {ids.max()}")
    return ids.astype(np.int64)
