"""The picture of a Transformer block: who looks at whom, and that the stream goes around both additions."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from rnncourse import plots

mpl.use("Agg")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def named(ax, start):
    return {artist.get_gid() for artist in ax.patches if (artist.get_gid() or "").startswith(start)}


@pytest.mark.parametrize("causal", [True, False])
def test_a_step_looks_at_those_it_may(causal):
    ax = plots.transformer_block(title="What it shows", steps=3, causal=causal)
    seen = {(i, j) for i in (1, 2, 3) for j in (1, 2, 3) if j <= i or not causal}
    assert named(ax, "look") == {f"look {i} {j}" for i, j in seen}
    assert ax.get_title() == "What it shows"


def test_the_stream_goes_around_attention_and_around_the_network():
    ax = plots.transformer_block(title="What it shows", steps=2)
    assert named(ax, "stream") == {"stream to u 1", "stream to u 2", "stream to y 1", "stream to y 2"}
    assert len(named(ax, "added")) == 4 and len(named(ax, "read")) == 2
    assert [text.get_text() for text in ax.texts].count("attention") == 2


def test_there_must_be_a_step():
    with pytest.raises(ValueError, match="steps must be a whole number from 1 up, received 0"):
        plots.transformer_block(title="What it shows", steps=0)
