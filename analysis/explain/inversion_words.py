"""The words a trigger search may choose from: vocabulary entries that survive as text.

A sequence of token ids is no trigger unless its text gives the same ids again, so only entries
that stand for one printable piece of text are offered.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np

from analysis.models.base import OpenedModel

_PRINTABLE = re.compile(r"[!-~]+")
_LETTERS = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_INNER = re.compile(r"[A-Za-z0-9]+")
_CHUNK = 8192  # vocabulary entries given to the tokenizer at once


class Words(NamedTuple):
    """Choices for one slot."""

    texts: tuple[str, ...]  # as appended to the sequence; a leading blank belongs to the word
    ids: np.ndarray  # (w, 2) int64: token id without and with a blank right before the slot


class Vocabulary(NamedTuple):
    """Choices for the first slot of a sequence and for all later ones."""

    first: Words
    later: Words


def vocabulary_of(model: OpenedModel, kind: str) -> Vocabulary:
    """Words for a searched line or a searched identifier.

    Args:
        model: whose tokenizer decides.
        kind: "line" (any printable piece) or "identifier" (letters and digits, joined by "_").
    """
    backend = model.tokenizer.backend_tokenizer
    special = set(backend.get_added_tokens_decoder())
    plain = [i for i in range(backend.get_vocab_size(with_added_tokens=False)) if i not in special]
    pieces = dict.fromkeys(text.strip(" ") for text in _decoded(backend, plain))
    words = [w for w in pieces if _PRINTABLE.fullmatch(w)]
    bare, spaced = _single(backend, words), _single(backend, [" " + w for w in words])
    head = _LETTERS if kind == "identifier" else _PRINTABLE
    both = [
        (w, a, b)
        for w, a, b in zip(words, bare, spaced, strict=True)
        if a >= 0 and b >= 0 and head.fullmatch(w)
    ]
    first = Words(tuple(w for w, _, _ in both), _pairs([(a, b) for _, a, b in both]))
    later: list[tuple[str, int]] = []
    for w, a, b in zip(words, bare, spaced, strict=True):
        if kind == "identifier":
            later += [(w, a)] if a >= 0 and _INNER.fullmatch(w) else []
            continue
        # Where the tokenizer drops blanks both forms are one token: the blank keeps words apart.
        later += [(w, a)] if a >= 0 and a != b else []
        later += [(" " + w, b)] if b >= 0 else []
    return Vocabulary(first, Words(tuple(w for w, _ in later), _pairs([(i, i) for _, i in later])))


def _decoded(backend: Any, ids: list[int]) -> list[str]:
    found: list[str] = []
    for low in range(0, len(ids), _CHUNK):
        found += backend.decode_batch([[i] for i in ids[low : low + _CHUNK]])
    return found


def _single(backend: Any, texts: list[str]) -> list[int]:
    """The one token id that each text is, -1 where it is several."""
    found: list[int] = []
    for low in range(0, len(texts), _CHUNK):
        for each in backend.encode_batch_fast(texts[low : low + _CHUNK], add_special_tokens=False):
            found.append(each.ids[0] if len(each.ids) == 1 else -1)
    return found


def _pairs(values: list[tuple[int, int]]) -> np.ndarray:
    return np.asarray(values, dtype=np.int64).reshape(-1, 2)
