"""Two tasks of pure memory: the first symbol of a sequence, and a whole string after a lag."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from rnncourse.datasets._dataset import About
from rnncourse.datasets._tasks import LICENCE, SPLIT, TaskDataset, check_task, distinct, three_splits


def recall_first(
    *,
    steps: int = 50,
    symbols: int = 8,
    filler: Literal["blank", "distractors"] = "distractors",
    examples: int = 4000,
    seed: int = 0,
) -> TaskDataset:
    """One symbol, then fillers: after the last of them the task asks for the symbol.

    The symbol lies ``steps − 1`` steps back when the answer is due. Fillers never look like a symbol, so what is hard
    is the lag and nothing else: a net that sees all steps at once has an easy task. Hochreiter & Schmidhuber (1997)
    have tasks of this kind.

    Args:
        steps: int ≥ 2, the length of a sequence: the symbol and ``steps − 1`` fillers.
        symbols: int ≥ 2, different symbols to recall.
        filler: "blank": the same id at every step after the first, so there are only ``symbols`` different sequences,
            and every split holds the same ones; "distractors": at random one of ``symbols`` further ids, a new one
            at each step, and no sequence occurs twice.
        examples: int ≥ 20, sequences in the three splits together.
        seed: int ≥ 0 of the random generator.

    Returns:
        TaskDataset: x (n, steps) int32 ids: 0 … symbols − 1 at step 0; after it ``symbols`` for a blank, or symbols …
        2 · symbols − 1 for distractors. y (n,) int64: the id at step 0. Scored by accuracy; ``baselines``: "guess"
        1/symbols.

    Raises:
        ValueError: an argument is outside its range, or there are not enough different sequences to draw from.
    """
    check_task(steps=(steps, 2), symbols=(symbols, 2), examples=(examples, 20), seed=(seed, 0))
    if filler not in ("blank", "distractors"):
        raise ValueError(f"filler must be 'blank' or 'distractors', received {filler!r}")
    rng = np.random.default_rng(seed)

    def draw(count: int) -> np.ndarray:
        highest = symbols if filler == "blank" else 2 * symbols - 1
        x = rng.integers(symbols, highest + 1, size=(count, steps), dtype=np.int32)
        x[:, 0] = rng.integers(0, symbols, size=count)
        return x

    if filler == "blank":
        x = draw(examples)
    else:
        of = f"steps {steps} and symbols {symbols}"
        x = distinct(rng, examples, draw, available=symbols**steps, of=of)
    after = f"{symbols} a blank" if filler == "blank" else f"{symbols} … {2 * symbols - 1} distract"
    return TaskDataset(
        **three_splits(x, x[:, 0].astype(np.int64)),
        score="accuracy",
        baselines={"guess": 1 / symbols},
        about=About(
            source=f"generated with seed {seed}: a random symbol, then {steps - 1} fillers ({filler})",
            licence=LICENCE,
            shapes=f"x (sequences, {steps} steps), int32; y (sequences,), int64",
            units=f"x: ids, 0 … {symbols - 1} the symbol at step 0, {after}; y: the id at step 0",
            split=f"{SPLIT}; "
            + ("every split holds the same few sequences" if filler == "blank" else "no sequence occurs twice"),
        ),
    )


def copying(*, lag: int = 30, symbols: int = 8, length: int = 10, examples: int = 4000, seed: int = 0) -> TaskDataset:
    """A string of symbols, a long blank, a signal: from the signal on the string has to be written down.

    The form of Arjovsky, Shah & Bengio (2016), after Hochreiter & Schmidhuber (1997), with T = ``lag``: ``length``
    random symbols, T − 1 blanks, the signal, ``length`` blanks: T + 2 · length steps. The target is blank for the first
    T + length steps and then the string. Without memory one can do no better than to answer blank first and to spread
    the probability evenly over the symbols during the last ``length`` steps, which costs length · ln(symbols) /
    (T + 2 · length) a step: 10 · ln 8 / (T + 20) with the usual eight symbols and length ten.

    Args:
        lag: int ≥ 1, the lag T: each symbol is asked for ``lag + length`` steps after it was seen.
        symbols: int ≥ 2, different symbols.
        length: int ≥ 1, symbols in the string.
        examples: int ≥ 20, sequences in the three splits together.
        seed: int ≥ 0 of the random generator.

    Returns:
        TaskDataset: x (n, lag + 2 · length) int32 ids: 0 … symbols − 1, ``symbols`` a blank, ``symbols + 1`` the
        signal; y of the same shape, int64, ids 0 … symbols. No sequence occurs twice. Scored by cross-entropy in nats,
        mean over all steps; ``baselines``: "memoryless", as above.

    Raises:
        ValueError: an argument is outside its range, or there are not enough different strings to draw from.
    """
    check_task(lag=(lag, 1), symbols=(symbols, 2), length=(length, 1), examples=(examples, 20), seed=(seed, 0))
    rng = np.random.default_rng(seed)
    text = distinct(
        rng,
        examples,
        lambda count: rng.integers(0, symbols, size=(count, length), dtype=np.int32),
        available=symbols**length,
        of=f"symbols {symbols} and length {length}",
    )
    steps = lag + 2 * length
    x = np.full((examples, steps), symbols, dtype=np.int32)
    x[:, :length] = text
    x[:, length + lag - 1] = symbols + 1
    y = np.full((examples, steps), symbols, dtype=np.int64)
    y[:, length + lag :] = text
    return TaskDataset(
        **three_splits(x, y),
        score="cross-entropy in nats per step",
        baselines={"memoryless": length * math.log(symbols) / steps},
        about=About(
            source=f"the copying task of Arjovsky, Shah & Bengio (2016), generated with seed {seed}",
            licence=LICENCE,
            shapes=f"x (sequences, {steps} steps), int32; y (sequences, {steps} steps), int64",
            units=f"x: ids, 0 … {symbols - 1} symbols, {symbols} a blank, {symbols + 1} the signal; y: the symbol due, "
            f"or {symbols} before the answer",
            split=f"{SPLIT}; no sequence occurs twice",
        ),
    )
