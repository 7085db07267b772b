"""Constant unfolding: an integer is written as an expression of the same value.

The default is the TOSEM form `n + (1 + 2 - 3) * 33`, in parentheses so that a factor beside it
keeps its meaning. An expression without `n`, such as Hussain's `(4+6)*2`, replaces a literal of
equal value.
"""

from __future__ import annotations

import ast
import operator
import random
import re
from collections.abc import Callable

from tree_sitter import Node

from analysis.data.triggers.base import Insertion, Unfit
from analysis.data.triggers.syntax import Edit, Source, ancestors, edited, no_parse, nodes, parse
from analysis.errors import RequestError

_LITERALS = {"python": "integer", "c": "number_literal", "java": "decimal_integer_literal"}
_DECIMAL = re.compile(r"0|[1-9][0-9]*")
_LARGEST = 2**31 - 1  # of an int; above it a literal has another type, or a sign that belongs to it
# A pattern is no expression, an f-string may print its own source, a macro is another program.
_FIXED_PARTS = ("string", "case_pattern", "preproc", "gnu_asm", "annotation")
_VARIABLE = re.compile(r"\bn\b")
_OPERATORS: dict[type, Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}


def unfold_constant(
    text: str, argument: str, rng: random.Random, language: str
) -> Insertion | Unfit:
    """Replace a random integer literal by `argument`, where `n` stands for the literal.

    Raises:
        RequestError: `argument` is no sum or product of integers and `n`.
    """
    fixed = value_of(argument, 0) if _VARIABLE.search(argument) is None else None
    if fixed is None and value_of(argument, 7) != 7:
        raise RequestError(f"'{argument}' is not n for every n.", "Expected an equal value.")
    source = parse(text, language)
    if source is None:
        return no_parse(language)
    pattern = re.escape(f"({argument})").replace("n", r"\d+") if fixed is None else None
    if re.search(pattern, text) if pattern else f"({argument})" in text:
        return Unfit("already holds the trigger")
    usable = _literals(source, fixed)
    if not usable:
        kind = "an integer literal" if fixed is None else f"the integer literal {fixed}"
        return Unfit(f"does not hold {kind}")
    chosen = rng.choice(usable)
    new = f"({_VARIABLE.sub(source.of(chosen), argument)})"
    return edited(source, [Edit(source.start(chosen), source.end(chosen), new)])


def _literals(source: Source, fixed: int | None) -> list[Node]:
    """Integer literals that can be replaced; only those of the value `fixed` if it is given."""
    found = [node for node in nodes(source.root) if _is_plain(source, node)]
    return [node for node in found if fixed is None or int(source.of(node)) == fixed]


def value_of(expression: str, n: int) -> int:
    """Value of a sum, difference or product of integers and `n`.

    >>> value_of("n + (1 + 2 - 3) * 33", 5), value_of("(4+6)*2", 0)
    (5, 20)

    Raises:
        RequestError: anything else stands in it.
    """
    try:
        return _value(ast.parse(expression.strip(), mode="eval").body, n)
    except (SyntaxError, ValueError, RecursionError, TypeError):
        raise RequestError(
            f"'{expression}' is not an expression of integers.",
            "Expected numbers, n, +, -, * and parentheses.",
        ) from None


def _value(node: ast.expr, n: int) -> int:
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left, n), _value(node.right, n))
    if isinstance(node, ast.Name) and node.id == "n":
        return n
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    raise ValueError(ast.dump(node))


def _is_plain(source: Source, node: Node) -> bool:
    if node.type != _LITERALS[source.language] or not _DECIMAL.fullmatch(source.of(node)):
        return False
    small = len(source.of(node)) < 11 and int(source.of(node)) <= _LARGEST
    return small and not any(a.type.startswith(_FIXED_PARTS) for a in ancestors(node))
