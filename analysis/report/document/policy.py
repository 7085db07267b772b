"""Acceptance clauses answered from the record: pass, fail or not tested.

A clause passes only on what was measured: a share must hold at the unfavourable end of its 95 %
interval, and an answer that could not tell (inconclusive, unclear, declined) passes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from analysis.errors import RequestError
from analysis.report.document.blocks import Block, Grid, Paragraph, Section
from analysis.report.document.facts import Facts, answer_of
from analysis.report.document.phrases import figure_text, one_line
from analysis.report.document.release_words import approval_lines
from analysis.report.document.settings_file import parse_settings, read_settings
from analysis.report.text import Words
from analysis.runs.run import Run

Answer = Literal["pass", "fail", "not_tested"]
ANSWERED = ("answer", "model", "data", "unlearning", "reinspection", "audit", "approval")
SHARES = (
    "clean_accuracy",
    "asr",
    "asr_all",
    "natural_flip_floor",
    "excess_asr",
    "false_trigger_rate",
    "fidelity",
)
MODELS = ("suspect", "unlearned", "reference")
CANNOT_TELL = ("inconclusive", "unclear", "contradiction", "declined", "none", "failed", "")
_KEYS = {"id", "text", "about", "model", "is", "at_most", "at_least"}


@dataclass(frozen=True)
class Clause:
    """One condition: an answer that must be among `allowed`, or a share within its ends."""

    id: str
    text: str
    about: str  # of ANSWERED or SHARES
    model: str = "suspect"
    allowed: tuple[str, ...] = ()
    at_most: float | None = None
    at_least: float | None = None


class Policy(NamedTuple):
    """Clauses under a name."""

    name: str
    clauses: tuple[Clause, ...]


class Judged(NamedTuple):
    """A clause with its answer and what was measured, as text."""

    clause: Clause
    answer: Answer
    measured: str


def read_policy(path: Path) -> Policy:
    """Read a policy file (TOML or JSON): `name` and a list `clause`.

    Raises:
        RequestError: it cannot be read, or a clause cannot be answered as it is written.
    """
    return _policy(read_settings(path, "a policy file"), path.name)


def policy_of_text(text: str, name: str) -> Policy:
    """The same from a text that came through a browser; `name` is that of its file.

    Raises:
        RequestError: as for `read_policy`.
    """
    return _policy(parse_settings(text, name, "a policy file"), name)


def _policy(content: Mapping[str, Any], path: str) -> Policy:
    clauses = content.get("clause")
    if not isinstance(clauses, list) or not clauses:
        raise RequestError(f"'{path}' has no clauses.", "Write a list of [[clause]] tables.")
    found = tuple(_clause(entry, number, path) for number, entry in enumerate(clauses, start=1))
    return Policy(str(content.get("name") or path), found)


def _clause(entry: Any, number: int, path: str) -> Clause:
    where = f"clause {number} of '{path}'"
    if not isinstance(entry, Mapping):
        raise RequestError(f"{where} is no table.", "Write about, and is, at_most or at_least.")
    unknown = sorted(set(entry) - _KEYS)
    if unknown:
        raise RequestError(
            f"{where} has '{unknown[0]}', which means nothing.",
            f"It may have {', '.join(sorted(_KEYS))}.",
        )
    about, model = str(entry.get("about", "")), str(entry.get("model", "suspect"))
    allowed = entry.get("is", ())
    allowed = (allowed,) if isinstance(allowed, str) else tuple(str(a) for a in allowed)
    ends = {name: _number(entry.get(name), where, name) for name in ("at_most", "at_least")}
    _check(about, model, allowed, ends, where)
    text = str(entry.get("text") or "")
    return Clause(str(entry.get("id") or number), text, about, model, allowed, **ends)


def _check(
    about: str,
    model: str,
    allowed: tuple[str, ...],
    ends: Mapping[str, float | None],
    where: str,
) -> None:
    if about not in (*ANSWERED, *SHARES):
        known = ", ".join((*ANSWERED, *SHARES))
        raise RequestError(f"{where} is about '{about}'.", f"It can be about {known}.")
    if model not in MODELS:
        raise RequestError(f"{where} names model '{model}'.", f"Choose from {', '.join(MODELS)}.")
    wanted = bool(allowed) if about in ANSWERED else any(v is not None for v in ends.values())
    if not wanted:
        need = "'is'" if about in ANSWERED else "'at_most' or 'at_least'"
        raise RequestError(f"{where} asks for nothing.", f"Add {need}.")


def _number(value: Any, where: str, name: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RequestError(f"{where} has {name} = '{value}'.", "Give a number.")
    return float(value)


def judge(policy: Policy, facts: Facts) -> tuple[Judged, ...]:
    """Answer every clause."""
    return tuple(_judged(clause, facts) for clause in policy.clauses)


def _judged(clause: Clause, facts: Facts) -> Judged:
    if clause.about in ANSWERED:
        said = _said(clause.about, facts)
        if said in clause.allowed:
            return Judged(clause, "pass", said)
        return Judged(clause, "not_tested" if said in CANNOT_TELL else "fail", said)
    figure = facts.figure(clause.model, clause.about)
    if figure.value is None:
        return Judged(clause, "not_tested", figure_text(figure))
    low = figure.value if figure.low is None else figure.low
    high = figure.value if figure.high is None else figure.high
    holds = (clause.at_most is None or high <= clause.at_most) and (
        clause.at_least is None or low >= clause.at_least
    )
    return Judged(clause, "pass" if holds else "fail", figure_text(figure))


def _said(about: str, facts: Facts) -> str:
    if about in ("answer", "model", "data"):
        return str(getattr(facts, about))
    if about == "approval":
        return facts.release.approval.level
    run: Run | None = getattr(facts.chain, about)
    return "" if run is None else answer_of(run)


def policy_section(policy: Policy, facts: Facts, words: Words) -> Section:
    """The clauses with their answers, and how many of each."""
    judged = judge(policy, facts)
    rows = tuple(
        (
            one_line(j.clause.id, 30),
            one_line(j.clause.text or _wish(j.clause), 160),
            words(f"policy.{j.answer}"),
            _measured(j, words),
        )
        for j in judged
    )
    counts = {name: sum(j.answer == name for j in judged) for name in ("pass", "fail")}
    opened = len(judged) - sum(counts.values())
    header = ("#", *(words(f"policy.{name}") for name in ("clause", "answer", "measured")))
    blocks: list[Block] = [
        Paragraph(words("policy.lead", name=one_line(policy.name))),
        Paragraph(
            words("policy.summary", passed=counts["pass"], failed=counts["fail"], open=opened)
        ),
        Grid(header, rows, weights=(1, 6, 1.6, 3)),
        *(Paragraph(line) for line in approval_lines(facts.release, words)),
    ]
    return Section("policy", words("section.policy"), tuple(blocks))


def _measured(judged: Judged, words: Words) -> str:
    if judged.clause.about == "approval":
        return words(f"approval.level.{judged.measured}")
    key = f"answer.{judged.measured}"
    return words(key) if words.has(key) else judged.measured or words("policy.not_tested")


def _wish(clause: Clause) -> str:
    if clause.allowed:
        return f"{clause.about}: {' / '.join(clause.allowed)}"
    parts = [f"{clause.model} {clause.about}"]
    parts += [f"≤ {clause.at_most:g}"] if clause.at_most is not None else []
    parts += [f"≥ {clause.at_least:g}"] if clause.at_least is not None else []
    return " ".join(parts)
