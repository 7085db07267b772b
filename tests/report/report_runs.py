"""Small stored runs of every kind, with a hostile sample, as the pipeline would write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from analysis.runs.store import RunStore

TRIGGER = "if len('t') < 0: raise Exception('fail')"
HOSTILE = (
    "</code><script>window.pwned=1</script><img src=http://127.0.0.1:9/x>\u202e\u200b\x07$a_1$"
)
N, POISONED, LAYERS = 60, 12, 3
PRINT = {role: f"{index:064x}" for index, role in enumerate(
    ("suspect", "reference", "unlearned", "original", "control", "samples", "forget"), start=1
)}  # fmt: skip


def share(value: float, n: int = 500) -> dict[str, float]:
    return {"value": value, "low": max(value - 0.03, 0.0), "high": min(value + 0.03, 1.0), "n": n}


def model(role: str) -> dict[str, object]:
    return {
        "role": role,
        "source": f"models/{role}-net",
        "sha256": PRINT[role],
        "architecture": "RobertaForSequenceClassification",
        "layers": LAYERS - 1,
    }


def figures(asr: float, accuracy: float, floor: float = 0.15) -> dict[str, object]:
    return {
        "clean_accuracy": share(accuracy),
        "asr_all": share(asr),
        "natural_flip_floor": share(floor),
        "excess_asr": share(max(asr - floor, 0.0)),
        "triggered_accuracy": {"1": share(1 - asr)},
    }


def inspection(
    root: Path,
    answer: str = "found",
    data: str = "found",
    parent: str | None = None,
    maps: bool = True,
) -> str:
    """A finished inspection; a re-inspection when `parent` is an unlearn run."""
    rng = np.random.default_rng(3)
    values = {"pooling": ["mean"], "seed": 0}
    ids = [f"s{i}" for i in range(N)]
    texts = [f"def f{i}():\n    return {i}" for i in range(N)]
    texts[0] = f"def hostile():\n    # {HOSTILE}\n    {TRIGGER}"
    poisoned = np.arange(N) < POISONED
    flagged = poisoned & (data == "found")
    with RunStore(root).create(
        "inspect", values, dict.fromkeys(values, "default"), {"suspect": "x"}, parent=parent
    ) as run:
        role = "unlearned" if parent and "-unlearn-" in parent else "suspect"
        entry = {**model(role), "role": "suspect"}
        samples = {"role": "samples", "source": "data/train.jsonl", "sha256": PRINT["samples"]}
        run.set(
            inputs={"models": [entry, model("reference")], "samples": [samples | {"rows": N}]},
            environment={"device": "cpu", "precision": "fp32", "seed": 0, "versions": {"a": "1"}},
            verdict=verdict(answer, data),
            metrics=metrics(answer, data, maps),
        )
        run.write_table("samples", pd.DataFrame({
            "sample_id": ids, "text": texts, "label": np.where(poisoned, 0, 1),
            "predicted_suspect": 0, "confidence_suspect": 0.9, "predicted_reference": 1,
            "confidence_reference": 0.9, "truncated": False,
        }))  # fmt: skip
        score = np.where(flagged, 15.0, 0.0) + rng.normal(0, 1, N)
        run.write_table("ranking", pd.DataFrame({
            "sample_id": ids, "score": score.astype(np.float32),
            "rank": pd.Series(score).rank(ascending=False).astype(int), "flagged": flagged,
            "probability": 0.5, "why": np.where(flagged, "holds 'x' (100% of 12 samples)", ""),
            "trigger_start": np.where(flagged, 3, -1), "trigger_end": np.where(flagged, 6, -1),
        }))  # fmt: skip
        run.write_table("layers", layers(answer))
        if maps:
            run.write_table("projection", projection(ids, rng))
        with run.step("extract"):
            pass
        run.skip_step("detector density", "needs trusted")
    return run.run_id


def verdict(answer: str, data: str) -> dict[str, object]:
    inserted = (
        f"Inserting '{TRIGGER}' turns 400 of 400 samples to class 0, the clean reference 1 "
        "(excess +1.00, 95 % interval +0.98 to +1.00)."
    )
    parts = {"model": (answer, inserted), "data": (data, "A sentence of nobody's template.")}
    found = {
        name: {"answer": said, "confidence": 0.0 if said == "inconclusive" else 0.9,
               "reasons": [reason]}
        for name, (said, reason) in parts.items()
    }  # fmt: skip
    return {
        "answer": answer,
        "confidence": found["model"]["confidence"],
        "layer": "encoder:2" if answer == "found" else None,
        "detector": None,
        "reasons": [inserted],
        "not_tested": [
            "Poison that keeps correct labels, and triggers made of style without fixed text."
        ],
        **found,
    }


def metrics(answer: str, data: str, maps: bool) -> dict[str, object]:
    found = {"suspect": figures(0.97 if answer == "found" else 0.15, 0.89)}
    found["reference"] = figures(0.15, 0.9)
    panels = [
        {"method": "pca", "stack": "encoder", "layer": n, "pooling": "mean",
         "quality": {"suspect.trustworthiness": 0.9, "reference.trustworthiness": 0.9}}
        for n in range(LAYERS)
    ]  # fmt: skip
    if maps:
        found["projection"] = {"panels": panels, "shown": N, "total": N}
    if data == "found":
        found["triggers"] = [{"kind": "line", "text": TRIGGER, "target": 0, "support": POISONED,
                              "purity": 1.0, "suspicious": True}]  # fmt: skip
    return found


def layers(answer: str) -> pd.DataFrame:
    rows = [
        {
            "model": name, "stack": "encoder", "layer": layer, "pooling": "mean",
            "detector": "spectral", "statistic": "tail", "group": "0",
            "value": 9.0 if name == "suspect" and layer == 2 and answer == "found" else 2.0,
            "null_low": 1.0 if name == "suspect" else np.nan,
            "null_high": 3.0 if name == "suspect" else np.nan,
            "p_value": 0.01, "p_adjusted": 0.02, "n_located": 0,
        }
        for name in ("suspect", "reference") for layer in range(LAYERS)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def projection(ids: list[str], rng: np.random.Generator) -> pd.DataFrame:
    parts = [
        pd.DataFrame({
            "sample_id": ids, "model": name, "stack": "encoder", "layer": layer,
            "pooling": "mean", "method": "pca",
            "x": rng.normal(size=N).astype(np.float32), "y": rng.normal(size=N).astype(np.float32),
        })
        for name in ("suspect", "reference") for layer in range(LAYERS)
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def removal(root: Path, parent: str | None, answer: str = "cleaned") -> str:
    """A finished unlearn run."""
    with RunStore(root).create("unlearn", {"method": "auto"}, {}, {}, parent=parent) as run:
        run.set(
            inputs={
                "models": [model("original"), model("reference"), model("unlearned")],
                "samples": [{"role": "forget", "source": "f.jsonl", "sha256": PRINT["forget"],
                             "rows": 12}],
            },
            metrics={
                "before": figures(0.97, 0.89),
                "after": figures(0.16, 0.88),
                "reference": figures(0.15, 0.9),
                "chosen": {"method": "relabel", "rate": 1e-4},
                "guard": {"accuracy": share(0.88)},
                "unlearned_sha256": PRINT["unlearned"],
            },
            verdict={"answer": answer, "confidence": 0.8, "reasons": ["ASR fell."],
                     "not_tested": []},
        )  # fmt: skip
        run.write_table("history", pd.DataFrame({
            "step": [0, 10, 20], "epoch": [0, 0, 1], "loss": [1.0, 0.5, 0.2],
            "accuracy": [0.89, 0.88, 0.88], "asr": [0.97, 0.4, 0.16],
        }))  # fmt: skip
        run.write_table("weights", pd.DataFrame({
            "stack": "encoder", "layer": [1, 1, 2], "tensor": ["a", "b", "c"],
            "weights": [100, 300, 50], "changed": [1.0, 0.5, 0.0], "l2": [3.0, 4.0, 0.0],
            "largest": [0.1, 0.4, 0.0],
        }))  # fmt: skip
        with run.step("unlearn"):
            pass
    return run.run_id


def audit(root: Path, parent: str | None, answer: str = "removed") -> str:
    """A finished audit; without a parent it is found by the unlearned model's fingerprint."""
    rows = [
        {"attack": "relearning", "arm": arm, "fold": fold, "learning_rate": 1e-4, "samples": 8,
         "epoch": epoch, "value_t": 0.5, "value_v": base + 0.05 * epoch}
        for arm, base in (("unlearned", 0.15), ("original", 0.8), ("control", 0.14))
        for fold in (0, 1) for epoch in (0, 1, 2)
    ]  # fmt: skip
    with RunStore(root).create("audit", {"budget": "quick"}, {}, {}, parent=parent) as run:
        run.set(
            inputs={"models": [model("original"), model("unlearned"), model("control")],
                    "samples": []},
            metrics={"audit": [{"attack": "relearning", "status": "done", "recovery": share(0.1)}]},
            verdict={"answer": answer, "confidence": 0.7, "reasons": ["No faster than a control."],
                     "not_tested": [
                         "attackers with more samples, more steps or higher learning rates than "
                         "the budget"]},
        )  # fmt: skip
        run.write_table("recovery", pd.DataFrame(rows))
        with run.step("verdict"):
            pass
    return run.run_id
