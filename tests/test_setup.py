"""tools/setup.sh with pretended Pythons: which one it takes, when it starts again, what it says when it cannot."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ("sh", "awk", "cat", "cp", "dirname", "find", "mkdir", "rm")  # what the script calls; no Python among them

PYTHON = """#!/bin/sh
case "$*" in
    *version_info*) echo {version} ;;
    *ensurepip*) exit {without_ensurepip} ;;
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    *--requirement*) echo "{version} $*" >>"$LOG"; {pip} ;;
    *--editable*) echo "{version} $*" >>"$LOG"; {editable} ;;
esac
"""
BROKEN = "#!/bin/sh\necho 'shim: not installed' >&2\nexit 127\n"  # what a version manager leaves on the PATH
DISK = (
    "#!/bin/sh\necho Filesystem 1024-blocks Used Available Capacity Mounted on\necho a disk 9 9 {free} 10% /a folder\n"
)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a script for POSIX shells")


class Place:
    """A checkout with a space in its path, and a PATH with nothing but what a test puts there."""

    def __init__(self, tmp_path):
        self.root = tmp_path / "a folder with spaces"
        self.bin = tmp_path / "bin"
        self.log = tmp_path / "pip.log"
        (self.root / "tools").mkdir(parents=True)
        self.bin.mkdir()
        shutil.copy(ROOT / "tools" / "setup.sh", self.root / "tools")
        for name in ("requirements.txt", "pyproject.toml", "students_file.txt"):
            (self.root / name).write_text(name)
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool))
        self.program("df", DISK.format(free=50_000_000))

    def program(self, name, text):
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def python(self, name, version, *, without_ensurepip=0, pip=":", editable=":"):
        text = PYTHON.format(version=version, without_ensurepip=without_ensurepip, pip=pip, editable=editable)
        self.program(name, text)

    def run(self, *arguments, **environment):
        return subprocess.run(
            [self.bin / "sh", self.root / "tools" / "setup.sh", *arguments],
            env={"PATH": str(self.bin), "LOG": str(self.log), **environment},
            capture_output=True,
            text=True,
            cwd="/",
        )

    def installs(self):
        """The Python version of each pip call so far."""
        return [line.split()[0] for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def age_stamp(self):
        os.utime(self.root / ".venv" / ".set-up", (1, 1))


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def error_line(done):
    """The one line that says what to do; the script must have failed with it."""
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("set-up: ")]
    return line


@pytest.mark.parametrize(
    ("pythons", "taken"),
    [
        ({"python3.13": "3.13", "python3.12": "3.12", "python3": "3.11"}, "3.13"),
        ({"python3.13": None, "python3.12": None, "python3.11": "3.11", "python3": "3.14"}, "3.11"),
        ({"python3": "3.12"}, "3.12"),
        ({"python3.11": None, "python3": "3.11"}, "3.11"),
    ],
)
def test_takes_the_first_python_that_runs_and_fits(place, pythons, taken):
    for name, version in pythons.items():
        if version is None:
            place.program(name, BROKEN)
        else:
            place.python(name, version)
    done = place.run()
    assert done.returncode == 0, done.stderr
    assert set(place.installs()) == {taken}
    assert "--requirement requirements.txt" in place.log.read_text()
    assert "--no-deps --editable ." in place.log.read_text()
    assert done.stderr == ""


def test_takes_the_python_that_is_asked_for(place, tmp_path):
    place.python("python3.13", "3.13")
    place.python("other python", "3.11")
    assert place.run(PYTHON=str(place.bin / "other python")).returncode == 0
    assert set(place.installs()) == {"3.11"}


@pytest.mark.parametrize(
    ("version", "said"), [("3.14", "but mine is 3.14"), ("3.10", "but mine is 3.10"), (None, "but mine does not run")]
)
def test_an_unfit_python_that_is_asked_for_is_refused(place, version, said):
    place.python("python3.11", "3.11")
    if version:
        place.python("mine", version)
    line = error_line(place.run(PYTHON="mine"))
    assert "PYTHON must name a Python 3.11, 3.12 or 3.13 that runs" in line
    assert said in line
    assert place.installs() == []


def test_python_too_new_or_too_old_says_which_serve(place):
    place.python("python3", "3.14")
    assert "3.11, 3.12 or 3.13 is needed" in (line := error_line(place.run()))
    assert "python3 is 3.14" in line
    assert "uv python install" in line
    assert not (place.root / ".venv").exists()


def test_no_python_at_all(place):
    place.program("python3", BROKEN)
    assert "none is here" in error_line(place.run())


@pytest.mark.parametrize(("name", "package"), [("python3", "python3-venv"), ("python3.11", "python3.11-venv")])
def test_no_ensurepip_names_the_package(place, name, package):
    place.python(name, "3.11", without_ensurepip=1)
    assert f"sudo apt install {package}" in error_line(place.run())
    assert not (place.root / ".venv").exists()


def test_a_python_without_ensurepip_is_passed_over(place):
    place.python("python3.12", "3.12", without_ensurepip=1)
    place.python("python3", "3.11")
    assert place.run().returncode == 0
    assert set(place.installs()) == {"3.11"}


@pytest.mark.parametrize(("free_kb", "enough"), [(4 * 1024**2, True), (4 * 1024**2 - 1, False)])
def test_disk(place, free_kb, enough):
    place.python("python3", "3.11")
    place.program("df", DISK.format(free=free_kb))
    done = place.run()
    if enough:
        assert done.returncode == 0
    else:
        assert "4 GB of free disk are needed, here are 3 GB" in error_line(done)
        assert not (place.root / ".venv").exists()


def test_a_disk_that_does_not_tell_is_no_obstacle(place):
    place.python("python3", "3.11")
    place.program("df", "#!/bin/sh\nexit 1\n")
    assert place.run().returncode == 0


def test_the_second_run_does_and_says_nothing(place):
    place.python("python3", "3.11")
    place.run()
    before = place.installs()
    done = place.run()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert place.installs() == before
    assert place.run("--check").returncode == 0


@pytest.mark.parametrize("changed", ["requirements.txt", "pyproject.toml"])
def test_a_changed_file_brings_up_to_date_in_place(place, changed):
    place.python("python3", "3.11")
    place.run()
    (place.root / ".venv" / "kept").touch()
    place.age_stamp()
    other = ({"requirements.txt", "pyproject.toml"} - {changed}).pop()
    os.utime(place.root / other, (0, 0))
    assert place.run("--check").returncode == 1
    assert len(place.installs()) == 2, "--check installs nothing"
    assert place.run().returncode == 0
    assert len(place.installs()) == 4
    assert (place.root / ".venv" / "kept").exists()
    assert place.run("--check").returncode == 0


@pytest.mark.parametrize("interrupted", ["venv", "pip"])
def test_an_interrupted_set_up_starts_again_and_deletes_nothing_else(place, interrupted):
    if interrupted == "pip":
        place.python("python3", "3.11", pip="exit 2")
        assert "pip could not install requirements.txt" in error_line(place.run())
    else:
        (place.root / ".venv").mkdir()
    (place.root / ".venv" / "half_made").touch()
    assert place.run("--check").returncode == 1
    place.python("python3", "3.11")
    assert place.run().returncode == 0
    assert not (place.root / ".venv" / "half_made").exists()
    assert (place.root / "students_file.txt").read_text() == "students_file.txt"


def test_a_package_that_does_not_install_is_told(place):
    place.python("python3", "3.11", editable="exit 1")
    assert "pip could not install this package" in error_line(place.run())
    assert place.run("--check").returncode == 1


def test_a_failed_update_starts_again(place):
    place.python("python3", "3.11")
    place.run()
    place.age_stamp()
    venv_python = place.root / ".venv" / "bin" / "python"
    venv_python.write_text(venv_python.read_text().replace("; :", "; exit 1"))
    assert "pip could not install requirements.txt" in error_line(place.run())
    assert place.run("--check").returncode == 1
    assert place.run().returncode == 0


def test_a_moved_folder_is_set_up_anew(place):
    place.python("python3", "3.11")
    place.run()
    place.root = place.root.rename(place.root.with_name("another folder"))
    assert place.run("--check").returncode == 1
    assert "anew" in place.run().stdout
    assert place.run("--check").returncode == 0


def test_a_venv_whose_python_is_gone_is_made_anew(place):
    place.python("python3", "3.11")
    place.run()
    (place.root / ".venv" / "bin" / "python").unlink()
    assert place.run("--check").returncode == 1
    assert place.run().returncode == 0
    assert place.run("--check").returncode == 0


def test_two_at_once(place):
    place.python("python3", "3.11")
    (place.root / ".venv").mkdir()
    (place.root / ".venv" / ".set-up-by").write_text(str(os.getpid()))
    assert f"another set-up is at work in this folder (process {os.getpid()})" in error_line(place.run())
    assert place.installs() == []


def test_large_downloads_are_told_and_the_rest_is_not(place):
    place.python(
        "python3",
        "3.11",
        pip="echo 'Collecting six'; echo '  Downloading six-1.17.0-py2.py3-none-any.whl (0.1 MB)'; "
        "echo '  Downloading tensorflow-2.21.0-cp311-linux.whl (620.4 MB)'; "
        "echo 'Installing collected packages: six, tensorflow'",
    )
    lines = place.run().stdout.splitlines()
    assert [line for line in lines if line.startswith("  ")] == ["  downloading tensorflow, 620 MB", "  unpacking"]


def test_scripts_can_be_run():
    for script in ("tools/setup.sh", ".ci/run", "binder/postBuild"):
        assert (ROOT / script).stat().st_mode & stat.S_IXUSR, script
