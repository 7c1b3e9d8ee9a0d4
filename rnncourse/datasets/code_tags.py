"""Lines of Python code, and for each token what it is there for."""

from __future__ import annotations

import keyword
import token
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np

from rnncourse.datasets._dataset import About, Split
from rnncourse.datasets._tasks import TaskDataset, check_task
from rnncourse.datasets._vocabulary import Vocabulary
from rnncourse.datasets.python_source import LICENCE, library_modules, library_source
from rnncourse.datasets.python_tags import NUMBER, OTHER, STRING, TAGS, Line, tag_python

NAME = "<name>"
_SIGNS = sorted(set(token.EXACT_TOKEN_TYPES) - {"!"})  # "!" is a token from 3.12 on, and only in f-strings
_SHORTEST = 4


@dataclass(frozen=True, kw_only=True, repr=False)
class TaggingDataset(TaskDataset):
    """Sequences of tokens with a tag for each token.

    Attributes:
        vocabulary: Vocabulary of the tokens; "<name>" stands for every name that is not listed.
        tags: tuple of str, the meanings of the ids in ``y``: "<pad>", "other", then what a name is there for.
    """

    vocabulary: Vocabulary
    tags: tuple[str, ...]


def code_tags(*, examples: int = 10_000, names: int = 200, longest: int = 40) -> TaggingDataset:
    """Lines of Python's standard library: is a name called, assigned, an attribute, a parameter …?

    The tags are exact, by the syntax tree: see :func:`tag_python`. What decides often stands after the name: "(" makes
    it called, "=" assigned or the name of an argument, so a model that reads from left to right has to guess. A line is
    a logical line, which may span several written ones.

    Args:
        examples: int ≥ 20, different lines in the three splits together.
        names: int ≥ 0, how many of the training split's most frequent names keep an id of their own.
        longest: int ≥ 4, the most tokens in a line; longer lines and lines of fewer than four tokens are left out.

    Returns:
        TaggingDataset: x (n, longest) int32 ids of tokens, then 0; y (n, longest) int32 ids of tags: 0 padding, 1 no
        name, 2 … 9 a name. Scored by accuracy over names alone (``y > 1``); ``baselines``: "most frequent" tag, and
        what tables score that know the name and the token before it, the token after it, or both.

    Raises:
        ValueError: an argument is outside its range, or the library has fewer such lines.

    Source: the modules that :func:`python_source` reads, in its order.
    """
    check_task(examples=(examples, 20), names=(names, 0), longest=(longest, _SHORTEST))
    first, second = round(0.70 * examples), round(0.85 * examples)
    modules = (_kept(path.read_text(encoding="utf-8"), longest) for path in library_modules())
    read: list[list[Line]] = []
    while sum(map(len, read)) < first:  # no more than training will hold, so no name comes from another split
        read.append(_next(modules, examples))
    vocabulary = _vocabulary(chain.from_iterable(read), names)
    modules, seen = chain(read, modules), set()
    train, validation, test = (
        _rows(modules, size, vocabulary, longest, seen, examples) for size in (first, second - first, examples - second)
    )
    return TaggingDataset(
        train=train,
        validation=validation,
        test=test,
        vocabulary=vocabulary,
        tags=("<pad>", *TAGS),
        score="accuracy over names",
        baselines=_baselines(train, test),
        about=About(
            source=f"logical lines of {library_source()}. Tagged by its own ast and tokenize",
            licence=LICENCE,
            shapes=f"x (lines, {longest} tokens), y (lines, {longest} tokens), int32",
            units=f"x: ids of tokens, 0 padding, {len(vocabulary)} in all; y: "
            + ", ".join(f"{i} {tag}" for i, tag in enumerate(("padding", *TAGS))),
            split="by module, 70/15/15 % of the lines; a line that reads like an earlier one, all rare names being the "
            "same, is left out, so no line stands twice",
        ),
    )


def _kept(text: str, longest: int) -> list[Line]:
    lines = tag_python(text)
    return [line for line in lines if _SHORTEST <= len(line) <= longest and any(tag != OTHER for _, tag in line)]


def _next(modules: Iterator[list[Line]], examples: int) -> list[Line]:
    lines = next(modules, None)
    if lines is None:
        raise ValueError(
            f"examples must be fewer, since this library lacks so many different lines, received {examples}"
        )
    return lines


def _vocabulary(lines: Iterable[Line], names: int) -> Vocabulary:
    """The marks, what stands for names, numbers and strings, Python's own words and signs, and frequent names."""
    counts = Counter(written for line in lines for written, tag in line if tag != OTHER)
    frequent = sorted(counts, key=lambda name: (-counts[name], name))[:names]
    return Vocabulary.of((NAME, NUMBER, STRING, *sorted(keyword.kwlist), *_SIGNS, *frequent), " ")


def _rows(
    modules: Iterator[list[Line]], size: int, vocabulary: Vocabulary, longest: int, seen: set[bytes], examples: int
) -> Split:
    """Lines of whole modules until there are ``size`` that were not seen before; the rest of the last one is lost."""
    x, y = np.zeros((2, size, longest), dtype=np.int32)
    places = {tag: i for i, tag in enumerate(TAGS, 1)}
    count = 0
    while count < size:
        lines = _next(modules, examples)
        ids = vocabulary.encode(
            [[written for written, _ in line] for line in lines], marks=False, steps=longest, unknown=NAME
        )
        for row, line in zip(ids, lines, strict=True):
            if row.tobytes() not in seen and count < size:
                seen.add(row.tobytes())
                x[count] = row
                y[count, : len(line)] = [places[tag] for _, tag in line]
                count += 1
    return x, y


def _baselines(train: Split, test: Split) -> dict[str, float]:
    """The share of test names that tables tag right: each gives the training split's most frequent tag."""

    def known(x: np.ndarray, y: np.ndarray) -> tuple[list[tuple[int, int, int]], list[int]]:
        before, after = np.pad(x, ((0, 0), (1, 0)))[:, :-1], np.pad(x, ((0, 0), (0, 1)))[:, 1:]
        here = y > 1
        columns = (part[here].tolist() for part in (x, before, after))
        return list(zip(*columns, strict=True)), y[here].tolist()

    seen, due = known(*train), known(*test)
    columns = {"most frequent": (), "before": (0, 1), "after": (0, 2), "before and after": (0, 1, 2)}
    scores = {}
    for name, kept in columns.items():
        counts: dict[tuple[int, ...], Counter] = {}
        for context, tag in zip(*seen, strict=True):
            for key in (tuple(context[i] for i in kept), ()):
                counts.setdefault(key, Counter())[tag] += 1
        answers = (counts.get(tuple(context[i] for i in kept), counts[()]) for context in due[0])
        scores[name] = float(np.mean([a.most_common(1)[0][0] == tag for a, tag in zip(answers, due[1], strict=True)]))
    return scores
