"""Reading sample files into a SampleSet: column names, types and identities."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from analysis.data.formats import Row, is_utf8, read_bytes, rows_of
from analysis.data.labels import as_word, fold, numbered
from analysis.data.values import as_flag, as_id, as_label, as_text, clean_text, is_word
from analysis.data.write import write_samples
from analysis.errors import RequestError
from analysis.records import SampleSet

__all__ = ["read_samples", "write_samples"]

TEXT_COLUMNS = ("code", "func", "text", "sentence")
LABEL_COLUMNS = ("label", "target")
ID_COLUMNS = ("id", "idx")

LONGEST_TEXT = 10_000_000  # characters; no function has them, and each method would read them

_T = TypeVar("_T")


@dataclass
class _Columns:
    """Values collected row by row."""

    ids: dict[str, str] = field(default_factory=dict)  # id -> where it stands
    texts: list[str] = field(default_factory=list)
    labels: list[int | str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)  # where each label stands
    poisoned: list[Any] = field(default_factory=list)
    true_labels: list[Any] = field(default_factory=list)
    broken: bool = False  # the file holds bytes that are not UTF-8
    replaced: list[str] = field(default_factory=list)  # where bytes were not UTF-8


def read_samples(
    path: str | Path,
    text_column: str | None = None,
    label_column: str | None = None,
    max_samples: int | None = None,
    seed: int = 0,
    words: bool = False,
) -> SampleSet:
    """Read JSONL, CSV, TSV or Parquet, also gzipped.

    Text comes from `code`, `func`, `text` or `sentence`, labels from `label` or `target`, ids
    from `id`, `idx` or the row number (from 0), by that priority. Labels are integers, true or
    false; with `words` also names, which `data.labels` turns into classes. `poisoned` and
    `true_label` are ground truth; where they cannot be read they are left out with a warning,
    because nothing but evaluation may depend on them. Bytes that are not UTF-8 are replaced by
    U+FFFD with a warning.

    Args:
        path: the file.
        text_column: take the text from here.
        label_column: take the labels from here.
        max_samples: a seeded choice of at most so many, in file order.
        seed: decides that choice.
        words: labels may be names; the caller gives them their classes (`in_classes`).

    Raises:
        RequestError: the file, a column, a row, an id or a label is missing or wrong.
    """
    path = Path(path)
    raw = read_bytes(path)
    columns = _Columns(broken=not is_utf8(path, raw))
    names: tuple[str, str | None, str | None] | None = None
    for row in rows_of(path, raw):
        if names is None:
            names = _names(path, row, text_column, label_column)
        _take(path, row, names, columns, words)
    if names is None:
        raise RequestError(f"'{path}' has 0 rows.", "Give a file with at least one sample.")
    warnings: list[str] = []
    if columns.replaced:
        warnings.append(
            f"{len(columns.replaced)} samples hold U+FFFD, which stands where bytes are not "
            f"UTF-8 (first: {columns.replaced[0]})."
        )
    labels, label_words = numbered(columns.labels, columns.places)
    truth = as_label if not label_words else _word_reader(label_words)
    samples = SampleSet(
        ids=tuple(columns.ids),
        texts=tuple(columns.texts),
        labels=np.array(labels, dtype=np.int64) if names[1] is not None else None,
        poisoned=_truth("poisoned", columns.poisoned, as_flag, np.bool_, warnings),
        true_labels=_truth("true_label", columns.true_labels, truth, np.int64, warnings),
        source=str(path),
        sha256=hashlib.sha256(raw).hexdigest(),
        warnings=tuple(warnings),
        label_words=tuple(label_words),
        worded_truth=truth is not as_label,
    )
    return _choose(samples, max_samples, seed)


def _names(
    path: Path, row: Row, text_column: str | None, label_column: str | None
) -> tuple[str, str | None, str | None]:
    """Columns of text, label and id, decided by the first row."""
    text = _find(path, row, text_column, TEXT_COLUMNS, "text")
    if text is None:
        raise RequestError(
            f"'{path}' has no text column among {', '.join(map(str, row.values))}.",
            f"Expected {', '.join(TEXT_COLUMNS)}, or name it with --text-column.",
        )
    label = _find(path, row, label_column, LABEL_COLUMNS, "label")
    return text, label, _find(path, row, None, ID_COLUMNS, "id")


def _find(path: Path, row: Row, asked: str | None, known: Sequence[str], what: str) -> str | None:
    if asked is None:
        return next((name for name in known if name in row.values), None)
    if asked not in row.values:
        raise RequestError(
            f"'{path}' has no {what} column '{asked}'.",
            f"Its columns are {', '.join(map(str, row.values))}.",
        )
    return asked


def _take(
    path: Path,
    row: Row,
    names: tuple[str, str | None, str | None],
    columns: _Columns,
    words: bool,
) -> None:
    text_name, label_name, id_name = names
    text = _value(path, row, text_name, as_text, "a text")
    if len(text) > LONGEST_TEXT:
        raise RequestError(
            f"'{path}', {row.where}: the text has {len(text):,} characters, expected at most "
            f"{LONGEST_TEXT:,}.",
            "Remove or split that sample.",
        )
    number = len(columns.texts)
    identity = str(number) if id_name is None else _value(path, row, id_name, as_id, "an id")
    if identity in columns.ids:
        raise RequestError(
            f"'{path}', {row.where}: id '{identity}' is already on {columns.ids[identity]}.",
            "Give every sample its own id.",
        )
    if label_name is not None:
        columns.labels.append(_label(path, row, label_name, words))
        columns.places.append(f"'{path}', {row.where}")
    cleaned = clean_text(text)
    # A text may hold U+FFFD of its own; in a file that is UTF-8 throughout it is no replacement.
    if "\ufffd" in cleaned and (columns.broken or "\ufffd" not in text):
        columns.replaced.append(row.where)
    columns.ids[identity] = row.where
    columns.texts.append(cleaned)
    columns.poisoned.append(row.values.get("poisoned"))
    columns.true_labels.append(row.values.get("true_label"))


def _label(path: Path, row: Row, name: str, words: bool) -> int | str:
    word = as_word(row.values.get(name)) if words else None
    expected = "a whole number from 0, true or false"
    return _value(path, row, name, as_label, expected) if word is None else word


def _word_reader(words: Sequence[str]) -> Callable[[Any], int | None]:
    """Numbers of the true labels, which are words as the labels are."""
    known = {fold(word): number for number, word in enumerate(words)}
    return lambda value: known.get(fold(str(value)))


def _value(
    path: Path, row: Row, name: str, convert: Callable[[Any], _T | None], expected: str
) -> _T:
    value = convert(row.values.get(name))
    if value is None:
        found = repr(row.values[name])[:60] if name in row.values else "missing"
        words = convert is as_label and is_word(row.values.get(name))
        raise RequestError(
            f"'{path}', {row.where}: '{name}' is {found}, expected {expected}.",
            "Write the class numbers of the model's config.json (id2label) in place of names."
            if words
            else "Correct or remove that line.",
        )
    return value


def _truth(
    name: str,
    values: list[Any],
    convert: Callable[[Any], Any],
    dtype: type,
    warnings: list[str],
) -> np.ndarray | None:
    if all(value is None or value == "" for value in values):
        return None
    converted = [convert(value) for value in values]
    unreadable = sum(value is None for value in converted)
    if unreadable:
        warnings.append(f"column '{name}' is left out: {unreadable} values cannot be read.")
        return None
    return np.array(converted, dtype=dtype)


def _choose(samples: SampleSet, max_samples: int | None, seed: int) -> SampleSet:
    if max_samples is None or max_samples >= len(samples):
        return samples
    if max_samples < 1:
        raise RequestError(f"max-samples is {max_samples}, expected 1 or more.")
    rng = np.random.default_rng(seed)
    return samples.subset(np.sort(rng.choice(len(samples), size=max_samples, replace=False)))
