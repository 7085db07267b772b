"""Small defects that a small model can learn to see.

One defect is injected per function, seeded by the function's hash. A flipped operator, an
inverted guard or an emptied handler stays near chance for a model of this size and is left out.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

_Edit = Callable[[], object]


class Mutation(NamedTuple):
    """A defective version of a function."""

    text: str
    kind: str


class MutationKind(NamedTuple):
    """One way of breaking a function."""

    name: str
    edits: Callable[[ast.AST], Iterator[_Edit]]  # every place where it applies
    weight: float  # odds of being chosen where several kinds apply
    summary: str


def mutate(text: str, seed: str) -> Mutation | None:
    """Inject one defect, the same for the same text and seed; None where no kind applies.

    Args:
        text: Python source of one function.
        seed: decides kind and place, the hash of the function by convention.
    """
    rng = random.Random(seed)
    tree = ast.parse(text)
    options = [(kind, edits) for kind in MUTATIONS if (edits := list(kind.edits(tree)))]
    if not options:
        return None
    kind, edits = rng.choices(options, weights=[kind.weight for kind, _ in options])[0]
    rng.choice(edits)()
    mutated = ast.unparse(ast.fix_missing_locations(tree))
    return None if mutated == text else Mutation(mutated, kind.name)


def _self_to_cls(tree: ast.AST) -> Iterator[_Edit]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _is_name(node.value, "self"):
            yield partial(setattr, node, "value", ast.Name("cls", ast.Load()))


def _range_off_by_one(tree: ast.AST) -> Iterator[_Edit]:
    def edit(call: ast.Call) -> None:
        stop = 0 if len(call.args) == 1 else 1
        call.args[stop] = ast.BinOp(call.args[stop], ast.Add(), ast.Constant(1))

    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _is_name(node.func, "range") and node.args:
            yield partial(edit, node)


_ORDERED = {"isinstance", "issubclass", "getattr", "hasattr", "setattr"}


def _swapped_arguments(tree: ast.AST) -> Iterator[_Edit]:
    def edit(call: ast.Call) -> None:
        call.args[0], call.args[1] = call.args[1], call.args[0]

    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in _ORDERED
            and len(node.args) >= 2
            and not any(isinstance(argument, ast.Starred) for argument in node.args[:2])
        ):
            yield partial(edit, node)


def _return_tuple(tree: ast.AST) -> Iterator[_Edit]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Return)
            and node.value is not None
            and not isinstance(node.value, ast.Tuple)
        ):
            yield partial(setattr, node, "value", ast.Tuple([node.value], ast.Load()))


def _identity_to_equality(tree: ast.AST) -> Iterator[_Edit]:
    def edit(node: ast.Compare) -> None:
        node.ops[0] = ast.Eq() if isinstance(node.ops[0], ast.Is) else ast.NotEq()

    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Compare)
            and isinstance(node.ops[0], ast.Is | ast.IsNot)
            and isinstance(node.comparators[0], ast.Constant)
        ):
            yield partial(edit, node)


def _break_first(tree: ast.AST) -> Iterator[_Edit]:
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.While):
            yield partial(node.body.insert, 0, ast.Break())


def _mutable_default(tree: ast.AST) -> Iterator[_Edit]:
    function = next(
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    defaults = function.args.defaults
    for position, default in enumerate(defaults):
        if isinstance(default, ast.Constant | ast.Tuple):
            yield partial(defaults.__setitem__, position, ast.List([], ast.Load()))


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


MUTATIONS: tuple[MutationKind, ...] = (
    MutationKind("self_to_cls", _self_to_cls, 1.0, "`self.x` becomes `cls.x`"),
    MutationKind("range_off_by_one", _range_off_by_one, 3.0, "`range(n)` becomes `range(n + 1)`"),
    MutationKind("swapped_arguments", _swapped_arguments, 1.0, "`isinstance(x, t)` becomes (t, x)"),
    MutationKind("return_tuple", _return_tuple, 1.0, "`return x` becomes `return (x,)`"),
    MutationKind("identity_to_equality", _identity_to_equality, 2.0, "`is None` becomes `== None`"),
    MutationKind("break_first", _break_first, 2.0, "`break` at the start of a loop"),
    MutationKind("mutable_default", _mutable_default, 2.0, "a default becomes `[]`"),
)
