"""Sample text on its way into a figure or a sentence: nothing in it may act as markup.

plotly reads a few HTML tags in hover text, Streamlit reads Markdown (where an image would be
fetched); code under inspection is hostile until proven otherwise.
"""

from __future__ import annotations

import re

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:^=])")


def escape_hover(text: str) -> str:
    """`text` with `&`, `<` and `>` as entities, so that plotly draws them instead of obeying."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_markdown(text: str) -> str:
    """`text` with every Markdown sign escaped and line breaks turned into spaces."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def escape_but_code(text: str) -> str:
    """`text` escaped for Markdown, pieces between single back-ticks kept as code."""
    pieces = " ".join(text.split()).split("`")
    if len(pieces) % 2 == 0:  # a back-tick without a partner is no fence
        return escape_markdown(text)
    escaped = [_MARKDOWN.sub(r"\\\1", piece) for piece in pieces]
    escaped[1::2] = [inline_code(piece) for piece in pieces[1::2]]
    return "".join(escaped)


def inline_code(text: str, limit: int = 120) -> str:
    """`text` as Markdown inline code on one line, cut to `limit` characters.

    The fence is one back-tick longer than any run inside, so that the text cannot close it.
    """
    line = " ".join(text.split())
    if len(line) > limit:
        line = line[: limit - 1] + "…"
    longest = max((len(run) for run in re.findall(r"`+", line)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}" if line else "``(empty)``"


def first_lines(text: str, lines: int = 3, width: int = 64) -> str:
    """The first `lines` non-empty lines of `text`, each cut to `width` characters."""
    kept: list[str] = []
    rest = text
    while rest and len(kept) <= lines:
        line, _, rest = rest.partition("\n")
        if line.strip():
            kept.append(line[: 4 * width].expandtabs(4).rstrip())
    cut = [line if len(line) <= width else line[: width - 1] + "…" for line in kept[:lines]]
    if len(kept) > lines:
        cut.append("…")
    return "\n".join(cut)


def hover_code(text: str) -> str:
    """The first lines of a sample for a plotly hover box, escaped, with plotly's line breaks."""
    return "<br>".join(escape_hover(line) for line in first_lines(text).split("\n"))
