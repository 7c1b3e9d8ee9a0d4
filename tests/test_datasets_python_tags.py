"""What each name in Python code is there for."""

import ast
import keyword
import sys
import sysconfig
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from rnncourse.datasets import tag_python

LIBRARY = Path(sysconfig.get_path("stdlib"))
MODULES = ("argparse.py", "asyncio/tasks.py", "contextlib.py", "json/decoder.py", "shlex.py", "statistics.py")


@pytest.mark.parametrize(
    ("code", "due"),
    [
        ("a, b[c] = d(e.f)", "a assigned, b read, c read, d called, e read, f attribute"),
        ("a.b = a.b.c(d=e, **f)", "a read, b assigned, a read, b attribute, c called, d argument, e read, f read"),
        ("def f(a, *b, c: int = d, **e) -> g: return a",
         "f defined, a parameter, b parameter, c parameter, int read, d read, e parameter, g read, a read"),
        ("class A(B, metaclass=C): x: int = 0",
         "A defined, B read, metaclass argument, C read, x assigned, int read"),
        ("import a.b as c; d = 1", "a imported, b imported, c imported, d assigned"),
        ("if a: from .b import (c, d as e)", "a read, b imported, c imported, d imported, e imported"),
        ("del a, b.c; a += 1", "a assigned, b read, c assigned, a assigned"),
        ("for a in b(c for c in d): pass", "a assigned, b called, c read, c assigned, d read"),
        ("f = lambda a, b=c: a(b)", "f assigned, a parameter, b parameter, c read, a called, b read"),
        ("with a() as b, c as d.e: pass", "a called, b assigned, c read, d read, e assigned"),
        ("@a.b(c)\nasync def d(): await e", "a read, b called, c read, d defined, e read"),
        ("global a; raise b(c) from d", "a other, b called, c read, d read"),
        ("if (a := b): c", "a assigned, b read, c read"),
        ("é = ü.name(ß='ö', x=y)", "é assigned, ü read, name called, ß argument, x argument, y read"),
        ("(a\n .b\n   .c(d))", "a read, b attribute, c called, d read"),
        ("a()(b)()", "a called, b read"),
    ],
)  # fmt: skip
def test_each_name_by_hand(code, due):
    names = [pair for line in tag_python(code) for pair in line if pair[0].isidentifier()]
    names = [pair for pair in names if not keyword.iskeyword(pair[0])]
    assert ", ".join(f"{name} {tag}" for name, tag in names) == due


def test_an_exception_is_caught_under_a_name():
    lines = tag_python("try: a\nexcept B as c: d\n")
    assert lines[1][1:4] == [("B", "read"), ("as", "other"), ("c", "assigned")]


def test_lines_are_logical_lines_and_numbers_and_strings_lose_their_value():
    lines = tag_python('a = [1, # one\n\n 2.5j]\n\n# nothing\nif a:\n\tb = "x" f"{a(1):>{b}} {{}}" r\'\'\n')
    assert [[written for written, _ in line] for line in lines] == [
        ["a", "=", "[", "<number>", ",", "<number>", "]"],
        ["if", "a", ":"],
        ["b", "=", "<string>", "<string>", "<string>"],
    ]
    assert tag_python("") == tag_python("# a\n") == []


@pytest.mark.skipif(sys.version_info < (3, 12), reason="until 3.11 the quotes of an f-string may not stand in it")
def test_an_f_string_with_strings_inside_is_one_token():
    assert [written for written, _ in tag_python("a = f'{f'{b}' + 'c'}' + d")[0]] == ["a", "=", "<string>", "+", "d"]


@pytest.mark.parametrize("name", MODULES)
def test_real_modules_have_as_many_of_each_tag_as_their_tree_has_of_each_node(name):
    text = (LIBRARY / name).read_text("utf-8")
    tagged = Counter(tag for line in tag_python(text) for _, tag in line)
    tree = ast.parse(text)
    in_strings = {inner for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for inner in ast.walk(node)}
    nodes = [node for node in ast.walk(tree) if node not in in_strings]
    named = [node for node in nodes if isinstance(node, ast.Name | ast.Attribute)]
    called = {node.func for node in nodes if isinstance(node, ast.Call)}
    loaded = [node for node in named if isinstance(node.ctx, ast.Load) and node not in called]
    caught = [node for node in nodes if isinstance(node, ast.ExceptHandler) and node.name]
    assert tagged["called"] == sum(node in called for node in named)
    assert tagged["read"] == sum(isinstance(node, ast.Name) for node in loaded)
    assert tagged["attribute"] == sum(isinstance(node, ast.Attribute) for node in loaded)
    assert tagged["assigned"] == sum(not isinstance(node.ctx, ast.Load) for node in named) + len(caught)
    assert tagged["parameter"] == sum(isinstance(node, ast.arg) for node in nodes)
    assert tagged["argument"] == sum(isinstance(node, ast.keyword) and node.arg is not None for node in nodes)
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    assert tagged["defined"] == sum(isinstance(node, kinds) for node in nodes)


@pytest.mark.parametrize("name", MODULES)
def test_in_real_modules_a_bracket_follows_what_is_called(name):
    for line in tag_python((LIBRARY / name).read_text("utf-8")):
        for (_, tag), (following, _) in pairwise(line):
            assert following == "(" or tag != "called"
            assert following == "=" or tag != "argument"


def test_what_is_not_python_is_refused():
    with pytest.raises(SyntaxError):
        tag_python("a b\n")
