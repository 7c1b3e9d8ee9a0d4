"""The check and its diagnosis: what is said of results, what becomes of strangers' objects, what is printed."""

from __future__ import annotations

import subprocess
import sys
from collections import OrderedDict
from functools import partial

import numpy as np
import pandas as pd
import pytest

from rnncourse import exercises
from rnncourse.exercises import Exercise, Outcome
from rnncourse.exercises.exercise import Report
from rnncourse.exercises.plain_data import NotPlainError, first_difference, plain

HINT = "The values are doubled, not squared: look at the exponent, and try 3."
SHORTEST, SHORTEST_DOUBLED = 0.4, "[0.8  0.86]"  # the shortest ordinary input that seed 0 draws is [0.4, 0.43]


def exercise(**changed):
    """Squares an array: (n,) → (n,); drawn inputs have 2 or more values."""
    parts = {
        "id": "90.1",
        "title": "Squares",
        "function": "square",
        "inputs": lambda rng: {"x": np.round(rng.normal(size=int(rng.integers(2, 6))), 2)},
        "edges": (lambda rng: {"x": np.zeros(0)}, lambda rng: {"x": np.array([3.0])}),
        "reference": lambda x: x**2,
        "returns": {"squares": ("place",)},
        "mistakes": {HINT: lambda x: 2 * x},
        "explanation": "Multiply each value by itself.",
    }
    return Exercise(**parts | changed)


def diagnose(function, *, of=None, seed=0):
    of = of or exercise()
    cases = exercises.cases(of, seed=seed)
    return exercises.diagnose(of, cases, [exercises.run(function, case) for case in cases], seed=seed)


def test_a_right_answer_passes():
    report = diagnose(lambda x: x * x)
    assert report and report.status == "passed" and report.seed == 0
    assert report.message == "✔ 90.1 square: passed on 20 inputs"


def not_written(x):
    raise NotImplementedError("not attempted")


@pytest.mark.parametrize("stub", [not_written, lambda x: ...])
def test_a_stub_is_not_attempted(stub):
    report = diagnose(stub)
    assert not report and report.status == "not attempted"
    assert report.message == "○ 90.1 square: not attempted yet"


def test_a_missing_return_is_named():
    report = diagnose(lambda x: None)
    assert (report.status, report.message) == ("wrong", "✘ 90.1 square: returns None. Is the line with return missing?")


def test_a_known_mistake_gets_its_hint():
    assert diagnose(lambda x: x + x).message == f"✘ 90.1 square: {HINT}"


def test_a_mistake_on_some_inputs_only_is_not_called_that_mistake():
    report = diagnose(lambda x: x + x if len(x) != 3 else x * 5)
    assert report.status == "wrong" and HINT not in report.message


def test_the_shortest_failing_input_is_shown():
    report = diagnose(lambda x: x**3)
    first, second = report.message.splitlines()
    assert first == f"✘ 90.1 square: squares[0] (place 0): expected {SHORTEST**2:.6g}, received {SHORTEST**3:.6g}."
    assert second == f"  Input: square(x=np.array([{SHORTEST}, 0.43]))"


def test_an_edge_case_is_shown_when_no_ordinary_input_fails_and_the_message_says_so():
    report = diagnose(lambda x: x * x if len(x) != 1 else x * 9)
    assert report.status == "wrong" and HINT not in report.message
    first, second = report.message.splitlines()
    assert first.endswith("expected 9.0, received 27.0. Only this edge case fails.")
    assert second == "  Input: square(x=np.array([3.0]))"
    several = diagnose(lambda x: x * x if len(x) > 1 else None)
    assert several.message.splitlines() == [
        "✘ 90.1 square: returns None. Is the line with return missing? Only edge cases fail, this one among them.",
        "  Input: square(x=np.array([3.0]))",
    ]
    raises = diagnose(lambda x: x * x if len(x) else np.stack([]))
    assert "need at least one array to stack. Only this edge case fails.\n" in raises.message
    assert "dtype object" not in raises.message and "(x=np.array([]))" in raises.message


def test_an_ordinary_input_that_fails_hides_what_edge_cases_do():
    def square(x):
        return np.stack([x * 3 for _ in x[:1]])[0]  # raises for the empty one

    message = diagnose(square).message
    assert "expected" in message and "edge" not in message and "stack" not in message


def test_a_known_mistake_is_named_although_it_raises_at_an_edge_case():
    def square(x):
        return np.stack([value + value for value in x])

    assert diagnose(square).message == f"✘ 90.1 square: {HINT}"


def test_a_mistake_at_edge_cases_alone_must_be_the_listed_one():
    hint = "Right but for a single value, which you return as it came: square it, too."
    edge = exercise(mistakes={HINT: lambda x: 2 * x, hint: lambda x: x * x if len(x) != 1 else x})
    assert diagnose(lambda x: x * x if len(x) != 1 else x, of=edge).message.endswith(hint)
    assert diagnose(lambda x: x * x if len(x) != 1 else x + 1, of=edge).status == "wrong"


def test_of_two_hints_that_fit_the_ordinary_inputs_the_edge_cases_choose():
    other = "The values are doubled, and a single one is returned as it came: square them all."
    both = exercise(mistakes={HINT: lambda x: 2 * x, other: lambda x: 2 * x if len(x) != 1 else x})
    assert diagnose(lambda x: 2 * x, of=both).message.endswith(HINT)
    assert diagnose(lambda x: 2 * x if len(x) != 1 else x, of=both).message.endswith(other)


def test_one_hint_may_fit_several_wrong_answers():
    two = exercise(mistakes={HINT: (lambda x: 2 * x, lambda x: 2 * x + 0.5)})
    assert diagnose(lambda x: x + x, of=two).message.endswith(HINT)
    assert diagnose(lambda x: x + x + 0.5, of=two).message.endswith(HINT)
    assert diagnose(lambda x: x + x + 0.6, of=two).status == "wrong"


def test_an_exercise_may_explain_the_input_that_is_shown():
    explained = exercise(explain=lambda x: f"The first value is {x[0]}.")
    message = diagnose(lambda x: x**3, of=explained).message
    assert f"received {SHORTEST**3:.6g}. The first value is {SHORTEST}.\n" in message
    assert "The first value" not in diagnose(lambda x: 2 * x, of=explained).message


def test_what_the_function_prints_is_shown_for_the_reported_input_alone(capsys):
    def square(x):
        print("got", len(x), "values")
        print("x" * 300)
        return x**3

    lines = diagnose(square).message.splitlines()
    assert lines[1].startswith("  Input: ")
    assert lines[2:] == ["  Printed:", "    got 2 values", "    " + "x" * 99 + "…"]
    assert capsys.readouterr().out == ""


def test_printing_without_end_is_cut():
    def square(x):
        for i in range(5000):
            print(i)
        return x**3

    assert diagnose(square).message.splitlines()[2:] == ["  Printed:", *(f"    {i}" for i in range(8)), "    …"]
    assert len(exercises.run(square, {"x": np.zeros(2)}).printed) == 2000


def test_a_hint_shows_the_input_where_something_was_printed(capsys):
    def square(x):
        print(x + x)

    lines = diagnose(square).message.splitlines()
    assert lines[0].endswith("returns None. Is the line with return missing?")
    assert lines[1:] == [f"  Input: square(x=np.array([{SHORTEST}, 0.43]))", "  Printed:", f"    {SHORTEST_DOUBLED}"]

    def doubled(x):
        print(len(x))
        return x + x

    assert diagnose(doubled).message.splitlines()[1:] == [lines[1], "  Printed:", "    2"]


def test_a_right_answer_that_prints_shows_its_verdict_alone(capsys):
    def encode(text, vocabulary):
        print(text)
        return exercises.get("01.1").reference(text, vocabulary)

    assert exercises.check("01.1", encode)
    assert capsys.readouterr().out == "✔ 01.1 encode: passed on 20 inputs\n"
    print("still printing")
    assert capsys.readouterr().out == "still printing\n"


def test_a_function_that_fails_is_reported_with_its_line():
    def square(x):
        y = x * x
        return y[7]

    report = diagnose(square)
    line = square.__code__.co_firstlineno + 2
    assert report.status == "error"
    assert f"IndexError in line {line} (return y[7]): index 7 is out of bounds" in report.message
    assert report.message.endswith(f"Input: square(x=np.array([{SHORTEST}, 0.43]))")


def test_an_error_deep_in_a_library_is_reported_with_the_students_line():
    def square(x):
        return np.concatenate([x, np.vander(np.zeros((2, 2)))])

    assert f"ValueError in line {square.__code__.co_firstlineno + 1} (return np.concatenate" in diagnose(square).message


def test_not_implemented_in_a_library_is_an_error():
    def square(x):
        return pd.api.indexers.BaseIndexer().get_window_bounds()

    with pytest.raises(NotImplementedError):
        square(None)
    assert diagnose(square).status == "error"


def test_a_wrong_signature_and_exit_are_errors():
    assert "unexpected keyword argument 'x'" in diagnose(lambda values: values).message
    assert "SystemExit" in diagnose(lambda x: sys.exit()).message


def test_a_stub_for_some_inputs_is_an_error():
    report = diagnose(lambda x: x * x if len(x) else not_written(x))
    assert report.status == "error" and "is not written yet for this input" in report.message


def test_an_interrupt_goes_through():
    def square(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        diagnose(square)


def test_changing_an_input_is_reported_and_does_not_spoil_the_comparison():
    def square(x):
        x *= x
        return x

    report = diagnose(square)
    assert report.status == "mistake"
    assert "The results are right. It changes its input x" in report.message


def test_changing_an_input_is_told_beside_a_difference():
    def square(x):
        x *= x
        return x + 1

    report = diagnose(square)
    assert report.status == "wrong" and "It changes its input x" in report.message


def test_a_result_that_is_overwritten_by_a_later_call_keeps_its_value():
    kept = np.zeros(5)

    def square(x):
        kept[: len(x)] = x * x
        return kept[: len(x)]

    assert diagnose(square)


class Equal:
    def __eq__(self, other):
        return True

    __hash__ = object.__hash__


class EqualType(type):
    def __eq__(cls, other):
        return True

    def __hash__(cls):
        return hash(np.ndarray)

    def __repr__(cls):
        return "<class 'numpy.ndarray'>"


class EqualArray(np.ndarray):
    def __eq__(self, other):
        return np.ones(self.shape, dtype=bool)


class OfEqualType(metaclass=EqualType):
    def __eq__(self, other):
        return True

    __hash__ = object.__hash__


class EqualFloat(float):
    def __sub__(self, other):
        return 0.0

    __rsub__ = __sub__


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (Equal, "Equal"),
        (OfEqualType, "OfEqualType"),
        (lambda: np.zeros(1).view(EqualArray), "EqualArray"),
        (lambda: EqualFloat(1), "EqualFloat"),
        (lambda: [Equal()], "Equal"),
        (lambda: {"a": (Equal(),)}, "Equal"),
        (lambda: {Equal(): 1}, "Equal"),
        (lambda: np.array([Equal()], dtype=object), "dtype object"),
        (lambda: np.ma.masked_array([1.0]), "MaskedArray"),
        (lambda: pd.Series([1.0]), "Series"),
        (lambda: OrderedDict(), "OrderedDict"),
        (lambda: np.array(["2020-01-01"], dtype="datetime64[D]"), "datetime64"),
        (lambda: np.datetime64("2020-01-01"), "datetime64"),
        (lambda: {1, 2}, "set"),
        (lambda: (i for i in range(3)), "generator"),
    ],
)
def test_what_is_not_plain_data_is_refused_by_name(make, named):
    with pytest.raises(NotPlainError, match=named):
        plain(make())
    report = diagnose(lambda x: make())
    assert report.status == "wrong" and named in report.message
    cases = exercises.cases(exercise(), seed=0)
    smuggled = exercises.diagnose(exercise(), cases, [Outcome(value=make()) for _ in cases])  # not made by run
    assert smuggled.status == "wrong" and named in smuggled.message


def test_more_data_than_memory_is_refused():
    report = diagnose(lambda x: np.broadcast_to(0.0, (2**28, 2**28)))
    assert report.status == "wrong" and "returns more data than fits into memory" in report.message


def test_parts_of_a_tuple_are_named_with_their_axes():
    two = exercise(
        reference=lambda x: (x, x * 2),
        returns={"x": ("place",), "twice": ("place",)},
        mistakes={HINT: lambda x: (x, x)},
    )
    assert "twice[0] (place 0): expected 0.8, received 1.8" in diagnose(lambda x: (x, x * 2 + 1), of=two).message
    assert "the result: expected a tuple, received an array" in diagnose(lambda x: x, of=two).message


def test_an_exercise_may_bring_its_own_tolerance():
    loose = exercise(compare=partial(first_difference, atol=0.5))
    assert diagnose(lambda x: x * x + 0.4, of=loose)
    assert not diagnose(lambda x: x * x + 0.4)


def test_outcomes_must_match_cases():
    cases = exercises.cases(exercise(), seed=0)
    with pytest.raises(ValueError, match="one for each of the 20 cases, received 1"):
        exercises.diagnose(exercise(), cases, [Outcome()])
    with pytest.raises(ValueError, match="2 edge cases and at least 1 ordinary input, received 2"):
        exercises.diagnose(exercise(), cases[:2], [Outcome()] * 2)


def test_edge_cases_always_come_and_need_room():
    assert [len(case["x"]) for case in exercises.cases(exercise(), seed=5, count=3)][:2] == [0, 1]
    with pytest.raises(ValueError, match="count must be a whole number from 3 up, received 2"):
        exercises.cases(exercise(), seed=0, count=2)
    with pytest.raises(ValueError, match="seed must be a whole number from 0 up, received -1"):
        exercises.check("01.1", not_written_encode, seed=-1)


def test_check_prints_once_and_shows_nothing_more(capsys):
    report = exercises.check("01.1", not_written_encode)
    assert capsys.readouterr().out == "○ 01.1 encode: not attempted yet\n"
    report._ipython_display_()
    assert capsys.readouterr().out == ""
    assert repr(report) == "Report(01.1, not attempted)" and str(report) == report.message


def not_written_encode(text, vocabulary):
    raise NotImplementedError


def test_check_draws_fresh_inputs_and_can_draw_them_again(capsys):
    seen = []

    def encode(text, vocabulary):
        seen.append((text, tuple(vocabulary)))
        return exercises.get("01.1").reference(text, vocabulary)

    first, second = exercises.check("01.1", encode), exercises.check("01.1", encode)
    assert first == second == Report(id="01.1", status="passed", message="")
    assert seen[:20] != seen[20:]
    exercises.check("01.1", encode, seed=first.seed)
    assert seen[40:] == seen[:20]


def test_long_messages_are_wrapped(capsys):
    exercises.check("01.1", lambda text, vocabulary: np.array([ord(c) for c in text], dtype=int))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 1 and max(map(len, lines)) <= 110


def test_check_wants_the_function_itself():
    with pytest.raises(ValueError, match=r"encode without \(…\), received array"):
        exercises.check("01.1", np.zeros(2))


def test_checking_needs_no_tensorflow_and_warns_of_nothing():
    code = (
        "import sys; from rnncourse.exercises import all_exercises, check\n"
        "for e in all_exercises(): assert check(e.id, e.reference)\n"
        "assert not {'tensorflow', 'keras', 'jupytext', 'nbgrader'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
