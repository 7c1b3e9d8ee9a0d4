"""What every figure of networks, gradients and results does: it draws on the axes given, and makes its own without."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from rnncourse import plots

mpl.use("Agg")
RNG = np.random.default_rng(0)
A, B = np.linspace(1, 2, 6), np.linspace(0, 1, 5)
LOSS = RNG.uniform(0.1, 1, size=(5, 6))
LABELS = {"xlabel": "x", "ylabel": "y"}
DRAWINGS = {
    "intervals": lambda **o: plots.intervals(["a", "b"], [1.0, 2.0], [0.1, 0.0], xlabel="x", **o),
    "stems": lambda **o: plots.stems(RNG.normal(size=9), highlight=3, **LABELS, **o),
    "recurrent_cell": lambda **o: plots.recurrent_cell(**o),
    "unrolled": lambda **o: plots.unrolled(4, losses=True, gradient_from=[2, 4], window=2, folded=True, **o),
    "unrolled layers": lambda **o: plots.unrolled(9, depth=2, folded=True, shared=False, read_out="none", **o),
    "reachable": lambda **o: plots.reachable(12, 7, **o),
    "streamed": lambda **o: plots.streamed([2, 3], **o),
    "streamed from zero": lambda **o: plots.streamed([2, 3], carried=False, read_out=True, **o),
    "trajectories": lambda **o: plots.trajectories(A, A, A**2, horizon=1.5, **LABELS, **o),
    "phase_portrait": lambda **o: plots.phase_portrait(RNG.normal(size=(9, 2)), np.ones((9, 2)), **LABELS, **o),
    "points": lambda **o: plots.points(RNG.normal(size=(3, 2)), ["a", "b", "a"], names=["1", "2", ""], **LABELS, **o),
    "table": lambda **o: plots.table([["a", 0.5], ["b", 2]], rows=["1", "2"], columns=["x", "y"], **o),
    "solved": lambda **o: plots.solved(
        LOSS, rows=list("abcde"), columns=list("123456"), threshold=0.5, xlabel="T", **o
    ),
    "gradient_norms": lambda **o: plots.gradient_norms({"a": B[1:] ** 2, "b": LOSS}, bounds={"a": B[1:]}, **o),
    "loss_surface": lambda **o: plots.loss_surface(A, B, LOSS, paths={"p": [[1.1, 0.2], [1.5, 0.5]]}, **LABELS, **o),
    "clipping": lambda **o: plots.clipping([3, 1], {"value": [1, 1]}, norm=1.0, value=1.0, **LABELS, **o),
}


pytestmark = pytest.mark.usefixtures("lesson_style")


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_draws_on_the_axes_given(draw):
    _, ax = plt.subplots()
    assert draw(title="What it shows", ax=ax) is ax
    assert ax.get_title(loc="left") == "What it shows"
    assert len(plt.get_fignums()) == 1
    ax.figure.canvas.draw()  # text that cannot be set would fail here


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_makes_axes_of_its_own_as_wide_as_a_lesson(draw, caplog):
    ax = draw(title="What it shows")
    assert ax.figure.number in plt.get_fignums()
    assert ax.figure.get_size_inches()[0] <= 7.0
    ax.figure.canvas.draw()
    assert not caplog.records  # matplotlib says by logging what it could not do


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_no_text_leaves_the_figure(draw):
    figure = draw(title="What it shows").figure
    figure.canvas.draw()
    seen = figure.get_window_extent()
    for text in figure.findobj(mpl.text.Text):
        if text.get_text() and text.get_visible() and text.axes is not None:
            box = text.get_window_extent()
            inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= seen.x1 + 1 and box.y1 <= seen.y1 + 1
            assert inside or not _on_show(text), f"{text.get_text()!r} at {box}"


def _on_show(text):
    """Labels of ticks outside the limits are kept, but not drawn."""
    axis = [axis for axis in (text.axes.xaxis, text.axes.yaxis) if text in axis.get_ticklabels()]
    if not axis:
        return True
    low, high = sorted(axis[0].get_view_interval())
    return low <= text.get_position()[axis[0] is text.axes.yaxis] <= high
