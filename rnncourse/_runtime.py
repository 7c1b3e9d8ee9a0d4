"""What every room needs before it starts: a quiet TensorFlow, seeds, the course's folders, progress.

Imports next to nothing; whatever is heavy is imported by the function that needs it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from rnncourse._checks import check_whole

_PACKAGE = Path(__file__).resolve().parent


def quiet_tensorflow() -> None:
    """Keep TensorFlow's start-up lines out of notebooks; a value the user has set already wins.

    Works when it runs before TensorFlow is first imported, which is why ``import rnncourse`` stands first in a lesson.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # C++ log lines below FATAL
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # one order of summation, and no note about it
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    if "tensorflow" not in sys.modules and not any(isinstance(finder, _QuietImport) for finder in sys.meta_path):
        sys.meta_path.insert(0, _QuietImport())


class _QuietImport(MetaPathFinder):
    """Hold back what TensorFlow's C++ libraries write to stderr while they load, before any log level is in force.

    When the import fails, what was held back is written after all.
    """

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if fullname != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = find_spec(fullname)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module
            spec.loader.exec_module = lambda module: self._load(load, module)
        return spec

    @staticmethod
    def _load(load: Callable[[ModuleType], None], module: ModuleType) -> None:
        with tempfile.TemporaryFile() as held:
            stderr = os.dup(2)
            os.dup2(held.fileno(), 2)
            try:
                load(module)
            except BaseException:
                held.seek(0)
                os.write(stderr, held.read())
                raise
            finally:
                os.dup2(stderr, 2)
                os.close(stderr)


def base_seed() -> int:
    """The seed of this run: the environment variable ``RNNCOURSE_SEED``, 0 when it is unset.

    Raises:
        ValueError: ``RNNCOURSE_SEED`` is not a whole number from 0 up.
    """
    text = os.environ.get("RNNCOURSE_SEED", "0").strip()
    if not text.isdecimal():
        raise ValueError(f"RNNCOURSE_SEED must be a whole number from 0 up, received {text!r}")
    return int(text)


def seed(k: int = 0) -> int:
    """Seed Python, NumPy and Keras, and return the number they were seeded with.

    Args:
        k: int from 0 up, added to the run's seed: a second experiment of one lesson takes ``seed(1)``.

    Returns:
        int: ``RNNCOURSE_SEED`` (0 when unset) plus ``k``, for whatever takes a seed of its own.

    Raises:
        ValueError: ``k`` is negative or no whole number, or ``RNNCOURSE_SEED`` is not a whole number from 0 up.
    """
    check_whole("k", k, least=0)
    import keras

    value = (base_seed() + int(k)) % 2**32
    keras.utils.set_random_seed(value)
    return value


def is_quiet() -> bool:
    """True in a build and in CI, where nobody watches a progress bar: ``RNNCOURSE_QUIET`` or ``CI`` is set."""
    return any(os.environ.get(name, "").lower() not in ("", "0", "false") for name in ("RNNCOURSE_QUIET", "CI"))


def progress(iterable: Iterable | None = None, label: str = "") -> Any:
    """Show a progress bar to people, and print nothing in a build or in CI.

    Args:
        iterable: what to walk through; leave it out to get a callback for ``model.fit``.
        label: str, what is being done; shown left of the bar.

    Returns:
        The iterable wrapped in a bar, or, without one, a ``keras.callbacks.Callback`` that shows epochs.

    Example:
        >>> for k in progress(range(5), "five seeds"): ...
        >>> model.fit(x, y, epochs=20, verbose=0, callbacks=[progress(label="training")])
    """
    from tqdm.auto import tqdm

    bar = partial(tqdm, desc=label or None, disable=is_quiet(), leave=False)
    if iterable is not None:
        return bar(iterable)
    from tqdm.keras import TqdmCallback

    return TqdmCallback(verbose=0, tqdm_class=bar)


def course_folder(name: str) -> Path:
    """Where the course's own files lie: inside an installed package, else in the checkout.

    Args:
        name: "data" or "exercises".

    Raises:
        FileNotFoundError: neither place has it.
    """
    packaged, checkout = {
        "data": (_PACKAGE / "_data", _PACKAGE.parent / "data"),
        "exercises": (_PACKAGE / "_exercises", _PACKAGE.parent / "notebooks" / "exercises"),
    }[name]
    for folder in (packaged, checkout):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        f"the course's {name} folder is neither at {packaged} nor at {checkout}: reinstall rnncourse"
    )
