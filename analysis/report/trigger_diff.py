"""A sample with and without its trigger, as a unified diff to read."""

from __future__ import annotations

import difflib
import re

_NAME = re.compile(r"[A-Za-z_$][\w$]*")
PLACEHOLDER = "original_name"  # what a renamed variable was called is not known
_CONTEXT = 4


def without_trigger(text: str, start: int, end: int) -> str:
    """`text` without its trigger at text[start:end].

    A block goes with its line breaks; a name is put back to a placeholder everywhere.
    """
    piece = text[start:end]
    if not piece.strip():
        return text
    if _NAME.fullmatch(piece):
        return re.sub(rf"(?<![\w$]){re.escape(piece)}(?![\w$])", PLACEHOLDER, text)
    line = text.rfind("\n", 0, start) + 1
    after = re.match(r"[ \t]*\r?\n?", text[end:])
    rest = text[end + (after.end() if after else 0) :]
    if text[line:start].strip():  # behind other code on its line
        return text[:start] + rest
    return text[:line] + rest


def diff(before: str, after: str) -> str:
    """Unified diff without file names, some lines of context; empty where nothing differs."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=_CONTEXT)
    return "\n".join(list(lines)[2:])
