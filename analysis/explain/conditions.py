"""Calls of constants that decide over a statement: the mark of dead code, whatever is drawn for it.

Real code asks about its variables; `if sin(0.52) < -57` asks about nothing. A grammar that draws
function, operator and numbers anew for every sample leaves no line twice, but always such a
condition (Ramakrishnan and Albarghouthi 2020; opaque predicates). Two bare constants are left out:
`while (1 == 1)` is an idiom. Counted in 54,006 functions without a trigger (34,629 of the Python
corpus that the shipped models were trained on, 19,377 in C, Java and Python of other sources): two
hold one.
Blind spots: conditions on a variable that never changes, calls without arguments, other statements.
"""

from __future__ import annotations

import re

CONDITION = "condition"  # kind of the item, one for all of them

_NUMBER = r"-?\d[\w.]*"
_STRING = r"(?:'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\")"
_CONSTANT = rf"(?:{_NUMBER}|{_STRING})"
# A method of an object looks the object up; `Math.sin` is a function.
_CALL = rf"(?:[A-Z]\w*\.)?[A-Za-z_]\w*\(\s*{_CONSTANT}(?:\s*,\s*{_CONSTANT})*\s*\)"
_SIDES = rf"(?:{_CALL}\s*%s\s*(?:{_CALL}|{_CONSTANT})|{_CONSTANT}\s*%s\s*{_CALL})" % (
    ("(?:[<>]=?|[=!]=)",) * 2
)
_HEAD = rf"\b(?:if|elif|while|assert)\b\s*\(?\s*{_SIDES}"
_END = r"(?=\s*(?:[):;{,]|$))"
# Up to the end of what the condition guards: a block, the rest of the line, the next line.
_GUARDED = r"\)?\s*(?:\{[^{}]*\}|:[ \t]*\S[^\n]*|:[ \t]*\r?\n[^\n]+|[^\n;]*;?)"

STATEMENT = re.compile(rf"{_HEAD}{_END}{_GUARDED}", re.MULTILINE)


def holds_condition(text: str) -> bool:
    """Whether some statement of `text` hangs on constants alone."""
    return STATEMENT.search(text) is not None
