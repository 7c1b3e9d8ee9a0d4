"""Tables as figures: every cell is written, the best is marked, what is solved can be read without colour."""

import matplotlib as mpl
import numpy as np
import pytest

from rnncourse import plots

mpl.use("Agg")
TITLE = "What it shows"
CELLS = [["orthogonal", 0.25, 1200], ["Glorot", 0.125, 900], ["He", 0.125, 900]]
SHAPE = {"title": TITLE, "rows": ["one", "two", "three"], "columns": ["initialiser", "MSE", "parameters"]}
MAP = {"title": TITLE, "rows": ["one", "two"], "columns": ["20", "40"], "xlabel": "lag"}


pytestmark = pytest.mark.usefixtures("lesson_style")


def written(ax):
    return {text.get_text(): text for text in ax.texts}


def test_every_cell_and_label_is_written_in_its_row():
    ax = plots.table(CELLS, form="{:.2f}", corner="model", **SHAPE)
    rows = {}
    for text in ax.texts:
        rows.setdefault(-text.get_position()[1], []).append((text.get_position()[0], text.get_text()))
    lines = [[text for _, text in sorted(rows[row])] for row in range(4)]
    assert lines == [
        ["model", "initialiser", "MSE", "parameters"],
        ["one", "orthogonal", "0.25", "1200"],
        ["two", "Glorot", "0.12", "900"],
        ["three", "He", "0.12", "900"],
    ]


def test_the_best_is_bold_on_a_tinted_ground_and_ties_are_shared():
    ax = plots.table(CELLS, form=["{}", "{:.3f}", "{}"], best={"MSE": "min", "parameters": "max"}, **SHAPE)
    assert {text.get_text() for text in ax.texts if text.get_weight() == "bold"} == {"0.125", "1200"}
    grounds = [patch for patch in ax.patches if patch.get_gid() == "best"]
    bold = [text for text in ax.texts if text.get_weight() == "bold"]
    assert len(grounds) == len(bold) == 3
    for text in bold:
        assert any(ground.get_window_extent().contains(*_middle(text)) for ground in grounds)


def _middle(text):
    box = text.get_window_extent()
    return (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2


def test_models_are_squares_in_their_colours():
    ax = plots.table(CELLS, models=["simple", "gru", "lstm"], **SHAPE)
    squares = [patch.get_facecolor() for patch in ax.patches if patch.get_gid() == "model"]
    assert squares == [mpl.colors.to_rgba(plots.PALETTE[model]) for model in ("simple", "gru", "lstm")]


@pytest.mark.parametrize("columns", [1, 5, 10])
def test_cells_keep_off_each_other(columns):
    ax = plots.table(
        [[0.5] * columns] * 2, title=TITLE, rows=["a rather long label", "b"], columns=["a column"] * columns
    )
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts if text.get_text()]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert max(box.x1 for box in boxes) <= ax.figure.get_window_extent().x1


def test_solved_cells_have_a_tick_and_bold_numbers():
    ax = plots.solved(np.array([[0.001, 0.2], [np.nan, 0.01]]), threshold=0.01, **MAP)
    texts = written(ax)
    assert set(texts) == {"✓ 0.001", "0.200", "diverged", "0.010"}  # at the threshold is not below it
    assert {text for text, drawn in texts.items() if drawn.get_weight() == "bold"} == {"✓ 0.001"}
    assert ax.get_xlabel() == "lag (✓: < 0.01)"
    assert [label.get_text() for label in ax.get_xticklabels()] == ["20", "40"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "two"]
    assert texts["0.200"].get_position() == (1, 0)


def test_solved_means_above_for_an_accuracy():
    ax = plots.solved([[0.99, 0.2], [np.nan, 0.98]], threshold=0.95, above=True, form="{:.2f}", **MAP)
    assert set(written(ax)) == {"✓ 0.99", "0.20", "diverged", "✓ 0.98"}
    assert ax.get_xlabel() == "lag (✓: > 0.95)"


def test_seeds_are_counted_and_their_median_is_written():
    runs = np.array([[[0.001, 0.2]], [[0.003, np.nan]], [[0.002, 0.004]]])
    ax = plots.solved(runs, threshold=0.01, **MAP | {"rows": ["one"]})
    assert set(written(ax)) == {"✓ 0.002\n3 of 3", "0.200\n1 of 3"}
    grey = [0.299 * r + 0.587 * g + 0.114 * b for r, g, b, _ in (patch.get_facecolor() for patch in ax.patches)]
    assert grey[1] - grey[0] > 0.3  # told apart in grey
    none = plots.solved(runs + 1, threshold=0.01, **MAP | {"rows": ["one"]})
    light = [0.299 * r + 0.587 * g + 0.114 * b for r, g, b, _ in (patch.get_facecolor() for patch in none.patches)]
    assert min(light) - grey[1] > 0.15


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.table(CELLS[:2], **SHAPE), r"cells must have 3 rows of 3, received rows of \[3, 3\]"),
        (lambda: plots.table([["a"]] * 3, **SHAPE), r"received rows of \[1, 1, 1\]"),
        (lambda: plots.table(CELLS, form=["{}"], **SHAPE), "one for each of 3 columns, received 1"),
        (lambda: plots.table(CELLS, models=["gru"], **SHAPE), r"models must name 3 of .* received \['gru'\]"),
        (
            lambda: plots.table(CELLS, best={"loss": "min"}, **SHAPE),
            "best must map columns to .* received {'loss': 'min'}",
        ),
        (lambda: plots.table(CELLS, best={"MSE": "low"}, **SHAPE), 'to "min" or "max"'),
        (
            lambda: plots.solved(np.zeros((2, 3)), threshold=1, **MAP),
            r"shape \(2, 2\) or \(seeds, 2, 2\), .* shape \(2, 3\)",
        ),
    ],
)
def test_refuses(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
