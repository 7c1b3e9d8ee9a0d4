"""Seeds, quiet start-up, progress, folders, and what importing the package costs."""

import os
import random
import subprocess
import sys

import numpy as np
import pytest

import rnncourse
from rnncourse import _runtime

BARE = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "KERAS_", "RNNCOURSE_", "CI", "PYTEST"))}


def run(code, **environment):
    """Run ``code`` in a fresh Python; returns what it printed and what it wrote to stderr."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**BARE, **environment}, check=True
    )
    return done.stdout.strip(), done.stderr


def test_importing_the_package_loads_nothing_heavy():
    heavy = {"tensorflow", "keras", "numpy", "pandas", "matplotlib", "scipy", "sklearn", "typer", "tqdm"}
    loaded, _ = run(f"import rnncourse, sys; print(sorted({heavy} & set(sys.modules)))")
    assert loaded == "[]"


@pytest.mark.parametrize("room", ["datasets", "exercises", "plots"])
def test_rooms_that_do_without_tensorflow(room):
    loaded, _ = run(f"import sys; from rnncourse import {room}; print({{'tensorflow', 'keras'}} & set(sys.modules))")
    assert loaded == "set()"


def test_rooms_are_attributes_and_others_are_not():
    assert {"datasets", "exercises", "measure", "plots"} <= set(dir(rnncourse))
    assert rnncourse.measure.claim is not None
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = rnncourse.nonsense


def test_tensorflow_starts_without_a_word():
    out, err = run("import rnncourse, keras; print(float(keras.ops.sum(keras.ops.ones((2, 2)))))")
    assert (out, err) == ("4.0", "")


def test_a_setting_of_the_user_wins():
    out, _ = run("import rnncourse, os; print(os.environ['TF_CPP_MIN_LOG_LEVEL'])", TF_CPP_MIN_LOG_LEVEL="0")
    assert out == "0"


def test_what_a_failing_import_wrote_is_shown():
    code = """
import rnncourse, os, sys, pathlib, tempfile
folder = pathlib.Path(tempfile.mkdtemp())
(folder / "tensorflow.py").write_text("import os; os.write(2, b'a reason'); raise ImportError('broken')")
sys.path.insert(0, str(folder))
try:
    import tensorflow
except ImportError as error:
    print(error)
"""
    assert run(code) == ("broken", "a reason")


def test_seed_makes_numbers_repeat(monkeypatch):
    keras = pytest.importorskip("keras")
    monkeypatch.setenv("RNNCOURSE_SEED", "3")
    drawn = []
    for _ in range(2):
        assert rnncourse.seed(4) == 7
        drawn.append((random.random(), np.random.rand(), float(keras.random.normal(()))))  # noqa: NPY002
    assert drawn[0] == drawn[1]
    rnncourse.seed(5)
    assert random.random() != drawn[0][0]


def test_seed_is_zero_when_nothing_is_set(monkeypatch):
    monkeypatch.delenv("RNNCOURSE_SEED", raising=False)
    assert rnncourse.seed() == 0


@pytest.mark.parametrize("text", ["-1", "1.5", "seven", ""])
def test_seed_refuses_the_environment(monkeypatch, text):
    monkeypatch.setenv("RNNCOURSE_SEED", text)
    with pytest.raises(ValueError, match=f"RNNCOURSE_SEED must be a whole number from 0 up, received {text!r}"):
        rnncourse.seed()


@pytest.mark.parametrize("k", [-1, 1.0, "1", True])
def test_seed_refuses_k(k):
    with pytest.raises(ValueError, match=f"k must be a whole number from 0 up, received {k!r}"):
        rnncourse.seed(k)


@pytest.mark.parametrize(
    ("name", "value", "quiet"),
    [("CI", "true", True), ("RNNCOURSE_QUIET", "1", True), ("CI", "false", False), ("RNNCOURSE_QUIET", "0", False)],
)
def test_quiet(monkeypatch, name, value, quiet):
    for other in ("CI", "RNNCOURSE_QUIET"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, value)
    assert _runtime.is_quiet() is quiet


@pytest.mark.parametrize("quiet", [True, False])
def test_progress_shows_a_bar_to_people_alone(monkeypatch, capsys, quiet):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("RNNCOURSE_QUIET", str(int(quiet)))
    assert list(rnncourse.progress(range(3), "three steps")) == [0, 1, 2]
    said = capsys.readouterr()
    assert said.out == ""
    assert ("three steps" in said.err) is not quiet


@pytest.mark.parametrize("quiet", [True, False])
def test_progress_is_a_callback_of_fit(monkeypatch, capsys, quiet):
    keras = pytest.importorskip("keras")
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("RNNCOURSE_QUIET", str(int(quiet)))
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=2, verbose=0, callbacks=[rnncourse.progress(label="training")])
    said = capsys.readouterr()
    assert said.out == ""
    assert ("training" in said.err) is not quiet


def test_course_folders_are_found():
    assert (_runtime.course_folder("data") / "README.md").is_file()
    assert (_runtime.course_folder("exercises") / "src").is_dir()


def test_a_missing_course_folder_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(_runtime, "_PACKAGE", tmp_path / "rnncourse")
    with pytest.raises(FileNotFoundError, match=r"the course's data folder is neither at .* reinstall rnncourse"):
        _runtime.course_folder("data")
    (tmp_path / "rnncourse" / "_data").mkdir(parents=True)
    assert _runtime.course_folder("data") == tmp_path / "rnncourse" / "_data"
