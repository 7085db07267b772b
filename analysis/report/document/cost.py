"""What a chain cost: measured device time, times a price that the user named."""

from __future__ import annotations

from analysis.report.document.blocks import Block, Grid, Paragraph, Section
from analysis.report.document.facts import Facts
from analysis.report.document.phrases import visible
from analysis.report.text import Words
from analysis.report.words import duration, number
from analysis.runs.run import Run, load_run
from analysis.runs.store import RunStore

MOST = 6  # trainings that are listed


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
            _device(run, words),
            *_amount(seconds, price),
        )
        for run, seconds in spent
    ]
    rows.append((words("cost.total"), "", *_amount(sum(seconds for _, seconds in spent), price)))
    weights = (5, 1.2, 1.5, 1.5)[: len(header)]
    blocks: list[Block] = [
        Paragraph(words("cost.lead")),
        Paragraph(lead),
        Grid(tuple(header), tuple(rows), weights=weights),
    ]
    others = tuple(
        (words(f"cost.{how}", run=run.run_id), _device(run, words),
         *_amount(measured_seconds(run), price))
        for how, run in trainings_beside(facts)
    )  # fmt: skip
    if others:
        blocks += [Paragraph(words("cost.beside")), Grid(tuple(header), others, weights=weights)]
    else:
        trained = facts.chain.training is not None
        blocks.append(Paragraph(words("cost.training" if trained else "cost.not_measured"), True))
    return Section("cost", words("section.cost"), tuple(blocks))


def trainings_beside(facts: Facts) -> tuple[tuple[str, Run], ...]:
    """Finished trainings in the same folder of a model of the same architecture, newest first.

    "filtered" where the training read the very file that a guard of this chain had cleaned,
    else "retrained".
    """
    known = {run.run_id for run in facts.chain.runs}
    wanted = facts.release.model.get("architecture")
    root = facts.chain.focus.path.parent
    found: list[tuple[str, Run]] = []
    for summary in RunStore(root).list() if wanted else ():
        same = any(model.get("architecture") == wanted for model in summary.models)
        if summary.kind != "train" or summary.status != "done" or summary.run_id in known:
            continue
        if same:
            read = {str(entry.get("sha256")) for entry in summary.samples}
            how = "filtered" if read & _cleaned_files(facts) else "retrained"
            found.append((how, load_run(summary.path)))
    return tuple(found[:MOST])


def _cleaned_files(facts: Facts) -> set[str]:
    """SHA-256 of what guards of this chain wrote, as the trail has it."""
    return {
        sha256
        for entry in facts.release.entries
        if entry.action == "guard.exported"
        for name, sha256 in entry.prints.items()
        if name != "record"
    }


def measured_seconds(run: Run) -> float:
    """Seconds that the steps of a run took."""
    return float(sum(float(s.get("seconds") or 0.0) for s in run.record.get("steps") or ()))


def _device(run: Run, words: Words) -> str:
    return str((run.record.get("environment") or {}).get("device") or words("page.unknown"))


def _amount(seconds: float, price: float | None) -> tuple[str, ...]:
    shown = duration(seconds)
    return (shown,) if price is None else (shown, f"{seconds / 3600 * price:,.4f}")
