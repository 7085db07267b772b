"""Text for a terminal: nothing that stands in a sample or a file name may steer it.

A sample that holds an escape sequence could clear the screen and write a verdict of its own; marks
that turn the reading direction could show a trigger as other text than it is.
"""

from __future__ import annotations

import re
from typing import Any, TextIO

# C0 without tab and newline, DEL, C1, and the marks that change the direction of text
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    r"""`text` with every steering character written out, as in `\u001b`; JSON stays JSON."""
    return _STEERING.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def plain_line(text: object) -> str:
    """The same on one line: an error is exactly one."""
    return plain(" ".join(str(text).splitlines()))


class PlainOutput:
    """A stream that writes plain text to another one, and is that one in everything else."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write `text`, steering characters written out; the length of what was given."""
        self._stream.write(plain(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
