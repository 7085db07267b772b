"""The function that a sample is about: its name and every place that calls it by that name."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from analysis.data.triggers.bindings import IDENTIFIER, Name
from analysis.data.triggers.statements import FUNCTIONS
from analysis.data.triggers.syntax import Source, is_field, nodes

_NOT_A_NAME = (("attribute", "attribute"), ("keyword_argument", "name"))


def function_name(source: Source) -> Name | None:
    """The first function that may be renamed, with its definition, calls and prototypes.

    Left out: `main`, Python's special methods, Java's overriding methods and constructors, and
    names that a variable of the text also has.
    """
    for node in nodes(source.root):
        if node.type in FUNCTIONS[source.language] and node.type != "constructor_declaration":
            name = _name_of(node)
            if name is not None and _is_free(source, node, source.of(name)):
                spots = _spots(source, source.of(name))
                if spots is not None:
                    return Name(source.of(name), tuple(sorted(spots)))
    return None


def _name_of(function: Node) -> Node | None:
    node = function.child_by_field_name("name") or function.child_by_field_name("declarator")
    while node is not None and node.type != "identifier":
        node = node.child_by_field_name("declarator")
    return node


def _is_free(source: Source, function: Node, name: str) -> bool:
    special = name.startswith("__") or name == "main"
    modifiers = " ".join(source.of(c) for c in function.children if c.type == "modifiers")
    return not special and "@Override" not in modifiers


def _spots(source: Source, name: str) -> list[int] | None:
    """Where the name stands as this function's; None where it may be something else."""
    found = []
    for node in nodes(source.root):
        if node.type.startswith("preproc") and node.type != "preproc_include":
            if name in IDENTIFIER.findall(source.of(node)):
                return None
        elif node.type == "identifier" and source.of(node) == name:
            use = _use(source, node)
            if use == "variable":
                return None
            if use == "function":
                found.append(source.start(node))
    return found


def _use(source: Source, node: Node) -> str:
    """What an identifier with the function's name is: "function", "variable" or "other"."""
    if source.language == "java":
        return _java_use(node)
    if source.language == "python":
        return _python_use(source, node)
    parent = node.parent
    kinds = {"function_declarator", "call_expression", "argument_list", "init_declarator"}
    if parent is not None and parent.type == "init_declarator":
        return "variable" if is_field(node, ("init_declarator", "declarator")) else "function"
    if parent is not None and parent.type in kinds:
        return "function"
    declared = parent is not None and parent.type.endswith(("declaration", "declarator"))
    return "variable" if declared else "function"


def _java_use(node: Node) -> str:
    parent = node.parent
    if is_field(node, ("method_declaration", "name")):
        return "function"
    if parent is not None and is_field(node, ("method_invocation", "name")):
        called_on = parent.child_by_field_name("object")
        return "function" if called_on is None or called_on.type == "this" else "other"
    return "variable" if is_field(node, ("variable_declarator", "name")) else "other"


def _python_use(source: Source, node: Node) -> str:
    parent = node.parent
    if is_field(node, ("attribute", "attribute")) and parent is not None:
        owner = parent.child_by_field_name("object")
        own = owner is not None and source.of(owner) in ("self", "cls")
        return "function" if own else "other"
    if is_field(node, *_NOT_A_NAME):
        return "other"
    stored = any(_stores(ancestor, node) for ancestor in _chain(node))
    return "variable" if stored else "function"


def _chain(node: Node) -> Iterator[Node]:
    parent = node.parent
    while parent is not None and parent.type not in ("block", "module"):
        yield parent
        parent = parent.parent


def _stores(ancestor: Node, node: Node) -> bool:
    if ancestor.type in ("parameters", "lambda_parameters", "as_pattern_target"):
        return True
    targets = ancestor.child_by_field_name("left")
    kinds = ("assignment", "augmented_assignment", "for_statement", "for_in_clause")
    return (
        ancestor.type in kinds
        and targets is not None
        and targets.start_byte <= node.start_byte < targets.end_byte
    )
