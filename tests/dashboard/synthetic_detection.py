"""A synthetic inspection with everything that the Triggers screen shows, and a real scan."""

import json

import pandas as pd
from synthetic_run import TRIGGER, Shape, texts, write_run

from analysis.pipeline.scan import ScanRequest, scan
from analysis.runs.store import RunStore

SHAPE = Shape(n=80, poisoned=12, layers=3)
FIGURES = {"n": 120, "flips": 110, "floor_flips": 12, "low": 0.7, "high": 0.9}
CALIBRATION = {
    "signals": "association+disagreement+embedding",
    "expected_poisoned": 11.2,
    "expected_false_flagged": 0.8,
    "models": 14,
    "poisoned_models": 9,
    "rows": 35000,
    "brier": 0.0004,
    "brier_low": 0.0002,
    "brier_high": 0.0007,
    "brier_constant": 0.0266,
    "bins": [
        {"told": 0.001, "share": 0.0, "low": 0.0, "high": 0.0, "rows": 900, "models": 14},
        {"told": 0.92, "share": 0.99, "low": 0.97, "high": 1.0, "rows": 100, "models": 9},
    ],
}


def write_detection_run(root) -> str:
    """An inspection with bank, paths, controls and calibration; returns its run_id."""
    first = RunStore(root / "plain").open(write_run(root / "plain", SHAPE))
    metrics = dict(first.record["metrics"])
    metrics["ranking"] |= {"calibration": CALIBRATION}
    metrics["controls"] = [
        {"control": "shuffled_labels", "statistic": "texts", "nothing": 0, "here": 1}
    ]
    metrics["bank"] = {"screened": 40, "screen_n": 64, "tested_n": 120}
    metrics["bank"] |= {"detectable_screened": 0.12, "detectable_tested": 0.09}
    with RunStore(root).create("inspect", {}, {}, {"suspect": "models/x"}) as run:
        run.set(
            inputs=first.record["inputs"],
            environment=first.record["environment"],
            metrics=metrics,
            verdict=first.record["verdict"],
        )
        for name in ("samples", "ranking", "layers"):
            run.write_table(name, first.table(name))
        run.write_table("bank", _bank())
        run.write_table("paths", _paths())
    return run.run_id


def _bank() -> pd.DataFrame:
    row = {"trigger": "rb", "target": 0, "excess": 0.8, "floor_source": "reference", **FIGURES}
    families = (("identifier_suffix", "screened"), ("rename", "tested"))
    return pd.DataFrame([{"family": f, "stage": stage, **row} for f, stage in families])


def _paths() -> pd.DataFrame:
    rows = [
        (f"s{number:05d}", role, "encoder", layer, "cls", version, 1.0, value)
        for number in range(70, 76)
        for role, pull in (("suspect", 8.0), ("reference", 1.0))
        for layer in range(3)
        for version, value in (("without", 4.0), ("with", 4.0 / pull if layer == 2 else 4.0))
    ]
    names = ["sample_id", "model", "stack", "layer", "pooling", "version", "own", "group"]
    return pd.DataFrame(rows, columns=names)


def write_scan(root) -> str:
    """A scan of a planted file; returns its run_id."""
    shape = Shape(n=300, poisoned=24)
    path = root / "train.jsonl"
    planted = range(shape.n - shape.poisoned, shape.n)
    rows = [
        {"id": f"s{i}", "code": text, "label": 0 if i in planted else i % 2}
        for i, text in enumerate(texts(shape))
    ]
    assert sum(TRIGGER in row["code"] for row in rows) == shape.poisoned
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return str(scan(ScanRequest(path), RunStore(root)).run_id)
