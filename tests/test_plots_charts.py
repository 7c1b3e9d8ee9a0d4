"""Stems and intervals: the numbers drawn are the numbers given."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from rnncourse import plots

mpl.use("Agg")
LABELS = {"title": "What it shows", "xlabel": "step", "ylabel": "change"}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def heads(ax):
    """Step → value of all heads that are drawn over the stems, with the hollow ones left out."""
    lines = [line for line in ax.lines if line.get_marker() in ("o", "s") and line.get_color() != "white"]
    return {step: value for line in lines for step, value in zip(*line.get_data(), strict=True)}


def test_stems_end_at_their_values():
    values = np.random.default_rng(0).normal(size=6)
    ax = plots.stems(values, start=3, highlight=[4, 8], **LABELS)
    assert heads(ax) == dict(zip(range(3, 9), values, strict=True))
    ends = {tuple(segment[0]): segment[1, 1] for lines in ax.collections for segment in lines.get_segments()}
    assert ends == {(step, 0.0): value for step, value in heads(ax).items()}


def test_a_highlighted_stem_differs_in_colour_and_in_its_head():
    ax = plots.stems([1.0, 2.0, 3.0], highlight=2, **LABELS)
    marked = [line for line in ax.lines if line.get_marker() == "s"]
    assert [list(line.get_xdata()) for line in marked] == [[2]]
    assert mpl.colors.same_color(marked[0].get_color(), plots.PALETTE["lstm"])


def test_a_zero_is_hollow_on_a_logarithmic_axis():
    ax = plots.stems([0.0, 1e-3, 1e-6], log=True, **LABELS)
    hollow = next(line for line in ax.lines if line.get_color() == "white")
    assert ax.get_yscale() == "log"
    assert list(hollow.get_xdata()) == [1] and 0 < hollow.get_ydata()[0] < 1e-6
    assert heads(ax)[2] == 1e-3 and heads(ax)[3] == 1e-6


def test_intervals_reach_a_half_width_to_both_sides():
    ax = plots.intervals(
        ["a", "b"], [1.0, 2.0], [0.25, 0.0], title="T", xlabel="loss", models=["lstm", "gru"], reference=("chance", 1.5)
    )
    (left, right), (alone, same) = (bar[2][0].get_segments()[0][:, 0] for bar in ax.containers)
    assert (left, right, alone, same) == (0.75, 1.25, 2.0, 2.0)
    assert [text.get_text() for text in ax.texts] == ["1 ± 0.25", "2"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first stands on top
    assert mpl.colors.same_color(ax.containers[1][0].get_color(), plots.PALETTE["gru"])
    assert ax.get_xlabel() == "loss (dashed: chance)" and ax.lines[-1].get_xdata()[0] == 1.5


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.stems(np.zeros((2, 2)), **LABELS), r"must have shape \(time,\) .* received shape \(2, 2\)"),
        (lambda: plots.stems([], **LABELS), r"received shape \(0,\)"),
        (lambda: plots.stems([1, 2], highlight=3, **LABELS), "highlight must name steps from 1 to 2, received 3"),
        (lambda: plots.stems([1, -2], log=True, **LABELS), "values must be ≥ 0 .* received -2.0 as the smallest"),
        (lambda: plots.stems([0, 0], log=True, **LABELS), "not all zero"),
        (lambda: plots.intervals(["a"], [1, 2], [0], title="T", xlabel="x"), "must be 1 numbers"),
        (lambda: plots.intervals(["a"], [1], [-1], title="T", xlabel="x"), r"half widths ≥ 0, received .* \[-1\.\]"),
        (
            lambda: plots.intervals(["a"], [1], [0], title="T", xlabel="x", models=["rnn"]),
            r"models must name 1 of .* received \['rnn'\]",
        ),
    ],
)
def test_refuses(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
