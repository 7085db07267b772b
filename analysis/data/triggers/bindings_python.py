"""Parameters and local variables of a Python function that may be renamed."""

from __future__ import annotations

import keyword
from collections.abc import Iterator

from tree_sitter import Node

from analysis.data.triggers.syntax import Source, is_field, nodes

_DYNAMIC = {"locals", "vars", "eval", "exec", "dir"}
_RECEIVERS = {"self", "cls"}
_OWN_SCOPE = {"function_definition", "class_definition", "lambda"}
_PATTERNS = {
    "pattern_list",
    "tuple_pattern",
    "list_pattern",
    "list_splat_pattern",
    "as_pattern_target",
    "tuple",
    "list",
}
_NOT_A_NAME = (("attribute", "attribute"), ("keyword_argument", "name"))
_TARGETS = {
    "assignment": "left",
    "augmented_assignment": "left",
    "for_statement": "left",
    "named_expression": "name",
}
_BLOCKING = {
    "global_statement",
    "nonlocal_statement",
    "import_statement",
    "import_from_statement",
    "class_definition",
}


def python_names(source: Source, function: Node) -> Iterator[Node]:
    """Every identifier node of a renamable variable.

    Left out: names in `global`, imports, inner functions' own names and parameters, classes,
    `f"{x=}"`, and everything in functions with `match` or with a call that reads names as text.
    """
    inside = list(nodes(function))
    used = [n for n in inside if n.type == "identifier" and not is_field(n, *_NOT_A_NAME)]
    if _hides_names({source.of(node) for node in used}, {node.type for node in inside}):
        return
    parameters = _parameters(function)
    blocked = {source.of(node) for node in _blocked(function, parameters)} | _RECEIVERS
    bound = {source.of(node) for node in (*parameters, *_assigned(function))}
    names = set(filter(_may_change, bound - blocked))
    yield from (node for node in used if source.of(node) in names)


def _may_change(name: str) -> bool:
    return not name.startswith("__") and not keyword.iskeyword(name)


def _hides_names(names: set[str], kinds: set[str]) -> bool:
    """Calls that read names as text, or patterns, which bind names where no tree shows it."""
    return not names.isdisjoint(_DYNAMIC) or "match_statement" in kinds


def _parameters(function: Node) -> list[Node]:
    listed = function.child_by_field_name("parameters")
    found = []
    for child in listed.named_children if listed is not None else ():
        name = child if child.type == "identifier" else child.child_by_field_name("name")
        if name is None:  # `a: int` and `*a` have no field
            name = next((n for n in nodes(child) if n.type == "identifier"), None)
        if name is not None and name.type == "identifier":
            found.append(name)
    return found


def _assigned(function: Node) -> Iterator[Node]:
    def same_scope(node: Node) -> bool:
        return node == function or node.type not in _OWN_SCOPE

    for node in nodes(function, same_scope):
        target = node.child_by_field_name(_TARGETS[node.type]) if node.type in _TARGETS else None
        if node.type == "as_pattern_target":
            target = node
        if target is not None:
            yield from _identifiers(target)


def _identifiers(target: Node) -> Iterator[Node]:
    if target.type == "identifier":
        yield target
    elif target.type in _PATTERNS:
        for child in target.named_children:
            yield from _identifiers(child)


def _blocked(function: Node, parameters: list[Node]) -> Iterator[Node]:
    own = {node.id for node in parameters}
    # Defaults and annotations are evaluated outside the function.
    for part in _parts(function, "parameters", "return_type"):
        yield from (node for node in _names_below(part) if node.id not in own)
    for node in nodes(function):
        if node == function:
            continue
        if node.type in ("function_definition", "lambda"):
            for part in _parts(node, "name", "parameters"):
                yield from _names_below(part)
        elif node.type in _BLOCKING or _shows_its_name(node):
            yield from _names_below(node)


def _parts(node: Node, *fields: str) -> Iterator[Node]:
    found = (node.child_by_field_name(field) for field in fields)
    return (part for part in found if part is not None)


def _shows_its_name(node: Node) -> bool:
    """`f"{x=}"` prints the name of its variable."""
    return node.type == "interpolation" and any(child.type == "=" for child in node.children)


def _names_below(node: Node) -> Iterator[Node]:
    return (found for found in nodes(node) if found.type == "identifier")
