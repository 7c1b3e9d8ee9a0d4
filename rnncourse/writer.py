"""What the command ``rnncourse write`` reads and says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rnncourse.datasets import python_source
from rnncourse.datasets._files import existing, read_text


def read(file: Path | None) -> str:
    """What a file holds, or a million characters of the standard library."""
    if file is not None:
        return read_text(existing(file, "text file"), "utf-8")
    source = python_source()
    return "".join(source.decode(x) for x, _ in (source.train, source.validation, source.test))


def learned(history: Mapping[str, Sequence[float]]) -> str:
    """How a training went, in one line."""
    seconds, updates, characters = (history[name][-1] for name in ("seconds", "updates", "characters"))
    return (
        f"{updates:,} updates in {seconds:.0f} s, {characters / seconds:,.0f} characters a second; "
        f"{min(history['validation']):.3f} nats a character on the last tenth, which was held out"
    )


def first_line(text: str, vocabulary: str) -> str:
    """The beginning of a text's last third, up to the end of a line; any character where there is no text."""
    line = text[2 * len(text) // 3 :].partition("\n")[2].partition("\n")[0][:40]
    return line or vocabulary[0]
