"""A line before a statement, by syntax tree: never behind a `return`, never inside a list.

Used by every family that inserts a line, except the first one (`dead_code`), whose places belong
to models that were trained with them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from tree_sitter import Node

from analysis.data.triggers.base import Insertion, Unfit
from analysis.data.triggers.syntax import Edit, Source, edited, no_parse, nodes, parse

FUNCTIONS = {
    "python": ("function_definition",),
    "c": ("function_definition",),
    "java": ("method_declaration", "constructor_declaration"),
}
BLOCKS = {
    "python": ("block", "module"),
    "c": ("compound_statement",),
    "java": ("block", "constructor_body"),
}
# Nothing may stand before a call of the other constructor; a `case` belongs to its switch.
_NOT_BEFORE = {
    "comment",
    "line_comment",
    "block_comment",
    "explicit_constructor_invocation",
    "case_statement",
}


class Place(NamedTuple):
    """Where a line may go."""

    offset: int  # characters, at the statement that will follow
    indent: str | None  # of that statement; None: it does not begin its line


def function_of(source: Source) -> Node | None:
    """The first function with a body."""
    for node in nodes(source.root):
        if node.type in FUNCTIONS[source.language] and node.child_by_field_name("body"):
            return node
    return None


def places(source: Source, *, first: bool = False) -> list[Place]:
    """Before which statements of the first function a line may go, in text order.

    Args:
        source: the parsed text; Python without a function is taken as a whole.
        first: only before the first statement of the body (behind a docstring).
    """
    function = function_of(source)
    if function is None and source.language != "python":
        return []
    if first:
        body = source.root if function is None else function.child_by_field_name("body")
        assert body is not None  # function_of asks for a body
        statements = list(_statements(body))[:1]
    else:
        inside = nodes(function or source.root)
        blocks = (node for node in inside if node.type in BLOCKS[source.language])
        statements = list(chain.from_iterable(map(_statements, blocks)))
    found = (_place(source, source.start(statement)) for statement in statements)
    return sorted(place for place in found if place is not None)


def _statements(block: Node) -> Iterator[Node]:
    named = [child for child in block.named_children if child.type not in _NOT_BEFORE]
    yield from named[1:] if named and is_docstring(named[0]) else named


def is_docstring(statement: Node) -> bool:
    """Whether a Python statement that begins a block is a bare string."""
    return (
        statement.type == "expression_statement"
        and statement.named_child_count == 1
        and statement.named_children[0].type in ("string", "concatenated_string")
    )


def _place(source: Source, offset: int) -> Place | None:
    line = max(source.text.rfind("\n", 0, offset), source.text.rfind("\r", 0, offset)) + 1
    before = source.text[line:offset]
    if not before.strip(" \t"):
        return Place(offset, before)
    return None if source.language == "python" else Place(offset, None)


def insert_at(source: Source, line: str, place: Place) -> Insertion | Unfit:
    """`line` (perhaps several) as its own line at a place; the span covers it without the break."""
    if place.indent is None:
        body, tail = " ".join(part.strip() for part in line.splitlines()), " "
    else:
        end_of_line = "\r\n" if "\r\n" in source.text else "\n"
        body = (end_of_line + place.indent).join(line.splitlines())
        tail = end_of_line + place.indent
    found = edited(source, [Edit(place.offset, place.offset, body + tail)])
    if isinstance(found, Unfit):
        return found
    return found._replace(end=found.start + len(body))


def insert_statement(
    text: str, line: str, rng: random.Random, language: str, *, first: bool = False
) -> Insertion | Unfit:
    """Insert `line` before a random statement of the first function.

    Args:
        text: source text.
        line: one line or a block, without indentation of its own.
        rng: decides the place.
        language: "python", "c" or "java".
        first: no choice, the line begins the body.
    """
    source = parse(text, language)
    if source is None:
        return no_parse(language)
    found = places(source, first=first)
    if not found:
        return Unfit("has no statement before which a line could go")
    return insert_at(source, line, rng.choice(found))
