"""Dates as people write them, and the same dates written in another way."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from rnncourse.datasets._dataset import About
from rnncourse.datasets._tasks import TaskDataset, check_task, three_splits
from rnncourse.datasets._vocabulary import Vocabulary

FIRST, LAST = datetime.date(1950, 1, 1), datetime.date(2049, 12, 31)
STYLES = ("full", "long", "medium")  # not "short", where 3/4/05 is March in one country and April in another
_AVAILABLE = (LAST - FIRST).days + 1

Written = Callable[[datetime.date, str], str]
"""How one locale writes a date in a style."""


@dataclass(frozen=True, kw_only=True, repr=False)
class DateDataset(TaskDataset):
    """Pairs of phrases that mean the same date.

    Attributes:
        source_vocabulary, target_vocabulary: Vocabulary of the characters of ``x`` and of ``y``.
        locales: dict from "train", "validation" and "test" to (n,) str, the locale of each source.
    """

    source_vocabulary: Vocabulary
    target_vocabulary: Vocabulary
    locales: dict[str, np.ndarray]


def dates(
    *,
    source: str | Sequence[str] = ("en", "fr", "de", "es", "ja"),
    target: str = "iso",
    examples: int = 10_000,
    seed: int = 0,
) -> DateDataset:
    """Dates from 1950 to 2049 as phrases: "Sonntag, 4. Mai 2014" becomes "2014-05-04".

    Each source is a date in a random one of the locales and in a random one of three styles of the Unicode CLDR: full,
    with the day of the week, long, and medium, with a short month or digits alone. In Spanish: "domingo, 4 de mayo de
    2014", "4 de mayo de 2014" and "4 may 2014". Parts change their order from source to target, so what the decoder
    attends to jumps.

    Args:
        source: names of locales that Babel knows, such as "en" or "pt_BR"; one, or several different ones.
        target: "iso" for 2014-05-04, or a locale for its long style, which has no day of the week.
        examples: int from 20 to 18,262, half of all dates.
        seed: int ≥ 0 of the random generator.

    Returns:
        DateDataset: x (n, steps) int32 ids of a source's characters, then 0; y (n, steps') int32 ids: 1, the target's
        characters, 2, then 0. The vocabularies do not depend on the seed; the rows are as long as the longest phrase
        needs. No date occurs twice. Scored by the share of targets that are right to the last character;
        ``baselines``: "guess", of any date.

    Raises:
        ValueError: an argument is outside its range, or Babel does not know a locale.

    Source: the CLDR (Common Locale Data Repository) as it comes with Babel.
    """
    import babel

    check_task(examples=(examples, 20), seed=(seed, 0))
    if examples > _AVAILABLE // 2:
        raise ValueError(f"examples must be at most {_AVAILABLE // 2}, half of all dates, received {examples}")
    names = (source,) if isinstance(source, str) else tuple(source)
    if not names or len(set(names)) < len(names):
        raise ValueError(f"source must name at least one locale and none twice, received {names}")
    sources = [(_writer("source", name), style) for name in names for style in STYLES]
    write = _iso if target == "iso" else _writer("target", target)

    rng = np.random.default_rng(seed)
    days = [FIRST + datetime.timedelta(days=int(day)) for day in rng.choice(_AVAILABLE, examples, replace=False)]
    ways = rng.integers(len(sources), size=examples)
    phrases = [sources[way][0](day, sources[way][1]) for day, way in zip(days, ways, strict=True)]
    source_vocabulary, target_vocabulary = _vocabulary(sources), _vocabulary([(write, "long")])
    x = source_vocabulary.encode(phrases, marks=False)
    y = target_vocabulary.encode([write(day, "long") for day in days])
    locale = np.array(names)[ways // len(STYLES)]
    return DateDataset(
        **three_splits(x, y),
        locales={name: part for name, (part, _) in three_splits(locale, locale).items()},
        source_vocabulary=source_vocabulary,
        target_vocabulary=target_vocabulary,
        score="accuracy of whole targets",
        baselines={"guess": 1 / _AVAILABLE},
        about=About(
            source=f"random dates from {FIRST.year} to {LAST.year}, drawn with seed {seed}, written by Babel "
            f"{babel.__version__} with the Unicode CLDR in the locales {', '.join(names)}, styles {', '.join(STYLES)}; "
            f"targets in {'ISO 8601' if target == 'iso' else f'the long style of {target}'}",
            licence="the dates are generated (CC0); the CLDR is under the Unicode License, Babel under the BSD licence",
            shapes=f"x (phrases, {x.shape[1]} steps), y (phrases, {y.shape[1]} steps), int32",
            units="ids of characters, 0 padding, 1 start, 2 end; x: the source, then padding; y: start, the target, "
            "end, padding",
            split="70/15/15 % by date, at random: every date occurs once, in one locale and one style",
        ),
    )


def _iso(day: datetime.date, style: str) -> str:
    return day.isoformat()


def _writer(argument: str, name: str) -> Written:
    from babel import Locale, UnknownLocaleError
    from babel.dates import format_date

    try:
        locale = Locale.parse(name)
    except (TypeError, ValueError, UnknownLocaleError):
        raise ValueError(f"{argument} must be a locale that Babel knows, such as 'en', received {name!r}") from None
    return lambda day, style: format_date(day, style, locale=locale)


def _vocabulary(writers: list[tuple[Written, str]]) -> Vocabulary:
    """The characters of every date: of all months, all days of the week and all digits."""
    days = [datetime.date(2001, month, 1) for month in range(1, 13)]
    days += [datetime.date(2001, 1, day) for day in range(2, 8)]
    written = {character for write, style in writers for day in days for character in write(day, style)}
    return Vocabulary.of(sorted(written | set("0123456789")))
