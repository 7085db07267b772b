"""The part of RESULTS.md about the verdict, judged by thresholds that do not know the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.behaviour.intervals import wilson
from analysis.detect.evidence import FOUND_EXCESS, FOUND_PLACEBO, LEVEL_ALONE, PURE_ALONE
from analysis.explain.association import CLEAR
from tests.benchmarks.detection.markdown import row
from tests.benchmarks.detection.stored import Seen
from tests.benchmarks.detection.verdict_left_out import Told, by_family, by_model, judged

MODES = {"model and file": by_model, "and its family": by_family}
FEWEST = 4  # runs of each kind that a fold should have


def verdicts(seen: Mapping[str, Sequence[Seen]]) -> list[dict[str, Any]]:
    """One entry per kind of run, part of the verdict and what is left out."""
    entries = []
    for kind, runs in seen.items():
        if min(sum(r.truth == t for r in runs) for t in ("clean", "took")) < FEWEST:
            continue
        for mode, group in MODES.items():
            told = judged(kind, runs, group)
            entries += [_data(kind, mode, told), _model(kind, mode, told)]
    return entries


def _data(kind: str, mode: str, told: Sequence[Told]) -> dict[str, Any]:
    poisoned = [t.data for t in told if t.truth != "clean"]
    clean = [t for t in told if t.truth == "clean"]
    by_file: dict[str, bool] = {}
    for t in clean:
        by_file[t.file] = by_file.get(t.file, False) or t.data
    fixed = [CLEAR] if kind == "pair" else [PURE_ALONE, LEVEL_ALONE]
    fitted = list(zip(*(t.fitted.data for t in told), strict=True))
    ranges = [[float(min(axis)), float(max(axis))] for axis in fitted]
    if kind == "alone":
        ranges[1] = [10.0 ** -ranges[1][1], 10.0 ** -ranges[1][0]]
    return {
        "run": kind,
        "part": "data",
        "left_out": mode,
        "fixed": fixed,
        "fitted": ranges,
        "poisoned": _share(poisoned),
        "clean": _share(list(by_file.values())),
        "clean_models": len(clean),
        "missed": [t.name for t in told if t.truth != "clean" and not t.data],
        "alarms": [t.name for t in clean if t.data],
    }


def _model(kind: str, mode: str, told: Sequence[Told]) -> dict[str, Any]:
    clean = [t.model for t in told if t.truth == "clean"]
    fitted = [t.fitted.model for t in told]
    return {
        "run": kind,
        "part": "model",
        "left_out": mode,
        "fixed": [FOUND_EXCESS if kind == "pair" else FOUND_PLACEBO],
        "fitted": [[float(min(fitted)), float(max(fitted))]],
        "poisoned": _share([t.model for t in told if t.truth == "took"]),
        "clean": _share(clean),
        "clean_models": len(clean),
        "not_taken": _share([t.model for t in told if t.truth == "not taken"]),
        "missed": [t.name for t in told if t.truth == "took" and not t.model],
        "alarms": [t.name for t in told if t.truth != "took" and t.model],
    }


def _share(found: Sequence[bool]) -> dict[str, float]:
    low, high = wilson(sum(found), len(found)) if found else (0.0, 1.0)
    return {"found": sum(found), "n": len(found), "low": float(low), "high": float(high)}


def verdict_part(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Table and explanation; empty without entries."""
    if not entries:
        return []
    heads = ["run", "part", "left out", "product's threshold", "refitted, lowest to highest"]
    heads += ["poisoned found", "95 %", "not taken, found", "clean found", "95 %"]
    lines = [row(heads), row(["---"] * len(heads))]
    for e in entries:
        cells = [e["run"], e["part"], e["left_out"], " and ".join(f"{v:g}" for v in e["fixed"])]
        cells += [" and ".join(f"{low:.3g} to {high:.3g}" for low, high in e["fitted"])]
        rest = _counted(e["not_taken"]) if "not_taken" in e else "-"
        unit = " files" if e["part"] == "data" else ""
        cells += [_counted(e["poisoned"]), _interval(e["poisoned"]), rest]
        lines.append(row([*cells, _counted(e["clean"]) + unit, _interval(e["clean"])]))
    wrong = sorted({name for e in entries for name in (*e["missed"], *e["alarms"])})
    named = ", ".join(f"`{name}`" for name in wrong)
    return [
        "## The verdict, one model left out",
        "Every threshold of the verdict is derived anew from the other models' stored runs "
        "(`verdict_left_out.py`: halfway between clean and poisoned), and the model is judged by "
        "it; its file, and in every second row its trigger family, take no part. Data: poisoned "
        "means that the file is, whether the model took it or not, and clean suspects that share "
        "a file count once. Thresholds: how many times the chance level a text's z must be "
        "(pair, data); purity and p-value (alone, data); lower bound of the excess (model).",
        "\n".join(lines),
        f"Judged otherwise than the truth in at least one row: {named or 'none'}.",
    ]


def _counted(share: Mapping[str, float]) -> str:
    return f"{share['found']} of {share['n']}"


def _interval(share: Mapping[str, float]) -> str:
    return f"{share['low']:.2f} to {share['high']:.2f}"
