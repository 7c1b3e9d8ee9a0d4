"""Gradients, spectra, surfaces and clippings: what is drawn is what NumPy computes."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from rnncourse import plots

mpl.use("Agg")
RNG = np.random.default_rng(0)
TITLE = "What it shows"
LABELS = {"title": TITLE, "xlabel": "w", "ylabel": "b"}
A, B = np.linspace(1, 2, 6), np.linspace(-1, 0, 5)
LOSS = np.exp(RNG.normal(size=(5, 6)))


pytestmark = pytest.mark.usefixtures("lesson_style")


def test_medians_bands_and_bounds_share_a_colour():
    runs = np.exp(RNG.normal(size=(3, 8)))
    bound = 2.0 ** -np.arange(8)
    ax = plots.gradient_norms({"one": runs, "two": runs[0]}, bounds={"one": bound}, title=TITLE)
    one, dashed, two = (line for line in ax.lines if len(line.get_xdata()))
    np.testing.assert_allclose(one.get_ydata(), np.sort(runs, axis=0)[1])
    np.testing.assert_array_equal(one.get_xdata(), np.arange(8))
    np.testing.assert_array_equal(dashed.get_ydata(), bound)
    assert dashed.get_linestyle() == "--" and dashed.get_color() == one.get_color() != two.get_color()
    assert one.get_marker() != two.get_marker()
    (band,) = ax.collections
    outline = band.get_paths()[0].vertices[:, 1]
    assert (outline.min(), outline.max()) == pytest.approx((runs.min(), runs.max()))
    assert ax.get_yscale() == "log"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["one", "two", "bound"]


def test_a_zero_ends_the_line():
    ax = plots.gradient_norms({"a": [1.0, 0.5, 0.0]}, title=TITLE, models=["gru"], legend=False)
    assert np.isnan(ax.lines[0].get_ydata()[2]) and ax.lines[0].get_color() == plots.PALETTE["gru"]
    assert ax.get_legend() is None


def test_a_spectrum_shows_eigenvalues_and_singular_values():
    matrix = RNG.normal(size=(7, 7))
    left, right = plots.spectrum(matrix, title=TITLE, limit=2.0)
    drawn = left.lines[0].get_xydata()
    eigenvalues = np.linalg.eigvals(matrix)
    np.testing.assert_allclose(np.sort_complex(drawn[:, 0] + 1j * drawn[:, 1]), np.sort_complex(eigenvalues))
    np.testing.assert_allclose(right.lines[0].get_ydata() ** 2, np.linalg.eigvalsh(matrix @ matrix.T)[::-1])
    (circle,) = left.patches
    assert circle.get_radius() == 1 and circle.center == (0, 0)
    assert left.get_title("left").endswith(f"ρ = {np.abs(eigenvalues).max():.3g}")
    assert right.get_title("left").endswith(f"σ₁ = {np.linalg.norm(matrix, 2):.3g}")
    assert right.lines[1].get_ydata()[0] == 2.0
    assert left.figure.get_suptitle() == TITLE


def test_a_spectrum_draws_on_the_panels_given():
    _, panels = plt.subplots(1, 2)
    left, right = plots.spectrum(np.eye(3), title=TITLE, panels=panels)
    assert (left, right) == tuple(panels) and left.get_title("left").startswith(TITLE)
    assert len(plt.get_fignums()) == 1


def test_paths_lie_on_the_surface_and_are_named():
    paths = {"unclipped": [[1.2, -0.5], [9.0, 9.0]], "clipped": RNG.uniform((1, -1), (2, 0), size=(4, 2))}
    ax = plots.loss_surface(A, B, LOSS, paths=paths, **LABELS)
    for name, path in paths.items():
        assert any(np.array_equal(line.get_xydata(), path) for line in ax.lines), name
    assert (ax.get_xlim(), ax.get_ylim()) == ((1, 2), (-1, 0))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(paths)
    styles = {(line.get_color(), line.get_linestyle()) for line in ax.lines if line.get_linestyle() != "None"}
    assert len(styles) == 2
    assert isinstance(ax.collections[0].norm, mpl.colors.LogNorm)


def test_a_surface_may_have_holes_and_no_paths():
    loss = LOSS.copy()
    loss[0, 0] = np.nan
    loss[1, 1] = np.inf
    ax = plots.loss_surface(A, B, loss, **LABELS)
    ax.figure.canvas.draw()
    assert ax.get_legend() is None


def test_a_relief_carries_its_paths_at_the_height_of_the_loss():
    plane = 1 + A + 2 * (B[:, np.newaxis] + 1)  # linear, so exact between the places of the grid
    path = np.array([[1.13, -0.4], [1.71, -0.9], [5.0, 0.0], [1.2, -0.2]])
    ax = plots.loss_relief(A, B, plane, paths={"p": path}, **LABELS)
    x, y, height = ax.lines[0].get_data_3d()
    np.testing.assert_allclose(height, 1 + x + 2 * (y + 1))
    np.testing.assert_array_equal(np.c_[x, y], path[:2])  # it ends where it leaves the surface
    ax.figure.canvas.draw()
    assert ax.get_zlabel() == "loss" and ax.get_title("left") == TITLE


def test_a_relief_draws_on_the_axes_given():
    ax = plt.figure().add_subplot(projection="3d")
    assert plots.loss_relief(A, B, LOSS, ax=ax, **LABELS) is ax


def test_clipping_draws_each_vector_from_the_origin():
    gradient = np.array([3.0, 4.0])
    clipped = {"value": np.clip(gradient, -1, 1), "norm": gradient / 5}
    ax = plots.clipping(gradient, clipped, norm=1.0, value=1.0, **LABELS)
    arrows = {text.get_gid(): text for text in ax.texts if text.get_gid()}
    for name, vector in {"unclipped": gradient, **clipped}.items():
        np.testing.assert_array_equal(arrows[name].xy, vector)
        assert arrows[name].get_position() == (0, 0)
    assert len({arrow.arrow_patch.get_edgecolor() for arrow in arrows.values()}) == 3
    circle, box = (next(p for p in ax.patches if p.get_gid() == gid) for gid in ("norm", "value"))
    assert circle.get_radius() == 1.0 and (box.get_x(), box.get_width(), box.get_height()) == (-1.0, 2.0, 2.0)
    assert {"unclipped", "value", "norm"} <= {text.get_text() for text in ax.texts}


def test_clipping_hides_no_arrow():
    ax = plots.clipping([-3, 1], {"norm": [-0.9, 0.3]}, **LABELS)
    ax.figure.canvas.draw()
    (low, high), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert low < -3 < 0 < high and bottom < 0 < 1 < top
    assert not ax.patches
    scale = ax.transData.transform([(0, 0), (1, 1)])
    assert np.ptp(scale, axis=0) == pytest.approx([np.ptp(scale, axis=0)[0]] * 2)  # one unit in both directions


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.gradient_norms({"a": np.zeros((1, 2, 3))}, title=TITLE), r"received shape \(1, 2, 3\)"),
        (
            lambda: plots.gradient_norms({"a": []}, title=TITLE),
            r"curves\['a'\] must have shape .* received shape \(0,\)",
        ),
        (lambda: plots.gradient_norms({"a": [1]}, bounds={"b": [1]}, title=TITLE), "bounds must .* received 'b'"),
        (lambda: plots.gradient_norms({"a": [1]}, bounds={"a": [1, 2]}, title=TITLE), r"received 'a' of shape \(2,\)"),
        (
            lambda: plots.gradient_norms({"a": [1]}, models=["x"], title=TITLE),
            r"models must name 1 of .* received \['x'\]",
        ),
        (lambda: plots.gradient_norms({c: [1] for c in "abcdefgh"}, title=TITLE), "models must name 8 of"),
        (lambda: plots.spectrum(np.zeros((2, 3)), title=TITLE), r"shape \(units, units\), received shape \(2, 3\)"),
        (lambda: plots.loss_surface(A, B, LOSS.T, **LABELS), r"\(rows, columns\) = \(5, 6\), received shape \(6, 5\)"),
        (lambda: plots.loss_surface(A, B, LOSS - 9, **LABELS), "loss must be > 0"),
        (lambda: plots.loss_surface(A, B, LOSS, paths={"p": [1, 2]}, **LABELS), r"received \{'p': \(2,\)\}"),
        (lambda: plots.loss_relief(A, B, LOSS, ax=plt.subplots()[1], **LABELS), "received 'rectilinear'"),
        (lambda: plots.clipping([1, 2, 3], {}, **LABELS), r"shape \(2,\), received shape \(3,\) for 'unclipped'"),
        (lambda: plots.clipping([1, 2], {"a": [1]}, **LABELS), r"received shape \(1,\) for 'a'"),
        (lambda: plots.clipping([1, 2], {c: [1, 2] for c in "abcde"}, **LABELS), "at most 4 vectors, received 5"),
    ],
)
def test_refuses(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
