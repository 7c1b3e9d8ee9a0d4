"""Answers that beginners may give, beyond the listed mistakes: each gets the hint, or the difference, that helps."""

from __future__ import annotations

import numpy as np
from exercise_answers import told_what_helps


# ── 01.1 ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def keeps_unlisted_as_text(text, vocabulary):
    return np.array([vocabulary.index(c) if c in vocabulary else c for c in text])


def returns_in_the_loop(text, vocabulary):
    ids = []
    for c in text:
        ids.append(vocabulary.index(c) if c in vocabulary else 0)
        return np.array(ids)


def stacks_one_hot_rows(text, vocabulary):
    rows = np.zeros((len(text), len(vocabulary)))
    for i, c in enumerate(text):
        rows[i, vocabulary.index(c) if c in vocabulary else 0] = 1
    return rows


def numbers_the_sorted_vocabulary(text, vocabulary):
    ids = {c: i for i, c in enumerate(sorted(set(vocabulary)))}
    return np.array([ids.get(c, 0) for c in text])


def leaves_out_the_first_entry(text, vocabulary):
    ids = {c: i for i, c in enumerate(vocabulary[1:])}
    return np.array([ids.get(c, 0) for c in text])


def forgets_the_dtype(text, vocabulary):
    return np.array([vocabulary.index(c) if c in vocabulary else 0 for c in text])


# ── 01.2 ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def target_after_the_horizon(series, steps, horizon):
    x, y = [], []
    for i in range(len(series) - steps - horizon):
        x.append(series[i : i + steps])
        y.append(series[i + steps + horizon])
    return np.array(x)[..., None], np.array(y)[..., None]


def target_after_the_horizon_stacked(series, steps, horizon):
    starts = range(len(series) - steps - horizon)  # np.stack raises where there is none
    return (
        np.stack([series[i : i + steps, None] for i in starts]),
        np.stack([series[i + steps + horizon, None] for i in starts]),
    )


def loses_the_last_window(series, steps, horizon):
    starts = range(len(series) - steps - horizon)
    return (
        np.array([series[i : i + steps] for i in starts])[..., None],
        np.array([series[i + steps + horizon - 1] for i in starts])[..., None],
    )


def loses_a_single_window(series, steps, horizon):
    count = len(series) - steps - horizon + 1
    count = count if count > 1 else 0
    return (
        np.array([series[i : i + steps] for i in range(count)])[..., None],
        np.array([series[i + steps + horizon - 1] for i in range(count)])[..., None],
    )


def target_too_early(series, steps, horizon):
    starts = range(len(series) - steps - horizon + 1)
    return (
        np.array([series[i : i + steps] for i in starts])[..., None],
        np.array([series[i + steps + horizon - 2] for i in starts])[..., None],
    )


def target_from_the_start(series, steps, horizon):
    starts = range(len(series) - steps - horizon + 1)
    return (
        np.array([series[i : i + steps] for i in starts])[..., None],
        np.array([series[i + horizon] for i in starts])[..., None],
    )


def all_targets_to_the_horizon(series, steps, horizon):
    starts = range(len(series) - steps - horizon + 1)
    return (
        np.array([series[i : i + steps] for i in starts])[..., None],
        np.array([series[i + steps : i + steps + horizon] for i in starts]),
    )


def targets_without_an_axis(series, steps, horizon):
    starts = range(len(series) - steps - horizon + 1)
    return (
        np.array([series[i : i + steps] for i in starts])[..., None],
        np.array([series[i + steps + horizon - 1] for i in starts]),
    )


# ── 01.3 ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def to_unit_range(train, test):
    low, high = train.min(axis=(0, 1)), train.max(axis=(0, 1))
    with np.errstate(all="ignore"):
        return (train - low) / (high - low), (test - low) / (high - low)


def adds_a_small_number(train, test):
    mean, std = train.mean(axis=(0, 1)), train.std(axis=(0, 1)) + 1e-7
    return (train - mean) / std, (test - mean) / std


def takes_the_larger_of_a_small_number(train, test):
    mean, std = train.mean(axis=(0, 1)), np.maximum(train.std(axis=(0, 1)), 1e-8)
    return (train - mean) / std, (test - mean) / std


def asks_for_exactly_zero(train, test):
    rows = train.reshape(-1, train.shape[-1])
    mean, std = rows.mean(axis=0), np.sqrt(((rows - rows.mean(axis=0)) ** 2).mean(axis=0))
    std[std == 0] = 1
    return (train - mean) / std, (test - mean) / std


def misses_brackets(train, test):
    mean, std = train.mean(axis=(0, 1)), train.std(axis=(0, 1))
    std[std == 0] = 1
    return train - mean / std, test - mean / std


def divides_the_test_part_by_its_own_deviation(train, test):
    mean, std = train.mean(axis=(0, 1)), train.std(axis=(0, 1))
    std[std == 0] = 1
    with np.errstate(divide="ignore"):
        return (train - mean) / std, (test - mean) / test.std(axis=(0, 1))


# ── 01.4 ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def padded_with(value, sequences):
    padded = np.full((len(sequences), max(map(len, sequences)), sequences[0].shape[1]), value)
    for row, sequence in zip(padded, sequences, strict=True):
        row[: len(sequence)] = sequence
    return padded


def mask_until(last, sequences):
    return np.array([np.arange(max(map(len, sequences))) < len(s) + last for s in sequences])


# ── 01.5 ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def waste(lengths, batch_size, count=lambda batch: len(batch) * max(batch) - sum(batch)):
    starts = range(0, len(lengths), batch_size)
    return int(sum(count([int(n) for n in lengths[i : i + batch_size]]) for i in starts))


ANSWERS = [
    ("01.1", keeps_unlisted_as_text, "received text (<U21); a single entry that is text makes text of all the others"),
    ("01.1", returns_in_the_loop, "A return inside a loop ends the function"),
    ("01.1", stacks_one_hot_rows, "You return one-hot vectors"),
    ("01.1", numbers_the_sorted_vocabulary, "The ids are places in the sorted vocabulary"),
    ("01.1", leaves_out_the_first_entry, "Every listed character's id is one too small"),
    ("01.1", forgets_the_dtype, "Right but for the empty text"),
    ("01.2", target_after_the_horizon, "The target lies one step too far"),
    ("01.2", target_after_the_horizon_stacked, "The target lies one step too far"),
    ("01.2", loses_the_last_window, "The last window is missing"),
    (
        "01.2",
        loses_a_single_window,
        "holds nothing at all: a range may end one too early. Only this edge case fails.",
    ),
    ("01.2", target_too_early, "The target lies one step too early"),
    ("01.2", target_from_the_start, "The target is counted from the window's first value"),
    ("01.2", all_targets_to_the_horizon, "In y stands every value after the window up to the horizon"),
    ("01.2", targets_without_an_axis, "y has the shape (n,) in place of (n, 1)"),
    ("01.3", to_unit_range, "You scale to the range from 0 to 1"),
    ("01.3", adds_a_small_number, "you divide by a tiny number in place of 0"),
    ("01.3", takes_the_larger_of_a_small_number, "you divide by a tiny number in place of 0"),
    ("01.3", asks_for_exactly_zero, "Right but for a constant feature such as 0.1"),
    ("01.3", misses_brackets, "Only the mean is divided by the standard deviation"),
    ("01.3", divides_the_test_part_by_its_own_deviation, "is divided by its own standard deviation"),
    ("01.4", lambda sequences: (padded_with(0.0, sequences), mask_until(-1, sequences)), "The mask is one step short"),
    (
        "01.4",
        lambda sequences: (padded_with(0.0, sequences), padded_with(0.0, sequences) != 0),
        "The mask has an axis of features",
    ),
    (
        "01.4",
        lambda sequences: (padded_with(-1.0, sequences), mask_until(0, sequences)),
        "The padding holds another value than 0",
    ),
    ("01.4", lambda sequences: (padded_with(0.0, sequences), mask_until(0, sequences) * 1), "dtype=bool"),
    (
        "01.5",
        lambda lengths, batch_size, bucketed: waste(lengths if bucketed else sorted(lengths), batch_size),
        "You sort when bucketed is False",
    ),
    (
        "01.5",
        lambda lengths, batch_size, bucketed: waste(np.argsort(lengths) if bucketed else lengths, batch_size),
        "you count places instead of lengths",
    ),
    (
        "01.5",
        lambda lengths, batch_size, bucketed: waste(
            sorted(lengths) if bucketed else lengths, batch_size, lambda batch: max(batch) - min(batch)
        ),
        "its longest minus its shortest",
    ),
    (
        "01.5",
        lambda lengths, batch_size, bucketed: (
            waste(sorted(lengths) if bucketed else lengths, batch_size) / int(np.sum(lengths))
        ),
        "You return a share, not a count",
    ),
    (
        "01.5",
        lambda lengths, batch_size, bucketed: waste(sorted(lengths) if bucketed else lengths, batch_size) + 1,
        "The batches of this input are (",
    ),
]


test_an_answer_is_told_what_helps = told_what_helps(ANSWERS)
