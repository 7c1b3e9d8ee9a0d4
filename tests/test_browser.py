"""In a real browser: a student mends an answer until it passes; an instructor finds it in nbgrader's formgrader."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from classroom_notebooks import needs_sandbox

from rnncourse.classroom.assignment import assignment
from rnncourse.classroom.course import open_course
from rnncourse.exercises import solution

pytestmark = pytest.mark.slow
NAME = "04"
NOTEBOOK = assignment(NAME).notebook.name
MOST = sum(assignment(NAME).points.values())
RIGHT = solution("04.1")
WRONG = RIGHT.replace("d_a = d_h * (1 - h**2)", "d_a = d_h")
PATIENCE = 120_000  # milliseconds


def classroom(*arguments):
    """What a command of ``rnncourse classroom`` says that succeeds."""
    command = [sys.executable, "-m", "rnncourse", "classroom", *map(str, arguments)]
    found = subprocess.run(
        command, env=os.environ | {"RNNCOURSE_QUIET": "1"}, capture_output=True, text=True, timeout=300
    )
    assert found.returncode == 0, found.stderr
    return found.stdout


@pytest.fixture
def course(tmp_path):
    """A course with one student, whose assignment is handed out."""
    (tmp_path / "students.csv").write_text("id,first_name,last_name\nada,Ada,Byron\n")
    classroom("create", tmp_path / "course", "--roster", tmp_path / "students.csv")
    classroom("assign", NAME, "--course", tmp_path / "course")
    return open_course(tmp_path / "course")


def hand_in_and_grade(course, notebook):
    """As a plain folder; what ``grade`` says."""
    place = course.folder.parent / "incoming" / "ada"
    place.mkdir(parents=True)
    shutil.copy(notebook, place)
    classroom("collect", place.parent, "--course", course.folder)
    return classroom("grade", NAME, "--course", course.folder)


@contextmanager
def laboratory(folder, *command, cwd=None):
    """A JupyterLab; gives its address as soon as it says one. What it says is kept in ``lab.log``."""
    environment = os.environ | {"JUPYTER_RUNTIME_DIR": str(folder / "runtime"), "HOME": str(folder)}
    log = folder / "lab.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            command, cwd=cwd, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield address_in(log, process)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def address_in(log, process):
    for _ in range(PATIENCE // 200):
        if found := re.search(r"http://127\.0\.0\.1:\d+/\S+\s", log.read_text(encoding="utf-8")):
            return found[0].strip()
        if process.poll() is not None:
            break
        time.sleep(0.2)
    pytest.fail(f"no address: {log.read_text(encoding='utf-8')}")


@contextmanager
def browser_page(folder):
    """A page; where a test fails, its picture is left in the folder."""
    sync = pytest.importorskip("playwright.sync_api")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is missing: .ci/run installs it")
        pytest.skip("chromium is missing: on Debian 'apt-get install chromium' installs it")
    with sync.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.set_default_timeout(PATIENCE)
        try:
            yield page
        except Exception:
            page.screenshot(path=folder / "failed.png")
            raise
        finally:
            browser.close()


def connected(page, address):
    """Wait until the server listens."""
    for _ in range(60):
        try:
            return page.goto(address)
        except Exception as error:
            if "ERR_CONNECTION" not in str(error):
                raise
            page.wait_for_timeout(1000)
    pytest.fail(f"nothing answers at {address}")


def write(page, code):
    """Replace the first exercise's function by this code, as a person would."""
    cell = page.locator(".jp-CodeCell", has_text="def step_back").first
    cell.scroll_into_view_if_needed()
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(code)


def run_all(page):
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    page.get_by_text("(ipykernel) | Idle").wait_for()


def said(page, text):
    """Wait for what the check says."""
    check = page.locator(".jp-CodeCell", has_text='check("04.1"').first
    check.scroll_into_view_if_needed()
    check.locator(".jp-OutputArea-output", has_text=text).first.wait_for()


def saved(page, notebook):
    """Save, and wait until the file holds it."""
    page.keyboard.press("Control+s")
    for _ in range(60):
        if "(1 - h**2)" in notebook.read_text(encoding="utf-8"):
            return
        page.wait_for_timeout(500)
    pytest.fail(f"{notebook} was not saved")


def test_a_student_solves_an_assignment_and_gets_its_points(course, tmp_path):
    mine = tmp_path / "work" / "homework" / NOTEBOOK
    mine.parent.mkdir(parents=True)
    shutil.copy(course.folder / "release" / NAME / NOTEBOOK, mine)
    lab = [sys.executable, "-m", "rnncourse", "lab", "--no-browser", "--to", str(tmp_path / "work")]
    with laboratory(tmp_path, *lab) as address, browser_page(tmp_path) as page:
        connected(page, address.replace("00_start_here.ipynb", f"homework/{NOTEBOOK}"))
        page.locator(".jp-Notebook").first.wait_for()
        page.get_by_text("(ipykernel) | Idle").wait_for()
        run_all(page)
        said(page, "04.1 step_back: not attempted")
        write(page, WRONG)
        run_all(page)
        said(page, "The tanh is left out on the way back")
        page.screenshot(path=tmp_path / "mistake.png")
        write(page, RIGHT)
        run_all(page)
        said(page, "✔ 04.1 step_back: passed on 20 inputs")
        page.screenshot(path=tmp_path / "passed.png")
        saved(page, mine)
    assert (tmp_path / "work" / "exercises" / NOTEBOOK).is_file()
    needs_sandbox()
    assert "1 graded" in hand_in_and_grade(course, mine)
    with course.gradebook() as book:
        assert book.find_submission(NAME, "ada").score == assignment(NAME).points["04.1"]


def test_the_formgrader_shows_the_assignment_and_its_points(course, tmp_path):
    needs_sandbox()
    notebook = json.loads((course.folder / "release" / NAME / NOTEBOOK).read_text(encoding="utf-8"))
    answer = next(cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("solution"))
    answer["source"] = WRONG
    (tmp_path / NOTEBOOK).write_text(json.dumps(notebook), encoding="utf-8")
    hand_in_and_grade(course, tmp_path / NOTEBOOK)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    lab = [str(Path(sys.executable).with_name("jupyter")), "lab", "--no-browser", "--allow-root"]
    lab += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--IdentityProvider.token=open"]
    with laboratory(tmp_path, *lab, cwd=course.folder) as address, browser_page(tmp_path) as page:
        connected(page, re.sub(r"/lab.*", "/formgrader?token=open", address))
        row = page.locator("tr", has=page.get_by_role("link", name=NAME, exact=True))
        assert row.locator(".num-submissions").inner_text() == "1"
        row.locator(".num-submissions a").click()
        page.locator("tr", has_text="Byron, Ada").get_by_text(f"0 / {MOST:g}").wait_for()
        page.locator("tr", has_text="Byron, Ada").get_by_role("link", name="Byron, Ada").click()
        page.get_by_role("link", name=Path(NOTEBOOK).stem).click()
        page.get_by_text("The tanh is left out on the way back").wait_for()
        page.screenshot(path=tmp_path / "formgrader.png")
