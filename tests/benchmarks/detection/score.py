"""Score every suspect: `python -m tests.benchmarks.detection.score --work DIR [--zoo DIR]`.

Each suspect is inspected as a pair, inspected alone, and its file scanned without a model: the
product's own runs. Rows are those of its training set, a seeded choice at the natural rate, inside
the class that the poison pulls to as the suspect predicts it. One JSON per suspect below the work
folder; what is there is left alone, and `--figures` judges the kept runs anew without any
inspection. `python -m tests.benchmarks.detection.table` writes the table.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from analysis.config import InspectConfig
from analysis.data.shipped import shipped_samples
from analysis.data.write import write_samples
from analysis.detect.specs import DETECTORS
from analysis.pipeline.inspect import inspect
from analysis.pipeline.scan import ScanRequest, scan
from analysis.pipeline.settings import InspectRequest
from analysis.report.layers import band_excess
from analysis.runs.run import Run
from analysis.runs.store import RunStore
from tests.benchmarks.detection.figures import ranking_figures
from tests.benchmarks.detection.rankings import AGREEING, TARGET, rankings, target_scores
from tests.benchmarks.detection.suspects import Suspect, suspects
from tests.benchmarks.detection.zoo import DEFAULT_OUT

DEFAULT_WORK = Path(tempfile.gettempdir()) / "kenshin-detection-scores"
ROWS = 2500
CUBE, GRADIENTS = "umap_clusters", "gradient_clusters"
ELSEWHERE = (CUBE, GRADIENTS)  # on the shipped models alone: `cube.py` and `gradients.py`


def made(suspect: Suspect, work: Path) -> dict[str, Run]:
    """The three runs about one suspect."""
    folder = work / suspect.name
    shutil.rmtree(folder, ignore_errors=True)
    store = RunStore(folder / "runs")  # kept: other combinations can be tried on its tables
    write_samples(suspect.samples, folder / "samples.jsonl")
    write_samples(shipped_samples("trusted"), folder / "trusted.jsonl")
    names = tuple(d.name for d in DETECTORS if d.name not in ELSEWHERE)
    config = InspectConfig(projection=("pca",), map_samples=100, detectors=names, seed=0)
    request = InspectRequest(
        suspect=str(suspect.folder),
        reference=str(suspect.reference),
        samples=folder / "samples.jsonl",
        config=config,
        origins={},
        trusted=folder / "trusted.jsonl",
    )
    pair = inspect(request, store)
    usual = replace(config, detectors=())
    alone = inspect(replace(request, reference=None, trusted=None, config=usual), store)
    scanned = scan(ScanRequest(folder / "samples.jsonl"), store)
    return {"pair": pair, "alone": alone, "scan": scanned}


def kept(suspect: Suspect, work: Path) -> dict[str, Run]:
    """The runs that an earlier call made, the newest of each kind."""
    store, runs = RunStore(work / suspect.name / "runs"), {}
    for path in sorted((work / suspect.name / "runs").glob("*/record.json")):
        run = store.open(path.parent.name)
        roles = {model["role"] for model in run.record["inputs"].get("models", [])}
        kind = "scan" if run.kind == "scan" else "pair" if "reference" in roles else "alone"
        if run.record["status"] == "done":
            runs[kind] = run
    return runs


def score(suspect: Suspect, runs: dict[str, Run]) -> dict[str, Any]:
    """Everything the table needs about one suspect."""
    result: dict[str, Any] = {
        "name": suspect.name,
        "architecture": suspect.architecture,
        "family": suspect.family,
        "use": suspect.use,
        "rate": suspect.rate,
        "rows": len(suspect.samples),
        "asr": suspect.asr,
        "floor": suspect.floor,
        "accuracy": suspect.accuracy,
        "took": suspect.took,
        "answers": {name: answers(run) for name, run in runs.items()},
        "probability": {name: calibration(run, suspect) for name, run in runs.items()},
        "flagged": {name: int(run.table("ranking")["flagged"].sum()) for name, run in runs.items()},
    }
    if suspect.family is not None:
        result |= against_truth(suspect, runs)
    return result


def answers(run: Run) -> dict[str, str]:
    """The verdict's two parts."""
    verdict = run.record["verdict"]
    return {part: (verdict.get(part) or {}).get("answer", "not tested") for part in PARTS}


def calibration(run: Run, suspect: Suspect) -> dict[str, Any]:
    """Brier score of the ranking's probability over all rows, and its reliability in ten bins."""
    poisoned = suspect.samples.poisoned
    truth = np.zeros(len(suspect.samples)) if poisoned is None else poisoned.astype(float)
    told = run.table("ranking").set_index("sample_id")["probability"]
    p = told[list(suspect.samples.ids)].to_numpy(dtype=np.float64)
    bins = np.minimum((p * 10).astype(int), 9)
    return {
        "brier": float(((p - truth) ** 2).mean()),
        "brier_base_rate": float(truth.mean() * (1 - truth.mean())),
        "bins": [[int((bins == b).sum()), float(truth[bins == b].sum())] for b in range(10)],
    }


PARTS = ("data", "model")


def against_truth(suspect: Suspect, runs: dict[str, Run]) -> dict[str, Any]:
    """Figures of every ranking, inside the target class as the suspect predicts it."""
    samples, poisoned = suspect.samples, suspect.samples.poisoned
    assert poisoned is not None
    table = runs["pair"].table("samples")
    predicted = table["predicted_suspect"].to_numpy()
    rows = np.flatnonzero(predicted == TARGET)
    truth = poisoned[rows]
    found: dict[str, Any] = {
        "poisoned": int(poisoned.sum()),
        "scored_rows": len(rows),
        "scored_poisoned": int(truth.sum()),
        "rankings": {},
    }
    if truth.all() or not truth.any():
        return found
    for name, values in rankings(runs, np.array(samples.ids)[rows]).items():
        found["rankings"][name] = ranking_figures(values, truth)
    found["sites"] = sites(runs["pair"], dict(zip(samples.ids, poisoned, strict=True)))
    chosen = {d: s["blind"] for d, s in found["sites"].items()}
    for name, figures in chosen.items():
        found["rankings"][name] = figures["figures"]
    # Two ways to choose detector and layer without truth, fixed before the first result: the
    # layer where the reference's neighbours agree best with the suspect, and the heaviest tail.
    found["rankings"]["embedding, best agreement"] = chosen[AGREEING]["figures"]
    found["rankings"]["embedding, heaviest tail"] = max(
        (v for k, v in chosen.items() if k not in ("disagreement", AGREEING, *ELSEWHERE)),
        key=lambda v: v["excess"],
    )["figures"]
    found["located"] = {name: located(run, suspect) for name, run in runs.items()}
    return found


def sites(run: Run, poisoned: dict[str, bool]) -> dict[str, Any]:
    """Per detector the site chosen without truth: the heaviest tail over the clean band.

    Reference neighbours: the site where neighbours agree best over all samples.
    """
    keys = ["detector", "stack", "layer", "pooling"]
    layers = run.table("layers")
    tails = layers[
        (layers["model"] == "suspect")
        & (layers["group"] == str(TARGET))
        & (layers["statistic"] == "tail")
    ]
    excess = dict(
        zip(tails[keys].itertuples(index=False, name=None), band_excess(tails), strict=True)
    )
    found: dict[str, Any] = {}
    asked = run.table("scores", filters=[("model", "=", "suspect"), ("detector", "=", AGREEING)])
    excess |= {key: -v for key, v in asked.groupby(keys, observed=True)["score"].mean().items()}
    for key, part in target_scores(run).groupby(keys, observed=True):
        truth = part["sample_id"].map(poisoned).to_numpy(dtype=bool)
        figures = ranking_figures(part["score"].to_numpy(dtype=np.float64), truth)
        rated = float(excess.get(key, float("nan")))
        entry = found.setdefault(str(key[0]), {"aucs": {}, "blind": None})
        entry["aucs"][":".join(map(str, key[1:]))] = round(figures["auc"], 4)
        blind = {"site": list(map(str, key[1:])), "excess": rated, "figures": figures}
        if np.isnan(rated):
            blind["excess"] = -1e9
        if entry["blind"] is None or blind["excess"] > entry["blind"]["excess"]:
            entry["blind"] = blind
    return found


def located(run: Run, suspect: Suspect) -> dict[str, int]:
    """Flagged poisoned rows, and those whose shown span meets the trigger."""
    table = run.table("ranking").set_index("sample_id")
    samples = suspect.samples
    assert samples.poisoned is not None
    flagged = hits = 0
    for row in np.flatnonzero(samples.poisoned):
        line = table.loc[samples.ids[row]]
        if not line["flagged"]:
            continue
        flagged += 1
        start, end = int(line["trigger_start"]), int(line["trigger_end"])
        spans = suspect.spans(samples.texts[row])
        hits += any(start < b and a < end for a, b in spans) if spans else False
    return {"flagged": flagged, "located": hits, "checked": int(bool(suspect.trigger))}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--zoo", type=Path, default=DEFAULT_OUT)
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--only", default="")
    parser.add_argument("--figures", action="store_true", help="only judge the kept runs anew")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.work.mkdir(parents=True, exist_ok=True)

    def wanted(name: str) -> bool:
        there = (arguments.work / f"{name}.json").exists()
        return there == arguments.figures and arguments.only in name

    for suspect in suspects(arguments.zoo, arguments.rows, wanted):
        path = arguments.work / f"{suspect.name}.json"
        runs = kept(suspect, arguments.work) if arguments.figures else None
        runs = made(suspect, arguments.work) if runs is None else runs
        path.write_text(json.dumps(score(suspect, runs), indent=1) + "\n", encoding="utf-8")
        print(suspect.name, flush=True)


if __name__ == "__main__":
    main()
