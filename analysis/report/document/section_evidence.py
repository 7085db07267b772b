"""What the verdict rests on: located text, insertions, behaviour, layers, ranking, weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.report.charts.layers import detector_chart
from analysis.report.charts.ranking import ranking_chart
from analysis.report.charts.weights import weights_chart
from analysis.report.document.blocks import Block, Bullets, Grid, Paragraph, Picture, Section
from analysis.report.document.facts import Facts, verdict_of
from analysis.report.document.phrases import figure_text, layer_text, one_line, reasons
from analysis.report.document.sources import layer_rows, table
from analysis.report.layers import band_excess
from analysis.report.text import Words
from analysis.report.text.spoken import say as spoken
from analysis.report.text.translate import say
from analysis.report.weight_words import weights_sentence
from analysis.report.words import count, number, p_value

MOST_TRIGGERS, MOST_LAYERS = 12, 20
BEHAVIOUR = (
    "clean_accuracy",
    "majority_rate",
    "asr",
    "asr_all",
    "natural_flip_floor",
    "excess_asr",
    "false_trigger_rate",
    "trigger_survival",
    "fidelity",
)


def evidence_section(facts: Facts, words: Words, theme: str) -> Section:
    """Everything behind the inspection's answer, each beside its control."""
    run = facts.chain.evidence
    blocks: list[Block] = []
    for part in ("model", "data"):
        verdict = (verdict_of(run).get(part)) or {}
        if verdict:
            blocks.append(Paragraph(words(f"evidence.{part}")))
            blocks.append(Bullets(reasons(verdict.get("reasons") or (), words)))
    metrics = (run.record.get("metrics") or {}) if run is not None else {}
    blocks += _triggers(metrics, words)
    blocks += behaviour_grid(facts.figures, words)
    layers = layer_rows(run)
    if layers is not None:
        blocks += [Picture(detector_chart(layers, words, theme)), *_layer_grid(layers, words)]
    blocks.append(Picture(ranking_chart(table(run, "ranking"), words, theme)))
    attention = table(run, "attention")
    if facts.chain.inspection is not None:
        if attention is not None:
            blocks.append(Paragraph(say(weights_sentence(attention), words)))
        blocks.append(Picture(weights_chart(attention, words, theme)))
    return Section("evidence", words("section.evidence"), tuple(blocks))


def _triggers(metrics: Mapping[str, Any], words: Words) -> list[Block]:
    probes = {str(p.get("candidate")): p for p in metrics.get("probes") or ()}
    located = sorted(metrics.get("triggers") or (), key=lambda c: not c.get("suspicious"))
    rows = [_trigger(c, probes.pop(str(c.get("text")), None), words) for c in located]
    rows += [_trigger({"text": text, "kind": "bank"}, p, words) for text, p in probes.items()]
    if not rows:
        return [Paragraph(words("evidence.no_triggers"), muted=True)]
    names = ("text", "kind", "target", "samples", "purity", "flips", "floor", "excess")
    header = tuple(words(f"evidence.trigger.{name}") for name in names)
    kept = tuple(rows[:MOST_TRIGGERS])
    return [
        Paragraph(words("evidence.triggers")),
        Grid(header, kept, code=(0,), weights=(4, 1.4, 1, 1.2, 1.1, 1.8, 1.8, 2.6)),
    ]


def _trigger(
    candidate: Mapping[str, Any], probe: Mapping[str, Any] | None, words: Words
) -> tuple[str, ...]:
    kind = str(candidate.get("kind", ""))
    name = words(f"kind.{kind}") if words.has(f"kind.{kind}") else kind
    target = candidate.get("target", (probe or {}).get("target"))
    head = (
        one_line(str(candidate.get("text", ""))),
        words("evidence.suspicious", kind=name) if candidate.get("suspicious") else name,
        number(None) if target is None else str(target),
        count(int(candidate["support"])) if "support" in candidate else number(None),
        number(candidate.get("purity")),
    )
    if not probe or not probe.get("n"):
        return (*head, words("evidence.not_inserted"), number(None), number(None))
    n = count(int(probe["n"]))
    flips = words("evidence.of", k=count(int(probe["flips"])), n=n)
    floor = words("evidence.of", k=count(int(probe["floor_flips"])), n=n)
    excess = f"{number(probe['excess'])} [{number(probe['low'])}–{number(probe['high'])}]"
    return (*head, flips, floor, excess)


def behaviour_grid(
    models: Mapping[str, Mapping[str, Any]], words: Words, *, lead: str = "evidence.behaviour"
) -> list[Block]:
    """Every behaviour figure of every model, with interval and n."""
    roles = list(models)
    rows = []
    for name in BEHAVIOUR:
        cells = [models[role].get(name) for role in roles]
        if any(isinstance(cell, Mapping) for cell in cells):
            texts = [figure_text(c) if isinstance(c, Mapping) else number(None) for c in cells]
            rows.append((words(f"figure.{name}"), *texts))
    classes = sorted({c for m in models.values() for c in m.get("triggered_accuracy") or {}})
    for label in classes:
        found = [(models[role].get("triggered_accuracy") or {}).get(label) for role in roles]
        name = words("figure.triggered_accuracy", label=label)
        rows.append((name, *(figure_text(figure) for figure in found)))
    if not rows:
        return []
    header = (words("evidence.figure"), *(words(f"role.{role}") for role in roles))
    return [Paragraph(words(lead)), Grid(header, tuple(rows))]


def _layer_grid(layers: pd.DataFrame, words: Words) -> list[Block]:
    suspect = layers[layers["model"] == "suspect"].assign(excess=band_excess)
    top = suspect.dropna(subset=["excess"]).sort_values("excess", ascending=False, kind="stable")
    if top.empty:
        return []
    names = ("layer", "detector", "statistic", "suspect", "band", "reads", "p")
    header = tuple(words(f"evidence.layer.{name}") for name in names)
    rows = tuple(_layer_row(row, words) for row in top.head(MOST_LAYERS).to_dict("records"))
    values = {"shown": count(len(rows)), "total": count(len(top))}
    return [Paragraph(words("evidence.layers", **values)), Grid(header, rows)]


def _layer_row(row: Mapping[Any, Any], words: Words) -> tuple[str, ...]:
    excess = float(row["excess"])
    reads = "inside" if excess <= 1 else ("above" if excess <= 3 else "far")
    return (
        layer_text(f"{row['stack']}:{row['layer']}", words),
        spoken(str(row["detector"]).replace("_", " ")),
        spoken(str(row["statistic"]).replace("_", " ")),
        number(row["value"]),
        f"{number(row['null_low'])} – {number(row['null_high'])}",
        words(f"reads.{reads}"),
        p_value(row.get("p_adjusted")),
    )
