"""Finding samples by what they say: a piece of text, or a pasted snippet and what is like it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

_WORD = re.compile(r"\w+|[^\w\s]")
MOST_EXACT = 20_000  # texts that are compared one by one
RAREST = 16  # words of the snippet that choose whom to compare with
MOST_COMPARED = 5000


def containing_rows(texts: Sequence[str], wanted: str) -> np.ndarray:
    """Rows whose text holds `wanted`, whatever the case of its letters, (m,) int64 ascending."""
    needle = wanted.casefold()
    if not needle.strip():
        return np.empty(0, dtype=np.int64)
    return np.array([i for i, t in enumerate(texts) if needle in t.casefold()], dtype=np.int64)


def similar_rows(texts: Sequence[str], snippet: str, k: int, exact: int = MOST_EXACT) -> np.ndarray:
    """The k rows most like `snippet`, most alike first, (<= k,) int64.

    Cosine of token counts weighted by inverse document frequency, so that rare names count more
    than commas; a text that shares no token is left out. Beyond `exact` texts, only those that
    hold most of the snippet's rarest words are compared, and frequencies come from a part.
    """
    words = Counter(_WORD.findall(snippet))
    if not words or not texts:
        return np.empty(0, dtype=np.int64)
    rows = np.arange(len(texts))
    part = texts if len(texts) <= exact else texts[:: -(-len(texts) // exact)]
    weight = _weights(part)
    if len(texts) > exact:
        rows = _candidates(texts, words, weight, len(part))
    counted = [Counter(_WORD.findall(texts[int(row)])) for row in rows]
    if len(texts) > exact:
        rarest = float(np.log(1 + len(part)) + 1.0)
        weight = {word: weight.get(word, rarest) for counts in counted for word in counts}
    own = {word: n * weight.get(word, 0.0) for word, n in words.items()}
    length = np.sqrt(sum(value**2 for value in own.values())) or 1.0
    scores = np.array([_cosine(counts, own, weight) for counts in counted]) / length
    order = np.argsort(-scores, kind="stable")[:k]
    return rows[order[scores[order] > 0]].astype(np.int64)


def _weights(texts: Sequence[str]) -> dict[str, float]:
    holders = Counter(word for text in texts for word in set(_WORD.findall(text)))
    return {word: float(np.log((1 + len(texts)) / (1 + n)) + 1.0) for word, n in holders.items()}


def _candidates(
    texts: Sequence[str], words: Iterable[str], weight: Mapping[str, float], known: int
) -> np.ndarray:
    """Rows worth comparing: a plain look for the rarest words is a hundred times faster."""
    unknown = float(np.log(1 + known) + 1.0)
    rarest = sorted(words, key=lambda word: (-weight.get(word, unknown), word))[:RAREST]
    points = np.zeros(len(texts))
    for word in rarest:
        points += weight.get(word, unknown) * np.fromiter(
            (word in text for text in texts), dtype=bool, count=len(texts)
        )
    best = np.argsort(-points, kind="stable")[:MOST_COMPARED]
    return np.sort(best[points[best] > 0])


def _cosine(counts: Counter[str], own: dict[str, float], weight: dict[str, float]) -> float:
    dot = sum(counts[word] * weight[word] * value for word, value in own.items() if word in counts)
    norm = np.sqrt(sum((n * weight[word]) ** 2 for word, n in counts.items()))
    return float(dot / norm) if norm else 0.0
