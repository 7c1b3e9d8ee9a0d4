"""The student's copies: everything new arrives, nothing of the student's is touched."""

import io
import json
from pathlib import Path

import pytest

from rnncourse.exercises import copies
from rnncourse.exercises.copies import MANIFEST, bring_new, exercise_notebook, fresh_copy


@pytest.fixture
def course(tmp_path):
    folder = tmp_path / "course notebooks"
    (folder / "exercises" / "src").mkdir(parents=True)
    (folder / "00_start_here.ipynb").write_text("start, version 1")
    (folder / "01_topic.ipynb").write_text("lesson, version 1")
    (folder / "exercises" / "01_topic.ipynb").write_text("exercises, version 1")
    (folder / "exercises" / "src" / "01_topic.py").write_text("the solutions")
    (folder / "CLAIMS.md").write_text("no notebook")
    return folder


@pytest.fixture
def work(tmp_path):
    return tmp_path / "my work"


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }


def names(paths):
    return [path.as_posix() for path in paths]


FIRST = {
    "00_start_here.ipynb": "start, version 1",
    "01_topic.ipynb": "lesson, version 1",
    "exercises/01_topic.ipynb": "exercises, version 1",
}


def test_first_time_brings_every_notebook_in_the_same_shape_and_nothing_else(course, work):
    brought = bring_new(course, work)
    assert names(brought.new) == list(FIRST)
    assert brought.beside == {}
    assert contents(work) == FIRST


def test_second_time_brings_nothing(course, work):
    bring_new(course, work)
    brought = bring_new(course, work)
    assert (brought.new, brought.beside) == ([], {})
    assert contents(work) == FIRST


def test_only_a_new_lesson_is_brought(course, work):
    bring_new(course, work)
    (course / "02_next.ipynb").write_text("another lesson")
    assert names(bring_new(course, work).new) == ["02_next.ipynb"]


def test_what_the_student_wrote_stays_while_the_course_stands_still(course, work):
    bring_new(course, work)
    (work / "01_topic.ipynb").write_text("my answers")
    brought = bring_new(course, work)
    assert (brought.new, brought.beside) == ([], {})
    assert contents(work) == {**FIRST, "01_topic.ipynb": "my answers"}


@pytest.mark.parametrize("mine", ["lesson, version 1", "my answers"], ids=["untouched", "edited"])
def test_a_changed_lesson_comes_beside_once(course, work, mine):
    bring_new(course, work)
    (work / "01_topic.ipynb").write_text(mine)
    (course / "01_topic.ipynb").write_text("lesson, version 2")
    brought = bring_new(course, work)
    assert brought.new == []
    assert {old.as_posix(): new.as_posix() for old, new in brought.beside.items()} == {
        "01_topic.ipynb": "01_topic.v2.ipynb"
    }
    assert bring_new(course, work).beside == {}
    assert contents(work) == {**FIRST, "01_topic.ipynb": mine, "01_topic.v2.ipynb": "lesson, version 2"}


def test_changed_exercises_come_beside_in_their_folder(course, work):
    bring_new(course, work)
    (course / "exercises" / "01_topic.ipynb").write_text("exercises, version 2")
    assert names(bring_new(course, work).beside.values()) == ["exercises/01_topic.v2.ipynb"]


def test_every_later_version_gets_a_name_of_its_own(course, work):
    bring_new(course, work)
    for version in (2, 3, 4):
        (course / "01_topic.ipynb").write_text(f"lesson, version {version}")
        bring_new(course, work)
    assert {name: text for name, text in contents(work).items() if name.startswith("01_topic.v")} == {
        f"01_topic.v{version}.ipynb": f"lesson, version {version}" for version in (2, 3, 4)
    }


def test_a_name_that_the_student_took_is_not_overwritten(course, work):
    bring_new(course, work)
    (work / "01_topic.v2.ipynb").write_text("my own second try")
    (course / "01_topic.ipynb").write_text("lesson, version 2")
    assert names(bring_new(course, work).beside.values()) == ["01_topic.v3.ipynb"]
    assert contents(work)["01_topic.v2.ipynb"] == "my own second try"


def test_a_deleted_newer_version_does_not_come_back(course, work):
    bring_new(course, work)
    (course / "01_topic.ipynb").write_text("lesson, version 2")
    bring_new(course, work)
    (work / "01_topic.v2.ipynb").unlink()
    brought = bring_new(course, work)
    assert (brought.new, brought.beside) == ([], {})


def test_a_deleted_copy_comes_back_in_the_present_version(course, work):
    bring_new(course, work)
    (course / "01_topic.ipynb").write_text("lesson, version 2")
    (work / "01_topic.ipynb").unlink()
    assert names(bring_new(course, work).new) == ["01_topic.ipynb"]
    assert contents(work)["01_topic.ipynb"] == "lesson, version 2"


@pytest.mark.parametrize("damage", [None, b"", b"{", b"[1, 2]", b'{"01_topic.ipynb": 3}', b"\xff\xfe"])
def test_a_lost_or_damaged_manifest_is_made_again_without_a_second_copy(course, work, damage):
    bring_new(course, work)
    whole = json.loads((work / MANIFEST).read_text())
    (work / MANIFEST).unlink()
    if damage is not None:
        (work / MANIFEST).write_bytes(damage)
    brought = bring_new(course, work)
    assert (brought.new, brought.beside) == ([], {})
    assert contents(work) == FIRST
    assert json.loads((work / MANIFEST).read_text()) == whole


def test_without_a_manifest_what_differs_is_the_students(course, work):
    work.mkdir()
    (work / "01_topic.ipynb").write_text("my answers")
    assert names(bring_new(course, work).beside.values()) == ["01_topic.v2.ipynb"]
    (work / MANIFEST).unlink()
    assert bring_new(course, work).beside == {}, "the course's version is there already, as v2"
    assert contents(work) == {**FIRST, "01_topic.ipynb": "my answers", "01_topic.v2.ipynb": "lesson, version 1"}


def test_a_link_to_nowhere_is_not_written_through(course, work, tmp_path):
    work.mkdir()
    (work / "01_topic.ipynb").symlink_to(tmp_path / "elsewhere.ipynb")
    bring_new(course, work)
    assert not (tmp_path / "elsewhere.ipynb").exists()
    assert (work / "01_topic.v2.ipynb").read_text() == "lesson, version 1"


def test_nothing_half_written_stays_when_writing_fails(course, work, monkeypatch):
    class FullDisk(io.BytesIO):
        def write(self, _):
            raise OSError("No space left on device")

    def open_on_full_disk(path, mode="r", **options):
        if mode != "xb":
            return usual_open(path, mode, **options)
        path.touch(exist_ok=False)
        return FullDisk()

    usual_open = Path.open
    monkeypatch.setattr(Path, "open", open_on_full_disk)
    with pytest.raises(OSError, match="No space left"):
        bring_new(course, work)
    assert contents(work) == {}


def test_a_file_in_place_of_the_folder_is_an_error(course, work):
    work.write_text("a file")
    with pytest.raises(OSError):
        bring_new(course, work)
    assert work.read_text() == "a file"


@pytest.mark.parametrize("lesson", ["01", "1", " 01 "])
def test_exercise_notebook_is_found_by_number(course, monkeypatch, lesson):
    monkeypatch.setattr(copies, "course_folder", lambda name: course / name)
    assert exercise_notebook(lesson) == course / "exercises" / "01_topic.ipynb"


@pytest.mark.parametrize("lesson", ["02", "", "01_topic", "../00", "*"])
def test_unknown_exercise_notebook_lists_those_there_are(course, monkeypatch, lesson):
    monkeypatch.setattr(copies, "course_folder", lambda name: course / name)
    with pytest.raises(ValueError, match=r"lesson must be one that has exercises \(01\), received "):
        exercise_notebook(lesson)


def test_fresh_copy_takes_the_next_free_name_every_time(course, tmp_path):
    notebook, folder = course / "exercises" / "01_topic.ipynb", tmp_path / "new" / "folder"
    assert [fresh_copy(notebook, folder).name for _ in range(3)] == [
        "01_topic.ipynb",
        "01_topic-2.ipynb",
        "01_topic-3.ipynb",
    ]
    (folder / "01_topic.ipynb").write_text("my answers")
    assert fresh_copy(notebook, folder).read_text() == "exercises, version 1"
    assert (folder / "01_topic.ipynb").read_text() == "my answers"
