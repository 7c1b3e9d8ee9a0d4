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
    assert first == "✘ 90.1 square: squares[0] (place 0): expected 9.0, received 27.0."
    assert second == "  Input: square(x=np.array([3.0]))"


def test_a_function_that_fails_is_reported_with_its_line():
    def square(x):
        y = x * x
        return y[7]

    report = diagnose(square)
    line = square.__code__.co_firstlineno + 2
    assert report.status == "error"
    assert f"IndexError in line {line} (return y[7]): index 7 is out of bounds" in report.message
    assert report.message.endswith("Input: square(x=np.array([3.0]))")


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
    assert "twice[0] (place 0): expected 6.0, received 7.0" in diagnose(lambda x: (x, x * 2 + 1), of=two).message
    assert "the result: expected a tuple, received an array" in diagnose(lambda x: x, of=two).message


def test_an_exercise_may_bring_its_own_tolerance():
    loose = exercise(compare=partial(first_difference, atol=0.5))
    assert diagnose(lambda x: x * x + 0.4, of=loose)
    assert not diagnose(lambda x: x * x + 0.4)


def test_outcomes_must_match_cases():
    cases = exercises.cases(exercise(), seed=0)
    with pytest.raises(ValueError, match="one for each of the 20 cases, at least 1, received 1"):
        exercises.diagnose(exercise(), cases, [Outcome()])
    with pytest.raises(ValueError, match="received 0"):
        exercises.diagnose(exercise(), [], [])


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
