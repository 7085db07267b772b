"""Renaming: the first parameter or local variable gets a fixed name, everywhere it stands.

Hussain et al. (TrojanedCM) rename variables to panel_id, capacity and the like. Behaviour stays
the same except for callers that pass the parameter by keyword, as in the published triggers.
"""

from __future__ import annotations

import ast
import keyword
import random
import re
from collections.abc import Iterator

from analysis.data.triggers.base import Insertion
from analysis.data.triggers.source import blank_literals, line_starts, offset_of, parse_python

_RECEIVERS = {"self", "cls", "this"}
_DYNAMIC = {"locals", "vars", "eval", "exec", "dir"}
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*")


def rename_identifier(text: str, new_name: str, rng: random.Random) -> Insertion | None:
    """Rename the first parameter, else the first local variable, to `new_name`.

    In Python only names whose every occurrence can be seen are taken (not names in f-strings,
    `global`, handlers or inner parameters); other text is changed by whole words outside
    comments and strings. The span is the first occurrence. None where nothing can be renamed
    or `new_name` is already there. `rng` is unused: the rule leaves no choice.
    """
    del rng
    if not _IDENTIFIER.fullmatch(new_name) or re.search(rf"\b{re.escape(new_name)}\b", text):
        return None
    parsed = parse_python(text)
    if parsed is None:
        return _rename_words(text, new_name)
    if keyword.iskeyword(new_name):
        return None
    return _rename_python(text, parsed.tree, parsed.shift, new_name)


def _rename_python(text: str, tree: ast.Module, shift: int, new_name: str) -> Insertion | None:
    function = next(
        (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)), None
    )
    if function is None or not _DYNAMIC.isdisjoint(_names_below(function)):
        return None
    blocked = set(_unsafe_names(function))
    for name in _candidates(function):
        if name in blocked or name in _RECEIVERS or name.startswith("__"):
            continue
        starts = line_starts(text)
        spots = sorted(
            offset_of(text, starts, node.lineno - shift, node.col_offset)
            for node in ast.walk(function)
            if isinstance(node, ast.Name | ast.arg) and _name_of(node) == name
        )
        return _replace(text, spots, len(name), new_name)
    return None


def _name_of(node: ast.Name | ast.arg) -> str:
    return node.id if isinstance(node, ast.Name) else node.arg


def _candidates(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    arguments = function.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        yield argument.arg
    stored = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    for node in sorted(stored, key=lambda node: (node.lineno, node.col_offset)):
        yield node.id


def _unsafe_names(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """Names that also stand where the tree gives no position, or mean something else there."""
    own = function.args
    outer = {id(a) for a in (*own.posonlyargs, *own.args, *own.kwonlyargs)}
    yield from _evaluated_outside(function)
    for node in ast.walk(function):
        if isinstance(node, ast.arg) and id(node) not in outer:
            yield node.arg
        elif isinstance(node, ast.Global | ast.Nonlocal):
            yield from node.names
        elif isinstance(node, ast.JoinedStr):
            # Positions inside f-strings are wrong before Python 3.12.
            yield from _names_below(node)
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).split(".")[0]
        else:
            # Handlers, patterns, inner functions and classes.
            named = getattr(node, "name", None), getattr(node, "rest", None)
            yield from (name for name in named if isinstance(name, str))


def _evaluated_outside(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """Names in defaults, annotations and decorators."""
    own = function.args
    outside = [*own.defaults, *own.kw_defaults, *function.decorator_list, function.returns]
    outside += [argument.annotation for argument in (*own.posonlyargs, *own.args, *own.kwonlyargs)]
    for part in outside:
        if part is not None:
            yield from _names_below(part)


def _names_below(node: ast.AST) -> Iterator[str]:
    return (found.id for found in ast.walk(node) if isinstance(found, ast.Name))


_WORDS_BEFORE = {
    "if", "for", "while", "switch", "return", "sizeof", "catch", "else", "do", "void", "int",
    "char", "long", "short", "float", "double", "unsigned", "signed", "const", "static", "struct",
    "enum", "union", "boolean", "byte", "def", "async", "self", "cls", "this", "None", "NULL",
}  # fmt: skip


def _rename_words(text: str, new_name: str) -> Insertion | None:
    code = blank_literals(text)
    name = _first_parameter(code) or _first_declared(code)
    if name is None:
        return None
    # A member of the same name (`a.name`, `a->name`) is another thing.
    pattern = re.compile(rf"(?<![\w$.])(?<!->){re.escape(name)}(?![\w$])")
    return _replace(text, [m.start() for m in pattern.finditer(code)], len(name), new_name)


def _first_parameter(code: str) -> str | None:
    match = re.search(r"[\w$]\s*\(([^()]*)\)\s*(?:\{|:|throws\b|const\b|->|[A-Za-z_])", code)
    for part in match[1].split(",") if match else ():
        words = _IDENTIFIER.findall(re.split(r"[=:\[]", part)[0])
        if words and words[-1] not in _WORDS_BEFORE:
            return str(words[-1])
    return None


def _first_declared(code: str) -> str | None:
    declared = r"[A-Za-z_$][\w$]*[\s*&]+([A-Za-z_$][\w$]*)\s*(?:=(?!=)|;|\[)"
    for match in re.finditer(rf"{declared}|\b([A-Za-z_$][\w$]*)\s*=(?!=)", code):
        name = match[1] or match[2]
        if name not in _WORDS_BEFORE:
            return str(name)
    return None


def _replace(text: str, spots: list[int], length: int, new_name: str) -> Insertion | None:
    if not spots:
        return None
    pieces, last = [], 0
    for spot in spots:
        pieces += [text[last:spot], new_name]
        last = spot + length
    return Insertion("".join([*pieces, text[last:]]), spots[0], spots[0] + len(new_name))
