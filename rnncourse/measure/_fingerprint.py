"""A fingerprint of a function: what it would compute, as far as its code and what it refers to can tell."""

from __future__ import annotations

import dataclasses
import dis
import enum
import functools
import hashlib
import os
import platform
import sys
import sysconfig
import types
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

import rnncourse

_PLAIN = (
    type(None),
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    range,
    type(...),
    slice,
    np.generic,
    np.dtype,
    Path,
    enum.Enum,
)
_SLOTS = (types.MemberDescriptorType, types.GetSetDescriptorType)
_LIBRARY = os.path.realpath(sysconfig.get_path("stdlib"))


def fingerprint(value: Any) -> str:
    """A hash of a function, or of plain data.

    Of a function it covers the compiled code, defaults, what it encloses, and the global names it uses: plain data by
    content, functions and classes of the user's own in the same way, modules of the user's own by their file. Comments
    and the place in the file do not count. Whatever belongs to an installed package counts by name and version.

    It does not see files that are read, environment variables, attributes found by a computed name, or what is imported
    inside the function from a file of the user's own.

    Args:
        value: a function, a class, a module, a dataclass, an array, a table, or numbers, text and containers of these.

    Returns:
        str: 64 hexadecimal digits.

    Raises:
        ValueError: there is an object whose content cannot be told, for one a model; names where it was found.
    """
    digest = hashlib.sha256()
    for part in _parts(value, f"{getattr(value, '__name__', type(value).__name__)}", set()):
        digest.update(f"{len(part)}:".encode())
        digest.update(part)
    return digest.hexdigest()


@functools.lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Versions that a result may depend on, by package; of this package also a hash of its files."""
    package = Path(rnncourse.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    found = {"python": platform.python_version(), "rnncourse": f"{rnncourse.__version__} {digest.hexdigest()[:16]}"}
    for name in ("numpy", "keras", "tensorflow"):
        found[name] = metadata.version(name)
    return found


def _parts(value: Any, where: str, seen: set[int]) -> Iterator[bytes]:
    """The bytes that stand for a value, kind first; ``where`` says how it was reached, ``seen`` ends cycles."""
    yield type(value).__name__.encode()
    if isinstance(value, _PLAIN):
        yield repr(value).encode()
    elif isinstance(value, _SLOTS):
        yield value.__name__.encode()
    elif isinstance(value, list | tuple | set | frozenset | dict | np.ndarray):
        yield from _of_container(value, where, seen)
    elif isinstance(value, types.ModuleType):
        yield from _of_module(value)
    elif _is_installed(value):
        yield f"{value.__module__}.{value.__qualname__} {_version(value.__module__)}".encode()
    elif isinstance(value, types.FunctionType | type):
        if id(value) not in seen:
            seen.add(id(value))
            yield from (_of_function if isinstance(value, types.FunctionType) else _of_class)(value, where, seen)
    elif isinstance(value, types.BuiltinFunctionType | np.ufunc):
        yield value.__name__.encode()
        yield from _parts(getattr(value, "__self__", None), where, seen)
    elif isinstance(value, types.MethodType):
        yield from _parts((value.__func__, value.__self__), where, seen)
    elif isinstance(value, functools.partial):
        yield from _parts((value.func, value.args, value.keywords), where, seen)
    elif isinstance(value, staticmethod | classmethod):
        yield from _parts(value.__func__, where, seen)
    elif isinstance(value, property):
        yield from _parts((value.fget, value.fset), where, seen)
    elif dataclasses.is_dataclass(value):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        yield from _parts((type(value), fields), where, seen)
    elif type(value).__module__.split(".")[0] == "pandas" and hasattr(value, "to_numpy"):
        names = [*value.columns] if hasattr(value, "columns") else getattr(value, "name", None)
        yield from _parts((value.to_numpy(), [*getattr(value, "index", ())], names), where, seen)
    elif callable(inner := getattr(value, "python_function", getattr(value, "__wrapped__", None))):  # a decorated one
        yield from _parts(inner, where, seen)
    else:
        raise ValueError(
            f"the cache cannot tell what {where} holds, an object of {type(value).__module__}.{type(value).__name__}: "
            "make it inside the experiment, or run without cache="
        )


def _of_container(value: Any, where: str, seen: set[int]) -> Iterator[bytes]:
    if isinstance(value, np.ndarray) and value.dtype != object:
        yield f"{value.dtype.str} {value.shape}".encode()
        yield np.ascontiguousarray(value).tobytes()
    elif isinstance(value, set | frozenset):
        yield from sorted(b"".join(_parts(item, where, seen)) for item in value)
    else:
        items = value.items() if isinstance(value, dict) else value.tolist() if hasattr(value, "tolist") else value
        yield str(len(value)).encode()
        for item in items:
            yield from _parts(item, where, seen)


def _of_module(module: types.ModuleType) -> Iterator[bytes]:
    yield f"{module.__name__} {_version(module.__name__)}".encode()
    file = getattr(module, "__file__", None)
    if file and not _is_part_of_a_package(module.__name__):
        yield Path(file).read_bytes()


def _of_function(function: types.FunctionType, where: str, seen: set[int]) -> Iterator[bytes]:
    yield from _of_code(function.__code__, where, seen)
    yield from _parts((function.__defaults__, function.__kwdefaults__), f"a default of {where}", seen)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            held = cell.cell_contents
        except ValueError:  # not assigned yet
            continue
        yield from _parts(held, f"{name}, used by {where},", seen)
    for name in sorted(_global_names(function.__code__)):
        if name in function.__globals__:  # else a built-in function, or nothing yet
            yield name.encode()
            yield from _parts(function.__globals__[name], f"{name}, used by {where},", seen)


def _of_code(code: types.CodeType, where: str, seen: set[int]) -> Iterator[bytes]:
    yield code.co_code
    yield code.co_exceptiontable
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars, code.co_argcount, code.co_flags)
    yield repr((*names, code.co_posonlyargcount, code.co_kwonlyargcount)).encode()
    for constant in code.co_consts:
        yield from (_of_code if isinstance(constant, types.CodeType) else _parts)(constant, where, seen)


def _of_class(value: type, where: str, seen: set[int]) -> Iterator[bytes]:
    yield value.__qualname__.encode()
    for base in value.__bases__:
        yield from _parts(base, where, seen)
    for name, attribute in sorted(value.__dict__.items()):
        if not name.startswith("__") or isinstance(attribute, types.FunctionType):
            yield name.encode()
            yield from _parts(attribute, f"{value.__name__}.{name}", seen)


def _global_names(code: types.CodeType) -> set[str]:
    """Names that the code, and the functions within it, look up outside themselves."""
    found = {step.argval for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return found.union(*(_global_names(inner) for inner in code.co_consts if isinstance(inner, types.CodeType)))


def _is_installed(value: Any) -> bool:
    """True for what an installed package really has under the name that the function or class carries."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str) or module not in sys.modules:
        return False
    found: Any = sys.modules[module]
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is value and _is_part_of_a_package(module)


def _is_part_of_a_package(module: str) -> bool:
    """True for Python's own modules, installed packages and this one: they count by version, not by their files."""
    if module.split(".")[0] == "rnncourse":
        return True
    if module == "__main__":
        return False
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None or {"site-packages", "dist-packages"} & set(Path(file).parts):
        return True
    return os.path.realpath(file).startswith(_LIBRARY + os.sep)


def _version(module: str) -> str:
    return str(getattr(sys.modules.get(module.split(".")[0]), "__version__", ""))
