"""Code with the activations of a unit."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from matplotlib.colors import to_hex

from rnncourse import plots

mpl.use("Agg")
TITLE = "What it shows"


pytestmark = pytest.mark.usefixtures("lesson_style")


def grounds(ax):
    return [patch for patch in ax.patches if patch.get_gid() == "ground"]


def test_the_ground_has_the_sign_as_its_colour_and_the_size_as_its_darkness():
    ax = plots.code("abcd", [-0.5, 0.0, 0.25, 3.0], title=TITLE, limit=0.5)
    below, zero, half, beyond = grounds(ax)
    assert to_hex(below.get_facecolor()).upper() == plots.PALETTE["simple"]
    assert to_hex(half.get_facecolor()).upper() == plots.PALETTE["lstm"]
    assert zero.get_alpha() == 0
    assert below.get_alpha() == beyond.get_alpha() == pytest.approx(2 * half.get_alpha())


def test_every_character_stands_where_the_code_has_it():
    ax = plots.code("if a:\n  b", [0.0] * 9, title=TITLE)
    written = {text.get_text(): text.get_position() for text in ax.texts}
    assert written == {
        "i": (0.5, 0.5),
        "f": (1.5, 0.5),
        "a": (3.5, 0.5),
        ":": (4.5, 0.5),
        "b": (2.5, 1.5),
    }
    assert [(ground.get_x(), ground.get_y()) for ground in grounds(ax)][5:7] == [
        (5, 0),
        (0, 1),
    ]  # the line end, a blank


def test_a_long_line_goes_on_in_the_next_one():
    ax = plots.code("x" * 78 + "\n" + "y" * 79, [0.0] * 158, title=TITLE)
    rows = [text.get_position()[1] for text in ax.texts]
    assert [rows.count(row) for row in sorted(set(rows))] == [78, 78, 1]


def test_what_is_true_is_underlined():
    ax = plots.code("a b\nc", [0.0] * 5, title=TITLE, truth=[False, True, True, False, True])
    assert [line.get_segments()[0][0].tolist() for line in ax.collections] == [[1, 0.95], [2, 0.95], [0, 1.95]]


def test_all_characters_stay_inside():
    ax = plots.code("x" * 78 + "\ny", [0.0] * 80, title=TITLE)
    ax.figure.canvas.draw()
    assert max(text.get_window_extent().x1 for text in ax.texts) <= ax.figure.bbox.x1


def test_draws_on_the_axes_given():
    _, ax = plt.subplots()
    assert plots.code("a", [1.0], title=TITLE, ax=ax) is ax
    assert ax.get_title(loc="left") == TITLE


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"text": "", "values": []}, "each of 0 characters, at least one"),
        ({"values": [1.0]}, r"each of 2 characters, .* received \(1,\) and 2"),
        ({"truth": [True]}, r"received \(2,\) and 1"),
        ({"limit": 0}, "limit must be above 0, received 0"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        plots.code(**({"text": "ab", "values": [1.0, 0.5], "title": TITLE} | arguments))
