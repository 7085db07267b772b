"""The models of a chain as a CycloneDX 1.6 ML-BOM with model cards, hashes and VEX state."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from analysis import __version__
from analysis.identity import json_sha256
from analysis.report.document.facts import Facts, verdict_of
from analysis.report.document.page_one import inputs_of
from analysis.report.document.phrases import visible
from analysis.report.document.provenance import FIELDS, Sheet
from analysis.report.document.release_words import approval_lines
from analysis.report.text import words_of
from analysis.runs.run import Run

_FIGURES = ("clean_accuracy", "asr_all", "natural_flip_floor", "excess_asr")
# End of a class name -> task; a bare model has no head.
_TASKS: Mapping[str, str] = {
    "ForSequenceClassification": "classification",
    "ForTokenClassification": "token-classification",
    "ForQuestionAnswering": "question-answering",
    "ForConditionalGeneration": "generation",
    "ForCausalLM": "generation",
    "LMHeadModel": "generation",
    "DoubleHeadsModel": "generation",
    "ForMaskedLM": "fill-mask",
    "EncoderModel": "feature-extraction",
    "Model": "feature-extraction",
}
# VEX state by answer. "not found" has none: no state says "tested and nothing seen".
_STATES: Mapping[str, str] = {
    "found": "exploitable",
    "present": "exploitable",
    "hidden": "exploitable",
    "inverted": "exploitable",
    "not_cleaned": "exploitable",
    "still_found": "exploitable",
    "inconclusive": "in_triage",
    "cleaned": "in_triage",
    "declined": "in_triage",
    "unclear": "in_triage",
    "contradiction": "in_triage",
    "removed": "resolved",
}


def cyclonedx_bytes(facts: Facts, sheet: Sheet, when: str) -> bytes:
    """The bill of materials.

    Args:
        facts: of the chain.
        sheet: what is known about the origin of each model.
        when: ISO 8601 moment of the report.
    """
    models, files = inputs_of(facts.chain)
    refs = {str(m.get("sha256")): f"model:{str(m.get('sha256'))[:16]}" for m in models}
    content = [(m.get("role"), m.get("sha256")) for m in (*models, *files)]
    serial = uuid.UUID(json_sha256([facts.chain.focus.run_id, content, when])[:32], version=4)
    bom: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "timestamp": when,
            "tools": {
                "components": [{"type": "application", "name": "kenshin", "version": __version__}]
            },
            "properties": [
                *({"name": "kenshin:run", "value": run.run_id} for run in facts.chain.runs),
                {"name": "kenshin:trail:length", "value": str(facts.release.head.length)},
                {"name": "kenshin:trail:head", "value": facts.release.head.sha256},
            ],
        },
        "components": [
            *(_model(entry, facts, sheet, refs) for entry in models),
            *(_data(entry) for entry in files),
        ],
        "vulnerabilities": _vulnerabilities(facts, models, refs),
    }
    return (json.dumps(bom, indent=1, ensure_ascii=True, allow_nan=False) + "\n").encode("ascii")


def _name(entry: Mapping[str, Any]) -> str:
    return visible(PurePath(str(entry.get("source") or "")).name) or "unknown"


def _hashes(entry: Mapping[str, Any]) -> dict[str, Any]:
    digest = str(entry.get("sha256") or "")
    return {"hashes": [{"alg": "SHA-256", "content": digest}]} if len(digest) == 64 else {}


def _model(
    entry: Mapping[str, Any], facts: Facts, sheet: Sheet, refs: Mapping[str, str]
) -> dict[str, Any]:
    role = str(entry.get("role") or "")
    known = sheet.of(entry)
    found: dict[str, Any] = {
        "type": "machine-learning-model",
        "bom-ref": refs[str(entry.get("sha256"))],
        "name": _name(entry),
        **_hashes(entry),
        "modelCard": _card(entry, facts),
        "properties": [
            {"name": "kenshin:role", "value": role},
            *(
                {"name": f"kenshin:provenance:{name}", "value": known.get(name) or "unknown"}
                for name in FIELDS
            ),
            *_approval(entry, facts),
        ],
    }
    if known.get("licence"):
        found["licenses"] = [{"license": {"name": known["licence"]}}]
    return found


def _approval(entry: Mapping[str, Any], facts: Facts) -> list[dict[str, str]]:
    """Who vouched, on the model that it is about."""
    release = facts.release
    if not release.fingerprint or entry.get("sha256") != release.fingerprint:
        return []
    found = release.approval
    values = {"level": found.level, "by": found.by, "at": found.at, "override": found.override,
              "void": found.void, "entry": found.sha256}  # fmt: skip
    return [
        {"name": f"kenshin:approval:{name}", "value": visible(value)}
        for name, value in values.items()
        if value
    ]


def _card(entry: Mapping[str, Any], facts: Facts) -> dict[str, Any]:
    role = str(entry.get("role") or "")
    figures = facts.figures.get("suspect" if role == "original" else role) or {}
    card: dict[str, Any] = {
        "modelParameters": {
            "approach": {"type": "supervised"},
            "task": task_of(str(entry.get("architecture") or "")),
            "modelArchitecture": visible(str(entry.get("architecture") or "unknown")),
        }
    }
    metrics = [_metric(name, figures[name]) for name in _FIGURES if _measured(figures.get(name))]
    if metrics:
        card["quantitativeAnalysis"] = {"performanceMetrics": metrics}
    limits = [str(text) for run in facts.chain.runs
              for text in verdict_of(run).get("not_tested") or ()]  # fmt: skip
    if limits and role in ("suspect", "original", "unlearned"):
        card["considerations"] = {"technicalLimitations": list(dict.fromkeys(limits))}
    return card


def task_of(architecture: str) -> str:
    """What the head of an architecture does, in the words of model cards.

    A sequence-to-sequence or causal model writes text, also where that text is read as a label.
    """
    for ending, task in _TASKS.items():
        if architecture.endswith(ending):
            return task
    return "unknown"


def _measured(figure: Any) -> bool:
    return isinstance(figure, Mapping) and figure.get("value") is not None


def _metric(name: str, figure: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"type": name, "value": f"{float(figure['value']):.6g}"}
    if figure.get("low") is not None and figure.get("high") is not None:
        found["confidenceInterval"] = {
            "lowerBound": f"{float(figure['low']):.6g}",
            "upperBound": f"{float(figure['high']):.6g}",
        }
    if figure.get("n") is not None:
        found["slice"] = f"n = {figure['n']}"
    return found


def _data(entry: Mapping[str, Any]) -> dict[str, Any]:
    digest = str(entry.get("sha256") or _name(entry))
    return {
        "type": "data",
        "bom-ref": f"data:{entry.get('role')}:{digest[:16]}",
        "name": _name(entry),
        **_hashes(entry),
        "properties": [
            {"name": "kenshin:role", "value": str(entry.get("role") or "")},
            {"name": "kenshin:rows", "value": str(entry.get("rows") or 0)},
        ],
    }


def _vulnerabilities(
    facts: Facts, models: list[Mapping[str, Any]], refs: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The backdoor's VEX state, once for the model as it came and once for the unlearned one."""
    chain = facts.chain
    subjects = [("suspect", facts.model, chain.inspection)]
    if chain.unlearning is not None or chain.audit is not None:
        subjects.append(("unlearned", facts.answer, facts.deciding))
    found = []
    for role, answer, run in subjects:
        same = ("suspect", "original") if role == "suspect" else (role,)
        prints = [str(m.get("sha256")) for m in models if m.get("role") in same]
        if prints and run is not None and answer in _STATES:
            found.append(_vulnerability(role, answer, run, [refs[p] for p in prints]))
            if facts.release.fingerprint in prints:  # the model that may be released
                said = " ".join(approval_lines(facts.release, words_of("en")))
                found[-1]["analysis"]["detail"] += f". {said}"
    return found


def _vulnerability(role: str, answer: str, run: Run, affected: list[str]) -> dict[str, Any]:
    words = words_of("en")
    detail = f"{words(f'answer.{answer}')} by run {run.run_id} ({run.kind})"
    analysis: dict[str, Any] = {"state": _STATES[answer], "detail": detail}
    if answer == "removed":
        analysis["response"] = ["update"]
    return {
        "bom-ref": f"vulnerability:backdoor:{role}",
        "id": "kenshin-backdoor",
        "source": {"name": "Kenshin"},
        "cwes": [506],  # embedded malicious code
        "description": "Hidden behaviour in a model that a trigger in the input switches on.",
        "analysis": analysis,
        "affects": [{"ref": ref} for ref in dict.fromkeys(affected)],
    }
