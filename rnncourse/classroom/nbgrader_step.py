"""The step of nbgrader's ``autograde`` in which a submission is run: here, in the course's sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import NbGraderPreprocessor

from rnncourse.classroom.course import open_course
from rnncourse.classroom.grading import Mark, grade
from rnncourse.classroom.many import keep, kept_grade
from rnncourse.classroom.submission import contents
from rnncourse.classroom.variants import given_to
from rnncourse.exercises.checking import wrapped


class GradeInSandbox(NbGraderPreprocessor):
    """Takes the place of nbgrader's ``Execute``.

    No cell is run by nbgrader. The outputs of the checks become what the grader found outside the sandbox: its message,
    and the number of points, which nbgrader reads as the cell's score.
    """

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        about = resources["nbgrader"]
        course = open_course(Path(about["db_url"].removeprefix("sqlite:///")).parent)
        student = about["student"]
        given = given_to(course, about["assignment"], student)
        content = contents(course.submitted(student, given.name) / given.notebook.name)
        found = kept_grade(course, given, student, content)
        if found is None:
            found = grade(content, given, student=student, secret=course.secret)
            keep(course, given, found)
        marks = {f"ex{mark.id.replace('.', '-')}-check": mark for mark in found.marks}
        for cell in nb.cells:
            if cell.cell_type == "code":
                mark = marks.get(cell.metadata.get("nbgrader", {}).get("grade_id"))
                cell.outputs = [] if mark is None else _outputs(mark)
                cell.execution_count = None
        return nb, resources


def _outputs(mark: Mark) -> list[NotebookNode]:
    return [
        new_output("stream", name="stdout", text=f"{wrapped(mark.message)}\n"),
        new_output("execute_result", data={"text/plain": str(mark.points)}, execution_count=1),
    ]
