"""`guard`: from a run's flagged samples to a quarantine list, clean data and an input filter."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.behaviour.intervals import share
from analysis.data.drop import Dropped, drop_samples
from analysis.data.formats import read_bytes
from analysis.data.read import read_samples
from analysis.errors import RequestError
from analysis.explain.filter_rules import Rules, filter_source, make_rules
from analysis.explain.input_filter import blocked_by
from analysis.explain.merge import instance
from analysis.explain.variants import vary
from analysis.identity import file_sha256
from analysis.runs.annotations import read_marks
from analysis.runs.guard_files import GuardFiles, require_new_folder, write_guard
from analysis.runs.run import Run

KINDS = ("inspect", "scan")
MAX_MEASURED = 3000  # clean samples that rules are tried on, a seeded choice


class GuardOutcome(NamedTuple):
    """What was written."""

    files: tuple[str, ...]
    figures: Mapping[str, Any]  # content of guard.json


def guard(run: Run, out: Path, seed: int = 0) -> GuardOutcome:
    """Write the guard of a finished run into the new folder `out`.

    Args:
        run: an inspection or a scan.
        out: must not exist or be empty.
        seed: decides which clean samples are measured, and the variants.

    Raises:
        RequestError: another kind of run, nothing flagged, a sample file that is gone or has
            changed, or a folder that is not empty.
    """
    require_new_folder(out)
    samples, marks = _samples(run), read_marks(run)
    chosen = _quarantined(run, samples, marks)
    source, config = _source(run, "samples"), run.record["config"]["values"]
    dropped = drop_samples(source, read_bytes(source), set(samples["sample_id"][chosen]))
    clean = _choice(samples["text"][~chosen].tolist(), seed)
    rules = make_rules(_instances(samples[chosen]), clean)
    figures = {
        "run_id": run.run_id,
        "quarantined": int(chosen.sum()),
        "cleaned": _cleaned(dropped, len(samples)),
        "rules": [{"kind": rule["kind"], "name": rule["name"]} for rule in rules.kept],
        "refused": list(rules.refused),
        "block_rate": _rates(run, config, samples[chosen], clean, rules, seed),
        "note": "The filter knows the triggers it was made from; it is no proof against others. "
        "Rates on 'quarantined' and 'clean' are measured on the samples it was made from.",
    }
    files = GuardFiles(
        quarantine=_listed(samples[chosen], marks),
        cleaned_name=f"cleaned-{source.name}",
        cleaned=dropped.data,
        filter_source=filter_source(rules.kept) if rules.kept else "",
        figures=figures,
    )
    return GuardOutcome(write_guard(out, files), figures)


def _samples(run: Run) -> pd.DataFrame:
    if run.kind not in KINDS:
        raise RequestError(
            f"run {run.run_id} is of kind '{run.kind}', expected {' or '.join(KINDS)}.",
            "Name an inspection or a scan.",
        )
    frame = run.table("samples").merge(run.table("ranking"), on="sample_id", how="left")
    return frame.reset_index(drop=True)


def _quarantined(run: Run, samples: pd.DataFrame, marks: Mapping[str, str]) -> pd.Series:
    """Flagged or confirmed, and not dismissed, (n,) bool."""
    mark = samples["sample_id"].map(marks)
    chosen = (samples["flagged"].astype(bool) | (mark == "confirmed")) & (mark != "dismissed")
    if not chosen.any():
        raise RequestError(
            f"run {run.run_id} flags no sample, so there is nothing to guard against.",
            "Confirm samples on the Scan or Anomalies screen first.",
        )
    return chosen


def _source(run: Run, role: str) -> Path:
    """The run's own sample file, unchanged.

    Raises:
        RequestError: it is gone or another one by now.
    """
    entry = next((s for s in run.record["inputs"]["samples"] if s["role"] == role), None)
    path = Path(str(entry["source"])) if entry else Path()
    if entry is None or not path.is_file():
        raise RequestError(
            f"the {role} file of run {run.run_id} is not at '{path}' any more.", "Put it back."
        )
    if file_sha256(path) != entry["sha256"]:
        raise RequestError(
            f"'{path}' has changed since run {run.run_id}.", "Scan or inspect it again."
        )
    return path


def _instances(chosen: pd.DataFrame) -> list[str]:
    """The triggers as they stand in the samples, at the left margin."""
    spans = chosen[chosen["trigger_end"] > chosen["trigger_start"]]
    return [
        instance(text, (int(start), int(end)))
        for text, start, end in zip(
            spans["text"], spans["trigger_start"], spans["trigger_end"], strict=True
        )
    ]


def _choice(texts: Sequence[str], seed: int) -> list[str]:
    if len(texts) <= MAX_MEASURED:
        return list(texts)
    rows = np.random.default_rng(seed).choice(len(texts), MAX_MEASURED, replace=False)
    return [texts[row] for row in np.sort(rows)]


def _cleaned(dropped: Dropped, seen: int) -> dict[str, int]:
    rows = dropped.kept + dropped.dropped
    return {"rows": dropped.kept, "dropped": dropped.dropped, "never_examined": rows - seen}


def _rates(
    run: Run,
    config: Mapping[str, Any],
    chosen: pd.DataFrame,
    clean: Sequence[str],
    rules: Rules,
    seed: int,
) -> dict[str, Any]:
    """Blocked share of each kind of sample, with n and Wilson's interval."""
    sets: dict[str, Sequence[str]] = {
        "quarantined": chosen["text"].tolist(),
        "variants": _variants(chosen, seed),
        "clean": clean,
    }
    for role, name in (("triggered", "held_out_triggered"), ("test", "held_out_clean")):
        if any(s["role"] == role for s in run.record["inputs"]["samples"]):
            path = _source(run, role)
            columns = (config.get("text_column"), config.get("label_column"))
            sets[name] = _choice(read_samples(path, *columns, words=True).texts, seed)
    found: dict[str, Any] = {}
    for name, texts in sets.items():
        hits = np.array([blocked_by(t, list(rules.kept)) is not None for t in texts], dtype=bool)
        found[name] = share(hits).to_json()
    return found


def _variants(chosen: pd.DataFrame, seed: int) -> list[str]:
    rng = random.Random(seed)
    columns = (chosen["text"], chosen["trigger_start"], chosen["trigger_end"])
    made = [
        vary(text, (int(start), int(end)), rng)
        for text, start, end in zip(*columns, strict=True)
        if end > start
    ]
    return [text for text in made if text is not None]


def _listed(chosen: pd.DataFrame, marks: Mapping[str, str]) -> list[dict[str, Any]]:
    rows = []
    for row in chosen.sort_values("rank").to_dict("records"):
        start, end = int(row["trigger_start"]), int(row["trigger_end"])
        trigger = str(row["text"])[start:end] if end > start else ""
        rows.append(
            {
                "sample_id": row["sample_id"],
                "rank": int(row["rank"]),
                "score": round(float(row["score"]), 4),
                "label": "" if pd.isna(row["label"]) else int(row["label"]),
                "mark": marks.get(str(row["sample_id"]), ""),
                "why": row["why"],
                "trigger": trigger,
            }
        )
    return rows
