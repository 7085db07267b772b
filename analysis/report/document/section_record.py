"""What experts check: methods, parameters, seeds, steps, fingerprints, words and outside ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.detect.specs import DETECTORS
from analysis.report.document.blocks import Block, Bullets, Grid, Paragraph, Section
from analysis.report.document.facts import Facts
from analysis.report.document.page_one import inputs_of
from analysis.report.document.phrases import one_line, reasons
from analysis.report.document.release_words import trail_section
from analysis.report.document.sources import layer_rows
from analysis.report.document.taxonomy import PINNED, TAXA
from analysis.report.text import Words
from analysis.report.text.spoken import told
from analysis.report.text.translate import say
from analysis.report.words import count, number
from analysis.runs.run import Run


def record_sections(facts: Facts, words: Words) -> tuple[Section, ...]:
    """Methods, parameters, steps, fingerprints, outside ids and glossary."""
    return (
        _methods(facts, words),
        _parameters(facts, words),
        _steps(facts, words),
        _fingerprints(facts, words),
        trail_section(facts.release, words),
        _outside(words),
        _glossary(words),
    )


def _methods(facts: Facts, words: Words) -> Section:
    blocks: list[Block] = [Bullets(tuple(words.group("method_text").values()))]
    layers = layer_rows(facts.chain.inspection)
    used = set() if layers is None else set(layers["detector"].astype(str))
    rows = tuple(
        (spec.name, told(spec.summary), told(spec.misses), spec.paper)
        for spec in DETECTORS
        if spec.name in used
    )
    if rows:
        header = tuple(words(f"methods.{name}") for name in ("name", "shows", "misses", "source"))
        blocks += [
            Paragraph(words("methods.detectors")),
            Grid(header, rows, code=(0,), weights=(2, 4, 4, 3)),
        ]
    return Section("methods", words("section.methods"), tuple(blocks))


def _parameters(facts: Facts, words: Words) -> Section:
    blocks: list[Block] = [Paragraph(words("parameters.lead"))]
    for run in facts.chain.runs:
        config = run.record.get("config") or {}
        origins = config.get("origins") or {}
        rows = tuple(
            (str(key), one_line(_plain(value), 160), str(origins.get(key, "")))
            for key, value in sorted((config.get("values") or {}).items())
        )
        header = tuple(words(f"parameters.{name}") for name in ("option", "value", "origin"))
        blocks += [_about(run, words), Grid(header, rows, code=(0, 1), weights=(2, 4, 2))]
        blocks.append(Paragraph(_environment(run, words), muted=True))
    return Section("parameters", words("section.parameters"), tuple(blocks))


def _about(run: Run, words: Words) -> Paragraph:
    return Paragraph(words("parameters.run", run=run.run_id, kind=words(f"kind_of_run.{run.kind}")))


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(v) for v in value) or number(None)
    return number(None) if value is None or value == "" else str(value)


def _environment(run: Run, words: Words) -> str:
    found = run.record.get("environment") or {}
    versions = found.get("versions") or {}
    git = found.get("git") or {}
    return words(
        "parameters.environment",
        seed=found.get("seed", number(None)),
        device=found.get("device") or words("page.unknown"),
        precision=found.get("precision") or words("page.unknown"),
        commit=git.get("commit") or words("page.unknown"),
        versions=", ".join(f"{k} {v}" for k, v in versions.items()) or words("page.unknown"),
    )


def _steps(facts: Facts, words: Words) -> Section:
    blocks: list[Block] = []
    for run in facts.chain.runs:
        header = tuple(words(f"steps.{name}") for name in ("name", "status", "seconds", "reason"))
        rows = tuple(
            (
                str(step.get("name", "")),
                words(f"step_status.{step.get('status', 'done')}"),
                number(step.get("seconds")),
                one_line(say(str(step.get("reason") or ""), words), 160),
            )
            for step in run.record.get("steps") or ()
        )
        blocks += [_about(run, words), Grid(header, rows, weights=(3, 1.4, 1.2, 5))]
        warned = reasons(run.record.get("warnings") or (), words)
        if warned:
            blocks += [Paragraph(words("steps.warnings")), Bullets(warned)]
        if run.reason:
            blocks.append(Paragraph(words("steps.ended", reason=say(run.reason, words))))
    return Section("steps", words("section.steps"), tuple(blocks))


def _fingerprints(facts: Facts, words: Words) -> Section:
    models, files = inputs_of(facts.chain)
    header = tuple(words(f"prints.{name}") for name in ("what", "source", "sha256"))
    rows = [_print(entry) for entry in (*models, *files)]
    blocks: list[Block] = [
        Paragraph(words("prints.lead")),
        Grid(header, tuple(rows), code=(1, 2), weights=(1.4, 3, 5)),
    ]
    for run in facts.chain.runs:
        kept = tuple(
            (str(e.get("name")), _rows(e), str(e.get("sha256") or ""))
            for e in run.record.get("artifacts") or ()
        )
        own = ("record.json", "", str(run.record.get("record_sha256") or ""))
        titles = (words("prints.file"), words("prints.rows"), words("prints.sha256"))
        blocks += [
            _about(run, words),
            Grid(titles, (own, *kept), code=(0, 2), weights=(3, 1, 5.4)),
        ]
    return Section("fingerprints", words("section.fingerprints"), tuple(blocks))


def _print(entry: Mapping[str, Any]) -> tuple[str, str, str]:
    source = one_line(str(entry.get("source") or ""), 120)
    return str(entry.get("role") or ""), source, str(entry.get("sha256") or "")


def _rows(entry: Mapping[str, Any]) -> str:
    rows = entry.get("rows")
    return number(None) if rows is None else count(int(rows))


def _outside(words: Words) -> Section:
    header = tuple(words(f"outside.{name}") for name in ("scheme", "id", "name", "finding"))
    rows = tuple(
        (taxon.scheme, taxon.id, taxon.name, words(f"finding.{finding}"))
        for finding, taxa in TAXA.items()
        for taxon in taxa
    )
    pinned = ", ".join(f"{name} {version}" for name, version in PINNED.items())
    lead = Paragraph(words("outside.lead", versions=pinned))
    grid = Grid(header, rows, code=(1,), weights=(2, 2, 4, 3))
    return Section("outside", words("section.outside"), (lead, grid))


def _glossary(words: Words) -> Section:
    terms = words.group("glossary")
    rows = tuple((terms[f"{key}.term"], terms[f"{key}.means"]) for key in _terms(terms))
    grid = Grid((), rows, weights=(2, 7))
    return Section("glossary", words("section.glossary"), (grid,))


def _terms(terms: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys(key.split(".")[0] for key in terms))
