"""A character model together with its alphabet: texts in, texts out."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np

from rnncourse.models.builders import many_to_many
from rnncourse.models.sampling import sample
from rnncourse.models.streams import reset_states

_PIECE = 1024  # steps that are read at once for a loss
_FORMAT = 1


@dataclass(eq=False, repr=False)
class TextModel:
    """A recurrent model that predicts the next character of a text.

    Attributes:
        vocabulary: str, its characters; a character's id is its place.
        options: the arguments of :func:`many_to_many` that the model is built with.
        history: how the training went: "seconds", "updates", "characters", "training" and "validation" (nats a
            character), each a list with an entry a report. Empty where nothing was trained.
        model: keras.Model, ids (B, T) to scores (B, T, V).
    """

    vocabulary: str
    options: Mapping[str, Any]
    history: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        size = len(self.vocabulary)
        self.model: keras.Model = many_to_many(vocab_size=size, outputs=size, mask_zero=False, **self.options)

    def encode(self, text: str) -> np.ndarray:
        """The ids of a text, (len(text),) int32.

        Raises:
            ValueError: a character that the model does not know.
        """
        ids = {character: i for i, character in enumerate(self.vocabulary)}
        for place, character in enumerate(text):
            if character not in ids:
                raise ValueError(
                    f"text must hold characters of the model's vocabulary, received {character!r} at place {place}"
                )
        return np.array([ids[character] for character in text], np.int32)

    def loss(self, text: str) -> float:
        """How surprised the model is by a text.

        Args:
            text: str, at least 2 characters, all of them in the vocabulary.

        Returns:
            float, nats a character: the mean over all characters but the first, each predicted from all before it, with
            the state carried from zero through the whole text.

        Raises:
            ValueError: the text is too short, or has a character that the model does not know.
        """
        if len(text) < 2:
            raise ValueError(f"text must have at least 2 characters, received {len(text)}")
        ids = self.encode(text)
        reader = self._reader
        reader.set_weights(self.model.get_weights())
        reset_states(reader)
        total, steps = 0.0, len(ids) - 1
        whole = steps // _PIECE * _PIECE
        for start, stop, length in ((0, whole, _PIECE), (whole, steps, steps - whole)):
            if start < stop:
                x, y = (part[start:stop].reshape(-1, length) for part in (ids[:-1], ids[1:]))
                total += (stop - start) * reader.evaluate(x, y, batch_size=1, verbose=0)
        return total / steps

    @cached_property
    def _reader(self) -> keras.Model:
        """The same network for one text in pieces, its state carried."""
        size = len(self.vocabulary)
        options = {**self.options, "stateful": True, "batch_size": 1}
        reader = many_to_many(vocab_size=size, outputs=size, mask_zero=False, **options)
        reader.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), jit_compile=True)
        return reader

    def write(
        self,
        prompt: str,
        length: int,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        seed: int | None = None,
    ) -> str:
        """Continue a text.

        Args:
            prompt: str, at least one character, all of them in the vocabulary.
            length: int ≥ 0, how many characters to write.
            temperature, top_k, top_p, seed: as for :func:`sample`.

        Returns:
            str, the new characters alone.

        Raises:
            ValueError: an argument outside its range, an empty prompt, or a character that the model does not know.
        """
        ids = sample(self.model, self.encode(prompt), length, temperature, top_k, top_p, seed)
        return "".join(self.vocabulary[i] for i in ids)

    def save(self, path: str | os.PathLike, *, overwrite: bool = False) -> Path:
        """Write the model into one file.

        Args:
            path: where to; its folder must be there.
            overwrite: bool, whether a file at ``path`` may be replaced.

        Returns:
            The path.

        Raises:
            FileExistsError: something is there, and may not be replaced.
            OSError: the file cannot be written; what was there before stays.
        """
        path = check_free(path, overwrite=overwrite)
        about = {
            "format": _FORMAT,
            "vocabulary": self.vocabulary,
            "options": dict(self.options),
            "history": {name: list(values) for name, values in self.history.items()},
        }
        part = path.with_name(f"{path.name}.part")
        with part.open("wb") as file:
            np.savez_compressed(file, *self.model.get_weights(), about=np.array(json.dumps(about)))
        part.replace(path)
        return path

    @classmethod
    def load(cls, path: str | os.PathLike) -> TextModel:
        """The model that :meth:`save` wrote.

        Raises:
            FileNotFoundError: there is nothing at ``path``.
            ValueError: the file is something else, or of a newer version of the course.
        """
        path = Path(path).expanduser()
        try:
            with np.load(path, allow_pickle=False) as kept:
                about = json.loads(str(kept["about"]))
                weights = [kept[f"arr_{k}"] for k in range(len(kept) - 1)]
        except (ValueError, KeyError, EOFError, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise ValueError(f"path must be a file that TextModel.save wrote, received {path}") from error
        if about["format"] > _FORMAT:
            raise ValueError(f"{path} was written by a newer version of the course: update it")
        found = cls(about["vocabulary"], about["options"], about["history"])
        found.model.set_weights(weights)
        return found


def check_free(path: str | os.PathLike, *, overwrite: bool = False) -> Path:
    """The path, if a file can be written there.

    Raises:
        FileExistsError: something is there, and ``overwrite`` is False.
        OSError: its folder is missing, or may not be written to.
    """
    path = Path(path).expanduser()
    if path.is_dir() or (path.exists() and not overwrite):
        raise FileExistsError(f"path must be free, but there is something at {path}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"path must lie in a folder that is there, received {path}")
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"path must lie in a folder that may be written to, received {path}")
    return path
