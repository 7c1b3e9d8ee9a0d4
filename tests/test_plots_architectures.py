"""The types of architecture: inputs, outputs and arrows stand at the steps that were asked for."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from rnncourse import plots

mpl.use("Agg")
TITLE = "What it shows"
KINDS = {
    "one-to-many\npicture → words": ([1], [1, 2, 3]),
    "encoder–decoder\ntext → text": ([1, 2], [3, 4]),
    "one-to-one": ([1], [1]),
}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def named(ax, group):
    """The beginnings of the group ids of one network, in their order."""
    return sorted(gid.removesuffix(f" {group}") for p in ax.patches if (gid := p.get_gid() or "").endswith(f" {group}"))


def test_nodes_and_arrows_stand_where_they_were_asked_for():
    ax = plots.architectures(KINDS, title=TITLE)
    assert named(ax, "one-to-one") == ["W_x 1", "W_y 1", "h1", "x1", "y1"]
    assert named(ax, "one-to-many") == sorted(
        ["x1", "W_x 1", "h1", "h2", "h3", "W_h 2", "W_h 3", "y1", "y2", "y3", "W_y 1", "W_y 2", "W_y 3"]
    )
    assert named(ax, "encoder–decoder") == sorted(
        ["x1", "x2", "h1", "h2", "h3", "h4", "y3", "y4"]
        + ["W_x 1", "W_x 2"]
        + [f"W_h {t}" for t in (2, 3, 4)]
        + ["W_y 3", "W_y 4"]
    )
    assert set(KINDS) <= {text.get_text() for text in ax.texts}
    assert ax.get_title(loc="left") == TITLE or ax.get_title() == TITLE


def test_an_output_is_fed_back_to_the_step_after_it_alone():
    ax = plots.architectures(KINDS, title=TITLE, fed_back=list(KINDS))
    back = [p for p in ax.patches if (p.get_gid() or "").startswith("back")]
    assert sorted(p.get_gid() for p in back) == ["back 2 one-to-many", "back 3 one-to-many", "back 4 encoder–decoder"]
    assert all(p.get_linestyle() not in ("-", "solid") for p in back)


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_networks_of_a_row_do_not_overlap(columns):
    ax = plots.architectures(KINDS, title=TITLE, columns=columns, ax=plt.subplots()[1])
    boxes = {p.get_gid(): p for p in ax.patches if (p.get_gid() or "")[0] in "xhy"}
    places = [(round(p.get_x() + p.get_width() / 2, 3), round(p.get_y(), 3)) for p in boxes.values()]
    assert len(set(places)) == len(places) == 18
    rows = {y for gid, p in boxes.items() if gid.startswith("h") for y in [round(p.get_y(), 3)]}
    assert len(rows) == -(-len(KINDS) // columns)


@pytest.mark.parametrize(
    ("kinds", "options", "message"),
    [
        ({}, {}, "kinds must give steps"),
        ({"a": ([], [1])}, {}, "kinds must give steps"),
        ({"a": ([0], [1])}, {}, "kinds must give steps"),
        ({"a": ([1], [1])}, {"fed_back": ["b"]}, "fed_back must name"),
        ({"a": ([1], [1])}, {"columns": 0}, "columns must be"),
    ],
)
def test_what_cannot_be_drawn_is_said(kinds, options, message):
    with pytest.raises(ValueError, match=message):
        plots.architectures(kinds, title=TITLE, **options)
