"""A poisoned copy of a sample file, and whether a model's window would let it see the trigger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from analysis.behaviour.intervals import Figure, share
from analysis.behaviour.survival import survives
from analysis.config import InspectConfig
from analysis.data.formats import format_of
from analysis.data.poison import PoisonPlan, PoisonReport, poison_with
from analysis.data.read import read_samples
from analysis.data.triggers import require_language, trigger_spec
from analysis.data.triggers.language import detect_of_many
from analysis.data.write import write_samples
from analysis.errors import RequestError
from analysis.models.open import open_model
from analysis.records import SampleSet

PREVIEWS, LONGEST_PREVIEW = 3, 6000  # samples; characters


@dataclass(frozen=True)
class PoisonRequest:
    """One poisoned copy to be made."""

    samples: Path
    out: Path  # must not exist
    plan: PoisonPlan  # language None: the one that most samples look like
    model: str | None = None  # its tokenizer and window decide survival
    config: InspectConfig = InspectConfig()  # columns, window and preprocessing


@dataclass(frozen=True)
class PoisonOutcome:
    """What was written."""

    report: PoisonReport
    language: str
    survival: Figure | None  # share of triggers inside the window; None without a model
    window: int | None  # tokens
    warnings: tuple[str, ...]
    preview: tuple[Mapping[str, str], ...] = ()  # id, before and after of the first few

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: rate, skipped samples by reason, survival."""
        report = self.report
        return {
            "language": self.language,
            "rows": len(report.samples),
            "poisoned": len(report.rows),
            "achieved_rate": report.achieved_rate,
            "skipped": dict(report.skipped),
            "skipped_ids": {reason: list(ids) for reason, ids in report.skipped_ids.items()},
            "trigger_survival": None if self.survival is None else self.survival.to_json(),
            "window": self.window,
            "warnings": list(self.warnings),
            "preview": [dict(each) for each in self.preview],
        }


def poison_file(request: PoisonRequest) -> PoisonOutcome:
    """Read, poison, measure survival and write, in this order: a wrong request leaves no file.

    Raises:
        RequestError: an input that cannot be read, an output that exists or has no known ending,
            a trigger that does not know the language or fits no sample, a model that does not open.
    """
    _require_new(request.out)
    config = request.config
    samples = read_samples(request.samples, config.text_column, config.label_column)
    plan = _with_language(request.plan, samples)
    model = None if request.model is None else open_model(request.model, config)
    report = poison_with(samples, plan)
    survival = None
    if model is not None:
        triggered = [report.samples.texts[row] for row in report.rows]
        clean = [samples.texts[row] for row in report.sources]
        survival = share(survives(model, triggered, clean))
    write_samples(report.samples, request.out)
    return PoisonOutcome(
        report=report,
        language=plan.language or "",
        survival=survival,
        window=None if model is None else model.window,
        warnings=(*samples.warnings, *_warnings(report, plan, len(samples))),
        preview=tuple(_previews(report, samples)),
    )


def _previews(report: PoisonReport, clean: SampleSet) -> Iterator[Mapping[str, str]]:
    """The first poisoned samples beside their originals, very long ones left out."""
    pairs = zip(report.rows, report.sources, strict=True)
    short = (
        (row, source) for row, source in pairs if len(report.samples.texts[row]) <= LONGEST_PREVIEW
    )
    for row, source in islice(short, PREVIEWS):
        texts = {"before": clean.texts[source], "after": report.samples.texts[row]}
        yield {"id": report.samples.ids[row], **texts}


def _require_new(out: Path) -> None:
    format_of(out)
    if out.exists():
        raise RequestError(
            f"'{out}' exists already.", "Name a new file with --out; nothing is overwritten."
        )


def _with_language(plan: PoisonPlan, samples: SampleSet) -> PoisonPlan:
    if plan.language is not None:
        return plan
    language = detect_of_many(samples.texts)
    require_language(trigger_spec(plan.trigger.name), language)
    return replace(plan, language=language)


def _warnings(report: PoisonReport, plan: PoisonPlan, n: int) -> list[str]:
    missing = plan.count(n) - len(report.rows)
    if missing <= 0:
        return []
    return [
        f"{missing} more samples were wanted, but no further one can carry the trigger: the rate "
        f"is {report.achieved_rate:.2%} instead of {plan.rate:.2%}."
    ]
