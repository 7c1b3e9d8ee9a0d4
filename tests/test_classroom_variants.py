"""Students get different forms of an exercise from the same source: what is right for one fails for another."""

import hashlib
import json

import pytest
from classroom_notebooks import needs_sandbox, solved

from rnncourse.classroom import grading, variants
from rnncourse.classroom.assignment import assignment
from rnncourse.classroom.book import assign, left_over
from rnncourse.classroom.course import create
from rnncourse.classroom.many import kept_grade, version
from rnncourse.exercises import all_exercises, get, solution

NAME, ID = "12", "12.1"
FORMS = ("", *get(ID).variants)
STUDENTS = [f"s{number}" for number in range(24)]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course") / "course"
    roster = folder.parent / "students.csv"
    roster.write_text("id\n" + "\n".join(STUDENTS), encoding="utf-8")
    course, _ = create(folder, roster)
    variants.turn_on(course, NAME)
    assert assign(course, NAME)
    return course, variants.hand_out(course, NAME)


def form(course, student):
    return variants.given_to(course, NAME, student).forms[ID]


def notebook(course, student):
    path = course.folder / "handout" / NAME / student / assignment(NAME).notebook.name
    return json.loads(path.read_text(encoding="utf-8"))


def test_every_form_is_given_to_somebody_and_always_to_the_same(made):
    course, written = made
    assert len(written) == len(STUDENTS)
    assert {form(course, student) for student in STUDENTS} == set(FORMS)
    before = [form(course, student) for student in STUDENTS]
    (course.folder / "variants" / f"{NAME}.csv").rename(course.folder / "was.csv")
    variants.turn_on(course, NAME, force=True)
    assert [form(course, student) for student in STUDENTS] == before
    (course.folder / "was.csv").rename(course.folder / "variants" / f"{NAME}.csv")


def test_a_notebook_has_the_task_and_the_check_of_its_form_and_nothing_else_changed(made):
    course, _ = made
    told = {"": "The weights as above.", "i_f_o_c": "**i, f, o, c̃**", "i_c_f_o": "**i, c̃, f, o**"}
    release = json.loads(next((course.folder / "release" / NAME).glob("*.ipynb")).read_text(encoding="utf-8"))
    for student in STUDENTS:
        own = form(course, student)
        cells = notebook(course, student)["cells"]
        ordinary = ["".join(cell["source"]) for cell in release["cells"]]
        differ = [cell for cell, source in zip(cells, ordinary, strict=True) if cell["source"] != source]
        text = "\n".join(cell["source"] for cell in cells)
        assert told[own] in text
        check = f'check("{ID}", lstm_step, variant="{own}")' if own else f'check("{ID}", lstm_step)'
        assert check in text
        assert len(differ) == (2 if own else 0)  # the task and the check
        assert left_over(json.dumps({"cells": cells}), variants.given_to(course, NAME, student)) == ""


def test_twice_changes_nothing_and_who_comes_later_gets_a_notebook(made, tmp_path):
    course, _ = made
    before = {path: path.stat().st_mtime_ns for path in course.folder.rglob("*.ipynb")}
    table = (course.folder / "variants" / f"{NAME}.csv").read_text()
    variants.turn_on(course, NAME)
    assert variants.hand_out(course, NAME) == []
    assert {path: path.stat().st_mtime_ns for path in course.folder.rglob("*.ipynb")} == before
    assert (course.folder / "variants" / f"{NAME}.csv").read_text() == table
    (tmp_path / "late.csv").write_text("id\nlate\n")
    create(course.folder, tmp_path / "late.csv")
    drawn = form(course, "late")
    (path,) = variants.hand_out(course, NAME)
    assert path.parent.name == "late"
    assert form(course, "late") == drawn


def test_the_table_decides(made):
    course, _ = made
    table = course.folder / "variants" / f"{NAME}.csv"
    before = table.read_text()
    own = form(course, "s0")
    table.write_text(before.replace(f"s0,{own or 'ordinary'}", "s0,i_c_f_o"))
    assert form(course, "s0") == "i_c_f_o"
    for line in before.splitlines()[1:]:
        student, written, *_ = line.split(",")
        table.write_text("\ufeff" + before.replace(",", ";"), encoding="utf-8")  # as spreadsheets save it
        assert form(course, student) == written.removeprefix("ordinary")
    table.write_text(before)


def test_a_grade_belongs_to_a_form(made):
    course, _ = made
    content = json.dumps(solved(name=NAME)).encode()
    (course.grades / NAME).mkdir(parents=True)
    for own in FORMS:
        given = assignment(NAME, {ID: own})
        one = grading.Grade(student="s0", assignment=NAME, digest=hashlib.sha256(content).hexdigest(), marks=[])
        text = json.dumps({"exercises": version(given), "grade": one.as_data()})
        (course.grades / NAME / "s0.json").write_text(text)
        assert [bool(kept_grade(course, assignment(NAME, {ID: other}), "s0", content)) for other in FORMS] == [
            other == own for other in FORMS
        ]


def test_what_cannot_differ_is_said(made, tmp_path):
    course, _ = made
    with pytest.raises(ValueError, match=r"no exercise of 05 has variants, those of 01, 02, .* have"):
        variants.turn_on(course, "05")
    assert assign(course, "13")
    with pytest.raises(ValueError, match="13 was made without variants"):
        variants.turn_on(course, "13")
    assert not variants.is_on(course, "13")
    assert variants.given_to(course, "13", "s0").forms == {}
    variants.turn_on(course, "13", force=True)
    assert len(variants.hand_out(course, "13")) >= len(STUDENTS)


@pytest.mark.parametrize("exercise", [e for e in all_exercises() if e.variants], ids=lambda exercise: exercise.id)
def test_each_form_is_asked_in_a_notebook_of_its_own(exercise):
    name = exercise.id[:2]
    for own in exercise.variants:
        given = assignment(name, {exercise.id: own})
        worded = given.worded_notebook(json.loads(given.notebook.read_text(encoding="utf-8")))
        text = "\n".join(cell["source"] for cell in worded["cells"])
        assert text.count("variant=") == 1
        plain = "\n".join("".join(c["source"]) for c in json.loads(given.notebook.read_text(encoding="utf-8"))["cells"])
        sections = {id: text.split(f"## {id} ·")[1].split("\n## ")[0] for id in given.points}
        for id, section in sections.items():
            same = section == plain.split(f"## {id} ·")[1].split("\n## ")[0]
            assert same == (id != exercise.id)


@pytest.mark.parametrize("own", FORMS)
def test_an_answer_earns_its_points_in_its_form_alone(own):
    needs_sandbox()
    for written in FORMS:
        notebook = solved({ID: solution(ID, written)}, name=NAME)
        given = assignment(NAME, {ID: own})
        for cell in notebook["cells"]:
            id = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
            if id.endswith("-check"):
                cell["source"] = given.cells[id]
        found = grading.grade(json.dumps(notebook).encode(), given, student="ada", secret=b"secret")
        assert found.marks[0].status == ("passed" if own == written else "mistake")
        assert [mark.status for mark in found.marks[1:]] == ["passed"] * 4
        names = [repr(word) if word else "ordinary" for word in (written, own)]
        copied = f"{ID}: right for the {names[0]} form that others have; this student's is the {names[1]} one"
        assert found.flags == ([] if own == written else [copied])
