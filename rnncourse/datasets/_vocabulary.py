"""Texts as rows of ids: a start, the tokens, a stop, padding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rnncourse._checks import check_whole

MARKS = ("<pad>", "<start>", "<end>")


@dataclass(frozen=True, repr=False)
class Vocabulary:
    """The tokens of texts that are read or written whole; the id of a token is its place in ``tokens``.

    Attributes:
        tokens: tuple of str, each once: first "<pad>", "<start>" and "<end>", then the tokens of texts.
        separator: str that stands between two tokens of a text: "" where they are characters, " " where they are words.
        pad, start, end: 0, 1 and 2, the ids of the three marks; 0 is what ``Embedding(mask_zero=True)`` masks.
    """

    tokens: tuple[str, ...]
    separator: str = ""
    pad: ClassVar[int] = 0
    start: ClassVar[int] = 1
    end: ClassVar[int] = 2

    @classmethod
    def of(cls, tokens: Iterable[str], separator: str = "") -> Vocabulary:
        """The marks, then ``tokens`` in their order; a str counts as its characters."""
        return cls((*MARKS, *tokens), separator)

    def __len__(self) -> int:
        return len(self.tokens)

    def __repr__(self) -> str:
        return f"Vocabulary({len(self)} ids: {' '.join(MARKS)} {self.separator.join(self.tokens[len(MARKS) :])})"

    def encode(
        self,
        texts: Sequence[Sequence[str]],
        *,
        marks: bool = True,
        steps: int | None = None,
        unknown: str | None = None,
    ) -> np.ndarray:
        """``texts`` as rows of ids, padded on the right with 0.

        Args:
            texts: n texts, each a sequence of tokens; a str counts as its characters.
            marks: whether a row begins with the id 1, the start, and the text is followed by the id 2, the end.
            steps: int ≥ 1, the length of a row; None for just what the longest text needs.
            unknown: the token that stands for every token outside the vocabulary; None if there may be none.

        Returns:
            (n, steps) int32.

        Raises:
            ValueError: one str instead of a sequence of texts, a token outside the vocabulary without ``unknown``, or
                ``steps`` below what the longest text needs.
        """
        if isinstance(texts, str):
            raise ValueError(f"texts must be a sequence of texts, received one str; write [{texts[:20]!r}]")
        needed = max(1, max((len(text) for text in texts), default=0) + 2 * marks)
        steps = needed if steps is None else steps
        check_whole("steps", steps, least=needed)
        places = {token: i for i, token in enumerate(self.tokens)}
        fallback = None if unknown is None else places[unknown]
        ids = np.full((len(texts), steps), self.pad, dtype=np.int32)
        for row, text in zip(ids, texts, strict=True):
            found = [places.get(token, fallback) for token in text]
            if None in found:
                raise ValueError(
                    f"texts must consist of the vocabulary's tokens, received {text[found.index(None)]!r} in {text!r}"
                )
            found = [self.start, *found, self.end] if marks else found
            row[: len(found)] = found
        return ids

    def decode(self, ids: Sequence) -> str | list[str]:
        """The text of a row of ids, or the list of texts of several rows.

        A text goes up to the first end of its row, or to the row's last step; start and padding leave no trace.

        Args:
            ids: (steps,) or (n, steps) whole numbers, 0 … len(vocabulary) − 1.

        Raises:
            ValueError: another rank, or an id outside the vocabulary.
        """
        ids = np.asarray(ids, dtype=int)
        if ids.ndim not in (1, 2):
            raise ValueError(f"ids must have shape (steps,) or (n, steps), received shape {ids.shape}")
        if ids.size and not 0 <= ids.min() <= ids.max() < len(self):
            raise ValueError(f"ids must lie in 0 … {len(self) - 1}, received {ids.min()} … {ids.max()}")
        texts = []
        for row in np.atleast_2d(ids):
            written = row[: (row == self.end).argmax()] if self.end in row else row
            texts.append(self.separator.join(self.tokens[i] for i in written if i > self.end))
        return texts if ids.ndim == 2 else texts[0]
