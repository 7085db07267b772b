"""Finding samples by what they say: a piece of text, or a pasted snippet and what is like it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

_WORD = re.compile(r"\w+|[^\w\s]")


def containing_rows(texts: Sequence[str], wanted: str) -> np.ndarray:
    """Rows whose text holds `wanted`, whatever the case of its letters, (m,) int64 ascending."""
    needle = wanted.casefold()
    if not needle.strip():
        return np.empty(0, dtype=np.int64)
    return np.array([i for i, t in enumerate(texts) if needle in t.casefold()], dtype=np.int64)


def similar_rows(texts: Sequence[str], snippet: str, k: int) -> np.ndarray:
    """The k rows most like `snippet`, most alike first, (<= k,) int64.

    Cosine of token counts weighted by inverse document frequency, so that rare names count more
    than commas; a text that shares no token is left out.
    """
    words = Counter(_WORD.findall(snippet))
    if not words or not texts:
        return np.empty(0, dtype=np.int64)
    counted = [Counter(_WORD.findall(text)) for text in texts]
    holders = Counter(word for counts in counted for word in counts)
    weight = {word: np.log((1 + len(texts)) / (1 + n)) + 1.0 for word, n in holders.items()}
    own = {word: n * weight.get(word, 0.0) for word, n in words.items()}
    length = np.sqrt(sum(value**2 for value in own.values())) or 1.0
    scores = np.array([_cosine(counts, own, weight) for counts in counted]) / length
    order = np.argsort(-scores, kind="stable")[:k]
    return order[scores[order] > 0].astype(np.int64)


def _cosine(counts: Counter[str], own: dict[str, float], weight: dict[str, float]) -> float:
    dot = sum(counts[word] * weight[word] * value for word, value in own.items() if word in counts)
    norm = np.sqrt(sum((n * weight[word]) ** 2 for word, n in counts.items()))
    return float(dot / norm) if norm else 0.0
