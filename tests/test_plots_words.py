"""Texts with their words on tinted grounds."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from rnncourse import plots

mpl.use("Agg")
TITLE = "What it shows"


pytestmark = pytest.mark.usefixtures("lesson_style")


def grounds(ax):
    return [patch.get_alpha() for patch in ax.patches if patch.get_gid() == "ground"]


def test_the_ground_is_as_dark_as_the_share_of_the_largest_value_of_its_own_text():
    ax = plots.words([["a", "b", "c"], ["d"]], [[0.2, 0.4, 0.0], [0.001]], title=TITLE)
    first, second, third, alone = grounds(ax)
    assert second == alone > 0
    assert first == pytest.approx(second / 2)
    assert third == 0
    assert [text.get_text() for text in ax.texts] == ["a", "b", "c", "d"]


def test_values_of_zero_throughout_tint_nothing():
    assert grounds(plots.words([["a", "b"]], [[0.0, 0.0]], title=TITLE)) == [0, 0]


def test_a_long_text_goes_on_in_the_next_line_and_stays_inside():
    ax = plots.words([["word"] * 40], [[1.0] * 40], notes=["a note"], title=TITLE)
    places = [text.get_position() for text in ax.texts if text.get_text() == "word"]
    assert len({y for _, y in places}) == 3
    assert max(x for x, _ in places) + 4 <= 78
    (note,) = (text for text in ax.texts if text.get_text() == "a note")
    assert note.get_position()[1] > max(y for _, y in places)


def test_a_full_line_is_no_wider_than_the_figure():
    ax = plots.words([["x" * 78]], [[1.0]], title=TITLE)
    ax.figure.canvas.draw()
    box = ax.texts[0].get_window_extent()
    assert box.x1 <= ax.figure.bbox.x1


def test_draws_on_the_axes_given():
    _, ax = plt.subplots()
    assert plots.words([["a"]], [[1.0]], title=TITLE, ax=ax) is ax
    assert ax.get_title(loc="left") == TITLE


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"texts": [], "values": []}, "values must have a number for each"),
        ({"values": [[1.0]]}, r"for each of \[2\] words, .* received \[1\] numbers and 1 notes"),
        ({"notes": ["a", "b"]}, r"received \[2\] numbers and 2 notes"),
        ({"values": [[1.0, -0.1]]}, "values must be numbers ≥ 0"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        plots.words(**({"texts": [["a", "b"]], "values": [[1.0, 0.5]], "title": TITLE} | arguments))
