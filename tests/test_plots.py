"""Figures: every function draws on the axes it is given, returns them, and says no to what does not fit."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from rnncourse import plots

mpl.use("Agg")
RNG = np.random.default_rng(0)
TITLE = "What it shows"
DRAWINGS = {
    "bars": lambda **o: plots.bars({"a": 1.0, "b": 3.0}, xlabel="unit", models=["bag", "gru"], **o),
    "lines": lambda **o: plots.lines([1, 2], {"a": [3, 4]}, xlabel="step", ylabel="unit", **o),
    "series": lambda **o: plots.series(RNG.normal(size=50), xlabel="day", ylabel="°C", **o),
    "series of features": lambda **o: plots.series(RNG.normal(size=(50, 4)), xlabel="s", ylabel="electrode", **o),
    "window": lambda **o: plots.window(np.arange(20.0), start=2, steps=5, horizon=3, xlabel="t", ylabel="y", **o),
    "piano_roll": lambda **o: plots.piano_roll(np.array([[60, 0], [62, 55]]), xlabel="sixteenth", **o),
    "pixels": lambda **o: plots.pixels(np.eye(8), **o),
    "characters": lambda **o: plots.characters("a b\n", ids=[1, 2, 3, 4], **o),
    "padding": lambda **o: plots.padding(np.array([[True, False], [True, True]]), **o),
    "heat": lambda **o: plots.heat(np.eye(3), rows=["a", "b", "c"], columns=["x", "y", "z"], **o),
    "continuation": lambda **o: plots.continuation("def ", "f(x):\n    return $x$", width=20, **o),
    "course_map": lambda **o: plots.course_map({"1 One": ["01 A", "02 B"], "2 Two": ["03 C"]}, **o),
}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_draws_on_the_axes_given(draw):
    _, ax = plt.subplots()
    assert draw(title=TITLE, ax=ax) is ax
    assert ax.get_title(loc="left") == TITLE or ax.get_title() == TITLE
    assert len(plt.get_fignums()) == 1
    ax.figure.canvas.draw()  # text that cannot be set would fail here


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_makes_axes_of_its_own(draw):
    ax = draw(title=TITLE)
    assert ax.figure.number in plt.get_fignums()


def test_bars_write_numbers_and_name_the_reference():
    ax = plots.bars({"a": 0.5, "b": 0.25}, title=TITLE, xlabel="accuracy", reference=("chance", 0.5), form="{:.2f}")
    assert {text.get_text() for text in ax.texts} == {"0.50", "0.25"}
    assert [bar.get_width() for bar in ax.patches] == [0.5, 0.25]
    assert ax.get_xlabel() == "accuracy (dashed: chance)"
    assert ax.lines[0].get_xdata()[0] == 0.5


def test_one_model_one_colour():
    bars = plots.bars({"a": 1.0}, title=TITLE, xlabel="x", models=["gru"])
    lines = plots.lines([0, 1], {"a": [1, 2]}, title=TITLE, xlabel="x", ylabel="y", models=["gru"])
    expected = mpl.colors.to_rgba(plots.PALETTE["gru"])
    assert bars.patches[0].get_facecolor() == expected
    assert mpl.colors.to_rgba(lines.lines[0].get_color()) == expected


def test_palette_is_told_apart_without_colour():
    """Models that stand side by side differ in lightness or hue; no two entries are alike to any reader."""
    rgb = np.array([mpl.colors.to_rgb(color) for color in plots.PALETTE.values()])
    apart = np.linalg.norm(rgb[:, np.newaxis] - rgb, axis=-1)
    assert apart[~np.eye(len(rgb), dtype=bool)].min() > 0.15


def test_window_marks_the_target_it_was_asked_for():
    ax = plots.window(np.arange(20.0), start=2, steps=5, horizon=3, title=TITLE, xlabel="t", ylabel="y")
    target = ax.lines[-1]
    assert target.get_xdata()[0] == target.get_ydata()[0] == 2 + 5 - 1 + 3


def test_continuation_keeps_every_character():
    ax = plots.continuation("ab", "cde\nf g", title=TITLE, width=3)
    by_row = {}
    for text in ax.texts:
        by_row.setdefault(text.get_position()[1], []).append(text.get_text().strip())
    assert ["".join(parts) for parts in by_row.values()] == ["abc", "de", "f g"]


def test_text_to_loss_shows_the_loss_of_the_target():
    ax = plots.text_to_loss("ab", ["a", "b"], [0, 1], np.zeros((2, 3)), np.array([0.25, 0.75]), 1, title=TITLE)
    assert ax.get_xlabel() == "probability; loss −ln 0.750 = 0.29"


def test_style_is_set_and_undone():
    with mpl.rc_context():
        plots.use_style()
        assert mpl.rcParams["figure.figsize"] == [7.0, 3.4]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (
            lambda: plots.bars({"a": 1}, title=TITLE, xlabel="x", models=["rnn"]),
            r"models must name 1 of .* received \['rnn'\]",
        ),
        (lambda: plots.bars({"a": 1}, title=TITLE, xlabel="x", models=[]), "models must name 1 of"),
        (
            lambda: plots.lines([1, 2], {"a": [1]}, title=TITLE, xlabel="x", ylabel="y"),
            r"series\['a'\] must have 2 values like x, received 1",
        ),
        (
            lambda: plots.series(np.zeros((2, 2, 2)), title=TITLE, xlabel="x", ylabel="y"),
            r"shape \(time,\) or \(time, features\), received shape \(2, 2, 2\)",
        ),
        (
            lambda: plots.window(np.zeros(9), start=2, steps=5, horizon=3, title=TITLE, xlabel="t", ylabel="y"),
            "the target at 9 from a start ≥ 0, received 9 values and start 2",
        ),
        (
            lambda: plots.text_to_loss("ab", ["a"], [0], np.zeros((1, 3)), np.ones(1), 0, title=TITLE),
            "must have one length, .* received 2, 1, 1, 1 and 1",
        ),
    ],
)
def test_refuses(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
