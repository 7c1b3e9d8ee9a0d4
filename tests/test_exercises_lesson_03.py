"""Exercises of lesson 03: right by Keras, by ``scratch`` and by definition; answers beyond the listed mistakes."""

from __future__ import annotations

import numpy as np
import pytest
from exercise_answers import inputs, right, told_what_helps

from rnncourse import exercises, scratch
from rnncourse.exercises.plain_data import show

IDS = ["03.1", "03.2", "03.3", "03.4", "03.5"]


# ── the references, beside an independent source ─────────────────────────────────────────────────────────────────────
@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


def kernels(case):
    return [case["kernel"], case["recurrent_kernel"], case["bias"]]


def scratch_cell(case):
    cell = scratch.SimpleRNN(*case["kernel"].shape)
    cell.set_weights(kernels(case))
    return cell


def keras_layer(keras, case):
    layer = keras.layers.SimpleRNN(len(case["bias"]), return_sequences=True)
    layer.build(case["x"].shape)
    layer.set_weights(kernels(case))
    return layer


def test_the_loop_is_that_of_keras_and_of_scratch(keras):
    for case in inputs("03.1"):
        expected = right("03.1", case)
        ran = scratch.forward(scratch_cell(case), case["x"], initial_state=case["h0"])
        np.testing.assert_allclose(expected, ran.outputs, atol=1e-12)
        states = keras_layer(keras, case)(np.float32(case["x"]), initial_state=np.float32(case["h0"]))
        np.testing.assert_allclose(expected, states, atol=1e-5)


def test_padding_is_skipped_as_in_keras_and_in_scratch(keras):
    for case in inputs("03.2"):
        expected = right("03.2", case)
        ran = scratch.forward(scratch_cell(case), case["x"], mask=case["mask"])
        np.testing.assert_allclose(expected, ran.outputs, atol=1e-12)
        states = keras_layer(keras, case)(np.float32(case["x"]), mask=case["mask"])
        np.testing.assert_allclose(expected, states, atol=1e-5)


def test_what_stands_in_the_padding_does_not_matter():
    for case in inputs("03.2"):
        other = case | {"x": np.where(case["mask"][..., np.newaxis], case["x"], 1e6)}
        np.testing.assert_array_equal(right("03.2", case), right("03.2", other))


def test_a_stream_is_a_sequence_from_each_beginning_to_the_next():
    for case in inputs("03.3"):
        expected, steps, total = right("03.3", case), case["steps"], case["x"].shape[1]
        for row, flags in enumerate(case["new"]):
            begins = [int(i) * steps for i in np.flatnonzero(flags)]
            for begin, end in zip(begins, [*begins[1:], total], strict=True):
                ran = scratch.forward(scratch_cell(case), case["x"][row : row + 1, begin:end])
                np.testing.assert_allclose(expected[row, begin:end], ran.outputs[0], atol=1e-12)


def test_there_is_a_flag_for_each_chunk_and_all_rows_begin():
    for case in inputs("03.3", count=20):
        assert case["new"].shape == (len(case["x"]), -(-case["x"].shape[1] // case["steps"]))
        assert case["new"][:, 0].all()


def test_the_second_mean_is_the_one_that_keras_reports(keras):
    model = keras.Sequential([keras.Input((4, 1)), keras.layers.Masking(-99.0)])
    model.compile(loss="mse")
    for case in inputs("03.4", count=8):
        x = np.where(case["mask"], np.sqrt(case["losses"]), -99.0)[..., np.newaxis]
        y = np.where(case["mask"], 0.0, 7.0)[..., np.newaxis]
        reported = model.evaluate(x, y, batch_size=case["batch_size"], verbose=0)
        first, second = right("03.4", case)
        assert second == pytest.approx(reported, abs=1e-5)
        assert first == pytest.approx(case["losses"][case["mask"]].mean())


def grid(steps, layers):
    """Boxes are the inputs, then the steps of each layer; (boxes, boxes), 1 where the row's box needs the column's."""
    needs = np.zeros(((len(layers) + 1) * steps,) * 2, dtype=int)
    for i, layer in enumerate(layers, start=1):
        for t in range(steps):
            for back in range(layer.get("width", 1)):
                if t - back >= 0:
                    needs[i * steps + t, (i - 1) * steps + t - back] = 1
            before = {"recurrent": t - 1, "backwards": t + 1, "convolution": -1}[layer["kind"]]
            if 0 <= before < steps:
                needs[i * steps + t, i * steps + before] = 1
    return needs


def test_reach_and_chain_are_those_of_the_powers_of_the_grid():
    """A path of n arrows is an entry of the n-th power; the longest one ends when the power vanishes."""
    for case in inputs("03.5", count=20):
        steps, needs = case["steps"], grid(**case)
        power, paths, length = needs, np.zeros_like(needs), 0
        while power.any():
            paths, length = paths + power, length + 1
            power = np.minimum(power @ needs, 1)
        reach, chain = right("03.5", case)
        np.testing.assert_array_equal(reach, paths[-steps:, :steps] > 0)
        assert chain == length


@pytest.mark.parametrize(
    ("kinds", "chain"),
    [
        (["recurrent"], 6),
        (["recurrent"] * 3, 8),
        (["backwards"] * 2, 7),
        (["recurrent", "backwards"], 12),
        (["convolution"] * 4, 4),
    ],
)
def test_the_chains_that_the_explanation_names(kinds, chain):
    layers = [{"kind": kind, "width": 3} if kind == "convolution" else {"kind": kind} for kind in kinds]
    assert right("03.5", {"steps": 6, "layers": layers})[1] == chain


@pytest.mark.parametrize("id", IDS)
def test_every_ordinary_input_can_be_shown_whole(id):
    for seed in range(10):
        for case in inputs(id, seed=seed, count=20):
            assert not [name for name, value in case.items() if show(value).startswith("<")]


# ── answers that beginners may give ──────────────────────────────────────────────────────────────────────────────────
def cell(x_t, h, case):
    return np.tanh(x_t @ case["kernel"] + h @ case["recurrent_kernel"] + case["bias"])


def looks_back_into_the_results(**case):
    batch, steps, _ = case["x"].shape
    states = np.zeros((batch, steps, len(case["bias"])))
    for t in range(steps):
        states[:, t] = cell(case["x"][:, t], states[:, t - 1], case)
    return states


def stores_before_the_update(**case):
    h, states = case["h0"], []
    for t in range(case["x"].shape[1]):
        states.append(h)
        h = cell(case["x"][:, t], h, case)
    return np.stack(states, axis=1)


def stores_one_array_many_times(**case):
    h, states = case["h0"].copy(), []
    for t in range(case["x"].shape[1]):
        h[:] = cell(case["x"][:, t], h, case)
        states.append(h)
    return np.stack(states, axis=1)


def reshapes_a_list(**case):
    h, states = case["h0"], []
    for t in range(case["x"].shape[1]):
        h = cell(case["x"][:, t], h, case)
        states.append(h)
    return np.array(states).reshape(*case["x"].shape[:2], -1)


def loops_over_sequences(**case):
    h, states = case["h0"], []
    for x_t in case["x"]:
        h = cell(x_t, h, case)
        states.append(h)
    return np.array(states)


def begins_at_one(**case):
    states = np.zeros((*case["x"].shape[:2], len(case["bias"])))
    states[:, 0] = case["h0"]
    for t in range(1, case["x"].shape[1]):
        states[:, t] = cell(case["x"][:, t], states[:, t - 1], case)
    return states


def starts_again_in_the_loop(**case):
    states = []
    for t in range(case["x"].shape[1]):
        h = case["h0"]
        h = cell(case["x"][:, t], h, case)
        states.append(h)
    return np.stack(states, axis=1)


def unrolled(case):
    batch = len(case["x"])
    return right("03.1", {k: v for k, v in case.items() if k != "mask"} | {"h0": np.zeros((batch, len(case["bias"])))})


def masks_the_result(**case):
    return unrolled(case) * case["mask"][..., np.newaxis]


def masks_the_input(**case):
    return unrolled(case | {"x": case["x"] * case["mask"][..., np.newaxis]})


def lays_the_mask_along_the_units(**case):
    h, states = np.zeros((len(case["x"]), len(case["bias"]))), []
    for t in range(case["x"].shape[1]):
        h = np.where(case["mask"][:, t], cell(case["x"][:, t], h, case), h)  # (B,) beside (B, H)
        states.append(h)
    return np.stack(states, axis=1)


def blends_with_the_mask(**case):
    h, states = np.zeros((len(case["x"]), len(case["bias"]))), []
    for t in range(case["x"].shape[1]):
        m = case["mask"][:, t, np.newaxis].astype(float)
        h = m * cell(case["x"][:, t], h, case) + (1 - m) * h
        states.append(h)
    return np.stack(states, axis=1)


def multiplies_the_state(**case):
    h, states = np.zeros((len(case["x"]), len(case["bias"]))), []
    for t in range(case["x"].shape[1]):
        h = cell(case["x"][:, t], h, case) * case["mask"][:, t, np.newaxis]
        states.append(h)
    return np.stack(states, axis=1)


def skips_when_all_are_padded(**case):
    h, states = np.zeros((len(case["x"]), len(case["bias"]))), []
    for t in range(case["x"].shape[1]):
        if case["mask"][:, t].any():
            h = cell(case["x"][:, t], h, case)
        states.append(h)
    return np.stack(states, axis=1)


def sums_up_lengths(**case):
    states = unrolled(case)
    for row, length in enumerate(case["mask"].sum(axis=1)):
        states[row, length:] = states[row, length - 1] if length else 0
    return states


def in_chunks(reset, **case):
    x, steps = case["x"], case["steps"]
    h, parts = np.zeros((len(x), len(case["bias"]))), []
    for i, start in enumerate(range(0, x.shape[1], steps)):
        h = reset(h, i, case["new"])
        for t in range(start, min(start + steps, x.shape[1])):
            h = cell(x[:, t], h, case)
            parts.append(h)
    return np.stack(parts, axis=1)


def whole_chunks_only(**case):
    return right("03.3", case)[:, : case["x"].shape[1] // case["steps"] * case["steps"]]


def by_keras_habit(losses, mask, batch_size):
    batches = [slice(i, i + batch_size) for i in range(0, len(losses), batch_size)]
    means = [losses[b][mask[b]].mean() for b in batches]
    return np.array([losses[mask].mean(), np.mean(means)])


def by_weighted_rows(losses, mask, batch_size):
    rows = (losses * mask).sum(axis=1) / mask.sum(axis=1)
    return np.array([rows.mean(), rows.mean()])


def as_two_floats(losses, mask, batch_size):
    return tuple(right("03.4", locals()).tolist())


def as_numbers(steps, layers):
    reach, chain = right("03.5", locals())
    return reach.astype(int), chain


def by_matrix_product(steps, layers):
    reach = np.eye(steps)
    for layer in layers:
        own = np.tri(steps) if layer["kind"] == "recurrent" else np.tri(steps).T
        if layer["kind"] == "convolution":
            own = np.tri(steps) - np.tri(steps, k=-layer["width"])
        reach = own @ reach
    return reach > 0, sum(1 if layer["kind"] == "convolution" else steps for layer in layers)


def closed_form(steps, layers):
    chained = any(layer["kind"] != "convolution" for layer in layers)
    return right("03.5", {"steps": steps, "layers": layers})[0], len(layers) + (steps - 1) * chained


ANSWERS = [
    ("03.1", looks_back_into_the_results, "The initial state h0 does not count"),
    ("03.1", stores_before_the_update, "Every state stands one step too late"),
    ("03.1", stores_one_array_many_times, "All steps show the same state, the last one"),
    ("03.1", reshapes_a_list, "Time comes first in the result, the batch second"),
    ("03.1", loops_over_sequences, "You loop over the batch, not over time"),
    ("03.1", begins_at_one, "The first step is missing or zero"),
    ("03.1", starts_again_in_the_loop, "Every step begins from h0"),
    ("03.1", lambda **case: right("03.1", case) + 1, "states[0, 0, 0] (sequence 0, step 0, unit 0): expected "),
    ("03.2", masks_the_result, "The outputs of padded steps are zero, but the state behind them moves on"),
    ("03.2", masks_the_input, "You put zeros into the padded steps"),
    ("03.2", multiplies_the_state, "At a padded step the state becomes zero"),
    ("03.2", lays_the_mask_along_the_units, "The mask runs along the units, not along the sequences"),
    ("03.2", skips_when_all_are_padded, "A step is skipped only when all sequences are padded there"),
    ("03.2", lambda **case: unrolled(case), "The mask does not count"),
    ("03.2", lambda **case: right("03.2", case)[:, -1], "expected shape ("),
    ("03.3", lambda **case: in_chunks(lambda h, i, new: 0 * h, **case), "Every chunk begins from zeros"),
    ("03.3", lambda **case: in_chunks(lambda h, i, new: h, **case), "The state is never reset"),
    (
        "03.3",
        lambda **case: in_chunks(lambda h, i, new: 0 * h if new[:, i].any() else h, **case),
        "As soon as one row begins a new sequence, all rows forget",
    ),
    (
        "03.3",
        lambda **case: in_chunks(lambda h, i, new: h * new[:, i : i + 1], **case),
        "The flags work the wrong way round",
    ),
    ("03.3", whole_chunks_only, "The last chunk, shorter than the others, is missing or zero"),
    ("03.4", by_keras_habit, "In the second number every batch counts the same"),
    ("03.4", by_weighted_rows, "Each sequence is averaged by itself first"),
    ("03.4", as_two_floats, "expected an array, received a tuple"),
    ("03.4", lambda **case: right("03.4", case) + 1, "The batches are "),
    ("03.5", as_numbers, "expected an array of truth values, received whole numbers"),
    ("03.5", by_matrix_product, "The chain counts every recurrent layer in full"),
    ("03.5", closed_form, "The chain is right as long as all recurrent layers read in one direction"),
    ("03.5", lambda **case: (right("03.5", case)[0], 99), "the longest chain has "),
]


test_an_answer_is_told_what_helps = told_what_helps(ANSWERS)


def test_blending_with_the_mask_passes():
    """Padding is some number in the check, never NaN, as the task says: weights of 0 and 1 choose as well as where."""
    cases = inputs("03.2", count=20)
    assert exercises.diagnose(
        exercises.get("03.2"), cases, [exercises.run(blends_with_the_mask, case) for case in cases]
    )


def test_taking_the_first_steps_for_the_real_ones_fails():
    """Taking the first n steps for the real ones is right where padding stands at the end, and only there."""
    exercise = exercises.get("03.2")
    cases = inputs("03.2", count=20)
    report = exercises.diagnose(exercise, cases, [exercises.run(sums_up_lengths, case) for case in cases])
    assert "You count the real steps and take that many from the beginning" in report.message
    at_the_end = cases[1]
    assert exercise.compare(right("03.2", at_the_end), sums_up_lengths(**at_the_end)) is None
