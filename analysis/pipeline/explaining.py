"""Take flagged samples apart piece by piece, beside controls.

Runs after the verdict and never changes it. The cost is known before: one forward pass per piece.
Controls are unflagged samples of the same predicted classes: a real sample hangs on single lines
too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.behaviour.intervals import share
from analysis.data.triggers.language import detect_of_many
from analysis.explain.occlusion import Occlusion, OcclusionPlan, occlude, plan_occlusion
from analysis.explain.occlusion_vote import vote
from analysis.pipeline.probing import LARGE_MODEL, predictor
from analysis.pipeline.state import Inspection
from analysis.report.words import duration

MAX_FLAGGED = 60
MAX_CONTROLS = 60
MAX_PASSES = 6_000  # unless every sample is asked for
PATIENCE = 60.0  # seconds that a large model may take on a CPU unless it was asked for
_STEP, _TABLE = "explain", "occlusion"


class _Chosen(NamedTuple):
    rows: np.ndarray  # (m,) int64
    flagged: np.ndarray  # (m,) bool


def explain_step(work: Inspection) -> None:
    """Write the `occlusion` table and `metrics.occlusion`."""
    suspect = work.read.predictions.get("suspect")
    if work.config.explain == "none":
        work.writer.skip_step(_STEP, "not asked for (--explain none)", makes=(_TABLE,))
        return
    if suspect is None:
        work.writer.skip_step(_STEP, "the suspect predicts no class", makes=(_TABLE,))
        return
    with work.writer.step(_STEP, optional=True, makes=(_TABLE,)) as step:
        ranking = _ranking(work)
        chosen = _choose(work, ranking, suspect.predicted)
        if not chosen.flagged.any() and work.config.explain == "flagged":
            step.skip("no sample is flagged; --explain all looks at every sample")
            return
        texts = work.inputs.samples.texts
        language = detect_of_many(texts)
        kinds = ("token",) if language == "text" else ("line", "identifier")
        plan = plan_occlusion(texts, chosen.rows.tolist(), kinds, language)
        if work.config.explain == "flagged":
            plan, chosen = _within(plan, chosen, MAX_PASSES)
        seconds = _seconds(work, plan.passes)
        if _too_long(work, seconds):
            step.skip(
                f"{plan.passes:,} forward passes would take about {duration(seconds)} on this CPU; "
                "ask for them with --explain flagged"
            )
            return
        what = f"Taking {len(plan.rows):,} samples apart: {plan.passes:,} forward passes"
        work.writer.progress(f"{what}, about {duration(seconds)}")
        before = suspect.probabilities[plan.rows]
        found = occlude(
            plan,
            before,
            predictor(work, "suspect"),
            lambda done, total: work.writer.progress(what, done, total),
        )
        _write(work, plan, found, chosen.flagged, ranking, kinds)


def _ranking(work: Inspection) -> pd.DataFrame:
    """The run's ranking, in the order of the samples."""
    table = work.writer.read().table("ranking").set_index("sample_id")
    return table.loc[list(work.inputs.samples.ids)].reset_index()


def _choose(work: Inspection, ranking: pd.DataFrame, predicted: np.ndarray) -> _Chosen:
    flags = ranking["flagged"].to_numpy(dtype=bool)
    if work.config.explain == "all":
        return _Chosen(np.arange(len(flags)), flags)
    order = np.argsort(ranking["rank"].to_numpy(), kind="stable")
    flagged = order[flags[order]][:MAX_FLAGGED]
    controls = controls_for(flagged, flags, predicted, work.config.seed)
    # In turns, so that a budget cuts both groups alike.
    rows = _in_turns(flagged, controls)
    return _Chosen(rows, flags[rows])


def controls_for(
    flagged: np.ndarray, flags: np.ndarray, predicted: np.ndarray, seed: int
) -> np.ndarray:
    """Random unflagged rows of the classes that the flagged ones are put into, (c,) int64.

    Args:
        flagged: (f,) int rows that are looked at.
        flags: (n,) bool, whether each sample is flagged.
        predicted: (n,) int classes.
        seed: decides the choice.
    """
    rng = np.random.default_rng([seed, 7])
    found = []
    for label, count in zip(*np.unique(predicted[flagged], return_counts=True), strict=True):
        free = np.flatnonzero(~flags & (predicted == label))
        found.append(rng.permutation(free)[: min(int(count), MAX_CONTROLS)])
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)


def _in_turns(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    both = [(2 * i, row) for i, row in enumerate(first.tolist())]
    both += [(2 * i + 1, row) for i, row in enumerate(second.tolist())]
    return np.array([row for _, row in sorted(both)], dtype=np.int64)


def _within(plan: OcclusionPlan, chosen: _Chosen, budget: int) -> tuple[OcclusionPlan, _Chosen]:
    """As many of the first samples as the budget allows, at least one."""
    cost = np.cumsum([len(pieces) for pieces in plan.pieces])
    n = max(1, int((cost <= budget).sum()))
    return OcclusionPlan(plan.rows[:n], plan.pieces[:n]), _Chosen(*(each[:n] for each in chosen))


def _seconds(work: Inspection, passes: int) -> float:
    """What so many passes will take, by what the first reading was estimated at."""
    known = work.writer.record["metrics"].get("estimate", {})
    texts = float(known.get("samples", 0)) * len(work.inputs.models)
    return passes * float(known.get("seconds", 0.0)) / texts if texts else 0.0


def _too_long(work: Inspection, seconds: float) -> bool:
    asked = work.request.origins.get("explain", "default") != "default"
    size = sum(p.numel() for p in work.inputs.suspect.module.parameters())
    on_cpu = work.read.activations["suspect"].device == "cpu"
    return not asked and on_cpu and size >= LARGE_MODEL and seconds > PATIENCE


def _write(
    work: Inspection,
    plan: OcclusionPlan,
    found: Sequence[Occlusion],
    flagged: np.ndarray,
    ranking: pd.DataFrame,
    kinds: Sequence[str],
) -> None:
    table = pd.DataFrame([each._asdict() for each in found], columns=list(Occlusion._fields))
    ids = np.asarray(work.inputs.samples.ids, dtype=object)
    table = table.assign(
        sample_id=ids[plan.rows], group=np.where(flagged, "flagged", "control")
    ).drop(columns="row")
    work.writer.write_table(_TABLE, table)
    votes = [each._asdict() for each in vote(found, plan.pieces)]
    work.writer.set(
        metrics={
            "occlusion": {
                "mode": work.config.explain,
                "kinds": list(kinds),
                "passes": plan.passes,
                "flagged": _group(table[flagged]),
                "control": _group(table[~flagged]),
                "overlap": overlap(table, ranking.iloc[plan.rows]),
                "candidates": votes,
            }
        }
    )


def _group(part: pd.DataFrame) -> dict[str, Any]:
    """Figures of one group of samples."""
    turned = share(part["turned"].to_numpy(dtype=bool)).to_json()
    middle = None if part.empty else float(part["drop"].median())
    return {"n": len(part), "median_drop": middle, "turned": turned}


def overlap(table: pd.DataFrame, ranking: pd.DataFrame) -> dict[str, Any]:
    """Share of flagged samples whose decisive piece touches the span of the ranking.

    Args:
        table: m rows of `occlusion`.
        ranking: the ranking of the same samples, in the same order.
    """
    start, end = (ranking[name].to_numpy() for name in ("trigger_start", "trigger_end"))
    touches = (table["start"].to_numpy() < end) & (table["end"].to_numpy() > start)
    counted = (table["group"].to_numpy() == "flagged") & (start >= 0)
    note = "of the flagged samples in which a text was located"
    return share(touches[counted], note).to_json()
