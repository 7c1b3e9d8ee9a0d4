"""Pictures that explain: the map of the course, a text as a network continues it, from text to a loss."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from rnncourse.plots.charts import bars
from rnncourse.plots.sequences import heat
from rnncourse.plots.style import PALETTE, axes, bare, finish


def course_map(parts: Mapping[str, Sequence[str]], *, title: str, ax: Axes | None = None) -> Axes:
    """The parts of a course as columns of lessons, read from left to right and from top to bottom.

    Args:
        parts: name of the part → titles of its lessons, in their order.
        title: what the figure shows.
        ax: axes to draw on; a new figure when left out.
    """
    ax = bare(axes(ax, size=(7.6, 5.2)))
    colors = ("simple", "lstm", "conv", "gru", "transformer")
    for column, (part, lessons) in enumerate(parts.items()):
        color = PALETTE[colors[column % len(colors)]]
        ax.text(
            column, 0.35, textwrap.fill(part, 13), ha="center", va="bottom", color=color, weight="bold", fontsize=12
        )
        for row, lesson in enumerate(lessons):
            box = FancyBboxPatch(
                (column - 0.44, -row - 0.4),
                0.88,
                0.72,
                boxstyle="round,pad=0.02,rounding_size=0.08",
                color=color,
            )
            ax.add_patch(box)
            ax.text(
                column,
                -row - 0.04,
                textwrap.fill(lesson, 14),
                ha="center",
                va="center",
                fontsize=9.5,
                color="white",
                weight="bold",
            )
            if row:
                ax.plot([column, column], [-row + 0.33, -row + 0.57], color=color, linewidth=1.5, zorder=0)
    ax.set(xlim=(-0.55, len(parts) - 0.45), ylim=(-max(map(len, parts.values())) + 0.5, 1.25))
    return finish(ax, title=title)


def continuation(prompt: str, text: str, *, title: str, width: int = 84, ax: Axes | None = None) -> Axes:
    """A prompt in black and what a model wrote after it in the colour of a GRU, in one typewriter block.

    Args:
        prompt: what the model was given.
        text: what it wrote; a long line is broken after ``width`` characters.
        title: what the figure shows.
        width: int ≥ 1, characters a line.
        ax: axes to draw on; a new figure when left out.
    """
    written = [(character, PALETTE["truth"]) for character in prompt] + [(c, PALETTE["gru"]) for c in text]
    rows: list[list[tuple[str, str]]] = [[]]
    for character, color in written:
        if character == "\n" or len(rows[-1]) == width:
            rows.append([])
        if character != "\n":
            rows[-1].append((character, color))
    ax = bare(axes(ax, size=(7.6, 0.7 + 0.215 * len(rows))))
    for row, characters in enumerate(rows):
        for color in (PALETTE["truth"], PALETTE["gru"]):
            line = "".join(c if drawn == color else " " for c, drawn in characters).rstrip()
            # A dollar sign would open matplotlib's mathematics.
            ax.text(0, -row, line.replace("$", r"\$"), family="DejaVu Sans Mono", fontsize=9, color=color, va="center")
    ax.set(xlim=(0, width), ylim=(-len(rows) + 0.3, 0.7))
    return finish(ax, title=title)


def text_to_loss(
    characters: Sequence[str],
    vocabulary: Sequence[str],
    ids: Sequence[int],
    vectors: np.ndarray,
    probabilities: np.ndarray,
    target: int,
    *,
    title: str,
) -> Axes:
    """From text to a loss in one picture: characters, ids, one-hot rows, embedding rows, softmax, cross-entropy.

    Args:
        characters: the text, n characters.
        vocabulary: the V known characters.
        ids: n places in the vocabulary.
        vectors: (n, features) rows of the embedding.
        probabilities: (V,) the softmax after the last character.
        target: id of the character that really follows.
        title: what the figure shows.

    Returns:
        The axes of the last panel.

    Raises:
        ValueError: the lengths do not fit each other.
    """
    if len(characters) != len(ids) or len(vectors) != len(ids) or len(probabilities) != len(vocabulary):
        raise ValueError(
            "characters, ids and vectors must have one length, probabilities that of vocabulary, received "
            f"{len(characters)}, {len(ids)}, {len(vectors)}, {len(probabilities)} and {len(vocabulary)}"
        )
    shown = {" ": "␣", "\n": "⏎"}
    names = [shown.get(c, c) for c in vocabulary]
    rows = [f"{shown.get(c, c)} → {i}" for c, i in zip(characters, ids, strict=True)]
    figure, panels = plt.subplots(1, 3, figsize=(7.6, 3.6), width_ratios=(1.35, 0.8, 1.35))
    figure.suptitle(title, x=0.01, ha="left", weight="bold", fontsize=12.5)
    heat(np.eye(len(vocabulary))[list(ids)], title="2 · one-hot", rows=rows, columns=names, ax=panels[0])
    heat(vectors, title="3 · embedding", xlabel="feature", ax=panels[1])
    models = ["gru" if i == target else "baseline" for i in range(len(vocabulary))]
    bars(
        dict(zip(names, probabilities, strict=True)),
        title="4 · softmax at the end",
        xlabel=f"probability; loss −ln {probabilities[target]:.3f} = {-np.log(probabilities[target]):.2f}",
        models=models,
        form="{:.2f}",
        ax=panels[2],
    )
    panels[0].set_xlabel("vocabulary")
    for panel in panels:
        panel.title.set_size(11)
        panel.xaxis.label.set_size(10.5)
        panel.tick_params(labelsize=10)
    return panels[2]
