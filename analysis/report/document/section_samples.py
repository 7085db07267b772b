"""The samples that stand out, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.report.document.blocks import Block, Code, Grid, Paragraph, Section
from analysis.report.document.facts import Facts
from analysis.report.document.phrases import one_line, visible
from analysis.report.text import Words
from analysis.report.text.translate import say
from analysis.report.words import count, number

LISTED, SHOWN, LINES = 100, 3, 24


def samples_section(facts: Facts, words: Words) -> Section:
    """The flagged samples, most suspicious first; the whole list is in `samples.csv`."""
    title = words("section.samples")
    if facts.frame is None or "rank" not in facts.frame:
        return Section("samples", title, (Paragraph(words("samples.missing"), muted=True),))
    chosen = facts.frame[facts.frame["flagged"]]
    lead = "samples.flagged"
    if chosen.empty:
        chosen, lead = facts.frame.head(10), "samples.none_flagged"
    rows = chosen.head(LISTED).to_dict("records")
    values = {
        "listed": count(len(rows)),
        "flagged": count(facts.flagged),
        "total": count(facts.total),
    }
    names = ("rank", "id", "label", "predicted", "reference", "score", "why")
    header = tuple(words(f"samples.{name}") for name in names)
    blocks: list[Block] = [Paragraph(words(lead, **values))]
    for row in rows[:SHOWN] if facts.flagged else ():
        name = one_line(str(row["sample_id"]))
        blocks += [Paragraph(words("samples.code", id=name), muted=True), Code(_shown(row))]
    grid = Grid(header, tuple(_row(r, words) for r in rows), (1,), (0.7, 2.2, 0.8, 1, 1.3, 0.8, 6))
    return Section("samples", title, (*blocks, grid))


def _row(row: Mapping[Any, Any], words: Words) -> tuple[str, ...]:
    return (
        str(int(row["rank"])),
        one_line(str(row["sample_id"]), 40),
        _whole(row.get("label")),
        _whole(row.get("predicted_suspect")),
        _whole(row.get("predicted_reference")),
        number(row.get("score")),
        one_line(say(str(row.get("why") or ""), words), 100),
    )


def _whole(value: Any) -> str:
    return number(value) if value is None or value != value else str(int(value))  # NaN differs


def _shown(row: Mapping[Any, Any]) -> str:
    """The lines around the located span, else the first lines."""
    text = str(row.get("text", ""))
    lines = text.split("\n")
    start = int(row.get("trigger_start", -1) or 0)
    first = max(text[: max(start, 0)].count("\n") - LINES // 2, 0)
    kept = [visible(line)[:200] for line in lines[first : first + LINES]]
    before = ["…"] if first else []
    after = ["…"] if first + LINES < len(lines) else []
    return "\n".join([*before, *kept, *after])
