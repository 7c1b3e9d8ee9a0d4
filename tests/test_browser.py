"""A student in a real browser: opens an assignment, is told of a mistake, mends it, passes."""

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from rnncourse.exercises import solution

pytestmark = pytest.mark.slow
NOTEBOOK = "13_gru_and_which_to_choose.ipynb"
RIGHT = solution("13.1")
WRONG = RIGHT.replace("z * h + (1 - z) * h_tilde", "(1 - z) * h + z * h_tilde")
PATIENCE = 120_000  # milliseconds


@contextmanager
def laboratory(folder):
    """JupyterLab as ``make lab`` starts it, without a browser; gives its address."""
    environment = os.environ | {"JUPYTER_RUNTIME_DIR": str(folder / "runtime"), "HOME": str(folder)}
    command = [sys.executable, "-m", "rnncourse", "lab", "--no-browser", "--to", str(folder / "work")]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        for line in process.stdout:
            if found := re.search(r"http://\S+", line):
                yield found[0]
                break
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


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
    """Wait until JupyterLab listens."""
    for _ in range(60):
        try:
            return page.goto(address)
        except Exception as error:
            if "ERR_CONNECTION" not in str(error):
                raise
            page.wait_for_timeout(1000)
    pytest.fail(f"nothing answers at {address}")


def write(page, code):
    """Replace the first function of the notebook by this code, as a person would."""
    cell = page.locator(".jp-CodeCell", has_text="def gru_step").first
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
    check = page.locator(".jp-CodeCell", has_text='check("13.1"').first
    check.scroll_into_view_if_needed()
    check.locator(".jp-OutputArea-output", has_text=text).first.wait_for()


def test_a_student_solves_an_exercise(tmp_path):
    with laboratory(tmp_path) as address, browser_page(tmp_path) as page:
        connected(page, address.replace("00_start_here.ipynb", f"exercises/{NOTEBOOK}"))
        page.locator(".jp-Notebook").first.wait_for()
        page.get_by_text("(ipykernel) | Idle").wait_for()
        run_all(page)
        said(page, "13.1 gru_step: not attempted")
        write(page, WRONG)
        run_all(page)
        said(page, "Your z writes where Keras' z keeps")
        page.screenshot(path=tmp_path / "mistake.png")
        write(page, RIGHT)
        run_all(page)
        said(page, "✔ 13.1 gru_step: passed on 20 inputs")
        page.screenshot(path=tmp_path / "passed.png")
        page.keyboard.press("Control+s")
        page.wait_for_timeout(2000)
    assert "z * h + (1 - z) * h_tilde" in (tmp_path / "work" / "exercises" / NOTEBOOK).read_text(encoding="utf-8")
