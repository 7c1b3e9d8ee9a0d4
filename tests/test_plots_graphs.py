"""Pictures of networks: each arrow is there once, in the colour of its weight, and gradients go where they should."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from rnncourse import plots

mpl.use("Agg")
TITLE = "What it shows"
COLORS = {name: mpl.colors.to_rgba(color) for name, color in plots.WEIGHTS.items()}
FAINT = mpl.colors.to_rgba(plots.PALETTE["faint"])


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def named(ax, start):
    """Patches and lines whose group id begins so, by that id."""
    return [artist for artist in [*ax.patches, *ax.lines] if (artist.get_gid() or "").startswith(start)]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_the_three_weights_have_three_colours_of_the_palette():
    assert list(plots.WEIGHTS) == ["W_x", "W_h", "W_y"]
    assert len(set(plots.WEIGHTS.values())) == 3
    assert set(plots.WEIGHTS.values()) <= set(plots.PALETTE.values())


@pytest.mark.parametrize("steps", [1, 3, 12])
def test_a_weight_has_one_arrow_a_step_in_one_colour(steps):
    ax = plots.unrolled(steps, title=TITLE)
    for weight, color in COLORS.items():
        arrows = named(ax, weight)
        assert len(arrows) == steps
        assert {arrow.get_edgecolor() for arrow in arrows} == {color}
        assert f"${weight}$" in texts(ax)


def test_the_cell_has_a_loop_and_the_feed_forward_layer_has_none():
    ax = plots.recurrent_cell(title=TITLE)
    assert [arrow.get_gid() for arrow in named(ax, "W_h")] == ["W_h recurrent"]
    assert named(ax, "W_h")[0].get_edgecolor() == COLORS["W_h"]
    assert len(named(ax, "W_x")) == len(named(ax, "W_y")) == 2
    assert {"feed-forward", "recurrent"} <= set(texts(ax))
    alone = plots.recurrent_cell(title=TITLE, feed_forward=False)
    assert len(named(alone, "W_x")) == 1 and "feed-forward" not in texts(alone)


def test_labels_stand_in_their_nodes():
    labels = {"inputs": ["$x_1$\n1.0", "b"], "states": ["c", "d"], "outputs": ["e", "f"]}
    ax = plots.unrolled(2, title=TITLE, initial="0", weights={"W_h": "$W_h$ = 0.4"}, **labels)
    at = {text.get_text(): text.get_position() for text in ax.texts}
    for kind, names in zip("xhy", labels.values(), strict=True):
        for step, name in enumerate(names, start=1):
            node = named(ax, f"{kind}{step}")[0]
            assert at[name] == pytest.approx(
                (node.get_x() + node.get_width() / 2, node.get_y() + node.get_height() / 2)
            )
    assert at["0"][0] < at["c"][0] < at["d"][0]
    assert at["$x_1$\n1.0"][1] < at["c"][1] < at["e"][1]
    assert "$W_h$ = 0.4" in at and "$W_h$" not in at and "$W_x$" in at


@pytest.mark.parametrize(("read_out", "steps_with_output"), [("every", 3), ("last", 1), ("none", 0)])
def test_outputs_where_they_are_asked_for(read_out, steps_with_output):
    ax = plots.unrolled(3, title=TITLE, read_out=read_out)
    assert len(named(ax, "y")) == len(named(ax, "W_y")) == steps_with_output
    if steps_with_output == 1:
        assert named(ax, "y")[0].get_gid() == "y3"


def test_copies_carry_their_step_and_layers_their_number():
    assert {"$W_h^{(1)}$", "$W_h^{(2)}$", "$W_x^{(2)}$ = 1"} <= set(
        texts(plots.unrolled(2, title=TITLE, shared=False, weights={"W_x": "$W_x$ = 1"}))
    )
    deep = plots.unrolled(2, title=TITLE, depth=2)
    assert {"$h_{0}^{(2)}$".replace("{0}", "0"), "$h_{2}^{(2)}$", "$W_h^{(2)}$", "$W_x^{(2)}$", "$W_y$"} <= set(
        texts(deep)
    )
    assert len(named(deep, "W_h")) == len(named(deep, "W_x")) == 4 and len(named(deep, "W_y")) == 2


def test_the_folded_network_stands_to_the_left():
    ax = plots.unrolled(3, title=TITLE, folded=True, losses=True)
    loop = named(ax, "W_h folded")
    assert len(loop) == 1 and loop[0].get_edgecolor() == COLORS["W_h"]
    assert named(ax, "h folded")[0].get_x() < named(ax, "h0")[0].get_x()
    assert named(ax, "L folded") and "$=$" in texts(ax)
    assert len(named(plots.unrolled(2, title=TITLE, folded=True, depth=2), "W_h folded")) == 2


def test_a_gradient_visits_each_state_back_to_the_first():
    ax = plots.unrolled(5, title=TITLE, losses=True, gradient_from=[3, 5])
    assert len(named(ax, "gradient 3")) == 2 + 2  # L to y, y to h, then one hop for each earlier state
    assert len(named(ax, "gradient 5")) == 2 + 4
    assert not named(ax, "cut")
    assert {arrow.get_edgecolor() for arrow in named(ax, "gradient")} == {mpl.colors.to_rgba(plots.PALETTE["lstm"])}
    assert not set(COLORS.values()) & {arrow.get_edgecolor() for arrow in named(ax, "gradient")}


@pytest.mark.parametrize(
    ("window", "hops", "cut"), [(1, 0, True), (3, 2, True), (4, 3, True), (5, 4, False), (9, 4, False)]
)
def test_a_window_counts_the_states_a_gradient_reaches(window, hops, cut):
    ax = plots.unrolled(5, title=TITLE, losses=True, read_out="last", gradient_from=5, window=window)
    assert len(named(ax, "gradient 5")) == 2 + hops
    assert bool(named(ax, "cut 5")) is cut
    if cut:  # the bar stands between the last state reached and the one before
        reached, missed = (named(ax, f"h{step}")[0].get_x() for step in (5 - hops, 4 - hops))
        assert missed < named(ax, "cut 5")[0].get_xdata()[0] < reached


def test_each_gradient_may_have_a_window_of_its_own():
    ax = plots.unrolled(4, title=TITLE, losses=True, gradient_from=[4, 3], window=[2, 1])
    assert len(named(ax, "gradient 4")) == 3 and len(named(ax, "gradient 3")) == 2


def test_only_what_an_input_reaches_keeps_its_colour():
    ax = plots.reachable(6, 3, title=TITLE)
    kept = {arrow.get_gid() for arrow in named(ax, "W_") if arrow.get_edgecolor() != FAINT}
    assert kept == {"W_x 3", *(f"W_h {step}" for step in (4, 5, 6)), *(f"W_y {step}" for step in (3, 4, 5, 6))}
    nodes = {node.get_gid() for kind in "xhy" for node in named(ax, kind) if node.get_edgecolor() != FAINT}
    assert nodes == {"x3", *(f"{kind}{step}" for kind in "hy" for step in (3, 4, 5, 6))}
    assert {f"${weight}$" for weight in COLORS} <= set(texts(ax))


def test_chunks_hand_their_state_on_or_start_from_zero():
    carried = plots.streamed([2, 3], title=TITLE)
    assert [band.get_gid() for band in named(carried, "chunk")] == ["chunk 1", "chunk 2"]
    assert {"chunk 1", "chunk 2", "carried"} <= set(texts(carried))
    assert len(named(carried, "W_h")) == 5 and not named(carried, "cut")
    widths = {arrow.get_gid(): arrow.get_linewidth() for arrow in named(carried, "W_h")}
    assert max(widths, key=widths.get) == "W_h 3"
    zero = plots.streamed([2, 3], title=TITLE, carried=False)
    assert [bar.get_gid() for bar in named(zero, "cut")] == ["cut 2"]
    assert "0" in texts(zero) and "carried" not in texts(zero) and len(named(zero, "W_h")) == 5


def test_bands_hold_their_steps():
    ax = plots.streamed([2, 3], title=TITLE)
    for band, steps in zip(named(ax, "chunk"), ([1, 2], [3, 4, 5]), strict=True):
        inside = [
            step
            for step in range(1, 6)
            if band.get_x() < named(ax, f"x{step}")[0].get_x() < band.get_x() + band.get_width()
        ]
        assert inside == steps


@pytest.mark.parametrize("width", [3.5, 7.0])
@pytest.mark.parametrize("steps", [3, 6])
def test_labels_fit_their_nodes(width, steps):
    with mpl.rc_context():
        plots.use_style()
        _, ax = plt.subplots(figsize=(width, 3))
        plots.unrolled(steps, title=TITLE, losses=True, states=["$h_1$\n−0.123"] * steps, ax=ax)
        ax.figure.canvas.draw()
        node = named(ax, "h1")[0].get_window_extent()
        label = next(text for text in ax.texts if "0.123" in text.get_text()).get_window_extent()
        assert label.width < node.width and label.height < node.height


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.unrolled(0, title=TITLE), "steps must be a whole number from 1 up, received 0"),
        (lambda: plots.unrolled(2, title=TITLE, depth=0), "depth must be a whole number from 1 up, received 0"),
        (lambda: plots.unrolled(2, title=TITLE, inputs=["a"]), "inputs must have 2 labels, received 1"),
        (lambda: plots.unrolled(2, title=TITLE, states=["a"]), "states must have 2 labels, received 1"),
        (
            lambda: plots.unrolled(2, title=TITLE, outputs=["a", "b"], read_out="last"),
            "outputs must have 1 labels, received 2",
        ),
        (
            lambda: plots.unrolled(2, title=TITLE, read_out="first"),
            """must be "every", "last" or "none", received 'first'""",
        ),
        (lambda: plots.unrolled(2, title=TITLE, read_out="none", losses=True), "losses follow outputs"),
        (lambda: plots.unrolled(2, title=TITLE, weights={"W": "1"}), r"must label W_x, W_h, W_y, received \['W'\]"),
        (lambda: plots.unrolled(2, title=TITLE, gradient_from=2), r"received \[2\] with depth 1 and losses at \[\]"),
        (lambda: plots.unrolled(2, title=TITLE, losses=True, gradient_from=3), r"received \[3\] .* losses at \[1, 2\]"),
        (lambda: plots.unrolled(2, title=TITLE, losses=True, depth=2, gradient_from=2), "received .* with depth 2"),
        (
            lambda: plots.unrolled(2, title=TITLE, losses=True, gradient_from=2, window=0),
            "window must be .* from 1 up, received 0",
        ),
        (
            lambda: plots.unrolled(2, title=TITLE, losses=True, gradient_from=2, window=[1, 1]),
            r"window must be one for all or one for each of 1 gradients, received \[1, 1\]",
        ),
        (lambda: plots.reachable(3, 4, title=TITLE), "source must be a step from 1 to 3, received 4"),
        (lambda: plots.reachable(3, 0, title=TITLE), "source must be a whole number from 1 up, received 0"),
        (lambda: plots.streamed([], title=TITLE), "chunks must hold the length of one chunk at least"),
        (lambda: plots.streamed([2, 0], title=TITLE), "chunks must be a whole number from 1 up, received 0"),
    ],
)
def test_refuses(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
