"""The picture of an encoder and a decoder: labels where they are read and written, arrows as thick as their weights."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from rnncourse import plots

mpl.use("Agg")
TITLE = "What it shows"


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def named(ax, start):
    return [artist for artist in ax.patches if (artist.get_gid() or "").startswith(start)]


def labels(ax, row):
    """The labels of one row of nodes, from the left."""
    placed = sorted((*text.get_position(), text.get_text()) for text in ax.texts)
    ys = sorted({y for _, y, text in placed if text in {"a", "X"}})
    return [text for _, y, text in placed if y == ys[row]]


def test_the_decoder_reads_the_target_one_step_late():
    ax = plots.encoder_decoder(["a", "b", "c"], ["X", "Y"], start="S", title=TITLE)
    assert labels(ax, 0) == ["a", "b", "c", "S", "X"]
    assert labels(ax, -1) == ["X", "Y"]
    assert ax.get_title() == TITLE


def test_one_arrow_leads_from_the_encoder_to_the_decoder():
    ax = plots.encoder_decoder(list("abc"), list("XYZW"), title=TITLE)
    counts = {name: len(named(ax, name)) for name in ("vector", "encoder on", "decoder on", "late", "read-out", "look")}
    assert counts == {"vector": 1, "encoder on": 2, "decoder on": 3, "late": 3, "read-out": 4, "look": 0}


def test_the_arrows_of_attention_are_as_thick_as_their_weights():
    ax = plots.encoder_decoder(list("abc"), list("XY"), attention=[0.2, 0.8, 0.0], step=2, title=TITLE)
    looks = named(ax, "look")
    assert [look.get_gid() for look in looks] == ["look 1", "look 2"]
    thin, thick = (look.get_linewidth() for look in looks)
    assert thick > 2 * thin
    above = next(node for node in named(ax, "output 2"))
    assert abs(looks[0]._posA_posB[1][0] - (above.get_x() + 0.5 * above.get_width())) < 1e-9


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"source": []}, "source and target must each hold a label at least, received 0 and 2"),
        ({"target": []}, "source and target must each hold a label at least, received 2 and 0"),
        ({"attention": [1.0]}, r"attention must be 2 weights from 0 to 1, received \[1.0\]"),
        ({"attention": [1.5, 0.0]}, "attention must be 2 weights from 0 to 1"),
        ({"step": 3}, "step must be one of the target, 1 to 2, received 3"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        plots.encoder_decoder(**({"source": ["a", "b"], "target": ["X", "Y"], "title": TITLE} | arguments))
