"""What a scan leaves behind: its tables, metrics and verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.detect.ranking import Ranking
from analysis.explain.association import Association
from analysis.explain.data_answer import NOT_TESTED, answer, blind_spots
from analysis.explain.located import NO_TARGET, Located
from analysis.explain.naturalness import Naturalness
from analysis.pipeline.calibrated import ranking_metrics, ranking_table
from analysis.records import Finding, SampleSet
from analysis.runs.writer import RunWriter


@dataclass(frozen=True)
class Signals:
    """Everything that a scan found."""

    association: Association | None
    natural: Naturalness
    found: tuple[Located, ...]
    ranking: Ranking
    copies: dict[str, int]
    controls: list[dict[str, Any]]


def write_scan(samples: SampleSet, signals: Signals, writer: RunWriter) -> None:
    """Write the tables, the metrics and the verdict."""
    with writer.step("verdict", makes=("signals", "ranking")):
        writer.progress("Weighing the evidence", 3, 3)
        writer.write_table("signals", _signals_table(samples, signals))
        writer.write_table("ranking", ranking_table(samples.ids, signals.ranking))
        data = answer(samples.labels, len(samples), signals.association, signals.found)
        writer.set(
            metrics={
                "ranking": ranking_metrics(signals.ranking),
                "triggers": [_trigger(each) for each in signals.found],
                "association": _association(signals.association),
                "copies": signals.copies,
                "controls": signals.controls,
            },
            verdict=_verdict(data, signals.found, blind_spots(samples.labels, len(samples))),
        )


def _verdict(data: Finding, found: Sequence[Located], not_tested: Sequence[str]) -> dict[str, Any]:
    first = next((f for f in found if f.suspicious or f.doubtful), None)
    named = "naturalness" if first is not None and first.strange else "association"
    part = {"answer": data.answer, "confidence": data.confidence, "reasons": list(data.reasons)}
    return {
        **part,
        "layer": None,
        "detector": named if first is not None else None,
        "not_tested": list(not_tested),
        "data": part,
        "model": {"answer": NOT_TESTED, "confidence": 0.0, "reasons": []},
    }


def _trigger(found: Located) -> dict[str, Any]:
    candidate = found.candidate
    shown = ("kind", "text", "support", "purity", "z", "p_adjusted", "excess", "rivals")
    values: dict[str, Any] = {name: getattr(candidate, name) for name in shown}
    if candidate.target != NO_TARGET:
        values["target"] = candidate.target
    if found.strange is not None:
        values |= {"bits": found.strange.bits, "related": found.strange.related}
    return {**values, "suspicious": found.suspicious, "doubtful": found.doubtful}


def _association(association: Association | None) -> dict[str, Any]:
    if association is None:
        return {"mode": None}
    return {
        "mode": association.mode,
        "strongest_other_z": association.next_z,
        "chance_z": association.null_z,
    }


def _signals_table(samples: SampleSet, signals: Signals) -> pd.DataFrame:
    """One row per sample and detector: sample_id, detector, score."""
    columns = {"naturalness": signals.natural.scores}
    if signals.association is not None:
        columns = {"association": signals.association.scores, **columns}
    frames = [
        pd.DataFrame(
            {"sample_id": list(samples.ids), "detector": name, "score": values.astype(np.float32)}
        )
        for name, values in columns.items()
    ]
    return pd.concat(frames, ignore_index=True)
