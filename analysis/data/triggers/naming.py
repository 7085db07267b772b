"""What may be a name, by language."""

from __future__ import annotations

import keyword

from analysis.data.triggers.bindings import IDENTIFIER
from analysis.errors import RequestError

_WORDS = (
    "abstract assert auto bool boolean break byte case catch char class const continue default do "
    "double else enum extends extern false final finally float for goto if implements import "
    "inline instanceof int interface long native new null package private protected public "
    "register restrict return short signed sizeof static strictfp struct super switch "
    "synchronized this throw throws transient true try typedef union unsigned void volatile "
    "while NULL main"
)
_BRACE_WORDS = frozenset(_WORDS.split())


def is_keyword(word: str, language: str) -> bool:
    """Whether a word has its own meaning and cannot be a variable."""
    if language == "python":
        return keyword.iskeyword(word) or keyword.issoftkeyword(word)
    return word in _BRACE_WORDS


def require_name(word: str, language: str) -> None:
    """Refuse what cannot be a name.

    Raises:
        RequestError: not an ASCII identifier, or a keyword.
    """
    if not IDENTIFIER.fullmatch(word) or is_keyword(word, language):
        raise RequestError(
            f"'{word}' cannot be a name in {language}.",
            "Expected letters, digits and underscores, not beginning with a digit.",
        )
