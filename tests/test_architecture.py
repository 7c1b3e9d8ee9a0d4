"""The rooms of the package and the one way in which they may import each other."""

import ast
from pathlib import Path

import pytest

import rnncourse

PACKAGE = Path(rnncourse.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
# From the upper rows to the lower: a room may import itself, the rooms named, and the private modules at the bottom.
MAY_IMPORT = {
    "cli": {"doctor", "writer", "exercises", "datasets", "measure", "plots", "models", "scratch", "classroom"},
    "doctor": set(),
    "writer": {"datasets"},
    "classroom": {"exercises", "plots"},
    "exercises": {"measure", "models", "datasets", "plots", "scratch"},
    "measure": {"models", "datasets"},
    "models": {"datasets"},
    "datasets": set(),
    "plots": set(),
    "scratch": set(),
}
ENTRANCES = {"__init__", "__main__"}
NEED_NO_TENSORFLOW = {"scratch", "datasets", "plots", "exercises", "cli", "doctor", "writer", "_runtime", "_checks"}


def name_of(path):
    """ "rnncourse.datasets.series" for …/datasets/series.py; a package is its __init__."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module):
    """ "datasets" for rnncourse.datasets.series, "__init__" for rnncourse itself."""
    return module.split(".")[1] if "." in module else "__init__"


def imports_of(path):
    """Every module that a file imports, wherever the import stands, but for type checking alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports by a relative path"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


FILES = {name_of(path): path for path in MODULES}
GRAPH = {module: set(imports_of(path)) for module, path in FILES.items()}


def own_imports(module):
    return {name for name in GRAPH[module] if name in GRAPH and name != module}


def test_every_room_is_known():
    rooms = {room_of(module) for module in GRAPH} - ENTRANCES
    assert {room for room in rooms if not room.startswith("_")} <= set(MAY_IMPORT)


@pytest.mark.parametrize("module", [m for m in GRAPH if room_of(m) not in ENTRANCES])
def test_imports_run_downwards(module):
    room = room_of(module)
    for imported in own_imports(module) - {"rnncourse"}:
        target = room_of(imported)
        if target.startswith("_"):  # private modules lie below every room
            continue
        assert not room.startswith("_"), f"{module} lies below every room, but imports {imported}"
        assert target == room or target in MAY_IMPORT[room], f"{module} must not import {imported}"


def test_imports_have_no_cycle():
    waiting = {module: own_imports(module) for module in GRAPH}
    for module in waiting:  # a package imports its own modules in __init__, and they may name the package above them
        waiting[module] -= {module.rsplit(".", i)[0] for i in range(1, module.count(".") + 1)}
    while free := {module for module, needs in waiting.items() if not needs & set(waiting)}:
        for module in free:
            del waiting[module]
    assert not waiting, f"a cycle runs through {sorted(waiting)}"


@pytest.mark.parametrize("module", [m for m in GRAPH if room_of(m) in NEED_NO_TENSORFLOW])
def test_only_functions_import_tensorflow_where_rooms_do_without(module):
    tree = ast.parse(FILES[module].read_text(encoding="utf-8"))
    at_once = [name for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom) for name in _names(node)]
    assert not {"tensorflow", "keras"} & {name.split(".")[0] for name in at_once}


def _names(node):
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_what_it_is_for_and_stays_small(path):
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), f"{path.name} has no docstring"
    assert len(text.splitlines()) <= 300
