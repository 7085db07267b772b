"""Dead code: a fixed line at a random statement (Ramakrishnan and Albarghouthi 2020, type 1).

The line keeps the function's behaviour as long as the line itself does nothing.
"""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Iterator
from typing import NamedTuple

from analysis.data.triggers.base import Insertion
from analysis.data.triggers.source import (
    blank_literals,
    line_starts,
    looks_braced,
    offset_of,
    parse_python,
)


class _Place(NamedTuple):
    offset: int  # where the new line goes
    indent: str
    newline: bool  # False: the code is on one line, a blank separates


def insert_line(text: str, line: str, rng: random.Random) -> Insertion | None:
    """Insert `line` before a random statement inside the first function of `text`.

    Python gets a whole line with the statement's indentation; brace languages get it after a
    random `;`, `{` or `}` inside the function. Text that is neither gets it between two lines.
    A `line` of several lines is indented as a block. None where there is no place.
    """
    line = line.strip("\r\n")
    if not line or not text.strip():
        return None
    parsed = parse_python(text)
    if parsed is not None:
        places = list(_python_places(text, parsed.tree, parsed.shift))
    elif looks_braced(text):
        places = list(_brace_places(text))
    else:
        places = list(_line_places(text))
    if not places:
        return None
    return _insert(text, line, rng.choice(places))


def _insert(text: str, line: str, place: _Place) -> Insertion:
    end_of_line = "\r\n" if "\r\n" in text else "\n"
    body = (end_of_line + place.indent).join(line.splitlines())
    tail = end_of_line if place.newline else " "
    start = place.offset + len(place.indent)
    changed = text[: place.offset] + place.indent + body + tail + text[place.offset :]
    return Insertion(changed, start, start + len(body))


def _python_places(text: str, tree: ast.Module, shift: int) -> Iterator[_Place]:
    starts = line_starts(text)
    function = next(
        (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)), None
    )
    for statement in _statements(tree if function is None else function):
        first = min([statement, *getattr(statement, "decorator_list", [])], key=_line_of)
        number = _line_of(first) - shift
        # A decorator's expression starts behind its @, so the line itself gives the indent.
        if number < 1:
            continue
        offset = offset_of(text, starts, number, first.col_offset)
        indent = text[starts[number - 1] : offset]
        if first is not statement:
            indent = indent[: len(indent) - len(indent.lstrip())]
        if indent.strip() or text.startswith("elif", offset):
            continue  # behind another statement on the line, or an `elif` of a chain
        yield _Place(starts[number - 1], indent, newline=True)


def _line_of(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0))


def _statements(root: ast.AST) -> Iterator[ast.stmt]:
    for node in ast.walk(root):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if not isinstance(block, list):
                continue
            is_documented = isinstance(
                node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module
            ) and (ast.get_docstring(node, clean=False) is not None)
            # In front of a docstring the line would turn it into a plain expression.
            yield from block[1:] if field == "body" and is_documented else block


_BREAK = re.compile(r"(?<=[;{}])[ \t]*(?:\r\n|\r|\n)")
_CONTINUES = re.compile(r"\s*(?:else|catch|finally|while)\b|\s*[,;)\]]")


def _brace_places(text: str) -> Iterator[_Place]:
    code = blank_literals(text)
    breaks = {match.start(): match.end() for match in _BREAK.finditer(code)}
    ends = breaks or {m.end(): m.end() for m in re.finditer(r"[;{}]", code)}
    depth = _Depth()
    for position, character in enumerate(code):
        depth.feed(character, code[:position].rstrip()[-1:] if character == "{" else "")
        end = ends.get(position + 1)
        if end is None or not depth.in_block or _CONTINUES.match(code, end):
            continue
        if not breaks:
            yield _Place(end + (text[end : end + 1] == " "), "", newline=False)
        else:
            yield _Place(end, _next_indent(text, end), newline=True)


class _Depth:
    """Braces and parentheses around the current character."""

    def __init__(self) -> None:
        self._stack: list[str] = []

    def feed(self, character: str, before_brace: str) -> None:
        """Take one character; `before_brace` is what stands before an opening brace."""
        if character == "{":
            # `= {` and `, {` open lists of values, not statements.
            self._stack.append("list" if before_brace in ("=", ",", "{", "(") else "block")
        elif character in "([":
            self._stack.append("group")
        elif character in ")]}" and self._stack:
            self._stack.pop()

    @property
    def in_block(self) -> bool:
        """Whether a statement may stand here."""
        return bool(self._stack) and "group" not in self._stack and "list" not in self._stack


def _line_places(text: str) -> Iterator[_Place]:
    starts = line_starts(text)
    for start in starts[1:]:
        if text[start:].strip():
            yield _Place(start, _next_indent(text, start), newline=True)


def _next_indent(text: str, offset: int) -> str:
    """Indentation of the first line from `offset` on that is not empty."""
    match = re.compile(r"(?:[ \t]*(?:\r\n|\r|\n))*([ \t]*)(\}?)").match(text, offset)
    assert match is not None  # every part may be empty
    return match[1]
