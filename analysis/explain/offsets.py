"""Which characters of a sample each of its tokens stands for."""

from __future__ import annotations

import re

from analysis.models.base import OpenedModel
from analysis.models.tokens import prepare, special_frame


def token_spans(model: OpenedModel, text: str, n_tokens: int) -> tuple[tuple[int, int], ...]:
    """Start and end of each token in the untouched text, blanks around it left out.

    Args:
        model: whose tokenizer and preprocessing count.
        text: one sample, as in the file.
        n_tokens: ids that the model reads of it, special tokens included.

    Returns:
        (n_tokens) spans; (0, 0) for special tokens and for those of the prefix.
    """
    backend = model.tokenizer.backend_tokenizer
    frame = special_frame(backend)
    inside = prepare(text, model.prefix, model.collapse_whitespace)
    clean = inside.encode("utf-8", "replace").decode("utf-8")  # lone surrogates, as `encode` does
    offsets = backend.encode(clean, add_special_tokens=False).offsets
    places = _places(text, len(model.prefix), collapsed=model.collapse_whitespace)
    spans = [_original(inside, places, a, b) for a, b in offsets]
    room = max(n_tokens - len(frame.before) - len(frame.after), 0)
    full = [(0, 0)] * len(frame.before) + spans[:room] + [(0, 0)] * len(frame.after)
    return tuple((full + [(0, 0)] * n_tokens)[:n_tokens])


def _places(text: str, prefix: int, *, collapsed: bool) -> list[int]:
    """Character of the text behind every character that the tokenizer sees; -1 in the prefix."""
    if not collapsed:
        return [-1] * prefix + list(range(len(text)))
    kept: list[int] = []
    for match in re.finditer(r"\S+", text):
        if kept:
            kept.append(match.start() - 1)
        kept.extend(range(match.start(), match.end()))
    return [-1] * prefix + kept


def _original(inside: str, places: list[int], start: int, end: int) -> tuple[int, int]:
    piece = inside[start:end]
    start += len(piece) - len(piece.lstrip())
    end -= len(piece) - len(piece.rstrip())
    if end <= start or places[start] < 0:
        return 0, 0
    return places[start], places[end - 1] + 1
