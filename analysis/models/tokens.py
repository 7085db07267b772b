"""Texts to token ids: preprocessing, counting, cutting to the window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from analysis.models.base import Encoded, OpenedModel
from analysis.models.family import config_of

_CHUNK = 512  # texts given to the tokenizer at once: its results are far larger than the ids


class Frame(NamedTuple):
    """Special tokens around every text."""

    before: tuple[int, ...]
    after: tuple[int, ...]


def encode(model: OpenedModel, texts: Sequence[str]) -> Encoded:
    """Token ids of each text after preprocessing, cut to the model's window.

    Whitespace is collapsed first (if asked), then the prefix is put in front. Cutting keeps the
    special tokens at both ends. A text without tokens becomes one end (or start, or padding)
    token, so that every sample has a vector.

    Args:
        model: the opened model; its window counts special tokens.
        texts: n texts; lone surrogates (invalid UTF-8) are replaced by "?".

    Returns:
        n arrays (t_i,) int32 with 1 <= t_i <= window, counts before cutting, truncation flags.
    """
    backend = model.tokenizer.backend_tokenizer
    frame = special_frame(backend)
    empty = _filler(model.tokenizer)
    ids: list[np.ndarray] = []
    counts = np.zeros(len(texts), dtype=np.int32)
    for start in range(0, len(texts), _CHUNK):
        part = texts[start : start + _CHUNK]
        chunk = [prepare(text, model.prefix, model.collapse_whitespace) for text in part]
        for row, found in enumerate(_batch(backend, chunk), start):
            full = len(frame.before) + len(found) + len(frame.after)
            counts[row] = full or 1
            ids.append(_fit(found, frame, model.window) if full else empty)
    return Encoded(ids, counts, counts > model.window)


def prepare(text: str, prefix: str, collapse_whitespace: bool) -> str:
    """The text that the tokenizer sees."""
    if collapse_whitespace:
        text = " ".join(text.split())
    return prefix + text


def special_frame(backend: Any) -> Frame:
    """Special tokens that the tokenizer puts before and after a text."""
    bare = backend.encode("a", add_special_tokens=False).ids
    full = backend.encode("a", add_special_tokens=True).ids
    for start in range(len(full) - len(bare) + 1):
        if full[start : start + len(bare)] == bare:
            return Frame(tuple(full[:start]), tuple(full[start + len(bare) :]))
    return Frame((), ())


def pad_id(model: OpenedModel) -> int:
    """Token id to pad with: the tokenizer's, else the config's, else 0 (masked anyway)."""
    for value in (
        model.tokenizer.pad_token_id,
        getattr(config_of(model.module), "pad_token_id", None),
    ):
        if isinstance(value, int) and value >= 0:
            return value
    return 0


def _fit(found: Sequence[int], frame: Frame, window: int) -> np.ndarray:
    room = window - len(frame.before) - len(frame.after)
    if room < 0:  # a window smaller than the special tokens keeps the first ones
        return np.array((*frame.before, *frame.after)[:window], dtype=np.int32)
    return np.array((*frame.before, *found[:room], *frame.after), dtype=np.int32)


def _filler(tokenizer: Any) -> np.ndarray:
    for value in (tokenizer.eos_token_id, tokenizer.bos_token_id, tokenizer.pad_token_id, 0):
        if value is not None:
            return np.array([value], dtype=np.int32)
    raise AssertionError("0 is never None")


def _batch(backend: Any, texts: list[str]) -> list[list[int]]:
    try:
        encodings = backend.encode_batch_fast(texts, add_special_tokens=False)
    except (TypeError, UnicodeEncodeError):  # a lone surrogate cannot leave Python
        cleaned = [t.encode("utf-8", "replace").decode("utf-8") for t in texts]
        encodings = backend.encode_batch_fast(cleaned, add_special_tokens=False)
    return [encoding.ids for encoding in encodings]
