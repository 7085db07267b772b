"""Page 1: the verdict in words, what was compared, what was not tested, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from analysis import __version__
from analysis.report.charts.behaviour import behaviour_chart
from analysis.report.charts.layers import layer_chart
from analysis.report.charts.maps import map_chart
from analysis.report.document.blocks import Grid, PageOne, Picture
from analysis.report.document.chain import Chain
from analysis.report.document.facts import Facts, verdict_of
from analysis.report.document.gaps import not_tested
from analysis.report.document.phrases import (
    SHORT,
    moment,
    one_line,
    stage_answer,
    values_of,
    visible,
)
from analysis.report.document.release_words import approval_lines, trail_line
from analysis.report.document.sources import layers_of, map_tables
from analysis.report.text import Words
from analysis.report.words import count, number
from analysis.runs.run import Run

ROLES = ("suspect", "original", "unlearned", "reference", "start", "trained")


def page_one(facts: Facts, words: Words, theme: str, author: str, when: str) -> PageOne:
    """Put page 1 together.

    Args:
        facts: of the chain.
        words: the language.
        theme: "light" or "dark", of the charts.
        author: who reports; empty when not given.
        when: ISO 8601 moment of the report.
    """
    said = values_of(facts, words)
    plain = facts.headline == "found" and facts.trigger is None
    return PageOne(
        word=words(f"answer.{facts.answer}"),
        tone=facts.tone,
        sentence=words("verdict.found_plain" if plain else f"verdict.{facts.headline}", **said),
        confidence=confidence(facts, words),
        stages=_stages(facts.chain, words),
        compared=_compared(facts.chain, words),
        pictures=_pictures(facts, words, theme),
        not_tested=not_tested(facts, words),
        action=actions(facts, words),
        colophon=_colophon(facts, words, author, when),
        approval=approval_lines(facts.release, words),
    )


def confidence(facts: Facts, words: Words) -> str:
    """The deciding run's confidence, with what kind of number it is."""
    value = verdict_of(facts.deciding).get("confidence")
    if value is None or facts.tone == "neutral":
        return words("page.no_confidence")
    return words("page.confidence", value=number(float(value)))


def _stages(chain: Chain, words: Words) -> Grid:
    header = tuple(words(f"page.stages.{name}") for name in ("stage", "answer", "run", "when"))
    rows = tuple(
        (
            words(f"stage.{name}"),
            stage_answer(name, run, words, audited=chain.audit is not None),
            run.run_id,
            moment(run.record.get("finished") or run.record.get("created")),
        )
        for name, run in chain.stages()
    )
    return Grid(header, rows, code=(2,), weights=(2, 4, 4, 2.4))


def _compared(chain: Chain, words: Words) -> Grid:
    header = tuple(words(f"page.compared.{name}") for name in ("what", "name", "size", "print"))
    models, files = inputs_of(chain)
    shown = [entry for entry in models if entry.get("role") in ROLES]
    rows = [_model_row(entry, words) for entry in shown]
    rest = len(models) - len(shown)
    if rest:
        name = words("page.compared.controls", n=rest)
        rows.append((words("role.control"), name, "", words("page.compared.appendix")))
    rows += [
        (
            _role(entry, words, "sample_role"),
            visible(PurePath(str(entry.get("source") or "")).name),
            words("page.compared.rows", n=count(int(entry.get("rows") or 0))),
            str(entry.get("sha256") or "")[:SHORT],
        )
        for entry in files
        if entry.get("sha256") or not _named_again(entry, files)
    ]
    return Grid(header, tuple(rows), code=(3,), weights=(2, 4, 3.4, 2))


def _named_again(entry: Mapping[str, Any], files: Sequence[Mapping[str, Any]]) -> bool:
    """Whether another run of the chain has the same samples with their fingerprint."""
    same = (each for each in files if each.get("role") == entry.get("role"))
    return any(each.get("sha256") and each.get("rows") == entry.get("rows") for each in same)


def _model_row(entry: Mapping[str, Any], words: Words) -> tuple[str, str, str, str]:
    size = words(
        "page.compared.model",
        architecture=visible(str(entry.get("architecture") or "")),
        layers=entry.get("layers") or number(None),
    )
    name = visible(PurePath(str(entry.get("source") or "")).name)
    return _role(entry, words, "role"), name, size, str(entry.get("sha256") or "")[:SHORT]


def _role(entry: Mapping[str, Any], words: Words, group: str) -> str:
    role = str(entry.get("role") or "")
    return words(f"{group}.{role}") if words.has(f"{group}.{role}") else visible(role)


def inputs_of(chain: Chain) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Models and sample files of all runs of a chain, each (content) once."""
    models: dict[str, Mapping[str, Any]] = {}
    files: dict[str, Mapping[str, Any]] = {}
    for run in chain.runs:
        inputs = run.record.get("inputs") or {}
        for found, kind in ((models, "models"), (files, "samples")):
            for entry in inputs.get(kind) or ():
                found.setdefault(str(entry.get("sha256") or entry.get("source")), entry)
    return list(models.values()), list(files.values())


def _pictures(facts: Facts, words: Words, theme: str) -> tuple[Picture, ...]:
    chain = facts.chain
    return tuple(
        Picture(chart)
        for chart in (
            map_chart(map_tables(chain, words), words),
            layer_chart(layers_of(chain), words, theme),
            behaviour_chart(facts.figures, words),
        )
    )


def actions(facts: Facts, words: Words) -> tuple[str, ...]:
    """What to do now, most urgent first."""
    said = values_of(facts, words)
    key = facts.headline
    if key == "removed" and facts.chain.unlearning is not None and _was_quick(facts.chain.audit):
        key = "removed_quick"
        said["removal"] = facts.chain.unlearning.run_id
    lines = [words(f"action.{key}.{part}", **said) for part in ("first", "second")
             if words.has(f"action.{key}.{part}")]  # fmt: skip
    if facts.data == "found" and facts.answer not in ("found", "not_found"):
        lines.append(words("action.data", **said))
    return tuple(lines)


def _was_quick(audit: Run | None) -> bool:
    """Whether the cheapest budget gave the answer; a stronger one may still speak against it."""
    return audit is not None and (audit.record["config"]["values"] or {}).get("budget") == "quick"


def _colophon(facts: Facts, words: Words, author: str, when: str) -> str:
    environment = facts.deciding.record.get("environment") or {}
    git = environment.get("git") or {}
    commit = str(git.get("commit") or "")[:SHORT] or words("page.unknown")
    if git.get("dirty"):
        commit = words("page.dirty", commit=commit)
    said = words(
        "page.colophon",
        author=one_line(author) or words("page.no_author"),
        when=moment(when),
        version=__version__,
        commit=commit,
        device=environment.get("device") or words("page.unknown"),
        precision=environment.get("precision") or words("page.unknown"),
    )
    return f"{said} {trail_line(facts.release, words)}".strip()
