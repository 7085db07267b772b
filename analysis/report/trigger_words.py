"""Located triggers and what inserting them does, as a table to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.report.text.spoken import say, term
from analysis.report.words import count, number, share

SHOWN = 12
_FLOORS = {"names": term("names of other samples")}


def trigger_table(metrics: Mapping[str, Any]) -> pd.DataFrame:
    """One line per candidate, suspicious ones first, with figures as text; may be empty.

    Args:
        metrics: of a record, with `triggers` (located in the samples) and `probes` (inserted into
            clean samples).
    """
    probes = {str(probe.get("candidate")): probe for probe in metrics.get("probes") or ()}
    located = sorted(metrics.get("triggers") or (), key=lambda c: not c.get("suspicious"))
    lines = [_line(candidate, probes.pop(str(candidate["text"]), None)) for candidate in located]
    lines += [_line({"text": text, "kind": "published"}, probe) for text, probe in probes.items()]
    return pd.DataFrame(lines[:SHOWN])


def _line(candidate: Mapping[str, Any], probe: Mapping[str, Any] | None) -> dict[str, str]:
    return {
        "trigger": " ".join(str(candidate.get("text", "")).split()),
        "kind": say(str(candidate.get("kind", "")).replace("_", " ")),
        "target": str(candidate.get("target", (probe or {}).get("target", "–"))),
        "samples": count(int(candidate["support"])) if "support" in candidate else "–",
        "purity": number(candidate.get("purity")),
        "suspicious": say("yes") if candidate.get("suspicious") else say("no"),
        **_effect(probe),
    }


def _effect(probe: Mapping[str, Any] | None) -> dict[str, str]:
    if not probe or not probe.get("n"):
        return {"flips": say("not inserted"), "floor": "–", "excess": "–"}
    n = int(probe["n"])
    source = str(probe.get("floor_source", ""))
    return {
        "flips": share(int(probe["flips"]), n),
        "floor": f"{share(int(probe['floor_flips']), n)} ({say(_FLOORS.get(source, source))})",
        "excess": say(
            "{excess} [{low} to {high}]",
            excess=number(probe["excess"]),
            low=number(probe["low"]),
            high=number(probe["high"]),
        ),
    }
