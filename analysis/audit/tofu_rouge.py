"""ROUGE-L recall: which share of the true answer's words a text holds, in order.

Lin, 2004, "ROUGE: A Package for Automatic Evaluation of Summaries", section 3. Words are runs of
ASCII letters and digits in lower case, as in the usual Python package, whose values this gives
exactly; that package itself brings three others along and is not needed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from analysis.audit.tofu_stem import stem

_WORD = re.compile(r"[a-z0-9]+")
_STEMMED_FROM = 4  # letters; shorter words are compared as they are


def rouge_l_recall(answer: str, text: str, *, stemmed: bool = True) -> float:
    """Longest common subsequence of words over the words of `answer`, in [0, 1].

    Args:
        answer: the true answer.
        text: what the model wrote.
        stemmed: compare stems, as TOFU does.

    Returns:
        0.0 where the answer has no words.
    """
    wanted, found = words(answer, stemmed=stemmed), words(text, stemmed=stemmed)
    return common_subsequence(wanted, found) / len(wanted) if wanted else 0.0


def words(text: str, *, stemmed: bool = True) -> list[str]:
    """Lower-case words of a text, as stems where they have four letters or more."""
    found: list[str] = _WORD.findall(text.lower())
    return [stem(w) if stemmed and len(w) >= _STEMMED_FROM else w for w in found]


def common_subsequence(first: Sequence[str], second: Sequence[str]) -> int:
    """Length of the longest common subsequence, by dynamic programming in one row."""
    row = [0] * (len(second) + 1)
    for item in first:
        diagonal = 0
        for place, other in enumerate(second, start=1):
            above = row[place]
            row[place] = diagonal + 1 if item == other else max(above, row[place - 1])
            diagonal = above
    return row[-1]
