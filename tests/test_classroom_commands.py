"""What an instructor types, from start to end, with a real sandbox; and a run that is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from classroom_notebooks import NAME, needs_sandbox, solved

from rnncourse.classroom.course import open_course
from rnncourse.classroom.many import grade_all, kept

pytestmark = pytest.mark.slow
STUDENTS = [f"s{number}" for number in range(6)]
WRONG = "def gru_step(x_t, h, kernel, recurrent_kernel, bias):\n    return h"
COMMAND = [sys.executable, "-m", "rnncourse", "classroom"]


@pytest.fixture(scope="module")
def sandbox():
    needs_sandbox()


def run(*arguments, cwd=None, **environment):
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=os.environ | {"RNNCOURSE_QUIET": "1"} | environment,
        capture_output=True,
        text=True,
        timeout=600,
    )


def said(*arguments, **options):
    """What a command says that succeeds."""
    found = run(*arguments, **options)
    assert found.returncode == 0, found.stderr
    return found.stdout


@pytest.fixture
def folder(tmp_path):
    """A course whose students have handed in: every third one a wrong answer, the last one no notebook."""
    (tmp_path / "students.csv").write_text("id\n" + "\n".join([*STUDENTS, "idle"]))
    for number, student in enumerate(STUDENTS):
        path = tmp_path / "incoming" / student / "homework.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(solved({"13.1": WRONG} if number % 3 == 0 else None)))
    path.write_text("{")
    said("create", tmp_path / "course", "--roster", tmp_path / "students.csv")
    said("assign", NAME, cwd=tmp_path / "course")
    said("collect", tmp_path / "incoming", cwd=tmp_path / "course")
    return tmp_path / "course"


def test_the_whole_way_twice(sandbox, folder, tmp_path):
    assert run("feedback", NAME, cwd=folder).returncode == 1
    told = said("grade", NAME, cwd=folder)
    assert "6 graded, 0 had their grade, 1 handed in nothing" in told
    assert "look at s5" in told
    assert "0 graded, 6 had their grade" in said("grade", NAME, cwd=folder)
    assert "6 pages written" in said("feedback", NAME, cwd=folder)
    assert "0 pages written, 6 were up to date" in said("feedback", NAME, cwd=folder)
    assert "grades of 13" in said("export", "grades.csv", cwd=folder)
    rows = (folder / "grades.csv").read_text().splitlines()
    assert [row.split(",")[-1] for row in rows[1:]] == ["0", "6.0", "8.0", "8.0", "6.0", "8.0", "0.0"]
    assert "was up to date" in said("export", "grades.csv", cwd=folder)
    (tmp_path / "canvas.csv").write_text("Student,SIS User ID,Homework 13 (1)\nX,s1,\n")
    told = said("export", "--into", tmp_path / "canvas.csv", cwd=folder)
    assert "no row for s0" in told
    assert (tmp_path / "canvas_13.csv").read_text() == "Student,SIS User ID,Homework 13 (1)\nX,s1,8\n"
    with open_course(folder).gradebook() as book:
        scores = {entry.student.id: entry.score for entry in book.assignment_submissions(NAME)}
    assert scores == dict(zip(STUDENTS, (6, 8, 8, 6, 8, 0), strict=True))
    copy = json.loads(next((folder / "autograded" / "s0" / NAME).glob("*.ipynb")).read_text())
    outputs = "".join(str(cell.get("outputs")) for cell in copy["cells"])
    assert "13.1 gru_step" in outputs


@pytest.mark.filterwarnings("ignore:Object of type <Submitted")  # nbgrader's own, harmless
def test_nbgraders_own_autograde_gives_the_same(sandbox, folder):
    course = open_course(folder)
    assert course.nbgrader().autograde(NAME, "s0")["success"]
    with course.gradebook() as book:
        assert book.find_submission(NAME, "s0").score == 6
    assert kept(course, NAME)["s0"].points == 6
    assert "1 pages written" in said("feedback", NAME, cwd=folder)
    assert "5 graded, 1 had their grade" in said("grade", NAME, cwd=folder)


def test_a_run_that_is_killed_goes_on_where_it_was(sandbox, folder):
    process = subprocess.Popen([*COMMAND, "grade", NAME], cwd=folder, stdout=subprocess.DEVNULL, start_new_session=True)
    grades, limit = folder / "grades" / NAME, time.monotonic() + 300
    while len(list(grades.glob("s*.json"))) < 2 and time.monotonic() < limit:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    before = {path: path.stat().st_mtime_ns for path in grades.glob("s*.json")}
    assert 2 <= len(before) < 6
    told = said("grade", NAME, cwd=folder)
    assert f"{6 - len(before)} graded, {len(before)} had their grade" in told
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert sorted(kept(open_course(folder), NAME)) == STUDENTS
    copies = {path.parent.name for path in (folder / "autograded").glob(f"*/{NAME}")}
    assert copies == set(STUDENTS) - {"s5"}  # who handed in no notebook


def test_without_bubblewrap_nothing_is_graded_unless_asked_for(folder, tmp_path):
    bare = tmp_path / "bare"
    bare.mkdir()
    path = f"{bare}{os.pathsep}{Path(sys.executable).parent}"
    found = run("grade", NAME, cwd=folder, PATH=path)
    assert found.returncode == 1
    assert "bubblewrap is missing" in found.stderr
    assert not (folder / "grades").exists()
    found = run("grade", NAME, "--unsafe", cwd=folder, PATH=path)
    assert found.returncode == 0, found.stderr
    assert "No sandbox" in found.stderr
    assert "6 graded" in found.stdout


def test_work_can_leave_the_machine(sandbox, folder):
    from distributed import Client, LocalCluster

    course = open_course(folder)
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        grades = grade_all(course, NAME, executor=client.get_executor())
    assert [found.points for found in grades] == [6, 8, 8, 6, 8, 0]
