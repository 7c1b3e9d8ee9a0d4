"""The command: what it prints, its exit codes, and that a user's mistake is one line."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rnncourse import cli, exercises
from rnncourse.datasets import public
from rnncourse.exercises import copies

ROOT = Path(__file__).resolve().parents[1]


def run(*arguments, **environment):
    return CliRunner().invoke(cli.app, list(arguments), env=environment)


def one_line(result):
    """The one line of a failure that the user caused."""
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    (line,) = result.stderr.splitlines()
    assert line.startswith("rnncourse: ")
    return line


def test_importing_the_command_loads_nothing_heavy():
    heavy = {"numpy", "pandas", "keras", "tensorflow", "matplotlib", "jupyterlab"}
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, rnncourse.cli; print(*sys.modules)"], capture_output=True, text=True
    )
    assert heavy.isdisjoint(loaded.stdout.split())
    assert "typer" in loaded.stdout.split()


def test_python_m_is_the_command():
    done = subprocess.run([sys.executable, "-m", "rnncourse", "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    for command in ("doctor", "lessons", "data", "exercise", "solution", "lab"):
        assert re.search(rf"^\W*{command} ", done.stdout, re.MULTILINE), command


BUILT = {
    "exercises/01_topic": {"title": "Exercises", "minutes": 1, "seconds": 5, "claims": 0},
    "01_topic": {"title": "01 · A topic", "minutes": 40, "seconds": 25, "claims": 12},
    "00_start_here": {"title": "00 · Start here", "minutes": 5, "seconds": 60, "claims": 3},
}


@pytest.mark.parametrize("place", ["package/_built.json", "notebooks/built.json"])
def test_lessons_from_the_package_or_the_checkout(monkeypatch, tmp_path, place):
    monkeypatch.setattr(cli, "_PACKAGE", tmp_path / "package")
    monkeypatch.setattr(cli, "_NOTEBOOKS", tmp_path / "notebooks")
    (tmp_path / place).parent.mkdir()
    (tmp_path / place).write_text(json.dumps(BUILT), encoding="utf-8")
    result = run("lessons")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "notebook       title            minutes  seconds  claims",
        "00_start_here  00 · Start here        5       60       3",
        "01_topic       01 · A topic          40       25      12",
    ]


def test_lessons_before_the_first_build(monkeypatch, tmp_path):
    monkeypatch.setattr(cli, "_PACKAGE", tmp_path)
    monkeypatch.setattr(cli, "_NOTEBOOKS", tmp_path)
    assert "make notebooks" in one_line(run("lessons"))


def test_data_list_names_every_set_and_what_is_here(tmp_path):
    (tmp_path / public.PUBLIC["first-names"].filename).write_text("a")
    result = run("data", "list", RNNCOURSE_CACHE=str(tmp_path), COLUMNS="1000")
    lines = result.output.splitlines()
    assert [line.split()[0] for line in lines] == ["name", *public.PUBLIC]
    assert [line.split()[0] for line in lines if re.search(r"\d  yes ", line)] == ["first-names"]


def test_data_fetch_prints_the_place_and_how_to_read_it(monkeypatch, tmp_path):
    monkeypatch.setattr(public, "fetch", lambda name: tmp_path / name)
    result = run("data", "fetch", "first-names")
    assert result.stdout == f"{tmp_path / 'first-names'}\n"
    assert public.PUBLIC["first-names"].load in result.stderr


def test_data_fetch_of_an_unknown_name_lists_the_names():
    assert "tiny-shakespeare, first-names" in one_line(run("data", "fetch", "nothing"))


def test_data_fetch_offline_is_one_line(monkeypatch):
    def offline(name):
        raise ConnectionError("the address cannot be reached")

    monkeypatch.setattr(public, "fetch", offline)
    assert one_line(run("data", "fetch", "first-names")) == "rnncourse: the address cannot be reached"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of two lessons."""
    folder = tmp_path / "course" / "notebooks"
    (folder / "exercises").mkdir(parents=True)
    for name in ("00_start_here", "01_topic", "exercises/01_topic"):
        (folder / f"{name}.ipynb").write_text(name)
    monkeypatch.setattr(cli, "_NOTEBOOKS", folder)
    monkeypatch.setattr(copies, "course_folder", lambda name: folder / name)
    return folder


def test_exercise_writes_a_copy_and_never_overwrites_one(course, tmp_path):
    mine = tmp_path / "mine"
    first = run("exercise", "1", "--to", str(mine))
    assert first.stdout == f"{mine / '01_topic.ipynb'}\n"
    (mine / "01_topic.ipynb").write_text("my answers")
    second = run("exercise", "01", "--to", str(mine))
    assert second.stdout == f"{mine / '01_topic-2.ipynb'}  (01_topic.ipynb is taken and stays as it is)\n"
    assert (mine / "01_topic.ipynb").read_text() == "my answers"
    assert (mine / "01_topic-2.ipynb").read_text() == "exercises/01_topic"


def test_exercise_goes_to_the_present_folder(course, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("exercise", "01").exit_code == 0
    assert (tmp_path / "01_topic.ipynb").is_file()


def test_exercise_of_an_unknown_lesson_or_a_folder_that_is_a_file(course, tmp_path):
    assert "(01), received '99'" in one_line(run("exercise", "99"))
    (tmp_path / "file").touch()
    assert "file" in one_line(run("exercise", "01", "--to", str(tmp_path / "file")))


def test_solution_shows_title_answer_and_explanation():
    exercise = exercises.get("01.2")
    result = run("solution", "01.2")
    assert result.exit_code == 0, result.output
    said, *expected = [
        " ".join(text.split())
        for text in (result.stdout, exercise.title, f"def {exercise.function}(", exercise.explanation)
    ]
    places = [said.index(part) for part in expected]
    assert places == sorted(places)


def test_text_fits_the_terminal():
    narrow = run("solution", "01.3", COLUMNS="60").stdout.splitlines()
    code = narrow.index("    return (train - mean) / std, (test - mean) / std")
    assert max(map(len, narrow[code + 1 :])) <= 60
    table = run("data", "list", COLUMNS="80").output.splitlines()
    assert max(map(len, table)) <= 80
    place = table[0].index("what")
    assert all(line[:place].isspace() or line[place - 1] == " " for line in table)
    assert any(line[:place].isspace() for line in table)


def test_lists_and_code_are_not_filled():
    text = "One\nparagraph.\n\n- a\n- b\n\n```python\nx = 1\n```\n\nOne\nmore."
    assert cli._filled(text) == text.replace("One\n", "One ")


def test_solution_has_the_form_that_is_asked_for():
    told = run("solution", "12.1", "--variant", "i_f_o_c").stdout
    assert "a_i, a_f, a_o, a_c = " in told
    assert "a_i, a_f, a_o, a_c = " not in run("solution", "12.1").stdout
    assert "'i_f_o_c', 'i_c_f_o', received 'x'" in one_line(run("solution", "12.1", "--variant", "x"))


def test_solution_of_an_unknown_exercise_lists_the_ids():
    line = one_line(run("solution", "99.9"))
    assert "01.1, 01.2" in line
    assert "99.9" in line


class Exec(Exception):
    """What os.execve was called with."""


@pytest.fixture
def launched(monkeypatch):
    """Run ``rnncourse lab`` up to the moment at which JupyterLab would take over."""

    def execve(path, command, environment):
        raise Exec(path, command, environment)

    monkeypatch.setattr(os, "execve", execve)

    def launch(*arguments, **environment):
        result = run("lab", *arguments, **environment)
        assert isinstance(result.exception, Exec), result.output
        return result.stdout, *result.exception.args

    return launch


def test_lab_copies_and_starts_at_lesson_00(course, launched):
    work = course.parent / "work"
    said, path, command, environment = launched()
    assert (work / "exercises" / "01_topic.ipynb").is_file()
    assert f"3 new in {work}: 00_start_here, 01_topic, exercises/01_topic\n" in said
    (port, token) = re.search(
        r"^JupyterLab: http://127\.0\.0\.1:(\d+)/lab/tree/00_start_here\.ipynb\?token=([0-9a-f]{32}) ",
        said,
        re.MULTILINE,
    ).groups()
    assert (path, command[:3]) == (sys.executable, [sys.executable, "-m", "jupyterlab"])
    assert command[3] == str(work / "00_start_here.ipynb")
    assert f"--ServerApp.root_dir={work}" in command
    assert f"--ServerApp.port={port}" in command
    assert environment["JUPYTER_TOKEN"] == token
    assert not any(token in argument for argument in command), "every user can read a command line"
    assert "--no-browser" not in command
    assert environment["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    assert len(launched()[0].splitlines()) == 1, "nothing new: the address alone"


def test_lab_says_in_one_line_what_changed_and_keeps_it(course, launched, tmp_path):
    work = tmp_path / "elsewhere"
    launched("--to", str(work))
    (work / "01_topic.ipynb").write_text("my answers")
    (course / "01_topic.ipynb").write_text("version 2")
    said, *_ = launched(RNNCOURSE_WORK=str(work))
    assert said.splitlines()[0] == (
        "01_topic.ipynb has changed in the course: the new version is 01_topic.v2.ipynb, yours stays as it is"
    )
    assert (work / "01_topic.ipynb").read_text() == "my answers"


def test_lab_opens_no_browser_when_told(course, launched):
    assert "--no-browser" in launched(NO_BROWSER="1")[2]
    assert "--no-browser" in launched("--no-browser")[2]
    assert "--no-browser" not in launched(NO_BROWSER="")[2]


def test_lab_takes_another_port_when_the_first_is_taken():
    with cli.socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert cli._free_port(port) not in (port, 0)
    assert cli._free_port(port) == port


def test_lab_hides_the_instructors_menus_and_keeps_the_users_settings(course, launched):
    *_, environment = launched(JUPYTER_CONFIG_PATH="/mine")
    folder, mine = environment["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    disabled = json.loads((Path(folder) / "labconfig" / "page_config.json").read_text())["disabledExtensions"]
    servers = json.loads((Path(folder) / "jupyter_server_config.json").read_text())["ServerApp"]["jpserver_extensions"]
    assert disabled["@jupyter/nbgrader"] is True
    assert set(servers.values()) == {False}
    assert mine == "/mine"
    assert launched(JUPYTER_CONFIG_PATH="")[3]["JUPYTER_CONFIG_PATH"] == folder


def test_lab_outside_a_checkout_or_without_a_place_to_write(course, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    assert "file" in one_line(run("lab", "--to", str(tmp_path / "file")))
    monkeypatch.setattr(cli, "_NOTEBOOKS", tmp_path)
    assert "works in a checkout" in one_line(run("lab"))


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="make is not there")
def test_make_lab_serves_lesson_00(tmp_path):
    fresh = subprocess.run(["sh", "tools/setup.sh", "--check"], cwd=ROOT)
    if fresh.returncode:
        pytest.skip("make would set up .venv first, and this test runs in it: run make once")
    environment = {**os.environ, "NO_BROWSER": "1", "RNNCOURSE_WORK": str(tmp_path / "my work")}
    start = time.perf_counter()
    server = subprocess.Popen(
        ["make", "lab"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        line = next(line for line in server.stdout if line.startswith("JupyterLab: "))
        reached = time.perf_counter() - start
        page = _page(line.split()[1])
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.communicate(timeout=30)
    assert reached < 2, "seconds until JupyterLab takes over"
    assert "<title>JupyterLab</title>" in page
    assert '"treePath": "00_start_here.ipynb"' in page
    assert (tmp_path / "my work" / "00_start_here.ipynb").read_bytes() == (
        ROOT / "notebooks" / "00_start_here.ipynb"
    ).read_bytes()


def _page(address):
    """The page once it answers; gives up after a minute."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return answer.read().decode()
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{address} did not answer within a minute")
