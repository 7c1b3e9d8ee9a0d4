"""What the tests of each lesson's exercises share: inputs, right results, and what a student is told."""

import pytest

from rnncourse import exercises


def inputs(id, seed=0, count=20):
    """The inputs that a check draws, edge cases included."""
    return exercises.cases(exercises.get(id), seed=seed, count=count)


def right(id, case):
    """The reference's result."""
    return exercises.get(id).reference(**case)


def diagnose(id, answer, seed=0):
    """What a student with this answer is told."""
    exercise = exercises.get(id)
    cases = exercises.cases(exercise, seed=seed)
    return exercises.diagnose(exercise, cases, [exercises.run(answer, case) for case in cases], seed=seed)


def changed(id, place, change=lambda part: part + 1):
    """The reference with one part of its result changed."""

    def answer(**case):
        parts = list(right(id, case))
        parts[place] = change(parts[place])
        return tuple(parts)

    return answer


def told_what_helps(answers):
    """The test that each wrong answer, (id, answer, said), is told something that holds the text ``said``."""
    names = [f"{id} {said[:40]} {place}" for place, (id, _, said) in enumerate(answers)]

    @pytest.mark.parametrize(("id", "answer", "said"), answers, ids=names)
    def test(id, answer, said):
        for seed in range(5):
            report = diagnose(id, answer, seed)
            assert not report
            assert said in report.message

    return test
