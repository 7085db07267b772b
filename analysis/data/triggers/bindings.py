"""Which names of a function may be renamed, and every place where each of them stands.

A name is offered only if all its occurrences are seen and none of them may mean something else;
in doubt it is left out, so a family skips a sample rather than change what it does.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tree_sitter import Node

from analysis.data.triggers.bindings_python import python_names
from analysis.data.triggers.statements import function_of
from analysis.data.triggers.syntax import Edit, Source, ancestors, is_field, nodes

IDENTIFIER = re.compile(r"[A-Za-z_]\w*", re.ASCII)
# Identifiers that name a member, a label or a method and never a variable.
_OTHER_KINDS = (
    ("field_access", "field"),
    ("method_invocation", "name"),
    ("method_declaration", "name"),
    ("element_value_pair", "key"),
    ("marker_annotation", "name"),
    ("annotation", "name"),
)
_LABELS = {"labeled_statement", "break_statement", "continue_statement", "method_reference"}
_SCOPES = {
    "compound_statement",
    "block",
    "constructor_body",
    "for_statement",
    "enhanced_for_statement",
    "catch_clause",
    "switch_block",
    "lambda_expression",
    "function_definition",
    "method_declaration",
    "constructor_declaration",
}
_OPAQUE = ("preproc", "gnu_asm", "class_body")
_MACRO = re.compile(r"[A-Z][A-Z0-9_]*|offsetof|container_of")


class Name(NamedTuple):
    """A name and every place where it stands, in text order."""

    name: str
    spots: tuple[int, ...]  # characters


def local_variables(source: Source) -> list[Name]:
    """Parameters and local variables of the first function that may be renamed, in text order."""
    function = function_of(source)
    if function is None:
        return []
    spots: dict[str, list[int]] = defaultdict(list)
    if source.language == "python":
        found = python_names(source, function)
    else:
        found = _braced(source, function)
    for node in found:
        spots[source.of(node)].append(source.start(node))
    names = [Name(name, tuple(sorted(where))) for name, where in spots.items()]
    return sorted(names, key=lambda name: name.spots)


def rename_edits(name: Name, new: str) -> list[Edit]:
    """The edits that give a name another spelling everywhere."""
    return [Edit(spot, spot + len(name.name), new) for spot in name.spots]


def holds_word(text: str, word: str) -> bool:
    """Whether `word` stands in the text as a whole identifier."""
    return re.search(rf"(?<![\w$]){re.escape(word)}(?![\w$])", text) is not None


def _braced(source: Source, function: Node) -> Iterator[Node]:
    """Identifier nodes of the renamable variables of a C or Java function."""
    ranges: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for name, first, last in _declared(source, function):
        ranges[name].append((first, last))
    uses: dict[str, list[Node]] = defaultdict(list)
    for node in nodes(function):
        if node.type == "identifier" and _is_variable(node):
            uses[source.of(node)].append(node)
    blocked = set(_blocked(source, function))
    for name, where in ranges.items():
        inside = all(any(a <= n.start_byte < b for a, b in where) for n in uses[name])
        if name not in blocked and inside:
            yield from uses[name]


def _is_variable(node: Node) -> bool:
    parent = node.parent
    return parent is None or not (parent.type in _LABELS or is_field(node, *_OTHER_KINDS))


def _declared(source: Source, function: Node) -> Iterator[tuple[str, int, int]]:
    """Name of each declared variable and the bytes in which it is visible."""
    for node in nodes(function):
        for declarator in _declarators(node):
            name = _declared_name(declarator)
            scope = next((a for a in ancestors(node) if a.type in _SCOPES), function)
            if name is None:
                continue
            if node.type in ("parameter_declaration", "formal_parameter", "spread_parameter"):
                yield source.of(name), scope.start_byte, scope.end_byte
            else:
                yield source.of(name), node.start_byte, scope.end_byte


def _declarators(node: Node) -> list[Node]:
    if node.type in ("parameter_declaration", "declaration", "local_variable_declaration"):
        return node.children_by_field_name("declarator")
    if node.type in ("formal_parameter", "catch_formal_parameter", "enhanced_for_statement"):
        return node.children_by_field_name("name")
    if node.type == "spread_parameter":
        return [child for child in node.children if child.type == "variable_declarator"]
    return []


def _declared_name(declarator: Node) -> Node | None:
    node: Node | None = declarator
    while node is not None and node.type != "identifier":
        if node.type == "function_declarator":
            return None  # a prototype, or a pointer whose parameters have names of their own
        node = node.child_by_field_name("declarator") or node.child_by_field_name("name")
    return node


def _blocked(source: Source, function: Node) -> Iterator[str]:
    """Names that may stand where the tree does not show them, or mean something else there."""
    for node in nodes(function):
        kind = node.type
        if kind == "type_identifier":  # `(a) * b` reads as a cast
            yield source.of(node)
        elif kind == "call_expression":
            yield from _macro_arguments(source, node)
        elif kind.startswith(_OPAQUE) or source.of(node).startswith("extern "):
            yield from IDENTIFIER.findall(source.of(node))


def _macro_arguments(source: Source, call: Node) -> Iterable[str]:
    # An argument of a macro may be a member's name.
    called, given = call.child_by_field_name("function"), call.child_by_field_name("arguments")
    if called is None or given is None or not _MACRO.fullmatch(source.of(called)):
        return []
    return [source.of(n) for n in given.named_children if n.type == "identifier"]
