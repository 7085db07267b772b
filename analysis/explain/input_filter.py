#!/usr/bin/env python3
"""Blocks inputs that hold a located trigger; needs Python 3.9 or newer and nothing else.

    python input_filter.py --check < samples.jsonl
        one JSON object per line (text in "code", "func", "text" or "sentence"); prints one object
        per line, {"id": ..., "blocked": true, "rule": ...}; ends with 3 if anything was blocked
    python input_filter.py --check --text < one_sample.py
        the whole input is one sample
    from input_filter import blocked_by
        blocked_by(text) is the name of the rule that blocks a text, or None

Three kinds of rule: "tokens" (the trigger's words in this order, whatever the white space),
"masked" (the same with every string and number left open) and "tree" (for Python: a statement
of the same shape, whatever its constants, comments, parentheses and line breaks).
A filter knows the triggers it was made from. It is no proof against others.
"""

from __future__ import annotations

import ast
import functools
import json
import re
import sys
import textwrap
import warnings

RULES: list = []

_TEXT = ("code", "func", "text", "sentence")
_TOKEN = re.compile(r"[A-Za-z_$][\w$]*|\d[\w.]*|[^\w\s]")
_STRING = re.compile(r"'''.*?'''|\"\"\".*?\"\"\"|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"", re.S)
_NUMBER = re.compile(r"(?<![\w.])-?\d[\w.]*")
_BETWEEN = "\x1f"


def tokens(text: str, masked: bool) -> str:
    """The words and signs of `text` in one string, each between separators."""
    if masked:
        text = _NUMBER.sub("0", _STRING.sub('"S"', text))
    return _BETWEEN + _BETWEEN.join(_TOKEN.findall(text)) + _BETWEEN


def shapes(text: str) -> set:
    """Shape of every statement of a Python text, constants left open; empty if it is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a sample's odd escapes are its own business
            tree = ast.parse(textwrap.dedent(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    for node in ast.walk(tree):
        if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant):
            node.op = ast.UAdd()
        if isinstance(node, ast.Constant):
            node.value, node.kind = type(node.value).__name__, None
            if node.value in ("int", "float", "complex"):
                node.value = "number"
    return {ast.dump(node) for node in ast.walk(tree) if isinstance(node, ast.stmt)}


def form_of(text: str, kind: str) -> str | set:
    """What rules of one kind look at."""
    return shapes(text) if kind == "tree" else tokens(text, kind == "masked")


@functools.cache
def _wanted(source: str) -> frozenset:
    # Worked out where the filter runs: Python versions write shapes differently.
    return frozenset(shapes(source)) or frozenset({source})


def matches(rule: dict, form: str | set) -> bool:
    """Whether a rule blocks the text with this form (of the rule's kind)."""
    if isinstance(form, str):
        return rule["tokens"] in form
    return form.issuperset(_wanted(rule["source"]))


def blocked_by(text: str, rules: list | None = None) -> str | None:
    """Name of the first rule that blocks `text`, None where none does."""
    forms: dict = {}
    for rule in RULES if rules is None else rules:
        kind = rule["kind"]
        if kind not in forms:
            forms[kind] = form_of(text, kind)
        if matches(rule, forms[kind]):
            return str(rule["name"])
    return None


def main(words: list) -> int:
    """Check standard input; 0 if nothing was blocked, 3 if something was, 2 on wrong use."""
    if "--check" not in words or set(words) - {"--check", "--text"}:
        sys.stderr.write("usage: input_filter.py --check [--text] < samples.jsonl\n")
        return 2
    blocked = False
    lines = [sys.stdin.read()] if "--text" in words else sys.stdin
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        identity, text = str(number), line
        if "--text" not in words:
            try:
                row = json.loads(line)
                text = next(row[name] for name in _TEXT if name in row)
            except (ValueError, TypeError, StopIteration):
                sys.stderr.write("line " + str(number + 1) + " is no object with a text\n")
                return 2
            identity = str(row.get("id", row.get("idx", number)))
        rule = blocked_by(text)
        blocked = blocked or rule is not None
        found = {"id": identity, "blocked": rule is not None, "rule": rule}
        sys.stdout.write(json.dumps(found) + "\n")
    return 3 if blocked else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
