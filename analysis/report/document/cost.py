"""What a chain cost: measured device time, times a price that the user named."""

from __future__ import annotations

from analysis.report.document.blocks import Block, Grid, Paragraph, Section
from analysis.report.document.facts import Facts
from analysis.report.document.phrases import visible
from analysis.report.text import Words
from analysis.report.words import duration, number
from analysis.runs.run import Run


def cost_section(facts: Facts, price: float | None, currency: str, words: Words) -> Section:
    """One line per run and the sum; nothing is estimated.

    Args:
        facts: of the chain.
        price: per hour; None shows time only.
        currency: unit of the price, as given.
        words: the language.
    """
    unit = visible(currency) or "?"
    lead = words("cost.no_price")
    header = [words("cost.run"), words("cost.device"), words("cost.seconds")]
    if price is not None:
        lead = words("cost.price", price=number(price), currency=unit)
        header.append(words("cost.amount", currency=unit))
    spent = [(run, measured_seconds(run)) for run in facts.chain.runs]
    rows = [
        (
            words("parameters.run", run=run.run_id, kind=words(f"kind_of_run.{run.kind}")),
            str((run.record.get("environment") or {}).get("device") or words("page.unknown")),
            *_amount(seconds, price),
        )
        for run, seconds in spent
    ]
    rows.append((words("cost.total"), "", *_amount(sum(seconds for _, seconds in spent), price)))
    trained = facts.chain.training is not None
    blocks: list[Block] = [
        Paragraph(words("cost.lead")),
        Paragraph(lead),
        Grid(tuple(header), tuple(rows), weights=(5, 1, 1.5, 1.5)[: len(header)]),
        Paragraph(words("cost.training" if trained else "cost.not_measured"), muted=True),
    ]
    return Section("cost", words("section.cost"), tuple(blocks))


def measured_seconds(run: Run) -> float:
    """Seconds that the steps of a run took."""
    return float(sum(float(s.get("seconds") or 0.0) for s in run.record.get("steps") or ()))


def _amount(seconds: float, price: float | None) -> tuple[str, ...]:
    shown = duration(seconds)
    return (shown,) if price is None else (shown, f"{seconds / 3600 * price:,.4f}")
