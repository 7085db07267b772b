"""Reading question files into a FactSet, whatever benchmark they are shaped like.

- Deeb & Roger: `question`, `choices`, `answer` (place from 0, or the text), `fold`.
- WMDP, MMLU: `question`, `choices`, `answer` (place from 0).
- TOFU: `question`, `answer` (text), `perturbed_answer` (wrong answers), `paraphrased_answer`.
- Plain pairs: `question`, `answer`; wrong answers are then drawn from the other rows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from analysis.data.facts import FOLDS, FactSet, assign_folds
from analysis.data.facts_row import Question, question_of, wrong_row
from analysis.data.formats import Row, format_of, is_utf8, read_bytes, rows_of
from analysis.data.values import as_id, as_label
from analysis.errors import RequestError

FOLD_COLUMNS = ("fold", "folds")
_DRAWN = 3  # wrong answers per question where the file has none


@dataclass
class _Columns:
    ids: dict[str, str] = field(default_factory=dict)  # id -> where it stands
    questions: list[Question] = field(default_factory=list)
    folds: list[int] = field(default_factory=list)


def read_facts(
    path: str | Path, folds: int = FOLDS, max_facts: int | None = None, seed: int = 0
) -> FactSet:
    """Read JSONL, a JSON list, CSV, TSV or Parquet, also gzipped.

    Args:
        path: the file; a `choices` cell of a CSV holds a JSON list.
        folds: how many, where the file has no `fold` column.
        max_facts: a seeded choice of at most so many, in file order.
        seed: decides that choice, the folds and the drawn or shuffled wrong answers.

    Raises:
        RequestError: the file or a row is missing something or wrong, with its line.
    """
    path = Path(path)
    raw = read_bytes(path)
    columns = _Columns()
    for row in _rows(path, raw):
        _take(path, row, columns)
    if not columns.questions:
        raise RequestError(f"'{path}' has 0 rows.", "Give a file with at least one fact.")
    rng = np.random.default_rng(seed)
    found = [_offered(path, item, columns.questions, rng) for item in columns.questions]
    questions = tuple(item.question for item in columns.questions)
    facts = FactSet(
        ids=tuple(columns.ids),
        questions=questions,
        choices=tuple(choices for choices, _ in found),
        correct=np.array([place for _, place in found], dtype=np.int64),
        folds=_folds(path, questions, columns.folds, folds, seed),
        paraphrases=_paraphrases(columns.questions),
        source=str(path),
        sha256=hashlib.sha256(raw).hexdigest(),
        warnings=_warnings(columns, questions, utf8=is_utf8(path, raw)),
    )
    return _choose(facts, max_facts, rng)


def _warnings(columns: _Columns, questions: Sequence[str], *, utf8: bool) -> tuple[str, ...]:
    found = [] if utf8 else ["bytes that are not UTF-8 were replaced by U+FFFD."]
    if any(item.choices is None for item in columns.questions):
        found.append("wrong answers were drawn from the other rows of the file.")
    repeated = len(questions) - len(set(questions))
    if repeated:
        found.append(
            f"{repeated} questions are asked more than once; a fold "
            "that holds one of them must hold all."
        )
    return tuple(found)


def write_facts(facts: FactSet, path: str | Path) -> None:
    """Write JSONL in the shape of Deeb & Roger with the folds; `read_facts` gives it back.

    Raises:
        RequestError: the folder cannot be written, or the name does not end in .jsonl.
    """
    path = Path(path)
    if path.suffix != ".jsonl":
        raise RequestError(f"'{path}' does not end in .jsonl.", "Facts are written as JSONL.")
    lines = []
    for row, identity in enumerate(facts.ids):
        record = {
            "id": identity,
            "question": facts.questions[row],
            "choices": list(facts.choices[row]),
            "answer": int(facts.correct[row]),
            "fold": int(facts.folds[row]),
        }
        if facts.paraphrases and facts.paraphrases[row]:
            record["paraphrased_answer"] = facts.paraphrases[row]
        lines.append(json.dumps(record, ensure_ascii=False) + "\n")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.tmp")
        part.write_text("".join(lines), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise RequestError(f"'{path}' cannot be written: {error.strerror or error}.") from None


def _rows(path: Path, raw: bytes) -> Iterator[Row]:
    """Rows of the file; a JSON list, as WMDP publishes its questions, counts as rows too."""
    if format_of(path) != "jsonl" or not raw.lstrip().startswith(b"["):
        yield from rows_of(path, raw)
        return
    try:
        values = json.loads(raw.decode("utf-8", errors="replace"))
    except (ValueError, RecursionError) as error:
        raise RequestError(f"'{path}' is not valid JSON: {error}.") from None
    for number, value in enumerate(values, start=1):
        if not isinstance(value, dict):
            raise RequestError(f"'{path}', entry {number}: expected a JSON object.")
        yield Row(f"entry {number}", value)


def _take(path: Path, row: Row, columns: _Columns) -> None:
    item = question_of(path, row)
    name = next((c for c in ("id", "idx") if c in row.values), "")
    identity = as_id(row.values[name]) if name else str(len(columns.questions))
    if identity is None:
        raise wrong_row(path, row, name, row.values[name], "an id")
    if identity in columns.ids:
        raise RequestError(
            f"'{path}', {row.where}: id '{identity}' is already on {columns.ids[identity]}.",
            "Give every fact its own id.",
        )
    columns.ids[identity] = row.where
    columns.questions.append(item)
    name = next((c for c in FOLD_COLUMNS if c in row.values), "")
    if name:
        fold = as_label(row.values[name])
        if fold is None:
            raise wrong_row(path, row, name, row.values[name], "a whole number from 0")
        columns.folds.append(fold)


def _offered(
    path: Path, item: Question, others: list[Question], rng: np.random.Generator
) -> tuple[tuple[str, ...], int]:
    """Choices and the place of the true one; only choices that the file orders keep theirs."""
    if item.ordered and item.choices is not None:
        return item.choices, item.choices.index(item.answer)
    wrong = [c for c in item.choices or () if c != item.answer]
    if not wrong:
        known = sorted({other.answer for other in others} - {item.answer})
        if not known:
            raise RequestError(
                f"'{path}', {item.where}: there is no wrong answer to choose from.",
                "Add 'choices' or 'perturbed_answer'.",
            )
        drawn = rng.choice(len(known), size=min(_DRAWN, len(known)), replace=False)
        wrong = [known[i] for i in drawn]
    place = int(rng.integers(len(wrong) + 1))
    return (*wrong[:place], item.answer, *wrong[place:]), place


def _folds(
    path: Path, questions: tuple[str, ...], given: list[int], k: int, seed: int
) -> np.ndarray:
    if not given:
        return assign_folds(questions, min(k, len(set(questions))), seed)
    if len(given) != len(questions):
        raise RequestError(
            f"'{path}' gives a fold for {len(given)} of {len(questions)} facts.",
            "Give it for all or for none.",
        )
    names = sorted(set(given))
    if len(names) < 2:
        raise RequestError(f"'{path}' puts every fact into one fold, expected 2 or more.")
    return np.array([names.index(fold) for fold in given], dtype=np.int64)


def _paraphrases(items: list[Question]) -> tuple[str, ...]:
    return tuple(i.paraphrase for i in items) if any(i.paraphrase for i in items) else ()


def _choose(facts: FactSet, max_facts: int | None, rng: np.random.Generator) -> FactSet:
    if max_facts is None or max_facts >= len(facts):
        return facts
    if max_facts < facts.n_folds:
        raise RequestError(f"max-facts is {max_facts}, expected {facts.n_folds} or more.")
    # the same share of every fold, so that none runs empty
    order = rng.permutation(len(facts))
    rank = np.empty(len(facts), dtype=np.int64)
    for fold in range(facts.n_folds):
        rows = order[facts.folds[order] == fold]
        rank[rows] = np.arange(len(rows))
    return facts.subset(np.sort(np.lexsort((facts.folds, rank))[:max_facts]))
