"""What an audit showed: its curves, each attack at the budget that decided, and all it tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analysis.audit.specs import ATTACKS
from analysis.report.audit_rows import attack_rows
from analysis.report.charts.curves import recovery_chart
from analysis.report.document.blocks import Block, Bullets, Grid, Paragraph, Picture, Section
from analysis.report.document.facts import verdict_of
from analysis.report.document.phrases import one_line, reasons, stage_answer
from analysis.report.document.sources import table
from analysis.report.text import Words
from analysis.report.text.spoken import say
from analysis.report.words import number
from analysis.runs.run import Run

TITLES = {spec.name: spec.title for spec in ATTACKS}
BUDGET = ("variant", "learning_rate", "samples", "epoch")
ARMS = ("unlearned", "original", "control", "stress")
MOST_ROWS = 40


def audit_section(run: Run, words: Words, theme: str) -> Section:
    """The answer with its reasons, the curves, and one table per attack."""
    blocks = answer_blocks("audit", run, words)
    blocks.append(Picture(recovery_chart(table(run, "recovery"), words, theme)))
    for attack in (run.record.get("metrics") or {}).get("audit") or ():
        if isinstance(attack, Mapping) and attack.get("attack"):
            blocks += _attack(attack, words)
    return Section("audit", words("section.audit"), tuple(blocks))


def answer_blocks(name: str, run: Run, words: Words, *, audited: bool = False) -> list[Block]:
    """What one stage of a chain answered, with its reasons."""
    answer = stage_answer(name, run, words, audited=audited)
    text = words("change.answer", stage=words(f"stage.{name}"), answer=answer, run=run.run_id)
    return [Paragraph(text), Bullets(reasons(verdict_of(run).get("reasons") or (), words))]


def _attack(attack: Mapping[str, Any], words: Words) -> Iterator[Block]:
    name = str(attack.get("attack") or "")
    yield Paragraph(words("audit.attack", name=one_line(say(TITLES.get(name, name)))))
    for row in attack_rows({"audit": [attack]}, TITLES).to_dict("records"):
        shown = tuple((say(str(key)), str(value)) for key, value in row.items() if key != "attack")
        yield Grid((), shown, weights=(2, 5))
    settings = (attack.get("details") or {}).get("settings")
    if isinstance(settings, list) and settings:
        yield from _settings(settings, words)


def _settings(settings: list[Mapping[str, Any]], words: Words) -> Iterator[Block]:
    """Every budget that was tried with the ASR of each arm; how many there are is said."""
    known = [row for row in settings if isinstance(row, Mapping)]
    arms = [arm for arm in ARMS if any(arm in row for row in known)]
    header = (
        *(words(f"audit.{name}") for name in BUDGET),
        *(words(f"arm.{arm}") for arm in arms),
    )
    rows = tuple(
        (
            one_line(say(str(row.get("variant", "–"))), 40),
            *(number(row.get(name)) for name in BUDGET[1:]),
            *(number(row.get(arm)) for arm in arms),
        )
        for row in known[:MOST_ROWS]
    )
    yield Paragraph(words("audit.settings", shown=len(rows), total=len(known)))
    yield Grid(header, rows)
