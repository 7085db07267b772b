"""The table of an audit: one line per attack, with what every arm shows after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from analysis.report.audit_words import ARM_WORDS, decisive
from analysis.report.text.spoken import say, term
from analysis.report.words import interval, number

COLUMNS = {"stress": term("made to hide")}  # headings that the name of the arm would not explain
LOSS, LAYER = term("AUC of lower loss"), term("AUC, layer {layer}")


def attack_rows(metrics: Mapping[str, Any], titles: Mapping[str, str]) -> pd.DataFrame:
    """One line per attack at its decisive budget, as text for a table.

    An attack that only reads (membership, a probe per layer) shows the AUC of every arm.
    """
    rows = []
    for each in metrics.get("audit") or ():
        read = list(_read(each))
        for line in read or [_trained(each, decisive(metrics, str(each["attack"])))]:
            seconds = {"seconds": number(each.get("seconds"))}
            rows.append({"attack": titles.get(each["attack"], each["attack"]), **line, **seconds})
    return pd.DataFrame(rows)


def _trained(each: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, str]:
    arms = found.get("arms") or {}
    return {
        "budget": _budget(found) or each.get("reason") or "–",
        **{COLUMNS.get(arm, arm): _figure(arms.get(arm)) for arm in ARM_WORDS},
        "above control": _figure(found.get("excess")),
        "recovery": _figure(each.get("recovery")),
        "recovery, floor off": _figure(each.get("corrected")),
    }


def _read(each: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """AUC of every arm: one line, or one per layer."""
    details = each.get("details") or {}
    found = details.get("auc") or {}
    own = found.get("unlearned")
    if own is None:
        return
    layers = list(own) if isinstance(own, Mapping) else [None]
    for layer in layers:
        values = {arm: auc if layer is None else auc[layer] for arm, auc in found.items()}
        lead = details.get("lead_over_control")
        if layer is not None and "control" in values:
            lead = {"value": values["unlearned"] - values["control"]}
        yield {
            "budget": say(LOSS) if layer is None else say(LAYER, layer=layer),
            **{COLUMNS.get(arm, arm): number(values.get(arm)) for arm in ARM_WORDS},
            "above control": _figure(lead),
            "recovery": "–",
            "recovery, floor off": "–",
        }


def _budget(found: Mapping[str, Any]) -> str:
    if not found:
        return ""
    if not found.get("learning_rate"):
        return say(str(found["variant"]))
    return say(
        "{variant}: {samples} × {epoch} epochs, rate {learning_rate}",
        variant=say(str(found["variant"])),
        samples=found["samples"],
        epoch=found["epoch"],
        learning_rate=number(found["learning_rate"]),
    )


def _figure(figure: Mapping[str, Any] | None) -> str:
    if not figure or figure.get("value") is None:
        return "–"
    return interval(figure["value"], figure.get("low"), figure.get("high"), None)
