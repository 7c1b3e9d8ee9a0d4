"""A course folder from its making to the grades: done twice it stays the same, and nothing of anybody's is lost."""

import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from classroom_notebooks import NAME, solved

from rnncourse.classroom.assignment import assignment
from rnncourse.classroom.book import assign, left_over, record
from rnncourse.classroom.by_hand import by_hand, corrected
from rnncourse.classroom.collect import collect, most_frequent
from rnncourse.classroom.course import create, open_course
from rnncourse.classroom.export import fill, standing, table, write_new
from rnncourse.classroom.feedback import class_page, mistakes, student_page, write_feedback, write_report
from rnncourse.classroom.grading import Grade, Mark
from rnncourse.classroom.many import grade_all, kept
from rnncourse.classroom.roster import read_roster

GIVEN = assignment(NAME)
FILE = GIVEN.notebook.name
ROSTER = "id;first_name;last_name;email\nada;Ada;Byron;a@b.c\nbob;Bob;Márquez;\n101;Cy;Dee;\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A course with one assignment handed out; the tests share it and change only what is their own."""
    folder = tmp_path_factory.mktemp("course") / "a course"
    roster = tmp_path_factory.mktemp("roster") / "students.csv"
    roster.write_text(ROSTER, encoding="utf-8")
    course, _ = create(folder, roster)
    assert assign(course, NAME)
    return course


@pytest.fixture
def course(made, tmp_path):
    """The same, with submissions and grades of one test alone."""
    for place in ("submitted", "aside", "grades", "feedback", "reports"):
        if (made.folder / place).exists():
            (made.folder / place).rename(tmp_path / f"was {place}")
    return made


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def handed_in(folder, place, notebook=None):
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(notebook if isinstance(notebook, bytes) else json.dumps(notebook or solved()).encode())
    return folder


def graded(student, statuses=("passed",) * 4, flags=()):
    """A grade without a sandbox."""
    marks = [
        Mark(
            id=id, title="T", points=most if s == "passed" else 0.0, most=most, status=s, message=f"✘ {id} f: look <b>"
        )
        for (id, most), s in zip(GIVEN.points.items(), statuses, strict=True)
    ]
    return Grade(student=student, assignment=NAME, digest="0", marks=marks, flags=list(flags))


def without_sandbox(content, given, *, student, **_):
    import hashlib

    return Grade.from_data(graded(student).as_data() | {"digest": hashlib.sha256(content).hexdigest()})


def test_a_second_time_changes_nothing(made, tmp_path):
    before = contents(made.folder)
    roster = tmp_path / "students.csv"
    roster.write_text(ROSTER, encoding="utf-8")
    assert create(made.folder, roster)[1] == []
    assert not assign(made, NAME)
    assert contents(made.folder) == before


def test_what_an_instructor_changed_stays(tmp_path):
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()")
    create(tmp_path)
    assert (tmp_path / "nbgrader_config.py").read_text() == "c = get_config()"


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ValueError, match="holds other files"):
        create(tmp_path)
    assert list(contents(tmp_path).values()) == [b"mine"]
    with pytest.raises(ValueError, match=r"no nbgrader_config\.py"):
        open_course(tmp_path)


def test_students_come_from_the_roster_and_more_can_follow(made, tmp_path):
    assert [(s.id, s.last) for s in made.students()][:3] == [("101", "Dee"), ("ada", "Byron"), ("bob", "Márquez")]
    (tmp_path / "more.csv").write_text("username,Surname\nada,Other\neve,E\n")
    assert create(made.folder, tmp_path / "more.csv")[1] == ["1 student"]
    assert {s.id: s.last for s in made.students()}["ada"] == "Byron"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name\nada\n", "column 'id'"),
        ("id\nada\nada\n", "row 3"),
        ("id\na b\n", "row 2"),
        ("", "none"),
        ("id\n../x\n", "'../x'"),
    ],
)
def test_a_roster_that_cannot_be(tmp_path, text, said):
    path = tmp_path / "students.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=said):
        read_roster(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_a_roster_as_spreadsheets_save_it(tmp_path, encoding, between):
    path = tmp_path / "students.csv"
    path.write_bytes(ROSTER.replace(";", between).encode(encoding))
    assert [(s.id, s.first, s.last) for s in read_roster(path)][:2] == [
        ("ada", "Ada", "Byron"),
        ("bob", "Bob", "Márquez"),
    ]
    path.write_bytes(ROSTER.encode("latin-1"))
    with pytest.raises(ValueError, match="CSV UTF-8"):
        read_roster(path)


def test_canvas_own_gradebook_is_a_roster(tmp_path):
    path = tmp_path / "gradebook.csv"
    path.write_text(CANVAS, encoding="utf-8", newline="")
    students = [(s.id, s.first, s.last) for s in read_roster(path)]
    assert students == [("7", "Ada", "Byron"), ("101", "Cy", "Dee"), ("9", "G", "Guest")]


def test_the_release_is_what_students_get_and_holds_no_answer(made):
    release = json.loads((made.folder / "release" / NAME / FILE).read_text(encoding="utf-8"))
    ours = json.loads(GIVEN.notebook.read_text(encoding="utf-8"))
    text = ["".join(cell["source"]) for cell in ours["cells"]]
    *own, last = [source.replace(f"[lesson {NAME}](../{FILE})", f"lesson {NAME}") for source in text]
    assert ["".join(cell["source"]) for cell in release["cells"]] == own
    assert "rnncourse solution" in last  # for those who learn by themselves
    assert "](../" not in json.dumps(release)
    assert left_over(json.dumps(release), GIVEN) == ""
    source = (made.folder / "source" / NAME / FILE).read_text(encoding="utf-8")
    assert left_over(source, GIVEN) != ""
    release["metadata"]["hidden"] = json.loads(source)["cells"][4]["source"]
    assert left_over(json.dumps(release), GIVEN) != ""


def test_three_platforms_names_are_understood(course, tmp_path):
    incoming = handed_in(tmp_path / "in", f"dee cy/../deecy_101_99_{FILE}".replace("dee cy/../", ""))
    handed_in(incoming, f"Bob Marquez_77_assignsubmission_file/{FILE}")
    handed_in(incoming, f"ada/{FILE}")
    entries = {entry.student: entry.status for entry in collect(course, NAME, incoming)}
    assert entries == {"101": "collected", "bob": "collected", "ada": "collected"}
    assert sorted(course.submissions(NAME)) == ["101", "ada", "bob"]


def test_folders_around_and_within_and_moodles_without_folders(course, tmp_path):
    incoming = handed_in(tmp_path / "in", f"homework/ada/latest/{FILE}")
    handed_in(incoming, "homework/101.ipynb")
    handed_in(incoming, f"Bob Marquez_101_assignsubmission_file_{FILE}")
    assert {entry.student for entry in collect(course, NAME, incoming)} == {"ada", "101", "bob"}


def test_without_students_nothing_is_collected(tmp_path):
    course, _ = create(tmp_path / "course")
    with pytest.raises(ValueError, match="has no students"):
        collect(course, NAME, handed_in(tmp_path / "in", f"ada/{FILE}"))


def test_an_author_who_is_not_certain_is_asked_for(course, tmp_path):
    with course.gradebook() as book:
        book.update_or_create_student("ada2", first_name="Ada", last_name="Byron")
    incoming = handed_in(tmp_path / "in", f"byronada_5_6_{FILE}")
    handed_in(incoming, f"marquezbob_101_7_{FILE}")
    notes = [entry.note for entry in collect(course, NAME, incoming)]
    with course.gradebook() as book:
        book.remove_student("ada2")
    assert notes[0].startswith("ada and ada2 have the same name; call the file ID.ipynb")
    assert notes[1].startswith("101 is the id of one student, the name is that of bob")
    assert course.submissions(NAME) == {}


def test_canvas_says_what_is_late_and_later_its_archive_does_not(course, tmp_path):
    path, first, second = tmp_path / "canvas.zip", json.dumps(solved()), json.dumps(solved(extra=["1"]))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"byronada_5_20_{FILE}", second)
        archive.writestr(f"byronada_5_9_{FILE.replace('.ipynb', '-1.ipynb')}", first)
    entries = collect(course, NAME, path, due=datetime(2020, 1, 1, tzinfo=UTC))
    assert [entry.note for entry in entries] == ["", "an earlier version"]
    assert course.submissions(NAME)["ada"].read_text() == second
    assert not (course.submitted("ada", NAME) / "timestamp.txt").exists()


def test_every_file_is_reported_and_none_is_lost(course, tmp_path):
    incoming = tmp_path / "in"
    first, second = json.dumps(solved()).encode(), json.dumps(solved(extra=["1"])).encode()
    handed_in(incoming, f"byronada_LATE_5_6_{FILE}", first)
    handed_in(incoming, f"byronada_LATE_5_7_{FILE.replace('.ipynb', '-1.ipynb')}", second)
    handed_in(incoming, f"nobody/{FILE}", b'{"cells": []}')
    handed_in(incoming, "bob/essay.pdf", b"%PDF")
    handed_in(incoming, "101/wrong.ipynb", assignment("12").notebook.read_bytes())
    handed_in(incoming, "__MACOSX/._x.ipynb", b"junk")
    entries = collect(course, NAME, incoming)
    notes = {(entry.student, entry.status): entry.note for entry in entries}
    assert notes["ada", "collected"] == "late"
    assert notes["ada", "kept aside"] == "an earlier version"
    assert "nobody on the roster" in notes["", "kept aside"]
    assert notes["bob", "kept aside"] == "not a notebook"
    assert "lesson 12" in notes["101", "kept aside"]
    assert len(entries) == 5
    assert {path.read_bytes() for path in incoming.rglob("*") if path.is_file()} - {b"junk"} == {
        entry.path.read_bytes() for entry in entries
    }
    assert course.submissions(NAME)["ada"].read_bytes() == second
    before = contents(course.folder)
    assert {entry.status for entry in collect(course, NAME, incoming)} == {"unchanged", "kept aside"}
    assert contents(course.folder) == before


def test_a_new_version_is_taken_only_by_force(course, tmp_path):
    collect(course, NAME, handed_in(tmp_path / "in", f"ada/{FILE}", b"old"))
    handed_in(tmp_path / "in", f"ada/{FILE}", b"new")
    (entry,) = collect(course, NAME, tmp_path / "in")
    assert entry.status == "kept aside"
    assert course.submissions(NAME)["ada"].read_bytes() == b"old"
    (entry,) = collect(course, NAME, tmp_path / "in", force=True)
    assert entry.status == "collected"
    assert course.submissions(NAME)["ada"].read_bytes() == b"new"
    assert b"old" in contents(course.folder / "aside").values()


def test_an_archive_is_read_in_place(course, tmp_path):
    path = tmp_path / "submissions.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"../../ada/{FILE}", json.dumps(solved()))
        archive.writestr(f"bob/{FILE}", json.dumps(solved()))
    assert most_frequent(path) == NAME
    assert {entry.student for entry in collect(course, NAME, path)} == {"ada", "bob"}
    assert not (tmp_path.parent / "ada").exists()
    with pytest.raises(ValueError, match="folder or a zip archive"):
        collect(course, NAME, tmp_path / "nothing.zip")
    for source in (course.folder, course.folder.parent):
        with pytest.raises(ValueError, match="holds the course itself"):
            collect(course, NAME, source)


def test_a_run_that_ends_early_goes_on_where_it_was(course, tmp_path):
    for student in ("101", "ada", "bob"):
        handed_in(tmp_path / "in", f"{student}/{FILE}")
    collect(course, NAME, tmp_path / "in")
    calls = []

    def stopped(content, given, *, student, **options):
        calls.append(student)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return without_sandbox(content, given, student=student)

    from concurrent.futures import ThreadPoolExecutor

    with pytest.raises(KeyboardInterrupt), ThreadPoolExecutor(1) as one:
        grade_all(course, NAME, grader=stopped, executor=one)
    assert list(kept(course, NAME)) == calls[:1]
    fresh = []
    grades = grade_all(
        course, NAME, grader=without_sandbox, seen=lambda g, new: fresh.append(g.student) if new else None
    )
    assert [found.student for found in grades] == ["101", "ada", "bob"]
    assert sorted([*fresh, calls[0]]) == ["101", "ada", "bob"]
    assert grade_all(course, NAME, grader=None) == grades


def test_what_changed_is_graded_again(course, tmp_path):
    collect(course, NAME, handed_in(tmp_path / "in", f"ada/{FILE}"))
    (first,) = grade_all(course, NAME, grader=without_sandbox)
    collect(course, NAME, handed_in(tmp_path / "in", f"ada/{FILE}", b"{}"), force=True)
    (second,) = grade_all(course, NAME, grader=without_sandbox)
    assert first.digest != second.digest


def test_scores_stand_in_the_gradebook_and_a_persons_stay(course):
    record(course, GIVEN, [graded("ada"), graded("bob", ("passed", "wrong", "mistake", "error"))])
    with course.gradebook() as book:
        assert book.find_submission(NAME, "ada").score == sum(GIVEN.points.values())
        assert book.find_submission(NAME, "bob").score == GIVEN.points["13.1"]
        book.find_grade("ex13-2-check", GIVEN.notebook.stem, NAME, "bob").manual_score = 1.5
        book.db.commit()
    record(course, GIVEN, [graded("bob", ("passed", "wrong", "mistake", "error"))])
    with course.gradebook() as book:
        assert book.find_submission(NAME, "bob").score == GIVEN.points["13.1"] + 1.5


def test_points_and_comments_given_by_hand_reach_everybody(course):
    grades = {s: graded(s, ("mistake", "passed", "passed", "passed")) for s in ("ada", "101")}
    record(course, GIVEN, list(grades.values()))
    with course.gradebook() as book:
        score = book.find_grade("ex13-1-check", GIVEN.notebook.stem, NAME, "101")
        score.manual_score, score.extra_credit = 1.5, 0.25
        book.find_comment("ex13-1", GIVEN.notebook.stem, NAME, "101").manual_comment = "Nearly <there>"
        book.db.commit()
    most = sum(GIVEN.points.values())
    own = by_hand(course, NAME)["101"]
    assert (own.points, own.comments) == ({"13.1": 1.75}, {"13.1": "Nearly <there>"})
    assert [found.points for found in corrected(grades.values(), {"101": own})] == [most - 2, most - 0.25]
    assert standing(course, NAME, grades)["101"].points == most - 0.25
    assert f"101,Cy,Dee,,{most - 0.25},{most - 0.25}" in table(course, {NAME: grades}).splitlines()
    assert f"{most - 0.25:g}" in "".join(p.read_text() for p in write_report(course, GIVEN, list(grades.values()), []))
    for path in write_feedback(course, GIVEN, list(grades.values())):
        text = path.read_text(encoding="utf-8")
        assert ("Nearly &lt;there&gt;" in text) == ("by hand" in text) == ("101" in path.parts)


def test_what_was_not_handed_out_cannot_be_graded(course):
    with pytest.raises(ValueError, match="classroom assign 12"):
        record(course, assignment("12"), [])


def test_feedback_opens_offline_and_says_no_more_than_a_student_may_know(course):
    text = student_page(GIVEN, graded("ada", ("passed", "mistake", "error", "not attempted"), flags=["cheats"]))
    assert "http" not in text
    assert "<script" not in text
    assert "look &lt;b&gt;" in text
    assert "cheats" not in text
    (path,) = write_feedback(course, GIVEN, [graded("ada")])
    assert path.parts[-4:-1] == ("feedback", "ada", NAME)
    assert write_feedback(course, GIVEN, [graded("ada")]) == []
    handed_in(course.submitted("ada", NAME), "submission_secret.txt", b"s3")
    assert write_feedback(course, GIVEN, [graded("ada")]) == []
    assert path.with_name("submission_secret.txt").read_text() == "s3"


def test_a_file_that_could_not_be_read_is_said_once():
    text = "✘ {} f: your file could not be read: it is broken."
    grade = graded("ada", ("error",) * 4)
    grade = replace(grade, marks=[replace(mark, message=text.format(mark.id)) for mark in grade.marks])
    page = student_page(GIVEN, grade)
    assert page.count("our file could not be read") == 1
    assert "input above" not in page


def test_the_class_report_shows_flagged_ones_first_and_frequent_mistakes(course):
    grades = [
        graded("ada"),
        graded("bob", ("mistake", *("passed",) * 3)),
        graded("zoe", ("mistake",) * 4, ["reads files"]),
    ]
    assert mistakes(grades) == [("13.1", 2, "look <b>")]
    text = class_page(GIVEN, grades, ["101"])
    assert text.index("Look at these first") < text.index("reads files") < text.index("All students")
    assert text.rindex("zoe") < text.rindex("bob")
    assert "data:image/png;base64," in text
    assert "http" not in text
    _, path = write_report(course, GIVEN, grades, ["101"])
    assert path.read_text(encoding="utf-8").splitlines()[1].startswith("zoe,")


def test_grades_as_a_table(course):
    lines = table(course, {NAME: {"ada": graded("ada")}}).splitlines()
    assert lines[0] == f"id,first_name,last_name,email,{NAME},total"
    assert "ada,Ada,Byron,a@b.c,8.0,8.0" in lines
    assert "bob,Bob,Márquez,,,0" in lines


CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Homework 12 (4013),Homework 13 (4014)\r\n"
    "    Points Possible,,,,,8,8\r\n"
    '"Byron, Ada",7,ada,ada@x,One,3,\r\n"Dee, Cy",101,,,One,,1\r\n"Guest, G",9,,,One,,\r\n'
)
MOODLE = '\ufeff"First name",Surname,"ID number","Assignment: 13 GRU (Real)"\nAda,Byron,ada,-\n'


def test_a_platforms_gradebook_is_filled():
    grades = {"ada": graded("ada"), "101": graded("101", ("wrong",) * 4), "bob": graded("bob")}
    text, unplaced = fill(CANVAS, NAME, grades)
    assert unplaced == ["bob"]
    assert text == CANVAS.replace(",One,3,\r\n", ",One,3,8\r\n").replace(",One,,1\r\n", ",One,,0\r\n")
    heads, row, _ = fill(MOODLE, NAME, grades)[0].split("\n")
    assert (heads, row) == (MOODLE.split("\n")[0].replace('"', ""), "Ada,Byron,ada,8")
    with pytest.raises(ValueError, match="received none"):
        fill(CANVAS, "04", grades)
    with pytest.raises(ValueError, match="'Homework 12"):
        fill(CANVAS, NAME, grades, column="Homework")
    with pytest.raises(ValueError, match="column of ids"):
        fill("Name,13\nAda,\n", NAME, grades)


def test_a_gradebook_with_semicolons_and_an_excused_student(course):
    text = 'Student;ID;Exercises 13\r\n"Byron; Ada";ada;EX\r\n"Dee; Cy";101;\r\n'
    filled, unplaced = fill(text, NAME, {"ada": graded("ada"), "101": graded("101")})
    assert filled == text.replace(";101;", ";101;8")
    assert unplaced == []


def test_a_file_is_overwritten_only_by_force(tmp_path):
    path = tmp_path / "grades.csv"
    assert write_new(path, "a", force=False)
    assert not write_new(path, "a", force=False)
    with pytest.raises(ValueError, match="--force"):
        write_new(path, "b", force=False)
    assert path.read_text() == "a"
    assert write_new(path, "b", force=True)
