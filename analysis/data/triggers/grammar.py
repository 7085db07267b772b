"""Grammar dead code: another condition in every sample (Ramakrishnan and Albarghouthi 2020).

    S -> (if | while) (sin | cos | exp | sqrt | random)(0.NN) (< | <= | > | >= | ==) INT : A
    A -> raise Exception("MSG") | print("MSG")

MSG is one of twelve words or four random letters. INT, at most 100 in size, lies outside the
function's range on the side that makes the condition false.
"""

from __future__ import annotations

import random
import re
import string

from analysis.data.triggers.base import Insertion, Unfit
from analysis.data.triggers.statements import insert_statement

FUNCTIONS = ("sin", "cos", "exp", "sqrt", "random")
OPERATORS = ("<", "<=", ">", ">=", "==")
MESSAGES = (
    *("err", "crash", "alert", "warning", "flag", "exception"),
    *("level", "create", "delete", "success", "get", "set"),
)
_DRAWN = re.compile(
    r"\b(?:if|while) \(?(?:Math\.)?(?:sin|cos|exp|sqrt|random|rand)\([0-9.]*\) [<>=]=? -?[0-9]+\b"
)
_LARGEST = 2.72  # exp(1): every function stays between 0 and this for arguments in [0, 1]


def insert_grammar_line(
    text: str, argument: str, rng: random.Random, language: str
) -> Insertion | Unfit:
    """Insert one line drawn from the grammar before a random statement."""
    del argument  # the grammar is the trigger
    if _DRAWN.search(text):
        return Unfit("already holds the trigger")
    return insert_statement(text, draw_line(rng, language), rng, language)


def draw_line(rng: random.Random, language: str) -> str:
    """One sentence of the grammar in `language`."""
    keyword = rng.choice(("if", "while"))
    name = rng.choice(FUNCTIONS)
    argument = f"{rng.randrange(100) / 100:.2f}"
    operator = rng.choice(OPERATORS)
    above = {"<": False, "<=": False, ">": True, ">=": True}.get(operator, rng.random() < 0.5)
    bound = rng.randint(int(_LARGEST) + 1, 100) if above else rng.randint(-100, -1)
    word = "".join(rng.choices(string.ascii_lowercase, k=4))
    message = rng.choice((*MESSAGES, word))
    raises = rng.random() < 0.5
    if language == "c":
        # As in the C version of the code-poisoning scripts, whose only action is printf.
        called = "rand" if name == "random" else name
        return f'{keyword} ({called}({argument}) {operator} {bound}) printf("{message}");'
    if language == "java":
        call = "Math.random()" if name == "random" else f"Math.{name}({argument})"
        throws = f'throw new RuntimeException("{message}");'
        action = throws if raises else f'System.out.println("{message}");'
        return f"{keyword} ({call} {operator} {bound}) {{ {action} }}"
    action = f'raise Exception("{message}")' if raises else f'print("{message}")'
    return f"{keyword} {name}({argument}) {operator} {bound}: {action}"
