"""A scan in words: its first sentence, and its located texts as a table to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.report.safe import inline_code
from analysis.report.text.spoken import say, term
from analysis.report.words import count, number, p_value, part

READS = {True: term("counts against the file"), False: term("taken for a real pattern of the task")}


def scan_sentence(
    verdict: Mapping[str, Any] | None, metrics: Mapping[str, Any], n_samples: int
) -> str:
    """The first sentence of a scan, in Markdown with sample text as safe inline code."""
    answer = part(verdict, "data")[0]
    first = next(iter(metrics.get("triggers") or ()), None)
    n = count(n_samples)
    if answer == "found" and first:
        label = say(", labelled {target}", target=first["target"]) if "target" in first else ""
        return say(
            "The file holds poison: {text} in {support} of {n} samples{label}.",
            text=inline_code(str(first["text"])),
            support=count(int(first["support"])),
            n=n,
            label=label,
        )
    if answer == "not_found":
        return say("No sign of poison in the {n} samples.", n=n)
    if answer == "inconclusive" and first and first.get("doubtful"):
        return say(
            "Look at {text} in {support} of {n} samples: it may have been put in.",
            text=inline_code(str(first["text"])),
            support=count(int(first["support"])),
            n=n,
        )
    if answer == "inconclusive":
        return say("The file alone does not say; see the reasons.")
    return say("This scan has no answer.")


def located_table(metrics: Mapping[str, Any]) -> pd.DataFrame:
    """One line per located text, those that count first, figures as text; may be empty."""
    return pd.DataFrame([_line(found) for found in metrics.get("triggers") or ()])


def _line(found: Mapping[str, Any]) -> dict[str, str]:
    reads = say(READS[bool(found.get("suspicious"))])
    if found.get("doubtful") and not found.get("suspicious"):
        reads = say("look at it")
    put_in = "–"
    if found.get("bits") is not None:
        put_in = say(
            "{bits} bits, similarity {related}",
            bits=number(found["bits"]),
            related=number(found.get("related")),
        )
    return {
        "text": " ".join(str(found.get("text", "")).split()),
        "kind": say(str(found.get("kind", "")).replace("_", " ")),
        "label": str(found.get("target", "–")),
        "samples": count(int(found.get("support", 0))),
        "purity": number(found.get("purity")),
        "adjusted p": p_value(found.get("p_adjusted")),
        "looks put in": put_in,
        "reads as": reads,
    }
