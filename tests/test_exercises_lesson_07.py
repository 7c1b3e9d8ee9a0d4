"""Exercises of lesson 07: right by ``models``, ``scratch`` and scikit-learn; answers beyond the listed mistakes."""

from __future__ import annotations

import numpy as np
import pytest
from exercise_answers import changed, diagnose, inputs, right, told_what_helps
from sklearn.metrics import accuracy_score

from rnncourse import scratch
from rnncourse.exercises.lesson_07 import forecaster, measures, shift, writer


# ── the references, beside an independent source ─────────────────────────────────────────────────────────────────────
def test_the_shift_is_that_of_the_package():
    pytest.importorskip("keras")
    from rnncourse.models import teacher_forcing

    for case in inputs("07.1"):
        captions, start, end = case.values()
        rows = np.zeros((len(captions), max(map(len, captions)) + 2), dtype=int)
        for row, caption in zip(rows, captions, strict=True):
            row[: len(caption) + 2] = [1, *(10 + id for id in caption), 2]
        back = {0: 0, 1: start, 2: end} | {10 + id: id for id in range(10)}
        for expected, received in zip(teacher_forcing(rows), right("07.1", case), strict=True):
            assert [[back[id] for id in row] for row in expected.tolist()] == received.tolist()


def test_the_written_ids_are_the_likeliest_when_everything_is_read_again():
    for seed in range(3):
        for case in inputs("07.2", seed):
            ids, units = case["kernel"].shape
            cell = scratch.SimpleRNN(ids, units)
            cell.set_weights([case["kernel"], case["recurrent_kernel"], np.zeros(units)])
            for row, (h0, written) in enumerate(zip(case["h0"], right("07.2", case), strict=True)):
                text = [1]
                while len(text) <= case["length"] and text[-1] != 2:
                    states = scratch.forward(cell, np.eye(ids)[text][np.newaxis], h0[np.newaxis]).outputs
                    text.append(int((states[0, -1] @ case["read_out"] + case["bias"]).argmax()))
                length = len(text) - 1
                assert written[:length].tolist() == text[1:], row
                assert not written[length:].any()


def test_some_rows_end_early_and_some_are_cut_off():
    for case in inputs("07.2")[4:]:
        early = (right("07.2", case)[:, :-1] == 2).any(axis=1)
        assert 0 < early.sum() < len(early)


def test_the_forecasts_of_the_rule_by_a_convolution():
    for case in inputs("07.3"):
        series, known, weights, bias = case.values()
        one, free = right("07.3", case)
        by_convolution = [np.convolve(row, weights[::-1], mode="valid")[:-1] for row in series]
        np.testing.assert_allclose(one, np.array(by_convolution)[:, known - len(weights) :] + bias)
        # Where its own forecasts are the truth, the rule errs nowhere.
        own = np.concatenate([series[:, :known], free], axis=1)
        for forecasts in right("07.3", {**case, "series": own}):
            np.testing.assert_allclose(forecasts, free)


def test_the_measures_by_the_words_of_the_task():
    for seed in range(3):
        for case in inputs("07.4", seed):
            guessed, write = case.values()
            next_right, captions_right, first_wrong = right("07.4", case)
            assert next_right == pytest.approx(accuracy_score(write[write > 0], guessed[write > 0]))
            lengths = (write == 2).argmax(axis=1) + 1
            rows = list(zip(guessed.tolist(), write.tolist(), lengths, strict=True))
            whole = [guess[:length] == ids[:length] for guess, ids, length in rows]
            assert captions_right == pytest.approx(np.mean(whole))
            np.testing.assert_array_equal(first_wrong == -1, whole)
            for first, (guess, ids, length) in zip(first_wrong, rows, strict=True):
                assert first == -1 or (guess[:first] == ids[:first] and guess[first] != ids[first] and first < length)


@pytest.mark.parametrize(
    ("id", "unchanged"),
    [
        ("07.1", shift._shifted),
        ("07.2", writer._write()),
        ("07.3", forecaster._both()),
        ("07.4", measures._measures()),
    ],
)
def test_the_mistakes_are_changes_of_something_right(id, unchanged):
    assert diagnose(id, unchanged).status == "passed"


# ── what the student is told ─────────────────────────────────────────────────────────────────────────────────────────
def slices_of_rows(captions, start, end):
    rows = np.zeros((len(captions), max(map(len, captions)) + 2), dtype=int)
    for row, caption in zip(rows, captions, strict=True):
        row[: len(caption) + 2] = [start, *caption, end]
    return rows[:, :-1], rows[:, 1:]


def end_behind_the_padding(captions, start, end):
    longest = max(map(len, captions))
    read = np.array([[start, *caption, *[0] * (longest - len(caption))] for caption in captions])
    return read, np.concatenate([read[:, 1:], np.full((len(captions), 1), end)], axis=1)


def puts_the_start_into_the_captions(captions, start, end):
    longest = max(map(len, captions))
    for caption in captions:
        caption.insert(0, start)
    filled = [[*caption, *[0] * (longest + 1 - len(caption))] for caption in captions]
    shifted = [[*caption[1:], end, *[0] * (longest + 1 - len(caption))] for caption in captions]
    return np.array(filled), np.array(shifted)


def makes_lists(captions, start, end):
    read, write = shift._shifted(captions, start, end)
    return read.tolist(), write.tolist()


def writer_with(*, stop=lambda last: (last == 2).all(), mend=lambda new, last: new, put=np.stack):
    """The lesson's loop with the state carried; ``mend``: what is kept, of the new ids and those read last."""

    def answer(h0, kernel, recurrent_kernel, read_out, bias, length):
        h, last, columns = h0, np.full(len(h0), 1), []
        for _ in range(length):
            h = np.tanh(kernel[last] + h @ recurrent_kernel)
            last = mend((h @ read_out + bias).argmax(axis=-1), last)
            columns.append(last)
            if stop(last):
                break
        columns += [np.zeros_like(last)] * (length - len(columns))
        return put(columns)

    return answer


def by_columns(columns):
    return np.stack(columns, axis=1)


def marks_the_end_first(h0, kernel, recurrent_kernel, read_out, bias, length):
    h, last, done = h0, np.full(len(h0), 1), np.zeros(len(h0), dtype=bool)
    written = np.zeros((len(h0), length), dtype=int)
    for t in range(length):
        h = np.tanh(kernel[last] + h @ recurrent_kernel)
        last = (h @ read_out + bias).argmax(axis=-1)
        done |= last == 2
        written[:, t] = np.where(done, 0, last)
    return written


def works_in_one_array(series, known, weights, bias):
    one, k = np.zeros((len(series), series.shape[1] - known)), len(weights)
    free, own = np.zeros_like(one), series
    for day in range(known, series.shape[1]):
        one[:, day - known] = series[:, day - k : day] @ weights + bias
        own[:, day] = free[:, day - known] = own[:, day - k : day] @ weights + bias
    return one, free


def never_drops_the_oldest(series, known, weights, bias):
    one, _ = right("07.3", {"series": series, "known": known, "weights": weights, "bias": bias})
    free = []
    for row in series:
        window, forecasts = list(row[known - len(weights) : known]), []
        while len(forecasts) < one.shape[1]:
            forecasts.append(sum(w * v for w, v in zip(weights, window, strict=False)) + bias)
            window.append(forecasts[-1])
        free.append(forecasts)
    return one, np.array(free)


def ignores_padding_and_minus_one(guessed, write):
    hits = guessed == write
    return float(hits.mean()), float(hits.all(axis=1).mean()), hits.argmin(axis=1)


def stops_at_a_guess_of_zero(guessed, write):
    right_ones, count, whole, first = 0, 0, 0, []
    for guesses, ids in zip(guessed.tolist(), write.tolist(), strict=True):
        first.append(-1)
        for t, (guess, id) in enumerate(zip(guesses, ids, strict=True)):
            if guess == 0:
                break
            count, right_ones = count + 1, right_ones + (guess == id)
            if guess != id and first[-1] == -1:
                first[-1] = t
        whole += first[-1] == -1
    return right_ones / count, whole / len(write), np.array(first)


ANSWERS = [
    ("07.1", slices_of_rows, "The end is read."),
    ("07.1", end_behind_the_padding, "Every end stands in the last column"),
    ("07.1", puts_the_start_into_the_captions, "The results are right. It changes its input captions"),
    ("07.1", makes_lists, "np.array(…) makes an array of it"),
    ("07.1", changed("07.1", 1), "the network reads ["),
    ("07.2", writer_with(put=by_columns), "Your rows write on after their end."),
    ("07.2", writer_with(put=by_columns, stop=lambda last: (last == 2).any()), "One row's end stops all rows."),
    ("07.2", writer_with(), "The axes are exchanged"),
    (
        "07.2",
        writer_with(put=by_columns, mend=lambda new, last: np.where(last == 2, 0, new)),
        "Your rows write on after their end.",
    ),
    ("07.2", marks_the_end_first, "The end itself is missing"),
    (
        "07.2",
        lambda **case: right("07.2", case | {"recurrent_kernel": case["recurrent_kernel"].T}),
        "You read the recurrent kernel the other way round.",
    ),
    ("07.2", lambda **case: right("07.2", case) + 1, "In this input's row 0 the state after reading the start is ["),
    ("07.3", works_in_one_array, "Are both worked out in the same array?"),
    ("07.3", never_drops_the_oldest, "Your window stands still"),
    ("07.3", changed("07.3", 1), "In this input's series 0 the first window is ["),
    ("07.3", changed("07.3", 0), "one[0, 0] (series 0, day ahead 0): expected"),
    ("07.4", ignores_padding_and_minus_one, "Padding counts like any other step."),
    ("07.4", stops_at_a_guess_of_zero, "You find the padding in what was guessed."),
    ("07.4", changed("07.4", 0), "next_right: expected"),
    ("07.4", changed("07.4", 1), "characters and ends are right."),
]


test_an_answer_is_told_what_helps = told_what_helps(ANSWERS)


def test_a_loop_with_a_flag_for_each_row_passes():
    answer = writer_with(put=by_columns, mend=lambda new, last: np.where((last == 2) | (last == 0), 0, new))
    for seed in range(5):
        assert diagnose("07.2", answer, seed).status == "passed"
