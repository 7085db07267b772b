"""Fit the ranking's probability: `python -m tests.benchmarks.detection.calibrate --work DIR`.

Reads the runs that `score` kept and the rankings that `files` kept below the work folder, fits one
map per set of signals on all of them, judges every model by a map that was fitted without it (and,
second, without its whole trigger family), and writes `sample_data/calibration.json`. The runs must
be those of the present ranking: score anew after a change of its signals or weights.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.detect.calibration import Ranked, fit_calibration
from analysis.detect.ranking import LIFT, uncalibrated, usual_threshold
from analysis.detect.reliability import Judged, brier, brier_interval, left_out, reliability
from sample_data.recipes import HERE
from tests.benchmarks.detection.score import DEFAULT_WORK
from tests.benchmarks.detection.stored import runs_of

SIGNALS = {
    "pair": "association+disagreement+embedding",
    "alone": "association+embedding",
    "scan": "association",
}
COMMAND = "python -m tests.benchmarks.detection.calibrate"
SEED = 0


class Known(NamedTuple):
    """A ranking with what its model was poisoned with."""

    ranked: Ranked
    family: str  # of a clean model its own name


def known(work: Path) -> Iterator[tuple[str, Known]]:
    """Kind of run and ranking, of every scored model and file."""
    for path in sorted(work.glob("*.json")):
        scored = json.loads(path.read_text(encoding="utf-8"))
        name = scored["name"]
        truth = _truth(work / name / "samples.jsonl")
        for kind, run, _ in runs_of(work / name / "runs"):
            table = pd.read_parquet(run / "ranking.parquet").set_index("sample_id")
            poisoned = truth[table.index].to_numpy(dtype=bool)
            yield kind, Known(ranked(name, table, poisoned), scored["family"] or name)
    for path in sorted((work / "files").glob("*.parquet")):
        table, said = pd.read_parquet(path), json.loads(path.with_suffix(".json").read_text())
        made = ranked(path.stem, table, table["poisoned"].to_numpy(dtype=bool))
        yield "scan", Known(made, said["family"] or path.stem)


def _truth(path: Path) -> pd.Series:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return pd.Series({str(r["id"]): bool(r.get("poisoned", False)) for r in rows})


def ranked(name: str, table: pd.DataFrame, poisoned: np.ndarray) -> Ranked:
    """A ranking without the lift that puts holders of a located text first."""
    located = (table["trigger_end"] > table["trigger_start"]).to_numpy(dtype=bool)
    score = table["score"].to_numpy(dtype=np.float64) - LIFT * located
    return Ranked(name, score, located, poisoned)


def fitted(found: list[Known]) -> dict[str, Any]:
    """Constants and figures of one set of signals."""
    models, names = [k.ranked for k in found], [k.ranked.name for k in found]
    judged = left_out(models, names)
    constant = [_base_rate(models, m) for m in models]
    before = [_before(m) for m in models]
    low, high = brier_interval(judged, SEED)
    located = [m for m in models if m.located.any()]
    return {
        **asdict(fit_calibration(models)),
        "models": len(models),
        "poisoned_models": sum(bool(m.poisoned.any()) for m in models),
        "with_located_text": len(located),
        "clean_with_located_text": sum(not m.poisoned.any() for m in located),
        "rows": sum(len(m.score) for m in models),
        "poisoned_rows": int(sum(m.poisoned.sum() for m in models)),
        "brier": brier(judged),
        "brier_low": low,
        "brier_high": high,
        "brier_family_out": brier(left_out(models, [k.family for k in found])),
        "brier_constant": brier(constant),
        "brier_uncalibrated": brier(before),
        "bins": [b.to_json() for b in reliability(judged, SEED)],
        "names": names,
    }


def _base_rate(models: list[Ranked], model: Ranked) -> Judged:
    """What a map would say that only knows how much of the other models is poisoned."""
    rest = [m.poisoned.mean() for m in models if m is not model]
    return Judged(model.name, np.full(len(model.score), np.mean(rest)), model.poisoned)


def _before(model: Ranked) -> Judged:
    """What the ranking says where no map was fitted."""
    threshold = usual_threshold(model.score[~model.located], len(model.score))
    told = uncalibrated(model.score + LIFT * model.located, threshold)
    return Judged(model.name, told.astype(np.float64), model.poisoned)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK)
    parser.add_argument("--out", type=Path, default=HERE / "calibration.json")
    arguments = parser.parse_args()
    groups: dict[str, list[Known]] = {}
    for kind, each in known(arguments.work):
        groups.setdefault(kind, []).append(each)
    maps = {SIGNALS[kind]: fitted(found) for kind, found in groups.items() if len(found) > 2}
    stored = {"format_version": 1, "command": COMMAND, "seed": SEED, "maps": maps}
    arguments.out.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    for name, entry in maps.items():
        print(name, {k: v for k, v in entry.items() if k not in ("bins", "names")})
        for each in entry["bins"]:
            print("  ", {k: round(v, 4) for k, v in each.items()})


if __name__ == "__main__":
    main()
