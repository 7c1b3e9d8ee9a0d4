"""Digits to encipher: sequences in, sequences of the same length out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnncourse._checks import check_whole
from rnncourse.datasets._dataset import About, Split
from rnncourse.datasets._tasks import LICENCE, TaskDataset
from rnncourse.datasets._vocabulary import Vocabulary

_DIGITS = Vocabulary.of("0123456789")
_FIRST = _DIGITS.tokens.index("0")


@dataclass(frozen=True, kw_only=True, repr=False)
class CipherDataset(TaskDataset):
    """Digits and enciphered digits of many lengths.

    Attributes:
        vocabulary: Vocabulary of source and target alike: 13 ids, 3 … 12 the digits.
        substitution: tuple of 10 int, the digit that stands for each digit before the key is added.
        beyond: ``(x, y)`` like the splits, with sources longer than any that they hold.
        lengths: dict from "train", "validation", "test" and "beyond" to (n,) int64, the digits of each source.
    """

    vocabulary: Vocabulary
    substitution: tuple[int, ...]
    beyond: Split
    lengths: dict[str, np.ndarray]


def ciphers(
    *,
    shortest: int = 2,
    longest: int = 12,
    farthest: int = 20,
    examples: int = 30_000,
    key: Sequence[int] = (0,),
    reverse: bool = False,
    seed: int = 0,
) -> CipherDataset:
    """Random digits, and the same digits enciphered one by one: a task for an encoder and a decoder.

    Each digit is replaced by the digit that a fixed random permutation gives it; then the digit of the key at its place
    is added, modulo 10, the key being repeated as often as needed. With the default key nothing is added, and what is
    hard is only to carry up to ``longest`` digits in their order from the encoder to the decoder. A longer key, such as
    (3, 1, 4), makes the rule depend on the place too, which takes several times as long to learn.

    Every length has an equal share of training. Of short sources there are few: a fifth of all sources of a length is
    held back for the test and a fifth for validation where that is less than an equal share, and training repeats
    the rest.

    Args:
        shortest, longest: lengths of a source, 1 ≤ shortest ≤ longest ≤ 18.
        farthest: int > longest, the longest source of ``beyond``.
        examples: int ≥ 20 · (longest − shortest + 1), wanted in the three splits together, of which 70 % train.
        key: digits 0 … 9, at least one.
        reverse: whether the source stands in reversed order, as Sutskever, Vinyals & Le (2014) turn it round; the
            target does not change.
        seed: int ≥ 0 of the random generator; it decides the permutation, too.

    Returns:
        CipherDataset: x (n, longest) int32 ids, the source's digits, then 0; y (n, longest + 2) int32 ids: 1, the
        enciphered digits, 2, then 0. ``beyond``: lengths longest + 1 … farthest in rows of farthest and farthest + 2.
        No source stands in two splits. Scored by the share of targets that are right from the first digit to the end;
        ``baselines``: "guess", of random digits in the right number.

    Raises:
        ValueError: an argument is outside its range.
    """
    check_whole("shortest", shortest, least=1)
    check_whole("longest", longest, least=shortest)
    check_whole("farthest", farthest, least=longest + 1)
    if longest > 18:
        raise ValueError(f"longest must be at most 18, received {longest}")
    lengths = range(shortest, longest + 1)
    check_whole("examples", examples, least=20 * len(lengths))
    check_whole("seed", seed, least=0)
    key = np.asarray(key)
    if key.ndim != 1 or not key.size or key.dtype.kind not in "iu" or key.min() < 0 or key.max() > 9:
        raise ValueError(f"key must be a sequence of digits 0 … 9, at least one, received {key.tolist()}")
    rng = np.random.default_rng(seed)
    substitution = rng.permutation(10)

    def rows(sources: list[np.ndarray], longest: int) -> tuple[Split, np.ndarray]:
        """Sources, a block of each length, mixed: ``(x, y)`` and how long each is."""
        x, y = [], []
        for block in sources:
            count, size = block.shape
            enciphered = (substitution[block] + np.resize(key, size)) % 10
            digits = block[:, ::-1] if reverse else block
            marks = np.full((count, 1), _DIGITS.start), np.full((count, 1), _DIGITS.end)
            padding = ((0, 0), (0, longest - size))
            x.append(np.pad(_FIRST + digits, padding, constant_values=_DIGITS.pad))
            target = np.concatenate([marks[0], _FIRST + enciphered, marks[1]], axis=1)
            y.append(np.pad(target, padding, constant_values=_DIGITS.pad))
        order = rng.permutation(sum(map(len, x)))
        x, y = (np.concatenate(blocks)[order].astype(np.int32) for blocks in (x, y))
        return (x, y), (x > 0).sum(axis=1)

    share = {"train": round(0.70 * examples / len(lengths)), "held": round(0.15 * examples / len(lengths))}
    drawn = [_sources(rng, length, **share) for length in lengths]
    splits = {name: rows([parts[name] for parts in drawn], longest) for name in ("train", "validation", "test")}
    longer = [rng.integers(0, 10, size=(share["held"], length)) for length in range(longest + 1, farthest + 1)]
    splits["beyond"] = rows(longer, farthest)
    added = "" if not key.any() else f", the key {' '.join(map(str, key))} added"
    return CipherDataset(
        **{name: split for name, (split, _) in splits.items()},
        lengths={name: sizes for name, (_, sizes) in splits.items()},
        vocabulary=_DIGITS,
        substitution=tuple(substitution.tolist()),
        score="accuracy of whole targets",
        baselines={"guess": float((10.0 ** -splits["test"][1]).mean())},
        about=About(
            source=f"generated with seed {seed}: random digits, each replaced by that of a fixed permutation{added}",
            licence=LICENCE,
            shapes=f"x (sequences, {longest} steps), y (sequences, {longest + 2} steps), int32",
            units="ids: 0 padding, 1 start, 2 end, 3 … 12 the digits 0 … 9; x: the source"
            + (", reversed" if reverse else "")
            + ", then padding; y: start, the target, end, padding",
            split=f"70/15/15 % for each length from {shortest} to {longest}, at random; of short sources, which are "
            "few, a fifth each is held for validation and test; no source stands in two splits",
        ),
    )


def _sources(rng: np.random.Generator, length: int, train: int, held: int) -> dict[str, np.ndarray]:
    """Sources of one length for each split, (n, length) digits: those held back all different, none of them trained."""
    available = 10**length
    held = min(held, available // 5)
    apart = rng.choice(available, size=2 * held, replace=False)
    seen = np.empty(0, dtype=np.int64)
    while len(seen) < train:
        more = rng.integers(0, available, size=train)
        seen = np.append(seen, more[~np.isin(more, apart)])
    places = 10 ** np.arange(length)[::-1]
    numbers = {"train": seen[:train], "validation": apart[:held], "test": apart[held:]}
    return {name: number[:, None] // places % 10 for name, number in numbers.items()}
