"""The notebook pipeline, on small sources of its own."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from build_notebooks import main as build
from PIL import Image
from pipeline import pages
from pipeline.execute import kernel_environment
from pipeline.figures import COLORS, smaller
from pipeline.notebook import SETUP, STUB, notebook_from_source, reading_minutes
from pipeline.record import steady_seconds
from pipeline.sources import ROOT, Source, find_sources, select

LESSON = """\
# %% [markdown]
# # Drawn and claimed
#
# **Is the mean small?** Read for {{minutes}} minutes, run for {{seconds}} seconds: $h_t$.

# %%
import time

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np

from rnncourse.measure import claim

x = np.arange(5.0)
_, ax = plt.subplots(figsize=(2, 1))
line = ax.plot(x)

# %%
for word in ("one", "two"):
    print(word, flush=True)
    time.sleep(0.3)
claim("The mean is small", x.mean() < 3, f"{x.mean():.1f}")

# %% tags=["nbval-ignore-output"]
ipywidgets.IntSlider()
"""

EXERCISES = """\
# %% [markdown]
# # Exercises

# %% nbgrader={"grade": false, "grade_id": "ex01-1", "locked": false, "schema_version": 3, "solution": true}
def double(x):
    \"\"\"Twice x.\"\"\"
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %%
try:
    double(1)
except NotImplementedError as error:
    print(error)
"""


def write_source(root: Path, name: str, text: str) -> Source:
    folder = root / "notebooks" / Path(name).parent / "src"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{Path(name).name}.py"
    path.write_text(text, encoding="utf-8")
    return Source(path)


def plain_lesson(code: str) -> str:
    return f"# %% [markdown]\n# # Plain\n\n# %%\n{code}\n"


def snapshot(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with one lesson, its exercises and a README, built once; tests leave it as it is."""
    root = tmp_path_factory.mktemp("course")
    write_source(root, "01_drawn", LESSON)
    write_source(root, "exercises/01_drawn", EXERCISES)
    (root / "README.md").write_text("before\n<!-- lessons -->\n<!-- /lessons -->\nafter\n", encoding="utf-8")
    assert build(["--root", str(root)]) == 0
    return root


@pytest.fixture
def plain(tmp_path: Path) -> Source:
    """A lesson that runs in no time, built."""
    source = write_source(tmp_path, "01_plain", plain_lesson("1 + 1"))
    assert build(["--root", str(tmp_path)]) == 0
    return source


def outputs(notebook: Path) -> list[nbformat.NotebookNode]:
    cells = nbformat.read(notebook, as_version=4).cells
    return [output for cell in cells for output in cell.get("outputs", [])]


# --- building ---------------------------------------------------------------------------------------------------------


def test_a_rebuild_is_byte_identical(course):
    before = snapshot(course)
    assert build(["--root", str(course), "--all"]) == 0
    assert snapshot(course) == before
    assert any("image/png" in output.get("data", {}) for output in outputs(course / "notebooks" / "01_drawn.ipynb"))


def test_what_did_not_change_is_not_built(course, capsys):
    assert build(["--root", str(course)]) == 0
    assert capsys.readouterr().out == "nothing changed\n"


def test_only_the_source_that_changed_is_built(plain, tmp_path, capsys):
    write_source(tmp_path, "02_other", plain_lesson("2 + 2"))
    assert build(["--root", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "02_other: " in printed and "01_plain" not in printed


def test_a_missing_notebook_is_built_again(plain, tmp_path):
    before = plain.notebook.read_bytes()
    plain.notebook.unlink()
    assert build(["--root", str(tmp_path)]) == 0
    assert plain.notebook.read_bytes() == before


def test_a_hand_edited_notebook_is_refused_and_kept(plain, tmp_path, capsys):
    other = write_source(tmp_path, "02_other", plain_lesson("2 + 2"))
    plain.notebook.write_text(plain.notebook.read_text() + "\n")
    edited = plain.notebook.read_bytes()
    assert build(["--root", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert "01_plain" in error and "--discard-edits" in error and error.count("\n") == 1
    assert plain.notebook.read_bytes() == edited
    assert not other.notebook.exists()
    assert build(["--root", str(tmp_path), "--discard-edits"]) == 0
    assert plain.notebook.read_bytes() + b"\n" == edited
    assert other.notebook.exists()


def test_a_failed_run_keeps_the_old_notebook_and_shows_the_cell(plain, tmp_path, capsys):
    before = plain.notebook.read_bytes()
    record = tmp_path / "notebooks" / "built.json"
    recorded = record.read_text()
    plain.path.write_text(plain_lesson("answer = 41\nassert answer == 42, 'not yet'"))
    assert build(["--root", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert "answer = 41" in error and "AssertionError: not yet" in error and "\x1b" not in error
    assert plain.notebook.read_bytes() == before
    assert record.read_text() == recorded


def test_a_widget_without_the_tag_is_a_failure(tmp_path, capsys):
    source = write_source(tmp_path, "01_slider", plain_lesson("import ipywidgets\nipywidgets.IntSlider()"))
    assert build(["--root", str(tmp_path)]) == 1
    assert "tag it 'nbval-ignore-output'" in capsys.readouterr().err
    assert not source.notebook.exists()


def test_a_source_that_changes_during_its_run_is_not_kept(tmp_path, capsys):
    code = (
        "from pathlib import Path\nsource = Path('src/01_moving.py')\nsource.write_text(source.read_text() + '2 + 2')"
    )
    source = write_source(tmp_path, "01_moving", plain_lesson(code))
    assert build(["--root", str(tmp_path)]) == 1
    assert "its source changed while it ran" in capsys.readouterr().err
    assert not source.notebook.exists()


def test_check_says_what_is_out_of_date(plain, tmp_path, capsys):
    assert build(["--root", str(tmp_path), "--check"]) == 0
    (tmp_path / "notebooks" / "CLAIMS.md").write_text("✔ all is well — measured: 1")
    (tmp_path / "notebooks" / "99_stray.ipynb").write_text("{}")
    plain.path.write_text(plain_lesson("3 + 3"))
    assert build(["--root", str(tmp_path), "--check"]) == 1
    error = capsys.readouterr().err
    assert "01_plain: " in error and "99_stray.ipynb: has no source" in error
    assert build(["--root", str(tmp_path)]) == 0
    (tmp_path / "notebooks" / "99_stray.ipynb").unlink()
    (tmp_path / "notebooks" / "CLAIMS.md").write_text("✔ all is well — measured: 1")
    assert build(["--root", str(tmp_path), "--check"]) == 1
    assert "CLAIMS.md" in capsys.readouterr().err


def test_an_unknown_name_lists_the_known_ones(course, capsys):
    assert build(["--root", str(course), "07"]) == 1
    assert "'07'" in (error := capsys.readouterr().err) and "01_drawn, exercises/01_drawn" in error


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ([], ["01_drawn", "exercises/01_drawn"]),
        (["01"], ["01_drawn"]),
        (["exercises/01"], ["exercises/01_drawn"]),
        (["01_drawn"], ["01_drawn"]),
    ],
)
def test_names_select_sources(course, wanted, names):
    assert [source.name for source in select(find_sources(course), wanted)] == names


# --- what a notebook holds --------------------------------------------------------------------------------------------


def test_the_notebook_begins_with_title_and_setup(course):
    first, second, *_ = nbformat.read(course / "notebooks" / "01_drawn.ipynb", as_version=4).cells
    assert first.source.startswith("# Drawn and claimed")
    assert second.source == SETUP and second.metadata.tags == ["setup"] and second.outputs == []


def test_minutes_and_seconds_are_filled_in(course):
    text = nbformat.read(course / "notebooks" / "01_drawn.ipynb", as_version=4).cells[0].source
    recorded = json.loads((course / "notebooks" / "built.json").read_text())["01_drawn"]
    assert f"Read for {recorded['minutes']} minutes, run for {recorded['seconds']} seconds" in text


def test_printed_pieces_are_one_output(course):
    streams = [output for output in outputs(course / "notebooks" / "01_drawn.ipynb") if output.output_type == "stream"]
    assert [stream.text for stream in streams] == ["one\ntwo\n✔ The mean is small — measured: 2.0\n"]


def test_widgets_leave_nothing_behind(course):
    notebook = nbformat.read(course / "notebooks" / "01_drawn.ipynb", as_version=4)
    assert notebook.cells[-1].outputs == [] and notebook.cells[-1].execution_count == 4
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert "widget" not in json.dumps(notebook.metadata)


def test_solutions_are_taken_out(course):
    notebook = nbformat.read(course / "notebooks" / "exercises" / "01_drawn.ipynb", as_version=4)
    cell = notebook.cells[2]
    assert cell.id == "ex01-1" and cell.metadata.nbgrader.solution
    assert cell.source == f'def double(x):\n    """Twice x."""\n    {STUB}'
    assert outputs(course / "notebooks" / "exercises" / "01_drawn.ipynb")[0].text == "not attempted\n"


def test_ids_stay_when_other_cells_change(tmp_path):
    source = write_source(tmp_path, "01_ids", plain_lesson("1 + 1\n\n# %%\n1 + 1\n\n# %%\n2 + 2"))
    before = [cell.id for cell in notebook_from_source(source, seconds=5).cells]
    assert len(set(before)) == len(before)
    source.path.write_text(plain_lesson("1 + 1\n\n# %%\n1 + 1\n\n# %%\n3 + 3"))
    after = [cell.id for cell in notebook_from_source(source, seconds=95).cells]
    assert after[:-1] == before[:-1] and after[-1] != before[-1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# %%\n1 + 1\n", "must begin with a markdown cell"),
        (EXERCISES.replace("    ### END SOLUTION\n", ""), "must mark its solutions"),
        (EXERCISES.replace('"solution": true', '"solution": false'), "must mark its solutions"),
        (EXERCISES + EXERCISES.partition("# # Exercises\n")[2], "each grade_id once, received twice: ex01-1"),
    ],
)
def test_a_source_that_cannot_be_a_notebook_says_why(tmp_path, text, message):
    source = write_source(tmp_path, "exercises/01_wrong", text)
    with pytest.raises(ValueError, match=message):
        notebook_from_source(source, seconds=5)


def test_the_serial_marker_is_read_and_leaves_no_cell(tmp_path):
    source = write_source(tmp_path, "01_timed", f"# rnncourse: serial\n{plain_lesson('1 + 1')}")
    mentioned = write_source(tmp_path, "02_plain", plain_lesson("# rnncourse: serial\n1 + 1"))
    assert source.runs_alone and not mentioned.runs_alone
    assert [cell.source for cell in notebook_from_source(source, seconds=5).cells] == ["# Plain", SETUP, "1 + 1"]
    assert mentioned.text() == mentioned.path.read_text()


def test_reading_minutes_grow_with_words_and_lines(tmp_path):
    def minutes(words: int, lines: int) -> int:
        text = f"# %% [markdown]\n# # T\n# {'word ' * words}\n\n# %%\n" + "x = 1\n" * lines
        return reading_minutes(notebook_from_source(write_source(tmp_path, "01_long", text), seconds=5))

    assert minutes(0, 1) == 5
    assert minutes(4000, 1) == 20
    assert minutes(2000, 120) == 20


@pytest.mark.parametrize(
    ("measured", "recorded", "expected"),
    [
        (1.2, None, 5),
        (33.0, None, 35),
        (33.0, 30, 30),
        (9.0, 5, 5),
        (11.0, 5, 10),
        (35.0, 25, 25),
        (92.0, 60, 90),
        (29.0, 60, 30),
    ],
)
def test_recorded_seconds_do_not_follow_noise(measured, recorded, expected):
    assert steady_seconds(measured, recorded) == expected


def test_kernels_get_no_personal_settings(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    environment = kernel_environment("elsewhere")
    assert "MPLBACKEND" not in environment and "PYTHONWARNINGS" not in environment
    assert environment["OMP_NUM_THREADS"] == "1" and environment["IPYTHONDIR"] == "elsewhere"


# --- pages ------------------------------------------------------------------------------------------------------------


def test_claims_are_gathered(course):
    page = (course / "notebooks" / "CLAIMS.md").read_text(encoding="utf-8")
    assert "## [Drawn and claimed](01_drawn.ipynb)\n\n- ✔ The mean is small — measured: 2.0\n" in page
    assert json.loads((course / "notebooks" / "built.json").read_text())["01_drawn"]["claims"] == 1


def test_the_readme_gets_its_table_and_keeps_the_rest(course):
    text = (course / "README.md").read_text(encoding="utf-8")
    row = "| [Drawn and claimed](notebooks/01_drawn.ipynb) | Is the mean small? | 5 | 5 | 1 |\n"
    assert text.startswith("before\n<!-- lessons -->\n| lesson |")
    assert text.endswith(f"{row}<!-- /lessons -->\nafter\n")


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("# T\n\nIs it so? **Cells are small. Does order\nmatter?** Yes.", "Cells are small. Does order matter?"),
        ("# Why?\n\nBecause.", ""),
    ],
)
def test_the_question_of_a_lesson(text, question):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
    assert pages.question(notebook) == question


# --- testing ----------------------------------------------------------------------------------------------------------


def run_nbval(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools" / "run_notebooks.py"), "--root", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_kept_output_that_does_not_come_back_fails_and_a_measured_number_may_differ(tmp_path):
    code = 'print("seven")\nprint("✔ Seven — measured: 7")'
    measured, said = (write_source(tmp_path, name, plain_lesson(code)) for name in ("01_measured", "02_said"))
    assert build(["--root", str(tmp_path)]) == 0
    for source, kept, changed in ((measured, "measured: 7\\n", "measured: 8\\n"), (said, '"seven\\n', '"eight\\n')):
        text = source.notebook.read_text(encoding="utf-8")
        assert text.count(kept) == 1
        source.notebook.write_text(text.replace(kept, changed), encoding="utf-8")
    result = run_nbval(tmp_path)
    failed = [line for line in result.stdout.splitlines() if line.startswith("FAILED")]
    if sys.version_info[:2] == (3, 11):  # where outputs are compared
        assert result.returncode == 1 and len(failed) == 1 and "02_said.ipynb" in failed[0], result.stdout
    else:
        assert result.returncode == 0 and not failed, result.stdout
    assert {Path(line.split()[-1]).name for line in result.stdout.splitlines()[-2:]} == {
        "01_measured.ipynb",
        "02_said.ipynb",
    }


def test_a_lax_run_compares_no_output(tmp_path):
    source = write_source(tmp_path, "01_said", f"# rnncourse: serial\n{plain_lesson('print(7)')}")
    assert build(["--root", str(tmp_path)]) == 0
    text = source.notebook.read_text(encoding="utf-8")
    source.notebook.write_text(text.replace('"7\\n', '"8\\n'), encoding="utf-8")
    assert source.notebook.read_text(encoding="utf-8") != text
    result = run_nbval(tmp_path, "--lax")
    assert result.returncode == 0, result.stdout


def test_an_unbuilt_notebook_is_not_passed_over(tmp_path):
    write_source(tmp_path, "01_new", plain_lesson("1 + 1"))
    result = run_nbval(tmp_path)
    assert result.returncode == 1 and "not built: 01_new" in result.stderr


def test_a_figure_is_kept_small_and_looks_the_same():
    rows = np.linspace(0, 255, 200).astype(np.uint8)
    picture = Image.fromarray(np.stack([np.tile(rows, (150, 1))] * 3 + [np.full((150, 200), 255, np.uint8)], axis=-1))
    file = io.BytesIO()
    picture.save(file, "PNG")
    before = base64.b64encode(file.getvalue()).decode()
    after = smaller(before)
    assert smaller(before) == after
    kept = Image.open(io.BytesIO(base64.b64decode(after)))
    assert kept.size == picture.size
    assert len(kept.getcolors()) <= COLORS
    apart = np.asarray(kept.convert("RGB")).astype(int) - np.asarray(picture.convert("RGB"))
    assert np.abs(apart).max() <= 4
