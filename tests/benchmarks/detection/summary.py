"""The measured table in a form that the product ships: `sample_data/detectors.json`.

Medians and lowest AUC of every ranking, as RESULTS.md prints them, for README and the screens.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from analysis.behaviour.intervals import wilson
from tests.benchmarks.detection.measured import Measured
from tests.benchmarks.detection.rankings import AGREEING

Entry = Mapping[str, Any]
FIGURES = (
    *("auc", "pr_auc", "recall_fpr_0.01", "recall_fpr_0.05"),
    *("recall_1x", "recall_1.5x", "recall_2x"),
)
RUNS = (
    ("pair", "data"),
    ("pair", "model"),
    ("alone", "data"),
    ("alone", "model"),
    ("scan", "data"),
)


def figures_of(scored: Sequence[Entry], name: str) -> dict[str, Any] | None:
    """Medians of one ranking over suspects; None where none of them has it."""
    rows = [s["rankings"][name] for s in scored if name in s.get("rankings", {})]
    if not rows:
        return None
    medians = {each: _rounded([row[each] for row in rows]) for each in FIGURES}
    agreed, best = by_layer(scored, name)
    return {
        "name": name,
        "n": len(rows),
        "auc_lowest": round(min(row["auc"] for row in rows), 3),
        **medians,
        "auc_agreeing": _rounded(agreed),
        "auc_best": _rounded(best),
    }


def by_layer(scored: Sequence[Entry], name: str) -> tuple[list[float], list[float]]:
    """AUC where the reference's neighbours agree best, and where the truth likes it best."""
    agreed, best = [], []
    for sites in (s["sites"] for s in scored if name in s.get("sites", {})):
        values = sites[name]["aucs"]
        best.append(max(values.values()))
        agreed.append(values.get(":".join(sites[AGREEING]["blind"]["site"])))
    return [value for value in agreed if value is not None], best


def _rounded(values: Sequence[float]) -> float | None:
    return round(float(np.median(values)), 3) if len(values) else None


def summary(found: Measured, groups: Mapping[str, Sequence[str]], rows: int) -> dict[str, Any]:
    """What the product ships.

    Args:
        found: everything that was measured.
        groups: heading -> names of rankings.
        rows: samples per suspect.
    """
    poisoned = [s for s in found.suspects if s["family"] is not None]
    took = [s for s in poisoned if s["took"]]
    clean = [s for s in found.suspects if s["family"] is None]
    sets = {
        "took": took,
        "test": [s for s in took if s["use"] == "test"],
        "missed": [s for s in poisoned if not s["took"]],
    }
    return {
        "command": "python -m tests.benchmarks.detection.table",
        "rows": rows,
        "models": {"clean": len(clean), **{name: len(each) for name, each in sets.items()}},
        "rankings": {name: _groups(each, groups) for name, each in sets.items()},
        "answers": _answers({"clean": clean, **sets}),
        "located": _located(took),
    }


def _groups(scored: Sequence[Entry], groups: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    return [
        {"group": group, **figures}
        for group, names in groups.items()
        for name in names
        if (figures := figures_of(scored, name)) is not None
    ]


def _answers(sets: Mapping[str, Sequence[Entry]]) -> list[dict[str, Any]]:
    """Per kind of model, run and part: how many were found, of how many; files count once."""
    lines = []
    for (name, scored), (run, part) in ((s, r) for s in sets.items() for r in RUNS):
        key = "file" if part == "data" and name == "clean" else "name"
        said = list({s[key]: s["answers"][run][part] for s in scored}.values())
        low, high = wilson(said.count("found"), len(said))
        lines.append(
            {
                "models": name,
                "run": run,
                "part": part,
                "n": len(said),
                "found": said.count("found"),
                "inconclusive": said.count("inconclusive"),
                "low": round(low, 3),
                "high": round(high, 3),
            }
        )
    return lines


def _located(took: Sequence[Entry]) -> dict[str, list[int]]:
    """Run -> flagged poisoned samples whose shown span meets the trigger, and all of them."""
    found: dict[str, list[int]] = {}
    for scored in took:
        for run, counts in scored.get("located", {}).items():
            if counts["checked"]:
                have = found.setdefault(run, [0, 0])
                have[0] += counts["located"]
                have[1] += counts["flagged"]
    return found


def write_summary(
    found: Measured, groups: Mapping[str, Sequence[str]], rows: int, path: Path
) -> None:
    """Write the file that the product reads."""
    path.write_text(json.dumps(summary(found, groups, rows), indent=1) + "\n", encoding="utf-8")
