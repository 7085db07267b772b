"""One row of a question file: what is asked, what is offered, what is true."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from analysis.data.formats import Row
from analysis.data.values import as_label, clean_text
from analysis.errors import RequestError


class Question(NamedTuple):
    """A row as it stands in the file."""

    where: str
    question: str
    answer: str
    choices: tuple[str, ...] | None  # with the true answer; None: the file offers none
    ordered: bool  # the file says where the true answer stands
    paraphrase: str


def wrong_row(path: Path, row: Row, name: str | None, value: Any, expected: str) -> RequestError:
    """The error of one cell, with its line, value and what was expected."""
    found = "missing" if value is None else repr(value)[:60]
    return RequestError(
        f"'{path}', {row.where}: '{name}' is {found}, expected {expected}.",
        "Correct or remove that line.",
    )


def question_of(path: Path, row: Row) -> Question:
    """The question of one row, by the columns that it has.

    Raises:
        RequestError: a column is missing or holds something else.
    """
    values = row.values
    question = _text(path, row, "question")
    paraphrase = values.get("paraphrased_answer")
    paraphrase = clean_text(paraphrase) if isinstance(paraphrase, str) else ""
    if values.get("choices") is not None:
        offered = _texts(path, row, "choices")
        if len(offered) < 2 or len(set(offered)) < len(offered):
            raise wrong_row(path, row, "choices", values["choices"], "two or more different texts")
        answer = _answer(path, row, offered)
        return Question(row.where, question, answer, offered, ordered=True, paraphrase=paraphrase)
    answer = _text(path, row, "answer")
    wrong: tuple[str, ...] = ()
    if values.get("perturbed_answer") is not None:
        wrong = tuple(
            w for w in dict.fromkeys(_texts(path, row, "perturbed_answer")) if w != answer
        )
        if not wrong:
            raise wrong_row(
                path, row, "perturbed_answer", values["perturbed_answer"], "wrong answers"
            )
    choices = (answer, *wrong) if wrong else None
    return Question(row.where, question, answer, choices, ordered=False, paraphrase=paraphrase)


def _answer(path: Path, row: Row, offered: tuple[str, ...]) -> str:
    value = row.values.get("answer")
    if isinstance(value, str) and clean_text(value) in offered:
        return clean_text(value)
    place = as_label(value)
    if place is None and isinstance(value, str) and len(value.strip()) == 1:
        place = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".find(value.strip().upper())  # a letter, as printed
    if place is None or not 0 <= place < len(offered):
        last = len(offered) - 1
        raise wrong_row(path, row, "answer", value, f"0 to {last} or the text of a choice")
    return offered[place]


def _text(path: Path, row: Row, name: str) -> str:
    value = row.values.get(name)
    if not isinstance(value, str) or not value.strip():
        raise wrong_row(path, row, name, value, "a text")
    return clean_text(value)


def _texts(path: Path, row: Row, name: str) -> tuple[str, ...]:
    value = row.values[name]
    if isinstance(value, str):  # a cell of a CSV
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        raise wrong_row(path, row, name, row.values[name], "a list of texts")
    return tuple(clean_text(v) for v in value)
