"""Classifiers that do not look at order: the majority of labels, and a bag of words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rnncourse._checks import check_whole

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

Tokens = np.ndarray | Sequence[str]
"""Whole numbers (n, steps), 0 where a sequence has ended; or n texts, whose tokens stand between blanks."""


def majority(train: np.ndarray, test: np.ndarray) -> float:
    """Accuracy on ``test`` of the label that is most frequent in ``train``; among equals the smallest label.

    Args:
        train: (n,) labels, n ≥ 1.
        test: (m,) labels, m ≥ 1.

    Returns:
        float: share of ``test`` that has this label.

    Raises:
        ValueError: labels of another rank, or none.
    """
    for name, labels in (("train", train), ("test", test)):
        if np.ndim(labels) != 1 or len(labels) < 1:
            raise ValueError(f"{name} must have shape (n,) with n ≥ 1, received shape {np.shape(labels)}")
    labels, counts = np.unique(train, return_counts=True)
    return float(np.mean(np.asarray(test) == labels[counts.argmax()]))


@dataclass(frozen=True)
class BagOfWords:
    """A fitted bag of words; :func:`bag_of_words` makes it.

    Attributes:
        order: int, the longest run of tokens that was counted.
        pipeline: scikit-learn's vectoriser and logistic regression.
    """

    order: int
    pipeline: Pipeline

    def predict(self, x: Tokens) -> np.ndarray:
        """(m,) labels for m sequences; a run of tokens that training did not have counts for nothing.

        Raises:
            ValueError: ``x`` is neither texts nor whole numbers of rank 2.
        """
        return self.pipeline.predict(_documents("x", x))

    def weights(self) -> dict[str, float]:
        """What one more of a token, or run of tokens, adds to the log odds of the larger of two labels.

        Tokens are written as in the texts, ids as decimal numbers; runs with blanks between.

        Raises:
            ValueError: there are more than two labels.
        """
        vectoriser, regression = self.pipeline[0], self.pipeline[1]
        if len(regression.coef_) > 1:
            raise ValueError(f"weights are there for two labels, received {len(regression.classes_)} in training")
        return dict(zip(vectoriser.get_feature_names_out().tolist(), regression.coef_[0].tolist(), strict=True))


def bag_of_words(x: Tokens, y: np.ndarray, *, order: int = 1, penalty: float = 1.0) -> BagOfWords:
    """Logistic regression on how often each token occurs, wherever it stands.

    Args:
        x: (n, steps) ids, 0 where a sequence has ended; or n texts whose tokens stand between blanks.
        y: (n,) labels of at least two kinds.
        order: int ≥ 1: 1 counts tokens, 2 also pairs of neighbours, 3 also runs of three …
        penalty: float > 0, how strongly large weights are punished (1/C of scikit-learn).

    Returns:
        BagOfWords, whose ``predict`` takes further sequences of the same form.

    Raises:
        ValueError: ``x`` is neither texts nor whole numbers of rank 2, its length differs from that of ``y``, there is
            one label only, or ``order`` or ``penalty`` is too small.
    """
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    check_whole("order", order, least=1)
    if not penalty > 0:
        raise ValueError(f"penalty must be above 0, received {penalty!r}")
    documents, y = _documents("x", x), np.asarray(y)
    if y.shape != (len(documents),):
        raise ValueError(f"y must have shape ({len(documents)},) as x has that many rows, received shape {y.shape}")
    if len(np.unique(y)) < 2:
        raise ValueError("y must hold at least two different labels, received one")
    pipeline = make_pipeline(
        CountVectorizer(lowercase=False, token_pattern=r"\S+", ngram_range=(1, order)),
        LogisticRegression(C=1 / penalty, max_iter=1000),
    )
    return BagOfWords(order, pipeline.fit(documents, y))


def _documents(name: str, x: Tokens) -> list[str]:
    """Every sequence as one text with blanks between its tokens."""
    if not isinstance(x, str) and len(x) and all(isinstance(text, str) for text in x):
        return list(x)
    ids = np.asarray(x)
    if ids.ndim != 2 or not np.issubdtype(ids.dtype, np.integer):
        raise ValueError(
            f"{name} must be texts or whole numbers of shape (n, steps), received {ids.dtype} of shape {ids.shape}"
        )
    return [" ".join(str(i) for i in row if i != 0) for row in ids.tolist()]
