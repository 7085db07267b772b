"""Reading source that may not parse: Python trees where possible, a small scanner elsewhere."""

from __future__ import annotations

import ast
import re
import warnings
from typing import NamedTuple


class ParsedPython(NamedTuple):
    """A syntax tree whose line numbers are `shift` larger than the text's."""

    tree: ast.Module
    shift: int


def parse_python(text: str) -> ParsedPython | None:
    """The tree of a module or of an indented fragment; None where it is not Python."""
    for prefix, shift in (("", 0), ("if 1:\n", 1)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ParsedPython(ast.parse(prefix + text), shift)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


def line_starts(text: str) -> list[int]:
    """Character offset of each line as Python's parser counts lines (LF, CRLF, CR)."""
    return [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]


def offset_of(text: str, starts: list[int], line: int, byte_column: int) -> int:
    """Character offset of a tree position: 1-based line and UTF-8 byte column."""
    start = starts[line - 1]
    end = starts[line] if line < len(starts) else len(text)
    return start + len(text[start:end].encode()[:byte_column].decode(errors="ignore"))


_NOT_CODE = re.compile(
    r"//[^\n]*|/\*.*?(?:\*/|\Z)"
    r'|"""(?:\\.|[^\\])*?"""'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'(?:\\.|[^'\\\n])*'",
    re.DOTALL,
)


def blank_literals(text: str) -> str:
    """The same length of text with comments and string contents of brace languages blanked."""

    def blank(match: re.Match[str]) -> str:
        return "".join(c if c in "\r\n" else " " for c in match[0])

    return _NOT_CODE.sub(blank, text)


def looks_braced(text: str) -> bool:
    """Whether the text reads like C, Java or JavaScript."""
    code = blank_literals(text)
    return "{" in code and (";" in code or "}" in code)
