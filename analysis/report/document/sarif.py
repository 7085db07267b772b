"""Findings as SARIF 2.1.0, for pipelines that collect results of many tools.

A finding lies in a tensor or layer, not in a line: logical locations say where. Rules relate to
taxa of MITRE ATLAS, NIST AI 100-2 and OWASP in the versions that `taxonomy.PINNED` names.
"""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import Any

from analysis import __version__
from analysis.detect.specs import DETECTORS
from analysis.report.document.facts import Facts
from analysis.report.document.findings import RULES, FindingItem, findings
from analysis.report.document.page_one import inputs_of
from analysis.report.document.phrases import visible
from analysis.report.document.taxonomy import PINNED, TAXA, Taxon
from analysis.runs.run import Run

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
FINGERPRINT = "kenshinFinding/v1"


def sarif_bytes(facts: Facts) -> bytes:
    """One SARIF log with one run for the whole chain."""
    items = findings(facts)
    rules = list(dict.fromkeys([*RULES, *(i.rule for i in items)]))
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(rules)},
                "taxonomies": [_taxonomy(name) for name in PINNED],
                "automationDetails": {"id": f"kenshin/{facts.chain.focus.run_id}"},
                "invocations": [_invocation(run) for run in facts.chain.runs],
                "artifacts": _artifacts(facts),
                "results": [_result(item, rules) for item in items],
                "columnKind": "unicodeCodePoints",
                "properties": {
                    "runs": [run.run_id for run in facts.chain.runs],
                    "trail": facts.release.head.to_json(),
                    "approval": _approval(facts),
                },
            }
        ],
    }
    return (json.dumps(log, indent=1, ensure_ascii=True, allow_nan=False) + "\n").encode("ascii")


def _approval(facts: Facts) -> dict[str, Any]:
    found = facts.release.approval
    return {"level": found.level, "by": visible(found.by), "at": found.at, "void": found.void,
            "override": visible(found.override), "entry": found.sha256}  # fmt: skip


def _driver(rules: list[str]) -> dict[str, Any]:
    return {
        "name": "Kenshin",
        "semanticVersion": __version__,
        "version": __version__,
        "rules": [_rule(rule) for rule in rules],
        "supportedTaxonomies": [{"name": name} for name in PINNED],
    }


def _rule(rule: str) -> dict[str, Any]:
    text, subject = _described(rule)
    return {
        "id": rule,
        "shortDescription": {"text": text},
        "defaultConfiguration": {"level": "error" if rule in RULES else "note"},
        "relationships": [
            {"target": _reference(taxon), "kinds": ["relevant"]} for taxon in TAXA[subject]
        ],
    }


def _described(rule: str) -> tuple[str, str]:
    if rule in RULES:
        return RULES[rule]
    name = rule.removeprefix("detector/")
    spec = next((spec for spec in DETECTORS if spec.name == name), None)
    text = f"{spec.summary}. Misses: {spec.misses}." if spec else f"Statistic '{name}' per layer."
    return text, "model"


def _reference(taxon: Taxon) -> dict[str, Any]:
    return {"id": taxon.id, "toolComponent": {"name": taxon.scheme}}


def _taxonomy(name: str) -> dict[str, Any]:
    taxa = {t.id: t for group in TAXA.values() for t in group if t.scheme == name}
    return {
        "name": name,
        "version": PINNED[name],
        "isComprehensive": False,
        "taxa": [
            {"id": taxon.id, "name": taxon.name, "shortDescription": {"text": taxon.name}}
            for taxon in taxa.values()
        ],
    }


def _invocation(run: Run) -> dict[str, Any]:
    config = (run.record.get("config") or {}).get("values") or {}
    found: dict[str, Any] = {
        "executionSuccessful": run.status == "done",
        "startTimeUtc": str(run.record.get("created")),
        "properties": {"run": run.run_id, "kind": run.kind, "config": config},
    }
    if run.record.get("finished"):
        found["endTimeUtc"] = str(run.record["finished"])
    return found


def _artifacts(facts: Facts) -> list[dict[str, Any]]:
    models, files = inputs_of(facts.chain)
    found = []
    for entry in (*models, *files):
        name = visible(PurePath(str(entry.get("source") or "")).name) or "unknown"
        artifact: dict[str, Any] = {
            "description": {"text": f"{entry.get('role')}: {name}"},
            "properties": {"role": str(entry.get("role")), "name": name},
        }
        if entry.get("sha256"):
            artifact["hashes"] = {"sha-256": str(entry["sha256"])}
        found.append(artifact)
    return found


def _result(item: FindingItem, rules: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ruleId": item.rule,
        "ruleIndex": rules.index(item.rule),
        "kind": item.kind,
        "level": item.level,
        "message": {"text": visible(item.text)},
        "locations": [{"logicalLocations": [_location(item.place)]}],
        "partialFingerprints": {FINGERPRINT: item.fingerprint},
        "taxa": [_reference(taxon) for taxon in TAXA[_described(item.rule)[1]]],
        "properties": dict(item.values),
    }
    if item.rank is not None:
        found["rank"] = item.rank
    return found


def _location(place: str) -> dict[str, Any]:
    return {
        "name": place.rpartition("/")[2],
        "fullyQualifiedName": place,
        "kind": "resource" if "/" not in place else "layer",
    }
