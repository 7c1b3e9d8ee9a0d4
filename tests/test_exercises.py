"""Every exercise keeps its promises: its answer passes, its stub does nothing, and each mistake gets its own hint."""

from __future__ import annotations

import doctest
import json
import pickle
import re
from functools import cache

import numpy as np
import pytest

from rnncourse import exercises
from rnncourse._runtime import course_folder
from rnncourse.exercises import Outcome
from rnncourse.exercises.plain_data import first_difference, plain, show
from rnncourse.exercises.variants import reworded

ORDINARY = exercises.all_exercises()
VARIANTS = [exercises.get(exercise.id, name) for exercise in ORDINARY for name in exercise.variants]
ALL = [*ORDINARY, *VARIANTS]
SEEDS = range(10)
each_exercise = pytest.mark.parametrize(
    "exercise", ALL, ids=lambda exercise: f"{exercise.id} {exercise.variant}".strip()
)
each_mistake = pytest.mark.parametrize(
    ("exercise", "hint", "mistake"),
    [
        pytest.param(exercise, hint, mistake, id=f"{exercise.id} {exercise.variant} {hint[:30]}")
        for exercise in ALL
        for hint, mistake in exercise.wrong_answers()
    ],
)


@cache
def drawn(id, variant, seed):
    return exercises.cases(exercises.get(id, variant), seed=seed)


def diagnose(exercise, function, seed=0):
    cases = drawn(exercise.id, exercise.variant, seed)
    return exercises.diagnose(exercise, cases, [exercises.run(function, case) for case in cases])


def notebook_source(exercise):
    lesson = exercise.id[:2]
    (path,) = (course_folder("exercises") / "src").glob(f"{lesson}_*.py")
    return reworded(path.read_text(encoding="utf-8"), exercise)


def solved(exercise):
    """The names that the worked answer defines."""
    names = {"np": np}
    exec(exercises.solution(exercise.id, exercise.variant), names)
    return names


@each_exercise
def test_the_worked_answer_passes(exercise):
    function = solved(exercise)[exercise.function]
    for seed in SEEDS:
        report = diagnose(exercise, function, seed)
        assert report.status == "passed", report.message


@each_exercise
def test_the_reference_passes(exercise):
    assert diagnose(exercise, exercise.reference).status == "passed"


def converted(function, change):
    """The function with every array and number of its result changed."""

    def changed(**case):
        result = function(**case)
        return tuple(map(change, result)) if isinstance(result, tuple) else change(result)

    return changed


def narrowed(value):
    """NumPy's 32-bit types: what a Keras user often holds."""
    value = np.asarray(value)
    return value.astype({"f": np.float32, "i": np.int32}.get(value.dtype.kind, value.dtype))[()]


@each_exercise
def test_32_bit_results_pass(exercise):
    def in_32_bits(**case):
        case = {name: narrowed(value) if isinstance(value, np.ndarray) else value for name, value in case.items()}
        return converted(solved(exercise)[exercise.function], narrowed)(**case)

    for seed in SEEDS:
        report = diagnose(exercise, in_32_bits, seed)
        assert report.status == "passed", report.message


@each_exercise
def test_a_list_or_a_float_in_place_of_the_right_type_is_named_with_its_remedy(exercise):
    def loosened(value):
        return value.tolist() if isinstance(value, np.ndarray) else float(value)

    report = diagnose(exercise, converted(exercise.reference, loosened))
    assert report.status == "wrong"
    assert ("received a list" in report.message and "np.array(…) makes an array of it" in report.message) or (
        "expected a whole number, received a real number" in report.message and "int(…)" in report.message
    )


@each_exercise
def test_the_stub_is_not_attempted(exercise):
    solution = exercises.solution(exercise.id, exercise.variant)
    head = solution[: solution.index('"""\n') + 4]
    names = {}
    exec(f'{head}    raise NotImplementedError("not attempted")', names)
    assert diagnose(exercise, names[exercise.function]).status == "not attempted"


@each_mistake
def test_each_mistake_gets_its_own_hint(exercise, hint, mistake):
    for seed in SEEDS[:5]:
        report = diagnose(exercise, mistake, seed)
        assert report.status == "mistake"
        assert report.message == f"✘ {exercise.id} {exercise.function}: {hint}"


@each_exercise
def test_hints_are_sentences_and_enough(exercise):
    assert len(exercise.mistakes) >= 4
    for hint in exercise.mistakes:
        assert 40 <= len(hint) <= 320
        assert hint[0].isupper() and hint[-1] in ".?"
        assert exercise.explanation


@each_mistake
def test_a_mistake_keeps_its_hint_when_the_edge_cases_go_wrong_in_another_way(exercise, hint, mistake):
    cases, edges = drawn(exercise.id, exercise.variant, 0), len(exercise.edges)
    outcomes = [exercises.run(mistake, case) for case in cases]
    right = [
        exercise.compare(plain(exercise.reference(**c)), o.value) is None for c, o in zip(cases, outcomes, strict=True)
    ]
    for broken in (Outcome(error="ValueError: need at least one array"), Outcome(value=[])):
        report = exercises.diagnose(exercise, cases, [broken] * edges + outcomes[edges:])
        if all(right[edges:]):  # a mistake at an edge case alone
            assert "Only edge cases fail, this one among them." in report.message
        else:
            assert report.message == f"✘ {exercise.id} {exercise.function}: {hint}"


def test_the_batches_of_an_input_are_added_up():
    case = {"lengths": np.array([2, 9, 3, 8, 1]), "batch_size": 2}
    explain = exercises.get("01.5").explain
    assert explain(**case, bucketed=True) == (
        "The batches of this input are (1, 2) (3, 8) (9), and their padding is 1 + 5 + 0 = 6."
    )
    assert "(2, 9) (3, 8) (1), and their padding is 7 + 5 + 0 = 12." in explain(**case, bucketed=False)
    assert explain(lengths=np.array([4, 1]), batch_size=8, bucketed=False).endswith("(4, 1), and their padding is 3.")


def test_the_minutes_at_the_top_are_those_of_the_exercises():
    for path in (course_folder("exercises") / "src").glob("*.py"):
        source = path.read_text(encoding="utf-8")
        each = re.findall(r"^# ## \d\d\.\d+ .+\((\d+) minutes\)$", source, re.M)
        (total,) = re.findall(r"about (\d+) minutes of work", source)
        assert int(total) == sum(map(int, each))


def test_no_hint_is_used_twice():
    hints = [hint for exercise in ORDINARY for hint in exercise.mistakes]
    assert len(hints) == len(set(hints))


@each_exercise
def test_inputs_and_results_are_plain_data_and_travel(exercise):
    for case in exercises.cases(exercise, seed=1):
        for value in (case, exercise.reference(**case)):
            rebuilt = plain(pickle.loads(pickle.dumps(value)))
            assert first_difference(plain(value), rebuilt, rtol=0, atol=0) is None


@each_exercise
def test_inputs_can_be_drawn_again_and_differ_between_seeds(exercise):
    first, again, other = (exercises.cases(exercise, seed=seed) for seed in (3, 3, 4))
    assert len(first) == 20
    assert first_difference(first, again, rtol=0, atol=0) is None
    assert first_difference(first, other, rtol=0, atol=0) is not None


@each_exercise
def test_every_input_can_be_shown_whole(exercise):
    for seed in range(5):
        for case in exercises.cases(exercise, seed=seed):
            assert not [name for name, value in case.items() if show(value).startswith("<")]


@each_exercise
def test_the_parts_of_a_result_have_their_names_and_axes(exercise):
    result = exercise.reference(**exercises.cases(exercise, seed=0)[-1])
    parts = result if isinstance(result, tuple) else (result,)
    assert [np.ndim(part) for part in parts] == [len(axes) for axes in exercise.returns.values()]


@each_exercise
def test_the_example_in_the_task_is_true(exercise):
    section = re.search(
        rf"^# ## {exercise.id} · (.+?)  \(\d+ minutes\)\n(.+?)^# %% nbgrader", notebook_source(exercise), re.M | re.S
    )
    assert section[1] == exercise.title
    task = re.sub(r"^# ?", "", section[2].replace("# ```", ""), flags=re.M)
    examples = doctest.DocTestParser().get_doctest(task, solved(exercise), exercise.id, None, 0)
    assert examples.examples
    failures = []
    doctest.DocTestRunner(verbose=False).run(examples, out=failures.append)
    assert not failures, "".join(failures)


def test_the_notebooks_have_a_cell_and_a_check_for_each_exercise():
    for path in (course_folder("exercises") / "src").glob("*.py"):
        source = path.read_text(encoding="utf-8")
        cells = [json.loads(found) for found in re.findall(r"^# %% nbgrader=(.+)$", source, re.M)]
        here = [exercise for exercise in ORDINARY if exercise.id.startswith(path.name[:2])]
        answers = [f"ex{exercise.id.replace('.', '-')}" for exercise in here]
        assert [cell["grade_id"] for cell in cells if cell["solution"]] == answers
        graded = [cell for cell in cells if cell["grade"]]
        assert [cell["grade_id"] for cell in graded] == [f"{answer}-check" for answer in answers]
        assert all(cell["locked"] and cell["points"] == 2 for cell in graded)
        calls = re.findall(r'^check\("([\d.]+)", (\w+)\)$', source, re.M)
        assert calls == [(exercise.id, exercise.function) for exercise in here]


def test_the_worked_answer_has_no_marks():
    for exercise in ALL:
        assert "###" not in exercises.solution(exercise.id, exercise.variant)
        assert exercises.solution(exercise.id, exercise.variant).startswith(f"def {exercise.function}(")


def test_unknown_ids_are_answered_with_the_known_ones():
    for find in (exercises.get, exercises.solution):
        with pytest.raises(ValueError, match=r"id must be one of 01\.1, 01\.2, .+, received '01\.99'"):
            find("01.99")


def test_ids_are_unique_and_in_order():
    ids = [exercise.id for exercise in ORDINARY]
    assert ids == sorted(set(ids))
    assert [exercises.get(id).id for id in ids] == ids


def test_a_variant_is_known_by_its_name():
    with pytest.raises(ValueError, match=r"variant of 12\.1 must be 'i_f_o_c', 'i_c_f_o', received 'f_i'"):
        exercises.get("12.1", "f_i")
    with pytest.raises(ValueError, match=r"variant of 01\.1 must be none, since .+, received 'x'"):
        exercises.check("01.1", len, variant="x")


each_variant = pytest.mark.parametrize("exercise", VARIANTS, ids=lambda exercise: f"{exercise.id} {exercise.variant}")


@each_variant
def test_what_a_variant_words_otherwise_is_there_to_be_replaced(exercise):
    ordinary = exercises.get(exercise.id)
    everything = [notebook_source(ordinary), ordinary.explanation, *ordinary.mistakes]
    for words in ordinary.variants[exercise.variant].text:
        assert any(words in text for text in everything), words


@each_variant
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # a worked answer on inputs that it was not made for
def test_what_is_right_for_a_neighbour_fails_with_a_hint_unless_the_shapes_tell(exercise):
    others = [exercises.get(exercise.id, name) for name in ("", *exercise.variants) if name != exercise.variant]
    for other in others:
        for function in (other.reference, solved(other)[other.function]):
            report = diagnose(exercise, function)
            assert report.status == "mistake" or (report.status == "error" and "ValueError" in report.message)
        assert not diagnose(other, exercise.reference)


def test_check_takes_the_variant(capsys):
    variant = exercises.get("08.1", "true_is_padding")
    assert exercises.check("08.1", variant.reference, variant="true_is_padding")
    assert not exercises.check("08.1", variant.reference)
    assert "The mask is the wrong way round" in capsys.readouterr().out
