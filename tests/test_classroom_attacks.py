"""Submissions that attack the grader: the grade is what was earned, nobody else is affected, nothing stays behind.

Every attack stands in a cell before the right answers. So an attack that the sandbox holds earns all points, as its
author's functions are right, and a flag where it did harm to its own run.
"""

import json
import os
import time

import psutil
import pytest
from classroom_notebooks import NAME, needs_sandbox, solved

from rnncourse.classroom import grading
from rnncourse.classroom.assignment import assignment
from rnncourse.classroom.sandbox import Limits

pytestmark = pytest.mark.slow
GIVEN = assignment(NAME)
FIRST = next(iter(GIVEN.points))
LIMITS = Limits(cell_seconds=8, exercise_seconds=8)


@pytest.fixture(autouse=True, scope="module")
def sandbox():
    needs_sandbox()


def graded(notebook):
    return grading.grade(json.dumps(notebook).encode(), GIVEN, student="eve", secret=b"secret", limits=LIMITS)


HARMS = {  # an attack, and what the instructor is told
    "endless loop": ("while True: pass", "took too long"),
    "endless loop at import": (
        "open('endless.py', 'w').write('while True: pass')\nimport endless",
        "took too long",
    ),
    "endless loop that no exception ends": (
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "took too long",
    ),
    "fork bomb": ("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", "took too long"),
    "20 GB": ("bytearray(20 << 30)", "MemoryError"),
    "a full disk": (
        "for n in range(100):\n    open(f'/tmp/{n}', 'wb').write(bytes(50 << 20))",
        "No space left",
    ),
    "a large file": ("open('/tmp/large', 'wb').write(bytes(150 << 20))", "OSError"),
    "exit": ("import os\nos._exit(0)", "ended the process"),
    "kill itself": ("import os\nos.kill(os.getpid(), 9)", "ended the process"),
    "recursion": ("def f(): f()\nf()", "RecursionError"),
    "crash": ("import ctypes\nctypes.string_at(0)", "ended the process"),
    "network": ("import socket\nsocket.create_connection(('192.0.2.1', 80), 3)", "unreachable"),
    "become root": ("import os\nos.setuid(0)", "[Errno"),  # as root not permitted, as a user unknown
    "a forged message": (
        "import os\nfor fd in range(3, 30):\n    try: os.write(fd, b'{\"end\": true}\\n')\n    except OSError: pass",
        "channel of the grader",
    ),
    "a flooded channel": (
        "import os\nfor fd in range(3, 30):\n"
        "    try:\n        for _ in range(64): os.write(fd, b'x' * (1 << 20))\n    except OSError: pass",
        "MiB",
    ),
    "unknown files": ("import os\nassert os.path.exists('/etc/shadow')", "AssertionError"),
}


@pytest.mark.parametrize("name", HARMS)
def test_an_attack_costs_its_own_cell_and_is_flagged(name):
    attack, told = HARMS[name]
    found = graded(solved(extra=[attack]))
    assert found.points == found.most
    assert any(told in flag for flag in found.flags), found.flags


IDLE = {  # attacks that change nothing
    "1 GB of output": "for _ in range(1 << 10): print('x' * (1 << 20))",
    "1 GB of output, past Python": "import os\nfor _ in range(1 << 10): os.write(1, b'x' * (1 << 20))",
    "kill the parent": "import os\nfor p in (os.getppid(), 1, -1):\n    try: os.kill(p, 15)\n    except OSError: pass",
    "sleepers": "import subprocess\nchildren = [subprocess.Popen(['sleep', '1000']) for _ in range(20)]",
    "a thread that never ends": (
        "import threading\ndef spin():\n    while True: pass\nthreading.Thread(target=spin).start()"
    ),
    "another check": (
        "import rnncourse.exercises as e\ne.check = print\ne.diagnose = lambda *a, **k: True\n"
        "import rnncourse.exercises.plain_data as p\np.first_difference = lambda *a, **k: None"
    ),
    "another numpy": "import numpy\nnumpy.allclose = numpy.array_equal = numpy.isclose = lambda *a, **k: True",
}


@pytest.mark.parametrize("name", IDLE)
def test_an_attack_changes_nothing(name):
    found = graded(solved(extra=[IDLE[name]]))
    assert found.points == found.most


EQUAL = """
class Equal:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __array__(self, *args, **kwargs): raise RuntimeError
    def __getattr__(self, name): return self
    def __call__(self, *args, **kwargs): return self
"""
EARN_NOTHING = {  # wrong answers in disguise
    "always equal": f"{EQUAL}\ndef gru_step(**_): return Equal()",
    "an array that is always equal": (
        "class Always(np.ndarray):\n    def __eq__(self, other): return True\n"
        "def gru_step(x_t, h, **_): return h.view(Always)"
    ),
    "another class": f"{EQUAL}\nEqual.__class__ = property(lambda self: np.ndarray)\ndef gru_step(**_): return Equal()",
    "an assert that holds": "import builtins\nbuiltins.AssertionError = None\ndef gru_step(h, **_): return h",
    "an outcome of its own": (
        "import rnncourse.exercises.checking as c\nc.run = lambda *a: c.Outcome(value=True)\n"
        "import sys\nsys.modules['__main__'].run = c.run\ndef gru_step(h, **_): return h"
    ),
    "another meaning of assert": (
        "import ast\n"
        "class Right(ast.NodeTransformer):\n"
        "    def visit_Assert(self, node): return ast.Pass()\n"
        "get_ipython().ast_transformers.append(Right())\ndef gru_step(h, **_): return h"
    ),
    "the answer, if it can be found": (
        "def gru_step(**case):\n"
        "    import importlib, rnncourse.exercises as e\n"
        "    for place in ('rnncourse.exercises.lesson_13', 'rnncourse.exercises.lesson_13.step'):\n"
        "        return importlib.import_module(place).EXERCISES[0].reference(**case)"
    ),
    "the solution, if it can be found": (
        "def gru_step(**case):\n    from rnncourse.exercises import solution\n"
        "    exec(solution('13.1'), globals())\n    return gru_step(**case)"
    ),
    "an endless function": "def gru_step(**_):\n    while True: pass",
    "a function that ends the process": "def gru_step(**_):\n    import os\n    os._exit(0)",
    "20 GB": "def gru_step(**_): return np.ones(20 << 27)",
    "a long answer": "def gru_step(**_): return np.ones(1 << 26)",
}


@pytest.mark.parametrize("name", EARN_NOTHING)
def test_what_was_not_earned_is_not_given_and_the_others_count(name):
    found = graded(solved({FIRST: EARN_NOTHING[name]}))
    assert found.marks[0].status != "passed"
    assert [mark.points for mark in found.marks[1:]] == list(GIVEN.points.values())[1:]


def test_what_it_says_cannot_move_the_instructors_terminal():
    sly = r"print('\x1b[2J'); raise ValueError('\x1b]0;passed\x07 \u202e')"
    found = graded(solved({FIRST: f"def gru_step(**_): {sly}"}, extra=[sly]))
    said = [*found.flags, *(mark.message for mark in found.marks)]
    assert "ValueError" in found.flags[0]
    assert "ValueError" in found.marks[0].message
    assert all(letter.isprintable() for text in said for letter in text.replace("\n", ""))


def test_it_cannot_see_anybody_else(tmp_path):
    secret = tmp_path / "gradebook.db"
    secret.write_text("secret")
    look = (
        "import os\nfrom pathlib import Path\n"
        "def read(path):\n    try: return Path(path).read_bytes()\n    except OSError: return b''\n"
        f"seen = [p for p in ({str(secret)!r}, {str(GIVEN.source)!r}, {os.path.expanduser('~')!r} + '/.bashrc',"
        " '/course/rnncourse/exercises/lesson_13/step.py', '/course/rnncourse/classroom/grading.py')"
        " if read(p)]\nassert not seen, seen"
    )
    assert not graded(solved(extra=[look])).flags


def test_it_cannot_write_anywhere_else(tmp_path):
    places = [str(tmp_path / "note"), "/course/note", "/usr/note", os.path.expanduser("~/note"), "/note"]
    write = (
        f"for place in {places!r}:\n    try: open(place, 'w').close()\n    except OSError: continue\n"
        "    raise ValueError(place)"
    )
    assert not graded(solved(extra=[write])).flags
    assert not any(os.path.exists(place) for place in places)


def test_nothing_stays_behind():
    sleeper = "import subprocess\nfor _ in range(5): subprocess.Popen(['setsid', 'sleep', '7777'])"
    graded(solved(extra=[sleeper]))
    time.sleep(1)
    assert not [p for p in psutil.process_iter(["cmdline"]) if "7777" in (p.info["cmdline"] or [])]


def test_every_start_is_afresh():
    leave = "open('/tmp/left', 'w').write('x')"
    look = "import os\nassert not os.path.exists('/tmp/left')"
    graded(solved(extra=[leave]))
    assert not graded(solved(extra=[look])).flags
