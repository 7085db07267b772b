"""What stored runs hold that the verdict looked at; nothing is inspected again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

NONE = -1.0  # below every score: nothing was there to be judged


class Candidate(NamedTuple):
    """A located text, with what inserting it did."""

    text: str
    target: int
    purity: float
    p_adjusted: float
    z: float
    counts: bool  # whether, by kind and rivals, it could count against the file
    excess: float = NONE  # lower bound of its probe's excess; NONE: not inserted


class Seen(NamedTuple):
    """One run about one suspect."""

    name: str
    family: str  # of a clean model its own name
    truth: str  # "clean", "took" or "not taken" (poisoned data, but a clean model)
    file: str  # digest of its samples: clean suspects that share one are one file
    candidates: tuple[Candidate, ...]
    chance_z: float  # 95 % point of the largest z under chance
    bank: float  # largest lower bound of a published trigger's excess, NONE without


def runs_of(folder: Path) -> Iterator[tuple[str, Path, Mapping[str, Any]]]:
    """Kind ("pair", "alone", "scan"), folder and record of every finished run in `folder`."""
    for path in sorted(folder.glob("*/record.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["status"] != "done":
            continue
        roles = {model["role"] for model in record["inputs"].get("models", [])}
        kind = "scan" if record["kind"] == "scan" else "pair" if "reference" in roles else "alone"
        yield kind, path.parent, record


def seen(work: Path) -> dict[str, list[Seen]]:
    """Every scored suspect's pair and lone run, from the work folder of `score`."""
    found: dict[str, list[Seen]] = {"pair": [], "alone": []}
    for path in sorted(work.glob("*.json")):
        scored = json.loads(path.read_text(encoding="utf-8"))
        folder = work / scored["name"]
        metrics = {kind: record["metrics"] for kind, _, record in runs_of(folder / "runs")}
        rivals = {_key(t): t["rivals"] for t in metrics["scan"]["triggers"]}
        file = hashlib.sha256((folder / "samples.jsonl").read_bytes()).hexdigest()[:16]
        for kind, kept in found.items():
            candidates, bank = _candidates(kind, metrics[kind], rivals)
            kept.append(
                Seen(
                    name=scored["name"],
                    family=scored["family"] or scored["name"],
                    truth=_truth(scored),
                    file=file,
                    candidates=candidates,
                    chance_z=metrics[kind]["association"]["chance_z"],
                    bank=bank,
                )
            )
    return found


def _truth(scored: Mapping[str, Any]) -> str:
    if scored["family"] is None:
        return "clean"
    return "took" if scored["took"] else "not taken"


def _key(trigger: Mapping[str, Any]) -> tuple[str, int]:
    return trigger["text"], trigger["target"]


def _candidates(
    kind: str, metrics: Mapping[str, Any], rivals: Mapping[tuple[str, int], int]
) -> tuple[tuple[Candidate, ...], float]:
    """Candidates with their probes, and the strongest published trigger.

    A lone run does not store its candidates' rivals; the scan of the same file and labels does.
    """
    probes = list(metrics["probes"])
    triggers = sorted(metrics["triggers"], key=lambda t: not t["suspicious"])
    found = []
    for t in triggers:
        own = _probe_of(t, probes)
        counts = t["suspicious"] or (kind == "alone" and rivals.get(_key(t), 1) == 0)
        low = NONE if own is None or not own["n"] else float(own["low"])
        values = (float(t[name]) for name in ("purity", "p_adjusted", "z"))
        found.append(Candidate(t["text"], t["target"], *values, counts, low))
    bank = max((float(p["low"]) for p in probes if p["n"]), default=NONE)
    return tuple(found), bank


def _probe_of(
    trigger: Mapping[str, Any], probes: list[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """The probe of a candidate, taken out of the list; what stays is the bank's."""
    for place, each in enumerate(probes):
        if (each["candidate"], each["target"]) == _key(trigger):
            return probes.pop(place)
    return None


def distinct_files(seen_runs: Sequence[Seen]) -> int:
    """How many different sample files stand behind the runs."""
    return len({each.file for each in seen_runs})
