"""Models whose weights are kept with the course: what takes minutes to train and is then only used."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from rnncourse._runtime import course_folder
from rnncourse.models.builders import many_to_many

if TYPE_CHECKING:
    import keras


def pretrained(name: str, *, stateful: bool = False, batch_size: int | None = None) -> keras.Model:
    """A trained model, with the weights that ``make experiments`` measured.

    ``"python_gru"`` is a language model of Python's standard library, character by character, trained on the training
    split of ``datasets.python_source(characters=6_000_000)``.

    Args:
        name: str, the name of a pair of files in ``data/models/``: the weights, and what they were trained on.
        stateful: bool, carry the state over from call to call, as :func:`many_to_many` does.
        batch_size: int ≥ 1, the rows of a stateful model.

    Returns:
        keras.Model, not compiled: ids (batch, time) to scores (batch, time, vocabulary). The ids are those of the data
        set that it was trained on.

    Raises:
        ValueError: there is no such model, or ``stateful`` without ``batch_size``.
    """
    folder = course_folder("data") / "models"
    known = sorted(path.stem for path in folder.glob("*.npz"))
    if name not in known:
        raise ValueError(f"name must be one of {', '.join(known)}, received {name!r}")
    options = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))["many_to_many"]
    model = many_to_many(**options, stateful=stateful, batch_size=batch_size)
    with np.load(folder / f"{name}.npz") as kept:
        model.set_weights([kept[key].astype(np.float32) for key in kept])
    return model
