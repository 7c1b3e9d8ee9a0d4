"""The doctor: what it finds on this machine, and on machines that lack something."""

import re
from importlib import metadata

import pytest
from typer.testing import CliRunner

from rnncourse import cli, doctor


def run():
    return CliRunner().invoke(cli.app, ["doctor"])


@pytest.fixture
def started(monkeypatch):
    """Doctor without the seconds that TensorFlow takes."""
    finding = doctor.Finding("ok", "TensorFlow starts", "in 0.0 s")
    monkeypatch.setattr(doctor, "_tensorflow_starts", lambda: finding)


def test_doctor_on_this_machine(started):
    result = run()
    assert result.exit_code == 0, result.output
    assert f"✔ keras                {metadata.version('keras')}" in result.output
    for subject in ("Python", "tensorflow", "numpy", "cores", "memory", "free disk", "chromium", "espeak-ng", "bwrap"):
        assert re.search(rf"^[✔–] {subject} ", result.output, re.MULTILINE), subject
    assert "pytest" not in result.output, "no lesson imports it"
    assert result.output.endswith("The lessons can run here.\n")


@pytest.mark.parametrize(
    ("package", "version", "kind", "advice"),
    [
        ("keras", "2.15.0", "problem", "2.15.0, needs <4,>=3.8: pip install 'keras<4,>=3.8'"),
        ("keras", None, "problem", "missing, needs <4,>=3.8: pip install 'keras<4,>=3.8'"),
        ("jupyterlab", None, "note", "missing, needs >=4.3: pip install 'jupyterlab>=4.3', unless"),
    ],
)
def test_doctor_finds_a_package_out_of_range(started, monkeypatch, package, version, kind, advice):
    installed = metadata.version

    def pretend(name):
        if name != package:
            return installed(name)
        if version is None:
            raise metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(metadata, "version", pretend)
    found = {finding.subject: finding for finding in doctor.examine()}
    assert found[package].kind == kind
    assert found[package].found.startswith(advice)
    result = run()
    assert result.exit_code == (kind == "problem")
    assert ("would keep a lesson from running" in result.stderr) == (kind == "problem")
    assert found["TensorFlow starts"].kind == kind.replace("note", "ok")


def test_doctor_accepts_a_release_candidate_within_the_range(started, monkeypatch):
    monkeypatch.setattr(metadata, "version", lambda name: "3.9.0rc1")
    assert {finding.subject: finding.kind for finding in doctor.examine()}["keras"] == "ok"


def test_doctor_finds_another_python(started, monkeypatch):
    monkeypatch.setattr(doctor.platform, "python_version", lambda: "3.14.0")
    found = {finding.subject: finding for finding in doctor.examine()}
    assert (found["Python"].kind, found["Python"].found[:6]) == ("problem", "3.14.0")


def test_doctor_without_the_package_installed(started, monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "metadata", missing)
    found = {finding.subject: finding for finding in doctor.examine()}
    assert found["rnncourse"].kind == "problem"
    assert "pip install -e ." in found["rnncourse"].found


def test_doctor_without_the_courses_files(started, monkeypatch):
    def missing(name):
        raise FileNotFoundError(f"no {name}")

    monkeypatch.setattr(doctor, "course_folder", missing)
    assert [(f.subject, f.found) for f in doctor.examine() if f.kind == "problem"] == [
        ("the course's data", "no data"),
        ("the course's exercises", "no exercises"),
    ]


def test_doctor_says_how_to_get_a_program_and_does_not_fail(started, monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    result = run()
    assert result.exit_code == 0
    for package in ("chromium", "espeak-ng", "bubblewrap"):
        assert f"sudo apt install {package}\n" in result.output


@pytest.mark.parametrize(
    ("program", "kind", "said"),
    [
        ("print(3.0)", "ok", r"in \d+\.\d s"),
        ("raise ImportError('no libtensorflow')", "problem", "ImportError: no libtensorflow: try"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGILL)", "problem", "exit status -4"),
    ],
)
def test_doctor_starts_tensorflow_in_a_process_of_its_own(monkeypatch, program, kind, said):
    monkeypatch.setattr(doctor, "_START", program)
    finding = doctor._tensorflow_starts()
    assert finding.kind == kind
    assert re.match(said, finding.found)


def test_doctor_finds_another_backend(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    finding = doctor._tensorflow_starts()
    assert (finding.kind, finding.found) == ("problem", "but Keras would use jax: unset KERAS_BACKEND")
