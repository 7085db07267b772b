"""Approval and trail in words: page 1, the policy page, and a section of their own."""

from __future__ import annotations

from analysis.report.document.blocks import Block, Grid, Paragraph, Section
from analysis.report.document.phrases import SHORT, moment, one_line
from analysis.report.document.release import Release
from analysis.report.text import Words
from analysis.report.words import count
from analysis.runs.trail_approval import LEVELS, Approval
from analysis.runs.trail_entry import Entry

SHOWN = 40  # entries in a document; the archive has all


def approval_lines(release: Release, words: Words) -> tuple[str, ...]:
    """What counts now, what was missing, and the note; the first line always stands."""
    if not release.fingerprint:
        return (words("approval.no_model"),)
    approval = release.approval
    lines = [_state(approval, words)]
    if approval.override and not approval.void:
        between = "、" if words.language == "ja" else "; "
        missing = between.join(words(f"refusal.{name}") for name in approval.missing)
        reason = one_line(approval.override, 500)
        lines.append(words("approval.override", missing=missing, reason=reason))
    if approval.note:
        lines.append(words("approval.note", note=one_line(approval.note, 500)))
    return tuple(lines)


def _state(approval: Approval, words: Words) -> str:
    if not approval.by:
        return words("approval.none")
    said = {"by": one_line(approval.by), "when": moment(approval.at), "seq": approval.seq}
    level = words(f"approval.level.{approval.named}")
    if approval.void:
        return words(
            "approval.void", level=level, why=words(f"approval.why.{approval.void}"), **said
        )
    if approval.named == LEVELS[0]:
        return words("approval.revoked", **said)
    return words("approval.given", level=level, **said)


def trail_line(release: Release, words: Words) -> str:
    """Length and head for page 1; empty without a trail."""
    if not release.head.length:
        return ""
    return words("trail.cited", length=count(release.head.length), head=release.head.sha256[:SHORT])


def trail_section(release: Release, words: Words) -> Section:
    """Who did what on the runs of the chain, the newest entries, with the whole head hash."""
    title = words("section.trail")
    if not release.entries:
        return Section("trail", title, (Paragraph(words("trail.none")),))
    shown = release.entries[-SHOWN:]
    head = release.head
    lead = words(
        "trail.lead", length=count(head.length), head=head.sha256, short=head.sha256[:SHORT]
    )
    blocks: list[Block] = [Paragraph(lead)]
    if len(shown) < len(release.entries):
        blocks.append(Paragraph(words("trail.more", n=len(release.entries) - len(shown))))
    header = tuple(words(f"trail.{name}") for name in ("seq", "when", "who", "what", "run"))
    rows = tuple(_row(entry, words) for entry in shown)
    blocks.append(Grid(header, rows, code=(4,), weights=(0.7, 2.4, 2.6, 2.4, 4.4)))
    return Section("trail", title, tuple(blocks))


def _row(entry: Entry, words: Words) -> tuple[str, ...]:
    act = words(f"trail.act.{entry.action.replace('.', '_')}")
    who = f"{one_line(entry.actor, 60)} ({entry.through})"
    return (str(entry.seq), moment(entry.at), who, act, entry.run)
