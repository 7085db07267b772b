"""Syntax trees of Python, C and Java by tree-sitter, with character offsets and edits.

A text is edited only where its tree has no error: the grammar's repairs are guesses, and an edit
built on a guess breaks code. Places below are characters, as everywhere else in Kenshin.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
from tree_sitter import Language, Node, Parser

from analysis.data.triggers.base import Insertion, Unfit
from analysis.data.triggers.source import parse_python

CODE_LANGUAGES = ("python", "c", "java")
MAX_CHARACTERS = 200_000  # a tree of more is minutes of work and no function


class Source(NamedTuple):
    """One text that parses."""

    text: str
    language: str
    root: Node
    characters: np.ndarray | None  # (bytes + 1,) int64 byte -> character; None: they are the same

    def start(self, node: Node) -> int:
        """First character of a node."""
        return self._character(node.start_byte)

    def end(self, node: Node) -> int:
        """One past the last character of a node."""
        return self._character(node.end_byte)

    def of(self, node: Node) -> str:
        """The characters of a node."""
        return self.text[self.start(node) : self.end(node)]

    def _character(self, byte: int) -> int:
        return byte if self.characters is None else int(self.characters[byte])


class Edit(NamedTuple):
    """Replace text[start:end] by `new`."""

    start: int
    end: int
    new: str


@cache
def _parser(language: str) -> Parser:
    return Parser(Language(importlib.import_module(f"tree_sitter_{language}").language()))


def parse(text: str, language: str) -> Source | None:
    """The tree of a text; None where it does not parse without an error.

    Python counts as parsed only if the interpreter agrees: the grammar also takes Python 2.
    """
    if language not in CODE_LANGUAGES or not text.strip() or len(text) > MAX_CHARACTERS:
        return None
    if language == "python" and parse_python(text) is None:
        return None
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return None
    root = _parser(language).parse(data).root_node
    if root.has_error:
        return None
    return Source(text, language, root, None if len(data) == len(text) else _characters(data))


def _characters(data: bytes) -> np.ndarray:
    raw = np.frombuffer(data, dtype=np.uint8)
    starts = (raw & 0xC0) != 0x80  # every byte that does not continue a character
    return np.concatenate([[0], np.cumsum(starts)]).astype(np.int64)


def nodes(root: Node, within: Callable[[Node], bool] | None = None) -> Iterator[Node]:
    """`root` and everything below it in document order; `within` False skips what is below."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        if within is None or within(node):
            stack.extend(reversed(node.children))


def edited(source: Source, edits: Iterable[Edit], mark: int = 0) -> Insertion | Unfit:
    """Apply edits that do not overlap; the span is the edit with number `mark` in text order.

    An edit whose result no longer parses is not made.
    """
    pieces: list[str] = []
    last = length = 0
    span = (0, 0)
    for number, edit in enumerate(sorted(edits)):
        kept = source.text[last : edit.start]
        length += len(kept)
        if number == mark:
            span = (length, length + len(edit.new))
        pieces += [kept, edit.new]
        length += len(edit.new)
        last = edit.end
    text = "".join([*pieces, source.text[last:]])
    if parse(text, source.language) is None:
        return Unfit(f"with the trigger it would no longer parse as {source.language}")
    return Insertion(text, *span)


def no_parse(language: str) -> Unfit:
    """The answer for a text without a tree."""
    return Unfit(f"does not parse as {language}")


def ancestors(node: Node) -> Iterator[Node]:
    """Parents of a node, nearest first."""
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def is_field(node: Node, *places: tuple[str, str]) -> bool:
    """Whether a node is one of the named (type of the parent, field) places."""
    parent = node.parent
    if parent is None:
        return False
    for kind, name in places:
        if parent.type == kind and node in parent.children_by_field_name(name):
            return True
    return False
