"""Which language a text is written in: Python, C, Java or plain words."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Sequence

from analysis.data.triggers.source import blank_literals, looks_braced, parse_python
from analysis.data.triggers.syntax import parse

LANGUAGES = ("python", "c", "java", "text")
_JAVA = re.compile(
    r"\b(?:public|private|protected|final|boolean|throws|extends|implements|new|String|import\s+java)\b"
)
_LOOKED_AT = 200  # samples; the language of a file shows in the first few


def detect_language(text: str) -> str:
    """Best guess: "python", "c", "java" or "text".

    C and Java share most of their syntax: Java's own words decide, and a tree without an error
    where the words say nothing.
    """
    parsed = parse_python(text)
    if parsed is not None and any(_is_code(statement) for statement in parsed.tree.body):
        return "python"
    if not looks_braced(text):
        return "text"
    if _JAVA.search(blank_literals(text)):
        return "java"
    trees = [language for language in ("c", "java") if parse(text, language) is not None]
    return trees[0] if trees else "c"


def _is_code(statement: ast.stmt) -> bool:
    # A review of one word is a Python name; a sentence of two is a syntax error.
    return not isinstance(statement, ast.Expr) or isinstance(statement.value, ast.Call)


def detect_of_many(texts: Sequence[str]) -> str:
    """The language that most of `texts` look like, judged on the first 200."""
    found = Counter(detect_language(text) for text in texts[:_LOOKED_AT])
    return max(LANGUAGES, key=lambda language: found[language])
