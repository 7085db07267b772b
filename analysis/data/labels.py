"""Labels that a file writes as words, and the class numbers that a model gives these words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from analysis.data.values import as_label
from analysis.errors import RequestError
from analysis.records import SampleSet

MOST_WORDS = 200  # different ones; more are texts, not classes
BOOLEAN = ("false", "true")  # words with numbers of their own, where a model does not say otherwise
_NUMBERED = re.compile(r"label[_ ]?(\d+)", re.IGNORECASE)


def as_word(value: Any) -> str | None:
    """A label's name, as in "vulnerable" or "CWE-79"; None for numbers and what is no text."""
    if not isinstance(value, str) or not any(c.isalpha() for c in value):
        return None
    word = " ".join(value.split())
    return None if as_label(word) is not None and fold(word) not in BOOLEAN else word


def fold(word: str) -> str:
    """The form in which two spellings of a label are the same."""
    return " ".join(word.split()).casefold()


def numbered(values: Sequence[int | str], places: Sequence[str]) -> tuple[list[int], list[str]]:
    """Class numbers of labels, and their words where they are words; pure.

    Words are numbered in alphabetical order; true and false alone are 1 and 0.

    Args:
        values: n labels, numbers or words.
        places: where each stands, for errors.

    Raises:
        RequestError: numbers among words, or far too many words for classes.
    """
    first: dict[str, str] = {}
    for value in values:
        if isinstance(value, str):
            first.setdefault(fold(value), value)
    if not first:
        return [int(value) for value in values], []
    if set(first) <= set(BOOLEAN):
        numbers = [int(fold(v) == "true") if isinstance(v, str) else int(v) for v in values]
        words = list(BOOLEAN) if all(isinstance(v, str) for v in values) else []
        return numbers, words
    odd = next((i for i, value in enumerate(values) if not isinstance(value, str)), None)
    if odd is not None:
        raise RequestError(
            f"{places[odd]}: the label is {values[odd]}, other lines have names such as "
            f"'{next(iter(first.values()))}'.",
            "Write numbers everywhere, or names everywhere.",
        )
    if len(first) > MOST_WORDS:
        raise RequestError(
            f"{places[0]}: the labels are {len(first):,} different texts, expected class numbers "
            f"or at most {MOST_WORDS} names.",
            "Name the column of the classes with --label-column.",
        )
    order = {word: number for number, word in enumerate(sorted(first))}
    return [order[fold(str(v))] for v in values], [first[word] for word in order]


def in_classes(samples: SampleSet, names: Mapping[int, str], renamable: bool = True) -> SampleSet:
    """The samples with the class numbers that `names` gives their label words.

    Args:
        samples: with label words; others come back as they are.
        names: class -> its name, as the model knows it; may be empty.
        renamable: --label-words may name the classes; not where the model writes these words.

    Raises:
        RequestError: a label that is no class's name.
    """
    words = samples.label_words
    if not words or samples.labels is None:
        return samples
    numbers = _numbers(words, names)
    if numbers is None and tuple(words) == BOOLEAN:
        return samples
    if numbers is None:
        raise _unknown(samples, names, renamable)
    table = np.array(numbers, dtype=np.int64)
    named = [""] * (int(table.max()) + 1)
    for word, number in zip(words, numbers, strict=True):
        named[number] = word
    truth = samples.true_labels
    return replace(
        samples,
        labels=table[samples.labels],
        true_labels=table[truth] if samples.worded_truth and truth is not None else truth,
        label_words=tuple(named),
    )


def numbered_alike(sets: Mapping[str, SampleSet]) -> dict[str, SampleSet]:
    """Sets without a model that could name classes: one alphabetical numbering for all of them."""
    first: dict[str, str] = {}
    for samples in sets.values():
        for word in samples.label_words:
            first.setdefault(fold(word), word)
    names = {number: first[word] for number, word in enumerate(sorted(first))}
    return {
        role: with_note(in_classes(samples, names), "in alphabetical order")
        for role, samples in sets.items()
    }


def words_entry(samples: SampleSet) -> dict[str, dict[str, int]]:
    """What a record says of label words: word -> class; empty where the file has numbers."""
    words = {word: number for number, word in enumerate(samples.label_words) if word}
    return {"label_words": words} if words else {}


def with_note(samples: SampleSet, by: str) -> SampleSet:
    """The samples with a remark on how their label words became numbers."""
    if not samples.label_words:
        return samples
    pairs = ", ".join(f"{n} = {word}" for n, word in enumerate(samples.label_words) if word)
    note = f"labels are words, numbered {by}: {pairs}."
    return replace(samples, warnings=(*samples.warnings, note))


def _numbers(words: Sequence[str], names: Mapping[int, str]) -> list[int] | None:
    """The class of each word; None unless every word is the name of one class."""
    known: dict[str, int] = {}
    for number, name in names.items():
        if known.setdefault(fold(name), number) != number:
            return None
    numbers = [known.get(fold(word), -1) for word in words]
    if min(numbers) >= 0:
        return numbers
    usual = [_NUMBERED.fullmatch(word) for word in words]  # Hugging Face's own names
    return [int(found[1]) for found in usual if found] if all(usual) else None


def _unknown(samples: SampleSet, names: Mapping[int, str], renamable: bool) -> RequestError:
    words = list(samples.label_words)
    example = ",".join(f"{number}={word}" for number, word in enumerate(words[:4]))
    advice = f"Say which is which, as in --label-words {example}, or write class numbers."
    advice = advice if renamable else "Write the model's own words, or class numbers."
    if not names:
        shown = ", ".join(f"'{word}'" for word in words[:4]) + (", ..." if len(words) > 4 else "")
        return RequestError(
            f"'{samples.source}' has labels in words ({shown}), and the model does not name its "
            "classes.",
            advice,
        )
    folded = {fold(name) for name in names.values()}
    odd = next((word for word in words if fold(word) not in folded), words[0])
    classes = ", ".join(f"{number} = {name}" for number, name in sorted(names.items())[:6])
    return RequestError(
        f"'{samples.source}' has the label '{odd}', which is none of the classes ({classes}).",
        advice,
    )
