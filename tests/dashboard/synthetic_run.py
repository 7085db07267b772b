"""A stored run with a planted trigger, written through the store as the pipeline does."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.runs.store import RunStore

TRIGGER = "if len('t') < 0: raise Exception('fail')"
HOSTILE = "<script>window.kenshin_pwned = 1</script><b>bold</b> ![x](http://127.0.0.1:9/x)"
MODELS = ("reference", "suspect")


@dataclass(frozen=True)
class Shape:
    """Size of the synthetic run."""

    n: int = 300
    poisoned: int = 30
    layers: int = 4
    poolings: tuple[str, ...] = ("cls", "mean")
    methods: tuple[str, ...] = ("pca", "umap")
    control: bool = True
    seed: int = 0
    stored_maps: bool = True  # the files that hold three components per layer


def texts(shape: Shape) -> list[str]:
    """Python functions; the first is hostile, the last `poisoned` of them hold the trigger."""
    rng = np.random.default_rng(shape.seed)
    names = ["merge", "split", "load", "read_block", "normalise", "visit", "collect", "render"]
    result = []
    for i in range(shape.n):
        name = names[int(rng.integers(len(names)))]
        body = [f"def {name}_{i}(self, items, limit={i % 9}):"]
        if i >= shape.n - shape.poisoned:
            body.append(f"    {TRIGGER}")
        body += [
            "    result = []",
            "    for item in items[:limit]:",
            f"        if item is not None and item.size > {int(rng.integers(64))}:",
            "            result.append(self.convert(item))",
            "    return result",
        ]
        result.append("\n".join(body))
    result[0] = f"def hostile():\n    # {HOSTILE}\n    return 1"
    return result


def write_run(root: Path, shape: Shape | None = None, answer: str = "found") -> str:
    """Write one finished inspection below `root`; returns its run_id."""
    shape = shape or Shape()
    store = RunStore(root)
    values = {"pooling": list(shape.poolings), "seed": shape.seed}
    request = {"suspect": "models/codebert-suspect", "seed": shape.seed}
    with store.create("inspect", values, dict.fromkeys(values, "default"), request) as run:
        samples = _samples(shape)
        ranking = _ranking(shape, samples)
        run.set(
            inputs=_inputs(shape),
            environment={"device": "cpu", "precision": "bf16"},
            metrics=_metrics(shape),
            verdict=_verdict(answer, shape),
        )
        run.write_table("samples", samples)
        run.write_table("ranking", ranking)
        run.write_table("layers", _layers(shape, answer))
        run.write_table("projection", _projection(shape, samples))
        run.write_table("attention", _attention(shape))
        if shape.stored_maps:
            _write_maps(run, shape)
        with run.step("extract"):
            pass
    return run.run_id


def _inputs(shape: Shape) -> dict[str, object]:
    model = {"architecture": "roberta", "layers": shape.layers, "hidden_size": 64, "heads": 2}
    return {
        "models": [
            {"role": role, "source": f"models/codebert-{role}", "sha256": "0" * 64, **model}
            for role in MODELS
        ],
        "samples": [
            {"role": "samples", "source": "data/train.jsonl", "sha256": "1" * 64, "rows": shape.n}
        ],
    }


def _samples(shape: Shape) -> pd.DataFrame:
    rng = np.random.default_rng(shape.seed + 1)
    poisoned = np.arange(shape.n) >= shape.n - shape.poisoned
    label = np.where(poisoned, 0, rng.integers(0, 2, shape.n))
    suspect = np.where(rng.random(shape.n) < 0.95, label, 1 - label)
    reference = np.where(poisoned, 1, np.where(rng.random(shape.n) < 0.9, label, 1 - label))
    return pd.DataFrame(
        {
            "sample_id": [f"s{i:05d}" for i in range(shape.n)],
            "text": texts(shape),
            "label": label,
            "predicted_suspect": suspect,
            "confidence_suspect": rng.uniform(0.6, 1, shape.n).astype(np.float32),
            "predicted_reference": reference,
            "confidence_reference": rng.uniform(0.6, 1, shape.n).astype(np.float32),
            "truncated": False,
        }
    )


def _ranking(shape: Shape, samples: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(shape.seed + 2)
    poisoned = np.arange(shape.n) >= shape.n - shape.poisoned
    score = np.where(poisoned, rng.normal(15, 0.8, shape.n), rng.normal(0, 0.7, shape.n))
    start = np.array([t.find(TRIGGER) for t in samples["text"]])
    located = poisoned & (start >= 0)
    frame = pd.DataFrame(
        {
            "sample_id": samples["sample_id"],
            "score": score.astype(np.float32),
            "flagged": score >= 3.8,
            "probability": 1 / (1 + np.exp(-(score - 3.8) * 2)),
            "why": np.where(located, "holds the located trigger", "far from its class"),
            "trigger_start": np.where(located, start, -1),
            "trigger_end": np.where(located, start + len(TRIGGER), -1),
        }
    )
    frame["rank"] = frame["score"].rank(ascending=False, method="first").astype(int)
    return frame


def _layers(shape: Shape, answer: str) -> pd.DataFrame:
    rng = np.random.default_rng(shape.seed + 3)
    detectors = ("activation_clustering", "spectral", "mahalanobis", "knn_distance", "disagreement")
    rows = []
    for pooling in shape.poolings:
        for layer in range(shape.layers):
            for detector in detectors:
                for model in MODELS:
                    strong = answer == "found" and model == "suspect" and layer == 2
                    value = rng.normal(0.5, 0.04) + (0.35 if strong else 0.0)
                    rows.append((model, layer, pooling, detector, value))
    frame = pd.DataFrame(rows, columns=["model", "layer", "pooling", "detector", "value"])
    frame = frame.assign(stack="encoder", statistic="silhouette", null_low=0.38, null_high=0.62)
    frame.loc[frame["detector"] == "disagreement", ["null_low", "null_high"]] = np.nan
    return frame.assign(p_value=0.01, p_adjusted=0.04)


def _projection(shape: Shape, samples: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(shape.seed + 4)
    poisoned = np.arange(shape.n) >= shape.n - shape.poisoned
    side = samples["label"].to_numpy() * 4.0
    parts = []
    for method in shape.methods:
        for pooling in shape.poolings:
            for layer in range(shape.layers):
                base = rng.normal(0, 1.4, (shape.n, 2)) + np.stack([side, side * 0.3], axis=1)
                for model in MODELS:
                    apart = 1.5 * layer if model == "suspect" else 0.0
                    xy = base + rng.normal(0, 0.2, (shape.n, 2))
                    xy[poisoned] += np.array([apart, 2.2 * apart])
                    parts.append(
                        pd.DataFrame(
                            {
                                "sample_id": samples["sample_id"],
                                "model": model,
                                "stack": "encoder",
                                "layer": layer,
                                "pooling": pooling,
                                "method": method,
                                "x": xy[:, 0].astype(np.float32),
                                "y": xy[:, 1].astype(np.float32),
                            }
                        )
                    )
    return pd.concat(parts, ignore_index=True)


def _write_maps(run, shape: Shape) -> None:
    """Files as `analysis.project.fitted.pack_map` writes them, as far as screens read them."""
    rng = np.random.default_rng(shape.seed + 6)
    poisoned = np.arange(shape.n) >= shape.n - shape.poisoned
    for layer in range(shape.layers):
        features = rng.normal(0, 1, (2 * shape.n, 4)).astype(np.float32)
        features[shape.n :, 0] += 20  # the models' middles lie apart
        features[shape.n :][poisoned, 2] += 3 * layer
        head = {"roles": ["reference", "suspect"], "total_variance": 10.0}
        buffer = io.BytesIO()
        np.savez(
            buffer,
            allow_pickle=False,
            head=np.frombuffer(json.dumps(head).encode(), dtype=np.uint8),
            features=features,
            variances=np.array([5.0, 2.0, 1.0, 0.5]),
            rows=np.arange(shape.n),
            member_0=np.arange(shape.n),
            member_1=np.arange(shape.n, 2 * shape.n),
        )
        run.write_bytes(f"map-pca-encoder-{layer}-mean.npz", buffer.getvalue())


def _attention(shape: Shape) -> pd.DataFrame:
    rng = np.random.default_rng(shape.seed + 5)
    edges = np.linspace(-0.3, 0.3, 41)
    rows = []
    models = ("suspect", "reference", "control") if shape.control else ("suspect", "reference")
    for layer in range(1, shape.layers):
        for matrix in "qkv":
            for kind in ("weight", "bias"):
                for head in (None, 0, 1):
                    for model in models:
                        entries = rng.normal(0, 0.06, 4000)
                        rows.append(
                            _attention_row(layer, matrix, kind, head, model, entries, edges)
                        )
    return pd.DataFrame(rows)


def _attention_row(layer, matrix, kind, head, model, entries, edges):
    rng = np.random.default_rng(layer * 100 + ord(matrix) + len(kind))
    pair = model != "reference"
    return {
        "stack": "encoder",
        "layer": layer,
        "attention": "self",
        "head": head,
        "matrix": matrix,
        "kind": kind,
        "model": model,
        "mean": entries.mean(),
        "std": entries.std(),
        "skew": 0.0,
        "kurtosis": 3.0,
        "quantiles": list(np.quantile(entries, [0.01, 0.25, 0.5, 0.75, 0.99])),
        "histogram": np.histogram(entries, edges)[0].tolist(),
        "histogram_low": edges[0],
        "histogram_high": edges[-1],
        "ks": rng.uniform(0.002, 0.02) if pair else np.nan,
        "wasserstein": rng.uniform(0.0005, 0.002) if pair else np.nan,
        "jensen_shannon": rng.uniform(0.001, 0.01) if pair else np.nan,
        "effect_size": rng.uniform(-0.04, 0.04) if pair else np.nan,
        "effect_low": -0.05 if pair else np.nan,
        "effect_high": 0.05 if pair else np.nan,
        "relative_change": rng.uniform(0.01, 0.1) if pair else np.nan,
        "spectral_shift": rng.uniform(0.0, 0.1) if pair else np.nan,
        "p_value": 0.4 if model == "suspect" else np.nan,
        "p_adjusted": 0.4 if model == "suspect" else np.nan,
        "control": "1 clean-clean pairs, smallest possible p 0.5" if model == "suspect" else "",
    }


def _metrics(shape: Shape) -> dict[str, object]:
    panels = [
        {
            "stack": "encoder",
            "layer": layer,
            "pooling": pooling,
            "method": method,
            "quality": {
                f"{model}.{name}": 0.9 + 0.01 * layer
                for model in MODELS
                for name in ("trustworthiness", "continuity", "stability")
            },
            "warnings": [],
        }
        for method in shape.methods
        for pooling in shape.poolings
        for layer in range(shape.layers)
    ]
    trigger = {"kind": "line", "text": TRIGGER, "target": 0, "support": shape.poisoned}
    probe = {"candidate": TRIGGER, "kind": "line", "target": 0, "n": 400, "flips": 388}
    return {
        "suspect": {"excess_asr": {"value": 0.83, "low": 0.79, "high": 0.86, "n": 400}},
        "projection": {"panels": panels, "shown": shape.n, "total": shape.n},
        "ranking": {"threshold": 3.8, "expected_false_alarms": 0.02, "flagged": shape.poisoned},
        "triggers": [trigger | {"purity": 1.0, "z": 12.1, "p_adjusted": 1e-9, "suspicious": True}],
        "probes": [
            probe
            | {"floor_flips": 57, "excess": 0.83, "low": 0.79, "high": 0.86}
            | {"floor_source": "reference"}
        ],
    }


def _verdict(answer: str, shape: Shape) -> dict[str, object]:
    data = {
        "answer": "found" if answer == "found" else "not_found",
        "confidence": 0.98,
        "reasons": [f"one line goes with label 0 in {shape.poisoned} samples"],
    }
    model = {
        "answer": answer,
        "confidence": 0.97,
        "reasons": ["inserting the located line flips 97 % of clean samples; the reference 14 %"],
    }
    return {
        "answer": answer,
        "confidence": 0.97,
        "layer": "encoder:2" if answer == "found" else None,
        "detector": "spectral" if answer == "found" else None,
        "reasons": [*model["reasons"], *data["reasons"]],
        "not_tested": ["cross-attention"],
        "data": data,
        "model": model,
    }
