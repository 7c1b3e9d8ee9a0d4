"""Python's own standard library as a text: every machine that runs the course has it."""

from __future__ import annotations

import hashlib
import platform
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from rnncourse._checks import check_whole
from rnncourse.datasets._dataset import About, Split, TextDataset, encode

VOCABULARY = ("\ufffd", "\t", "\n", *map(chr, range(32, 127)))  # constant, so that a model fits every Python release

LICENCE = "Python Software Foundation License, version 2"
SPLIT = (
    "by module, 80/10/10 % of the characters; a module that would cross a boundary is cut there and its rest left out, "
    "so no module stands in two splits"
)

_LEAST = 10_000
# Tests, demonstrations, tables, generated modules, and packages that newer releases have dropped.
_LEFT_OUT = frozenset(
    (
        *("test", "tests", "idle_test", "idlelib", "turtledemo", "ensurepip"),
        *("encodings", "pydoc_data", "html/entities.py", "keyword.py", "stringprep.py", "token.py"),
        *("distutils", "lib2to3", "msilib"),
    )
)


def python_source(*, characters: int = 1_000_000) -> TextDataset:
    """Modules of Python's standard library, character by character, each with the character that follows.

    The modules come in the order of a hash of their names, which mixes them and hardly changes between releases.
    Training text is filled first, so a smaller ``characters`` gives a prefix of it.

    Args:
        characters: int ≥ 10,000, pairs of a character and the next one, in the three splits together.

    Returns:
        TextDataset: x (n,) int32 ids of characters, y (n,) int32 ids of the characters that follow: ``y[t] == x[t +
        1]``. ``vocabulary`` has 98 entries on every release: "\\ufffd" for whatever is not listed, tab, line feed, and
        the printable ASCII characters.

    Raises:
        ValueError: ``characters`` is below 10,000, or more than this Python's library holds.

    Source: the ``.py`` files of the Python that runs.
    """
    train, validation, test = (_pairs(pieces) for pieces in modules_by_split(characters))
    return TextDataset(
        train=train,
        validation=validation,
        test=test,
        vocabulary=VOCABULARY,
        about=About(
            source=library_source(),
            licence=LICENCE,
            shapes="x (characters,), y (characters,), int32",
            units=f"ids of characters, 0 … {len(VOCABULARY) - 1}, 0 = not in the vocabulary; y is x one character "
            "later",
            split=SPLIT,
        ),
    )


def library_source() -> str:
    """Which library was read, in words."""
    return (
        f"the standard library of Python {platform.python_version()}, read from this installation; it differs a little "
        "between releases. Tests, demonstrations, tables, generated modules and packages that newer releases dropped "
        "are left out"
    )


def modules_by_split(characters: int) -> list[list[tuple[str, int]]]:
    """The texts of the library's modules for train, validation and test.

    Args:
        characters: int ≥ 10,000, in the three splits together.

    Returns:
        For each split the modules in their order: the whole text of each, and how many of its characters belong to the
        split, which are all but for the last module. Each split has one character more than its share of
        ``characters``: the target of the last one.

    Raises:
        ValueError: ``characters`` is below 10,000, or more than this Python's library holds.
    """
    check_whole("characters", characters, least=_LEAST)
    held = characters // 10
    return _fill(library_modules(), [characters - 2 * held, held, held])


def library_modules() -> list[Path]:
    """The modules of the library that runs, in an order that mixes them and hardly changes between releases."""
    return _modules(Path(sysconfig.get_path("stdlib")))


def _modules(library: Path) -> list[Path]:
    """The library's own modules in an order that mixes them; nothing that was installed beside them."""
    names = {}
    for entry in library.glob("*"):
        if entry.name.removesuffix(".py") in sys.stdlib_module_names:  # never walks through what was installed
            for path in [entry] if entry.suffix == ".py" else entry.rglob("*.py"):
                name = path.relative_to(library)
                if not {*name.parts, name.as_posix()} & _LEFT_OUT:
                    names[name.as_posix()] = path
    return [names[name] for name in sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())]


def _fill(modules: list[Path], sizes: list[int]) -> list[list[tuple[str, int]]]:
    """For each size as many modules of its own as it takes to have ``size + 1`` characters."""
    waiting: Iterator[Path] = iter(modules)
    splits = []
    for size in sizes:
        pieces, missing = [], size + 1  # one more: the last character's target
        while missing > 0:
            module = next(waiting, None)
            if module is None:
                raise ValueError(f"characters must be at most {_available(modules)}, received {sum(sizes)}")
            text = module.read_text(encoding="utf-8")
            pieces.append((text, min(len(text), missing)))
            missing -= pieces[-1][1]
        splits.append(pieces)
    return splits


def _available(modules: list[Path]) -> int:
    """How many characters can be had for sure, whatever two boundaries cut off."""
    lengths = [len(module.read_text(encoding="utf-8")) for module in modules]
    return max(0, sum(lengths) - 2 * max(lengths, default=0) - 3)


def _pairs(pieces: list[tuple[str, int]]) -> Split:
    ids = encode("".join(text[:used] for text, used in pieces), VOCABULARY)
    return ids[:-1], ids[1:]
