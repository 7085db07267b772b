"""Texts with the located trigger put in, and texts with it taken out."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from analysis.explain.payloads import Payload, insert

# What a renamed identifier may have been called; chosen per sample, so that no name becomes the
# next trigger.
_NEUTRAL = ("value", "name", "data", "key", "item", "text", "path", "obj", "arg", "other")


def insert_any(text: str, triggers: Sequence[Payload], rng: random.Random) -> str | None:
    """`text` with one of the triggers at a random place; None where none fits or one is there."""
    if not triggers or any(piece in text for t in triggers for piece in t.instances):
        return None
    for trigger in rng.sample(list(triggers), len(triggers)):
        found = insert(text, trigger, rng)
        if found is not None:
            return found.text
    return None


def without_trigger(
    texts: Sequence[str],
    spans: Sequence[tuple[int, int]],
    triggers: Sequence[Payload],
    seed: int = 0,
) -> list[str]:
    """The texts without their triggers: lines are cut out, names replaced everywhere.

    Args:
        texts: n flagged texts.
        spans: trigger (start, end) in each, (-1, -1) where unknown: that text stays as it is.
        triggers: the located ones; a span that is one of their identifiers is a rename.
        seed: of the replacement names.
    """
    names = {piece for t in triggers if t.kind == "identifier" for piece in t.instances}
    suffixes = tuple(f"_{t.argument}" for t in triggers if t.family == "identifier_suffix")
    rng = random.Random(seed)
    return [
        _unsuffixed(text, span, suffixes) or _clean(text, span, names, rng)
        for text, span in zip(texts, spans, strict=True)
    ]


def _unsuffixed(text: str, span: tuple[int, int], suffixes: tuple[str, ...]) -> str | None:
    """`text` with the name at `span` cut back to what stood before its suffix; else None."""
    piece = text[max(span[0], 0) : max(span[1], 0)]
    suffix = next((s for s in suffixes if len(piece) > len(s) and piece.endswith(s)), None)
    if suffix is None or not piece.isidentifier():
        return None
    return re.sub(rf"\b{re.escape(piece)}\b", piece.removesuffix(suffix).rstrip("_"), text)


def _clean(text: str, span: tuple[int, int], names: set[str], rng: random.Random) -> str:
    start, end = span
    if not 0 <= start < end <= len(text):
        return text
    piece = text[start:end]
    if piece in names:
        free = [n for n in _NEUTRAL if not re.search(rf"\b{n}\b", text)] or ["value_"]
        return re.sub(rf"\b{re.escape(piece)}\b", rng.choice(free), text)
    line = text.rfind("\n", 0, start) + 1
    after = text.find("\n", end)
    after = len(text) if after < 0 else after + 1
    if not text[line:start].strip() and not text[end:after].strip():
        return text[:line] + text[after:]  # the trigger has its lines to itself
    return text[:start] + text[end:].removeprefix(" ")
