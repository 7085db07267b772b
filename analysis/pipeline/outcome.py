"""The tables and metrics that carry the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd

from analysis.detect.evidence import Evidence
from analysis.detect.layer_stats import LayerStat, with_truth
from analysis.detect.ranking import Ranking
from analysis.pipeline.calibrated import ranking_metrics, ranking_table
from analysis.pipeline.state import Inspection
from analysis.records import Scores, TriggerCandidate


def write_outcome(
    work: Inspection,
    evidence: Evidence,
    ranking: Ranking,
    layers: list[LayerStat],
    scores: Sequence[Scores],
) -> None:
    """Write `layers` and `ranking` and the metrics; ground truth enters only here, as AUC."""
    poisoned = work.inputs.samples.poisoned
    layers = layers if poisoned is None else with_truth(layers, scores, poisoned)
    work.writer.write_table("layers", layers_table(layers))
    work.writer.write_table("ranking", ranking_table(work.inputs.samples.ids, ranking))
    probes = [p for p in (*evidence.probes, *evidence.bank) if p is not None]
    work.writer.set(
        metrics={
            "ranking": ranking_metrics(ranking),
            "triggers": [_candidate(c, work) for c in evidence.candidates],
            "probes": [asdict(p) for p in probes],
            "association": {
                "mode": evidence.mode,
                "strongest_other_z": evidence.next_z,
                "chance_z": evidence.null_z,
            },
        }
    )


def _candidate(candidate: TriggerCandidate, work: Inspection) -> dict[str, object]:
    shown = ("kind", "text", "target", "support", "purity", "z", "p_adjusted", "excess", "rivals")
    values = {name: getattr(candidate, name) for name in shown}
    return {
        **values,
        "unsure_p": candidate.unsure_p,
        "believed": candidate.believed,
        "hidden": candidate.hidden,
        "suspicious": work.is_suspicious(candidate),
        "doubtful": work.may_convict(candidate) and not work.is_suspicious(candidate),
    }


def layers_table(layers: Sequence[LayerStat]) -> pd.DataFrame:
    """The `layers` table."""
    names = (
        "model",
        "group",
        "detector",
        "statistic",
        "value",
        "null_low",
        "null_high",
        "p_value",
        "p_adjusted",
        "auc",
        "n",
        "n_located",
    )
    columns: dict[str, list[object]] = {name: [getattr(r, name) for r in layers] for name in names}
    columns["stack"] = [r.site.stack for r in layers]
    columns["layer"] = [r.site.layer for r in layers]
    columns["pooling"] = [r.site.pooling for r in layers]
    return pd.DataFrame(columns)
