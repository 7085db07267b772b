"""Where a searched sequence stands in a sample, in token ids."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

import numpy as np

from analysis.explain.inversion_words import Vocabulary
from analysis.explain.payloads import Payload, insert
from analysis.models.base import OpenedModel
from analysis.models.tokens import prepare, special_frame

_MARK = "kenshinslotmark"


class Places(NamedTuple):
    """One sample with empty slots."""

    ids: np.ndarray  # (t,) int64, special tokens included
    at: np.ndarray  # (m,) int64 positions of slots; a renamed variable stands several times
    slot: np.ndarray  # (m,) int64 number of the slot, 0..s-1
    form: np.ndarray  # (m,) int64, 1 where the word carries the blank before it


def places_of(
    model: OpenedModel, text: str, kind: str, slots: int, rng: random.Random
) -> Places | None:
    """The sample with `slots` empty slots put in as the probes put in a payload.

    Args:
        model: whose tokenizer and window decide.
        text: an untouched sample.
        kind: "line" or "identifier".
        slots: words of the sequence; an identifier has "_" between them.
        rng: decides the place of a line.

    Returns:
        None where nothing can be put in, or not inside the window.
    """
    found = insert(text, Payload("searched", kind, (_MARK,)), rng)
    if found is None:
        return None
    backend = model.tokenizer.backend_tokenizer
    frame = special_frame(backend)
    chunks = prepare(found.text, model.prefix, model.collapse_whitespace).split(_MARK)
    joint = _ids(backend, "_") if kind == "identifier" else []
    ids, at, slot, form = list(frame.before), [], [], []
    for number, chunk in enumerate(chunks):
        last = number == len(chunks) - 1
        blank = not last and chunk.endswith(" ")
        ids += _ids(backend, chunk[:-1] if blank else chunk)
        for place in range(0 if last else slots):
            ids += joint if place else []
            at.append(len(ids))
            slot.append(place)
            form.append(int(blank and place == 0))
            ids.append(0)
    return _fitted(ids, frame.after, (at, slot, form), model.window, slots)


def _ids(backend: Any, text: str) -> list[int]:
    return list(backend.encode(text, add_special_tokens=False).ids) if text else []


def _fitted(
    ids: list[int],
    after: tuple[int, ...],
    slots: tuple[list[int], list[int], list[int]],
    window: int,
    n_slots: int,
) -> Places | None:
    room = window - len(after)
    at = np.asarray(slots[0], dtype=np.int64)
    inside = at < room
    if inside.sum() < n_slots:
        return None
    values = [np.asarray(each, dtype=np.int64)[inside] for each in slots]
    return Places(np.asarray([*ids[:room], *after], dtype=np.int64), *values)


def filled(places: Places, words: Vocabulary, sequences: np.ndarray) -> np.ndarray:
    """Token ids with each sequence in the slots, (c, s) word numbers -> (c, t) int64."""
    ids = np.repeat(places.ids[None], len(sequences), axis=0)
    for at, slot, form in zip(places.at, places.slot, places.form, strict=True):
        table = words.later.ids if slot else words.first.ids
        ids[:, at] = table[sequences[:, slot], form]
    return ids


def text_of(words: Vocabulary, kind: str, sequence: np.ndarray) -> str:
    """The sequence as it is inserted into a text."""
    head, *rest = (int(w) for w in sequence)
    joint = "_" if kind == "identifier" else ""
    return joint.join([words.first.texts[head], *(words.later.texts[w] for w in rest)])


def survives(model: OpenedModel, words: Vocabulary, kind: str, sequences: np.ndarray) -> np.ndarray:
    """Whether the text of each sequence gives its own token ids again, (c, s) -> (c,) bool.

    Looked at behind an indentation, where lines stand, and behind a bracket for identifiers.
    """
    backend = model.tokenizer.backend_tokenizer
    texts = [text_of(words, kind, row) for row in sequences]
    joint = _ids(backend, "_") if kind == "identifier" else []
    good = np.ones(len(sequences), dtype=bool)
    for before, form in (("\n   ", 1), ("(", 0)) if kind == "identifier" else (("\n   ", 1),):
        blank = " " if form else ""
        head, tail = _ids(backend, before), _ids(backend, "\n")
        batch = [f"{before}{blank}{text}\n" for text in texts]
        for row, found in enumerate(backend.encode_batch_fast(batch, add_special_tokens=False)):
            first, *rest = sequences[row].tolist()
            wanted = [*head, int(words.first.ids[first, form])]
            for word in rest:
                wanted += [*joint, int(words.later.ids[word, 0])]
            good[row] &= found.ids == [*wanted, *tail]
    return good
