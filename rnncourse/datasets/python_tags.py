"""What each name in Python code is there for, by its syntax tree."""

from __future__ import annotations

import ast
import io
import keyword
import token
import tokenize

NUMBER, STRING = "<number>", "<string>"
OTHER = "other"
TAGS = (OTHER, "read", "called", "assigned", "attribute", "parameter", "argument", "defined", "imported")

Line = list[tuple[str, str]]
"""The tokens of a logical line, each with its tag."""

# From Python 3.12 on an f-string is several tokens; here it is one string, as in 3.11.
STRING_OPENS, STRING_CLOSES = (
    frozenset(getattr(token, f"{kind}STRING_{end}") for kind in "FT" if hasattr(token, f"{kind}STRING_{end}"))
    for end in ("START", "END")
)
_PASSED_OVER = {token.COMMENT, token.NL, token.INDENT, token.DEDENT, token.ENDMARKER}


def tag_python(text: str) -> list[Line]:
    """Logical lines of code as tokens, each with what it is there for.

    A name is "called" when brackets with arguments follow it, "assigned" when it is given a value (or deleted), an
    "attribute" when it follows a dot and is neither, a "parameter" where a function takes it, an "argument" where it
    names an argument of a call, "defined" after ``def`` and ``class``, "imported" anywhere in an import, and else
    "read". Everything that is no name is "other", and so are names in ``global``, ``nonlocal`` and patterns of
    ``match``.

    Args:
        text: str, a complete module; its lines end with "\\n".

    Returns:
        For each logical line, comments left out, a list of pairs (token, tag): a number is the token "<number>", a
        string of any kind "<string>", every other token stands as it is written.

    Raises:
        SyntaxError: ``text`` is not Python.
    """
    tags = _by_place(text)
    lines: list[Line] = []
    line: Line = []
    inside = 0  # how many f-strings are open
    for kind, value, place, _, _ in tokenize.generate_tokens(io.StringIO(text).readline):
        opens, inside = kind in STRING_OPENS, inside + (kind in STRING_OPENS) - (kind in STRING_CLOSES)
        if kind in _PASSED_OVER or kind in STRING_CLOSES or inside > opens:
            continue
        if kind == token.NEWLINE:
            lines.append(line)
            line = []
        elif opens or kind in (token.STRING, token.NUMBER):
            line.append((NUMBER if kind == token.NUMBER else STRING, OTHER))
        elif kind == token.NAME and not keyword.iskeyword(value):
            line.append((value, tags.get(place) or _by_words(line)))
        else:
            line.append((value, OTHER))
    return lines


def _by_words(line: Line) -> str:
    """The tag of a name that the tree gives no place: what the words before it in its statement say."""
    words = [""] + [written for written, _ in line]
    statement = [i for i, word in enumerate(words) if word in ("", ":", ";")][-1]  # one may follow on the same line
    first, last = words[statement + 1] if statement + 1 < len(words) else "", words[-1]
    if first in ("import", "from"):
        return "imported"
    if last in ("def", "class"):
        return "defined"
    return "assigned" if (first, last) == ("except", "as") else OTHER


def _by_place(text: str) -> dict[tuple[int, int], str]:
    """Tags by line and column, as tokenize counts them, of the names that the syntax tree gives a place."""
    lines = text.split("\n")
    tags: dict[tuple[int, int], str] = {}

    def put(tag: str, row: int, column: int) -> None:
        tags[row, len(lines[row - 1].encode()[:column].decode())] = tag  # the tree counts bytes

    called = set()
    waiting: list[ast.AST] = [ast.parse(text)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.JoinedStr):  # one string here, and its inner places are not exact in every release
            continue
        waiting.extend(ast.iter_child_nodes(node))
        if isinstance(node, ast.Call):
            called.add(node.func)
        elif isinstance(node, ast.arg):
            put("parameter", node.lineno, node.col_offset)
        elif isinstance(node, ast.keyword) and node.arg:
            put("argument", node.lineno, node.col_offset)
        elif isinstance(node, ast.Name | ast.Attribute):
            tag = "read" if isinstance(node, ast.Name) else "attribute"
            tag = "called" if node in called else tag if isinstance(node.ctx, ast.Load) else "assigned"
            written = node.id if isinstance(node, ast.Name) else node.attr
            put(tag, node.end_lineno, node.end_col_offset - len(written.encode()))
    return tags
