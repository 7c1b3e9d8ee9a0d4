"""A submission is graded by what its functions return, whatever its cells say."""

import json

import pytest
from classroom_notebooks import NAME, code_cell, needs_sandbox, solved

from rnncourse.classroom import grading
from rnncourse.classroom.assignment import assignment, assignments
from rnncourse.classroom.submission import NotANotebook, contents, read_submission
from rnncourse.exercises import get

GIVEN = assignment(NAME)
IDS = list(GIVEN.points)
SECRET = b"the course's own"


@pytest.fixture(autouse=True, scope="module")
def sandbox():
    needs_sandbox()


def graded(notebook, **options):
    return grading.grade(json.dumps(notebook).encode(), GIVEN, student="ada", secret=SECRET, **options)


def statuses(grade):
    return {mark.id: mark.status for mark in grade.marks}


def test_all_that_is_right_earns_all():
    found = graded(solved())
    assert found.points == found.most == sum(GIVEN.points.values())
    assert not found.flags


def test_what_is_handed_out_earns_nothing():
    found = grading.grade(GIVEN.notebook.read_bytes(), GIVEN, student="ada", secret=SECRET)
    assert statuses(found) == dict.fromkeys(IDS, "not attempted")
    assert found.points == 0
    assert not found.flags


def test_a_mistake_is_named_and_the_others_count():
    wrong = "def gru_step(x_t, h, kernel, recurrent_kernel, bias):\n    return h"
    found = graded(solved({IDS[0]: wrong}))
    assert [mark.points for mark in found.marks] == [0, *list(GIVEN.points.values())[1:]]
    assert found.marks[0].status in ("wrong", "mistake")
    assert IDS[0] in found.marks[0].message


def test_a_missing_function_is_not_attempted():
    found = graded(solved({IDS[1]: "x = 1"}))
    assert found.marks[1].status == "not attempted"
    assert "no function of this name" in found.marks[1].message


def test_a_cell_that_raises_costs_itself_alone():
    found = graded(solved({IDS[1]: "def gru_step("}))
    assert [mark.status for mark in found.marks] == ["passed", "not attempted", "passed", "passed"]
    assert any("SyntaxError" in flag for flag in found.flags)


def test_what_jupyter_can_do_works_here():
    extra = ["%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])", "!echo hello", "import rnncourse"]
    found = graded(solved(extra=extra))
    assert found.points == found.most
    assert not found.flags


def test_students_get_inputs_of_their_own():
    seeds = {grading.number_of(SECRET, student, NAME) for student in ("ada", "bob", "cyd")}
    assert len(seeds) == 3
    assert grading.number_of(SECRET, "ada", NAME) == grading.number_of(SECRET, "ada", NAME)
    assert grading.number_of(b"another", "ada", NAME) not in seeds
    assert grading.number_of(SECRET, "ada", "12") not in seeds


def test_a_grade_is_data():
    found = graded(solved())
    assert grading.Grade.from_data(json.loads(json.dumps(found.as_data()))) == found


@pytest.mark.parametrize("name", assignments())
def test_points_belong_to_exercises(name):
    given = assignment(name)
    assert [exercise.id for exercise in given.exercises] == list(given.points)
    assert all(get(id).id == id for id in given.points)
    assert given.source.is_file()


def test_there_is_no_such_assignment():
    with pytest.raises(ValueError, match="received '99'"):
        assignment("99")


def changed(change):
    notebook = solved()
    change({cell["metadata"].get("nbgrader", {}).get("grade_id"): cell for cell in notebook["cells"]}, notebook)
    return notebook


def edit(cells, notebook):
    cells["ex13-1-check"]["source"] = "print('passed')"


def points(cells, notebook):
    cells["ex13-1-check"]["metadata"]["nbgrader"]["points"] = 200


def delete(cells, notebook):
    notebook["cells"].remove(cells["ex13-2-check"])


def double(cells, notebook):
    notebook["cells"].append(cells["ex13-2"])


def add(cells, notebook):
    about = cells["ex13-1-check"]["metadata"]["nbgrader"] | {"grade_id": "mine"}
    notebook["cells"].append(code_cell("pass", nbgrader=about))


def strip(cells, notebook):
    for cell in notebook["cells"]:
        cell["metadata"] = {}


CHANGES = {edit: "was changed", points: "points", delete: "missing", double: "2 times", add: "added", strip: "missing"}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_editing_the_graders_cells_is_seen_and_changes_nothing(change):
    found = graded(changed(change))
    assert found.points == found.most == sum(GIVEN.points.values())
    assert any(CHANGES[change] in flag for flag in found.flags)


BAD = {
    "no JSON": b"{",
    "no notebook": b"[1, 2]",
    "text": b"hello",
    "nothing": b"",
    "binary": bytes(range(256)),
    "deep": b"[" * 100_000,
    "another version": json.dumps({"nbformat": 99, "nbformat_minor": 0, "cells": [], "metadata": {}}).encode(),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_earns_nothing_and_is_flagged(name):
    found = grading.grade(BAD[name], GIVEN, student="ada", secret=SECRET)
    assert found.points == 0
    assert found.flags
    assert all(mark.status == "error" for mark in found.marks)


def test_a_file_that_is_too_large_is_not_opened(tmp_path):
    path = tmp_path / "handed_in.ipynb"
    with path.open("wb") as file:
        file.truncate(200 << 20)
    start = contents(path)
    assert len(start) < 50 << 20
    with pytest.raises(NotANotebook, match="more than 20 MiB"):
        read_submission(start, GIVEN)


def test_an_older_format_is_read():
    new = solved()
    cells = [
        {
            "cell_type": "code",
            "input": c["source"],
            "language": "python",
            "metadata": {},
            "outputs": [],
            "collapsed": False,
        }
        for c in new["cells"]
        if c["cell_type"] == "code"
    ]
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": ""},
        "worksheets": [{"cells": cells, "metadata": {}}],
    }
    found = graded(old)
    assert found.points == found.most


def test_another_language_is_flagged():
    notebook = solved() | {"metadata": {"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}}
    found = graded(notebook)
    assert found.points == found.most
    assert any("written in R" in flag for flag in found.flags)
