"""Trajectories and labelled states: data as given, groups told apart twice, texts that keep off each other."""

import matplotlib as mpl
import numpy as np
import pytest

from rnncourse import plots

mpl.use("Agg")
RNG = np.random.default_rng(0)
LABELS = {"title": "What it shows", "xlabel": "time (s)", "ylabel": "angle (rad)"}
TIME = np.linspace(0, 10, 50)
TRUE, SIMULATED = np.sin(TIME), np.sin(1.1 * TIME)


pytestmark = pytest.mark.usefixtures("lesson_style")


def test_both_trajectories_are_drawn_and_told_apart_without_colour():
    ax = plots.trajectories(TIME, TRUE, SIMULATED, name="GRU", model="gru", **LABELS)
    true, simulated = ax.lines
    np.testing.assert_array_equal(true.get_ydata(), TRUE)
    np.testing.assert_array_equal(simulated.get_ydata(), SIMULATED)
    assert true.get_linestyle() != simulated.get_linestyle()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["true", "GRU"]
    assert simulated.get_color() == plots.PALETTE["gru"]


@pytest.mark.parametrize("horizon", [0.0, 4.0, 9.5, 10.0])
def test_the_horizon_is_a_line_with_its_label_inside(horizon):
    ax = plots.trajectories(TIME, TRUE, SIMULATED, horizon=horizon, **LABELS)
    assert ax.lines[-1].get_xdata()[0] == horizon
    ax.figure.canvas.draw()
    label, frame, legend = ax.texts[0].get_window_extent(), ax.get_window_extent(), ax.get_legend().get_window_extent()
    assert ax.texts[0].get_text() == f"horizon {horizon:.3g}"
    assert frame.x0 <= label.x0 and label.x1 <= frame.x1 and not label.overlaps(legend)
    lowest = ax.transData.transform((0, -1))[1]
    assert label.y1 <= lowest + 2  # below the curves


def test_a_portrait_begins_where_the_model_begins():
    true, simulated = np.c_[TRUE, np.cos(TIME)], np.c_[SIMULATED, np.cos(TIME)]
    simulated[:7] = np.nan
    ax = plots.phase_portrait(true, simulated, **LABELS)
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), true)
    begins = [line.get_xydata()[0] for line in ax.lines if line.get_marker() == "o"]
    np.testing.assert_array_equal(begins, [true[0], simulated[7]])


def test_groups_differ_in_colour_and_in_marker():
    positions, groups = RNG.normal(size=(6, 2)), ["b", "a", "b", "c", "a", "b"]
    ax = plots.points(positions, groups, **LABELS)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["b", "a", "c"]
    for line in ax.lines:
        expected = positions[np.array(groups) == line.get_label()]
        np.testing.assert_array_equal(line.get_xydata(), expected)
    assert len({line.get_color() for line in ax.lines}) == len({line.get_marker() for line in ax.lines}) == 3


def test_models_give_colours_and_their_order():
    ax = plots.points([[0, 0], [1, 1]], ["a", "b"], models={"b": "gru", "a": "baseline"}, legend=False, **LABELS)
    assert {line.get_label(): line.get_color() for line in ax.lines} == {
        "b": plots.PALETTE["gru"],
        "a": plots.PALETTE["baseline"],
    }
    assert [line.get_label() for line in ax.lines] == ["b", "a"] and ax.get_legend() is None


@pytest.mark.parametrize("seed", range(3))
def test_names_keep_off_each_other_and_inside(seed):
    positions = np.random.default_rng(seed).uniform(size=(12, 2))
    ax = plots.points(positions, ["a"] * 12, names=[f"name {i}" for i in range(12)], **LABELS)
    ax.figure.canvas.draw()
    frame, boxes = ax.get_window_extent(), [text.get_window_extent() for text in ax.texts]
    assert len(boxes) == 12
    overlapping = [
        (i, j) for i in range(12) for j in range(i) if boxes[i].shrunk(0.9, 0.8).overlaps(boxes[j].shrunk(0.9, 0.8))
    ]
    assert not overlapping
    assert all(frame.x0 - 2 <= box.x0 and box.x1 <= frame.x1 + 2 for box in boxes)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.trajectories(TIME, TRUE, SIMULATED[1:], **LABELS), r"one shape \(time,\), received .*\(49,\)"),
        (lambda: plots.trajectories(TIME, TRUE, SIMULATED, horizon=11, **LABELS), "within time, 0 to 10, received 11"),
        (
            lambda: plots.phase_portrait(np.zeros((5, 3)), np.zeros((5, 2)), **LABELS),
            r"true must have shape \(time, 2\), received shape \(5, 3\)",
        ),
        (lambda: plots.phase_portrait(np.zeros((5, 2)), np.zeros(5), **LABELS), "simulated must have shape"),
        (lambda: plots.points(np.zeros((2, 2)), ["a"], **LABELS), r"received shape \(2, 2\) and 1 groups"),
        (lambda: plots.points(np.zeros((2, 3)), ["a", "b"], **LABELS), r"shape \(points, 2\)"),
        (lambda: plots.points(np.zeros((1, 2)), ["a"], names=[], **LABELS), "names must have 1 texts, received 0"),
        (lambda: plots.points(np.zeros((7, 2)), list("abcdefg"), **LABELS), "groups must be at most 6"),
        (lambda: plots.points(np.zeros((1, 2)), ["a"], models={"b": "gru"}, **LABELS), r"received \['a'\]"),
    ],
)
def test_refuses(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
