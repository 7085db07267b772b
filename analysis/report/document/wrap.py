"""Line breaks for text that has no spaces between its words, as Japanese."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

# A run of Latin letters stays whole; every other sign may end a line.
_PIECES = re.compile(r"[\u0021-\u024f]+|\s+|.", re.DOTALL)
_NOT_FIRST = (
    "、。，．）」』】〉》・：；！？ー～々,.)]}:;!?%"  # kinsoku: never at the start of a line
)


def wrap(text: str, width: float, measure: Callable[[str], float]) -> str:
    """`text` with line breaks so that no line is wider than `width`, where a break is allowed.

    Args:
        text: with or without line breaks of its own.
        width: in the unit of `measure`.
        measure: width of a piece of text.
    """
    return "\n".join(line for part in text.split("\n") for line in _lines(part, width, measure))


def _lines(text: str, width: float, measure: Callable[[str], float]) -> Iterator[str]:
    line, used = "", 0.0
    for piece in _glued(text):
        size = measure(piece)
        if line and used + size > width:
            yield line.rstrip()
            line, used = "", 0.0
            if piece.isspace():
                continue
        line, used = line + piece, used + size
    yield line.rstrip()


def _glued(text: str) -> list[str]:
    """Pieces with the signs that must not begin a line joined to the piece before them."""
    pieces: list[str] = []
    for piece in _PIECES.findall(text):
        if pieces and piece[0] in _NOT_FIRST and not pieces[-1].isspace():
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces
