"""10.3: for each character of a line of code, whether it is in a string and how deep in brackets."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs

Labels = tuple[np.ndarray, np.ndarray]
_OPENS, _CLOSES, _QUOTES = "([{", ")]}", "'\""


def _code(rng: np.random.Generator, *, text: str | None = None, strings: bool = True) -> Inputs:
    """A line of nested brackets, names, and strings that hold brackets and, one or the other, the other quote."""
    if text is not None:
        return {"text": text}
    while True:
        line = _expression(rng, 0, strings)
        wanted = any(quote in line for quote in _QUOTES) if strings else True
        if 10 <= len(line) <= 26 and wanted and "(" in line.replace("'('", "") and ("[" in line or "{" in line):
            return {"text": line}


def _expression(rng: np.random.Generator, depth: int, strings: bool) -> str:
    kind = str(rng.choice(["name", "string", "call", "list"], p=[0.3, 0.3, 0.2, 0.2] if depth else [0, 0, 0.6, 0.4]))
    if kind == "string" and strings:
        quote, other = rng.permutation(list(_QUOTES))
        inside = rng.choice([*"()[]{}", "x", other, other + "(", ")" + other], int(rng.integers(1, 3)))
        return f"{quote}{''.join(inside)}{quote}"
    if kind in ("name", "string") or depth > 2:
        return str(rng.choice(list("abcxyz")))
    opened, closed = ("(", ")") if kind == "call" else rng.choice(["[]", "{}"])
    parts = [_expression(rng, depth + 1, strings) for _ in range(rng.integers(1, 4))]
    before = str(rng.choice(list("fgh"))) if kind == "call" else ""
    return f"{before}{opened}{', '.join(parts)}{closed}"


def _labels(
    text: str,
    *,
    quotes: str = _QUOTES,
    any_closes: bool = False,
    escapes: str = "taken in pairs",
    ends: tuple[int, int] = (1, 1),
    opens: str = _OPENS,
    closes: str = _CLOSES,
    everywhere: bool = False,
    own: tuple[int, int] = (0, 0),
) -> Labels:
    """One character after the other.

    ``any_closes``: any quote ends a string; ``escapes``: "taken in pairs", "looked back for" or "not known"; ``ends``:
    whether the two quotes count as inside; ``everywhere``: brackets count in strings, too; ``own``: what is added to
    the depth at an opening and at a closing bracket themselves.
    """
    inside, depths, quote, depth, skip = [], [], "", 0, False
    for i, c in enumerate(text):
        label, extra, plain = int(bool(quote)), 0, skip
        skip = False
        if quote and escapes == "looked back for":
            plain = text[i - 1] == "\\"
        if quote and plain:
            pass
        elif quote and c == "\\" and escapes == "taken in pairs":
            skip = True
        elif quote and (c == quote or (any_closes and c in quotes)):
            quote, label = "", ends[1]
        elif not quote and c in quotes:
            quote, label = c, ends[0]
        if c in opens and (everywhere or not label):
            depth, extra = depth + 1, own[0]
        elif c in closes and (everywhere or not label):
            depth, extra = depth - 1, own[1]
        inside.append(label)
        depths.append(depth + extra)
    return np.array(inside, dtype=int), np.array(depths, dtype=int)


def _with(change: Callable[[str, np.ndarray, np.ndarray], Labels]) -> Callable[..., Labels]:
    """Something else made of the text and the right labels."""
    return lambda text: change(text, *_labels(text))


def _depth_by(**options: object) -> Callable[..., Labels]:
    """The right strings, and depths as other rules give them."""
    return lambda text: (_labels(text)[0], _labels(text, **options)[1])


def _explain(text: str) -> str:
    inside, _ = _labels(text)
    real = "".join("·" if label else c for c, label in zip(text, inside, strict=True))
    return f"Without its strings, this text is {real!r}."


BRACKETS = Exercise(
    id="10.3",
    title="In a string, and how deep",
    function="string_and_depth",
    inputs=_code,
    edges=(
        partial(_code, text=""),
        partial(_code, text="f(['\\')'])"),
        partial(_code, text='(["\\\\"], "[")'),
        partial(_code, strings=False),
        partial(_code, text="'(' + \"it's\" + []"),
    ),
    reference=_labels,
    returns={"string": ("character",), "depth": ("character",)},
    mistakes={
        (
            "Brackets in strings count. A string is text about which the grammar does not care: print('(') opens one "
            "bracket, not two, and from there on all depths are off. What must you know before you count a bracket?"
        ): (
            partial(_labels, everywhere=True),
            partial(_labels, everywhere=True, any_closes=True),
        ),
        (
            "No character counts as in a string. What lies between two quotes is one, quotes included, and while you "
            "are in it brackets mean nothing. What must you remember from one character to the next?"
        ): (
            lambda text: (np.zeros(len(text), dtype=int), _labels(text, everywhere=True)[1]),
            lambda text: (np.zeros(len(text), dtype=int), _labels(text)[1]),
        ),
        (
            'Any quote ends your strings. In "it\'s" the apostrophe is a character like any other, and from there on '
            "inside and outside have changed places. Which quote ends a string?"
        ): (
            partial(_labels, any_closes=True),
            partial(_labels, any_closes=True, ends=(1, 0)),
            lambda text: (_labels(text, any_closes=True)[0], _labels(text)[1]),
        ),
        (
            "Only one kind of quote opens a string for you. Python knows ' and \" alike. Which brackets do you count "
            "in a string that begins with the other one?"
        ): (partial(_labels, quotes="'"), partial(_labels, quotes='"')),
        (
            "The opening quote does not count as part of the string, or the closing one does not, or neither. The task "
            "counts both, as Python's tokenize does. When do you note the label, before or after you look at the quote?"
        ): (
            partial(_labels, ends=(0, 1)),
            partial(_labels, ends=(1, 0)),
            partial(_labels, ends=(0, 0)),
        ),
        (
            "The depth is the one *before* each character. The task wants how many brackets are open after it, so an "
            "opening bracket counts itself already. Do you note the depth before or after you change it?"
        ): _depth_by(own=(-1, 1)),
        (
            "A closing bracket has the depth of what it closes, as if it were open still. After it, one is open less. "
            "Which comes first for a closing bracket, to note or to count?"
        ): _depth_by(own=(0, 1)),
        (
            "An opening bracket has the depth of what lies around it. After it, one more is open. Which comes first "
            "for an opening bracket, to note or to count?"
        ): _depth_by(own=(-1, 0)),
        (
            "Only one kind of bracket counts. Square brackets and braces are brackets, too. Which six characters "
            "change the depth?"
        ): (
            _depth_by(opens="(", closes=")"),
            _depth_by(opens="([", closes=")]"),
            _depth_by(opens="[", closes="]"),
            _depth_by(opens="({", closes=")}"),
        ),
        (
            "The depth never falls: closing brackets are not counted. Then it says how many brackets have been opened "
            "so far, not how many are open."
        ): _depth_by(closes=""),
        (
            "The depth is 1, −1 or 0: what each character changes, but not the sum so far. How deep is a letter that "
            "stands in two brackets?"
        ): _with(lambda text, inside, depth: (inside, np.diff(depth, prepend=0))),
        (
            "The depth is only 0 or 1: in brackets or not. The task asks how many are open at the same time. What must "
            "be counted in place of a flag?"
        ): _with(lambda text, inside, depth: (inside, np.minimum(depth, 1))),
        (
            "In strings the depth falls to 0. A string inside of brackets is as deep as what stands around it. Which "
            "of the two labels may a quote change?"
        ): _with(lambda text, inside, depth: (inside, np.where(inside == 1, 0, depth))),
        ("The two labels have changed places. Which does the task want first?"): _with(
            lambda text, inside, depth: (depth, inside)
        ),
        (
            "Characters in strings have no depth in your result: it has fewer entries than the text. Every character "
            "gets both labels, or they no longer line up with the states. What do you note before you go on?"
        ): _with(lambda text, inside, depth: (inside, depth[inside == 0])),
        (
            "Right, but for a backslash: in a string it takes away the meaning of the next character, so \\' does not "
            "end it. What must you remember from one character to the next?"
        ): partial(_labels, escapes="not known"),
        (
            "Right, but for two backslashes: the first takes away the meaning of the second, and the quote after them "
            "does end the string. Looking at the character before is not enough. What must you remember?"
        ): partial(_labels, escapes="looked back for"),
        (
            "Right but for the empty text: there you return arrays of floats, NumPy's choice for an empty list. Say "
            "which dtype you want."
        ): lambda text: _labels(text) if text else (np.array([]), np.array([])),
    },
    explanation="""\
A small machine with a state, like the cell that is to track it: which quote is open, if any, and how many brackets. One
loop over the characters; in a string nothing but its own quote matters, and a backslash with the character behind it.
Outside, six characters change the depth and two open a string. Whether a label is noted before or after the state
changes moves it by one character: `datasets.python_labels` counts both quotes as string, as Python's tokenize does, and
an opening bracket as open. A network must find such a machine from the next character alone; the probe asks whether it
did.""",
    explain=_explain,
)
