"""A stored removal with its re-inspection, written through the store as the pipeline does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from synthetic_run import Shape, write_run

from analysis.runs.store import RunStore

SHA = "c" * 64
MODEL = {"architecture": "roberta", "layers": 3, "hidden_size": 64, "heads": 2}


def share(value, n=500):
    return {"value": value, "low": value - 0.03, "high": value + 0.03, "n": n}


def behaviour(excess, accuracy, victims, targets):
    return {
        "clean_accuracy": share(accuracy),
        "asr_all": share(0.15 + excess),
        "natural_flip_floor": share(0.15),
        "excess_asr": share(excess),
        "triggered_accuracy": {"0": share(targets), "1": share(victims)},
        "fidelity": share(0.97),
    }


def metrics(answer):
    after = {
        "cleaned": behaviour(0.01, 0.88, 0.84, 0.92),
        "inverted": behaviour(-0.14, 0.86, 0.99, 0.31),
        "not_cleaned": behaviour(0.7, 0.89, 0.15, 0.99),
    }
    return {
        "before": behaviour(0.83, 0.89, 0.02, 0.99),
        "after": after.get(answer, {}),
        "reference": behaviour(0.0, 0.89, 0.85, 0.93),
        "chosen": {
            "method": "repair",
            "learning_rate": 2e-4,
            "strength": 1.0,
            "steps": 80,
            "why": "of 2 short runs it came closest",
        },
        "goals": goals(answer),
        "unlearned_sha256": SHA,
    }


def goals(answer):
    def goal(name, title, value, state):
        measured = {"value": value, "low": value - 0.01, "high": value + 0.01, "n": 500}
        return {"name": name, "title": title, "limit": 0.03, "state": state, **measured}

    excess, state = (0.7, "missed") if answer == "not_cleaned" else (0.01, "met")
    return [
        goal("excess", "excess ASR within 3 points of 0", excess, state),
        goal("accuracy", "at most 1 point of clean accuracy lost", -0.01, "undecided"),
    ]


def history(search=True):
    """Two attempts: a short one that begins and ends, then one that was left running."""
    rows = []
    for phase, steps in (("search", 20), ("full", 40)) if search else (("full", 40),):
        for step in range(0, steps + 1, 5):
            look = step % 10 == 0
            rows.append(
                {
                    "step": step,
                    "epoch": step / 10,
                    "loss": 0.7 - 0.01 * step if step else np.nan,
                    "accuracy": 0.89 - 0.0002 * step if look else np.nan,
                    "asr": max(0.15, 0.98 - 0.03 * step) if look else np.nan,
                    "floor": 0.15 if look else np.nan,
                    "gradient_norm": 1.0,
                    "kept": look and step > 10,
                    "phase": phase,
                    "method": "repair",
                }
            )
    return pd.DataFrame(rows)


def weights():
    places = [("embeddings", 0), *((m, layer) for layer in (1, 2) for m in "qkv"), ("head", -1)]
    return pd.DataFrame(
        [
            {
                "tensor": f"t{i}",
                "stack": "encoder" if layer > 0 else "",
                "layer": layer,
                "matrix": matrix,
                "weights": 1000,
                "changed": 0.5,
                "l2": 0.1 * i,
                "relative": 0.01 * i,
                "largest": 0.01,
            }
            for i, (matrix, layer) in enumerate(places)
        ]
    )


def trials():
    base = {"learning_rate": 2e-4, "strength": 1.0, "asr": 0.16, "floor": 0.15, "note": "all steps"}
    return pd.DataFrame(
        [
            {"phase": phase, "method": method, "steps": steps, "accuracy": 0.88, **base}
            | {"within_budget": True, "inverted": False, "seconds": 4.0}
            for phase, method, steps in (
                ("search", "repair", 20),
                ("search", "npo", 20),
                ("full", "repair", 80),
            )
        ]
    )


def inputs(original="models/codebert-suspect"):
    roles = {"original": original, "unlearned": "runs/.models/x", "reference": "models/clean"}
    return {
        "models": [
            {"role": role, "source": source, "sha256": SHA if role == "unlearned" else "0" * 64}
            | MODEL
            for role, source in roles.items()
        ],
        "samples": [
            {"role": role, "source": f"data/{role}.jsonl", "sha256": "1", "rows": rows}
            for role, rows in (("forget", 12), ("retain", 300), ("test", 500), ("triggered", 500))
        ],
    }


def write_removal(root: Path, parent: str, answer: str = "cleaned", *, maps: bool = True) -> str:
    """Write one finished removal and, with `maps`, its re-inspection; returns its run_id."""
    store = RunStore(root)
    values = {"method": "auto", "accuracy_budget": 0.01}
    with store.create("unlearn", values, dict.fromkeys(values, "default"), {}, parent) as run:
        run.set(
            inputs=inputs(),
            metrics=metrics(answer) if answer != "declined" else {},
            verdict={
                "answer": answer,
                "confidence": 0.9,
                "layer": None,
                "detector": None,
                "reasons": ["The inspection flagged nothing."] if answer == "declined" else [],
                "not_tested": ["variants of the trigger"],
            },
        )
        if answer != "declined":
            run.write_table("history", history())
            run.write_table("trials", trials())
            run.write_table("weights", weights())
            run.write_bytes("delta.safetensors", b"bits")
    if maps and answer != "declined":
        again = write_run(root, Shape(n=80, poisoned=12, layers=3, seed=5), "not_found")
        _adopt(root, again, run.run_id)
    return run.run_id


def _adopt(root: Path, child: str, parent: str) -> None:
    """Give a written inspection its parent, as `--like` does."""
    import json

    from analysis.runs.record import seal

    path = root / child / "record.json"
    path.write_text(seal({**json.loads(path.read_text()), "parent": parent}))


def write_audit(root: Path, parent: str, answer: str = "removed", sha256: str = SHA) -> str:
    """Write one finished audit of the removal's weights."""
    with RunStore(root).create("audit", {"budget": "quick"}, {}, {}, parent) as run:
        run.set(
            inputs={
                "models": [
                    {"role": "original", "source": "models/codebert-suspect", "sha256": "0" * 64},
                    {"role": "unlearned", "source": "runs/.models/x", "sha256": sha256},
                ],
                "samples": [],
            },
            verdict={"answer": answer, "reasons": ["recovery stays at the control's"]},
        )
    return run.run_id


def begin_removal(root: Path, parent: str):
    """A removal that still runs in this process; the caller ends it."""
    writer = RunStore(root).create("unlearn", {"method": "auto"}, {}, {}, parent)
    writer.set(inputs=inputs())
    writer.progress("Running Trigger-augmented repair", 20, 80, 3.0, 20.0)
    writer.write_table("history", history())
    return writer
