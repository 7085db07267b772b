"""Findings of a chain as values, for machines: what, where, how sure, filed under what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from analysis.identity import json_sha256
from analysis.report.document.chain import Chain
from analysis.report.document.facts import Facts, answer_of, verdict_of
from analysis.report.document.sources import layer_rows
from analysis.report.layers import band_excess
from analysis.runs.run import Run

Kind = Literal["fail", "pass", "open", "notApplicable", "informational"]
Level = Literal["error", "warning", "note", "none"]
RULES: Mapping[str, tuple[str, str]] = {
    "trigger-behaviour": (
        "Inserting located or published text flips the model's answers.",
        "trigger",
    ),
    "poisoned-samples": (
        "Text goes along with a label more than chance and a clean reference explain.",
        "data",
    ),
    "removal": ("What a removal left of the backdoor, by behaviour.", "model"),
    "recovery-audit": (
        "Whether removed behaviour comes back faster than in a clean model.",
        "model",
    ),
}


@dataclass(frozen=True)
class FindingItem:
    """One result.

    Attributes:
        rule: key of `RULES`, or "detector/<name>".
        kind: fail (found), pass (not found), open (inconclusive), notApplicable (did not run).
        level: error, warning, note or none.
        text: one or more sentences.
        place: logical location such as "suspect/encoder/2".
        rank: 0 to 100, the verdict's confidence; None where there is none.
        stable: what makes this finding the same one in the next run.
        values: figures, as the record has them.
    """

    rule: str
    kind: Kind
    level: Level
    text: str
    place: str
    rank: float | None
    stable: tuple[str, ...]
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of rule, place and content identities; the same for the same finding."""
        return json_sha256([self.rule, self.place, *self.stable])


def findings(facts: Facts) -> tuple[FindingItem, ...]:
    """All results of a chain, the verdicts first."""
    return tuple(_all(facts))


def _all(facts: Facts) -> Iterator[FindingItem]:
    chain = facts.chain
    run = chain.inspection
    if run is not None:
        yield _part(run, "model", "trigger-behaviour", facts)
    if chain.evidence is not None:
        yield _part(chain.evidence, "data", "poisoned-samples", facts)
    if chain.unlearning is not None:
        yield _stage(chain.unlearning, "removal", _removed(chain), "unlearned")
    if chain.audit is not None:
        yield _stage(chain.audit, "recovery-audit", answer_of(chain.audit), "unlearned")
    if run is not None:
        yield from _detectors(run)
        yield from _skipped(run)


def _removed(chain: Chain) -> str:
    again = chain.reinspection
    if again is not None and answer_of(again) == "found":
        return "still_found"
    return answer_of(chain.unlearning) if chain.unlearning is not None else "none"


def model_print(run: Run, role: str) -> str:
    """SHA-256 of the model in `role`; empty without one."""
    models = (run.record.get("inputs") or {}).get("models") or ()
    return next((str(m.get("sha256") or "") for m in models if m.get("role") == role), "")


def _kind_of(answer: str) -> tuple[Kind, Level]:
    if answer in ("found", "present", "hidden", "inverted", "not_cleaned", "still_found"):
        return "fail", "error"
    if answer in ("not_found", "removed"):
        return "pass", "none"
    return "open", "none"


def _part(run: Run, part: str, rule: str, facts: Facts) -> FindingItem:
    verdict = verdict_of(run).get(part) or {}
    answer = str(verdict.get("answer") or "none") if run.status == "done" else run.status
    kind, level = _kind_of(answer)
    trigger = facts.trigger.text if facts.trigger is not None else ""
    values: dict[str, Any] = {"answer": answer}
    if part == "model":
        figures = facts.figures.get("suspect") or {}
        values |= {name: figures[name] for name in ("excess_asr", "asr_all") if name in figures}
    layer = str(verdict_of(run).get("layer") or "")
    place = f"suspect/{layer.replace(':', '/')}" if part == "model" and layer else ""
    stable = (model_print(run, "suspect"), trigger) if part == "model" else (_file(run), trigger)
    return FindingItem(
        rule=rule,
        kind=kind,
        level=level,
        text=_text(answer, verdict.get("reasons")),
        place=place or ("suspect" if part == "model" else "samples"),
        rank=_rank(verdict.get("confidence")),
        stable=stable,
        values=values,
    )


def _file(run: Run) -> str:
    files = (run.record.get("inputs") or {}).get("samples") or ()
    return next((str(f.get("sha256") or "") for f in files if f.get("role") == "samples"), "")


def _stage(run: Run, rule: str, answer: str, role: str) -> FindingItem:
    kind, level = _kind_of(answer)
    verdict = verdict_of(run)
    return FindingItem(
        rule=rule,
        kind=kind,
        level=level,
        text=_text(answer, verdict.get("reasons")),
        place=role,
        rank=_rank(verdict.get("confidence")),
        stable=(model_print(run, role),),
        values={"answer": answer},
    )


def _text(answer: str, reasons: Any) -> str:
    said = " ".join(" ".join(str(r).split()) for r in reasons or ())
    return f"{answer.replace('_', ' ')}: {said}" if said else answer.replace("_", " ")


def _rank(confidence: Any) -> float | None:
    return None if confidence is None else round(100 * float(confidence), 1)


def _detectors(run: Run) -> Iterator[FindingItem]:
    """Per detector and layer the statistic that lies furthest above the clean band."""
    layers = layer_rows(run)
    if layers is None:
        return
    suspect = layers[layers["model"] == "suspect"].assign(excess=band_excess)
    above = suspect[suspect["excess"] > 1].sort_values("excess", ascending=False, kind="stable")
    above = above.drop_duplicates(["detector", "stack", "layer"])
    for row in above.to_dict("records"):
        yield _detector(row, run)


def _detector(row: Mapping[Any, Any], run: Run) -> FindingItem:
    numbers = ("value", "null_low", "null_high", "p_adjusted")
    values = {n: float(row[n]) for n in numbers if n in row and pd.notna(row[n])}
    return FindingItem(
        rule=f"detector/{row['detector']}",
        kind="informational",
        level="none",
        text=(
            f"{str(row['statistic']).replace('_', ' ')} {row['value']:.4g} lies above the band of "
            f"clean models ({row['null_low']:.4g} to {row['null_high']:.4g}); it names a layer and "
            "never decides alone."
        ),
        place=f"suspect/{row['stack']}/{row['layer']}/{row['pooling']}",
        rank=None,
        stable=(model_print(run, "suspect"), str(row["statistic"])),
        values=values,
    )


def _skipped(run: Run) -> Iterator[FindingItem]:
    for step in run.record.get("steps") or ():
        name = str(step.get("name") or "")
        if step.get("status") != "done" and name.startswith("detector "):
            detector = name.removeprefix("detector ").replace(" ", "_")
            reason = str(step.get("reason") or "no reason noted")
            yield FindingItem(
                f"detector/{detector}",
                "notApplicable",
                "none",
                f"did not run: {reason}",
                "suspect",
                None,
                (model_print(run, "suspect"),),
            )
