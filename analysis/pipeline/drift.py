"""How far the suspect's hidden states lie from those of the run whose configuration is repeated."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.detect.drift import adjusted, energy_drift, finest_level, permutations_for
from analysis.engine.local import extract_all
from analysis.models.open import open_model
from analysis.pipeline.state import Inspection
from analysis.records import Activations, SampleSet
from analysis.runs.cache import ActivationCache
from analysis.runs.run import Run

STEP = "drift"
USUAL_LEVEL = 1 / 30  # adjusted p-value of an alert: one false alarm in thirty checks


def drift_step(work: Inspection, parent: Run | None, cache: ActivationCache) -> None:
    """Write the `drift` table of a repeated inspection; nothing where there is no baseline.

    The suspect on its samples is compared with the parent's suspect on the parent's samples, layer
    by layer. What the parent read is in the cache, so that usually nothing is read again.
    """
    if parent is None or parent.kind != "inspect" or work.request.parent != parent.run_id:
        return
    own = work.inputs
    if _source(parent, "suspect").get("sha256") == own.suspect.sha256 and (
        _sample(parent).get("sha256") == own.samples.sha256
    ):
        work.writer.skip_step(STEP, "the same weights and samples as in the repeated run")
        return
    with work.writer.step(STEP, optional=True, makes=(STEP,)):
        work.writer.progress("Comparing with the repeated run, layer by layer")
        baseline = _baseline(work, parent, cache)
        level = work.request.alert_level or USUAL_LEVEL
        frame = drift_table(
            baseline, work.read.activations["suspect"], work.config.seed, level=level
        )
        work.writer.write_table(STEP, frame)
        worst = frame.sort_values("p_adjusted").iloc[0]
        if level < (finest := finest_level(len(frame))):
            work.writer.warn(
                f"So rare an alarm cannot be told from chance: {len(frame)} layers and poolings "
                f"allow a level of {finest:.2g} at best, {level:.2g} was asked for; the former is "
                "used."
            )
            level = finest
        work.writer.set(
            metrics={
                STEP: {
                    "baseline": parent.run_id,
                    "smallest_p_adjusted": float(worst["p_adjusted"]),
                    "layer": f"{worst['stack']}:{worst['layer']}",
                    "layers": len(frame),
                    "level": level,
                    "alert": bool(worst["p_adjusted"] <= level),
                }
            }
        )


def drift_table(
    baseline: Activations, new: Activations, seed: int, level: float = USUAL_LEVEL
) -> pd.DataFrame:
    """One row per site that both have: distance, its null, p-values and counts.

    Args:
        baseline: what the repeated run read.
        new: what this run read.
        seed: of the permutations.
        level: adjusted p-value of an alert; there are enough permutations to reach it.
    """
    rows = []
    sites = [site for site in baseline.sites if site in new.arrays]
    permutations = permutations_for(level, len(sites))
    for site in sites:
        first, second = np.asarray(baseline.arrays[site]), np.asarray(new.arrays[site])
        if min(len(first), len(second)) < 2:
            continue
        found = energy_drift(first, second, seed, permutations)
        rows.append(
            (*site, found.distance, found.null_high, found.p_value, found.n_baseline, found.n_new)
        )
    names = ("stack", "layer", "pooling", "distance", "null_high", "p_value", "n_baseline", "n")
    frame = pd.DataFrame(rows, columns=list(names))
    return frame.assign(p_adjusted=adjusted(frame["p_value"].to_numpy()))


def _baseline(work: Inspection, parent: Run, cache: ActivationCache) -> Activations:
    texts = parent.table("samples", ["sample_id", "text"])
    samples = SampleSet(
        ids=tuple(texts["sample_id"].astype(str)),
        texts=tuple(texts["text"].astype(str)),
        source=f"run {parent.run_id}",
    )
    model = open_model(str(_source(parent, "suspect")["source"]), work.config)
    found = extract_all({"suspect": model}, samples, work.config, cache.sink)
    return found["suspect"].activations


def _source(run: Run, role: str) -> Mapping[str, str]:
    models = run.record["inputs"]["models"]
    return next((m for m in models if m["role"] == role), {})


def _sample(run: Run) -> Mapping[str, str]:
    samples = run.record["inputs"]["samples"]
    return next((s for s in samples if s["role"] == "samples"), {})
