"""What a removal or a training did to the model; an audit of it follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.report.charts.curves import history_chart
from analysis.report.document.blocks import Block, Grid, Paragraph, Picture, Section
from analysis.report.document.chain import Chain
from analysis.report.document.facts import Facts
from analysis.report.document.phrases import figure_text, layer_text, one_line
from analysis.report.document.section_audit import answer_blocks, audit_section
from analysis.report.document.sources import table
from analysis.report.text import Words
from analysis.report.text.spoken import say, told
from analysis.report.words import count, number
from analysis.runs.run import Run

MOST_ROWS, MOST_VALUES = 20, 40
# Figures of a look at the guard samples, in reading order.
GUARDED = ("accuracy", "asr", "own", "floor", "target_triggered", "target_clean")


def change_sections(facts: Facts, words: Words, theme: str) -> tuple[Section, ...]:
    """One section for the removal, one for the audit; none where there was none."""
    chain = facts.chain
    found = []
    if chain.unlearning is not None:
        found.append(_removal(chain, chain.unlearning, words))
    if chain.audit is not None:
        found.append(audit_section(chain.audit, words, theme))
    if chain.training is not None:
        blocks = (Picture(history_chart(table(chain.training, "history"), words)),)
        found.append(Section("training", words("section.training"), blocks))
    return tuple(found)


def _removal(chain: Chain, run: Run, words: Words) -> Section:
    again, audited = chain.reinspection, chain.audit is not None
    metrics = run.record.get("metrics") or {}
    blocks: list[Block] = answer_blocks("unlearning", run, words, audited=audited)
    blocks += _pairs(words("removal.chosen"), _told(metrics.get("chosen")))
    blocks += _guard(metrics.get("guard"), words)
    blocks.append(Picture(history_chart(table(run, "history"), words)))
    blocks += _weights(run, words)
    blocks += _table(run, "trials", words("removal.trials"))
    if again is not None:
        blocks += answer_blocks("reinspection", again, words)
    return Section("removal", words("section.removal"), tuple(blocks))


def _told(chosen: Any) -> Any:
    """What was chosen, with its sentences in the language of the document."""
    if not isinstance(chosen, Mapping):
        return chosen
    kept = dict(chosen)
    for name, speak in (("title", say), ("strength_means", say), ("why", told)):
        if kept.get(name):
            kept[name] = speak(str(kept[name]))
    return kept


def _guard(guard: Any, words: Words) -> list[Block]:
    """What the guard samples said before the removal and of the weights that were kept."""
    if not isinstance(guard, Mapping):
        return []
    looks = [guard.get(when) or {} for when in ("before", "after")]
    rows = [
        (words(f"guarded.{name}"), *(_percent(look.get(name)) for look in looks))
        for name in GUARDED
        if any(look.get(name) is not None for look in looks)
    ]
    if not rows:
        return []
    told_of = [words("removal.guard")]
    if guard.get("step") is not None:
        step = int(guard["step"])
        told_of.append(words("removal.kept" if step else "removal.none_kept", step=count(step)))
    header = ("", say("before"), say("after"))
    return [Paragraph(" ".join(told_of)), Grid(header, tuple(rows), weights=(4, 2, 2))]


def _percent(value: Any) -> str:
    return "-" if value is None else f"{float(value):.1%}"


def _pairs(title: str, values: Any) -> list[Block]:
    """A flat view of a recorded object; nested ones one level deep, figures with interval."""
    rows = tuple(_flat(values))[:MOST_VALUES]
    return [Paragraph(title), Grid((), rows, code=(0,), weights=(2, 5))] if rows else []


def _flat(values: Any, prefix: str = "") -> list[tuple[str, str]]:
    if not isinstance(values, Mapping):
        return [] if values is None else [(prefix or "value", one_line(str(values), 200))]
    if "value" in values and ("low" in values or "n" in values):
        return [(prefix, figure_text(values))]
    found: list[tuple[str, str]] = []
    for key, value in values.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, Mapping):
            found += _flat(value, name)
        elif isinstance(value, float):
            found.append((name, number(value)))
        elif isinstance(value, list) and any(isinstance(v, Mapping) for v in value):
            for place, item in enumerate(value, start=1):
                found += _flat(item, f"{name}.{place}")
        elif isinstance(value, list):
            shown = ", ".join(number(v) if isinstance(v, float) else str(v) for v in value[:8])
            found.append((name, one_line(shown, 200)))
        elif value not in (None, ""):
            found.append((name, one_line(str(value), 200)))
    return found


_MEASURED = {"weights", "changed", "l2", "largest"}


def _weights(run: Run, words: Words) -> list[Block]:
    """Per layer: weights, share that changed, length and largest entry of the change."""
    frame = table(run, "weights")
    if frame is None or frame.empty or not _MEASURED | {"stack", "layer"} <= set(frame.columns):
        return []
    parts = frame.assign(moved=frame["changed"] * frame["weights"], square=frame["l2"] ** 2)
    layers = parts.groupby(["stack", "layer"], observed=True, sort=True).agg(
        weights=("weights", "sum"),
        moved=("moved", "sum"),
        square=("square", "sum"),
        largest=("largest", "max"),
    )
    rows = tuple(
        (
            _part_name(str(row["stack"]), int(row["layer"]), words),
            count(int(row["weights"])),
            number(row["moved"] / max(row["weights"], 1)),
            number(float(row["square"]) ** 0.5),
            number(row["largest"]),
        )
        for row in layers.reset_index().to_dict("records")
    )
    names = ("weights", "changed", "length", "largest")
    header = (words("evidence.layer.layer"), *(words(f"removal.{name}_of") for name in names))
    return [Paragraph(words("removal.weights")), Grid(header, rows)]


def _part_name(stack: str, layer: int, words: Words) -> str:
    """A layer, or one of the parts before and behind the layers: a weight delta's 0 and -1."""
    if layer > 0:
        return layer_text(f"{stack}:{layer}", words)
    return words("removal.head" if layer < 0 else "removal.embeddings")


def _table(run: Run, name: str, title: str) -> list[Block]:
    frame = table(run, name)
    if frame is None or frame.empty:
        return []
    columns = [str(c) for c in frame.columns][:8]
    rows = tuple(
        tuple(_cell(row[c]) for c in columns) for row in frame.head(MOST_ROWS).to_dict("records")
    )
    return [Paragraph(title), Grid(tuple(columns), rows)]


def _cell(value: Any) -> str:
    if value is None or isinstance(value, float):
        return number(value)
    return one_line(str(value), 60)
